//! What rules put into a message, on the wire: it stays one message, also where the rule fails.

use std::net::UdpSocket;
use std::time::Duration;

use crate::common::client::{self, Exchange, Step, get};
use crate::common::ground::{Ground, scratch};
use crate::common::{PATIENCE, text};
use crate::runtime_edits::{ask, await_socket, socket_path};
use crate::{BOTH, DEFAULTS};

/// Values that a client sends, as bytes of Base64, and what they are in a field and in a target.
const VALUES: [(&str, &str, &str); 5] = [
    // bob CR LF X-Admin: yes
    ("Ym9iDQpYLUFkbWluOiB5ZXM=", "bob%0D%0AX-Admin: yes", "bob%0D%0AX-Admin:%20yes"),
    // a NUL b
    ("YQFi", "a%01b", "a%01b"),
    // DEL, 0xff, TAB, #
    ("eH//CSN5", "x%7F\u{ff}\t#y", "x%7F%FF%09%23y"),
    // CR CR LF LF
    ("eg0NCgp6", "z%0D%0D%0A%0Az", "z%0D%0D%0A%0Az"),
    ("cGxhaW4=", "plain", "plain"),
];

fn config(rules: &str) -> String {
    format!(
        "{DEFAULTS}\nfrontend f\n bind \"127.0.10.1:${{F1}}\"\n{rules}\n default_backend b\nbackend b\n server a \"${{A}}\"\n"
    )
}

#[test]
fn values_of_rules_do_not_end_a_field() {
    let rules = " http-request set-header X-Set %[req.hdr(x-value),b64dec]\n http-request add-header X-More <%[req.hdr(x-value),b64dec]>\n \
        http-request set-header X-Old 1\n http-request replace-header X-Old .* %[req.hdr(x-value),b64dec]\n \
        http-request set-path /%[req.hdr(x-value),b64dec]\n http-request set-query q=%[req.hdr(x-value),b64dec]\n \
        http-request set-var(txn.v) req.hdr(x-value),b64dec\n \
        http-response set-header X-Answer %[var(txn.v)]\n http-response set-header Set-Cookie a=%[var(txn.v)]";
    for program in BOTH {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 1, &config(rules));
        for (value, field, target) in VALUES {
            ground.log.take(Duration::ZERO);
            let outcome =
                get(ground.front(1), format!("GET / HTTP/1.1\r\nHost: h\r\nX-Value: {value}\r\n\r\n"));
            let seen = ground.log.take(Duration::from_millis(500));
            assert_eq!((seen.len(), outcome.answers.len()), (1, 1), "{value}");
            let head = &seen[0].head;
            assert_eq!(head.line, format!("GET /{target}?q={target} HTTP/1.1"));
            assert_eq!(head.field("x-set"), Some(field));
            assert_eq!(head.field("x-more"), Some(format!("<{field}>").as_str()));
            assert_eq!(head.field("x-old"), Some(field));
            assert_eq!(head.fields.len(), 5, "host, x-value and the three: {:?}", head.fields);
            let answer = &outcome.answers[0].head;
            assert_eq!(answer.field("x-answer"), Some(field));
            assert_eq!(answer.field("set-cookie"), Some(format!("a={field}").as_str()));
            assert!(answer.field("x-admin").is_none() && outcome.rest.is_empty());
        }
    }
}

#[test]
fn answers_of_our_own_stay_one_answer() {
    let rules = " http-request redirect location /%[req.hdr(x-value),b64dec] if { path /location }\n \
        http-request redirect prefix http://h/%[req.hdr(x-value),b64dec] if { path /prefix }\n \
        http-request return status 200 content-type text/plain string ok hdr X-A %[req.hdr(x-value),b64dec] if { path /return }\n \
        http-request deny deny_status 403 hdr X-A %[req.hdr(x-value),b64dec] if { path /deny }";
    for program in BOTH {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 1, &config(rules));
        for (value, field, _) in VALUES {
            for (path, name, begin) in [
                ("/location", "location", "/"),
                ("/prefix", "location", "http://h/"),
                ("/return", "x-a", ""),
                ("/deny", "x-a", ""),
            ] {
                // A second request behind it: a split answer would stand in its place.
                let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\nX-Value: {value}\r\n\r\n");
                let exchange = Exchange {
                    steps: vec![Step::Send(
                        (request + "GET /len/3 HTTP/1.1\r\nHost: h\r\n\r\n").into_bytes(),
                    )],
                    answers: 2,
                    ..Exchange::default()
                };
                let outcome = client::run(ground.front(1), &exchange);
                assert_eq!(outcome.answers.len(), 2, "{path} {value}: {:?}", outcome.statuses());
                let got = outcome.answers[0].head.field(name).unwrap_or_default();
                let end = if path == "/prefix" { path } else { "" };
                assert_eq!(got, format!("{begin}{field}{end}"), "{path}");
                assert!(outcome.answers[0].head.field("x-admin").is_none());
                assert_eq!(outcome.answers[1].body.bytes.len(), 3);
            }
        }
    }
}

