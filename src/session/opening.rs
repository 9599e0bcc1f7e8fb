//! What comes before a connection's own bytes: the `tcp-request connection` rules, which see the real addresses, the
//! headers that give it others (manual 5.1, `accept-proxy`, `accept-netscaler-cip`), and the `tcp-request session` rules, which
//! see these.
use super::http::join_chunks;
use super::{Conn, LiveFacts, Local, View, tally};
use crate::base::ids::ListenerId;
use crate::base::limits::BUFSIZE;
use crate::base::time::Tick;
use crate::net::{Chunk, Stream};
use crate::proto::{netscaler, proxy_protocol};
use crate::rules::{ConnInfo, Cx, NoTrace, Program, Verdict, Wishes};

/// Runs the rules and receives the headers. False: the connection ends.
pub(super) async fn open(conn: &mut Conn, listener: ListenerId) -> bool {
    let Conn { local, stream, info, since, .. } = conn;
    let view = local.view();
    let frontend = view.plan.frontend(info.frontend);
    let listener = &view.plan.listeners[listener.index()];
    if dropped(local, &view, info, &frontend.tcp_request_connection) {
        local.cells().frontends[info.frontend.index()].denied_conn.inc();
        tally::on(local, info, |l| l.denied_conn.inc());
        // It was no session (`rate-limit sessions`, `maxsessrate`).
        local.shared.paces.sessions.give_back();
        if frontend.manners.rate_limit != 0 {
            local.shared.rates[info.frontend.index()].give_back();
        }
        stream.reset_on_close();
        return false;
    }
    let expect = info.handshake.expect.get() | listener.expect;
    // As HAProxy: the whole time, not that of silence.
    let deadline = frontend.timeouts.client.map(|t| local.core.now() + t);
    if expect.proxy {
        let Some(header) = receive(local, stream, deadline, proxy_header).await else { return false };
        if let Some((src, dst)) = header.addresses {
            (info.src, info.dst) = (Some(src), Some(dst));
        }
        info.handshake.proxy = Some(Box::new(header));
    }
    if expect.netscaler {
        let magic = listener.netscaler_magic;
        let parse = |bytes: &[u8]| match netscaler::parse(bytes, magic, BUFSIZE) {
            Ok(netscaler::Parsed::Complete { src, dst, consumed }) => Ok(Some(((src, dst), consumed))),
            Ok(netscaler::Parsed::Partial) => Ok(None),
            Err(_) => Err(()),
        };
        let Some((src, dst)) = receive(local, stream, deadline, parse).await else { return false };
        (info.src, info.dst) = (Some(src), Some(dst));
    }
    since.set(local.core.now());
    if dropped(local, &view, info, &frontend.tcp_request_session) {
        local.cells().frontends[info.frontend.index()].denied_sess.inc();
        tally::on(local, info, |l| l.denied_sess.inc());
        return false;
    }
    true
}

/// Whether rules that see the connection alone end it.
fn dropped(local: &Local, view: &View, info: &ConnInfo, rules: &Program) -> bool {
    if rules.rules.is_empty() {
        return false;
    }
    let facts = LiveFacts { world: view, shared: &local.shared };
    let mut cx = Cx {
        conn: info,
        req: None,
        res: None,
        req_body: &[],
        first_request: true,
        backend: None,
        server: None,
        facts: &facts,
        wishes: Wishes::default(),
    };
    rules.run(&mut cx, &mut NoTrace) == Verdict::Drop
}

/// A header that was read and how many bytes it had, `None` while more is needed.
type Read<T> = Result<Option<(T, usize)>, ()>;

fn proxy_header(bytes: &[u8]) -> Read<proxy_protocol::Header> {
    match proxy_protocol::parse(bytes, BUFSIZE) {
        Ok(proxy_protocol::Parsed::Complete { header, consumed }) => Ok(Some((header, consumed))),
        Ok(proxy_protocol::Parsed::Partial) => Ok(None),
        Err(_) => Err(()),
    }
}

/// Receives one header and leaves what follows in the stream.
async fn receive<T>(
    local: &Local,
    stream: &Stream,
    deadline: Option<Tick>,
    parse: impl Fn(&[u8]) -> Read<T>,
) -> Option<T> {
    let mut have: Option<Chunk> = None;
    loop {
        // A silent client and one that leaves are closed without a word.
        let Ok(Ok(Some(chunk))) = local.core.until(deadline, stream.recv()).await else { return None };
        let before = have.as_ref().map_or(0, |c| c.len());
        let mut chunk = match have.take() {
            None => chunk,
            Some(mut first) => {
                join_chunks(stream, &mut first, chunk);
                first
            }
        };
        match parse(&chunk) {
            Ok(Some((header, consumed))) => {
                chunk.advance(consumed);
                if !chunk.is_empty() {
                    stream.unread(chunk);
                }
                return Some(header);
            }
            Ok(None) if chunk.len() > before => have = Some(chunk),
            // No header, or none that finds room.
            _ => {
                stream.reset_on_close();
                return None;
            }
        }
    }
}
