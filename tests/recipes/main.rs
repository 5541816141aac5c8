//! What is said of recipes, measured on real packages: how much of what they run is known, and whether it is so.

// Helpers of tests may panic and print, too.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod coverage;
mod log;
mod traced;
