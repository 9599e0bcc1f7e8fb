//! What a statistics socket says, as figures: `show info` and `show stat` read, and the rates between two looks.
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// What a row of `show stat` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Frontend,
    Backend,
    Server,
    Listener,
}

/// One row, with the rates since the look before.
#[derive(Clone, Debug)]
pub struct Row {
    pub kind: Kind,
    pub proxy: String,
    pub name: String,
    /// As haproxy writes it: `UP 1/3`, `MAINT (via b/s)`, `no check`.
    pub status: String,
    /// The last check: its status and its time, or its code.
    pub check: String,
    pub sessions: u64,
    pub session_limit: Option<u64>,
    pub queue: u64,
    /// Requests a second (sessions, in TCP mode).
    pub rate: f64,
    /// Bytes a second.
    pub bytes_in: f64,
    pub bytes_out: f64,
    /// Errors a second: 5xx, failed connections and answers.
    pub errors: f64,
    /// Average time of an answer of late, in milliseconds; of TCP the whole session's.
    pub latency: Option<u64>,
    pub weight: Option<u64>,
    /// Seconds since the last change of state.
    pub since: Option<u64>,
    /// Every field that has a value, in the order of the CSV.
    pub fields: Vec<(String, String)>,
}

/// The process, from `show info`.
#[derive(Clone, Debug, Default)]
pub struct Process {
    pub name: String,
    pub version: String,
    pub pid: String,
    pub uptime: String,
    pub connections: u64,
    pub max_connections: u64,
    /// Requests and connections a second since the look before.
    pub requests: f64,
    pub accepts: f64,
    pub idle: Option<u64>,
    pub dropped_logs: u64,
}

/// One look.
#[derive(Clone, Debug, Default)]
pub struct Look {
    pub process: Process,
    pub rows: Vec<Row>,
    totals: HashMap<(String, String), Totals>,
    process_totals: (u64, u64),
    at: Option<Instant>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    requests: u64,
    bytes_in: u64,
    bytes_out: u64,
    errors: u64,
}

impl Look {
    /// Reads the two answers; rates are counted from the look before, and are 0 without one.
    ///
    /// # Errors
    /// What came is no answer to `show stat`; the first line of it.
    pub fn read(info: &str, stat: &str, before: Option<&Look>, at: Instant) -> Result<Look, String> {
        let head = stat.lines().next().unwrap_or("").trim();
        let Some(names) = head.strip_prefix("# ") else {
            return Err(format!("'show stat' was answered by: {head}"));
        };
        let names: Vec<&str> = names.split(',').collect();
        let passed = before.and_then(|b| b.at).map(|t| at.duration_since(t));
        let mut look = Look { at: Some(at), ..Look::default() };
        for line in stat.lines().skip(1).filter(|l| !l.trim().is_empty()) {
            let fields: HashMap<&str, &str> = names.iter().copied().zip(line.split(',')).collect();
            let (row, totals) = row(&names, &fields);
            let key = (row.proxy.clone(), row.name.clone());
            let mut row = row;
            if let (Some(passed), Some(old)) = (passed, before.and_then(|b| b.totals.get(&key))) {
                row.rate = rate(totals.requests, old.requests, passed);
                row.bytes_in = rate(totals.bytes_in, old.bytes_in, passed);
                row.bytes_out = rate(totals.bytes_out, old.bytes_out, passed);
                row.errors = rate(totals.errors, old.errors, passed);
            }
            look.totals.insert(key, totals);
            look.rows.push(row);
        }
        look.process(info, before, passed);
        Ok(look)
    }

    fn process(&mut self, info: &str, before: Option<&Look>, passed: Option<Duration>) {
        let fields: HashMap<&str, &str> =
            info.lines().filter_map(|l| l.split_once(':')).map(|(k, v)| (k.trim(), v.trim())).collect();
        let text = |name: &str| fields.get(name).copied().unwrap_or("").to_owned();
        let number = |name: &str| fields.get(name).and_then(|v| v.parse().ok()).unwrap_or(0);
        self.process_totals = (number("CumReq"), number("CumConns"));
        let old = before.map(|b| b.process_totals);
        let between = |now: u64, old: Option<u64>| match (old, passed) {
            (Some(old), Some(passed)) => rate(now, old, passed),
            _ => 0.0,
        };
        self.process = Process {
            name: text("Name"),
            version: text("Version"),
            pid: text("Pid"),
            uptime: text("Uptime"),
            connections: number("CurrConns"),
            max_connections: number("Maxconn"),
            requests: between(self.process_totals.0, old.map(|o| o.0)),
            accepts: between(self.process_totals.1, old.map(|o| o.1)),
            idle: fields.get("Idle_pct").and_then(|v| v.parse().ok()),
            dropped_logs: number("DroppedLogs"),
        };
    }
}

/// How much was added a second. A process that began anew counts from 0 again.
fn rate(now: u64, before: u64, passed: Duration) -> f64 {
    let seconds = passed.as_secs_f64();
    let added = if now >= before { now - before } else { now };
    if seconds > 0.0 { added as f64 / seconds } else { 0.0 }
}

