//! A stand: one program, its origins and its ports on one configuration file; and what a row did there as lines of
//! text in which everything that depends on the stand has been replaced by a name.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::common::client::{self, End, Outcome};
use crate::common::ground::Ground;
use crate::common::origin::Seen;
use crate::common::proxy::{Program, Proxy};
use crate::common::text;
use crate::table::Row;

pub struct Stand {
    ground: Ground,
    /// Pieces of text that differ from stand to stand, and their names.
    masks: Vec<(String, String)>,
    _proxy: Proxy,
}

/// One row's result.
pub struct Trace {
    pub outcome: Outcome,
    pub passed: usize,
    pub lines: Vec<String>,
}

impl Stand {
    /// Starts `program` on `tests/cfg/<file>.cfg`, with `DIR` naming the directory of the file.
    pub fn start(program: Program, file: &str, fronts: usize) -> Stand {
        let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cfg");
        let mut ground = Ground::new();
        ground.env.push(("DIR".to_owned(), dir.display().to_string()));
        let proxy = ground.serve_file(program, fronts, &dir.join(format!("{file}.cfg")));
        Stand { masks: ground.masks(), ground, _proxy: proxy }
    }

    /// Runs one row; an open connection must stay open for `linger`, or for as long as the row says.
    pub fn run(&self, row: &Row, linger: Duration) -> Trace {
        self.ground.log.take(Duration::ZERO);
        let mut exchange = row.exchange.clone();
        exchange.linger = linger.max(row.exchange.linger);
        let outcome = client::run(self.ground.front(row.front), &exchange);
        let seen = self.ground.log.take(Duration::from_millis(500));
        let mut lines = answers(&outcome);
        lines.extend(requests(&seen, row.connections));
        let lines = lines.into_iter().map(|l| self.mask(l)).collect();
        Trace { outcome, passed: seen.len(), lines }
    }

    fn mask(&self, line: String) -> String {
        // A length may happen to be the number of a port.
        if line.starts_with("    body of ") || line.starts_with("    content-length: ") {
            return line;
        }
        self.masks.iter().fold(line, |line, (what, name)| mask_number(&line, what, name))
    }
}

/// Replaces a number that stands alone: the same digits inside a longer row of digits are data.
fn mask_number(line: &str, what: &str, name: &str) -> String {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(what) {
        let (before, after) = (&rest[..at], &rest[at + what.len()..]);
        let alone = !digit(before.chars().next_back()) && !digit(after.chars().next());
        out.push_str(before);
        out.push_str(if alone { name } else { what });
        rest = after;
    }
    out + rest
}

fn answers(outcome: &Outcome) -> Vec<String> {
    let mut lines = Vec::new();
    for answer in &outcome.answers {
        lines.push(format!("client got  {}", answer.head.line.trim_end()));
        lines.extend(fields(&answer.head.fields));
        lines.push(body(&answer.body.bytes, answer.body.complete));
        lines.extend(answer.body.trailers.iter().map(|(n, v)| format!("    trailer {n}: {v}")));
    }
    if !outcome.rest.is_empty() {
        lines.push(body(&outcome.rest, true));
    }
    // A close with bytes unread becomes a reset: which of the two the client sees depends on timing alone.
    let end = if outcome.end == End::Reset { End::Closed } else { outcome.end };
    lines.push(format!("connection {end:?}"));
    lines
}

fn requests(seen: &[Seen], connections: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let first = seen.iter().map(|s| s.connection).min().unwrap_or(0);
    for one in seen {
        lines.push(format!("{} got       {}", one.origin, one.head.line));
        if connections {
            lines.push(format!("    on connection +{}, turn {}", one.connection - first, one.turn));
        }
        lines.extend(fields(&one.head.fields));
        lines.push(body(&one.body.bytes, one.body.complete));
        lines.extend(one.body.trailers.iter().map(|(n, v)| format!("    trailer {n}: {v}")));
    }
    lines
}

/// Fields by lower-case name; fields of one name keep their order.
fn fields(fields: &[(String, String)]) -> Vec<String> {
    let mut fields: Vec<(String, &str)> =
        fields.iter().map(|(n, v)| (n.to_ascii_lowercase(), v.as_str())).collect();
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    fields
        .iter()
        .map(|(n, v)| match n.as_str() {
            "date" => format!("    {n}: <date>"),
            "set-cookie" => format!("    {n}: {}", without_times(v)),
            _ => format!("    {n}: {v}"),
        })
        .collect()
}

/// A persistence cookie with `<now>` for each date of this minute: `S=b|ZqVSl|ZqVSl; path=/`.
fn without_times(value: &str) -> String {
    let (cookie, attributes) = value.split_at(value.find(';').unwrap_or(value.len()));
    let dates = cookie.split('|').map(|part| if is_now(part) { "<now>" } else { part });
    dates.collect::<Vec<_>>().join("|") + attributes
}

fn is_now(text: &str) -> bool {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Option<Vec<u64>> = text.chars().map(|c| DIGITS.find(c).map(|n| n as u64)).collect();
    let Some(digits) = digits.filter(|d| d.len() == 5) else { return false };
    let seconds = digits.iter().fold(0, |n, d| n << 6 | d) << 2;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    seconds.abs_diff(now) < 20
}

fn body(bytes: &[u8], complete: bool) -> String {
    let cut = if complete { "" } else { ", cut off" };
    if bytes.len() <= 400 {
        return format!("    body of {} bytes{cut}: {:?}", bytes.len(), text(bytes));
    }
    // FNV-1a: a fingerprint is enough to tell that two long bodies differ.
    let hash =
        bytes.iter().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3));
    format!("    body of {} bytes{cut}, {hash:016x}", bytes.len())
}
