//! `persist rdp-cookie` (manual 4.2): the cookie holds the address and the port of the client's server as decimal numbers of
//! their bytes in network order, a dot behind each.
use super::local::View;
use crate::base::ids::{BackendId, ServerId};
use crate::plan::ServerAddr;
use crate::proto::first_bytes;
use std::net::{Ipv4Addr, SocketAddrV4};

/// The server that the first bytes of a connection lead to, where it may be asked.
pub(super) fn server(
    view: &View,
    backend: BackendId,
    name: &str,
    although_down: bool,
    bytes: &[u8],
) -> Option<ServerId> {
    let value = first_bytes::rdp_cookie(bytes, Some(name.as_bytes())).ok()?;
    let addr = address(value)?;
    let mut servers = view.servers_of(backend).map(|(id, _)| id);
    servers.find(|id| {
        let same = matches!(view.addr(*id), ServerAddr::Inet(a) if *a == addr.into());
        same && (although_down || view.server(*id).alive())
    })
}

fn address(value: &[u8]) -> Option<SocketAddrV4> {
    let text = std::str::from_utf8(value).ok()?;
    let mut parts = text.split('.');
    let (ip, port) = (parts.next()?, parts.next()?);
    // Another dot has to follow.
    parts.next()?;
    let ip = Ipv4Addr::from((ip.parse::<u64>().ok()? as u32).to_ne_bytes());
    let port = u16::from_be_bytes((port.parse::<u64>().ok()? as u16).to_ne_bytes());
    Some(SocketAddrV4::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manuals_example_is_an_address() {
        let of = |text: &str| address(text.as_bytes()).map(|a| a.to_string());
        let number = u32::from_ne_bytes([10, 0, 0, 1]);
        let port = u16::from_ne_bytes(3389u16.to_be_bytes());
        assert_eq!(of(&format!("{number}.{port}.0000")).as_deref(), Some("10.0.0.1:3389"));
        assert_eq!((of("1.2"), of("joe"), of("1.x.0"), of("")), (None, None, None, None));
    }
}
