//! `show servers state` (management manual, 9.3) and the dump of a SIGHUP.
use crate::base::ids::BackendId;
use crate::base::time::Tick;
use crate::plan::logging::LogSetId;
use crate::plan::{Plan, Server, ServerAddr};
use crate::share::Shared;
use crate::world::{Admin, Health, World};
use std::fmt::Write;

const HEAD: &str = "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight \
                    srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state \
                    srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl \
                    srv_check_port srv_check_addr srv_agent_addr srv_agent_port";

/// The answer to `show servers state [BACKEND]`: version 1 of the format, ended by an empty line.
///
/// # Errors
/// The answer when there is no such backend.
pub fn servers_state(
    world: &World,
    shared: &Shared,
    now: Tick,
    backend: Option<&str>,
) -> Result<String, String> {
    let plan = &world.plan;
    if let Some(name) = backend
        && !plan.backends.iter().any(|b| b.name == name)
    {
        return Err("Can't find backend.\n".to_owned());
    }
    let mut out = format!("1\n{HEAD}\n");
    for id in backends_in_order(plan) {
        if backend.is_none_or(|name| plan.backend(id).name == name) {
            for (_, server) in world.servers_of(id) {
                line(world, shared, now, server, &mut out);
            }
        }
    }
    out.push('\n');
    Ok(out)
}

fn line(world: &World, shared: &Shared, now: Tick, server: &Server, out: &mut String) {
    let backend = world.plan.backend(server.backend);
    let state = world.server(server.id);
    let record = shared.checks.server(server.id);
    let (addr, port) = shown_address(world.addr(server.id));
    let addr = super::names::address(world, server.id).map_or(addr, |_| "-".to_owned());
    let overrides = world.overrides(server.id);
    let checked = server.check.is_some();
    // One without a check stays as it began, and so does one that was added until it is first ready.
    let paused = if checked && !state.fresh { state.admin.in_maint() } else { server.disabled };
    // A backend that is disabled gives its servers no ids.
    let sid = if backend.disabled { 0 } else { server.uuid };
    let (bk_forced, forced) = (u8::from(backend.id_given), u8::from(server.id_given));
    let admin = admin_bits(state.admin, server.disabled, overrides.fqdn.is_some());
    let operational = match state.health {
        _ if !state.alive() => 0,
        Health::Stopping => 3,
        _ => 2,
    };
    // 1 running, 2 configured, 4 enabled, 8 paused.
    let check_state = u8::from(record.check.running)
        + if checked { 2 } else { 0 }
        + if checked && !overrides.check.off { 4 } else { 0 }
        + if paused { 8 } else { 0 };
    let check_port = world.check_port(server.id).unwrap_or(0);
    let agent_port = world.agent_port(server.id);
    let agent_addr = world.agent_addr(server.id).map_or("-".to_owned(), |a| a.to_string());
    // The same bits, and 16: it is an agent's.
    let agent_state = match (world.has_agent(server.id), world.asks_agent(server.id)) {
        (false, _) => 0,
        (true, asked) => 2 + 16 + if asked { 4 } else { 0 } + u8::from(record.agent.running),
    };
    let check_addr = world.check_addr(server.id).map_or("-".to_owned(), |a| a.to_string());
    let _ = writeln!(
        out,
        "{} {} {sid} {} {addr} {operational} {admin} {} {} {} {} {} {} {check_state} {agent_state} {bk_forced} {forced} {} {port} {} 0 \
         {check_port} {check_addr} {agent_addr} {agent_port}",
        backend.uuid,
        backend.name,
        server.name,
        state.weight,
        server.weight,
        now.since(record.life.last_change).as_secs(),
        record.check.status.number(),
        record.check.result as u8,
        record.check.health,
        world.fqdn(server.id).unwrap_or("-"),
        super::names::service(server),
    );
}

/// An address as the tables of servers have it, and its port. An offset is shown as the number that it is in 16 bits.
pub(super) fn shown_address(addr: &ServerAddr) -> (String, u16) {
    match addr {
        ServerAddr::Inet(addr) => (addr.ip().to_string(), addr.port()),
        ServerAddr::InetRelative(ip, offset) => (ip.to_string(), *offset as u16),
        ServerAddr::Unix(_) | ServerAddr::Abstract(_) => ("-".to_owned(), 0),
    }
}

