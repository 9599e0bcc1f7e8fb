//! `show sess` (management manual, 9.3): a line a session in HAProxy 2.6's form, or all that is known of it in several lines,
//! which are those of HAProxy without what has no meaning here (pointers, flags of its own).
use crate::base::time::Tick;
use crate::logs::clock;
use crate::plan::{Mode, ServerAddr};
use crate::share::sessions::{Half, Session, Stage};
use crate::world::World;
use std::fmt::Write;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Two units at most, as HAProxy writes times (`human_time`): `18s`, `1m3s`, `2d4h`.
#[must_use]
pub fn human_time(time: Duration) -> String {
    let t = time.as_secs();
    let parts = [(t / 86_400, 'd'), (t % 86_400 / 3_600, 'h'), (t % 3_600 / 60, 'm'), (t % 60, 's')];
    // HAProxy counts the first two units that are not nought, wherever they stand; days count as one.
    let text = parts.iter().filter(|(n, _)| *n > 0).take(2).fold(String::new(), |mut text, (n, unit)| {
        let _ = write!(text, "{n}{unit}");
        text
    });
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// How long something still has, `none` where it has no end.
fn left(at: Option<Tick>, now: Tick, none: &str) -> String {
    at.map_or_else(|| none.to_owned(), |at| human_time(at.since(now)))
}

/// HAProxy's bits of a channel, as far as they say something of ours: its sender has ended, bytes have gone out, it leads to
/// the client.
fn channel(ended: bool, passed: u64, answers: bool) -> u32 {
    const ENDED: u32 = 0x20;
    const WROTE: u32 = 0x4_0000;
    const ANSWERS: u32 = 0x8000_0000;
    [(ENDED, ended), (WROTE, passed > 0), (ANSWERS, answers)]
        .iter()
        .filter(|(_, set)| *set)
        .map(|(b, _)| b)
        .sum()
}

/// HAProxy's bits of what still looks at a request, and at an answer.
fn analysers(session: &Session, http: bool) -> (u32, u32) {
    match session.stage {
        Stage::Tarpit => (0x200, 0),
        Stage::Answer if http => (0x8000, 0x140_0000),
        Stage::Body => (0x8000, 0x400_0000),
        Stage::Queue | Stage::Connect | Stage::TurnAround if http => (0x8000, 0),
        _ => (0, 0),
    }
}

/// The server's side in HAProxy's states (`enum sc_state`): its number, its name.
fn server_state(session: &Session) -> (u32, &'static str) {
    match session.stage {
        Stage::Request | Stage::Tarpit => (0, "INI"),
        Stage::Queue => (2, "QUE"),
        Stage::TurnAround => (3, "TAR"),
        Stage::Connect => (5, "CON"),
        // Where the process answers itself it stands in a server's place.
        Stage::Body if session.server.is_none() => (8, "EST"),
        Stage::Answer | Stage::Body | Stage::Tunnel if session.upstream.is_some_and(|u| !u.ended) => {
            (8, "EST")
        }
        Stage::Answer | Stage::Body | Stage::Tunnel => (10, "CLO"),
    }
}

fn protocol(session: &Session) -> &'static str {
    match session.client.local {
        Some(SocketAddr::V4(_)) => "tcpv4",
        Some(SocketAddr::V6(_)) => "tcpv6",
        None => "unix_stream",
    }
}

fn source(session: &Session) -> String {
    match session.src {
        Some(src) => format!("{}:{}", src.ip(), src.port()),
        None => format!("unix:{}", session.listener),
    }
}

/// What runs out when the session stops waiting: HAProxy has a time for each of these.
struct Ends {
    /// The client's bytes, the server's bytes, the wait before a refusal, the connection.
    request: Option<Tick>,
    answer: Option<Tick>,
    tarpit: Option<Tick>,
    connect: Option<Tick>,
}

