//! The program: arguments → one call.
use std::process::ExitCode;

fn main() -> ExitCode {
    ringmain::boot::main(std::env::args_os().collect())
}
