//! The machine a report was made on.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    pub cpu: String,
    pub mhz: f64,
    pub cores: usize,
    pub memory_mb: u64,
    pub kernel: String,
    /// RLIMIT_NOFILE as this process may raise it.
    pub descriptors: u64,
    pub settings: BTreeMap<String, String>,
}

fn text(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

pub fn look(descriptors: u64) -> Machine {
    let cpuinfo = text("/proc/cpuinfo");
    let of = |name: &str| {
        let line = cpuinfo.lines().find(|l| l.starts_with(name));
        line.and_then(|l| l.split_once(':')).map(|(_, v)| v.trim().to_owned()).unwrap_or_default()
    };
    let memory = text("/proc/meminfo");
    let kb =
        memory.lines().next().and_then(|l| l.split_whitespace().nth(1)?.parse::<u64>().ok()).unwrap_or(0);
    let names =
        ["net/core/somaxconn", "net/ipv4/ip_local_port_range", "net/ipv4/tcp_tw_reuse", "net/ipv4/tcp_mem"];
    Machine {
        cpu: of("model name"),
        mhz: of("cpu MHz").parse().unwrap_or(0.0),
        cores: cpuinfo.lines().filter(|l| l.starts_with("processor")).count(),
        memory_mb: kb / 1024,
        kernel: text("/proc/sys/kernel/osrelease"),
        descriptors,
        settings: names
            .iter()
            .map(|n| (n.replace('/', "."), text(&format!("/proc/sys/{n}")).replace('\t', " ")))
            .collect(),
    }
}

/// Now as `2026-01-31 23:59:59 UTC`.
pub fn date() -> String {
    let seconds =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (y, m, d) = civil(days);
    format!("{y}-{m:02}-{d:02} {:02}:{:02}:{:02} UTC", rest / 3600, rest / 60 % 60, rest % 60)
}

/// Year, month and day of a day since 1970-01-01.
fn civil(mut days: u64) -> (u64, usize, u64) {
    let leap = |y: u64| y.is_multiple_of(4) && !y.is_multiple_of(100) || y.is_multiple_of(400);
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let months = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= months[month] {
        days -= months[month];
        month += 1;
    }
    (year, month + 1, days + 1)
}

#[cfg(test)]
mod tests {
    #[test]
    fn days_have_their_dates() {
        assert_eq!(super::civil(0), (1970, 1, 1));
        assert_eq!(super::civil(11_016), (2000, 2, 29));
        assert_eq!(super::civil(20_454), (2026, 1, 1));
        assert_eq!(super::civil(20_453), (2025, 12, 31));
    }
}
