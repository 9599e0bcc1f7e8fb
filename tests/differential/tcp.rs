//! TCP mode: bytes in both directions, half-close, timeouts, errors.

use crate::table::{Row, on, row};

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("tcp-echo", "some bytes here").fin().opaque(),
        row("tcp-echo-in-pieces", "")
            .bytes("one ")
            .pause(20)
            .bytes("two ")
            .pause(20)
            .bytes("three")
            .fin()
            .opaque(),
        row("tcp-half-close-then-all-comes-back", "").bytes("z".repeat(300_000)).fin().opaque(),
        row("tcp-nothing", "").fin().opaque(),
        row("tcp-client-silent", "a b c").opaque(),
    ];
    rows.extend(on(
        2,
        [
            row("tcp-http", "GET /len/10"),
            row("tcp-http-two", "GET /1").then("GET /2").connections(),
            row("tcp-http-unchanged", "GET  http://odd/ HTTP/1.1|hOsT : a|||"),
            row("tcp-server-closes", "GET /connclose/10"),
            row("tcp-server-resets", "GET /reset").opaque(),
            row("tcp-server-answers-after-client-ended", "GET /slow/100").fin(),
            row("tcp-server-too-slow", "GET /slow/800").opaque(),
        ],
    ));
    rows.extend(on(3, [row("tcp-no-server", "GET /").opaque()]));
    rows.extend(on(4, [row("tcp-refused", "GET /").opaque()]));
    rows.extend(on(
        5,
        [
            row("tcp-use-backend-source", "GET /len/10").from([127, 0, 10, 70]),
            row("tcp-default-backend", "to echo please").fin().opaque(),
        ],
    ));
    rows.extend(on(6, [row("tcp-client-fin", "GET /slow/1000").fin().opaque()]));
    rows.extend(on(7, [row("tcp-redispatch", "to echo please").fin().opaque()]));
    rows
}
