//! `set server <backend>/<server> …` (management manual, 9.3). HAProxy's answers, also where one of them is odd: tools match
//! them. An answer without an end of line is one of those that HAProxy prints without an empty line behind.
use super::server::{drain, maint, ready, weight};
use super::{CommandRow, Steering, leading_number, server_to_change, severity};
use crate::base::ids::ServerId;
use crate::plan::ServerAddr;
use crate::plan::draft::Family;
use crate::vocab::address;
use crate::world::{Health, World};
use std::net::{IpAddr, SocketAddr};

/// This file's words belong to the row of `set server`.
pub const ROWS: &[CommandRow] = &[];

const USAGE: &str = "usage: set server <backend>/<server> addr | agent | agent-addr | agent-port | agent-send | \
                     check-addr | check-port | fqdn | health | ssl | state | weight\n";
const NO_CHECK: &str = "health checks are not enabled on this server";
const NO_AGENT: &str = "agent checks are not enabled on this server";

pub(super) fn run(steering: &dyn Steering, args: &[&str]) -> String {
    let (world, id) = match server_to_change(steering, args.first()) {
        Ok(found) => found,
        Err(e) => return e,
    };
    let rest = args.get(2..).unwrap_or_default();
    let changes_place =
        matches!(args.get(1), Some(&("addr" | "check-addr" | "check-port" | "agent-addr" | "agent-port")));
    if changes_place && !rest.is_empty() {
        steering.severity().set(Some(severity::WARNING));
    }
    match args.get(1).copied().unwrap_or("") {
        "weight" => weight(steering, args.first(), rest.first()),
        "state" => state(steering, id, rest),
        "health" => health(steering, &world, id, rest),
        "agent" => agent(steering, &world, id, rest),
        "addr" => addr(steering, &world, id, rest),
        "check-addr" => check_addr(steering, &world, id, rest),
        "check-port" => check_port(steering, &world, id, rest),
        "agent-addr" => agent_addr(steering, &world, id, rest),
        "agent-port" => agent_port(steering, &world, id, rest),
        "agent-send" => agent_send(steering, &world, id, rest),
        "fqdn" => fqdn(steering, &world, id, rest),
        "ssl" => {
            "'set server <srv> ssl' cannot be set.  default-server should define ssl settings\n".to_owned()
        }
        _ => USAGE.to_owned(),
    }
}

fn state(steering: &dyn Steering, id: ServerId, rest: &[&str]) -> String {
    match rest.first() {
        Some(&"ready") => steering.change_server(id, &ready),
        Some(&"drain") => steering.change_server(id, &drain),
        Some(&"maint") => steering.change_server(id, &maint),
        _ => return "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n".to_owned(),
    }
    String::new()
}

fn health(steering: &dyn Steering, world: &World, id: ServerId, rest: &[&str]) -> String {
    if world.is_tracking(id) {
        return "cannot change health on a tracking server.\n".to_owned();
    }
    let health = match rest.first() {
        Some(&"up") => Health::Up,
        Some(&"stopping") => Health::Stopping,
        Some(&"down") => Health::Down,
        _ => return "'set server <srv> health' expects 'up', 'stopping', or 'down'.\n".to_owned(),
    };
    steering.force_health(id, health);
    String::new()
}

fn agent(steering: &dyn Steering, world: &World, id: ServerId, rest: &[&str]) -> String {
    if !world.asks_agent(id) {
        return format!("{NO_AGENT}.\n");
    }
    match rest.first() {
        Some(&"up") => steering.force_agent(id, true),
        Some(&"down") => steering.force_agent(id, false),
        _ => return "'set server <srv> agent' expects 'up' or 'down'.\n".to_owned(),
    }
    String::new()
}

