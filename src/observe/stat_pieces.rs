//! `show stat` in pieces: of thousands of servers neither is all text there at once, nor does anybody wait for all of it.
use super::ProcessInfo;
use super::columns::{self, Row};
use super::stat::{self, Proxy, StatFilter, View};
use super::typed::{Object, Rows};
use crate::base::ids::{BackendId, FrontendId, ListenerId, ServerId};
use crate::share::{Shared, Trends};
use crate::world::World;
use std::sync::Arc;

/// A piece has at least this size, but for the last.
const PIECE: usize = 12 * 1_024;
/// So many servers are looked at between two looks at the size.
const BATCH: usize = 32;
/// The same where a row is tens of kilobytes: typed lines and JSON.
const LONG_BATCH: usize = 2;

/// What gives rows.
pub(super) enum Unit {
    Frontend(FrontendId),
    Listeners(Vec<ListenerId>),
    Servers(Vec<ServerId>),
    Backend(BackendId),
}

/// What a filter lets through, in the order of the rows. Whether a server is to be shown is judged when its turn comes.
pub(super) fn units(world: &World, filter: &StatFilter) -> Vec<Unit> {
    let mut units = Vec::new();
    let batch = if filter.is_csv() { BATCH } else { LONG_BATCH };
    for proxy in stat::proxies(&world.plan) {
        match proxy {
            Proxy::Frontend(id, f) if filter.wants_proxy(f.uuid) => {
                if filter.wants(stat::FRONTEND) {
                    units.push(Unit::Frontend(id));
                }
                if filter.wants(stat::LISTENER) {
                    let all = super::listeners::counted(&world.plan, f);
                    let wanted = all.filter(|(_, l)| filter.wants_server(l.uuid));
                    let wanted: Vec<ListenerId> = wanted.map(|(listener, _)| listener).collect();
                    units.extend(wanted.chunks(batch).map(|some| Unit::Listeners(some.to_vec())));
                }
            }
            Proxy::Backend(id, b) if filter.wants_proxy(b.uuid) => {
                if filter.wants(stat::SERVER) {
                    let wanted = world.servers_of(id).filter(|(_, s)| filter.wants_server(s.uuid));
                    let wanted: Vec<ServerId> = wanted.map(|(server, _)| server).collect();
                    units.extend(wanted.chunks(batch).map(|some| Unit::Servers(some.to_vec())));
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
            Unit::Frontend(id) => out(Object::Frontend, filter.shown(self.frontend(id))),
            Unit::Listeners(some) => {
                some.into_iter().for_each(|id| out(Object::Listener, filter.shown(self.listener(id))));
            }
            Unit::Servers(some) => {
                for id in some.into_iter().filter(|id| filter.shows(self.world.server(*id))) {
                    out(Object::Server, filter.shown(self.server(id)));
                }
            }
            Unit::Backend(id) => out(Object::Backend, filter.shown(self.backend(id, filter.hides()))),
        }
    }
}

/// The answer being made, without its empty line at the end.
pub struct StatPieces {
    world: Arc<World>,
    shared: Arc<Shared>,
    process: ProcessInfo,
    trends: Trends,
    filter: StatFilter,
    units: std::vec::IntoIter<Unit>,
    /// The head line of a CSV is still to come.
    head: bool,
    /// Writes rows where they are no CSV, until the last is written.
    rows: Option<Rows>,
}

impl StatPieces {
    /// Nothing is made yet.
    #[must_use]
    pub fn new(
        world: Arc<World>,
        shared: Arc<Shared>,
        process: ProcessInfo,
        filter: StatFilter,
    ) -> StatPieces {
        let (trends, units) = (shared.trends().clone(), units(&world, &filter).into_iter());
        let rows = (!filter.is_csv()).then(|| Rows::new(filter.form()));
        StatPieces { world, shared, process, trends, filter, units, head: rows.is_none(), rows }
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
            let Some(unit) = self.units.next() else {
                out.push_str(&self.rows.take().map_or_else(String::new, Rows::finish));
                break;
            };
            match &mut self.rows {
                None => view.unit(unit, &self.filter, &mut |_, row| row.write(&mut out)),
                Some(rows) => {
                    view.unit(unit, &self.filter, &mut |object, row| rows.add(object, &row));
                    out.push_str(&rows.take());
                }
            }
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
        for port in 1..100 {
            plan.add_listener(([127, 0, 0, 1], port).into()).counted = true;
        }
        plan.add_backend("farm").at.line = 2;
        for n in 0..500 {
            plan.add_server(&format!("s{n}"), "127.0.0.1:80".parse().unwrap());
        }
        let shared = Shared::new(1, 1, 1, 500).with_counted_listeners(99);
        let (world, shared) = (Arc::new(World::new(Arc::new(plan))), Arc::new(shared));
        let process = super::super::prometheus::process_of_tests();
        for args in [
            &[][..],
            &["farm", "4", "-1"],
            &["-1", "3", "-1"],
            &["site", "8", "-1"],
            &["up"],
            &["typed"],
            &["typed", "desc"],
            &["json"],
            &["json", "up"],
            &["-1", "3", "-1", "json"],
        ] {
            let filter = StatFilter::parse(&world, args).unwrap();
            let whole = super::super::tests::stat_csv(&world, &shared, &process, &filter);
            let pieces = StatPieces::new(world.clone(), shared.clone(), process.clone(), filter);
            let pieces: Vec<String> = pieces.collect();
            assert_eq!(pieces.concat() + "\n", whole, "{args:?}");
            let most = pieces.iter().map(String::len).max();
            assert!(most < Some(5 * PIECE), "{args:?}: {most:?}");
            let short = args.contains(&"3") || args.contains(&"site");
            assert!(short || pieces.len() > 5, "{args:?}: {}", pieces.len());
        }
    }
}
