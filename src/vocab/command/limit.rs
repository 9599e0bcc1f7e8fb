//! `set maxconn frontend|global|server` (management manual, 9.3).
use super::{CommandRow, Level, Steering, frontend, leading_number, server_to_change};

/// The rows of this file.
pub const ROWS: &[CommandRow] = &[
    CommandRow {
        words: &["set", "maxconn", "frontend"],
        usage: "set maxconn frontend <frontend> <value>",
        doc: "change a frontend's maxconn setting",
        level: Level::Admin,
        run: of_frontend,
    },
    CommandRow {
        words: &["set", "maxconn", "global"],
        usage: "set maxconn global <value>",
        doc: "change the per-process maxconn setting",
        level: Level::Admin,
        run: global,
    },
    CommandRow {
        words: &["set", "maxconn", "server"],
        usage: "set maxconn server <bk>/<srv>",
        doc: "change a server's maxconn setting",
        level: Level::Admin,
        run: of_server,
    },
];

/// What `atoi` makes of it: 0 where there is no number.
fn number(text: &str) -> i64 {
    leading_number(text).map_or(0, |(value, _)| value)
}

fn of_frontend(steering: &dyn Steering, args: &[&str]) -> String {
    let id = match frontend::find(steering, args.first()) {
        Ok(id) => id,
        Err(e) => return e,
    };
    let Some(text) = args.get(1) else { return "Integer value expected.\n".to_owned() };
    match u32::try_from(number(text)) {
        Ok(value) => {
            steering.set_frontend_maxconn(id, value);
            String::new()
        }
        Err(_) => "Value out of range.\n".to_owned(),
    }
}

fn global(steering: &dyn Steering, args: &[&str]) -> String {
    let Some(text) = args.first() else { return "Expects an integer value.\n".to_owned() };
    match u32::try_from(number(text)) {
        Ok(value) if steering.set_global_maxconn(value) => String::new(),
        _ => "Value out of range.\n".to_owned(),
    }
}

fn of_server(steering: &dyn Steering, args: &[&str]) -> String {
    let id = match server_to_change(steering, args.first()) {
        Ok((_, id)) => id,
        Err(e) => return e,
    };
    let Some(text) = args.get(1) else { return "Require <maxconn>.\n".to_owned() };
    match leading_number(text) {
        None => "maxconn string empty or preceded by garbage".to_owned(),
        // HAProxy takes a negative number for a very large one: no limit.
        Some((value, "")) => {
            steering.set_server_maxconn(id, u32::try_from(value).unwrap_or(u32::MAX));
            String::new()
        }
        Some(_) => "Trailing garbage in maxconn string".to_owned(),
    }
}
