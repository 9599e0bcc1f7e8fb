//! The values of the persistence cookie: those of the `server` lines, and those made of addresses and a secret
//! (manual 4.2 `dynamic-cookie-key`).
use super::World;
use crate::base::ids::{BackendId, ServerId};
use crate::base::xxh64::xxh64;
use crate::plan::{Plan, Server, ServerAddr};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// A backend's dynamic cookies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DynamicCookie {
    /// `cookie … dynamic`, `enable dynamic-cookie`.
    pub on: bool,
    pub key: Option<Arc<str>>,
}

/// The cookies of all servers.
#[derive(Clone, Debug, Default)]
pub struct Cookies {
    servers: Vec<Option<Arc<str>>>,
    backends: Vec<DynamicCookie>,
}

impl Cookies {
    /// As the configuration has them.
    #[must_use]
    pub fn new(plan: &Plan) -> Cookies {
        let of = |b: &crate::plan::Backend| {
            b.persistence.as_ref().map_or_else(DynamicCookie::default, |p| DynamicCookie {
                on: p.cookie.as_ref().is_some_and(|c| c.dynamic),
                key: p.dynamic_key.as_deref().map(Arc::from),
            })
        };
        let backends: Vec<DynamicCookie> = plan.backends.iter().map(of).collect();
        let value = |s: &Server| value(s, &s.addr, &backends[s.backend.index()]);
        Cookies { servers: plan.servers.iter().map(value).collect(), backends }
    }
}

/// A server's own cookie, else one made of its address.
fn value(server: &Server, addr: &ServerAddr, dynamic: &DynamicCookie) -> Option<Arc<str>> {
    if let Some(own) = &server.cookie {
        return Some(own.as_str().into());
    }
    let key = dynamic.key.as_deref().filter(|_| dynamic.on)?;
    let (ip, port) = match addr {
        ServerAddr::Inet(addr) => (addr.ip(), addr.port()),
        // HAProxy hashes the port as it is written: none.
        ServerAddr::InetRelative(ip, offset) => (*ip, u16::try_from(*offset).unwrap_or(0)),
        ServerAddr::Unix(_) | ServerAddr::Abstract(_) => return None,
    };
    Some(dynamic_value(key, SocketAddr::new(ip, port)).into())
}

/// The cookie of an address under a key.
#[must_use]
pub fn dynamic_value(key: &str, addr: SocketAddr) -> String {
    let mut bytes = key.as_bytes().to_vec();
    match addr.ip() {
        IpAddr::V4(ip) => bytes.extend_from_slice(&ip.octets()),
        IpAddr::V6(ip) => bytes.extend_from_slice(&ip.octets()),
    }
    bytes.extend_from_slice(&u32::from(addr.port()).to_be_bytes());
    format!("{:016x}", xxh64(&bytes, 0))
}

impl World {
    /// What the persistence cookie says for a server.
    #[inline]
    #[must_use]
    pub fn cookie(&self, server: ServerId) -> Option<&str> {
        self.cookies.servers.get(server.index())?.as_deref()
    }

    /// A backend's dynamic cookies.
    #[must_use]
    pub fn dynamic_cookie(&self, backend: BackendId) -> &DynamicCookie {
        &self.cookies.backends[backend.index()]
    }

    /// The edit of one backend's dynamic cookies: its servers' cookies are made anew.
    #[must_use]
    pub fn with_dynamic_cookie(&self, id: BackendId, edit: impl FnOnce(&mut DynamicCookie)) -> World {
        let mut next = self.next();
        let cookies = Arc::make_mut(&mut next.cookies);
        let dynamic = &mut cookies.backends[id.index()];
        edit(dynamic);
        for (server, plan) in self.servers_of(id) {
            cookies.servers[server.index()] = value(plan, self.addr(server), dynamic);
        }
        next
    }

    /// A new server's cookie.
    pub(super) fn add_cookie(&mut self, id: ServerId) {
        let plan = self.plan.server(id);
        let new = value(plan, self.addr(id), self.dynamic_cookie(plan.backend));
        let servers = &mut Arc::make_mut(&mut self.cookies).servers;
        servers.resize(id.index(), None);
        servers.push(new);
    }

    /// A server's cookie made anew, where it is made of an address that has changed.
    pub(super) fn remake_cookie(&mut self, id: ServerId) {
        let plan = self.plan.server(id);
        let new = value(plan, self.addr(id), self.dynamic_cookie(plan.backend));
        if self.cookie(id) != new.as_deref() {
            Arc::make_mut(&mut self.cookies).servers[id.index()] = new;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture;

    #[test]
    fn a_servers_own_cookie_stays_and_the_others_follow_the_key() {
        let mut plan = Plan::default();
        let backend = plan.add_backend("b");
        backend.persistence = Some(Box::new(crate::plan::persist::Persistence {
            cookie: Some(crate::plan::persist::Cookie { dynamic: true, ..Default::default() }),
            dynamic_key: Some("secret".to_owned()),
            ..Default::default()
        }));
        plan.add_server("a", "127.0.0.1:80".parse().unwrap()).cookie = Some("own".to_owned());
        plan.add_server("b", "127.0.0.1:81".parse().unwrap());
        let _ = fixture::check_every;
        let world = World::new(Arc::new(plan));
        let (a, b) = (ServerId(0), ServerId(1));
        assert_eq!(world.cookie(a), Some("own"));
        let first = world.cookie(b).expect("made of its address").to_owned();
        assert_eq!(first.len(), 16);
        let other = world.with_dynamic_cookie(BackendId(0), |d| d.key = Some("another".into()));
        assert_eq!(other.cookie(a), Some("own"));
        assert_ne!(other.cookie(b), Some(first.as_str()));
        let moved = other.with_addr(b, ServerAddr::Inet("127.0.0.1:82".parse().unwrap()));
        assert!(moved.cookie(b).is_some() && moved.cookie(b) != other.cookie(b), "it follows the address");
        let off = other.with_dynamic_cookie(BackendId(0), |d| d.on = false);
        assert_eq!((off.cookie(a), off.cookie(b)), (Some("own"), None));
    }
}
