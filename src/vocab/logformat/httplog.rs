//! The line of `option httplog` in one piece. It is what most files ask for, and the most that a logged request costs beside the
//! system call: written part by part it takes more than twice the instructions. A test holds it against the parts.
use super::write::*;
use crate::rules::format::{Encoding, Style, message, number};
use crate::rules::{Cx, Record};

/// The parts (manual, 8.2.3).
pub const FORMAT: &str = "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs \
                    %{+Q}r";

/// Room for a usual line, so that it grows once.
const USUAL: usize = 512;

/// Appends the line of an exchange.
pub fn write(cx: &Cx<'_>, r: &Record, out: &mut Vec<u8>) {
    out.reserve(USUAL);
    match cx.conn.src {
        Some(addr) => {
            ip(out, Style::PLAIN, addr.ip());
            out.push(b':');
            number(out, i64::from(addr.port()));
        }
        None => {
            out.extend_from_slice(b"unix:");
            number(out, i64::from(cx.conn.listener_id));
        }
    }
    begun_at(r, out);
    let frontend = cx.facts.frontend_name(cx.conn.frontend);
    name(frontend, b' ', out);
    name(cx.backend.map_or(frontend, |b| cx.facts.backend_name(b)), b'/', out);
    name(server_name(cx, Some(r)), b' ', out);
    timers(r, out);
    status(cx.response().map_or(r.status, |answer| i32::from(answer.status)), out);
    if r.early {
        out.push(b'+');
    }
    number(out, r.bytes_out as i64);
    out.push(b' ');
    cookie(&r.client_cookie, out);
    cookie(&r.server_cookie, out);
    let (flags, cookie) = (r.flags(), r.cookie);
    out.extend_from_slice(&[flags[0], flags[1], cookie[0], cookie[1], b' ']);
    connections(cx, r, out);
    if !r.request_captures.is_empty() {
        captures(Some(r), Style::MANDATORY, out, |r| &r.request_captures);
        out.push(b' ');
    }
    if !r.response_captures.is_empty() {
        captures(Some(r), Style::MANDATORY, out, |r| &r.response_captures);
        out.push(b' ');
    }
    out.push(b'"');
    let line: &[u8] = if r.line.is_empty() { b"<BADREQ>" } else { &r.line };
    message(out, Style::PLAIN, Encoding::Line, line);
    out.push(b'"');
}

/// ` [24/Nov/2026:18:00:03.563] `.
fn begun_at(r: &Record, out: &mut Vec<u8>) {
    let (seconds, ms) = clock::split(r.wall(begun(r)));
    let mut date = *b" [00/Jan/0000:00:00:00.000] ";
    date[2..22].copy_from_slice(&clock::local(seconds));
    date[23..26].copy_from_slice(&clock::milliseconds(ms));
    out.extend_from_slice(&date);
}

/// A name and what stands behind it.
#[inline]
fn name(name: &str, behind: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(if name.is_empty() { b"-" } else { name.as_bytes() });
    out.push(behind);
}

/// Three digits and a blank, as nearly every status.
#[inline]
fn status(status: i32, out: &mut Vec<u8>) {
    match u16::try_from(status) {
        Ok(n @ 100..=999) => {
            let digit = |n: u16| b'0' + (n % 10) as u8;
            out.extend_from_slice(&[digit(n / 100), digit(n / 10), digit(n), b' ']);
        }
        _ => {
            number(out, i64::from(status));
            out.push(b' ');
        }
    }
}

/// Figures with what stands behind each, in one piece where each has one digit, as most have.
#[inline(always)]
fn figures<const N: usize, const TWICE: usize>(values: [i64; N], behind: [u8; N], out: &mut Vec<u8>) {
    if values.iter().all(|n| (0..=9).contains(n)) {
        let mut text = [0; TWICE];
        for i in 0..N {
            text[2 * i] = b'0' + values[i] as u8;
            text[2 * i + 1] = behind[i];
        }
        out.extend_from_slice(&text);
        return;
    }
    for (value, behind) in values.into_iter().zip(behind) {
        number(out, value);
        out.push(behind);
    }
}

fn cookie(value: &[u8], out: &mut Vec<u8>) {
    if value.is_empty() {
        out.extend_from_slice(b"- ");
    } else {
        out.extend_from_slice(value);
        out.push(b' ');
    }
}

/// `%TR/%Tw/%Tc/%Tr/%Ta `: each point in time is turned into milliseconds once.
fn timers(r: &Record, out: &mut Vec<u8>) {
    let [first, head, placed, connected, answered, closed] =
        [r.first_byte, r.head, r.placed, r.connected, r.answered, r.closed].map(|at| r.ms(at));
    let between = |from: i64, to: i64| if to < 0 { -1 } else { to - from.max(0) };
    let all = [
        between(first, head),
        between(head, placed),
        between(placed, connected),
        between(connected, answered),
        closed - first.max(0),
    ];
    if r.early {
        let [a, b, c, d, active] = all;
        figures::<4, 8>([a, b, c, d], *b"////", out);
        out.push(b'+');
        number(out, active);
        out.push(b' ');
    } else {
        figures::<5, 10>(all, *b"//// ", out);
    }
}

