//! The cells of one row: HAProxy's columns, and what it shows when the pointer rests on one.
use super::super::columns::{Col, Row};
use std::fmt::Write;

/// The columns by group: (group, [(head, its meaning)]).
pub const GROUPS: [(&str, &[(&str, &str)]); 8] = [
    (
        "Queue",
        &[
            ("Cur", "requests that wait"),
            ("Max", "the most that waited"),
            ("Limit", "the most that may wait"),
        ],
    ),
    (
        "Session rate",
        &[("Cur", "sessions a second"), ("Max", "the most a second"), ("Limit", "the limit a second")],
    ),
    (
        "Sessions",
        &[
            ("Cur", "now"),
            ("Max", "the most at once"),
            ("Limit", "the most allowed"),
            ("Total", "all so far"),
            ("LbTot", "chosen by the balance algorithm"),
            ("Last", "since the last one"),
        ],
    ),
    ("Bytes", &[("In", "from clients"), ("Out", "to clients")]),
    ("Denied", &[("Req", "requests"), ("Resp", "answers")]),
    ("Errors", &[("Req", "requests"), ("Conn", "connections to servers"), ("Resp", "answers")]),
    ("Warnings", &[("Retr", "connections tried again"), ("Redis", "requests sent to another server")]),
    (
        "Server",
        &[
            ("Status", "state, and for how long"),
            ("LastChk", "the last health check"),
            ("Wght", "weight"),
            ("Act", "active servers, or whether this one is"),
            ("Bck", "backup servers, or whether this one is"),
            ("Chk", "failed health checks"),
            ("Dwn", "times it went down"),
            ("Dwntme", "time it was down"),
            ("Thrtle", "slow start"),
        ],
    ),
];

/// How many columns there are.
#[must_use]
pub fn count() -> usize {
    GROUPS.iter().map(|g| g.1.len()).sum()
}

/// What a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Frontend,
    Listener,
    Server,
    Backend,
}

/// One cell: its text, and pairs of words and values behind it.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    pub text: String,
    pub tip: Vec<(&'static str, String)>,
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell { text, tip: Vec::new() }
    }
}

/// All cells of a row.
#[must_use]
pub fn cells(row: &Row, kind: Kind) -> Vec<Cell> {
    use Col::*;
    let n = |col: Col| Cell::from(row.number(col).map_or_else(String::new, grouped));
    let limit = |col: Col| {
        let text = row.number(col).filter(|&n| n > 0).map_or_else(|| "-".to_owned(), grouped);
        Cell::from(if kind == Kind::Backend && col == Qlimit { String::new() } else { text })
    };
    let front = kind == Kind::Frontend;
    let mut cells = if front || kind == Kind::Listener {
        vec![Cell::default(), Cell::default(), Cell::default()]
    } else {
        vec![n(Qcur), n(Qmax), limit(Qlimit)]
    };
    let rate = |rate: Col, connections: Col, requests: Col| {
        let mut cell = n(rate);
        if front {
            cell.tip = tips(
                row,
                &[
                    ("Connections a second", connections),
                    ("Sessions a second", rate),
                    ("Requests a second", requests),
                ],
            );
        }
        cell
    };
    cells.extend([rate(Rate, ConnRate, ReqRate), rate(RateMax, ConnRateMax, ReqRateMax)]);
    cells.push(if front { limit(RateLim) } else { Cell::default() });
    cells.extend([current(row, kind), n(Smax), limit(Slim), total(row, kind), n(Lbtot)]);
    cells.push(Cell::from(match row.number(Lastsess) {
        None => String::new(),
        Some(n) if n < 0 => "?".to_owned(),
        Some(n) => time(n),
    }));
    cells.extend([n(Bin), n(Bout), n(Dreq), n(Dresp), n(Ereq), n(Econ)]);
    let mut errors = n(Eresp);
    if !front && kind != Kind::Listener {
        errors.tip =
            tips(row, &[("Transfers cut by clients", CliAbrt), ("Transfers cut by servers", SrvAbrt)]);
    }
    cells.extend([errors, n(Wretr), n(Wredis)]);
    cells.extend(of_state(row, kind));
    cells
}

