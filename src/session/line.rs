//! What a server line asks for beyond a plain connection: addresses that depend on the client, a relay, a PROXY header
//! (manual 5.2). Nothing of it runs for servers without such words.
use super::local::View;
use super::upstream::ConnectError;
use super::{Conn, LiveFacts};
use crate::base::ids::{BackendId, ServerId};
use crate::base::time::Tick;
use crate::net::{ConnectTo, Namespace, SocketOptions, Stream};
use crate::plan::line::{ServerLine, UseSource};
use crate::plan::{Mode, Server, ServerAddr};
use crate::proto::h1::Answer;
use crate::proto::http::RequestHead;
use crate::proto::proxy_protocol::{
    Addresses, TYPE_AUTHORITY, TYPE_NETNS, TYPE_UNIQUE_ID, write_v1, write_v2,
};
use crate::proto::socks4;
use crate::proto::text::FieldName;
use crate::rules::{Cx, Wishes};
use std::hash::{BuildHasher, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// What servers want to know of a request for their connections.
#[derive(Default)]
pub(super) struct Notes {
    /// Source addresses that it names (`usesrc hdr_ip`).
    sources: Vec<(ServerId, IpAddr)>,
    /// Extensions of PROXY headers (`set-proxy-v2-tlv-fmt`).
    extensions: Vec<(ServerId, u8, Vec<u8>)>,
}

/// Looks at the notes of the present request.
fn with_notes<T>(conn: &Conn, look: impl FnOnce(&Notes) -> T) -> Option<T> {
    let notes = conn.notes.take();
    let found = notes.as_deref().map(look);
    conn.notes.set(notes);
    found
}

/// The addresses a server is told: the client's connection as the client's side knows it.
fn addresses(conn: &Conn) -> Option<Addresses> {
    Some((conn.info.src?, conn.info.dst.or_else(|| conn.stream.local_addr())?))
}

/// Appends the PROXY header of a connection to this server.
fn write_header(conn: &Conn, server: &Server, line: &ServerLine, out: &mut Vec<u8>) {
    let header = &line.header;
    if !header.v2 {
        return write_v1(addresses(conn), out);
    }
    let received = conn.info.handshake.proxy.as_deref();
    let authority = received.and_then(|h| h.extensions.get(TYPE_AUTHORITY)).filter(|_| header.authority);
    // No word makes a unique id yet; HAProxy sends an empty one then.
    let unique_id = header.unique_id.then_some(&b""[..]);
    let extensions = [(TYPE_AUTHORITY, authority), (TYPE_UNIQUE_ID, unique_id)];
    let given = extensions.into_iter().filter_map(|(kind, value)| Some((kind, value?)));
    let addresses = addresses(conn);
    // Where the addresses are nobody's, nothing else is said either.
    if addresses.is_none() {
        return write_v2(None, header.checksum, [], out);
    }
    if header.extensions.is_empty() {
        return write_v2(addresses, header.checksum, given, out);
    }
    let given: Vec<(u8, &[u8])> = given.collect();
    with_notes(conn, |notes| {
        let mut all: Vec<(u8, &[u8])> = given;
        let own = notes.extensions.iter().filter(|(id, ..)| *id == server.id);
        let own = own.map(|(_, kind, value)| (*kind, value.as_slice()));
        all.extend(own);
        write_v2(addresses, header.checksum, all, out);
    });
}

/// The address that is not ours and that the connection is to come from.
pub(super) fn foreign(conn: &Conn, server: &Server, line: &ServerLine) -> Option<SocketAddr> {
    let port = |addr: SocketAddr, port: u16| SocketAddr::new(addr.ip().to_canonical(), port);
    match line.usesrc.as_ref()? {
        UseSource::Client => conn.info.src.map(|a| port(a, a.port())),
        UseSource::ClientIp => conn.info.src.map(|a| port(a, 0)),
        UseSource::Addr(addr) => Some(*addr),
        UseSource::Header(..) => {
            let ip =
                with_notes(conn, |n| n.sources.iter().find(|(id, _)| *id == server.id).map(|(_, ip)| *ip));
            ip.flatten().map(|ip| SocketAddr::new(ip, 0))
        }
    }
}

/// The namespace that the client's PROXY header names, where it is one that the configuration knows.
fn clients_namespace<'v>(conn: &Conn, view: &'v View, line: &ServerLine) -> Option<&'v Namespace> {
    if !line.clients_namespace {
        return None;
    }
    let name = conn.info.handshake.proxy.as_deref()?.extensions.get(TYPE_NETNS)?;
    view.plan.namespaces.iter().find(|n| n.name().as_bytes() == name)
}

/// The options of a connection's socket.
pub(super) fn socket(conn: &Conn, view: &View, line: &ServerLine) -> Arc<SocketOptions> {
    match clients_namespace(conn, view, line) {
        None => line.socket.clone(),
        Some(namespace) => {
            Arc::new(SocketOptions { namespace: Some(namespace.clone()), ..(*line.socket).clone() })
        }
    }
}

/// Notes what the servers of a backend want to know of the request for their connections.
pub(super) fn note_request(conn: &Conn, view: &View, backend: BackendId, req: Option<&mut RequestHead>) {
    let mut notes = Notes::default();
    let facts = LiveFacts { world: view, shared: &conn.local.shared };
    let cx = Cx {
        conn: &conn.info,
        req,
        res: None,
        req_body: &[],
        first_request: conn.requests.get() <= 1,
        backend: Some(backend),
        server: None,
        facts: &facts,
        wishes: Wishes::default(),
    };
    for (id, server) in view.servers_of(backend) {
        let Some(line) = &server.line else { continue };
        if let (Some(UseSource::Header(name, which)), Some(req)) = (&line.usesrc, cx.request())
            && let Some(ip) = address_in(req, name, *which)
        {
            notes.sources.push((id, ip));
        }
        for extension in &line.header.extensions {
            let mut value = Vec::new();
            extension.value.write(&cx, &mut value);
            notes.extensions.push((id, extension.kind, value));
        }
    }
    conn.notes.set(Some(Box::new(notes)));
}

