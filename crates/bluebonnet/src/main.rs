//! The program `bluebonnet`.

use std::process::ExitCode;

/// Messages are read on one thread and stored on another: an allocator made for that takes a sixth less processor time for
/// a load than the system's (docs/decisions/0018-a-memory-allocator-of-its-own.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    bluebonnet::run()
}
