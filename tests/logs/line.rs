//! A log line without what naturally differs from run to run.

use regex::Regex;
use std::sync::LazyLock;

/// A line: its text with names in place of dates, process numbers and ports, and its timers and byte counts.
#[derive(Clone, Debug)]
pub struct Line {
    /// As it came, the end of the line shown.
    pub text: String,
    masked: String,
    /// Milliseconds, -1 for those that were not reached.
    timers: Vec<i64>,
    bytes: Vec<i64>,
}

struct Masks {
    plain: Vec<(Regex, &'static str)>,
    http: Regex,
    tcp: Regex,
    clf: Regex,
}

static MASKS: LazyLock<Masks> = LazyLock::new(|| {
    let mask = |pattern: &str, name| (Regex::new(pattern).expect("a good pattern"), name);
    Masks {
        plain: vec![
            mask(r"\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d\b", "DATE"),
            mask(r"\b\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d\.\d{3}\b", "DATE.MS"),
            mask(r"\b\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}", "DATE +ZONE"),
            mask(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d", "ISODATE"),
            mask(r"\b(haproxy|same|sampled|events)\[\d+\]", "TAG[PID]"),
            mask(r" (haproxy|same) \d+ ", " TAG PID "),
            mask(r"\b127\.0\.10\.50:\d+", "CLIENT:PORT"),
            mask(r"\bpid=[0-9A-F]+", "pid=N"),
            mask(r"\bport=[0-9A-F]+", "port=N"),
            mask(r"\btime=[0-9A-F]+", "time=N"),
            mask(r"\b\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d", "DATE"),
            mask(r"\bms=[0-9A-F]+", "ms=N"),
            mask(r"\bcheck duration: \d+ms", "check duration: Nms"),
        ],
        http: Regex::new(r"(-?\d+)/(-?\d+)/(-?\d+)/(-?\d+)/(\+?)(\d+) (-?\d+) (\+?)(\d+) ").expect("good"),
        clf: Regex::new("(-?\\d+) (\\d+) \"\" \"\" \\d+ \\d+ (\"[^\"]*\" \"[^\"]*\" \"[^\"]*\") (-?\\d+) (-?\\d+) (-?\\d+) (-?\\d+) (\\d+) ")
            .expect("good"),
        tcp: Regex::new(r"(-?\d+)/(-?\d+)/(\+?)(\d+) (\+?)(\d+) (..) ").expect("good"),
    }
});

/// Timers may differ so much on a busy machine.
const TIMER: i64 = 300;

impl Line {
    /// Reads a line. `ports`: numbers of this run, and their names.
    pub fn new(raw: &[u8], ports: &[(String, String)]) -> Line {
        let text = crate::common::text(raw).replace('\n', "\\n");
        let (mut timers, mut bytes) = (Vec::new(), Vec::new());
        let mut masked = text.clone();
        let number = |c: &regex::Captures<'_>, i: usize| c[i].parse::<i64>().expect("a number");
        if let Some(c) = MASKS.http.captures(&text) {
            timers.extend([1, 2, 3, 4, 6].map(|i| number(&c, i)));
            bytes.push(number(&c, 9));
            let whole = c.get(0).expect("all").as_str();
            masked = text.replace(whole, &format!("TIMERS/{}T {} {}BYTES ", &c[5], &c[7], &c[8]));
        } else if let Some(c) = MASKS.clf.captures(&text) {
            timers.extend([4, 5, 6, 7, 8].map(|i| number(&c, i)));
            bytes.push(number(&c, 2));
            let whole = c.get(0).expect("all").as_str();
            masked = text.replace(whole, &format!("{} BYTES {} TIMERS ", &c[1], &c[3]));
        } else if let Some(c) = MASKS.tcp.captures(&text) {
            timers.extend([1, 2, 4].map(|i| number(&c, i)));
            bytes.push(number(&c, 6));
            let whole = c.get(0).expect("all").as_str();
            masked = text.replace(whole, &format!("TIMERS/{}T {}BYTES {} ", &c[3], &c[5], &c[7]));
        }
        for (pattern, name) in &MASKS.plain {
            masked = pattern.replace_all(&masked, *name).into_owned();
        }
        for (port, name) in ports {
            masked = masked.replace(port.as_str(), name);
        }
        Line { text, masked, timers, bytes }
    }

    /// The text with names in place of what differs.
    pub fn masked(&self) -> String {
        self.masked.clone()
    }

    /// Whether two programs wrote the same.
    pub fn is_like(&self, other: &Line) -> bool {
        let near = |a: &[i64], b: &[i64], most: i64| {
            a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| (*a < 0) == (*b < 0) && (a - b).abs() <= most.max(a / 2))
        };
        self.masked == other.masked && near(&self.timers, &other.timers, TIMER) && self.bytes == other.bytes
    }
}

#[test]
fn lines_are_compared_by_what_they_say() {
    let line = |text: &str| Line::new(text.as_bytes(), &[("8080".to_owned(), "<A>".to_owned())]);
    let http = "<134>Nov 24 18:00:03 haproxy[5]: 127.0.10.50:33 [24/Nov/2026:18:00:03.563] f b/s 0/0/0/4/4 200 61 - - ---- ";
    let ours = http.replace("haproxy[5]", "haproxy[77]").replace("0/0/0/4/4", "0/1/0/9/20");
    assert!(line(http).is_like(&line(&ours)));
    for (from, to) in
        [("0/0/0/4/4", "0/0/0/-1/4"), ("200", "502"), ("----", "SH--"), (" 61 ", " 60 "), ("b/s", "b/t")]
    {
        assert!(!line(http).is_like(&line(&http.replace(from, to))), "{from} {to}");
    }
    assert!(line("to 127.0.0.1:8080 x").is_like(&line("to 127.0.0.1:<A> x")));
}
