//! Frontends: `enable|disable|shutdown frontend`.
use super::{CommandRow, Level, Steering, severity, told};
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
        words: &["shutdown", "frontend"],
        usage: "shutdown frontend <frontend>",
        doc: "stop a specific frontend",
        level: Level::Admin,
        run: shutdown,
    },
];

pub(super) fn find(steering: &dyn Steering, name: Option<&&str>) -> Result<FrontendId, String> {
    let Some(name) = name else { return Err("A frontend name is expected.\n".to_owned()) };
    let world = steering.world();
    let found = world.plan.frontends.iter().position(|f| super::is_named(name, &f.name, f.uuid));
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
        (_, true) => told(steering, severity::NOTICE, "All sockets are already disabled.\n"),
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
        (_, false) => told(steering, severity::NOTICE, "All sockets are already enabled.\n"),
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