fn addr(steering: &dyn Steering, world: &World, id: ServerId, rest: &[&str]) -> String {
    let Some(ip) = rest.first() else {
        return "set server <b>/<s> addr requires an address and optionally a port.\n".to_owned();
    };
    let port = (rest.get(1) == Some(&"port")).then(|| rest.get(2).copied().unwrap_or(""));
    let (said, new) = moved(world.addr(id), ip, port, world.check_port(id).is_some());
    if let Some(new) = new {
        steering.override_server(id, &|o| o.addr = Some(new.clone()));
        if world.server(id).admin.unresolved {
            steering.change_server(id, &|state| state.admin.unresolved = false);
        }
    }
    format!("{said} by 'stats socket command'\n")
}

/// A server's address after an operator's change, with HAProxy's words for it.
fn moved(
    now: &ServerAddr,
    ip: &str,
    port: Option<&str>,
    check_has_port: bool,
) -> (String, Option<ServerAddr>) {
    let Ok(new_ip) = ip.parse::<IpAddr>() else { return (format!("Invalid addr '{ip}'"), None) };
    let (old_ip, old_port, mapped) = match now {
        ServerAddr::Inet(addr) => (addr.ip(), i32::from(addr.port()), false),
        ServerAddr::InetRelative(ip, offset) => (*ip, *offset, true),
        ServerAddr::Unix(_) | ServerAddr::Abstract(_) => {
            let family =
                "Update for the current server address family is only supported through configuration file";
            return (family.to_owned(), None);
        }
    };
    let mut said = match old_ip == new_ip {
        true => "no need to change the addr".to_owned(),
        false => format!("IP changed from '{old_ip}' to '{ip}'"),
    };
    let (mut new_port, mut new_mapped) = (old_port, mapped);
    if let Some(text) = port {
        let (words, changed) = ported(old_port, mapped, text, check_has_port);
        said = format!("{said}, {words}");
        (new_port, new_mapped) = changed.unwrap_or((old_port, mapped));
    }
    let changed = (old_ip, old_port, mapped) != (new_ip, new_port, new_mapped);
    let addr = match new_mapped {
        true => ServerAddr::InetRelative(new_ip, new_port),
        false => ServerAddr::Inet(SocketAddr::new(new_ip, new_port as u16)),
    };
    (said, changed.then_some(addr))
}

/// A server's port after a change: the number, and whether it is added to the client's. Numbers beyond 65,535 lose their
/// upper bits, and an offset is shown as the number that it is in 16 bits, as HAProxy has it.
fn ported(now: i32, mapped: bool, text: &str, check_has_port: bool) -> (String, Option<(i32, bool)>) {
    let Some((value, _)) = leading_number(text) else {
        return (format!("problem converting port '{text}' to an int"), None);
    };
    let new_mapped = text.starts_with(['+', '-']);
    if new_mapped && !mapped && !check_has_port {
        let words = "can't change <port> to port map because it is incompatible with current health check port \
                     configuration (use 'port' statement from the 'server' directive.";
        return (words.to_owned(), None);
    }
    let shown = |port: i32| port & 0xffff;
    let value = value as i32;
    let same_kind = mapped || !new_mapped;
    if same_kind && shown(now) == shown(value) {
        return ("no need to change the port".to_owned(), None);
    }
    let was = if mapped { format!("+{}", shown(now)) } else { now.to_string() };
    let (new, is) = match text.as_bytes()[0] {
        b'-' => (value, format!("-{}", shown(value.wrapping_neg()))),
        b'+' => (value, format!("+{}", shown(value))),
        _ => (shown(value), shown(value).to_string()),
    };
    (format!("port changed from '{was}' to '{is}'"), Some((new, new_mapped)))
}

/// A port of a check, given in full.
fn port_of_check(text: &str) -> Result<u16, String> {
    match leading_number(text) {
        Some((value, "")) => u16::try_from(value).map_err(|_| "provided port is invalid".to_owned()),
        _ => Err("provided port is not an integer".to_owned()),
    }
}