fn ends(session: &Session) -> Ends {
    let only = |stages: &[Stage]| session.expires.filter(|_| stages.contains(&session.stage));
    Ends {
        request: only(&[Stage::Request]),
        answer: only(&[Stage::Answer, Stage::Body]).filter(|_| session.server.is_some()),
        tarpit: only(&[Stage::Tarpit]),
        connect: only(&[Stage::Queue, Stage::Connect, Stage::TurnAround]),
    }
}

/// One line. What HAProxy counts of its tasks is not counted here: `calls`, `rate`, `cpu` and `lat` are 0.
pub fn short(world: &World, now: Tick, session: &Session, out: &mut String) {
    let plan = &world.plan;
    let backend = session.backend.map_or("<NONE>", |b| plan.backend(b).name.as_str());
    let server = session.server.map_or("<none>", |s| plan.server(s).name.as_str());
    let frontend = plan.frontend(session.frontend);
    let (request, answer) = analysers(session, frontend.mode == Mode::Http);
    let ends = ends(session);
    let upstream = session.upstream.unwrap_or(Half { fd: -1, ..Half::default() });
    let _ = writeln!(
        out,
        "{:#x}: proto={} src={} fe={} be={backend} srv={server} ts=00 epoch=0 age={} calls=0 rate=0 cpu=0 lat=0 \
         rq[f={:06x}h,i={},an={request:02x}h,rx={},wx=,ax={}] rp[f={:06x}h,i={},an={answer:02x}h,rx={},wx=,ax=] \
         scf=[{},0h,fd={}] scb=[{},1h,fd={}] exp={} rc={} c_exp={}",
        session.id.number(),
        protocol(session),
        source(session),
        frontend.name,
        human_time(now.since(session.began)),
        channel(session.client.ended, session.bytes_in, false),
        session.client.unread,
        left(ends.request, now, ""),
        left(ends.tarpit, now, ""),
        channel(upstream.ended, session.bytes_out, true),
        upstream.unread,
        left(ends.answer, now, ""),
        if session.client.ended { 10 } else { 8 },
        session.client.fd,
        server_state(session).0,
        upstream.fd,
        left(session.expires, now, ""),
        session.retries,
        left(ends.connect, now, ""),
    );
}

/// When something happened by the wall clock: `29/Nov/2026:09:26:11.568192`.
fn date(at: Tick) -> String {
    let now = Tick::monotonic();
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(now.since(at));
    let text = clock::local(wall.as_secs() as i64);
    format!("{}.{:06}", String::from_utf8_lossy(&text), wall.subsec_micros())
}

fn address(addr: Option<SocketAddr>) -> String {
    addr.map_or_else(|| "unix:1".to_owned(), |a| format!("{}:{}", a.ip(), a.port()))
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Http => "http",
        Mode::Tcp => "tcp",
    }
}

