//! What operators, the state file and the resolvers put in place of a server line's own words: its address, the places of
//! its checks, its name. Few servers have any, so they stand in a map of their own and a World stays cheap to clone.
use super::World;
use crate::base::ids::ServerId;
use crate::plan::ServerAddr;
use std::net::IpAddr;
use std::sync::Arc;

/// What is in force instead of the Plan's; `None` where the Plan holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `set server … addr`, a resolver's answer, the state file. Change it by [`World::with_addr`].
    pub addr: Option<ServerAddr>,
    /// `set server … fqdn`, the target of an SRV record; empty where the server lost its record.
    pub fqdn: Option<String>,
    /// `set maxconn server`.
    pub maxconn: Option<u32>,
    pub check: Place,
    pub agent: Place,
    /// `set server … agent-send`.
    pub agent_send: Option<String>,
}

/// Where checks of a kind go, and whether they are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// `disable health`, `disable agent`.
    pub off: bool,
    pub addr: Option<IpAddr>,
    pub port: Option<u16>,
}

static NONE: Overrides = Overrides {
    addr: None,
    fqdn: None,
    maxconn: None,
    check: Place { off: false, addr: None, port: None },
    agent: Place { off: false, addr: None, port: None },
    agent_send: None,
};

impl World {
    /// What is in force instead of a server line's own words.
    #[must_use]
    pub fn overrides(&self, id: ServerId) -> &Overrides {
        self.overridden.get(&id).map_or(&NONE, |o| o)
    }

    /// Where a server's connections go.
    #[must_use]
    pub fn addr(&self, id: ServerId) -> &ServerAddr {
        self.overrides(id).addr.as_ref().unwrap_or(&self.plan.server(id).addr)
    }

    /// The host name a server is looked up by.
    #[must_use]
    pub fn fqdn(&self, id: ServerId) -> Option<&str> {
        let name = self.overrides(id).fqdn.as_deref().or(self.plan.server(id).hostname.as_deref());
        name.filter(|n| !n.is_empty())
    }

    /// A server's `maxconn`; 0 and `None` are no limit.
    #[must_use]
    pub fn maxconn(&self, id: ServerId) -> Option<u32> {
        self.overrides(id).maxconn.or(self.plan.server(id).maxconn)
    }

    /// Whether a server has an agent (`agent-check`), asked or not.
    #[must_use]
    pub fn has_agent(&self, id: ServerId) -> bool {
        self.plan.server(id).watching.agent.is_some()
    }

    /// Whether its agent is asked and its words count.
    #[must_use]
    pub fn asks_agent(&self, id: ServerId) -> bool {
        self.has_agent(id) && !self.overrides(id).agent.off
    }

    /// Whether a server takes its health from another (`track`).
    #[must_use]
    pub fn is_tracking(&self, id: ServerId) -> bool {
        self.plan.server(id).watching.track.is_some()
    }

    /// The port of a server's check, where it is not the server's own.
    #[must_use]
    pub fn check_port(&self, id: ServerId) -> Option<u16> {
        let server = self.plan.server(id);
        let plan = server.check.as_ref().and_then(|c| c.port).or(server.watching.check_place.1);
        self.overrides(id).check.port.or(plan).filter(|port| *port != 0)
    }

    /// The address of a server's check, where it is not the server's own.
    #[must_use]
    pub fn check_addr(&self, id: ServerId) -> Option<IpAddr> {
        let server = self.plan.server(id);
        let plan = server.check.as_ref().and_then(|c| c.addr).or(server.watching.check_place.0);
        self.overrides(id).check.addr.or(plan)
    }

    /// The port of a server's agent, 0 without one.
    #[must_use]
    pub fn agent_port(&self, id: ServerId) -> u16 {
        self.overrides(id).agent.port.or(self.plan.server(id).watching.agent_place.1).unwrap_or(0)
    }

    /// The address of a server's agent, where it is not the server's own.
    #[must_use]
    pub fn agent_addr(&self, id: ServerId) -> Option<IpAddr> {
        self.overrides(id).agent.addr.or(self.plan.server(id).watching.agent_place.0)
    }

    /// The edit of what stands in place of a server line's words. Connections to another address are used no longer.
    #[must_use]
    pub fn with_overrides(&self, id: ServerId, edit: impl FnOnce(&mut Overrides)) -> World {
        let mut next = self.next();
        let overrides = Arc::make_mut(&mut next.overridden).entry(id).or_default();
        edit(overrides);
        if next.addr(id) != self.addr(id) {
            Arc::make_mut(&mut next.servers)[id.index()].moved += 1;
            next.remake_cookie(id);
        }
        next
    }

    /// Another address for a server.
    #[must_use]
    pub fn with_addr(&self, id: ServerId, addr: ServerAddr) -> World {
        self.with_overrides(id, |o| o.addr = Some(addr))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;

    fn world() -> World {
        let mut plan = Plan::default();
        plan.add_backend("be");
        plan.add_server("a", "127.0.0.1:1".parse().unwrap());
        plan.add_server("b", "127.0.0.1:2".parse().unwrap());
        World::new(Arc::new(plan))
    }

    #[test]
    fn the_address_in_force_is_the_edits_and_old_worlds_keep_theirs() {
        let (before, b) = (world(), ServerId(1));
        let addr = ServerAddr::Inet("127.0.0.9:9".parse().unwrap());
        let after = before.with_addr(b, addr.clone());
        assert_eq!((after.addr(b), after.server(b).moved), (&addr, 1));
        assert_eq!(before.addr(b), &before.plan.server(b).addr);
        assert_eq!(after.addr(ServerId(0)), &before.plan.server(ServerId(0)).addr);
        let same = after.with_addr(b, addr);
        assert_eq!(same.server(b).moved, 1, "connections stay where nothing moved");
    }

    #[test]
    fn a_check_port_of_zero_is_none() {
        let after = world().with_overrides(ServerId(0), |o| o.check.port = Some(81));
        assert_eq!(after.check_port(ServerId(0)), Some(81));
        let after = after.with_overrides(ServerId(0), |o| o.check.port = Some(0));
        assert_eq!(after.check_port(ServerId(0)), None);
    }
}
