//! Slow clients, slow servers, and servers that are not there.

use crate::table::{Row, on, row};

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("slow-request-line", "").bytes("GET /").pause(400).bytes(" HTTP/1.1\r\n\r\n"),
        row("slow-fields", "GET / HTTP/1.1|Host: a|").pause(400).bytes("\r\n"),
        row("slow-nothing-sent", "").pause(400).bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        row("slow-request-drips", "GET / HTTP/1.1|")
            .pause(100)
            .bytes("A: 1\r\n")
            .pause(100)
            .bytes("B: 1\r\n")
            .pause(100)
            .bytes("\r\n"),
        row("slow-body", "POST /echo|Content-Length: 5").bytes("he").pause(700).bytes("llo"),
        row("slow-server", "GET /slow/600"),
        row("slow-server-in-time", "GET /slow/60"),
        row("slow-server-head", "HEAD /slow/600"),
        row("slow-server-mid-body", "GET /slowbody/600"),
        row("keep-alive-idle", "GET /1")
            .after(1, "")
            .pause(300)
            .bytes("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            .answers(2),
        row("keep-alive-in-time", "GET /1")
            .after(1, "")
            .pause(30)
            .bytes("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            .answers(2),
        row("keep-alive-slow-second", "GET /1").after(1, "GET /2 HTTP/1.1|").pause(400).answers(2),
    ];
    rows.extend(on(
        2,
        [
            row("no-server", "GET /"),
            row("no-server-head", "HEAD /"),
            row("no-server-body", "POST /|Content-Length: 5").bytes("hello"),
        ],
    ));
    rows.extend(on(3, [row("all-disabled", "GET /")]));
    rows.extend(on(
        4,
        [row("refused", "GET /"), row("refused-post", "POST /|Content-Length: 2").bytes("ok")],
    ));
    rows.extend(on(
        5,
        [row("redispatch", "GET /"), row("redispatch-next", "GET /"), row("redispatch-third", "GET /")],
    ));
    rows.extend(on(6, [row("connect-timeout", "GET /")]));
    rows.extend(on(7, [row("backup", "GET /"), row("backup-first-only", "GET /")]));
    rows.extend(on(
        8,
        [
            row("all-backups-1", "GET /all"),
            row("all-backups-2", "GET /all"),
            row("weight-0", "GET /"),
            row("server-maxconn-alone", "GET /full").then("GET /full"),
        ],
    ));
    rows.extend(on(
        9,
        [
            row("tunnel-timeout", "GET /upgrade|Connection: Upgrade|Upgrade: chat")
                .after(1, "over and over")
                .tunnel(13)
                .linger(500),
            row("tunnel-outlives-client-timeout", "GET /upgrade|Connection: Upgrade|Upgrade: chat")
                .after(1, "1234567890")
                .pause(100)
                .bytes("1234567890")
                .pause(100)
                .bytes("1234567890")
                .pause(100)
                .bytes("1234567890")
                .pause(100)
                .bytes("1234567890")
                .tunnel(50),
        ],
    ));
    rows
}