/// The address in the `which`th value of a field, counted from the end where negative.
fn address_in(req: &RequestHead, name: &str, which: i32) -> Option<IpAddr> {
    let values = || {
        req.head.get_all(name.as_bytes()).flat_map(|v| v.split(|b| *b == b',')).map(crate::proto::http::trim)
    };
    let nth = which.unsigned_abs().max(1) as usize - 1;
    let value =
        if which < 0 { values().nth(values().count().checked_sub(nth + 1)?) } else { values().nth(nth) };
    std::str::from_utf8(value?).ok()?.parse().ok()
}

/// What tells connections to one server apart, 0 where all are alike: an idle one serves only requests of the same
/// destination, source and header (manual, `http-reuse`).
pub(super) fn tag(conn: &Conn, view: &View, server: ServerId, dst: Option<SocketAddr>) -> u64 {
    let relative = matches!(view.addr(server), ServerAddr::InetRelative(..));
    let server = view.plan.server(server);
    let line = server.line.as_deref().filter(|l| l.header.any() || l.usesrc.is_some() || l.clients_namespace);
    if !relative && line.is_none() {
        return 0;
    }
    // Keyed anew in each process: a client cannot make two of these equal.
    let mut hasher = conn.local.tags.build_hasher();
    let mut note = |addr: Option<SocketAddr>| {
        if let Some(addr) = addr {
            hasher.write(addr.to_string().as_bytes());
        }
        hasher.write_u8(0);
    };
    note(dst.filter(|_| relative));
    if let Some(line) = line {
        note(foreign(conn, server, line));
        if let Some(namespace) = clients_namespace(conn, view, line) {
            hasher.write(namespace.name().as_bytes());
            hasher.write_u8(0);
        }
        if line.header.any() {
            let mut header = conn.local.core.take_vec();
            write_header(conn, server, line, &mut header);
            hasher.write(&header);
            conn.local.core.give_back(header.into());
        }
    }
    hasher.finish().max(1)
}

/// Where the socket connects to: the relay, where there is one.
pub(super) fn through(line: &ServerLine, to: &ConnectTo) -> ConnectTo {
    line.socks4.map_or_else(|| to.clone(), ConnectTo::Inet)
}

/// The answer that sends a client to the server itself (`redir`).
pub(super) fn redirection(server: &Server, req: &RequestHead) -> Vec<u8> {
    let prefix = server.line.as_ref().and_then(|l| l.redir.as_deref()).unwrap_or_default();
    let location = [prefix.as_bytes(), req.path_and_query()].concat();
    Answer::new(302, b"Found")
        .with(&FieldName::CACHE_CONTROL, b"no-cache")
        .length(0)
        .with(&FieldName::LOCATION, &location)
        .end(b"")
}

/// What is said on a new connection before it carries anything of the client: to the relay, then to the server.
pub(super) async fn greet(
    conn: &Conn,
    view: &View,
    server: &Server,
    line: &ServerLine,
    to: &ConnectTo,
    stream: &Stream,
    deadline: Option<Tick>,
) -> Result<(), ConnectError> {
    let core = &conn.local.core;
    if line.socks4.is_some() {
        // Version 4 has no other addresses.
        let ConnectTo::Inet(SocketAddr::V4(to)) = to else { return Err(ConnectError::Failed) };
        match core.until(deadline, ask_relay(stream, *to)).await {
            Ok(result) => result?,
            Err(_) => return Err(ConnectError::Timeout),
        }
    }
    if line.header.any() {
        let mut header = core.take_vec();
        write_header(conn, server, line, &mut header);
        // The request follows at once where there is one; what a client of TCP sends may take its time.
        let more = view.plan.frontend(conn.info.frontend).mode == Mode::Http;
        stream.send_part(header, more).await?;
    }
    Ok(())
}

async fn ask_relay(stream: &Stream, to: std::net::SocketAddrV4) -> Result<(), ConnectError> {
    stream.send(socks4::connect(to)).await?;
    let (mut answer, mut have) = ([0; socks4::ANSWER], 0);
    while have < answer.len() {
        let mut chunk = stream.recv().await?.ok_or(ConnectError::Failed)?;
        let n = chunk.len().min(answer.len() - have);
        answer[have..have + n].copy_from_slice(&chunk[..n]);
        have += n;
        chunk.advance(n);
        if !chunk.is_empty() {
            stream.unread(chunk);
        }
    }
    if socks4::granted(answer) { Ok(()) } else { Err(ConnectError::Failed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::h1;

    #[test]
    fn addresses_in_fields() {
        let text = "GET / HTTP/1.1\r\nHost: h\r\nX: 1.1.1.1, 2.2.2.2\r\nX: 3.3.3.3\r\nY: none\r\n\r\n";
        let mut req = RequestHead::default();
        h1::parse_request(text.as_bytes(), &h1::Limits::default(), &mut req).unwrap();
        let of = |name: &str, which| address_in(&req, name, which).map(|ip| ip.to_string());
        assert_eq!(of("x", -1).as_deref(), Some("3.3.3.3"));
        assert_eq!(of("x", -3).as_deref(), Some("1.1.1.1"));
        assert_eq!(of("x", 2).as_deref(), Some("2.2.2.2"));
        assert_eq!((of("x", 4), of("x", -4), of("y", -1), of("z", -1)), (None, None, None, None));
    }
}
