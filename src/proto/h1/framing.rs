//! The framing of a head that rules have changed (RFC 9112, 6 and 9). Content-Length, Transfer-Encoding and what `Connection` says
//! of this connection follow from the payload and from the two ends, never from a rule: where one has put such a field in or taken
//! it out, it is written anew here, before the head goes out.
use super::answer::has_no_content;
use crate::proto::http::{Body, Head, RequestHead, ResponseHead};

/// What becomes of an answer whose framing was written anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reframed {
    /// The rules end the client's connection (`set-header connection close`), or its end could not be told otherwise.
    pub close: bool,
    /// The body stays here: the client waits for none, whatever the server sends.
    pub silent: bool,
}

/// Why an answer cannot be brought into a form that its client reads as meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misframed;

/// Writes a request's framing anew; says whether the rules leave the server's connection open.
#[cold]
pub fn frame_request(req: &mut RequestHead) -> bool {
    let stays = take_persistence(&mut req.head);
    put_body(&mut req.head, req.body);
    super::fields::Facts::drop_http2(&mut req.head);
    req.upgrade = req.upgrade && has_option(&req.head, b"upgrade") && req.head.get(b"upgrade").is_some();
    req.websocket = req.websocket && req.upgrade;
    req.head.is_framed();
    stays
}

/// Whether an answer goes out framed as it was read: no rule has touched it, and the client waits for what the server was
/// asked for.
#[inline]
#[must_use]
pub fn is_framed(res: &ResponseHead, req: &RequestHead) -> bool {
    !res.head.is_unframed() && (req.received_method() == b"HEAD") == (req.method() == b"HEAD")
}

/// Writes an answer's framing anew: by its final status and by what the client asked for. `res.body` stays how the server's
/// body is read.
///
/// # Errors
/// The client would take the answer for the beginning of a tunnel that there is none of, or of one to nowhere.
#[cold]
pub fn frame_response(res: &mut ResponseHead, req: &RequestHead) -> Result<Reframed, Misframed> {
    let close = !take_persistence(&mut res.head);
    let tunnels = match req.received_method() {
        b"CONNECT" => (200..300).contains(&res.status),
        _ => res.status == 101,
    };
    let framed = |res: &mut ResponseHead, reframed: Reframed| {
        res.head.is_framed();
        Ok(reframed)
    };
    if tunnels {
        if res.body != Body::Tunnel {
            return Err(Misframed);
        }
        drop_body(&mut res.head);
        if res.status == 101 {
            put_upgrade(&mut res.head, req)?;
        }
        return framed(res, Reframed { close, silent: false });
    }
    if (100..200).contains(&res.status) {
        return Err(Misframed);
    }
    if res.body == Body::Tunnel {
        // A rule has made an answer of it: what follows is no content.
        res.head.drop_if(|name, _| matches!(name, b"upgrade" | b"connection"));
        put_body(&mut res.head, if res.status == 204 { Body::None } else { Body::Length(0) });
        return framed(res, Reframed { close: true, silent: true });
    }
    let bodiless = req.received_method() == b"HEAD" || has_no_content(res.status);
    if bodiless {
        let told = told_length(res);
        put_body(&mut res.head, told.map_or(Body::None, Body::Length));
        return framed(res, Reframed { close, silent: res.body != Body::None });
    }
    // Without a body where one may be: its length is nothing.
    put_body(&mut res.head, if res.body == Body::None { Body::Length(0) } else { res.body });
    framed(res, Reframed { close, silent: false })
}

/// The length that an answer to HEAD and a 304 may tell of the content they leave out (RFC 9110, 8.6): that of the content, or
/// where the server sent none either what the head says, also by a rule.
fn told_length(res: &ResponseHead) -> Option<u64> {
    match res.body {
        _ if res.status == 204 => return None,
        Body::Length(n) => return Some(n),
        Body::None => {}
        Body::Chunked | Body::UntilClose | Body::Tunnel => return None,
    }
    let mut lengths = res.head.get_all(b"content-length");
    let length = lengths.next().filter(|v| !v.is_empty() && v.iter().all(u8::is_ascii_digit))?;
    if lengths.next().is_some() {
        return None;
    }
    std::str::from_utf8(length).ok()?.parse().ok().filter(|n| *n <= i64::MAX as u64)
}

/// Takes `close` and `keep-alive` out of Connection; says whether the connection may stay.
fn take_persistence(head: &mut Head) -> bool {
    let stays = !has_option(head, b"close");
    head.drop_options(&[b"close", b"keep-alive"]);
    stays
}

fn has_option(head: &Head, option: &[u8]) -> bool {
    head.get_all(b"connection")
        .any(|value| super::fields::list(value).any(|o| o.eq_ignore_ascii_case(option)))
}

/// Takes out what says how the body is framed.
pub(super) fn drop_body(head: &mut Head) {
    head.drop_if(|name, _| matches!(name, b"content-length" | b"transfer-encoding"));
}

/// Says how the body is framed, where it has to be said.
fn put_body(head: &mut Head, body: Body) {
    if says(head, body) {
        return;
    }
    drop_body(head);
    match body {
        Body::Length(n) => head.push(b"content-length", itoa::Buffer::new().format(n).as_bytes()),
        Body::Chunked => head.push(b"transfer-encoding", b"chunked"),
        Body::None | Body::UntilClose | Body::Tunnel => {}
    }
}

/// Whether the head says this of its body already, and nothing else.
fn says(head: &Head, body: Body) -> bool {
    let mut digits = itoa::Buffer::new();
    let (length, coding): (Option<&[u8]>, Option<&[u8]>) = match body {
        Body::Length(n) => (Some(digits.format(n).as_bytes()), None),
        Body::Chunked => (None, Some(b"chunked")),
        Body::None | Body::UntilClose | Body::Tunnel => (None, None),
    };
    let only = |name: &[u8], value: Option<&[u8]>| {
        let mut all = head.get_all(name);
        all.next() == value && all.next().is_none()
    };
    only(b"content-length", length) && only(b"transfer-encoding", coding)
}

/// A 101 names what it changes to (RFC 9110, 15.2.2): where a rule took that away, what the client asked for, if it is one thing.
fn put_upgrade(head: &mut Head, req: &RequestHead) -> Result<(), Misframed> {
    if head.get(b"upgrade").is_none_or(<[u8]>::is_empty) {
        let mut asked = req.head.get_all(b"upgrade").flat_map(super::fields::list).filter(|p| !p.is_empty());
        let (Some(protocol), None) = (asked.next(), asked.next()) else { return Err(Misframed) };
        head.drop_if(|name, _| name == b"upgrade");
        head.push(b"upgrade", protocol);
    }
    if !has_option(head, b"upgrade") {
        head.push(b"connection", b"upgrade");
    }
    Ok(())
}

/// Takes the chunked coding off an answer's head, for a client that knows none.
pub fn strip_coding(res: &mut ResponseHead) {
    res.head.drop_if(|name, _| name == b"transfer-encoding");
}
