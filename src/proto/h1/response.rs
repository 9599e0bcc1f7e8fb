//! The head of an answer (RFC 9112, section 4).
use super::error::{HeadError, HeadErrorKind as Kind, Side};
use super::fields::{self, Facts, Stop};
use super::framing;
use super::{Limits, Parsed};
use crate::proto::http::{Body, RequestHead, ResponseHead};

/// What an answer's framing depends on in the request it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestKind {
    /// HEAD: the answer has no body.
    pub head: bool,
    /// CONNECT: a 2xx opens a tunnel.
    pub connect: bool,
    /// An upgrade was asked: a 101 opens a tunnel.
    pub upgrade: bool,
    /// The upgrade is to WebSocket: its 101 must carry Sec-WebSocket-Accept.
    pub websocket: bool,
}

impl RequestKind {
    /// That of a request as it is sent.
    #[must_use]
    pub fn of(request: &RequestHead) -> Self {
        RequestKind {
            head: request.method() == b"HEAD",
            connect: request.method() == b"CONNECT",
            upgrade: request.upgrade,
            websocket: request.websocket,
        }
    }
}

/// Reads an answer's head, 1xx ones too, from all the bytes received so far. `out.body` is `Body::Tunnel` where the
/// connection stops being HTTP (101, 2xx to CONNECT). `out` is whole only with `Parsed::Complete`.
///
/// # Errors
/// The first thing found wrong; the same one however the bytes are cut.
pub fn parse_response(
    bytes: &[u8],
    limits: &Limits,
    request: &RequestKind,
    out: &mut ResponseHead,
) -> Result<Parsed, HeadError> {
    out.clear();
    let within = &bytes[..bytes.len().min(limits.max_head)];
    let stop = match read(within, limits, *request, out) {
        Ok(consumed) => return Ok(Parsed::Complete { consumed }),
        Err(stop) => stop,
    };
    out.clear();
    match stop {
        Stop::More if bytes.len() < limits.max_head => Ok(Parsed::Partial),
        Stop::More => Err(HeadError { kind: Kind::TooLong, at: limits.max_head, side: Side::Server }),
        Stop::Bad(kind, at) => Err(HeadError { kind, at, side: Side::Server }),
    }
}

fn read(bytes: &[u8], limits: &Limits, request: RequestKind, out: &mut ResponseHead) -> Result<usize, Stop> {
    let base = fields::skip_empty_lines(bytes)?;
    let pos = status_line(bytes, base, out)?;
    let mut facts = Facts::default();
    let end = fields::read(bytes, base, pos, limits.max_headers, &mut out.head, &mut facts)?;
    out.head.adopt(&bytes[base..end]);
    facts.clean_hop(&mut out.head);
    out.size = out.measure();
    settle(out, &facts, request, base)?;
    Ok(end)
}

/// Version, status and reason; the reason and the space before it may be missing. Returns the offset of the first
/// field line.
fn status_line(bytes: &[u8], base: usize, out: &mut ResponseHead) -> Result<usize, Stop> {
    let (version, version_end) = fields::version(bytes, base)?;
    if *bytes.get(version_end).ok_or(Stop::More)? != b' ' {
        return Err(Stop::Bad(Kind::Version, version_end));
    }
    let mut pos = fields::spaces_end(bytes, version_end)?;
    let mut status = 0;
    for i in 0..3 {
        let b = *bytes.get(pos + i).ok_or(Stop::More)?;
        if !b.is_ascii_digit() || (i == 0 && b == b'0') {
            return Err(Stop::Bad(Kind::Status, pos + i));
        }
        status = status * 10 + u16::from(b - b'0');
    }
    pos += 3;
    match bytes.get(pos) {
        None => return Err(Stop::More),
        Some(b' ') => pos = fields::spaces_end(bytes, pos)?,
        Some(b'\r' | b'\n') => {}
        Some(_) => return Err(Stop::Bad(Kind::Status, pos)),
    }
    let cr = fields::text_end(bytes, pos)?;
    out.version = version;
    out.status = status;
    out.reason = fields::slice(base, pos, cr);
    Ok(cr + 2)
}

/// Draws framing and persistence from fields, status and request (RFC 9112, section 6.3).
fn settle(out: &mut ResponseHead, facts: &Facts, request: RequestKind, base: usize) -> Result<(), Stop> {
    let framing = facts.framing(out.version)?;
    out.keep_alive = facts.persistent(out.version);
    let status = out.status;
    if status == 101 {
        let agreed = request.upgrade && facts.upgrade_option && facts.upgrade_field;
        if !agreed {
            return Err(Stop::Bad(Kind::UnaskedUpgrade, base));
        }
        if request.websocket && facts.websocket && !facts.websocket_key {
            return Err(Stop::Bad(Kind::WebSocket, base));
        }
    }
    if status < 200 || status == 204 || (request.connect && status < 300) {
        // They have no body whatever the fields say, which HAProxy therefore drops.
        framing::drop_body(&mut out.head);
    }
    out.body = match status {
        101 => Body::Tunnel,
        100..=199 | 204 | 304 => Body::None,
        200..=299 if request.connect => Body::Tunnel,
        _ if request.head => Body::None,
        _ => framing.unwrap_or(Body::UntilClose),
    };
    if matches!(out.body, Body::Tunnel | Body::UntilClose) {
        out.keep_alive = false;
    }
    Ok(())
}
