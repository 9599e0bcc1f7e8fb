//! `show info` and `show stat` in their other forms, and `clear counters`, beside haproxy.

use std::path::Path;

use crate::common::client;
use crate::common::ground::Ground;
use crate::common::proxy::{Program, Proxy};
use crate::{BOTH, DEFAULTS, ask, await_socket, socket_path};

/// A program that has served five requests.
fn with_traffic<T>(program: Program, f: impl FnOnce(&Path) -> T) -> T {
    let (ground, socket) = (Ground::new(), socket_path());
    let config = format!(
        "global\n    nbthread 1\n    stats socket {} level admin\n    node here\n{DEFAULTS}frontend site
    bind \"127.0.10.1:${{F1}}\"
    default_backend farm
backend farm
    balance roundrobin
    server a \"${{A}}\" weight 2
    server b \"${{B}}\" backup maxqueue 7
    server c \"${{C}}\" disabled
",
        socket.display()
    );
    let _proxy: Proxy = ground.serve(program, 1, &config);
    await_socket(&socket);
    for path in ["/len/100", "/len/10", "/len/1", "/status/404", "/len/5"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: example.test\r\nConnection: close\r\n\r\n");
        client::get(ground.front(1), request);
    }
    std::thread::sleep(std::time::Duration::from_millis(200));
    let result = f(&socket);
    let _ = std::fs::remove_file(&socket);
    result
}

/// Everything of a typed line but its value.
fn shape(line: &str) -> String {
    let mut parts = line.splitn(4, ':');
    let (name, tags, kind) = (parts.next(), parts.next(), parts.next());
    let description = line.rsplit_once(":\"").map_or("", |(_, d)| d);
    format!("{} {} {} {description}", name.unwrap_or(""), tags.unwrap_or(""), kind.unwrap_or(""))
}

/// Columns of haproxy for which we have no figure (`docs/compat.md`), and those of listeners it adds.
fn is_ours(line: &str) -> bool {
    const EMPTY: [&str; 6] =
        ["idle_conn_cur", "safe_conn_cur", "need_conn_est", "h1_open_streams", "h1_bytes_in", "h1_bytes_out"];
    let of_a_backend = line.starts_with("B") && line.contains(".h1_open_connections.");
    !of_a_backend && !EMPTY.iter().any(|name| line.contains(&format!(".{name}.")))
}

#[test]
fn typed_figures_have_haproxys_names_tags_and_types() {
    for question in
        ["show info typed desc", "show stat typed desc", "show stat farm 4 -1 typed", "show stat typed up"]
    {
        let shapes = |program| -> Vec<String> {
            with_traffic(program, |s| ask(s, question)).lines().filter(|l| is_ours(l)).map(shape).collect()
        };
        let wanted = shapes(Program::Haproxy);
        assert!(wanted.len() > 60, "{question}: {}", wanted.len());
        for program in BOTH {
            let got = shapes(program);
            let missing: Vec<&String> = wanted.iter().filter(|l| !got.contains(l)).collect();
            let more: Vec<&String> = got.iter().filter(|l| !wanted.contains(l)).collect();
            assert!(
                missing.is_empty() && more.is_empty(),
                "{}: {question}\nmissing: {missing:#?}\nmore: {more:#?}",
                program.name()
            );
        }
    }
}

/// JSON is JSON, with the same members as haproxy's.
#[test]
fn json_figures_are_read_by_a_parser() {
    let script = "import json,sys
d=json.load(sys.stdin)
flat=d if isinstance(d[0],dict) else [x for row in d for x in row]
for x in flat: print(x.get('objType'),x.get('proxyId'),x['field']['name'],x['tags']['origin'],x['tags']['nature'],x['tags']['scope'],x['value']['type'],type(x['value']['value']).__name__)";
    let parsed = |program, question: &str| -> Vec<String> {
        let text = with_traffic(program, |s| ask(s, question));
        let mut child = std::process::Command::new("python3")
            .args(["-c", script])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("python3");
        std::io::Write::write_all(&mut child.stdin.take().expect("stdin"), text.as_bytes()).expect("write");
        let out = child.wait_with_output().expect("wait");
        assert!(out.status.success(), "{question}: {text}");
        let text = String::from_utf8(out.stdout).expect("text");
        text.lines().filter(|l| is_ours(&l.replace(' ', "."))).map(str::to_owned).collect()
    };
    for question in ["show info json", "show stat json"] {
        let wanted = parsed(Program::Haproxy, question);
        for program in BOTH {
            assert_eq!(parsed(program, question), wanted, "{}: {question}", program.name());
        }
    }
}