/// `%ac/%fc/%bc/%sc/%rc %sq/%bq `.
fn connections(cx: &Cx<'_>, r: &Record, out: &mut Vec<u8>) {
    let facts = cx.facts;
    let counts = [
        facts.process_sessions() as i64,
        facts.frontend_sessions(cx.conn.frontend) as i64,
        cx.backend.map_or(0, |b| facts.backend_sessions(b)) as i64,
        server(cx, Some(r)).map_or(0, |s| facts.server_sessions(s)) as i64,
    ];
    let rest = [r.retries, r.server_queue, r.backend_queue].map(i64::from);
    if r.redispatched {
        figures::<4, 8>(counts, *b"////", out);
        out.push(b'+');
        figures::<3, 6>(rest, *b" / ", out);
    } else {
        let ([a, b, c, d], [e, f, g]) = (counts, rest);
        figures::<7, 14>([a, b, c, d, e, f, g], *b"//// / ", out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::{BackendId, ServerId};
    use crate::base::time::Tick;
    use crate::rules::format::Format;
    use crate::rules::record::NOT_YET;
    use crate::syntax::{FileId, Span, Word};
    use crate::vocab::expr::testing::with_cx;
    use crate::vocab::expr::{Place, parse_format_at};

    /// A small generator, so that every run looks at the same records.
    struct Random(u64);

    impl Random {
        fn below(&mut self, n: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % n
        }

        fn tick(&mut self, after: u64) -> Tick {
            if self.below(4) == 0 { NOT_YET } else { Tick(after + self.below(5_000_000_000)) }
        }

        fn text<'t>(&mut self, of: &[&'t [u8]]) -> &'t [u8] {
            of[self.below(of.len() as u64) as usize]
        }
    }

    fn record(random: &mut Random) -> Record {
        let mut r = Record::default();
        r.begin(Tick(1_000_000_000));
        r.wall_at_zero = 1_795_543_203_000_000_000 + random.below(3_000_000_000) as i64;
        let after = r.accepted.0;
        // Only in TCP mode there is none.
        r.first_byte = Tick(after + random.below(5_000_000_000));
        r.head = random.tick(after);
        r.placed = random.tick(after);
        r.connected = random.tick(after);
        r.answered = random.tick(after);
        r.closed = Tick(after + random.below(9_000_000_000));
        r.status = [-1, 200, 404, 503][random.below(4) as usize];
        r.bytes_out = random.below(3) * random.below(1 << 40);
        r.early = random.below(3) == 0;
        r.redispatched = random.below(3) == 0;
        r.retries = random.below(4) as u32;
        (r.server_queue, r.backend_queue) = (random.below(3) as u32, random.below(300) as u32);
        r.end = [None, Some(*b"SH"), Some(*b"cD")][random.below(3) as usize];
        r.line.extend_from_slice(random.text(&[b"", b"GET / HTTP/1.1", b"GET /\xff\"#x HTTP/1.0"]));
        r.client_cookie.extend_from_slice(random.text(&[b"", b"a=b"]));
        r.server_cookie.extend_from_slice(random.text(&[b"", b"S=s"]));
        for texts in [&mut r.request_captures, &mut r.response_captures] {
            texts.reset((0..random.below(3)).map(|_| 9));
            texts.set(0, random.text(&[b"", b"host", b"{|}"]));
        }
        r
    }

    #[test]
    fn it_writes_what_the_parts_write() {
        let span = Span { file: FileId(0), line: 0, col: 0, len: 0 };
        let word = Word::new(FORMAT.as_bytes().to_vec(), span);
        let format: Format = parse_format_at(&word, Place::LOG).unwrap();
        let mut random = Random(88_172_645_463_325_252);
        for round in 0..2_000 {
            let r = record(&mut random);
            let (backend, server) = match random.below(3) {
                0 => (None, None),
                1 => (Some(BackendId(0)), None),
                _ => (Some(BackendId(0)), Some(ServerId(0))),
            };
            let unix = random.below(4) == 0;
            with_cx("GET / HTTP/1.1\r\n\r\n", |cx| {
                let mut conn = cx.conn.clone();
                if unix {
                    conn.src = None;
                }
                let mut whole = Vec::new();
                let own = Cx {
                    conn: &conn,
                    req: None,
                    res: None,
                    req_body: b"",
                    first_request: true,
                    backend,
                    server,
                    facts: cx.facts,
                    wishes: Default::default(),
                };
                write(&own, &r, &mut whole);
                *conn.record.0.borrow_mut() = Some(Box::new(r));
                let own = Cx { conn: &conn, ..own };
                let mut parts = Vec::new();
                format.write(&own, &mut parts);
                let show = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
                assert_eq!(show(&whole), show(&parts), "round {round}");
            });
        }
    }
}