/// All that is known of a session.
pub fn long(world: &World, now: Tick, session: &Session, out: &mut String) {
    let plan = &world.plan;
    let frontend = plan.frontend(session.frontend);
    let http = frontend.mode == Mode::Http;
    let ends = ends(session);
    let never = |at| left(at, now, "<NEVER>");
    let listener =
        plan.listeners.iter().find(|l| l.frontend == session.frontend && l.uuid == session.listener);
    // `SF_ERR_KILLED`.
    let flags = if session.killed { 0xa000 } else { 0 };
    let (number, age) = (session.id.number(), human_time(now.since(session.began)));
    // Writing to a text cannot fail.
    let _ = writeln!(
        out,
        "{number:#x}: [{}] id={} proto={} source={}",
        date(session.began),
        session.id.turn,
        protocol(session),
        source(session)
    );
    let _ = writeln!(
        out,
        "  flags={flags:#x}, conn_retries={}, conn_exp={} waiting={} epoch=0",
        session.retries,
        never(ends.connect),
        u8::from(session.stage == Stage::Queue),
    );
    let _ = writeln!(
        out,
        "  frontend={} (id={} mode={}), listener={} (id={}) addr={}",
        frontend.name,
        frontend.uuid,
        mode(frontend.mode),
        listener.and_then(|l| l.name.as_deref()).unwrap_or("?"),
        session.listener,
        address(session.client.local)
    );
    match session.backend.map(|b| plan.backend(b)) {
        Some(backend) => {
            let _ =
                write!(out, "  backend={} (id={} mode={})", backend.name, backend.uuid, mode(backend.mode));
            if let Some(local) = session.upstream.and_then(|u| u.local) {
                let _ = write!(out, " addr={}", address(Some(local)));
            }
        }
        None => out.push_str("  backend=<NONE> (id=-1 mode=-)"),
    }
    match session.server {
        Some(id) => {
            let server = plan.server(id);
            let _ = write!(out, "\n  server={} (id={})", server.name, server.uuid);
            if let ServerAddr::Inet(addr) = world.addr(id) {
                let _ = write!(out, " addr={}", address(Some(*addr)));
            }
        }
        None => out.push_str("\n  server=<NONE> (id=-1)"),
    }
    let _ = writeln!(
        out,
        "\n  task: exp={} tmask={:#x} age={age}",
        never(session.expires),
        1u128 << (session.id.core % 127)
    );
    if http {
        let state = match session.stage {
            Stage::Body => "MSG_DATA",
            Stage::Tunnel => "MSG_TUNNEL",
            _ => "MSG_RPBEFORE",
        };
        let _ = writeln!(out, "  txn: rsp.st={state}");
    }
    side(
        out,
        "scf",
        if session.client.ended { "CLO" } else { "EST" },
        Some(protocol(session)),
        http,
        session.client,
    );
    let server_protocol = session.server.map(|id| match world.addr(id) {
        ServerAddr::Inet(addr) if addr.is_ipv6() => "tcpv6",
        ServerAddr::Inet(_) | ServerAddr::InetRelative(..) => "tcpv4",
        ServerAddr::Unix(_) | ServerAddr::Abstract(_) => "unix_stream",
    });
    let upstream = session.upstream.unwrap_or(Half { fd: -1, ..Half::default() });
    side(out, "scb", server_state(session).1, server_protocol.filter(|_| upstream.fd >= 0), http, upstream);
    let (request, answer) = analysers(session, http);
    let f = channel(session.client.ended, session.bytes_in, false);
    let _ = writeln!(
        out,
        "  req: (f={f:#010x} an={request:#x} total={})\n      an_exp={} rex={} wex=<NEVER>\n      buf: o={} i={}",
        session.bytes_in,
        never(ends.tarpit),
        never(ends.request),
        upstream.unsent,
        session.client.unread
    );
    let f = channel(upstream.ended, session.bytes_out, true);
    let _ = writeln!(
        out,
        "  res: (f={f:#010x} an={answer:#x} total={})\n      an_exp=<NEVER> rex={} wex=<NEVER>\n      buf: o={} i={}",
        session.bytes_out,
        never(ends.answer),
        session.client.unsent,
        upstream.unread
    );
}

/// One side's connection.
fn side(out: &mut String, name: &str, state: &str, protocol: Option<&str>, http: bool, half: Half) {
    let (number, target) = if name == "scf" { (0, "LISTENER") } else { (1, "SERVER") };
    let _ = match protocol {
        None => writeln!(out, "  {name}: state={state} endp=NONE"),
        Some(protocol) => writeln!(
            out,
            "  {name}: state={state} endp=CONN\n      co{number}: ctrl={protocol} xprt=RAW mux={} data=STRM target={target}\n      fd={}",
            if http { "H1" } else { "PASS" },
            half.fd
        ),
    };
}

#[cfg(test)]
mod tests {
    use super::human_time;
    use std::time::Duration;

    #[test]
    fn times_have_two_units() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (63, "1m3s"),
            (7_500, "2h5m"),
            (3_601, "1h1s"),
            (273_600, "3d4h"),
        ] {
            assert_eq!(human_time(Duration::from_secs(seconds)), text);
        }
    }
}
