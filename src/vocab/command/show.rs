//! `show info`, `show stat`, `show servers state`, `show version`, `show env`.
use super::{CommandRow, Level, Steering};
use crate::base::ids::BackendId;

/// The rows of this file.
pub const ROWS: &[CommandRow] = &[
    CommandRow {
        words: &["show", "env"],
        usage: "show env [var]",
        doc: "dump environment variables known to the process",
        level: Level::Operator,
        run: env,
    },
    CommandRow {
        words: &["show", "info"],
        usage: "show info",
        doc: "report information about the running process",
        level: Level::User,
        run: info,
    },
    CommandRow {
        words: &["show", "servers", "state"],
        usage: "show servers state [<backend>]",
        doc: "dump volatile server information (all or for a single backend)",
        level: Level::User,
        run: servers_state,
    },
    CommandRow {
        words: &["show", "stat"],
        usage: "show stat [{<iid> <type> <sid>}]",
        doc: "report counters for each proxy and server",
        level: Level::User,
        run: stat,
    },
    CommandRow {
        words: &["show", "version"],
        usage: "show version",
        doc: "show version of the current process",
        level: Level::User,
        run: |_, _| format!("{}\n", env!("CARGO_PKG_VERSION")),
    },
];

fn env(_: &dyn Steering, args: &[&str]) -> String {
    let line = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        format!("{}={}\n", name.to_string_lossy(), value.to_string_lossy())
    };
    match args.first() {
        None => std::env::vars_os().map(line).collect(),
        Some(name) => match std::env::var_os(name) {
            Some(value) => line(((*name).into(), value)),
            None => "Variable not found\n".to_owned(),
        },
    }
}

fn info(steering: &dyn Steering, args: &[&str]) -> String {
    match args.first() {
        None => steering.info(),
        Some(form) => format!("'show info {form}' is not supported by Ringmain yet.\n"),
    }
}

fn stat(steering: &dyn Steering, args: &[&str]) -> String {
    steering.stat(args).unwrap_or_else(|e| format!("{e}\n"))
}

fn servers_state(steering: &dyn Steering, args: &[&str]) -> String {
    let Some(name) = args.first() else { return steering.servers_state(None) };
    let found = steering.world().plan.backends.iter().position(|b| b.name == *name);
    match found {
        Some(index) => steering.servers_state(Some(BackendId::from(index))),
        None => "Can't find backend.\n".to_owned(),
    }
}
