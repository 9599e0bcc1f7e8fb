//! Servers that come and go (`add server`, `del server`; management manual, 9.3). A server's id and its place in its backend
//! are its own for ever: what counts by them never mixes two servers up, whoever still holds an older World.
use super::{Admin, Health, ServerState, World};
use crate::base::ids::{BackendId, ServerId};
use crate::plan::{Server, ServerTarget};
use crate::rules::balance::{Balancer, Member, SCALE};
use std::sync::Arc;

impl World {
    /// The servers of a backend: in the order of their lines, then as they came.
    pub fn servers_of(&self, id: BackendId) -> impl Iterator<Item = (ServerId, &Server)> {
        let there = self.places(id).filter(|s| !self.server(*s).deleted);
        there.map(|s| (s, self.plan.server(s)))
    }

    /// Those that came while running, the deleted ones too.
    fn added_to(&self, id: BackendId) -> &[ServerId] {
        if self.added.is_empty() { &[] } else { self.added.get(&id).map_or(&[], Vec::as_slice) }
    }

    /// The places of a backend, as balancing counts them: also those of deleted servers.
    pub fn places(&self, id: BackendId) -> impl Iterator<Item = ServerId> {
        let file = self.plan.backend(id).servers.clone().map(ServerId);
        file.chain(self.added_to(id).iter().copied())
    }

    /// The server at a place; `None` where it came after this World.
    #[inline]
    #[must_use]
    pub fn at_place(&self, id: BackendId, place: usize) -> Option<ServerId> {
        let file = &self.plan.backend(id).servers;
        match place.checked_sub(file.len()) {
            None => Some(ServerId(file.start + place as u32)),
            Some(later) => self.added_to(id).get(later).copied(),
        }
    }

    /// A server's place in its backend; `None` where it came after this World.
    #[inline]
    #[must_use]
    pub fn place_of(&self, id: BackendId, server: ServerId) -> Option<usize> {
        let file = &self.plan.backend(id).servers;
        if file.contains(&server.0) {
            return Some((server.0 - file.start) as usize);
        }
        self.added_to(id).binary_search(&server).ok().map(|later| file.len() + later)
    }

    pub(super) fn member(&self, server: ServerId) -> Member {
        let s = self.plan.server(server);
        Member { configured: s.weight, id: s.uuid, places: s.places, backup: s.backup }
    }

    /// Brings a core's state of a backend's `balance` in line: new servers, then everybody's weight.
    pub fn bring_up(&self, id: BackendId, order: &mut Balancer) {
        for server in self.added_to(id).iter().skip(order.added()) {
            order.add(self.member(*server));
        }
        let mut weights = Vec::new();
        self.weights(id, &mut weights);
        order.sync(&weights);
    }

    /// Whether servers of a backend want something of the request for their connections.
    #[inline]
    #[must_use]
    pub fn notes_request(&self, id: BackendId) -> bool {
        self.plan.backend(id).notes_request
            || self.added_to(id).iter().any(|s| self.plan.server(*s).notes_request())
    }

    /// Whether the configuration, or a server of it or of later, names this server: then it stays.
    #[must_use]
    pub fn is_named(&self, server: ServerId) -> bool {
        let rules = &self.plan.backend(self.plan.server(server).backend).use_server;
        self.plan.named_servers.contains(&server)
            || rules.iter().any(|r| matches!(r.target, ServerTarget::Fixed(id) if id == server))
            || self.plan.servers.iter().any(|s| s.watching.track == Some(server))
    }

    /// A backend's number that no server has and that is the least.
    #[must_use]
    pub fn free_number(&self, id: BackendId) -> u32 {
        let mut taken: Vec<u32> = self.servers_of(id).map(|(_, s)| s.uuid).collect();
        taken.sort_unstable();
        taken.into_iter().fold(1, |free, n| if n == free { free + 1 } else { free })
    }

