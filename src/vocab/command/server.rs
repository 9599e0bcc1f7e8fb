//! Servers: `set server … state|weight`, `enable|disable server`, `get|set weight`.
use super::{CommandRow, Level, Steering, server};
use crate::base::units::leading_int;
use crate::world::Admin;

/// The rows of this file.
pub const ROWS: &[CommandRow] = &[
    CommandRow {
        words: &["disable", "server"],
        usage: "disable server (DEPRECATED)",
        doc: "disable a server for maintenance (use 'set server' instead)",
        level: Level::Admin,
        run: |s, args| admin(s, args, MAINT),
    },
    CommandRow {
        words: &["enable", "server"],
        usage: "enable server  (DEPRECATED)",
        doc: "enable a disabled server (use 'set server' instead)",
        level: Level::Admin,
        run: |s, args| admin(s, args, Admin { maint: false, drain: false }),
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
        doc: "change a server's state or weight",
        level: Level::Admin,
        run: set,
    },
    CommandRow {
        words: &["set", "weight"],
        usage: "set weight <bk>/<srv>  (DEPRECATED)",
        doc: "change a server's weight (use 'set server' instead)",
        level: Level::Admin,
        run: |s, args| weight(s, args.first(), args.get(1)),
    },
];

const MAINT: Admin = Admin { maint: true, drain: false };

fn admin(steering: &dyn Steering, args: &[&str], admin: Admin) -> String {
    match server(steering, args.first()) {
        Ok((_, id)) => {
            steering.set_admin(id, admin);
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
        Err(e) => e,
    }
}

fn set(steering: &dyn Steering, args: &[&str]) -> String {
    match (args.get(1).copied(), args.get(2).copied()) {
        (Some("state"), Some("ready")) => admin(steering, args, Admin { maint: false, drain: false }),
        (Some("state"), Some("drain")) => admin(steering, args, Admin { maint: false, drain: true }),
        (Some("state"), Some("maint")) => admin(steering, args, MAINT),
        (Some("state"), _) => match server(steering, args.first()) {
            Ok(_) => "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n".to_owned(),
            Err(e) => e,
        },
        (Some("weight"), value) => weight(steering, args.first(), value.as_ref()),
        (
            Some(
                known @ ("addr" | "agent" | "agent-addr" | "agent-port" | "agent-send" | "check-addr"
                | "check-port" | "fqdn" | "health" | "ssl"),
            ),
            _,
        ) => {
            format!("'set server <srv> {known}' is not supported by Ringmain yet.\n")
        }
        _ => "usage: set server <backend>/<server> state | weight <value>\n".to_owned(),
    }
}

/// An absolute weight, or one in percent of the configured one.
fn weight(steering: &dyn Steering, name: Option<&&str>, value: Option<&&str>) -> String {
    let (world, id) = match server(steering, name) {
        Ok(found) => found,
        Err(e) => return e,
    };
    let Some(value) = value else { return "Require <weight> or <weight%>.\n".to_owned() };
    let initial = world.plan.server(id).weight;
    let weight = match read_weight(value, initial) {
        Ok(weight) => weight,
        Err(e) => return format!("{e}\n"),
    };
    let backend = world.plan.backend(world.plan.server(id).backend);
    if weight > 0 && weight != initial && !backend.balance.is_dynamic() {
        return "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.\n"
            .to_owned();
    }
    steering.set_weight(id, weight);
    String::new()
}

fn read_weight(value: &str, initial: u32) -> Result<u32, &'static str> {
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("Empty weight string empty or preceded by garbage");
    }
    let (number, tail) = (leading_int(value), digits.trim_start_matches(|c: char| c.is_ascii_digit()));
    match (number, tail) {
        (..0, "%") => Err("Relative weight must be positive."),
        (percent, "%") => Ok((i64::from(initial).saturating_mul(percent) / 100).min(256) as u32),
        (0..=256, "") => Ok(number as u32),
        (0..=256, _) => Err("Trailing garbage in weight string"),
        _ => Err("Absolute weight can only be between 0 and 256 inclusive."),
    }
}
