//! Stick rules (manual 4.2 `stick`): keys of requests and answers, looked up in tables that all cores share.
use super::Conn;
use super::local::{LiveFacts, View};
use super::persist::Persist;
use crate::base::ids::{BackendId, ServerId, TableId};
use crate::plan::persist::{Persistence, StickRule};
use crate::proto::http::{RequestHead, ResponseHead};
use crate::rules::{Cx, Sample, Wishes};
use crate::share::table::{Entry, KeyKind, Kind};
use std::net::IpAddr;

/// A key that is stored with the server that answers.
#[derive(Debug)]
pub struct ToStore {
    table: TableId,
    key: Vec<u8>,
    of_answer: bool,
}

/// HAProxy remembers so many.
const MOST: usize = 8;

/// Runs the rules about requests: looks for the client's server, and notes what is to be stored.
pub fn request(
    conn: &Conn,
    view: &View,
    backend: BackendId,
    persistence: &Persistence,
    persist: &mut Persist,
    req: Option<&mut RequestHead>,
    body: &[u8],
) {
    let newest = conn.local.view();
    let facts = LiveFacts { world: &newest, shared: &conn.local.shared };
    let cx = context(conn, backend, None, req, None, body, &facts);
    for rule in &persistence.stick {
        // Of the rules that store in one table the first that has a key counts.
        if rule.stores && persist.to_store.iter().any(|s| s.table == rule.table) {
            continue;
        }
        let Some(key) = key(conn, rule, &cx) else { continue };
        if rule.matches {
            let now = conn.local.core.now();
            let table = conn.local.shared.tables.get(rule.table);
            let found = table.with(&key, now, true, |entry| server_of(view, backend, rule.table, entry));
            if let (Some(Some(server)), None) = (found, persist.server) {
                let although_down = persistence.although_down || persist.is_forced();
                persist.server = (although_down || view.server(server).alive()).then_some(server);
            }
        }
        if rule.stores && persist.to_store.len() < MOST {
            persist.to_store.push(ToStore { table: rule.table, key, of_answer: false });
        }
    }
}

/// Runs the rules about answers, then stores everything.
pub fn answer(
    conn: &Conn,
    view: &View,
    backend: BackendId,
    server: ServerId,
    persistence: &Persistence,
    persist: &mut Persist,
    res: Option<&mut ResponseHead>,
) {
    if !persistence.stick_answer.is_empty() {
        let newest = conn.local.view();
        let facts = LiveFacts { world: &newest, shared: &conn.local.shared };
        // The request is gone by now.
        let cx = context(conn, backend, Some(server), None, res, b"", &facts);
        for rule in &persistence.stick_answer {
            let taken = persist.to_store.iter().any(|s| s.table == rule.table && s.of_answer);
            if taken || persist.to_store.len() >= MOST {
                continue;
            }
            if let Some(key) = key(conn, rule, &cx) {
                persist.to_store.push(ToStore { table: rule.table, key, of_answer: true });
            }
        }
    }
    let plan = view.plan.server(server);
    for ToStore { table, key, .. } in persist.to_store.drain(..) {
        if plan.non_stick {
            continue;
        }
        let table = conn.local.shared.tables.get(table);
        let id = table.spec.layout.find(Kind::ServerId).map(|(_, at)| at);
        // A full table that may forget nothing keeps the client out.
        let _ = table.enter(&key, conn.local.core.now(), |entry| {
            entry.server = Some(server);
            if let Some(at) = id {
                entry.cells[at].value = u64::from(plan.uuid);
            }
        });
    }
}

fn context<'a>(
    conn: &'a Conn,
    backend: BackendId,
    server: Option<ServerId>,
    req: Option<&'a mut RequestHead>,
    res: Option<&'a mut ResponseHead>,
    body: &'a [u8],
    facts: &'a LiveFacts<'a>,
) -> Cx<'a> {
    Cx {
        conn: &conn.info,
        req,
        res,
        req_body: body,
        first_request: conn.requests.get() <= 1,
        backend: Some(backend),
        server,
        facts,
        wishes: Wishes::default(),
    }
}

/// The key of a rule whose condition holds.
fn key(conn: &Conn, rule: &StickRule, cx: &Cx<'_>) -> Option<Vec<u8>> {
    if rule.condition.as_ref().is_some_and(|c| !c.holds(cx)) {
        return None;
    }
    let kind = conn.local.shared.tables.get(rule.table).spec.key;
    key_of(kind, &rule.key.eval(cx)?)
}

