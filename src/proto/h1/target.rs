//! Request targets (RFC 9112, section 3.2): their four forms, and whether their authority agrees with Host.
use super::error::HeadErrorKind as Kind;
use super::fields::{Facts, Stop};
use crate::proto::http::RequestHead;

/// Bytes of a request target: visible ASCII but `#`, as HAProxy.
const TARGET: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0x21;
    while b < 0x7f {
        table[b] = b as u8 != b'#';
        b += 1;
    }
    table
};

/// The offset of the first byte from `pos` on that no target may hold.
#[inline]
pub(super) fn end(bytes: &[u8], pos: usize) -> Result<usize, Stop> {
    let rest = bytes.get(pos..).unwrap_or(b"");
    rest.iter().position(|&b| !TARGET[b as usize]).map(|n| pos + n).ok_or(Stop::More)
}

/// The authority of a target in absolute form or authority form.
struct Authority<'a> {
    /// Without the user information.
    text: &'a [u8],
    /// Offset of `text` in the target.
    at: usize,
    /// Ports that may be left out.
    default_ports: &'static [&'static [u8]],
}

/// Checks the target's form, and the authority against Host; then takes a scheme's default port out of both, as
/// HAProxy does (RFC 9110, section 4.2.3). `at` is the target's offset for errors.
pub(super) fn check(head: &mut RequestHead, facts: &Facts, at: usize) -> Result<(), Stop> {
    let uri = head.uri();
    let bad = |offset: usize| Err(Stop::Bad(Kind::Target, at + offset));
    let connect = head.method() == b"CONNECT";
    if !connect && matches!(uri.first(), Some(b'/' | b'*')) {
        return Ok(());
    }
    let authority = if connect { authority_form(uri) } else { absolute_form(uri) };
    let authority = match authority {
        Ok(authority) => authority,
        Err(offset) => return bad(offset),
    };
    let (bare, port) = split_port(authority.text);
    let optional_port = port.is_some_and(|p| p.is_empty() || authority.default_ports.contains(&p));
    let host = facts.host.map(|(from, _, index)| (from, head.head.field(index).1, index));
    let mut shorter_host = None;
    if let Some((host_at, value, index)) = host {
        let (host_bare, host_port) = split_port(value);
        let optional_host_port =
            host_port.is_some_and(|p| p.is_empty() || authority.default_ports.contains(&p));
        let same_port = port == host_port
            || (port.is_none() || optional_port) && (host_port.is_none() || optional_host_port);
        if !host_bare.eq_ignore_ascii_case(bare) || !same_port {
            return Err(Stop::Bad(Kind::HostMismatch, host_at));
        }
        if optional_port && host_port.is_some() {
            shorter_host = Some((index, host_bare.len()));
        }
    }
    let (port_at, port_len) = (authority.at + bare.len(), authority.text.len() - bare.len());
    if let Some((index, len)) = shorter_host {
        head.head.truncate_value(index, len);
    }
    if optional_port && !connect {
        head.cut_uri(port_at, port_len);
    }
    Ok(())
}

/// `host:port`, the port not empty and a number (RFC 9112, section 3.2.3). The error is an offset.
fn authority_form(uri: &[u8]) -> Result<Authority<'_>, usize> {
    if let Some(odd) = uri.iter().position(|b| matches!(b, b'/' | b'?' | b'@' | b'*')) {
        return Err(odd);
    }
    match split_port(uri) {
        (bare, Some(port))
            if !bare.is_empty() && (1..=5).contains(&port.len()) && port.iter().all(u8::is_ascii_digit) =>
        {
            // HAProxy knows no scheme here: both well-known ports may be missing from Host.
            Ok(Authority { text: uri, at: 0, default_ports: &[b"80", b"443"] })
        }
        _ => Err(uri.len()),
    }
}

/// `scheme://authority[/path]`. The error is an offset.
fn absolute_form(uri: &[u8]) -> Result<Authority<'_>, usize> {
    let scheme_len =
        uri.iter().position(|b| !(b.is_ascii_alphanumeric() || b"+-.".contains(b))).unwrap_or(uri.len());
    if !uri[0].is_ascii_alphabetic() || !uri[scheme_len..].starts_with(b"://") {
        return Err(scheme_len);
    }
    let scheme = &uri[..scheme_len];
    let rest = &uri[scheme_len + 3..];
    let whole = &rest[..memchr::memchr(b'/', rest).unwrap_or(rest.len())];
    let user = memchr::memrchr(b'@', whole).map_or(0, |at| at + 1);
    let text = &whole[user..];
    // A query right after the authority is read in two ways in the wild; HAProxy takes it into the authority.
    if text.is_empty() || text.contains(&b'?') {
        return Err(scheme_len + 3);
    }
    let (bare, _) = split_port(text);
    if bare.contains(&b':') && !(bare.starts_with(b"[") && bare.ends_with(b"]")) {
        return Err(scheme_len + 3);
    }
    let default_ports: &[&[u8]] = match () {
        () if scheme.eq_ignore_ascii_case(b"http") => &[b"80"],
        () if scheme.eq_ignore_ascii_case(b"https") => &[b"443"],
        () => &[],
    };
    Ok(Authority { text, at: scheme_len + 3 + user, default_ports })
}

/// Splits `host:port` at the last colon outside brackets.
fn split_port(authority: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memrchr2(b':', b']', authority) {
        Some(at) if authority[at] == b':' => (&authority[..at], Some(&authority[at + 1..])),
        _ => (authority, None),
    }
}
