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
    match new_weight(value.copied().unwrap_or(""), world.plan.server(id).weight) {
        Ok(weight) => {
            let backend = world.plan.backend(world.plan.server(id).backend);
            if weight > 0 && weight != world.plan.server(id).weight && !backend.balance.is_dynamic() {
                return "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.\n"
                    .to_owned();
            }
            steering.change_server(id, &|state| state.weight = weight);
            String::new()
        }
        Err(e) => e.to_owned(),
    }
}

fn new_weight(text: &str, initial: u32) -> Result<u32, &'static str> {
    if text.is_empty() {
        return Err("Require <weight> or <weight%>.\n");
    }
    let Some((value, rest)) = super::leading_number(text) else {
        return Err("Empty weight string empty or preceded by garbage");
    };
    if rest == "%" {
        let percent = u64::try_from(value).map_err(|_| "Relative weight must be positive.\n")?;
        return Ok((u64::from(initial) * percent.min(25_600) / 100).min(256) as u32);
    }
    match u32::try_from(value) {
        Ok(weight) if weight <= 256 && rest.is_empty() => Ok(weight),
        Ok(weight) if weight <= 256 => Err("Trailing garbage in weight string"),
        _ => Err("Absolute weight can only be between 0 and 256 inclusive.\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::new_weight;

    /// As HAProxy 2.6.12 answered for a server of `weight 10`.
    #[test]
    fn weights_are_read_as_haproxy_does() {
        let oks = [("5%", 0), ("15%", 1), ("50%", 5), ("30000%", 256), ("+7", 7), ("0", 0), ("256", 256)];
        for (text, weight) in oks {
            assert_eq!(new_weight(text, 10), Ok(weight), "{text}");
        }
        for (text, says) in [
            ("", "Require <weight> or <weight%>.\n"),
            ("-5%", "Relative weight must be positive.\n"),
            ("%", "Empty weight string empty or preceded by garbage"),
            ("abc", "Empty weight string empty or preceded by garbage"),
            ("12abc", "Trailing garbage in weight string"),
            ("5%x", "Trailing garbage in weight string"),
            ("-1", "Absolute weight can only be between 0 and 256 inclusive.\n"),
            ("99999999999999999999999", "Absolute weight can only be between 0 and 256 inclusive.\n"),
        ] {
            assert_eq!(new_weight(text, 10), Err(says), "{text}");
        }
    }
}