    /// The edit of a server more, which is in the Plan's list already. It starts in maintenance unless `ready`, and neither
    /// checks nor an agent are asked before they are enabled. One that tracks another begins as that is.
    #[must_use]
    pub fn with_added(&self, server: ServerId, ready: bool) -> World {
        let plan = self.plan.server(server);
        let tracked = plan.watching.track.map(|id| *self.server(id));
        let health = match tracked {
            Some(tracked) if tracked.health != Health::Unchecked => tracked.health,
            _ => Health::at_first(plan),
        };
        let admin = Admin {
            maint: !ready,
            tracked_maint: tracked.is_some_and(|t| t.admin.in_maint()),
            tracked_drain: tracked.is_some_and(|t| t.admin.draining()),
            unresolved: plan.unresolved,
            ..Admin::default()
        };
        let state = ServerState {
            admin,
            health,
            weight: plan.weight,
            moved: 0,
            warmth: SCALE,
            fresh: true,
            deleted: false,
        };
        let mut next = self.next();
        let servers = Arc::make_mut(&mut next.servers);
        // A server that never came into force may have taken a number between.
        servers.resize(server.index(), ServerState { deleted: true, ..state });
        servers.push(state);
        Arc::make_mut(&mut next.added).entry(plan.backend).or_default().push(server);
        next.add_cookie(server);
        next.with_overrides(server, |o| (o.check.off, o.agent.off) = (true, true))
    }

    /// The edit of a server less.
    #[must_use]
    pub fn with_deleted(&self, server: ServerId) -> World {
        self.with_server(server, |state| state.deleted = true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;
    use crate::rules::balance::Ask;

    fn world() -> World {
        let mut plan = Plan::default();
        plan.add_backend("a");
        plan.add_server("a1", "127.0.0.1:1".parse().unwrap());
        plan.add_backend("b");
        plan.add_server("b1", "127.0.0.1:2".parse().unwrap());
        World::new(Arc::new(plan))
    }

    /// Another server of backend `a`, as `add server` makes one.
    fn add(world: &World, name: &str) -> (World, ServerId) {
        let mut other = Plan::default();
        other.add_backend("a");
        let uuid = world.free_number(BackendId(0));
        for _ in 0..uuid {
            other.add_server(name, "127.0.0.1:9".parse().unwrap());
        }
        let mut server = other.servers.into_last().expect("one");
        server.id = ServerId::from(world.plan.servers.len());
        let id = ServerId::from(world.plan.servers.append(server));
        (world.with_added(id, false), id)
    }

    fn names(world: &World, backend: u32) -> Vec<&str> {
        world.servers_of(BackendId(backend)).map(|(_, s)| s.name.as_str()).collect()
    }

    #[test]
    fn servers_come_and_go_and_worlds_before_do_not_see_them() {
        let before = world();
        let (first, x) = add(&before, "x");
        let (second, y) = add(&first, "y");
        assert_eq!((x, y), (ServerId(2), ServerId(3)));
        assert_eq!(names(&second, 0), ["a1", "x", "y"]);
        assert_eq!(names(&second, 1), ["b1"]);
        let gone = second.with_deleted(x);
        assert_eq!(names(&gone, 0), ["a1", "y"]);
        assert_eq!((names(&before, 0).len(), names(&first, 0).len()), (1, 2));
        // Places stay, numbers are given again.
        assert_eq!((gone.place_of(BackendId(0), y), gone.at_place(BackendId(0), 1)), (Some(2), Some(x)));
        assert_eq!((first.place_of(BackendId(0), y), first.at_place(BackendId(0), 2)), (None, None));
        assert_eq!((second.free_number(BackendId(0)), gone.free_number(BackendId(0))), (4, 2));
        assert!(
            second.server(x).admin.maint && !before.server(x).admin.maint,
            "whoever holds it from elsewhere"
        );
        assert!(!gone.server(x).alive());
    }

    #[test]
    fn a_new_server_takes_requests_once_it_is_ready() {
        let before = world();
        let mut order = before.balancer(BackendId(0), 1);
        let mut pick = |world: &World| {
            world.bring_up(BackendId(0), &mut order);
            let mut picked = || {
                let pick = order.pick(Ask {
                    hash: None,
                    full: &mut |_| false,
                    avoid: None,
                    loads: None,
                    generation: world.generation,
                    weights: &|into| world.weights(BackendId(0), into),
                });
                pick.map(|p| p.server)
            };
            [picked(), picked()]
        };
        assert_eq!(pick(&before), [Some(0), Some(0)]);
        let (added, id) = add(&before, "x");
        assert_eq!(pick(&added), [Some(0), Some(0)]);
        let ready = added.with_server(id, |s| s.admin.maint = false);
        let mut both = pick(&ready);
        both.sort_unstable();
        assert_eq!(both, [Some(0), Some(1)]);
        assert_eq!(pick(&ready.with_deleted(id)), [Some(0), Some(0)]);
    }
}