#[test]
fn what_does_not_fit_fails_its_rule_and_is_counted() {
    let rules = " http-request set-method %[req.hdr(x-value),b64dec] if { path /method }\n \
        http-request set-uri %[req.hdr(x-value),b64dec] if { path /uri }\n \
        http-request set-header Host %[req.hdr(x-value),b64dec] if { path /host }\n \
        http-request set-uri http://other:8080/y if { path /absolute }\n \
        http-request strict-mode off if { path /lax }\n http-request set-method \"A B\" if { path /lax }\n \
        log-format \"%ST %tsc\"";
    for program in BOTH {
        let ground = Ground::new();
        let socket = socket_path();
        let global = format!("global\n stats socket {} level admin\n", socket.display());
        let _proxy = ground.serve(program, 1, &(global + &config(rules)));
        await_socket(&socket);
        let status = |path: &str, value: &str| {
            let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\nX-Value: {value}\r\n\r\n");
            get(ground.front(1), request).statuses()
        };
        ground.log.take(Duration::ZERO);
        // "A B", "x y", "a/b".
        for (path, value) in [("/method", "QSBC"), ("/uri", "eCB5"), ("/host", "YS9i")] {
            assert_eq!(status(path, value), [500], "{path}");
        }
        assert!(ground.log.take(Duration::ZERO).is_empty(), "nothing was forwarded");
        assert_eq!(status("/lax", "QQ=="), [200]);
        let seen = ground.log.take(Duration::from_millis(500));
        assert_eq!(seen[0].head.line, "GET /lax HTTP/1.1");
        // "PURGE", "/y", "other".
        for (path, value) in [("/method", "UFVSR0U="), ("/uri", "L3k="), ("/host", "b3RoZXI=")] {
            assert_eq!(status(path, value), [200], "{path}");
        }
        // An absolute target and Host name one host.
        ground.log.take(Duration::ZERO);
        assert_eq!(status("/absolute", "eA=="), [200]);
        let seen = ground.log.take(Duration::from_millis(500));
        assert_eq!(seen[0].head.line, "GET http://other:8080/y HTTP/1.1");
        assert_eq!(seen[0].head.all("host").collect::<Vec<_>>(), ["other:8080"]);
        let stat = ask(&socket, "show stat");
        let mut lines = stat.lines();
        let names: Vec<&str> = lines.next().expect("a head").trim_start_matches("# ").split(',').collect();
        let row: Vec<&str> =
            lines.find(|l| l.starts_with("f,FRONTEND,")).expect("a row").split(',').collect();
        let value = |name: &str| row[names.iter().position(|n| *n == name).expect("a column")];
        assert_eq!((value("wrew"), value("eint"), value("hrsp_5xx"), value("dreq")), ("4", "3", "3", "0"));
    }
}

