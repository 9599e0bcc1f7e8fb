//! A check's connection before its first step: where it comes from, the relay it goes through, the PROXY header (manual 5.2,
//! `check-send-proxy`, `check-via-socks4`, `namespace`, `source`).
use super::probe::{self, Found};
use crate::base::time::Tick;
use crate::net::driver::{ConnectOptions, ConnectTo};
use crate::net::options::SocketOptions;
use crate::net::{Core, Stream};
use crate::plan::Server;
use crate::plan::check::Opening;
use crate::plan::line::{ProxyHeader, ServerLine, UseSource};
use crate::proto::proxy_protocol::write_v1;
use crate::proto::socks4;
use crate::share::CheckStatus;
use std::net::SocketAddr;
use std::sync::Arc;

/// A connection to the server, or to the relay where the check goes through it, over which the check may speak. `last`: it
/// says nothing more.
pub(super) async fn connect(
    core: &Core,
    server: &Server,
    to: &ConnectTo,
    opening: Opening,
    last: bool,
    deadline: Tick,
) -> Result<Stream, Found> {
    let line = server.line.as_deref();
    let relay = line.and_then(|l| l.socks4).filter(|_| opening.via_socks4);
    let place = relay.map_or_else(|| to.clone(), ConnectTo::Inet);
    let options = ConnectOptions {
        source: server.source,
        interface: server.interface.clone(),
        keepalive: false,
        foreign: line.and_then(foreign),
        bare: last && relay.is_none() && !opening.send_proxy,
        socket: line.and_then(socket),
    };
    let stream = probe::connect(core, &place, &options, deadline).await?;
    if relay.is_some() {
        core.until(Some(deadline), ask_relay(&stream, to))
            .await
            .unwrap_or_else(|_| Err(Found::plain(CheckStatus::L7Timeout)))?;
    }
    if opening.send_proxy {
        let mut header = Vec::new();
        write_header(line.map(|l| &l.header), &stream, to, &mut header);
        stream.send(header).await.map_err(|e| Found::error(CheckStatus::SocketError, &e))?;
    }
    Ok(stream)
}

/// The header as the server's line wants it, else of version 1. Version 1 tells of this connection itself; version 2 has a word for
/// one that relays nobody's.
fn write_header(header: Option<&ProxyHeader>, stream: &Stream, to: &ConnectTo, out: &mut Vec<u8>) {
    match (header, to) {
        (Some(header), _) if header.v2 => header.write_own(out),
        (_, ConnectTo::Inet(to)) => write_v1(stream.local_addr().map(|own| (own, *to)), out),
        _ => write_v1(None, out),
    }
}

/// The address that is not ours. A check has no client whose address it could be.
fn foreign(line: &ServerLine) -> Option<SocketAddr> {
    match line.usesrc {
        Some(UseSource::Addr(addr)) => Some(addr),
        _ => None,
    }
}

/// The options of the traffic's sockets. With a fast open the connection would count as made before the server answered.
fn socket(line: &ServerLine) -> Option<Arc<SocketOptions>> {
    match line.socket.fast_open {
        false => Some(line.socket.clone()),
        true => Some(Arc::new(SocketOptions { fast_open: false, ..SocketOptions::clone(&line.socket) })),
    }
}

async fn ask_relay(stream: &Stream, to: &ConnectTo) -> Result<(), Found> {
    let failed = |what: &str| Found { info: what.to_owned(), ..Found::plain(CheckStatus::SocketError) };
    // Version 4 has no other addresses.
    let ConnectTo::Inet(SocketAddr::V4(to)) = to else {
        return Err(failed("SOCKS4 Proxy write error during handshake"));
    };
    stream
        .send(socks4::connect(*to))
        .await
        .map_err(|_| failed("SOCKS4 Proxy write error during handshake"))?;
    let (mut answer, mut have) = ([0; socks4::ANSWER], 0);
    while have < answer.len() {
        let mut chunk = match stream.recv().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) if have > 0 => return Err(failed("SOCKS4 Proxy handshake aborted by server")),
            Ok(None) | Err(_) => return Err(failed("SOCKS4 Proxy read error during handshake")),
        };
        let n = chunk.len().min(answer.len() - have);
        answer[have..have + n].copy_from_slice(&chunk[..n]);
        have += n;
        chunk.advance(n);
        if !chunk.is_empty() {
            stream.unread(chunk);
        }
    }
    if socks4::granted(answer) { Ok(()) } else { Err(failed("SOCKS4 Proxy deny the request")) }
}
