//! `show errors` (management manual, 9.3): the last request and the last answer of each proxy that could not be read, in HAProxy
//! 2.6's form. Its lines about flags of its own parser are left out; what is wrong is said in words.
use super::stat::{self, Proxy};
use crate::logs::clock;
use crate::share::Shared;
use crate::share::errors::Snapshot;
use crate::world::World;
use std::fmt::Write;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// A line of the dump has room for so many characters, its head and its end counted.
const WIDTH: usize = 79;

/// Which errors are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ErrorFilter {
    /// The proxy's id: its own errors, and the answers to its requests.
    pub proxy: Option<u32>,
    pub only_requests: bool,
    pub only_answers: bool,
}

/// `29/Nov/2026:09:28:29.054`.
fn date(at: SystemTime) -> String {
    let at = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let text = clock::local(at.as_secs() as i64);
    format!("{}.{:03}", String::from_utf8_lossy(&text), at.subsec_millis())
}

/// The answer, a piece a proxy.
pub fn errors(
    world: Arc<World>,
    shared: Arc<Shared>,
    filter: ErrorFilter,
) -> impl Iterator<Item = String> + use<> {
    let head =
        format!("Total events captured on [{}] : {}\n", date(SystemTime::now()), shared.errors.total());
    let found: Vec<Arc<Snapshot>> = stat::proxies(&world.plan)
        .into_iter()
        .filter_map(|proxy| match proxy {
            Proxy::Frontend(id, _) if !filter.only_answers => shared.errors.request(id),
            Proxy::Backend(id, _) if !filter.only_requests => shared.errors.answer(id),
            Proxy::Frontend(..) | Proxy::Backend(..) => None,
        })
        .filter(|snapshot| {
            let plan = &world.plan;
            let own = snapshot.server.map(|(backend, _)| plan.backend(backend).uuid);
            let ids = [Some(plan.frontend(snapshot.frontend).uuid), own];
            filter.proxy.is_none_or(|wanted| ids.contains(&Some(wanted)))
        })
        .collect();
    std::iter::once(head).chain(found.into_iter().map(move |snapshot| text(&world, &snapshot)))
}

fn text(world: &World, snapshot: &Snapshot) -> String {
    let plan = &world.plan;
    let frontend = plan.frontend(snapshot.frontend);
    let mut out = format!(" \n[{}] ", date(snapshot.at));
    // Writing to a text cannot fail.
    let _ = match snapshot.server {
        None => write!(
            out,
            "frontend {} (#{}): invalid request\n  backend <NONE> (#-1), server <NONE> (#-1)",
            frontend.name, frontend.uuid
        ),
        Some((backend, server)) => {
            let (backend, server) = (plan.backend(backend), plan.server(server));
            write!(
                out,
                "backend {} (#{}): invalid response\n  frontend {} (#{}), server {} (#{})",
                backend.name, backend.uuid, frontend.name, frontend.uuid, server.name, server.uuid
            )
        }
    };
    let src = match snapshot.src {
        Some(src) => format!("{}:{}", src.ip(), src.port()),
        None => format!("unix:{}", snapshot.listener),
    };
    let len = snapshot.bytes.len();
    let _ = writeln!(
        out,
        ", event #{}, src {src}\n  buffer starts at 0 (including 0 out), {} free,\n  len {len}, wraps at {}, error at position {}\n  \
         H1 msg state {}, {}\n  H1 chunk len 0 bytes, H1 body len 0 bytes :\n  ",
        snapshot.number,
        snapshot.room.saturating_sub(len),
        snapshot.room,
        snapshot.position,
        snapshot.state,
        snapshot.why,
    );
    dump(&snapshot.bytes, &mut out);
    out
}

/// The bytes: a line each, long ones in several, which have a `+` behind their offset.
fn dump(bytes: &[u8], out: &mut String) {
    let mut at = 0;
    while at < bytes.len() {
        let continues = at > 0 && bytes[at - 1] != b'\n';
        let begin = out.len();
        let _ = write!(out, "  {at:05}{} ", if continues { '+' } else { ' ' });
        loop {
            let byte = bytes[at];
            let letter = match byte {
                b'\t' => Some('t'),
                b'\n' => Some('n'),
                b'\r' => Some('r'),
                0x1b => Some('e'),
                b'\\' => Some('\\'),
                _ => None,
            };
            let plain = letter.is_none() && (0x20..0x7f).contains(&byte);
            let width = if plain {
                1
            } else if letter.is_some() {
                2
            } else {
                4
            };
            if out.len() - begin + width > WIDTH {
                break;
            }
            let _ = match letter {
                _ if plain => write!(out, "{}", char::from(byte)),
                Some(letter) => write!(out, "\\{letter}"),
                None => write!(out, "\\x{byte:02X}"),
            };
            at += 1;
            if byte == b'\n' || at == bytes.len() {
                break;
            }
        }
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::dump;

    #[test]
    fn lines_are_broken_and_bytes_escaped() {
        let mut out = String::new();
        dump(b"GET /\t\x1b\\\x00\xff HTTP/1.1\r\n\r\nrest", &mut out);
        assert_eq!(
            out,
            "  00000  GET /\\t\\e\\\\\\x00\\xFF HTTP/1.1\\r\\n\n  00021  \\r\\n\n  00023  rest\n"
        );
        let mut out = String::new();
        dump(&[b"x".repeat(140), b"\r\n".to_vec()].concat(), &mut out);
        let x = "x".repeat(70);
        assert_eq!(out, format!("  00000  {x}\n  00070+ {x}\n  00140+ \\r\\n\n"));
        // Nothing is lost, whatever the bytes are.
        let all: Vec<u8> = (0..=255).chain(0..=255).collect();
        let mut out = String::new();
        dump(&all, &mut out);
        assert!(out.lines().all(|l| l.len() <= 79 && l.len() > 9), "{out}");
    }
}
