//! Rarer options: `originalto`, `forwardfor` on both sides, `http-pretend-keepalive`, `checkcache`, `nolinger`, and error
//! pages from `http-errors`, `errorfiles` and `http-error`.

use crate::common::client::End;
use crate::table::{Row, on, row};

const PAGE_200: &str = "haproxy answers with its page for 200; the manual says 502";

/// An answer that `checkcache` does not let pass.
fn held_back(id: &'static str, text: &str) -> Row {
    row(id, text).differs(PAGE_200, &[502], End::Kept, 1)
}

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("originalto", "GET /"),
        row("originalto-present", "GET /|X-Original-To: 192.0.2.1"),
        row("originalto-each-request", "GET /1").then("GET /2"),
        row("originalto-set-dst", "GET /moved").then("GET /"),
        row("originalto-backend-excepts", "GET /excepted"),
        row("originalto-backend-names", "GET /named"),
    ];
    rows.extend(on(
        2,
        [
            row("both-forwardfor", "GET /"),
            row("both-forwardfor-frontend-excepts", "GET /").from([127, 0, 10, 71]),
            row("both-originalto-either-excepts", "GET /excepted"),
        ],
    ));
    rows.extend(on(
        3,
        [
            row("both-if-none", "GET /|X-Forwarded-For: 192.0.2.1"),
            row("one-if-none", "GET /named|X-Named: 192.0.2.1"),
        ],
    ));
    rows.extend(on(
        4,
        [
            row("pretend-keepalive", "GET /").connections(),
            row("pretend-keepalive-two", "GET /1").then("GET /2").connections(),
            row("pretend-keepalive-10", "GET / HTTP/1.0||").connections(),
            row("pretend-keepalive-10-ka", "GET / HTTP/1.0|Connection: keep-alive||").connections(),
            row("pretend-keepalive-client-closes", "GET /|Connection: close").connections(),
            row("told-that-it-closes", "GET /told").connections(),
            row("checkcache-nothing-to-check", "GET /len/5"),
            row("checkcache-no-cookie", "GET /len/5|x-add: etag: x"),
            held_back("checkcache-cookie", "GET /len/5|x-add: set-cookie: a=b|x-add: etag: x"),
            row("checkcache-cookie-not-cacheable", "GET /len/5|x-add: set-cookie: a=b"),
            held_back("checkcache-cookie2", "GET /len/5|x-add: set-cookie2: a=b|x-add: etag: x"),
            row("checkcache-post", "POST /len/5|Content-Length: 0|x-add: set-cookie: a=b|x-add: etag: x"),
            row("checkcache-private", "GET /len/5|x-add: set-cookie: a=b|x-add: etag: x|x-add: cache-control: private"),
            row(
                "checkcache-spared",
                "GET /len/5|x-add: set-cookie: a=b|x-add: etag: x|x-add: cache-control: no-cache=\"set-cookie\"",
            ),
            row(
                "checkcache-spared-with-others",
                "GET /len/5|x-add: set-cookie: a=b|x-add: etag: x|x-add: cache-control: no-cache=\"set-cookie, x\"",
            ),
            held_back(
                "checkcache-another-spared",
                "GET /len/5|x-add: set-cookie: a=b|x-add: etag: x|x-add: cache-control: no-cache=\"x\"",
            ),
            row("checkcache-goes-on", "GET /len/5|x-add: set-cookie: a=b|x-add: etag: x")
.then("GET /len/6").differs(PAGE_200, &[502, 200], End::Kept, 2),
        ],
    ));
    rows.extend(on(
        5,
        [
            row("pages-errorfiles", "GET /403"),
            row("pages-http-error", "GET /404"),
            row("pages-http-error-head", "HEAD /404"),
            row("pages-http-error-10", "GET /404 HTTP/1.0||"),
            row("pages-http-error-empty", "GET /410"),
            row("pages-http-error-file", "GET /401"),
            row("pages-built-in", "GET /429"),
            row("pages-backend-wins", "GET /own"),
            row("pages-backend-wins-http-error", "GET /"),
            row("pages-frontend-where-backend-has-none", "GET /no-page").differs(
                "a page from a file without a length goes out without one",
                &[503],
                End::Closed,
                0,
            ),
        ],
    ));
    rows.extend(on(
        6,
        [
            row("pages-last-line-wins", "GET /403"),
            row("pages-taken-back", "GET /"),
            row("pages-deny-with-field", "GET /404"),
        ],
    ));
    rows.extend(on(
        7,
        [
            row("nolinger", "GET /len/10").then("GET /len/20"),
            row("nolinger-client-closes", "GET /|Connection: close"),
            row("nolinger-server-closes", "GET /connclose/10"),
        ],
    ));
    rows.extend(on(
        8,
        [
            row("tarpit", "GET /plain"),
            row("tarpit-head", "HEAD /plain"),
            row("tarpit-status", "GET /429"),
            row("tarpit-own-answer", "GET /own"),
            row("tarpit-goes-on", "GET /429").then("GET /"),
            row("tarpit-body", "POST /plain|Content-Length: 5").bytes("hello"),
            row("tarpit-slow-body", "POST /plain|Content-Length: 5").bytes("he").pause(50).bytes("llo"),
            row("tarpit-half-closed", "GET /plain").fin(),
            row("tarpit-of-a-backend", "GET /backend"),
            row("tarpit-by-timeout-connect", "GET /short"),
            row("tarpit-not-for-others", "GET /"),
        ],
    ));
    rows.extend(on(
        9,
        [
            row("monitor-page", "GET /alive").then("GET /"),
            row("monitor-page-head", "HEAD /alive"),
            row("monitor-page-http10", "GET /alive HTTP/1.0||"),
            row("monitor-page-fails", "GET /alive|x-fail: 1"),
        ],
    ));
    rows
}
