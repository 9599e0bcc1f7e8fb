//! Which server a client belongs to, and how the client learns it: the persistence cookie, and the rules that force or
//! forbid it (manual 4.2 `cookie`, `force-persist`, `ignore-persist`, `option persist`). Called at few places: before a
//! server is chosen, when it is, and when its answer's head is there.
use super::Conn;
use super::cacheable::is_cacheable;
use super::cookies::{self, Change, Fate};
use super::local::View;
use super::rdp;
use super::stick::{self, ToStore};
use crate::base::ids::{BackendId, ServerId};
use crate::plan::Backend;
use crate::plan::persist::{Cookie, CookieMode, Persistence};
use crate::proto::http::{RequestHead, ResponseHead};
use crate::proto::text::FieldName;
use crate::rules::Cx;
use std::time::{SystemTime, UNIX_EPOCH};

/// What the rules say about a request's persistence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Override {
    #[default]
    None,
    /// `force-persist`: the client's server is asked even when it is down, and no other.
    Force,
    /// `ignore-persist`: the client is nobody's.
    Ignore,
}

/// The first rule whose condition holds.
pub fn override_of(backend: &Backend, cx: &Cx<'_>) -> Override {
    let rules = backend.persistence.iter().flat_map(|p| &p.rules);
    match rules.into_iter().find(|rule| rule.condition.holds(cx)) {
        Some(rule) if rule.force => Override::Force,
        Some(_) => Override::Ignore,
        None => Override::None,
    }
}

/// What one request carries through its life, where its backend has persistence.
#[derive(Debug, Default)]
pub struct Persist {
    over: Override,
    /// The client's server. Forgotten when another one is tried.
    pub(super) server: Option<ServerId>,
    /// Keys to be stored with the server that answers.
    pub(super) to_store: Vec<ToStore>,
    /// The dates in the client's cookie, 0 without. HAProxy keeps them in 31 bits and a sign.
    last_date: u32,
    first_date: u32,
    /// What the client's cookie was, as the log tells it.
    seen: Seen,
}

/// The third termination character (manual 8.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
enum Seen {
    #[default]
    None = b'N',
    Invalid = b'I',
    Down = b'D',
    Valid = b'V',
    Expired = b'E',
    Old = b'O',
    Unused = b'U',
}

/// Seconds since 1970.
fn wall_seconds() -> u32 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as u32)
}

/// Finds out which server a new request belongs to, where its backend has persistence. `body` is what has arrived of it.
#[inline]
pub fn begin(
    conn: &Conn,
    view: &View,
    backend: BackendId,
    over: Override,
    req: Option<&mut RequestHead>,
    body: &[u8],
) {
    let Some(persistence) = &view.plan.backend(backend).persistence else {
        if conn.persist.borrow().is_some() {
            *conn.persist.borrow_mut() = None;
        }
        return;
    };
    let mut persist = Persist { over, ..Persist::default() };
    let mut req = req;
    if let (Some(cookie), Some(req)) = (&persistence.cookie, req.as_deref_mut()) {
        persist.read_cookies(view, backend, persistence, cookie, req);
        conn.note(|r| r.cookie = [persist.seen as u8, b'N']);
    }
    if !persistence.stick.is_empty() {
        stick::request(conn, view, backend, persistence, &mut persist, req, body);
    }
    if let (Some(name), None) = (&persistence.rdp_cookie, persist.server) {
        persist.server = rdp::server(view, backend, name, persistence.although_down, body);
    }
    *conn.persist.borrow_mut() = Some(Box::new(persist));
}

impl Persist {
    /// `force-persist`.
    pub(super) fn is_forced(&self) -> bool {
        self.over == Override::Force
    }

    /// Looks for the client's server in the `Cookie` fields, and takes out what servers are not to see.
    fn read_cookies(
        &mut self,
        view: &View,
        backend: BackendId,
        persistence: &Persistence,
        cookie: &Cookie,
        req: &mut RequestHead,
    ) {
        let mut at = 0;
        while at < req.head.field_count() {
            let (name, value) = req.head.field(at);
            if !name.eq_ignore_ascii_case(b"cookie") {
                at += 1;
                continue;
            }
            let mut line = value.to_vec();
            let stays = cookies::of_request(&mut line, cookie, &mut |value| {
                self.found(view, backend, persistence, cookie, value);
            });
            if !stays {
                req.head.remove_at(at);
                continue;
            }
            if line.len() != req.head.field(at).1.len() {
                req.head.set_value(at, &line);
            }
            at += 1;
        }
    }