fn tips(row: &Row, of: &[(&'static str, Col)]) -> Vec<(&'static str, String)> {
    of.iter().filter_map(|&(name, col)| Some((name, grouped(row.number(col)?)))).collect()
}

fn current(row: &Row, kind: Kind) -> Cell {
    let mut cell = Cell::from(row.number(Col::Scur).map_or_else(String::new, grouped));
    if kind == Kind::Server {
        cell.tip = tips(
            row,
            &[
                ("Active connections", Col::Scur),
                ("Used connections", Col::UsedConnCur),
                ("Idle connections", Col::SrvIcur),
                ("Limit of idle connections", Col::SrcIlim),
            ],
        );
    }
    cell
}

fn total(row: &Row, kind: Kind) -> Cell {
    let mut cell = Cell::from(row.number(Col::Stot).map_or_else(String::new, grouped));
    let front = kind == Kind::Frontend;
    if kind == Kind::Listener {
        return cell;
    }
    let first: &[(&str, Col)] = if front {
        &[("Connections", Col::ConnTot), ("Sessions", Col::Stot)]
    } else {
        &[("Sessions", Col::Stot), ("New connections", Col::Connect), ("Reused connections", Col::Reuse)]
    };
    cell.tip = tips(row, first);
    if row.word(Col::Mode) == "http" {
        cell.tip.extend(tips(
            row,
            &[
                ("HTTP requests", Col::ReqTot),
                ("1xx answers", Col::Hrsp1xx),
                ("2xx answers", Col::Hrsp2xx),
                ("3xx answers", Col::Hrsp3xx),
                ("4xx answers", Col::Hrsp4xx),
                ("5xx answers", Col::Hrsp5xx),
                ("Other answers", Col::HrspOther),
                ("Answered by the proxy itself", Col::Intercepted),
            ],
        ));
    }
    let times = [
        ("Queue time, average / most", Col::Qtime, Col::QtimeMax),
        ("Connect time", Col::Ctime, Col::CtimeMax),
        ("Answer time", Col::Rtime, Col::RtimeMax),
        ("Total time", Col::Ttime, Col::TtimeMax),
    ];
    for (name, average, most) in times {
        if let (Some(average), Some(most)) = (row.number(average), row.number(most)) {
            cell.tip.push((name, format!("{} / {} ms", grouped(average), grouped(most))));
        }
    }
    cell
}

fn of_state(row: &Row, kind: Kind) -> Vec<Cell> {
    use Col::*;
    let mut status = String::new();
    if let (Some(since), true) = (row.number(Lastchg), kind != Kind::Frontend) {
        let _ = write!(status, "{} ", time(since));
    }
    status.push_str(row.word(Status));
    let mut cells = vec![Cell::from(status)];
    if matches!(kind, Kind::Frontend | Kind::Listener) {
        cells.resize(9, Cell::default());
        return cells;
    }
    let mut check = Cell::from(row.word(CheckStatus).to_owned());
    if !check.text.is_empty() {
        if let Some(code) = row.number(CheckCode) {
            let _ = write!(check.text, "/{code}");
        }
        if let Some(ms) = row.number(CheckDuration) {
            let _ = write!(check.text, " in {ms}ms");
        }
        check.tip =
            [("Result", CheckDesc), ("Server said", LastChk), ("Agent", AgentDesc), ("Agent said", LastAgt)]
                .into_iter()
                .filter(|(_, col)| !row.word(*col).is_empty())
                .map(|(name, col)| (name, row.word(col).to_owned()))
                .collect();
    }
    cells.push(check);
    let weight = |col: Col| row.number(col).map_or_else(String::new, |n| n.to_string());
    cells.push(Cell::from(format!("{}/{}", weight(Weight), weight(Uweight))));
    for col in [Act, Bck] {
        cells.push(Cell::from(match (kind, row.number(col)) {
            (Kind::Server, Some(1)) => "Y".to_owned(),
            (Kind::Server, _) => "-".to_owned(),
            (_, n) => n.map_or_else(String::new, grouped),
        }));
    }
    let number = |col: Col| Cell::from(row.number(col).map_or_else(String::new, grouped));
    let mut failed = number(Chkfail);
    if let Some(seen) = row.number(Hanafail) {
        failed.tip.push(("Too many errors of the traffic", grouped(seen)));
    }
    cells.extend([failed, number(Chkdown)]);
    cells.push(Cell::from(row.number(Downtime).map_or_else(String::new, time)));
    cells.push(Cell::from(match row.number(Throttle) {
        Some(percent) => format!("{percent} %"),
        None if kind == Kind::Server => "-".to_owned(),
        None => String::new(),
    }));
    cells
}

/// A number with narrow spaces between its thousands.
#[must_use]
pub fn grouped(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = if n < 0 { "-".to_owned() } else { String::new() };
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// Seconds in their two largest units, as HAProxy writes them: `2d4h`, `1m5s`.
#[must_use]
pub fn time(seconds: i64) -> String {
    let s = seconds.max(0);
    match s {
        s if s >= 86_400 => format!("{}d{}h", s / 86_400, s % 86_400 / 3_600),
        s if s >= 3_600 => format!("{}h{}m", s / 3_600, s % 3_600 / 60),
        s if s >= 60 => format!("{}m{}s", s / 60, s % 60),
        s => format!("{s}s"),
    }
}

/// The class of a row, by which it is coloured: HAProxy's names.
#[must_use]
pub fn class(row: &Row, kind: Kind) -> &'static str {
    let (status, backup) = (row.word(Col::Status), row.number(Col::Bck) == Some(1));
    let of = |active: &'static str, other: &'static str| if backup { other } else { active };
    match kind {
        Kind::Frontend => return "frontend",
        Kind::Listener => return "socket",
        Kind::Backend => return "backend",
        Kind::Server => {}
    }
    match status.split(' ').next().unwrap_or("") {
        "MAINT" => "maintain",
        "DOWN" if status.contains('/') => of("active_going_up", "backup_going_up"),
        "DOWN" => of("active_down", "backup_down"),
        "UP" if status.contains('/') => of("active_going_down", "backup_going_down"),
        "UP" => of("active_up", "backup_up"),
        "NOLB" => of("active_nolb", "backup_nolb"),
        "DRAIN" => of("active_draining", "backup_draining"),
        _ => of("active_no_check", "backup_no_check"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_cell() {
        let mut row = Row::new();
        row.text(Col::Status, "UP 1/3").num(Col::Bck, 1).num(Col::Stot, 1_234_567).num(Col::Lastchg, 65);
        for kind in [Kind::Frontend, Kind::Listener, Kind::Server, Kind::Backend] {
            assert_eq!(cells(&row, kind).len(), count(), "{kind:?}");
        }
        let server = cells(&row, Kind::Server);
        assert_eq!(server[9].text, "1\u{202f}234\u{202f}567");
        assert!(server.iter().any(|c| c.text == "1m5s UP 1/3"));
        assert_eq!(class(&row, Kind::Server), "backup_going_down");
    }

    #[test]
    fn texts() {
        assert_eq!([0, 999, 1_000, -12_345].map(grouped), ["0", "999", "1\u{202f}000", "-12\u{202f}345"]);
        assert_eq!([59, 65, 7_260, 200_000].map(time), ["59s", "1m5s", "2h1m", "2d7h"]);
    }
}