/// A value cannot begin another line of a log, nor of an answer of the runtime API.
#[test]
fn values_stay_on_their_line() {
    for program in BOTH {
        let ground = Ground::new();
        let receiver = UdpSocket::bind("127.0.0.1:0").expect("a port");
        receiver.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let (socket, map) = (socket_path(), scratch("map", "here 1\n"));
        let rules = format!(
            " log {} local0\n log-format \"<%[var(txn.v)]> <%{{+Q}}[var(txn.v)]> <%[var(txn.none)]>\"\n \
             http-request set-var(txn.v) req.hdr(x-value),b64dec\n http-request set-map({map}) %[req.hdr(x-value),b64dec] %[var(txn.v)]\n \
             http-request set-header X-Found %[path,map({map})]",
            receiver.local_addr().expect("bound"),
            map = map.display(),
        );
        let global = format!("global\n stats socket {} level admin\n", socket.display());
        let _proxy = ground.serve(program, 1, &(global + &config(&rules)));
        await_socket(&socket);
        let request = "GET / HTTP/1.1\r\nHost: h\r\nX-Value: Ym9iDQpYLUFkbWluOiB5ZXM=\r\n\r\n";
        assert_eq!(get(ground.front(1), request).statuses(), [200]);
        let mut room = [0; 1_024];
        // Who looked whether the listener accepts has a line, too.
        let line = loop {
            let length = receiver.recv(&mut room).expect("a line");
            let line = text(&room[..length]);
            if line.contains("bob") {
                break line;
            }
        };
        let value = "bob%0D%0AX-Admin: yes";
        assert!(line.trim_end().ends_with(&format!("<{value}> <\"{value}\"> <->")), "{line:?}");
        let shown = ask(&socket, &format!("show map {}", map.display()));
        let entries: Vec<&str> = shown.lines().filter(|l| !l.is_empty()).collect();
        assert_eq!(entries.len(), 2, "{shown}");
        assert!(entries[1].ends_with(" bob\\r\\nX-Admin: yes bob\\r\\nX-Admin: yes"), "{shown}");
    }
}

/// `docker exec`: a POST with a body asks for another protocol, and its client speaks on behind the body.
#[test]
fn an_upgrade_with_a_body_becomes_a_tunnel_behind_it() {
    for program in BOTH {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 1, &config(""));
        for body in ["content-length: 2\r\n\r\n{}", "transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"]
        {
            ground.log.take(Duration::ZERO);
            let head = "POST /upgrade HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n";
            let (first, last) = body.split_at(body.len() - 3);
            let exchange = Exchange {
                steps: vec![
                    Step::Send(format!("{head}{first}").into_bytes()),
                    Step::Pause(Duration::from_millis(30)),
                    // The end of the body, and bytes of the new protocol in the same packet.
                    Step::Send(format!("{last}hello").into_bytes()),
                    Step::AwaitHeads(1),
                    Step::Send(b" again".to_vec()),
                ],
                methods: vec!["POST".to_owned()],
                tunnel: 11,
                ..Exchange::default()
            };
            let outcome = client::run(ground.front(1), &exchange);
            assert_eq!(outcome.statuses(), [101]);
            assert_eq!(text(&outcome.answers[0].body.bytes), "hello again");
            assert_eq!(outcome.answers[0].head.field("upgrade"), Some("tcp"));
            let seen = ground.log.take(Duration::from_millis(500));
            assert_eq!(text(&seen[0].body.bytes), "{}");
            assert_eq!(seen[0].head.field("upgrade"), Some("tcp"));
        }
    }
}

/// HTTP/2 in a tunnel would pass by every rule.
#[test]
fn no_tunnel_of_http_2_is_asked_for_or_opened() {
    for program in BOTH {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 1, &config(""));
        let ask = |upgrade: &str, x_do: &str| {
            ground.log.take(Duration::ZERO);
            let outcome = get(
                ground.front(1),
                format!(
                    "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: {upgrade}\r\nHTTP2-Settings: AAM\r\n\
                     X-Do: {x_do}\r\n\r\n"
                ),
            );
            let seen = ground.log.take(Duration::from_millis(500));
            (
                outcome.statuses(),
                seen[0].head.field("upgrade").map(str::to_owned),
                seen[0].head.field("connection").map(str::to_owned),
            )
        };
        let settings = Some("HTTP2-Settings".to_owned());
        assert_eq!(ask("h2c", "/len/1"), (vec![200], None, settings.clone()));
        assert_eq!(ask("H2C, h2", "/len/1"), (vec![200], None, settings.clone()));
        // The origin switches all the same.
        let switches = "/raw/HTTP/1.1%20101%20X\\r\\nConnection:%20Upgrade\\r\\nUpgrade:%20h2c\\r\\n\\r\\n";
        assert_eq!(ask("h2c", switches), (vec![502], None, settings));
        let (statuses, upgrade, _) = ask("tcp", switches);
        assert_eq!((statuses, upgrade.as_deref()), (vec![502], Some("tcp")));
    }
}