    /// One value of the persistence cookie.
    fn found(
        &mut self,
        view: &View,
        backend: BackendId,
        persistence: &Persistence,
        cookie: &Cookie,
        value: &[u8],
    ) {
        let mut value = value;
        if cookie.mode != CookieMode::Prefix {
            let dated = cookies::dated(value);
            value = dated.value;
            self.last_date = dated.last.unwrap_or(self.last_date);
            self.first_date = dated.first.unwrap_or(self.first_date);
        }
        let now = wall_seconds();
        let old = too_old(self.first_date, cookie.max_life, now);
        if old || too_old(self.last_date, cookie.max_idle, now) {
            self.seen = if old { Seen::Old } else { Seen::Expired };
            (self.first_date, self.last_date) = (0, 0);
            return;
        }
        if value.is_empty() || self.over == Override::Ignore || self.server.is_some() {
            if self.server.is_none() {
                self.seen = if self.over == Override::Ignore { Seen::Unused } else { Seen::Invalid };
            }
            return;
        }
        // Several servers may share a value: the first that runs.
        let although_down = persistence.although_down || self.over == Override::Force;
        self.server = view
            .servers_of(backend)
            .map(|(id, _)| id)
            .filter(|id| view.cookie(*id).is_some_and(|c| c.as_bytes() == value))
            .find(|id| although_down || view.server(*id).alive());
        let known = || {
            view.plan
                .servers_of(backend)
                .any(|(id, _)| view.cookie(id).is_some_and(|c| c.as_bytes() == value))
        };
        self.seen = match self.server {
            Some(id) if view.server(id).alive() => Seen::Valid,
            Some(_) => Seen::Down,
            None if known() => Seen::Down,
            None => Seen::Invalid,
        };
    }

    /// Writes the cookie into an answer, or takes it out. Gives the fourth termination character (manual 8.5).
    fn write_cookie(
        &self,
        view: &View,
        cookie: &Cookie,
        server: ServerId,
        req: &RequestHead,
        res: &mut ResponseHead,
    ) -> u8 {
        if self.over == Override::Ignore {
            return b'N';
        }
        let direct = self.server.is_some();
        let value = view.cookie(server);
        let insert = cookie.mode == CookieMode::Insert;
        let change = match (cookie.mode, value) {
            _ if cookie.preserve => Change::Nothing,
            _ if insert || (direct && cookie.indirect) => Change::TakeOut,
            (CookieMode::Rewrite, Some(value)) => Change::Replace(value.as_bytes()),
            (CookieMode::Prefix, Some(value)) => Change::Prefix(value.as_bytes()),
            _ => Change::Nothing,
        };
        let (servers_own, taken_out) = change_fields(res, cookie.name.as_bytes(), change);
        let now = wall_seconds();
        let refresh = (cookie.max_idle != 0 || self.last_date != 0)
            && (self.last_date == 0 || i64::from(self.last_date as i32) < i64::from(now));
        let life_begins = cookie.max_life != 0 && self.first_date == 0;
        let life_ends = cookie.max_life == 0 && self.first_date != 0;
        let due = !direct || refresh || life_begins || life_ends;
        let left_alone = cookie.preserve && servers_own;
        if insert && due && !left_alone && (!cookie.postonly || req.method() == b"POST") {
            res.head.add(&FieldName::SET_COOKIE, &self.set_cookie(cookie, value, now));
            if cookie.nocache && is_cacheable(req, res) {
                res.head.add(&FieldName::CACHE_CONTROL, b"private");
            }
            return if value.is_some() && direct { b'U' } else { b'I' };
        }
        match change {
            _ if taken_out => b'D',
            _ if !servers_own => b'N',
            Change::Replace(_) | Change::Prefix(_) => b'R',
            _ => b'P',
        }
    }

    /// The value of the `Set-Cookie` field for a server's cookie; without one the client's is taken back.
    fn set_cookie(&self, cookie: &Cookie, value: Option<&str>, now: u32) -> Vec<u8> {
        let mut out = cookie.name.as_bytes().to_vec();
        out.push(b'=');
        match value {
            None => out.extend_from_slice(b"; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/"),
            Some(value) => {
                out.extend_from_slice(value.as_bytes());
                let today = now.wrapping_add(3) >> 2;
                if cookie.max_idle != 0 || cookie.max_life != 0 {
                    out.push(cookies::DATE_MARK);
                    out.extend_from_slice(&cookies::b64_of_30(today));
                }
                if cookie.max_life != 0 {
                    let first = if self.first_date != 0 { self.first_date >> 2 } else { today };
                    out.push(cookies::DATE_MARK);
                    out.extend_from_slice(&cookies::b64_of_30(first));
                }
                out.extend_from_slice(b"; path=/");
            }
        }
        let mut more = |before: &str, text: &str| {
            out.extend_from_slice(before.as_bytes());
            out.extend_from_slice(text.as_bytes());
        };
        if let Some(domain) = &cookie.domain {
            more("; domain=", domain);
        }
        if cookie.httponly {
            more("; HttpOnly", "");
        }
        if cookie.secure {
            more("; Secure", "");
        }
        if let Some(attr) = &cookie.attr {
            more("; ", attr);
        }
        out
    }
}

