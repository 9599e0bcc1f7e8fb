//! `logged`: what a log line adds to a request, in user-space instructions, beside haproxy. Fails where a logged request takes
//! more than 1.10 of one that is not, or where the line costs more than haproxy's.
use bench::whole;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A logged request may take so much of one that is not.
const MOST: f64 = 1.10;

fn main() -> ExitCode {
    let own = std::env::current_exe().expect("a path");
    let ringmain = own.parent().unwrap_or(Path::new(".")).join("ringmain");
    let mut lines = Vec::new();
    for (name, program) in [("ringmain", ringmain), ("haproxy", PathBuf::from("/usr/sbin/haproxy"))] {
        let measure = |logged| whole::instructions(&program, "epoll", logged);
        match (measure(false), measure(true)) {
            (Ok(plain), Ok(logged)) => {
                println!(
                    "{name}: {plain:.0} instructions a request, {logged:.0} with its line ({:.3})",
                    logged / plain
                );
                lines.push((logged - plain, logged / plain));
            }
            (Err(e), _) | (_, Err(e)) => {
                eprintln!("{name}: {e}");
                return ExitCode::FAILURE;
            }
        }
    }
    if lines[0].1 > MOST || lines[0].0 > lines[1].0 {
        eprintln!("the line costs too much");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
