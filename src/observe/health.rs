//! A server's state and the columns of its check and its agent in `show stat`.
use super::columns::{Col, Row};
use crate::base::ids::ServerId;
use crate::base::time::Tick;
use crate::plan::{Plan, Server};
use crate::share::Shared;
use crate::share::checks::{CheckState, ServerRecord};
use crate::world::{Health, ServerState, World};

/// Fills them.
pub fn columns(row: &mut Row, world: &World, shared: &Shared, now: Tick, id: ServerId) {
    let (plan, state) = (&world.plan, world.server(id));
    let server = plan.server(id);
    let record = shared.checks.server(id).clone();
    row.num(Col::Lastchg, now.since(record.life.last_change).as_secs());
    // Whose checks decide: its own, or those of the server at the end of what it tracks.
    let root = root(plan, server);
    let decides = if root.id == id { record.clone() } else { shared.checks.server(root.id).clone() };
    row.text(Col::Status, status(world, server, root, state, &decides));
    if let Some(tracked) = server.watching.track {
        row.text(Col::Tracked, name(plan, tracked));
    }
    if world.asks_agent(id) {
        of_agent(row, &record.agent);
    }
    let Some(check) = server.check.as_ref().filter(|_| !world.overrides(id).check.off) else { return };
    if server.watching.observe.is_some() {
        row.num(Col::Hanafail, shared.observed.reached(id));
    }
    row.num(Col::Chkfail, record.check.failed)
        .num(Col::Chkdown, record.life.went_down)
        .num(Col::Downtime, record.life.downtime(now, state.alive()).as_secs());
    if !state.admin.in_maint() {
        of_check(row, &record.check, check.rise, check.fall);
    }
}

fn root<'p>(plan: &'p Plan, mut server: &'p Server) -> &'p Server {
    // Chains end: the configuration was checked for that.
    while let Some(next) = server.watching.track {
        server = plan.server(next);
    }
    server
}

fn name(plan: &Plan, id: ServerId) -> String {
    let server = plan.server(id);
    format!("{}/{}", plan.backend(server.backend).name, server.name)
}

fn status(
    world: &World,
    server: &Server,
    root: &Server,
    state: &ServerState,
    record: &ServerRecord,
) -> String {
    let plan = &world.plan;
    if state.admin.in_maint() {
        return match server.watching.track {
            _ if state.admin.unresolved => "MAINT (resolution)".to_owned(),
            Some(tracked) if state.admin.tracked_maint => format!("MAINT (via {})", name(plan, tracked)),
            _ => "MAINT".to_owned(),
        };
    }
    let agent = world.asks_agent(root.id);
    let health = record.check.health;
    let (rise, fall) = root.check.as_ref().map_or((0, 1), |c| (c.rise, c.fall));
    if !state.alive() {
        return match (agent && record.agent.health == 0, health) {
            (true, _) => "DOWN (agent)".to_owned(),
            (_, 1..) if root.check.is_some() => format!("DOWN {health}/{rise}"),
            _ => "DOWN".to_owned(),
        };
    }
    if state.admin.draining() && agent {
        return "DRAIN (agent)".to_owned();
    }
    let up = match state.health {
        Health::Stopping => "NOLB",
        _ if state.admin.draining() => "DRAIN",
        _ => "UP",
    };
    if root.check.is_none() || world.overrides(root.id).check.off {
        return if up == "UP" { "no check" } else { up }.to_owned();
    }
    if health >= rise + fall - 1 {
        up.to_owned()
    } else {
        format!("{up} {}/{fall}", (health + 1).saturating_sub(rise))
    }
}

/// The state's name, with a star while a check runs.
fn named(state: &CheckState) -> String {
    format!("{}{}", if state.running { "* " } else { "" }, state.status.name())
}

fn of_check(row: &mut Row, state: &CheckState, rise: u32, fall: u32) {
    row.text(Col::CheckStatus, named(state))
        .text(Col::CheckDesc, state.status.description())
        .text(Col::LastChk, state.info.clone())
        .num(Col::CheckRise, u64::from(rise))
        .num(Col::CheckFall, u64::from(fall))
        .num(Col::CheckHealth, u64::from(state.health));
    if state.status.has_code() {
        row.num(Col::CheckCode, u64::from(state.code as u32));
    }
    if let Some(took) = state.duration {
        row.num(Col::CheckDuration, took.as_millis() as u64);
    }
}

/// An agent's word counts at once, in both directions.
fn of_agent(row: &mut Row, state: &CheckState) {
    row.text(Col::AgentStatus, named(state))
        .text(Col::AgentDesc, state.status.description())
        .text(Col::LastAgt, state.info.clone())
        .num(Col::AgentRise, 1)
        .num(Col::AgentFall, 1)
        .num(Col::AgentHealth, u64::from(state.health));
    if state.status.has_code() {
        row.num(Col::AgentCode, u64::from(state.code as u32));
    }
    if let Some(took) = state.duration {
        row.num(Col::AgentDuration, took.as_millis() as u64);
    }
}
