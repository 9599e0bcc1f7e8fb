//! One check: connect, ask where `option httpchk` wants it, judge.
use crate::base::ids::ServerId;
use crate::base::time::Tick;
use crate::net::driver::{ConnectOptions, ConnectTo};
use crate::net::{Core, OutBuf, Stream};
use crate::plan::backend::BackendTimeouts;
use crate::plan::{Check, CheckKind, Server, ServerAddr};
use crate::proto::h1::{self, Limits, Parsed, RequestKind};
use crate::proto::http::ResponseHead;
use crate::share::CheckStatus;
use crate::world::World;
use std::io;
use std::net::SocketAddr;

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub status: CheckStatus,
    /// The answer's status code, else 0.
    pub code: u16,
    /// The reason phrase of a wrong answer, or the system's words for an error.
    pub info: String,
}

impl Found {
    fn plain(status: CheckStatus) -> Found {
        Found { status, code: 0, info: String::new() }
    }

    fn error(status: CheckStatus, error: &io::Error) -> Found {
        Found { status, code: 0, info: system_words(error) }
    }
}

/// Longer words of a server are cut (`HCHK_DESC_LEN`).
const MAX_INFO: usize = 127;

/// Checks a server once. Takes `inter` at most, or with `timeout check` the smaller of `timeout connect` and `inter` to
/// connect and then `timeout check` (manual 4.2, `timeout check`).
pub async fn probe(core: &Core, world: &World, id: ServerId, check: &Check) -> Found {
    let server = world.plan.server(id);
    let timeouts = &world.plan.backend(server.backend).timeouts;
    let began = core.now();
    let Some(to) = target(world, id) else {
        return Found { info: "No port to check".to_owned(), ..Found::plain(CheckStatus::SocketError) };
    };
    let stream = match connect(core, server, &to, connect_deadline(began, check, timeouts)).await {
        Ok(stream) => stream,
        Err(found) => return found,
    };
    // A reset leaves no TIME_WAIT behind: many checks would use up the ports.
    stream.reset_on_close();
    let CheckKind::Http { method, .. } = &check.kind else {
        return Found::plain(CheckStatus::L4Ok);
    };
    let deadline = timeouts.check.map_or(began + check.inter, |t| core.now() + t);
    let mut request = core.take_vec();
    write_request(&check.kind, &mut request);
    let kind = RequestKind { head: method == "HEAD", ..RequestKind::default() };
    match core.until(Some(deadline), exchange(&stream, request, &kind)).await {
        Ok(found) => found,
        Err(_) => Found::plain(CheckStatus::L7Timeout),
    }
}

/// Where to connect: `addr` and `port` of the check, else the server's own, as they are now. `None` without any port.
fn target(world: &World, id: ServerId) -> Option<ConnectTo> {
    let (own, check_addr) = (world.addr(id), world.check_addr(id));
    let (ip, port) = match own {
        ServerAddr::Inet(addr) => (Some(addr.ip()), Some(addr.port())),
        ServerAddr::InetRelative(ip, _) => (Some(*ip), None),
        ServerAddr::Unix(path) if check_addr.is_none() => return Some(ConnectTo::Unix(path.clone())),
        ServerAddr::Abstract(name) if check_addr.is_none() => return Some(ConnectTo::Abstract(name.clone())),
        ServerAddr::Unix(_) | ServerAddr::Abstract(_) => (None, None),
    };
    let port = world.check_port(id).or(port)?;
    match (own, check_addr) {
        (_, Some(ip)) => Some(ConnectTo::Inet(SocketAddr::new(ip, port))),
        // Keeps the scope of a link-local address.
        (ServerAddr::Inet(addr), None) => {
            let mut addr = *addr;
            addr.set_port(port);
            Some(ConnectTo::Inet(addr))
        }
        _ => Some(ConnectTo::Inet(SocketAddr::new(ip?, port))),
    }
}

fn connect_deadline(began: Tick, check: &Check, timeouts: &BackendTimeouts) -> Tick {
    match (timeouts.check, timeouts.connect) {
        (Some(_), Some(connect)) => began + connect.min(check.inter),
        _ => began + check.inter,
    }
}

async fn connect(core: &Core, server: &Server, to: &ConnectTo, deadline: Tick) -> Result<Stream, Found> {
    let options =
        ConnectOptions { source: server.source, interface: server.interface.clone(), keepalive: false };
    let stream = core.connect(to, &options).map_err(|e| refused(to, &e))?;
    match core.until(Some(deadline), stream.connected()).await {
        Ok(Ok(())) => Ok(stream),
        Ok(Err(e)) => Err(refused(to, &e)),
        Err(_) => Err(Found::plain(CheckStatus::L4Timeout)),
    }
}

