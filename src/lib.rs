//! Finds the recipes of a makefile that race under `make -j`, in every configuration, and writes the patch.
//!
//! Modules stand in the order in which data travels; each names only those above it:
//! a path becomes a [`source::Project`]; its makefiles are read (`syntax`, [`makefile`]) and evaluated under one
//! [`configure::Configuration`] at a time ([`expand`]); recipes are read as shell ([`shell`]) and say what they do to
//! files ([`effects`]); jobs and their order ([`jobs`]) show the races ([`races`], [`analysis`]); a race gives fixes
//! ([`fixes`]), each judged by analysing the edited text again ([`verdict`]); what is left is a patch ([`patch`]) and a
//! report ([`report`]).
//!
//! Only `files`, `confirm` and `cli` touch the outside world. Nothing is built or run to find a race.

pub mod source;
pub mod text;
pub mod edit;
pub mod syntax;
pub mod makefile;
pub mod shell;
pub mod configure;
pub mod expand;
pub mod effects;
pub mod jobs;
pub mod races;
pub mod analysis;
pub mod fixes;
pub mod verdict;
pub mod patch;
pub mod migrate;
pub mod report;
pub mod files;
pub mod confirm;
pub mod cli;
