//! Arguments in, exit code out.

use std::process::ExitCode;

/// Evaluation makes and drops many short texts; the C library's allocator takes a quarter of the time of `check`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    unrace::cli::main()
}
