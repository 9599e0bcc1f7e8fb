//! `show stat` in pieces: of thousands of servers neither is all text there at once, nor does anybody wait for all of it.
use super::ProcessInfo;
use super::columns::{self, Row};
use super::stat::{self, Proxy, StatFilter, View};
use super::typed::Object;
use crate::base::ids::{BackendId, FrontendId, ServerId};
use crate::share::{Shared, Trends};
use crate::world::World;
use std::sync::Arc;

/// A piece has at least this size, but for the last.
const PIECE: usize = 12 * 1_024;
/// So many servers are looked at between two looks at the size.
const BATCH: usize = 32;

/// What gives rows.
pub(super) enum Unit {
    Frontend(FrontendId),
    Servers(Vec<ServerId>),
    Backend(BackendId),
}

/// What a filter lets through, in the order of the rows. Whether a server is to be shown is judged when its turn comes.
pub(super) fn units(world: &World, filter: &StatFilter) -> Vec<Unit> {
    let mut units = Vec::new();
    for proxy in stat::proxies(&world.plan) {
        match proxy {
            Proxy::Frontend(id, f) if filter.wants_proxy(f.uuid) && filter.wants(stat::FRONTEND) => {
                units.push(Unit::Frontend(id));
            }
            Proxy::Backend(id, b) if filter.wants_proxy(b.uuid) => {
                if filter.wants(stat::SERVER) {
                    let wanted = world.servers_of(id).filter(|(_, s)| filter.wants_server(s.uuid));
                    let wanted: Vec<ServerId> = wanted.map(|(server, _)| server).collect();
                    units.extend(wanted.chunks(BATCH).map(|some| Unit::Servers(some.to_vec())));
                }
                if filter.wants(stat::BACKEND) {
                    units.push(Unit::Backend(id));
                }
            }
            Proxy::Frontend(..) | Proxy::Backend(..) => {}
        }
    }
    units
}

impl View<'_> {
    /// The rows of a unit.
    pub(super) fn unit(&self, unit: Unit, filter: &StatFilter, out: &mut dyn FnMut(Object, Row)) {
        match unit {
            Unit::Frontend(id) => out(Object::Frontend, self.frontend(id)),
            Unit::Servers(some) => {
                for id in some.into_iter().filter(|id| filter.shows(self.world.server(*id))) {
                    out(Object::Server, self.server(id));
                }
            }
            Unit::Backend(id) => out(Object::Backend, self.backend(id, filter.hides())),
        }
    }
}

/// The CSV being made.
pub struct StatPieces {
    world: Arc<World>,
    shared: Arc<Shared>,
    process: ProcessInfo,
    trends: Trends,
    filter: StatFilter,
    units: std::vec::IntoIter<Unit>,
    head: bool,
}

impl StatPieces {
    /// Begins with the head line.
    #[must_use]
    pub fn new(
        world: Arc<World>,
        shared: Arc<Shared>,
        process: ProcessInfo,
        filter: StatFilter,
    ) -> StatPieces {
        let (trends, units) = (shared.trends().clone(), units(&world, &filter).into_iter());
        StatPieces { world, shared, process, trends, filter, units, head: true }
    }
}

impl Iterator for StatPieces {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let mut out = String::new();
        if std::mem::take(&mut self.head) {
            columns::write_head(&mut out);
        }
        let view =
            View { world: &self.world, shared: &self.shared, process: &self.process, trends: &self.trends };
        while out.len() < PIECE {
            let Some(unit) = self.units.next() else { break };
            view.unit(unit, &self.filter, &mut |_, row| row.write(&mut out));
        }
        (!out.is_empty()).then_some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;

    #[test]
    fn pieces_together_are_the_whole() {
        let mut plan = Plan::default();
        plan.add_frontend("site").at.line = 1;
        plan.add_backend("farm").at.line = 2;
        for n in 0..500 {
            plan.add_server(&format!("s{n}"), "127.0.0.1:80".parse().unwrap());
        }
        let (world, shared) = (Arc::new(World::new(Arc::new(plan))), Arc::new(Shared::new(1, 1, 1, 500)));
        let process = super::super::prometheus::process_of_tests();
        for args in [&[][..], &["farm", "4", "-1"], &["-1", "3", "-1"], &["up"]] {
            let filter = StatFilter::parse(&world, args).unwrap();
            let whole = stat::stat_csv(&world, &shared, &process, &filter);
            let pieces = StatPieces::new(world.clone(), shared.clone(), process.clone(), filter);
            let pieces: Vec<String> = pieces.collect();
            assert_eq!(pieces.concat() + "\n", whole);
            assert!(pieces.iter().all(|p| p.len() < 3 * PIECE) && (args.contains(&"3") || pieces.len() > 5));
        }
    }
}
