//! The `marquee` command.

/// Gives memory back to the system some seconds after it was freed, where the system's own allocator keeps what a flood
/// of connections once took.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    server::cli::main()
}
