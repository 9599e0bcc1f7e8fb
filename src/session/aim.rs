//! Where a request wants to go before servers are looked at: the hash of its key, and the server of a `use-server` rule.
use super::Conn;
use super::local::{LiveFacts, View};
use crate::base::ids::{BackendId, ServerId};
use crate::plan::ServerTarget;
use crate::proto::http::RequestHead;
use crate::rules::Cx;
use crate::rules::balance::Algorithm;
use crate::world::World;

/// What is known of one request; a field is `None` where the backend does not ask or the request does not say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Aim {
    /// The hash of its key.
    pub hash: Option<u32>,
    /// The server that a rule named.
    pub server: Option<ServerId>,
}

/// The server that the `use-server` rules name: of the first whose condition holds and whose server is not down.
#[must_use]
pub fn server_by_rule(world: &World, backend: BackendId, cx: &Cx<'_>) -> Option<ServerId> {
    for rule in &world.plan.backend(backend).use_server {
        if !rule.condition.as_ref().is_none_or(|c| c.holds(cx)) {
            continue;
        }
        let server = match &rule.target {
            ServerTarget::Fixed(id) => *id,
            ServerTarget::ByName(format) => {
                let mut name = Vec::new();
                format.write(cx, &mut name);
                // A name that no server has ends the search.
                world.servers_of(backend).find(|(_, s)| s.name.as_bytes() == name)?.0
            }
        };
        if world.server(server).alive() {
            return Some(server);
        }
    }
    None
}

/// The hash of the request's key, where `balance` asks for one.
#[must_use]
pub fn hash_of_key(world: &World, backend: BackendId, cx: &Cx<'_>) -> Option<u32> {
    let balance = &world.plan.backend(backend).balance;
    match &balance.algorithm {
        Algorithm::Hash(key) => key.hash(balance.hash_type, cx),
        _ => None,
    }
}

/// Asks the `use-server` rules, before anything changes the request on its way to the backend.
#[inline]
pub(super) fn by_rules(
    conn: &Conn,
    view: &View,
    backend: BackendId,
    req: Option<&mut RequestHead>,
    body: &[u8],
) {
    conn.aim.set(Aim::default());
    if !view.plan.backend(backend).use_server.is_empty() {
        let server = with_cx(conn, view, backend, req, body, |cx| server_by_rule(view, backend, cx));
        conn.aim.set(Aim { server, ..Aim::default() });
    }
}

/// Takes the hash of the request as it goes to the backend.
#[inline]
pub(super) fn by_key(
    conn: &Conn,
    view: &View,
    backend: BackendId,
    req: Option<&mut RequestHead>,
    body: &[u8],
) {
    if view.plan.backend(backend).balance.is_hash() {
        let hash = with_cx(conn, view, backend, req, body, |cx| hash_of_key(view, backend, cx));
        conn.aim.set(Aim { hash, ..conn.aim.get() });
    }
}

fn with_cx<T>(
    conn: &Conn,
    view: &View,
    backend: BackendId,
    req: Option<&mut RequestHead>,
    body: &[u8],
    f: impl FnOnce(&Cx<'_>) -> T,
) -> T {
    let facts = LiveFacts { world: view, shared: &conn.local.shared };
    f(&Cx {
        conn: &conn.info,
        req,
        res: None,
        req_body: body,
        first_request: conn.requests.get() <= 1,
        backend: Some(backend),
        server: None,
        facts: &facts,
        wishes: crate::rules::Wishes::default(),
    })
}