/// `srv_admin_state`.
fn admin_bits(admin: Admin, disabled: bool, fqdn_set: bool) -> u8 {
    let bits = [
        (0x40, fqdn_set),
        (0x01, admin.maint),
        (0x02, admin.tracked_maint),
        (0x04, disabled),
        (0x08, admin.drain),
        (0x10, admin.tracked_drain),
        (0x20, admin.unresolved),
    ];
    bits.into_iter().filter(|(_, set)| *set).map(|(bit, _)| bit).sum()
}

pub(super) fn backends_in_order(plan: &Plan) -> Vec<BackendId> {
    let mut all: Vec<BackendId> = (0..plan.backends.len()).map(BackendId::from).collect();
    all.sort_by_key(|id| (plan.backend(*id).at.file, plan.backend(*id).at.line));
    all
}

/// How a line begins that is only for the logs.
pub const FOR_LOGS: &str = "SIGHUP received, dumping servers states for proxy ";

/// What SIGHUP makes HAProxy say (warnings, level notice): every server, then its proxy.
#[must_use]
pub fn sighup_dump(world: &World, shared: &Shared) -> Vec<(Option<LogSetId>, String)> {
    let plan = &world.plan;
    let mut places: Vec<_> = plan.frontends.iter().map(|f| (f.at.file, f.at.line, &f.name)).collect();
    places.extend(plan.backends.iter().map(|b| (b.at.file, b.at.line, &b.name)));
    places.sort();
    places.dedup();
    let mut out = vec![(None, "SIGHUP received, dumping servers states.".to_owned())];
    for (file, line, name) in places {
        let frontend =
            plan.frontends.iter().position(|f| (f.at.file, f.at.line, &f.name) == (file, line, name));
        let backend =
            plan.backends.iter().position(|b| (b.at.file, b.at.line, &b.name) == (file, line, name));
        let of_frontend = frontend.map(|f| plan.frontends[f].log_set);
        let set = of_frontend.or_else(|| backend.map(|b| plan.backends[b].log_set));
        let mut lines = vec![format!("{FOR_LOGS}{name}.")];
        dump_proxy(world, shared, name, frontend, backend, &mut lines);
        out.extend(lines.into_iter().map(|line| (set, line)));
    }
    out
}

fn dump_proxy(
    world: &World,
    shared: &Shared,
    name: &str,
    frontend: Option<usize>,
    backend: Option<usize>,
    out: &mut Vec<String>,
) {
    let id = backend.map(BackendId::from);
    for (server, plan) in id.into_iter().flat_map(|id| world.servers_of(id)) {
        let i = server.index();
        out.push(format!(
            "SIGHUP: Server {name}/{} is {}. Conn: {} act, 0 pend, {} tot.",
            plan.name,
            if world.server(server).alive() { "UP" } else { "DOWN" },
            shared.sum_now(|s| &s.servers[i].sess_cur),
            shared.sum(|s| &s.servers[i].sess_tot),
        ));
    }
    let (active, backup) = id.map_or((0, 0), |id| world.usable_counts(id));
    let state = if id.is_none_or(|id| world.servers_of(id).next().is_none()) {
        "has no servers.".to_owned()
    } else if active > 0 {
        format!("has {active} active servers and {backup} backup servers available.")
    } else if backup > 0 {
        "is running on backup servers !".to_owned()
    } else {
        "has no server available !".to_owned()
    };
    let pending = backend.map_or(0, |b| shared.queues[b].len());
    out.push(format!(
        "SIGHUP: Proxy {name} {state} Conn: act(FE+BE): {}+{}, {pending} pend ({pending} unass), tot(FE+BE): {}+{}.",
        frontend.map_or(0, |f| shared.sum_now(|s| &s.frontends[f].conn_cur)),
        backend.map_or(0, |b| shared.sum_now(|s| &s.backends[b].sess_cur)),
        frontend.map_or(0, |f| shared.sum(|s| &s.frontends[f].conn_tot)),
        backend.map_or(0, |b| shared.sum(|s| &s.backends[b].sess_tot)),
    ));
}
