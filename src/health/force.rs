//! What an operator says of a server's health, and what a state file remembers of servers.
use super::change::{Message, change_server};
use super::count::Scale;
use crate::base::ids::ServerId;
use crate::base::time::Tick;
use crate::plan::remembered::{Operational, Remembered};
use crate::plan::{Server, ServerAddr};
use crate::share::{CheckResult, CheckStatus, Shared};
use crate::world::{Health, Published, ServerState, World};
use std::net::SocketAddr;
use std::sync::Arc;

/// The scale of a server without checks: HAProxy's defaults.
const UNCHECKED: Scale = Scale { rise: 2, fall: 3 };

fn scale(server: &Server) -> Scale {
    server.check.as_ref().map_or(UNCHECKED, Scale::of)
}

/// `set server … health`: as if checks had found it. A server in maintenance only remembers it. Control thread only.
pub fn force_health(
    published: &Published,
    shared: &Shared,
    now: Tick,
    id: ServerId,
    health: Health,
) -> (Arc<World>, Vec<Message>) {
    let world = published.load();
    let full = scale(world.plan.server(id)).full();
    shared.checks.server(id).check.health = if health == Health::Down { 0 } else { full };
    to_health(published, shared, now, id, health, "changed from CLI")
}

/// `set server … agent`: as if the agent had said so; what checks found does not count then. Control thread only.
pub fn force_agent(
    published: &Published,
    shared: &Shared,
    now: Tick,
    id: ServerId,
    up: bool,
) -> (Arc<World>, Vec<Message>) {
    shared.checks.server(id).agent.health = u32::from(up);
    let health = if up { Health::Up } else { Health::Down };
    to_health(published, shared, now, id, health, "changed from CLI")
}

fn to_health(
    published: &Published,
    shared: &Shared,
    now: Tick,
    id: ServerId,
    health: Health,
    reason: &str,
) -> (Arc<World>, Vec<Message>) {
    let world = published.load();
    let was = world.server(id);
    let same = health == Health::Up && was.health == Health::Unchecked;
    if was.admin.in_maint() || same {
        return (world, Vec::new());
    }
    change_server(published, shared, now, id, reason, |state| state.health = health)
}

/// Puts what a state file remembers into force, server by server, before there is any traffic; what HAProxy says of it
/// while it starts. The configuration goes before: `disabled` and `weight` count where they were changed in it.
pub fn restore(published: &Published, shared: &Shared, now: Tick) -> Vec<Message> {
    let world = published.load();
    let mut said = Vec::new();
    for server in world.plan.servers.iter() {
        if let Some(remembered) = &server.remembered {
            restore_server(published, shared, now, server, remembered, &mut said);
        }
    }
    said
}

fn restore_server(
    published: &Published,
    shared: &Shared,
    now: Tick,
    server: &Server,
    file: &Remembered,
    said: &mut Vec<Message>,
) {
    let id = server.id;
    let (health, at) = checked(scale(server), file);
    shared.checks.server(id).check.health = at;
    let words = "changed from server-state after a reload";
    // That a backend has no server left is not said while starting.
    said.extend(to_health(published, shared, now, id, health, words).1.into_iter().take(1));
    let change = |edit: &dyn Fn(&mut ServerState)| change_server(published, shared, now, id, words, edit).1;
    let maint = published.load().server(id).admin.maint;
    // Where `disabled` was added or removed, the file's word does not count.
    let wanted = if file.disabled == server.disabled { file.maint } else { server.disabled };
    if maint != wanted {
        let messages = change(&|state| state.admin.maint = wanted);
        said.extend(messages.into_iter().take(1).filter(|_| !wanted));
    }
    let weight = if file.initial_weight == server.weight { file.weight } else { server.weight };
    let drain = !wanted && file.drain && (file.initial_weight > 0 || server.weight == 0);
    let _ = change(&|state| (state.weight, state.admin.drain) = (weight, drain));
    if drain {
        said.push(super::change::remains_in_drain(&published.load(), server.backend, id));
    }
    published.edit(|world| {
        world.with_overrides(id, |o| {
            o.addr = other_port(&server.addr, file.port).or(o.addr.take());
            o.check.off = server.check.is_some() && file.check_off;
            o.agent.off = server.watching.agent.is_some() && file.agent_off;
            (o.check.addr, o.check.port) = (file.check_addr, file.check_port);
            (o.agent.addr, o.agent.port) = (file.agent_addr, file.agent_port);
            o.fqdn = file.fqdn.clone().filter(|name| server.hostname.as_ref().is_some_and(|own| own != name));
        })
    });
    let mut record = shared.checks.server(id);
    record.life.last_change = now - file.since_change;
    record.check.status = CheckStatus::of_number(file.check_status);
    record.check.result = CheckResult::of_number(file.check_result);
}

/// The health a server starts with, and where on its scale.
fn checked(scale: Scale, file: &Remembered) -> (Health, u32) {
    let at = file.check_health;
    match file.operational {
        Operational::Stopped => (Health::Down, 0),
        Operational::Running => (Health::Up, scale.full()),
        Operational::Starting if scale.rise == 1 => (Health::Up, scale.full()),
        Operational::Starting if at < 1 || at >= scale.rise => (Health::Up, scale.rise - 1),
        Operational::Starting => (Health::Up, at),
        Operational::Stopping if scale.fall == 1 => (Health::Down, 0),
        Operational::Stopping if at < scale.rise || at > scale.full() - 1 => (Health::Stopping, scale.rise),
        Operational::Stopping => (Health::Stopping, at),
    }
}

/// The address with another port, where it is another one.
fn other_port(addr: &ServerAddr, port: i32) -> Option<ServerAddr> {
    let other = match addr {
        ServerAddr::Inet(addr) => ServerAddr::Inet(SocketAddr::new(addr.ip(), port as u16)),
        // As the tables show it: in 16 bits.
        ServerAddr::InetRelative(_, offset) if *offset as u16 == port as u16 => return None,
        ServerAddr::InetRelative(ip, _) => ServerAddr::InetRelative(*ip, port),
        ServerAddr::Unix(_) | ServerAddr::Abstract(_) => return None,
    };
    (other != *addr).then_some(other)
}