fn row(names: &[&str], fields: &HashMap<&str, &str>) -> (Row, Totals) {
    let text = |name: &str| fields.get(name).copied().unwrap_or("");
    let number = |name: &str| text(name).parse::<u64>().ok();
    let of = |name: &str| number(name).unwrap_or(0);
    let kind = match text("type") {
        "0" => Kind::Frontend,
        "1" => Kind::Backend,
        "3" => Kind::Listener,
        _ => Kind::Server,
    };
    let http = text("mode") == "http";
    // Servers count sessions, one a request; of frontends `req_tot` is what is asked for.
    let requests = match kind {
        Kind::Frontend if http => of("req_tot"),
        _ => of("stot"),
    };
    let totals = Totals {
        requests,
        bytes_in: of("bin"),
        bytes_out: of("bout"),
        errors: of("hrsp_5xx") + if http { 0 } else { of("econ") + of("eresp") },
    };
    let check = match (text("check_status"), number("check_duration")) {
        ("", _) => String::new(),
        (status, Some(ms)) => format!("{status} {ms}ms"),
        (status, None) => status.to_owned(),
    };
    let row = Row {
        kind,
        proxy: text("pxname").to_owned(),
        name: text("svname").to_owned(),
        status: text("status").to_owned(),
        check,
        sessions: of("scur"),
        session_limit: number("slim").filter(|&n| n > 0),
        queue: of("qcur"),
        rate: 0.0,
        bytes_in: 0.0,
        bytes_out: 0.0,
        errors: 0.0,
        latency: if http { number("rtime") } else { number("ttime") },
        weight: number("weight"),
        since: number("lastchg"),
        fields: names
            .iter()
            .filter_map(|n| {
                fields.get(n).filter(|v| !v.is_empty()).map(|v| ((*n).to_owned(), (*v).to_owned()))
            })
            .collect(),
    };
    (row, totals)
}

/// What may be done with a server from the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Ready,
    Drain,
    Maint,
}

impl Wanted {
    /// The command for the runtime API (management manual, 9.3 `set server`).
    #[must_use]
    pub fn command(self, row: &Row) -> String {
        format!("set server {}/{} state {}", row.proxy, row.name, self.word())
    }

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Wanted::Ready => "ready",
            Wanted::Drain => "drain",
            Wanted::Maint => "maint",
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub const INFO: &str = "Name: HAProxy\nVersion: 2.6.12\nPid: 42\nUptime: 0d 0h01m02s\nCurrConns: 7\n\
                            Maxconn: 2000\nCumReq: 100\nCumConns: 50\nIdle_pct: 97\n";

    pub fn stat(requests: u64, bytes: u64) -> String {
        format!(
            "# pxname,svname,qcur,scur,slim,stot,bin,bout,status,weight,check_status,check_duration,lastchg,type,rtime,hrsp_5xx,mode,req_tot,econ,eresp,\n\
             web,FRONTEND,,7,2000,50,{bytes},{bytes},OPEN,,,,,0,,1,http,{requests},,,\n\
             app,a1,1,3,100,{requests},10,20,UP,100,L7OK,3,62,2,12,1,http,,0,0,\n\
             app,a2,0,0,,0,0,0,DOWN 1/2,100,L4CON,0,5,2,0,0,http,,0,0,\n\
             app,BACKEND,1,3,200,{requests},10,20,UP,100,,,62,1,12,1,http,{requests},0,0,\n\n"
        )
    }

    #[test]
    fn rates_are_what_came_between_two_looks() {
        let began = Instant::now();
        let first = Look::read(INFO, &stat(100, 1_000), None, began).unwrap();
        assert_eq!((first.rows.len(), first.rows[1].rate), (4, 0.0));
        let later = INFO.replace("CumReq: 100", "CumReq: 140");
        let second =
            Look::read(&later, &stat(140, 5_000), Some(&first), began + Duration::from_secs(2)).unwrap();
        assert_eq!(second.process.requests, 20.0);
        assert_eq!((second.rows[0].rate, second.rows[0].bytes_in), (20.0, 2_000.0));
        assert_eq!((second.rows[1].rate, second.rows[1].latency), (20.0, Some(12)));
        assert_eq!((second.rows[2].kind, second.rows[2].status.as_str()), (Kind::Server, "DOWN 1/2"));
        assert_eq!((second.rows[1].check.as_str(), second.rows[1].session_limit), ("L7OK 3ms", Some(100)));
        // It began anew: what it counts now came since then.
        let third = Look::read(INFO, &stat(10, 0), Some(&second), began + Duration::from_secs(4)).unwrap();
        assert_eq!(third.rows[0].rate, 5.0);
    }

    #[test]
    fn what_is_no_answer_is_said() {
        let error = Look::read("", "Permission denied\n", None, Instant::now()).unwrap_err();
        assert!(error.contains("Permission denied"), "{error}");
        assert!(Look::read("", "", None, Instant::now()).is_err());
        let row = &Look::read(INFO, &stat(1, 1), None, Instant::now()).unwrap().rows[1];
        assert_eq!(Wanted::Drain.command(row), "set server app/a1 state drain");
    }
}
