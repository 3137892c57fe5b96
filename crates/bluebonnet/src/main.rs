//! The program `bluebonnet`.

use std::process::ExitCode;

fn main() -> ExitCode {
    bluebonnet::run()
}
