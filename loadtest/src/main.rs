//! `loadtest`: what a proxy costs. `loadtest --help` says how to use it; README.md has a section.
//!
//! The command starts an origin, the target and load processes for every run ([`run`]), interleaves the runs of the
//! targets ([`rounds`]), and writes what they brought ([`report`]). The load itself is [`client`].

mod answer;
mod args;
mod class;
mod client;
mod compare;
mod floor;
mod hist;
mod machine;
mod metric;
mod origin;
mod procfs;
mod progress;
mod report;
mod rng;
mod rounds;
mod run;
mod scenario;
mod schedule;
mod session;
mod stats;
mod sys;
mod target;
mod wire;

use args::Asked;
use report::Report;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    match args::read(std::env::args_os().skip(1)).and_then(act) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("loadtest: {why}");
            ExitCode::from(2)
        }
    }
}

fn act(asked: Asked) -> Result<bool, String> {
    match asked {
        Asked::Help => print!("{}", args::HELP),
        Asked::Version => println!("loadtest {}", env!("CARGO_PKG_VERSION")),
        Asked::List => compare::list(),
        Asked::Compare(options) => return compare::compare(&options),
        Asked::Against(address, options) => return compare::against(&address, &options),
        Asked::Diff { a, b, every, gate } => {
            let (text, worse) = report::diff::text(&load(&a)?, &load(&b)?, every);
            print!("{text}");
            return Ok(!(gate && worse));
        }
        Asked::Render { report, page } => {
            let text = report::html::page(&load(&report)?);
            std::fs::write(&page, text).map_err(|e| format!("{}: {e}", page.display()))?;
        }
        Asked::Client => client::main()?,
        Asked::Origin { port, keep } => origin::main(port, keep)?,
        Asked::Floor { port, origin, shape, epoll } => floor::main(port, origin, shape, epoll)?,
    }
    Ok(true)
}

fn load(path: &Path) -> Result<Report, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let report: Report = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    if report.schema != report::SCHEMA {
        return Err(format!(
            "{}: schema {}, this program knows {}",
            path.display(),
            report.schema,
            report::SCHEMA
        ));
    }
    Ok(report)
}
