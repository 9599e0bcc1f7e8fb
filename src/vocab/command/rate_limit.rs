//! `set rate-limit connections|sessions|ssl-sessions|http-compression global` (management manual, 9.3).
use super::{CommandRow, Level, Steering, leading_number};
use crate::share::pace::Pace;

/// The rows of this file.
pub const ROWS: &[CommandRow] = &[CommandRow {
    words: &["set", "rate-limit"],
    usage: "set rate-limit <setting> <value>",
    doc: "change a rate limiting value",
    level: Level::Admin,
    run,
}];

const USAGE: &str = "'set rate-limit' only supports :
   - 'connections global' to set the per-process maximum connection rate
   - 'sessions global' to set the per-process maximum session rate
   - 'ssl-sessions global' to set the per-process maximum SSL session rate
   - 'http-compression global' to set the per-process maximum compression speed in kB/s
";

fn run(steering: &dyn Steering, args: &[&str]) -> String {
    let shared = steering.shared();
    let pace: Result<&Pace, &str> = match args {
        ["connections", "global", ..] => Ok(&shared.paces.connections),
        ["sessions", "global", ..] => Ok(&shared.paces.sessions),
        ["ssl-sessions", "global", ..] => Err("there is no TLS"),
        ["http-compression", "global", ..] => Err("there is no compression"),
        _ => return USAGE.to_owned(),
    };
    let Some(text) = args.get(2) else { return "Expects an integer value.\n".to_owned() };
    // What is no number is 0: no limit.
    let Ok(value) = u32::try_from(leading_number(text).map_or(0, |(value, _)| value)) else {
        return "Value out of range.\n".to_owned();
    };
    match pace {
        Ok(pace) => {
            pace.set_limit(value);
            steering.rates_changed();
            String::new()
        }
        // No limit is what there is.
        Err(_) if value == 0 => String::new(),
        Err(why) => {
            let what = args[0];
            format!(
                "'set rate-limit {what}' is a HAProxy command that Ringmain does not support yet: {why}.\n"
            )
        }
    }
}
