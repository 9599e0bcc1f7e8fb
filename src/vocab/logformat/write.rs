//! What the rows of the table have in common.
pub use crate::base::time::Tick;
pub use crate::logs::clock;
pub use crate::rules::format::{hex, number, text};
pub use crate::rules::record::NOT_YET;

use crate::base::ids::ServerId;
use crate::rules::format::{Encoding, Style, message};
use crate::rules::record::Texts;
use crate::rules::{Cx, Record};
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::time::UNIX_EPOCH;

pub fn hostname() -> &'static str {
    use std::sync::LazyLock;
    static NAME: LazyLock<String> = LazyLock::new(|| {
        nix::unistd::gethostname().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
    });
    &NAME
}

/// A timer or a count; -1 without a record.
#[inline]
pub fn timer(_: &Cx<'_>, r: Option<&Record>, out: &mut Vec<u8>, get: impl FnOnce(&Record) -> i64) {
    number(out, r.map_or(-1, get));
}

/// The same with a `+` where the line is written before the end.
#[inline]
pub fn growing(_: &Cx<'_>, r: Option<&Record>, out: &mut Vec<u8>, get: impl FnOnce(&Record) -> i64) {
    if r.is_some_and(|r| r.early) {
        out.push(b'+');
    }
    number(out, r.map_or(0, get));
}

/// How a date is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// `24/Nov/2026:18:00:03.563`, local.
    Millis,
    /// `24/Nov/2026:18:00:03 +0100`.
    Local,
    Gmt,
}

/// When the exchange began, in nanoseconds since 1970; now, where there is no record of it.
pub fn accepted(cx: &Cx<'_>, r: Option<&Record>) -> i64 {
    at(cx, r, |r| r.accepted)
}

fn at(cx: &Cx<'_>, r: Option<&Record>, tick: impl FnOnce(&Record) -> Tick) -> i64 {
    let now = || cx.facts.wall_clock().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as i64);
    r.map_or_else(now, |r| r.wall(tick(r)))
}

/// The same in seconds.
pub fn seconds(cx: &Cx<'_>, r: Option<&Record>) -> i64 {
    clock::split(accepted(cx, r)).0
}

/// When the request's first byte came, or when the wait for it began.
pub fn begun(record: &Record) -> Tick {
    if record.first_byte == NOT_YET { record.accepted } else { record.first_byte }
}

pub fn date(
    cx: &Cx<'_>,
    r: Option<&Record>,
    out: &mut Vec<u8>,
    zone: Zone,
    tick: impl FnOnce(&Record) -> Tick,
) {
    let (seconds, ms) = clock::split(at(cx, r, tick));
    match zone {
        Zone::Millis => {
            out.extend_from_slice(&clock::local(seconds));
            let [a, b, c] = clock::milliseconds(ms);
            out.extend_from_slice(&[b'.', a, b, c]);
        }
        Zone::Local => {
            out.extend_from_slice(&clock::local(seconds));
            out.push(b' ');
            clock::zone(seconds, false, out);
        }
        Zone::Gmt => {
            out.extend_from_slice(&clock::gmt(seconds));
            out.extend_from_slice(b" +0000");
        }
    }
}

/// Each octet in decimal with a dot behind it, and how long that is.
static OCTETS: [([u8; 4], u8); 256] = {
    let mut table = [([0; 4], 0); 256];
    let mut n = 0;
    while n < 256 {
        let digits = [b'0' + (n / 100) as u8, b'0' + (n / 10 % 10) as u8, b'0' + (n % 10) as u8];
        table[n] = match n {
            100.. => ([digits[0], digits[1], digits[2], b'.'], 4),
            10.. => ([digits[1], digits[2], b'.', 0], 3),
            _ => ([digits[2], b'.', 0, 0], 2),
        };
        n += 1;
    }
    table
};

/// An address; in hexadecimal those of IPv4.
pub fn ip(out: &mut Vec<u8>, style: Style, addr: IpAddr) {
    let addr = addr.to_canonical();
    if style.has(Style::HEX) {
        match addr {
            IpAddr::V4(v4) => hex(out, u64::from(u32::from(v4)), 8),
            IpAddr::V6(v6) => v6.octets().iter().for_each(|b| hex(out, u64::from(*b), 2)),
        }
        return;
    }
    let quote = style.has(Style::QUOTE);
    if quote {
        out.push(b'"');
    }
    match addr {
        IpAddr::V4(v4) => {
            let (mut text, mut len) = ([0; 16], 0);
            for octet in v4.octets() {
                let (digits, count) = OCTETS[usize::from(octet)];
                text[len..len + 4].copy_from_slice(&digits);
                len += usize::from(count);
            }
            out.extend_from_slice(&text[..len - 1]);
        }
        // Writing to a vector cannot fail.
        IpAddr::V6(v6) => drop(write!(out, "{v6}")),
    }
    if quote {
        out.push(b'"');
    }
}

pub fn port_number(out: &mut Vec<u8>, style: Style, port: u16) {
    if style.has(Style::HEX) { hex(out, u64::from(port), 4) } else { number(out, i64::from(port)) }
}

/// An address of the record.
pub fn address(
    r: Option<&Record>,
    style: Style,
    out: &mut Vec<u8>,
    get: impl FnOnce(&Record) -> Option<SocketAddr>,
) {
    match r.and_then(get) {
        Some(addr) => ip(out, style, addr.ip()),
        None => text(out, style, None),
    }
}

/// A port of the record.
pub fn port(
    r: Option<&Record>,
    style: Style,
    out: &mut Vec<u8>,
    get: impl FnOnce(&Record) -> Option<SocketAddr>,
) {
    match r.and_then(get) {
        Some(addr) => port_number(out, style, addr.port()),
        None => text(out, style, None),
    }
}

/// The server of the exchange.
pub fn server(cx: &Cx<'_>, r: Option<&Record>) -> Option<ServerId> {
    cx.server.or_else(|| r.and_then(|r| r.server))
}

/// Its name, or what stands in its place.
pub fn server_name<'c>(cx: &'c Cx<'_>, r: Option<&Record>) -> &'c str {
    match server(cx, r) {
        Some(server) => cx.facts.server_name(server),
        None => r.and_then(|r| r.service).unwrap_or("<NOSRV>"),
    }
}

/// `{one|two}`; nothing where nothing is captured.
pub fn captures(r: Option<&Record>, style: Style, out: &mut Vec<u8>, get: impl FnOnce(&Record) -> &Texts) {
    if let Some(r) = r {
        let texts = get(r);
        if texts.is_empty() {
            return;
        }
        let quote = style.has(Style::QUOTE);
        out.extend_from_slice(if quote { b"\"{" } else { b"{" });
        for (i, text) in texts.iter().enumerate() {
            if i > 0 {
                out.push(b'|');
            }
            message(out, style, Encoding::Field, text.unwrap_or_default());
        }
        out.extend_from_slice(if quote { b"}\"" } else { b"}" });
    }
}

/// `one two`, `-` or `""` for what is missing.
pub fn capture_list(
    r: Option<&Record>,
    style: Style,
    out: &mut Vec<u8>,
    get: impl FnOnce(&Record) -> &Texts,
) {
    if let Some(r) = r {
        let quote = style.has(Style::QUOTE);
        for (i, text) in get(r).iter().enumerate() {
            if i > 0 {
                out.push(b' ');
            }
            if quote {
                out.push(b'"');
            }
            match text {
                Some(text) => message(out, style, Encoding::Field, text),
                None if !quote => out.push(b'-'),
                None => {}
            }
            if quote {
                out.push(b'"');
            }
        }
    }
}
