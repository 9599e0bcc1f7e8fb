//! What an operator says of a server's health, and what a state file remembers of it.
use super::change::{Message, change_server};
use super::count::Scale;
use crate::base::ids::ServerId;
use crate::base::time::Tick;
use crate::plan::Server;
use crate::share::{CheckResult, CheckStatus, Shared};
use crate::world::{Health, Published, World};
use std::sync::Arc;
use std::time::Duration;

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
    let was = world.server(id);
    let same = health == Health::Up && was.health == Health::Unchecked;
    if was.admin.in_maint() || same {
        return (world, Vec::new());
    }
    change_server(published, shared, now, id, "changed from CLI", |state| state.health = health)
}

/// What a state file says of a server's check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remembered {
    pub id: ServerId,
    pub since_change: Duration,
    pub status: CheckStatus,
    pub result: CheckResult,
    pub health: u32,
    /// The server was up, or on its way: where its scale is another one now, it is just up, else down for good.
    pub up: bool,
}

/// Puts what the state file said into the records, after [`super::init`].
pub fn restore(world: &World, shared: &Shared, now: Tick, remembered: &[Remembered]) {
    for one in remembered {
        let server = world.plan.server(one.id);
        let mut record = shared.checks.server(one.id);
        record.life.last_change = now - one.since_change;
        (record.check.status, record.check.result) = (one.status, one.result);
        let scale = scale(server);
        record.check.health = match one.up {
            _ if server.check.is_none() => record.check.health,
            true if one.health < scale.rise || one.health > scale.full() => scale.rise,
            false if one.health >= scale.rise => 0,
            _ => one.health,
        };
    }
}