/// A connection that could not be made. A unix socket refuses at once, which HAProxy reports as its own error.
fn refused(to: &ConnectTo, error: &io::Error) -> Found {
    match to {
        ConnectTo::Inet(_) => Found::error(CheckStatus::L4Connection, error),
        ConnectTo::Unix(_) | ConnectTo::Abstract(_) => Found {
            info: format!("General socket error ({})", system_words(error)),
            ..Found::plain(CheckStatus::SocketError)
        },
    }
}

/// What `strerror` says.
fn system_words(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(e) => nix::errno::Errno::from_raw(e).desc().to_owned(),
        None => error.to_string(),
    }
}

/// Writes the request as HAProxy does: field names in lower case, a length where there is a body or one would be expected.
fn write_request(kind: &CheckKind, out: &mut Vec<u8>) {
    let CheckKind::Http { method, uri, version, headers, body } = kind else { return };
    out.extend_from_slice(format!("{method} {uri} {version}\r\n").as_bytes());
    for (name, value) in headers {
        out.extend_from_slice(format!("{}: {value}\r\n", name.to_ascii_lowercase()).as_bytes());
    }
    let bodyless = ["GET", "HEAD", "OPTIONS", "DELETE"].contains(&method.as_str());
    if !body.is_empty() || !bodyless {
        out.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
    }
    if version == "HTTP/1.1" {
        out.extend_from_slice(b"connection: close\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
}

async fn exchange(stream: &Stream, request: Vec<u8>, kind: &RequestKind) -> Found {
    if let Err(e) = stream.send(request).await {
        return Found::error(CheckStatus::SocketError, &e);
    }
    let mut bytes = stream.core().take_vec();
    let mut head = ResponseHead::default();
    let found = loop {
        match stream.recv().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => break Found::plain(CheckStatus::L7Response),
            Err(e) => break Found::error(CheckStatus::SocketError, &e),
        }
        if let Some(found) = judge(&bytes, kind, &mut head) {
            break found;
        }
    };
    stream.core().give_back(OutBuf::Vec(bytes));
    found
}

/// The verdict on the bytes so far, `None` while the head is not whole. Its body is of no interest.
fn judge(bytes: &[u8], kind: &RequestKind, head: &mut ResponseHead) -> Option<Found> {
    match h1::parse_response(bytes, &Limits::default(), kind, head) {
        Ok(Parsed::Partial) => None,
        Ok(Parsed::Complete { .. }) => Some(match head.status {
            code @ 200..=399 => Found { code, ..Found::plain(CheckStatus::L7Ok) },
            code => Found { status: CheckStatus::L7Status, code, info: words(head.reason()) },
        }),
        Err(_) => Some(Found::plain(CheckStatus::L7Response)),
    }
}

fn words(reason: &[u8]) -> String {
    String::from_utf8_lossy(&reason[..reason.len().min(MAX_INFO)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(method: &str, version: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
        let kind = CheckKind::Http {
            method: method.to_owned(),
            uri: "/x".to_owned(),
            version: version.to_owned(),
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: body.to_vec(),
        };
        let mut out = Vec::new();
        write_request(&kind, &mut out);
        String::from_utf8(out).unwrap()
    }

    /// The bytes that HAProxy 2.6.12 sent for the same lines.
    #[test]
    fn requests_are_haproxys() {
        assert_eq!(http("OPTIONS", "HTTP/1.0", &[], b""), "OPTIONS /x HTTP/1.0\r\n\r\n");
        assert_eq!(http("POST", "HTTP/1.0", &[], b""), "POST /x HTTP/1.0\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(
            http("HEAD", "HTTP/1.1", &[("Host", "x")], b""),
            "HEAD /x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        );
        assert_eq!(
            http("GET", "HTTP/1.1", &[("X-Y", "z")], b"abc"),
            "GET /x HTTP/1.1\r\nx-y: z\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc"
        );
    }

    #[test]
    fn answers_are_judged_by_their_head() {
        let verdict = |bytes: &str| {
            judge(bytes.as_bytes(), &RequestKind::default(), &mut ResponseHead::default())
                .map(|f| (f.status.name(), f.code, f.info))
        };
        let found = |name, code, info: &str| Some((name, code, info.to_owned()));
        assert_eq!(verdict("HTTP/1.0 200 OK\r\n\r\n"), found("L7OK", 200, ""));
        assert_eq!(verdict("HTTP/1.1 302 Found\r\nContent-Length: 9\r\n\r\n"), found("L7OK", 302, ""));
        assert_eq!(verdict("HTTP/1.1 404 Not Found\r\n\r\n"), found("L7STS", 404, "Not Found"));
        assert_eq!(verdict("HTTP/1.1 100 Continue\r\n\r\n"), found("L7STS", 100, "Continue"));
        assert_eq!(verdict("garbage\r\n\r\n"), found("L7RSP", 0, ""));
        assert_eq!(verdict("HTTP/1.1 200 OK\r\n"), None);
        assert_eq!(verdict(""), None);
    }
}