/// A value as the key of a table; `None` where it has no such form.
fn key_of(kind: KeyKind, sample: &Sample<'_>) -> Option<Vec<u8>> {
    let mut key = Vec::new();
    match kind {
        KeyKind::Ip => match sample.as_addr()?.to_canonical() {
            IpAddr::V4(ip) => key.extend_from_slice(&ip.octets()),
            IpAddr::V6(_) => return None,
        },
        KeyKind::Ipv6 => match sample.as_addr()? {
            IpAddr::V4(_) if matches!(sample, Sample::Str(_)) => return None,
            IpAddr::V4(ip) => key.extend_from_slice(&ip.to_ipv6_mapped().octets()),
            IpAddr::V6(ip) => key.extend_from_slice(&ip.octets()),
        },
        KeyKind::Integer => key.extend_from_slice(&(sample.as_int()? as u32).to_ne_bytes()),
        KeyKind::String(_) => match sample {
            Sample::Bin(bytes) => key.extend(bytes.iter().flat_map(|b| format!("{b:02X}").into_bytes())),
            other => other.write_text(&mut key),
        },
        KeyKind::Binary(_) => match sample {
            Sample::Bool(b) => key.extend_from_slice(&u64::from(*b).to_be_bytes()),
            Sample::Int(n) => key.extend_from_slice(&n.to_be_bytes()),
            Sample::Addr(IpAddr::V4(ip)) => key.extend_from_slice(&ip.octets()),
            Sample::Addr(IpAddr::V6(ip)) => key.extend_from_slice(&ip.octets()),
            Sample::Str(b) | Sample::Bin(b) | Sample::Method(b) => key.extend_from_slice(b),
        },
    }
    kind.fit(&mut key);
    Some(key)
}

/// The server of this backend that an entry means: the one of the stored name (or address), else of the stored id. Tables
/// may be shared by backends whose servers have the same names.
fn server_of(view: &View, backend: BackendId, table: TableId, entry: &Entry) -> Option<ServerId> {
    let table = &view.plan.tables[table.index()];
    let named = entry.server.and_then(|stored| {
        let stored = view.plan.server(stored);
        let mut servers = view.servers_of(backend);
        servers.find(|(_, s)| if table.by_address { s.addr == stored.addr } else { s.name == stored.name })
    });
    if let Some((id, _)) = named {
        return Some(id);
    }
    let (_, at) = table.spec.layout.find(Kind::ServerId)?;
    let id = entry.cells[at].value;
    view.servers_of(backend).find(|(_, s)| u64::from(s.uuid) == id).map(|(id, _)| id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    #[test]
    fn values_become_keys_as_haproxy_casts_them() {
        let text = |t: &'static str| Sample::Str(Cow::Borrowed(t.as_bytes()));
        let v4 = Sample::Addr("1.2.3.4".parse().unwrap());
        let v6 = Sample::Addr("::1".parse().unwrap());
        assert_eq!(key_of(KeyKind::Ip, &v4), Some(vec![1, 2, 3, 4]));
        assert_eq!(key_of(KeyKind::Ip, &v6), None);
        assert_eq!(key_of(KeyKind::Ip, &text("1.2.3.4")), Some(vec![1, 2, 3, 4]));
        assert_eq!(key_of(KeyKind::Ip, &text("x")), None);
        assert_eq!(key_of(KeyKind::Ipv6, &v4).map(|k| k[10..].to_vec()), Some(vec![255, 255, 1, 2, 3, 4]));
        assert_eq!(key_of(KeyKind::Integer, &text("17x")), Some(17u32.to_ne_bytes().to_vec()));
        assert_eq!(key_of(KeyKind::String(3), &text("abcdef")), Some(b"abc".to_vec()));
        assert_eq!(key_of(KeyKind::String(9), &Sample::Int(-5)), Some(b"-5".to_vec()));
        assert_eq!(key_of(KeyKind::Binary(6), &text("ab")), Some(b"ab\0\0\0\0".to_vec()));
        assert_eq!(key_of(KeyKind::Binary(2), &v4), Some(vec![1, 2]));
    }
}
