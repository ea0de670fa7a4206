//! `ficus`: the one binary.

mod cli;

/// A proxied request makes a few dozen small allocations that live on one thread: the case that mimalloc is made for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