/// Whether a date is longer ago than `limit`, or more than a day in the future. A clock that was set back by less harms
/// nobody.
fn too_old(date: u32, limit: u32, now: u32) -> bool {
    let age = now.wrapping_sub(date) as i32;
    date != 0 && limit != 0 && (age > limit as i32 || -age > 86_400)
}

/// Changes the cookie wherever the server sets it; says whether it was there and still is, and whether it was taken out.
fn change_fields(res: &mut ResponseHead, name: &[u8], change: Change<'_>) -> (bool, bool) {
    let (mut at, mut there, mut gone) = (0, false, false);
    while at < res.head.field_count() {
        let (field, value) = res.head.field(at);
        let many = field.eq_ignore_ascii_case(b"set-cookie2");
        if !many && !field.eq_ignore_ascii_case(b"set-cookie") {
            at += 1;
            continue;
        }
        let mut line = value.to_vec();
        let fate = cookies::of_answer(&mut line, many, name, change);
        there |= fate == Fate::Kept;
        gone |= fate == Fate::TakenOut;
        if line.is_empty() && fate == Fate::TakenOut {
            res.head.remove_at(at);
            continue;
        }
        if line != res.head.field(at).1 {
            res.head.set_value(at, &line);
        }
        at += 1;
    }
    (there, gone)
}

/// The server that the present request belongs to.
#[inline]
pub fn preferred(conn: &Conn) -> Option<ServerId> {
    conn.persist.borrow().as_ref().and_then(|p| p.server)
}

/// Whether the request is to go nowhere else, whatever `option redispatch` says.
pub fn is_forced(conn: &Conn) -> bool {
    conn.persist.borrow().as_ref().is_some_and(|p| p.is_forced())
}

/// The request's server failed it: from here on it is balanced, and its client learns the new one.
pub fn forget(conn: &Conn) {
    if let Some(persist) = conn.persist.borrow_mut().as_mut() {
        persist.server = None;
    }
}

/// A server answers, or a TCP connection to it is made: the request's keys are stored with it.
#[inline]
pub fn answering(
    conn: &Conn,
    view: &View,
    backend: BackendId,
    server: ServerId,
    res: Option<&mut ResponseHead>,
) {
    let mut persist = conn.persist.borrow_mut();
    let (Some(persist), Some(persistence)) = (persist.as_mut(), &view.plan.backend(backend).persistence)
    else {
        return;
    };
    if !persist.to_store.is_empty() || !persistence.stick_answer.is_empty() {
        stick::answer(conn, view, backend, server, persistence, persist, res);
    }
}

/// An answer's head has passed the rules: the cookie goes in.
#[inline]
pub fn answered(
    conn: &Conn,
    view: &View,
    backend: BackendId,
    server: ServerId,
    req: &RequestHead,
    res: &mut ResponseHead,
) {
    if let Some(persist) = conn.persist.borrow().as_ref() {
        let cookie = view.plan.backend(backend).persistence.as_ref().and_then(|p| p.cookie.as_ref());
        if let Some(cookie) = cookie {
            let done = persist.write_cookie(view, cookie, server, req, res);
            conn.note(|r| r.cookie[1] = done);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_grow_too_old_and_a_day_of_error_is_borne() {
        let now = 1_000_000;
        assert!(!too_old(0, 10, now) && !too_old(now - 5, 0, now));
        assert!(!too_old(now - 10, 10, now) && too_old(now - 11, 10, now));
        assert!(!too_old(now + 86_400, 10, now) && too_old(now + 86_401, 10, now));
    }

    #[test]
    fn the_field_is_haproxys() {
        let persist = Persist { first_date: 8, ..Persist::default() };
        let cookie = Cookie {
            name: "S".to_owned(),
            domain: Some("a.b".to_owned()),
            httponly: true,
            secure: true,
            max_life: 5,
            attr: Some("X=1".to_owned()),
            ..Cookie::default()
        };
        let text = |value| String::from_utf8(persist.set_cookie(&cookie, value, 1)).unwrap();
        assert_eq!(text(Some("v")), "S=v|AAAAB|AAAAC; path=/; domain=a.b; HttpOnly; Secure; X=1");
        assert_eq!(
            text(None),
            "S=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/; domain=a.b; HttpOnly; Secure; X=1"
        );
    }
}
