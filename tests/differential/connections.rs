//! Which connections stay open, and which requests share one.

use crate::table::{Row, on, row};

/// The same exchanges against listeners with different options.
const LISTENERS: [(usize, [&str; 7]); 7] = [
    (
        1,
        [
            "default-two",
            "default-client-closes",
            "default-10",
            "default-10-ka",
            "default-server-closes",
            "default-server-10",
            "default-quiet-close",
        ],
    ),
    (
        2,
        [
            "httpclose-two",
            "httpclose-client-closes",
            "httpclose-10",
            "httpclose-10-ka",
            "httpclose-server-closes",
            "httpclose-server-10",
            "httpclose-quiet-close",
        ],
    ),
    (
        3,
        [
            "server-close-two",
            "server-close-client-closes",
            "server-close-10",
            "server-close-10-ka",
            "server-close-server-closes",
            "server-close-server-10",
            "server-close-quiet-close",
        ],
    ),
    (
        4,
        [
            "keep-alive-two",
            "keep-alive-client-closes",
            "keep-alive-10",
            "keep-alive-10-ka",
            "keep-alive-server-closes",
            "keep-alive-server-10",
            "keep-alive-quiet-close",
        ],
    ),
    (
        5,
        [
            "be-httpclose-two",
            "be-httpclose-client-closes",
            "be-httpclose-10",
            "be-httpclose-10-ka",
            "be-httpclose-server-closes",
            "be-httpclose-server-10",
            "be-httpclose-quiet-close",
        ],
    ),
    (
        6,
        [
            "be-server-close-two",
            "be-server-close-client-closes",
            "be-server-close-10",
            "be-server-close-10-ka",
            "be-server-close-server-closes",
            "be-server-close-server-10",
            "be-server-close-quiet-close",
        ],
    ),
    (
        7,
        [
            "mixed-two",
            "mixed-client-closes",
            "mixed-10",
            "mixed-10-ka",
            "mixed-server-closes",
            "mixed-server-10",
            "mixed-quiet-close",
        ],
    ),
];

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (front, [two, client_closes, old, old_kept, server_closes, server_old, quiet]) in LISTENERS {
        rows.extend(on(
            front,
            [
                row(two, "GET /1").then("GET /2"),
                row(client_closes, "GET /|Connection: close"),
                row(old, "GET / HTTP/1.0||"),
                row(old_kept, "GET /1 HTTP/1.0|Connection: keep-alive||"),
                row(server_closes, "GET /connclose/10").then("GET /2"),
                row(server_old, "GET /http10/10").then("GET /2"),
                row(quiet, "GET /quietclose/10").then("GET /2"),
            ],
        ));
    }
    rows.extend(on(
        8,
        [
            row("reuse-never-own-connection", "GET /1").then("GET /2").connections(),
            row("reuse-never-new-client", "GET /1").connections(),
        ],
    ));
    rows.extend(on(
        9,
        [
            row("reuse-always-first", "GET /1").then("GET /2").connections(),
            row("reuse-always-new-client", "GET /1").connections(),
        ],
    ));
    rows
}
