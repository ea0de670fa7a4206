//! `ficus`: the one binary. Everything it does is a subcommand in [`cli`].

mod cli;

use std::process::ExitCode;

/// A proxied request makes a few dozen small allocations that live on one thread: the case that mimalloc is made for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