/// The address and the port of `check-addr` and `agent-addr`.
fn place_of_check(rest: &[&str], ip: Option<IpAddr>) -> Result<(IpAddr, Option<u16>), String> {
    let ip = ip.ok_or_else(|| format!("invalid addr '{}'", rest[0]))?;
    let port = (rest.get(1) == Some(&"port")).then(|| port_of_check(rest.get(2).copied().unwrap_or("")));
    Ok((ip, port.transpose()?))
}

fn checks(world: &World, id: ServerId) -> bool {
    world.plan.server(id).check.is_some() && !world.overrides(id).check.off
}

fn check_addr(steering: &dyn Steering, world: &World, id: ServerId, rest: &[&str]) -> String {
    if rest.is_empty() {
        return "set server <b>/<s> check-addr requires an address and optionally a port.\n".to_owned();
    }
    if !checks(world, id) {
        return NO_CHECK.to_owned();
    }
    let mapped = matches!(world.addr(id), ServerAddr::InetRelative(..));
    match place_of_check(rest, rest[0].parse().ok()) {
        Ok((_, Some(0))) if mapped => "can't unset 'port' since MAPPORTS is in use".to_owned(),
        Ok((ip, port)) => {
            steering.override_server(id, &|o| {
                (o.check.addr, o.check.port) = (Some(ip), port.or(o.check.port));
            });
            String::new()
        }
        Err(e) => e,
    }
}

fn check_port(steering: &dyn Steering, world: &World, id: ServerId, rest: &[&str]) -> String {
    let Some(text) = rest.first() else {
        return "set server <b>/<s> check-port requires a port.\n".to_owned();
    };
    if !checks(world, id) {
        return NO_CHECK.to_owned();
    }
    let mapped = matches!(world.addr(id), ServerAddr::InetRelative(..));
    match port_of_check(text) {
        Ok(0) if mapped => "can't unset 'port' since MAPPORTS is in use".to_owned(),
        Ok(port) => {
            steering.override_server(id, &|o| o.check.port = Some(port));
            String::new()
        }
        Err(e) => e,
    }
}

fn agent_addr(steering: &dyn Steering, world: &World, id: ServerId, rest: &[&str]) -> String {
    if rest.is_empty() {
        return "set server <b>/<s> agent-addr requires an address and optionally a port.\n".to_owned();
    }
    if !world.asks_agent(id) {
        return NO_AGENT.to_owned();
    }
    // An agent may be named too.
    let ip = rest[0].parse().ok().or_else(|| address::resolve(rest[0], Family::Any));
    match place_of_check(rest, ip) {
        Ok((ip, port)) => {
            steering.override_server(id, &|o| {
                (o.agent.addr, o.agent.port) = (Some(ip), port.or(o.agent.port));
            });
            String::new()
        }
        Err(e) => e,
    }
}

fn agent_port(steering: &dyn Steering, world: &World, id: ServerId, rest: &[&str]) -> String {
    let Some(text) = rest.first() else {
        return "set server <b>/<s> agent-port requires a port.\n".to_owned();
    };
    if !world.asks_agent(id) {
        return NO_AGENT.to_owned();
    }
    match port_of_check(text) {
        Ok(port) => {
            steering.override_server(id, &|o| o.agent.port = Some(port));
            String::new()
        }
        Err(e) => e,
    }
}

fn agent_send(steering: &dyn Steering, world: &World, id: ServerId, rest: &[&str]) -> String {
    if !world.asks_agent(id) {
        return format!("{NO_AGENT}.\n");
    }
    let text = rest.first().copied().unwrap_or("");
    steering.override_server(id, &|o| o.agent_send = Some(text.to_owned()));
    String::new()
}

