//! The values of `show info` beside haproxy, in each of its forms.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use crate::common::client;
use crate::common::proxy::Program;
use crate::common::{self, CLIENT};
use crate::{BOTH, Stand};

const FILE: &str = "global
    nbthread 2
    maxconn 321
    node here
    description the edge
    stats socket SOCKET level admin
defaults
    mode http
    timeout connect 5s
    timeout client 20s
    timeout server 20s
frontend web
    bind 127.0.10.1:${F1}
    bind 127.0.10.1:${F2}
    default_backend app
backend app
    server a ${A}
";

/// Lines whose values are each program's own, or the moment's; `docs/compat.md` says which are counted differently.
const NOT: [&str; 25] = [
    // An earlier connection to the socket may still be ending.
    "Jobs",
    "Version",
    "Release_date",
    "Pid",
    "Uptime",
    "Uptime_sec",
    "PoolAlloc_MB",
    "PoolUsed_MB",
    "PoolAlloc_bytes",
    "PoolUsed_bytes",
    "Ulimit-n",
    "Maxsock",
    "CumConns",
    "CumReq",
    "ConnRate",
    "MaxConnRate",
    "SessRate",
    "MaxSessRate",
    "Tasks",
    "Run_queue",
    "Idle_pct",
    "TotalBytesOut",
    "BytesOutRate",
    "Build info",
    "Start_time_sec",
];

fn lines(text: &str) -> BTreeMap<String, String> {
    let pair = |line: &str| line.split_once(": ").map(|(n, v)| (n.to_owned(), v.to_owned()));
    text.lines().filter_map(pair).collect()
}

/// What is asked while one connection is open and has got an answer.
fn answers(program: Program) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let stand = Stand::start(program, 2, FILE);
    let mut open = client::connect(stand.ground.front(1), CLIENT).expect("connect");
    open.write_all(b"GET /len/5 HTTP/1.1\r\nHost: h\r\n\r\n").expect("ask");
    open.read_exact(&mut [0; 20]).expect("an answer");
    // Those that looked whether it is there have gone.
    let alone = || lines(&stand.ask("show info")).get("CurrConns").is_some_and(|n| n == "1");
    assert!(common::eventually(alone), "{}", program.name());
    (lines(&stand.ask("show info")), lines(&stand.ask("show info float")))
}

#[test]
fn values_are_haproxys() {
    let (wanted, in_float) = answers(Program::Haproxy);
    for program in BOTH {
        let (got, got_float) = answers(program);
        assert_eq!(wanted.keys().collect::<Vec<_>>(), got.keys().collect::<Vec<_>>(), "{}", program.name());
        for (name, value) in wanted.iter().filter(|(name, _)| !NOT.contains(&name.as_str())) {
            assert_eq!(got[name], *value, "{}: {name}", program.name());
        }
        // Which figures have fractions where they are asked for.
        let fractions = |all: &BTreeMap<String, String>| -> Vec<String> {
            let with = all
                .iter()
                .filter(|(name, value)| value.contains('.') && *name != "Version" && *name != "Build info");
            with.map(|(name, _)| name.clone()).collect()
        };
        assert_eq!(fractions(&got_float), fractions(&in_float), "{}", program.name());
        // What differs is still true.
        let number =
            |name: &str| got[name].parse::<u64>().unwrap_or_else(|_| panic!("{name}: {}", got[name]));
        assert!(number("CumReq") >= 1 && number("CumConns") >= 1 && number("TotalBytesOut") > 50);
        assert!(number("PoolAlloc_bytes") > 1 << 20 && number("Tasks") >= 1 && number("Idle_pct") <= 100);
        // Three listeners, the open connection, and who asks.
        assert!(number("Jobs") >= 5, "{}", number("Jobs"));
        assert!(number("Ulimit-n") >= 321 && number("Start_time_sec") > 1_600_000_000);
    }
}
