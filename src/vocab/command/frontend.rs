//! Frontends and limits: `enable|disable|shutdown frontend`, `set maxconn`.
use super::{CommandRow, Level, Steering, server};
use crate::base::ids::FrontendId;

/// The rows of this file.
pub const ROWS: &[CommandRow] = &[
    CommandRow {
        words: &["disable", "frontend"],
        usage: "disable frontend <frontend>",
        doc: "temporarily disable specific frontend",
        level: Level::Admin,
        run: disable,
    },
    CommandRow {
        words: &["enable", "frontend"],
        usage: "enable frontend <frontend>",
        doc: "re-enable specific frontend",
        level: Level::Admin,
        run: enable,
    },
    CommandRow {
        words: &["set", "maxconn"],
        usage: "set maxconn [global|frontend|server]",
        doc: "change a limit of connections",
        level: Level::Admin,
        run: maxconn,
    },
    CommandRow {
        words: &["shutdown", "frontend"],
        usage: "shutdown frontend <frontend>",
        doc: "stop a specific frontend",
        level: Level::Admin,
        run: shutdown,
    },
];

fn find(steering: &dyn Steering, name: Option<&&str>) -> Result<FrontendId, String> {
    let Some(name) = name else { return Err("A frontend name is expected.\n".to_owned()) };
    let found = steering.world().plan.frontends.iter().position(|f| f.name == **name);
    found.map(FrontendId::from).ok_or_else(|| "No such frontend.\n".to_owned())
}

fn disable(steering: &dyn Steering, args: &[&str]) -> String {
    let id = match find(steering, args.first()) {
        Ok(id) => id,
        Err(e) => return e,
    };
    let state = *steering.world().frontend(id);
    match (state.stopped, state.paused) {
        (true, _) => "Frontend was previously shut down, cannot disable.\n".to_owned(),
        (_, true) => "All sockets are already disabled.\n".to_owned(),
        _ => {
            steering.set_paused(id, true);
            String::new()
        }
    }
}

fn enable(steering: &dyn Steering, args: &[&str]) -> String {
    let id = match find(steering, args.first()) {
        Ok(id) => id,
        Err(e) => return e,
    };
    let state = *steering.world().frontend(id);
    match (state.stopped, state.paused) {
        (true, _) => "Frontend was previously shut down, cannot enable.\n".to_owned(),
        (_, false) => "All sockets are already enabled.\n".to_owned(),
        _ => {
            steering.set_paused(id, false);
            String::new()
        }
    }
}

fn shutdown(steering: &dyn Steering, args: &[&str]) -> String {
    match find(steering, args.first()) {
        Ok(id) if steering.world().frontend(id).stopped => "Frontend was already shut down.\n".to_owned(),
        Ok(id) => {
            steering.shut_down(id);
            String::new()
        }
        Err(e) => e,
    }
}

fn maxconn(steering: &dyn Steering, args: &[&str]) -> String {
    let value = |word: Option<&&str>| match word.map(|w| w.parse::<u32>()) {
        Some(Ok(n)) => Ok(n),
        Some(Err(_)) => Err("Value out of range.\n".to_owned()),
        None => Err("Integer value expected.\n".to_owned()),
    };
    let done = match args.first().copied() {
        Some("global") => value(args.get(1)).map(|n| steering.set_global_maxconn(n)),
        Some("frontend") => find(steering, args.get(1))
            .and_then(|id| value(args.get(2)).map(|n| steering.set_frontend_maxconn(id, n))),
        Some("server") => server(steering, args.get(1))
            .and_then(|(_, id)| value(args.get(2)).map(|n| steering.set_server_maxconn(id, n))),
        _ => Err("'set maxconn' only supports 'frontend', 'server', and 'global'.\n".to_owned()),
    };
    done.err().unwrap_or_default()
}
