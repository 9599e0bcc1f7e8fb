//! The target of a request that came, and whether its authority agrees with Host (RFC 9112, 3.2 and 3.2.2).
use super::error::HeadErrorKind as Kind;
use super::fields::{Facts, Stop};
use crate::proto::authority::split_port;
use crate::proto::http::RequestHead;
use crate::proto::target::{Form, form};
use crate::proto::text::TARGET;

/// The offset of the first byte from `pos` on that no target may hold.
#[inline]
pub(super) fn end(bytes: &[u8], pos: usize) -> Result<usize, Stop> {
    let rest = bytes.get(pos..).unwrap_or(b"");
    rest.iter().position(|&b| !TARGET[b as usize]).map(|n| pos + n).ok_or(Stop::More)
}

/// Checks the target's form, and the authority against Host; then takes a scheme's default port out of both, as
/// HAProxy does (RFC 9110, section 4.2.3). A request without Host gets that of its target: rules look at it.
/// `at` is the target's offset for errors.
#[inline]
pub(super) fn check(head: &mut RequestHead, facts: &Facts, at: usize) -> Result<(), Stop> {
    // Nearly all targets are of this form.
    if head.uri().first() == Some(&b'/') && head.method() != b"CONNECT" {
        return Ok(());
    }
    agree(head, facts, at)
}

#[cold]
fn agree(head: &mut RequestHead, facts: &Facts, at: usize) -> Result<(), Stop> {
    let (uri, connect) = (head.uri(), head.method() == b"CONNECT");
    let authority = match form(head.method(), uri) {
        Ok(Form::Absolute(authority) | Form::Authority(authority)) => authority,
        Ok(Form::Origin | Form::Asterisk) => return Ok(()),
        Err(offset) => return Err(Stop::Bad(Kind::Target, at + offset)),
    };
    let rootless = !connect && authority.at + authority.text.len() == uri.len();
    let (bare, port) = split_port(authority.text);
    let optional_port = port.is_some_and(|p| p.is_empty() || authority.default_ports.contains(&p));
    let index = head.head.fields().position(|(name, _)| name == b"host");
    let host = facts.host.zip(index).map(|((from, _), index)| (from, head.head.field(index).1, index));
    let (mut shorter_host, mut new_host) = (None, None);
    match host {
        Some((host_at, value, index)) => {
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
        None => new_host = Some(if optional_port { bare.to_vec() } else { authority.text.to_vec() }),
    }
    let (port_at, port_len) = (authority.at + bare.len(), authority.text.len() - bare.len());
    if let Some((index, len)) = shorter_host {
        head.head.truncate_value(index, len);
    }
    if let Some(host) = new_host {
        head.head.push(b"host", &host);
    }
    if optional_port && !connect {
        head.cut_uri(port_at, port_len);
    }
    if rootless {
        head.root_uri();
    }
    Ok(())
}
