//! `dump stats-file`, `show info`, `show stat`, `show servers state`, `show version`, `show env`.
use super::{CommandRow, Level, Steering, severity, told, wrong};

/// The rows of this file.
pub const ROWS: &[CommandRow] = &[
    CommandRow {
        words: &["dump", "stats-file"],
        usage: "dump stats-file",
        doc: "dump stats for restore",
        level: Level::User,
        run: |steering, _| steering.stats_file(),
    },
    CommandRow {
        words: &["show", "env"],
        usage: "show env [var]",
        doc: "dump environment variables known to the process",
        level: Level::Operator,
        run: env,
    },
    CommandRow {
        words: &["show", "info"],
        usage: "show info [desc|json|typed|float]*",
        doc: "report information about the running process",
        level: Level::User,
        run: |steering, args| steering.info(args),
    },
    CommandRow {
        words: &["show", "servers", "conn"],
        usage: "show servers conn [<backend>]",
        doc: "dump server connections status (all or for a single backend)",
        level: Level::User,
        run: |steering, args| servers(steering, args, |s, b| s.servers_conn(b)),
    },
    CommandRow {
        words: &["show", "servers", "state"],
        usage: "show servers state [<backend>]",
        doc: "dump volatile server information (all or for a single backend)",
        level: Level::User,
        run: |steering, args| servers(steering, args, |s, b| s.servers_state(b)),
    },
    CommandRow {
        words: &["show", "stat"],
        usage: "show stat [desc|json|no-maint|typed|up]*",
        doc: "report counters for each proxy and server",
        level: Level::User,
        run: stat,
    },
    CommandRow {
        words: &["show", "version"],
        usage: "show version",
        doc: "show version of the current process",
        level: Level::User,
        run: |steering, _| told(steering, severity::INFO, concat!(env!("CARGO_PKG_VERSION"), "\n")),
    },
];

fn env(steering: &dyn Steering, args: &[&str]) -> String {
    let line = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        format!("{}={}\n", name.to_string_lossy(), value.to_string_lossy())
    };
    match args.first() {
        None => std::env::vars_os().map(line).collect(),
        Some(name) => match std::env::var_os(name) {
            Some(value) => line(((*name).into(), value)),
            None => wrong(steering, "Variable not found\n"),
        },
    }
}

fn stat(steering: &dyn Steering, args: &[&str]) -> String {
    let args = match args {
        ["domain", "proxy", rest @ ..] => rest,
        ["domain", "resolvers"] => return steering.resolver_figures(),
        ["domain", "resolvers", form, ..] => {
            let text = "is a HAProxy command that Ringmain does not support yet: the table is all there is";
            return wrong(steering, format!("'show stat domain resolvers {form}' {text}.\n"));
        }
        ["domain", ..] => return wrong(steering, "Invalid statistics domain.\n"),
        args => args,
    };
    steering.stat(args).unwrap_or_else(|e| wrong(steering, format!("{e}\n")))
}

/// A table over all servers, or over one backend's.
fn servers(
    steering: &dyn Steering,
    args: &[&str],
    table: fn(&dyn Steering, Option<crate::base::ids::BackendId>) -> String,
) -> String {
    let Some(name) = args.first() else { return table(steering, None) };
    match super::backend(&steering.world(), name) {
        Some(id) => table(steering, Some(id)),
        None => wrong(steering, "Can't find backend.\n"),
    }
}
