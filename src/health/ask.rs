//! The request of an HTTP check, as HAProxy writes it: field names in lower case, a length where there is a body or one
//! would be expected.
use super::script::Run;
use crate::plan::ServerAddr;
use crate::plan::check::{Ask, Text};
use crate::proto::text as message;
use crate::rules::balance::SCALE;
use std::fmt::Write;

/// Writes the request.
pub fn write(run: &Run<'_>, ask: &Ask) -> Vec<u8> {
    let text = |t: &Text| match t {
        Text::Plain(text) => text.clone().into_bytes(),
        Text::Format(format) => run.context.text(format),
    };
    let method = ask.method.as_deref().unwrap_or("OPTIONS");
    let version = ask.version.as_deref().unwrap_or("HTTP/1.0");
    let uri = ask.uri.as_deref().map(text).filter(|u| !u.is_empty()).unwrap_or_else(|| b"/".to_vec());
    let uri = message::target(&uri);
    let body = ask.body.as_deref().map(text).unwrap_or_default();
    let mut out = Vec::with_capacity(256);
    out.extend_from_slice(&[method.as_bytes(), b" ", &uri, b" ", version.as_bytes(), b"\r\n"].concat());
    for (name, value) in &ask.headers {
        out.extend_from_slice(&[name.as_bytes(), b": ", &message::value(&text(value)), b"\r\n"].concat());
    }
    if run.script.send_state {
        out.extend_from_slice(format!("x-haproxy-server-state: {}\r\n", state(run)).as_bytes());
    }
    let bodyless = ["GET", "HEAD", "OPTIONS", "DELETE"].contains(&method);
    if !body.is_empty() || !bodyless {
        out.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
    }
    if version == "HTTP/1.1" && !ask.headers.iter().any(|(name, _)| name == "connection") {
        out.extend_from_slice(b"connection: close\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(&body);
    out
}

/// `http-check send-state`: `UP 2/3; address=…; port=…; name=backend/server; node=host; weight=1/2; scur=13/22; qcur=0`.
fn state(run: &Run<'_>) -> String {
    let watch = run.watch;
    let world = watch.published.load();
    let server = world.plan.server(watch.id);
    let mut out = watch.state_words(&world);
    let (address, port) = match &server.addr {
        ServerAddr::Inet(addr) => (addr.ip().to_string(), addr.port()),
        ServerAddr::InetRelative(ip, offset) => (ip.to_string(), u16::try_from(*offset).unwrap_or(0)),
        ServerAddr::Unix(_) | ServerAddr::Abstract(_) => ("unix".to_owned(), 0),
    };
    let mut weights = Vec::new();
    world.weights(server.backend, &mut weights);
    let own = world.place_of(server.backend, watch.id).and_then(|place| weights.get(place));
    let own = own.map_or(0, |weight| weight.div_ceil(SCALE));
    let node = nix::unistd::gethostname().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let shards = &watch.shared.shards;
    let sessions: i64 = shards.iter().map(|s| s.servers[watch.id.index()].sess_cur.get()).sum();
    let all: i64 = shards.iter().map(|s| s.backends[server.backend.index()].sess_cur.get()).sum();
    let _ = write!(
        out,
        "; address={address}; port={port}; name={}/{}; node={node}; weight={own}/{}; scur={sessions}/{all}; qcur=0",
        world.plan.backend(server.backend).name,
        server.name,
        weights.iter().sum::<u32>().div_ceil(SCALE),
    );
    out
}