fn fqdn(steering: &dyn Steering, world: &World, id: ServerId, rest: &[&str]) -> String {
    let Some(name) = rest.first() else {
        return "set server <b>/<s> fqdn requires a FQDN.\n".to_owned();
    };
    let server = world.plan.server(id);
    let Some(lookup) = &server.lookup else {
        return "set server <b>/<s> fqdn failed because no resolution is configured.\n".to_owned();
    };
    if lookup.service.is_some() {
        return "set server <b>/<s> fqdn failed because SRV resolution is configured.\n".to_owned();
    }
    let by = "by 'stats socket command'\n";
    let was = world.fqdn(id);
    steering.severity().set(Some(severity::WARNING));
    if was == Some(name) {
        return format!("no need to change the FDQN {by}");
    }
    let full = format!("{}/{}", world.plan.backend(server.backend).name, server.name);
    if !crate::proto::dns::is_name(name) {
        return format!("could not update {full} FQDN {by}");
    }
    let said = format!("{full} changed its FQDN from {} to {name} {by}", was.unwrap_or("(null)"));
    // The same in other letters is told as a change, but is none.
    if !was.is_some_and(|was| was.eq_ignore_ascii_case(name)) {
        steering.rename_server(id, name);
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One command after the other, as HAProxy 2.6.12 answered them: the check has a port of its own or not, what was
    /// asked, what was said, and the address then.
    #[test]
    fn addresses_and_ports_change_as_haproxy_says() {
        let map = "can't change <port> to port map because it is incompatible with current health check port \
                   configuration (use 'port' statement from the 'server' directive.";
        let steps: &[(bool, &str, Option<&str>, &str, &str)] = &[
            (false, "foo", None, "Invalid addr 'foo'", "127.0.31.2:18411"),
            (false, "127.0.31.3", None, "IP changed from '127.0.31.2' to '127.0.31.3'", "127.0.31.3:18411"),
            (false, "127.0.31.3", None, "no need to change the addr", "127.0.31.3:18411"),
            (
                false,
                "127.0.31.3",
                Some("18499"),
                "no need to change the addr, port changed from '18411' to '18499'",
                "127.0.31.3:18499",
            ),
            (
                false,
                "127.0.31.3",
                Some(""),
                "no need to change the addr, problem converting port '' to an int",
                "127.0.31.3:18499",
            ),
            (
                false,
                "127.0.31.3",
                Some("70000"),
                "no need to change the addr, port changed from '18499' to '4464'",
                "127.0.31.3:4464",
            ),
            (
                false,
                "127.0.31.3",
                Some("12x"),
                "no need to change the addr, port changed from '4464' to '12'",
                "127.0.31.3:12",
            ),
            (
                false,
                "127.0.31.3",
                Some("12"),
                "no need to change the addr, no need to change the port",
                "127.0.31.3:12",
            ),
            (
                false,
                "127.0.31.4",
                Some("+10"),
                &format!("IP changed from '127.0.31.3' to '127.0.31.4', {map}"),
                "127.0.31.4:12",
            ),
            (
                true,
                "127.0.31.4",
                Some("+12"),
                "no need to change the addr, port changed from '12' to '+12'",
                "127.0.31.4+12",
            ),
            (
                true,
                "127.0.31.4",
                Some("-10"),
                "no need to change the addr, port changed from '+12' to '-10'",
                "127.0.31.4-10",
            ),
            (
                true,
                "127.0.31.4",
                Some("5"),
                "no need to change the addr, port changed from '+65526' to '5'",
                "127.0.31.4:5",
            ),
            (true, "::1", None, "IP changed from '127.0.31.4' to '::1'", "[::1]:5"),
        ];
        let mut now = ServerAddr::Inet("127.0.31.2:18411".parse().unwrap());
        for (check_has_port, ip, port, says, then) in steps {
            let (said, new) = moved(&now, ip, *port, *check_has_port);
            assert_eq!(said, *says);
            now = new.unwrap_or(now);
            let shown = match &now {
                ServerAddr::Inet(addr) => addr.to_string(),
                ServerAddr::InetRelative(ip, offset) => format!("{ip}{offset:+}"),
                other => format!("{other:?}"),
            };
            assert_eq!(shown, *then, "after {ip} {port:?}");
        }
    }
}
