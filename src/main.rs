//! The program: arguments → one call.
use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let argv: Vec<OsString> = std::env::args_os().collect();
    let words = || argv.iter().skip(2).map(|w| w.to_string_lossy().into_owned()).collect::<Vec<_>>();
    match argv.get(1).and_then(|word| word.to_str()) {
        Some("explain") => ringmain::explain::main(&words()),
        Some("top") => ringmain::top::main(&words()),
        Some("demo") => ringmain::demo::main(&words()),
        _ => ringmain::boot::main(argv),
    }
}
