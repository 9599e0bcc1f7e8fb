//! The head of a request (RFC 9112, section 3).
use super::error::{HeadError, HeadErrorKind as Kind, Side};
use super::fields::{self, Facts, Stop};
use super::{Limits, Parsed, target};
use crate::proto::http::{Body, RequestHead};

/// Reads a request's head from all the bytes received so far; empty lines before it are passed over. `out` is emptied
/// first, and is whole only with `Parsed::Complete`.
///
/// # Errors
/// The first thing found wrong; the same one however the bytes are cut.
pub fn parse_request(bytes: &[u8], limits: &Limits, out: &mut RequestHead) -> Result<Parsed, HeadError> {
    out.clear();
    let within = &bytes[..bytes.len().min(limits.max_head)];
    let stop = match read(within, limits, out) {
        Ok(consumed) => return Ok(Parsed::Complete { consumed }),
        Err(stop) => stop,
    };
    out.clear();
    match stop {
        Stop::More if bytes.len() < limits.max_head => Ok(Parsed::Partial),
        Stop::More => Err(HeadError { kind: Kind::TooLong, at: limits.max_head, side: Side::Client }),
        Stop::Bad(kind, at) => Err(HeadError { kind, at, side: Side::Client }),
    }
}

fn read(bytes: &[u8], limits: &Limits, out: &mut RequestHead) -> Result<usize, Stop> {
    let base = fields::skip_empty_lines(bytes)?;
    let (target_at, pos) = request_line(bytes, base, out)?;
    let mut facts = Facts::default();
    let end = fields::read(bytes, base, pos, limits.max_headers, &mut out.head, &mut facts)?;
    out.head.adopt(&bytes[base..end]);
    facts.clean_hop(&mut out.head);
    out.size = out.measure();
    target::check(out, &facts, target_at)?;
    settle(out, &facts, base)?;
    Ok(end)
}

/// Method, target and version, with one or more spaces between them (as HAProxy). Returns the target's offset and
/// the offset of the first field line.
fn request_line(bytes: &[u8], base: usize, out: &mut RequestHead) -> Result<(usize, usize), Stop> {
    let method_end = fields::token_end(bytes, base)?;
    if method_end == base || bytes[method_end] != b' ' {
        return Err(Stop::Bad(Kind::Method, method_end));
    }
    let target_at = fields::spaces_end(bytes, method_end)?;
    let target_end = target::end(bytes, target_at)?;
    if target_end == target_at {
        return Err(Stop::Bad(Kind::Target, target_at));
    }
    match bytes[target_end] {
        b' ' => {}
        b'\r' | b'\n' => return Err(Stop::Bad(Kind::Version, target_end)),
        _ => return Err(Stop::Bad(Kind::Target, target_end)),
    }
    let version_at = fields::spaces_end(bytes, target_end)?;
    let (version, version_end) = fields::version(bytes, version_at)?;
    if bytes[base..].starts_with(b"PRI * HTTP/2.0") {
        return Err(Stop::Bad(Kind::Http2Preface, base));
    }
    out.method = fields::slice(base, base, method_end);
    out.uri = fields::slice(base, target_at, target_end);
    out.version = version;
    Ok((target_at, fields::line_end(bytes, version_end, Kind::Version)?))
}

/// Draws from the fields what the head says of body and connection.
fn settle(out: &mut RequestHead, facts: &Facts, base: usize) -> Result<(), Stop> {
    out.body = facts.framing(out.version)?.unwrap_or(Body::None);
    out.keep_alive = facts.persistent(out.version);
    let modern = out.version >= crate::proto::http::Version::Http11;
    out.expect_continue = facts.expect_continue && modern;
    let has_body = !matches!(out.body, Body::None | Body::Length(0));
    if has_body && out.method() == b"CONNECT" {
        return Err(Stop::Bad(Kind::ConnectBody, base));
    }
    // As HAProxy without `h1-accept-payload-with-any-method`.
    if has_body && !modern && matches!(out.method(), b"GET" | b"HEAD" | b"DELETE") {
        return Err(Stop::Bad(Kind::PayloadInHttp10, base));
    }
    if facts.upgrade_option && facts.websocket && !facts.websocket_key {
        return Err(Stop::Bad(Kind::WebSocket, base));
    }
    out.upgrade = facts.upgrade_option && facts.upgrade_field && modern;
    out.websocket = out.upgrade && facts.websocket;
    Ok(())
}
