//! Servers: `enable|disable server|health|agent`, `set server … state|weight|health` and the rest of `set server` by
//! [`super::set_server`], `get|set weight` (management manual, 9.3).
use super::{CommandRow, Level, Steering, server, server_to_change, set_server, wrong};
use crate::world::ServerState;

/// The rows of this file.
pub const ROWS: &[CommandRow] = &[
    CommandRow {
        words: &["disable", "agent"],
        usage: "disable agent",
        doc: "disable agent checks",
        level: Level::Admin,
        run: |s, args| on_server(s, args, |id| s.override_server(id, &|o| o.agent.off = true)),
    },
    CommandRow {
        words: &["disable", "health"],
        usage: "disable health",
        doc: "disable health checks",
        level: Level::Admin,
        run: |s, args| on_server(s, args, |id| s.override_server(id, &|o| o.check.off = true)),
    },
    CommandRow {
        words: &["disable", "server"],
        usage: "disable server (DEPRECATED)",
        doc: "disable a server for maintenance (use 'set server' instead)",
        level: Level::Admin,
        run: |s, args| on_server(s, args, |id| s.change_server(id, &maint)),
    },
    CommandRow {
        words: &["enable", "agent"],
        usage: "enable agent",
        doc: "enable agent checks",
        level: Level::Admin,
        run: enable_agent,
    },
    CommandRow {
        words: &["enable", "health"],
        usage: "enable health",
        doc: "enable health checks",
        level: Level::Admin,
        run: enable_health,
    },
    CommandRow {
        words: &["enable", "server"],
        usage: "enable server  (DEPRECATED)",
        doc: "enable a disabled server (use 'set server' instead)",
        level: Level::Admin,
        run: |s, args| on_server(s, args, |id| s.change_server(id, &ready)),
    },
    CommandRow {
        words: &["get", "weight"],
        usage: "get weight <bk>/<srv>",
        doc: "report a server's current weight",
        level: Level::User,
        run: get_weight,
    },
    CommandRow {
        words: &["set", "server"],
        usage: "set server <bk>/<srv> [opts]",
        doc: "change a server's state, weight, address or ssl",
        level: Level::Admin,
        run: set_server::run,
    },
    CommandRow {
        words: &["set", "weight"],
        usage: "set weight <bk>/<srv>  (DEPRECATED)",
        doc: "change a server's weight (use 'set server' instead)",
        level: Level::Admin,
        run: |s, args| weight(s, args.first(), args.get(1)),
    },
];

/// `maint`, which also ends a drain.
pub(super) fn maint(state: &mut ServerState) {
    (state.admin.maint, state.admin.drain) = (true, false);
}

/// `drain`, which also ends a maintenance.
pub(super) fn drain(state: &mut ServerState) {
    (state.admin.maint, state.admin.drain) = (false, true);
}

/// `ready`: neither.
pub(super) fn ready(state: &mut ServerState) {
    (state.admin.maint, state.admin.drain) = (false, false);
}

/// Does something to the server that the first argument names.
fn on_server(steering: &dyn Steering, args: &[&str], act: impl FnOnce(crate::base::ids::ServerId)) -> String {
    match server_to_change(steering, args.first()) {
        Ok((_, id)) => {
            act(id);
            String::new()
        }
        Err(e) => e,
    }
}

fn enable_health(steering: &dyn Steering, args: &[&str]) -> String {
    match server_to_change(steering, args.first()) {
        Ok((world, id)) if world.plan.server(id).check.is_none() => {
            "Health check was not configured on this server, cannot enable.\n".to_owned()
        }
        Ok((_, id)) => {
            steering.override_server(id, &|o| o.check.off = false);
            String::new()
        }
        Err(e) => e,
    }
}

fn enable_agent(steering: &dyn Steering, args: &[&str]) -> String {
    match server_to_change(steering, args.first()) {
        Ok((world, id)) if !world.has_agent(id) => {
            "Agent was not configured on this server, cannot enable.\n".to_owned()
        }
        Ok((_, id)) => {
            steering.override_server(id, &|o| o.agent.off = false);
            String::new()
        }
        Err(e) => e,
    }
}

fn get_weight(steering: &dyn Steering, args: &[&str]) -> String {
    match server(steering, args.first()) {
        Ok((world, id)) => {
            format!("{} (initial {})\n", world.server(id).weight, world.plan.server(id).weight)
        }
        Err(e) => wrong(steering, e),
    }
}

/// An absolute weight, or one in percent of the configured one.
pub(super) fn weight(steering: &dyn Steering, name: Option<&&str>, value: Option<&&str>) -> String {
    let (world, id) = match server_to_change(steering, name) {
        Ok(found) => found,
        Err(e) => return e,
    };
    match world.read_weight(id, value.copied().unwrap_or("")) {
        Ok(weight) => {
            steering.change_server(id, &|state| state.weight = weight);
            String::new()
        }
        Err(e) => e.to_owned(),
    }
}
