//! A stand: one program, its origins and its ports on one configuration file; and what a row did there as lines of
//! text in which everything that depends on the stand has been replaced by a name.

use std::path::PathBuf;
use std::time::Duration;

use crate::common::client::{self, End, Outcome};
use crate::common::origin::{Log, Origin, Seen};
use crate::common::ports::{Hole, Port};
use crate::common::proxy::{Program, Proxy};
use crate::common::{BACK, FRONT, text};
use crate::table::Row;

/// Listeners a file may bind: `F1` … `F9`.
const FRONTS: usize = 9;
const ORIGINS: [&str; 4] = ["A", "B", "C", "D"];

pub struct Stand {
    fronts: Vec<Port>,
    log: Log,
    /// Pieces of text that differ from stand to stand, and their names.
    masks: Vec<(String, String)>,
    _proxy: Proxy,
    _origins: Vec<Origin>,
    _echo: Origin,
    _dead: Port,
    _hole: Hole,
}

/// One row's result.
pub struct Trace {
    pub outcome: Outcome,
    pub passed: usize,
    pub lines: Vec<String>,
}

impl Stand {
    /// Starts `program` on `tests/cfg/<file>.cfg`. The file finds its addresses in the environment: the ports `F1` …
    /// at 127.0.10.1, and `ip:port` of the origins `A` … `D`, of `ECHO` (not HTTP), `DEAD` (refuses) and `HOLE`
    /// (never answers a SYN); `DIR` is the directory of the file.
    pub fn start(program: Program, file: &str, fronts_used: usize) -> Stand {
        let log = Log::default();
        let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cfg");
        let fronts: Vec<Port> = (0..FRONTS).map(|_| Port::reserve(FRONT)).collect();
        let origins: Vec<Origin> = ORIGINS.iter().map(|name| Origin::start(name, BACK, &log)).collect();
        let (echo, dead, hole) = (Origin::echo(BACK), Port::reserve(BACK), Hole::dig(BACK));
        let mut env = vec![("DIR".to_owned(), dir.display().to_string())];
        let mut masks = Vec::new();
        for (i, port) in fronts.iter().enumerate() {
            env.push((format!("F{}", i + 1), port.addr.port().to_string()));
            masks.push((port.addr.port().to_string(), format!("<F{}>", i + 1)));
        }
        let named = ORIGINS.iter().copied().zip(origins.iter().map(|o| o.addr));
        for (name, addr) in named.chain([("ECHO", echo.addr), ("DEAD", dead.addr), ("HOLE", hole.addr)]) {
            env.push((name.to_owned(), addr.to_string()));
            masks.push((addr.port().to_string(), format!("<{name}>")));
        }
        let ready: Vec<_> = fronts.iter().take(fronts_used).map(|p| p.addr).collect();
        let proxy = Proxy::start(program, &dir.join(format!("{file}.cfg")), &env, &ready);
        Stand { fronts, log, masks, _proxy: proxy, _origins: origins, _echo: echo, _dead: dead, _hole: hole }
    }

    /// Runs one row; an open connection must stay open for `linger`, or for as long as the row says.
    pub fn run(&self, row: &Row, linger: Duration) -> Trace {
        self.log.take(Duration::ZERO);
        let mut exchange = row.exchange.clone();
        exchange.linger = linger.max(row.exchange.linger);
        let outcome = client::run(self.fronts[row.front - 1].addr, &exchange);
        let seen = self.log.take(Duration::from_millis(500));
        let mut lines = answers(&outcome);
        lines.extend(requests(&seen, row.connections));
        let lines = lines.into_iter().map(|l| self.mask(l)).collect();
        Trace { outcome, passed: seen.len(), lines }
    }

    fn mask(&self, line: String) -> String {
        self.masks.iter().fold(line, |line, (what, name)| line.replace(what, name))
    }
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
        .map(|(n, v)| if n == "date" { format!("    {n}: <date>") } else { format!("    {n}: {v}") })
        .collect()
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