/// The figures of a CSV by which counting is seen.
fn counted(csv: &str) -> Vec<String> {
    let mut lines = csv.lines();
    let columns: Vec<&str> = lines.next().expect("a head").trim_start_matches("# ").split(',').collect();
    let kept = [
        "svname", "smax", "stot", "rate_max", "hrsp_2xx", "hrsp_4xx", "req_tot", "lbtot", "conn_tot",
        "lastsess", "connect",
    ];
    let shown = |line: &str| {
        let both = columns.iter().zip(line.split(',')).filter(|(c, _)| kept.contains(c));
        both.map(|(c, v)| format!("{c}={v}")).collect::<Vec<_>>().join(" ")
    };
    lines.filter(|l| !l.is_empty()).map(shown).collect()
}

#[test]
fn counters_are_cleared_as_haproxy_clears_them() {
    let seen = |program| {
        with_traffic(program, |socket| {
            // The second in which the requests came has to be over, or rates are still of it.
            std::thread::sleep(std::time::Duration::from_millis(2_200));
            let peaks = ask(socket, "clear counters");
            let after_peaks = counted(&ask(socket, "show stat"));
            let all = ask(socket, "clear counters all");
            let after_all = counted(&ask(socket, "show stat"));
            let info = ask(socket, "show info");
            let keeps = info
                .lines()
                .any(|l| l.strip_prefix("CumConns: ").is_some_and(|n| n.parse::<u64>().unwrap() >= 5));
            let sent = info
                .lines()
                .any(|l| l.strip_prefix("TotalBytesOut: ").is_some_and(|n| n.parse::<u64>().unwrap() > 100));
            let line = |l: &String| {
                let seconds = ["1", "2", "3"].map(|n| format!("lastsess={n}"));
                seconds.iter().fold(l.clone(), |l, s| l.replace(s, "lastsess=N"))
            };
            (peaks, after_peaks.iter().map(line).collect::<Vec<_>>(), all, after_all, keeps, sent)
        })
    };
    let wanted = seen(Program::Haproxy);
    assert!(wanted.1.iter().any(|l| l.contains("stot=5")) && wanted.3.iter().all(|l| !l.contains("stot=5")));
    for program in BOTH {
        assert_eq!(seen(program), wanted, "{}", program.name());
    }
}

/// `show stat domain resolvers` has haproxy's columns, one line a name server.
#[test]
fn name_servers_have_a_table() {
    let table = |program: Program| -> Vec<String> {
        let (ground, socket) = (Ground::new(), socket_path());
        let config = format!(
            "global\n    nbthread 1\n    stats socket {}\n{DEFAULTS}resolvers dns\n    nameserver n 127.0.0.1:53\n    \
             nameserver m 127.0.0.2:53\nfrontend site\n    bind \"127.0.10.1:${{F1}}\"\n",
            socket.display()
        );
        let _proxy = ground.serve(program, 1, &config);
        await_socket(&socket);
        let answer = ask(&socket, "show stat domain resolvers");
        let _ = std::fs::remove_file(&socket);
        // HAProxy has a section of its own from the system's file.
        answer.lines().filter(|l| !l.contains(",default,")).map(str::to_owned).collect()
    };
    let wanted = table(Program::Haproxy);
    assert!(wanted.iter().any(|l| l.starts_with("n,dns,")), "{wanted:?}");
    for program in BOTH {
        assert_eq!(table(program), wanted, "{}", program.name());
    }
}
