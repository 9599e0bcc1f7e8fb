//! Rules that answer or change a request.

use crate::common::client::End;
use crate::table::{Row, on, row};

const A_LENGTH: &str =
    "a file without a length gets one: its end is seen without waiting for the connection's";

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("deny", "GET /403"),
        row("deny-400", "GET /400"),
        row("deny-401", "GET /401"),
        row("deny-404", "GET /404"),
        row("deny-405", "GET /405"),
        row("deny-429", "GET /429"),
        row("deny-500", "GET /500"),
        row("deny-503", "GET /503"),
        row("deny-200", "GET /200"),
        row("deny-not", "GET /x"),
        row("deny-unless", "DELETE /x"),
        row("deny-head-has-no-body", "HEAD /403"),
        row("deny-then-next-request", "GET /403").then("GET /x"),
        row("deny-with-body", "POST /403|Content-Length: 5").bytes("hello"),
        row("deny-with-body-then-next", "POST /403|Content-Length: 5").bytes("hello").then("GET /x"),
        row("deny-http10", "GET /403 HTTP/1.0||"),
        row("deny-http10-keep-alive", "GET /403 HTTP/1.0|Connection: keep-alive||"),
        row("deny-client-closes", "GET /403|Connection: close"),
    ];
    rows.extend(on(2, editing()));
    rows.extend(on(3, moved()));
    rows.extend(on(4, watched()));
    rows.extend(on(
        5,
        [
            row("backend-rules-see-frontends", "GET /x"),
            row("backend-deny", "GET /blocked/x"),
            row("backend-redirect", "GET /be-move?x=1"),
        ],
    ));
    rows
}

fn editing() -> Vec<Row> {
    vec![
        row("edit-plain", "GET /"),
        row("edit-set-replaces-all", "GET /|X-Set: a|X-Set: b|x-set: c, d"),
        row("edit-set-twice", "GET /twice"),
        row("edit-add-keeps", "GET /|X-Add: zero"),
        row("edit-del", "GET /|X-Del: 1|x-del: 2"),
        row("edit-del-cookie", "GET /no-cookie|Cookie: a=b"),
        row("edit-host", "GET /host"),
        row("edit-host-absolute", "GET http://example.test/host HTTP/1.1|Host: example.test||"),
        row("edit-del-by-count", "GET /|X-Multi: 1|X-Multi: 2"),
        row("edit-empty-value", "GET /empty"),
        row("edit-order", "GET /order"),
    ]
}

fn moved() -> Vec<Row> {
    vec![
        row("redirect-location", "GET /loc"),
        row("redirect-301", "GET /loc301"),
        row("redirect-303", "GET /loc303"),
        row("redirect-307", "GET /loc307"),
        row("redirect-308", "GET /loc308"),
        row("redirect-prefix", "GET /pre/x?y=1"),
        row("redirect-prefix-drop-query", "GET /dropq/x?y=1"),
        row("redirect-append-slash", "GET /slash/x?y=1"),
        row("redirect-append-slash-has-one", "GET /slash/x/"),
        row("redirect-prefix-slash", "GET /keep-uri"),
        row("redirect-scheme", "GET /tls/x?y=1|Host: example.test:8080"),
        row("redirect-scheme-301", "GET /stls/x?y=1"),
        row("redirect-scheme-no-host", "GET /tls HTTP/1.0||"),
        row("redirect-scheme-absolute", "GET http://example.test/tls HTTP/1.1|Host: example.test||"),
        row("redirect-set-cookie", "GET /cookie"),
        row("redirect-clear-cookie", "GET /clear"),
        row("redirect-clear-cookie-no-value", "GET /clear2"),
        row("redirect-format", "GET /fmt/abc"),
        row("redirect-none", "GET /other"),
        row("redirect-head", "HEAD /loc"),
        row("redirect-then-next", "GET /loc").then("GET /other"),
        row("redirect-post", "POST /loc|Content-Length: 5").bytes("hello").differs(
            "as HAProxy 3.2, which reads the body away",
            &[302],
            End::Kept,
            0,
        ),
        row("redirect-post-then-next", "POST /loc|Content-Length: 5")
            .bytes("hello")
            .then("GET /other")
            .differs("as HAProxy 3.2, which reads the body away", &[302, 200], End::Kept, 1),
        row("redirect-post-body-never-sent", "POST /loc|Content-Length: 5").differs(
            "3.x waits for what follows, since a client in the middle of its body would lose the answer",
            &[302],
            End::Kept,
            0,
        ),
        row("redirect-client-closes", "GET /loc|Connection: close"),
        row("redirect-http10", "GET /loc HTTP/1.0||"),
    ]
}

fn watched() -> Vec<Row> {
    vec![
        row("monitor", "GET /alive"),
        row("monitor-query", "GET /alive?x"),
        row("monitor-longer", "GET /alive2"),
        row("monitor-head", "HEAD /alive"),
        row("monitor-post", "POST /alive|Content-Length: 0"),
        row("monitor-fails", "GET /alive|X-Fail: 1").differs(A_LENGTH, &[503], End::Closed, 0),
        row("monitor-then-next", "GET /alive").then("GET /x"),
        row("errorfile-403", "GET /denied"),
        row("errorfile-403-head", "HEAD /denied"),
        row("errorfile-503", "GET /none").differs(A_LENGTH, &[503], End::Closed, 0),
        row("errorfile-400", "GET / HTTP/1.1|bad header||"),
        row("errorfile-not-for-origins-status", "GET /status/503"),
    ]
}
