//! The values fetches give.

use crate::common::client::End;
use crate::table::{Row, on, row};

pub fn rows() -> Vec<Row> {
    let mut rows =
        vec![
            row("fetch-line", "GET /a/b?x=1&p=v HTTP/1.1|Host: example.test:81||"),
            row("fetch-line-post", "POST /a?|Content-Length: 0"),
            row("fetch-line-http10", "GET /a HTTP/1.0||"),
            row("fetch-line-absolute", "GET http://example.test/abs?p=1 HTTP/1.1|Host: example.test||"),
            row("fetch-line-absolute-no-path", "GET http://example.test HTTP/1.1|Host: example.test||")
                .differs("as HAProxy 3.2 (RFC 9110, 4.2.3)", &[200], End::Kept, 1),
            row("fetch-line-star", "OPTIONS * HTTP/1.1|Host: example.test||"),
            row("fetch-line-unknown-method", "FROB /a"),
            row("fetch-two-questions", "GET /a?b?c=d"),
            row("fetch-param-list", "GET /a?q=1;p=2&p=3;n=4&n=17"),
            row("fetch-param-percent", "GET /a?p=a%20b+c"),
            row("fetch-first-then-second", "GET /1").then("GET /2"),
        ];
    rows.extend(on(
        2,
        [
            row("fetch-hdr-none", "GET /"),
            row("fetch-hdr-list", "GET /|X-V: one, two ,three"),
            row("fetch-hdr-fields", "GET /|X-V: one, two|X-V: three"),
            row("fetch-hdr-val", "GET /|X-N: 12, 13"),
            row("fetch-hdr-ip", "GET /|X-I: 10.0.0.1, 10.0.0.2"),
            row("fetch-hdr-ip6", "GET /|X-I: ::1"),
            row("fetch-cookies", "GET /|Cookie: sid=a; num=12; sid=b"),
        ],
    ));
    rows.extend(on(
        3,
        [row("fetch-connection", "GET /"), row("fetch-text", "DELETE /some/where").from([127, 0, 10, 99])],
    ));
    rows
}
