//! Real source packages: what is read of them equals GNU make's and configure's own answers.
//!
//! `tests/corpus/fetch.sh` gets the packages; `cargo test --test corpus -- --ignored --nocapture` measures. Folder in
//! `UNRACE_CORPUS` (default `target/corpus`), packages with a certain part in their name by `ONLY`. Whole lists of what
//! differs go to `target/tmp/corpus-*.txt`. The figures stand in README.md beside this file.

// Helpers of tests may panic and print.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod arms;
mod configured;
mod judged;
mod kati;
mod lossless;
#[path = "../oracle/mod.rs"]
mod oracle;
mod reading;
mod trees;
