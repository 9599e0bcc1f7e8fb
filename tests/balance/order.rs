//! Algorithms that give each server its turn, and the rules that go before them.

use crate::compare;
use crate::stage::{ask, get, tell, turn};

const FARM: &str = "    server s0 \"${S0}\" weight 10
    server s1 \"${S1}\" weight 20
    server s2 \"${S2}\" weight 5
    server s3 \"${S3}\" weight 15
    server s4 \"${S4}\" weight 10 backup
    server s5 \"${S5}\" weight 30 backup
";

/// Turns, weights, maintenance, drain, backups, one by one and all.
#[test]
fn turns_are_haproxys() {
    let (mut backends, mut script) = (String::new(), Vec::new());
    let algorithms = ["roundrobin", "static-rr", "leastconn", "first", "hdr(none)", "uri", "url_param a"];
    let changes = [
        "s1 weight 0%",
        "s1 weight 100%",
        "s1 weight 7",
        "s0 state maint",
        "s3 state drain",
        "s1 state maint",
        "s2 state maint",
        "s4 state maint",
        "s5 weight 3",
        "s5 state maint",
        "s5 state ready",
        "s4 state ready",
        "s3 state ready",
        "s2 state ready",
        "s1 state ready",
        "s0 state ready",
        "s2 weight 256",
        "s2 weight 5",
        "s1 weight 20",
        "s1 weight 57%",
        "s1 weight 7%",
        "s1 weight 900%",
        "s1 weight 2000%",
        "s1 weight -1%",
        "s1 weight -1",
        "s1 weight 1x",
        "s1 weight 0x2",
        "s1 weight 5%%",
        "s1 weight +4",
        "s1 weight 100%",
        "s1 weight 300",
        "s1 weight x",
    ];
    for algorithm in algorithms {
        let keyless = algorithm.starts_with("hdr") || algorithm.starts_with("url_param");
        for (kind, option) in [("one", ""), ("all", "    option allbackups\n")] {
            for method in ["map-based", "consistent"] {
                let name = format!("{}-{kind}-{method}", algorithm.replace(['(', ')', ' '], "-"));
                backends.push_str(&format!(
                    "backend {name}\n    balance {algorithm}\n    hash-type {method}\n{option}{FARM}"
                ));
                script.push(turn(&name, 70));
                for change in changes {
                    // Where a ring is walked without a hash, weights move the position in HAProxy's own way (docs/compat.md).
                    if keyless && method == "consistent" && change.contains("weight") {
                        continue;
                    }
                    let (server, rest) = change.split_once(' ').expect("two words");
                    script.push(tell(&format!("set server {name}/{server} {rest}")));
                    script.push(turn(&name, 35));
                }
            }
        }
    }
    compare(&backends, &script);
}

/// Ids, not lines, decide under `first`.
#[test]
fn the_first_is_that_of_the_lowest_id() {
    let backends =
        "backend ids\n    balance first\n    server s0 \"${S0}\" id 30\n    server s1 \"${S1}\" id 10
    server s2 \"${S2}\" id 20\n    server s3 \"${S3}\" id 5 backup\n    server s4 \"${S4}\" id 2 backup\n";
    let mut script = vec![turn("ids", 3)];
    for server in ["s1", "s2", "s0"] {
        script.push(tell(&format!("set server ids/{server} state maint")));
        script.push(turn("ids", 3));
    }
    assert_eq!(compare(backends, &script).concat().replace('\n', ""), "111222000333");
}

/// `use-server` goes before the balance, in the order of its lines, past servers that are down.
#[test]
fn rules_name_a_server() {
    let backends = "backend rules
    use-server s2 if { path_beg /two }
    use-server s3 unless { path_beg /a /two /t /n /x }
    use-server %[req.hdr(srv)] if { path /n }
    use-server s1 if { path /n } { req.hdr(srv) nobody } || { path_beg /two }
    balance roundrobin
    server s0 \"${S0}\"
    server s1 \"${S1}\"
    server s2 \"${S2}\"
    server s3 \"${S3}\" weight 0
    server s4 \"${S4}\" backup
";
    let requests: Vec<String> = ["/two", "/b", "/a", "/a", "/a", "/x", "/two/x", "/n"]
        .iter()
        .map(|p| get(p, ""))
        .chain(["s0", "s4", "nobody", "s3", "s1"].iter().map(|s| get("/n", &format!("Srv: {s}\r\n"))))
        .collect();
    let mut script = vec![ask("rules", requests.clone())];
    for change in ["s2 state maint", "s3 state drain", "s1 state drain", "s3 state maint", "s2 state ready"] {
        let (server, rest) = change.split_once(' ').expect("two words");
        script.push(tell(&format!("set server rules/{server} {rest}")));
        script.push(ask("rules", requests.clone()));
    }
    compare(backends, &script);
}
