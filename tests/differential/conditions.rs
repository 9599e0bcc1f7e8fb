//! What each matching method says: the origin sees the names of the conditions that held.

use crate::table::{Row, on, row};

pub fn rows() -> Vec<Row> {
    let mut rows = strings();
    rows.extend(on(2, numbers()));
    rows.extend(on(3, addresses()));
    rows.extend(on(4, logic()));
    rows.extend(on(5, lists()));
    rows.extend(on(6, places()));
    rows
}

fn strings() -> Vec<Row> {
    vec![
        row("str-exact", "GET /exact"),
        row("str-second-value", "GET /second"),
        row("str-case", "GET /EXACT"),
        row("str-longer", "GET /exact/"),
        row("beg", "GET /prefix"),
        row("beg-equal", "GET /pre"),
        row("beg-case", "GET /PREfix"),
        row("beg-not-in-the-middle", "GET /x/pre"),
        row("end", "GET /index.php"),
        row("end-case-in-file", "GET /x.PL"),
        row("end-case-in-request", "GET /x.PHP"),
        row("sub", "GET /amidst"),
        row("sub-case", "GET /aMIDst"),
        row("dir-first", "GET /dir/x"),
        row("dir-last", "GET /x/dir"),
        row("dir-not-part", "GET /x/dirs/y"),
        row("dir-two-components", "GET /x/a/b/y"),
        row("dom-exact", "GET /|X-V: example.com"),
        row("dom-sub", "GET /|X-V: www.example.com"),
        row("dom-port", "GET /|X-V: www.example.com:80"),
        row("dom-longer-label", "GET /|X-V: www.example.community"),
        row("dom-slashes", "GET /|X-V: http://example.com/x"),
        row("reg", "GET /r12"),
        row("reg-anchored", "GET /r12x"),
        row("reg-case", "GET /R12/ABC"),
        row("len", "GET /abc"),
        row("double-dash", "GET -i HTTP/1.1|Host: a||"),
        row("double-dash-value", "GET /dash"),
        row("quoted-space-cannot-come", "GET /quo%20ted"),
        row("many-values-last", "GET /m8/x"),
        row("many-values-none", "GET /m9/x"),
        row("file-first", "GET /from-file/x"),
        row("file-case", "GET /FROM-FILE/x"),
        row("file-and-inline", "GET /inline"),
        row("file-comment-is-no-pattern", "GET /#"),
        row("percent-is-not-decoded", "GET /%65xact"),
    ]
}

fn numbers() -> Vec<Row> {
    vec![
        row("int-equal", "GET /|X-N: 5"),
        row("int-range", "GET /|X-N: 15"),
        row("int-range-low-edge", "GET /|X-N: 10"),
        row("int-range-high-edge", "GET /|X-N: 20"),
        row("int-open-low", "GET /|X-N: 2"),
        row("int-zero", "GET /|X-N: 0"),
        row("int-negative", "GET /|X-N: -4"),
        row("int-open-high", "GET /|X-N: 1000"),
        row("int-set", "GET /|X-N: 7"),
        row("int-trailing-text", "GET /|X-N: 5a"),
        row("int-no-number", "GET /|X-N: abc"),
        row("int-missing", "GET /"),
        row("int-empty", "GET /|X-N:"),
        row("int-empty-item", "GET /|X-N: 5,"),
        row("int-two-fields", "GET /|X-N: 5|X-N: 15"),
        row("int-list", "GET /|X-N: 5, 15"),
        row("int-leading-zero", "GET /|X-N: 0005"),
        row("int-huge", "GET /|X-N: 99999999999999999999"),
    ]
}

fn addresses() -> Vec<Row> {
    vec![
        row("src-host", "GET /"),
        row("src-mask", "GET /").from([127, 0, 10, 70]),
        row("src-other-net", "GET /").from([127, 0, 9, 1]),
        row("hdr-ip", "GET /|X-Forwarded-For: 10.1.2.3"),
        row("hdr-ip-list-any", "GET /|X-Forwarded-For: 192.0.2.1, 10.1.2.3"),
        row("hdr-ip-list-last", "GET /|X-Forwarded-For: 10.1.2.3, 10.2.0.1"),
        row("hdr-ip-v6", "GET /|X-Forwarded-For: 2001:db8::7"),
        row("hdr-ip-port", "GET /|X-Forwarded-For: 10.1.2.3:8080"),
        row("hdr-ip-bad", "GET /|X-Forwarded-For: unknown"),
    ]
}

fn logic() -> Vec<Row> {
    vec![
        row("logic-none", "GET /"),
        row("logic-a", "GET /|X-A: 1"),
        row("logic-b", "GET /|X-B: 1"),
        row("logic-c", "GET /|X-C: 1"),
        row("logic-ab", "GET /|X-A: 1|X-B: 1"),
        row("logic-bc", "GET /|X-B: 1|X-C: 1"),
        row("logic-abc", "GET /|X-A: 1|X-B: 1|X-C: 1"),
        row("predefined-post", "POST /x|Content-Length: 2").bytes("ok"),
        row("predefined-post-empty", "POST /x|Content-Length: 0"),
        row("predefined-http10", "GET /x HTTP/1.0||"),
        row("predefined-absolute", "GET http://example.test/x HTTP/1.1|Host: example.test||"),
        row("predefined-star", "OPTIONS * HTTP/1.1|Host: example.test||"),
        row("predefined-head-is-get", "HEAD /x"),
    ]
}

/// Conditions where what they read is there, and where it is not: HAProxy 3.2 answers these as 2.6 does.
fn places() -> Vec<Row> {
    vec![
        row("place-get", "GET /x?a=b|Cookie: a=b"),
        row("place-post", "POST /x|Content-Length: 2").bytes("ok"),
        row("method-set-of-get", "GET /post"),
        row("method-set-of-post", "POST /other|Content-Length: 2").bytes("ok"),
        row("method-set-to-other", "GET /other"),
        row("place-second-request", "GET /x").then("GET /post"),
    ]
}

fn lists() -> Vec<Row> {
    vec![
        row("list-any", "GET /|X-L: one, two, six"),
        row("list-fields", "GET /|X-L: one|X-L: two"),
        row("list-no-spaces", "GET /|X-L: one,two"),
        row("list-single", "GET /|X-L: two"),
        row("list-empty", "GET /|X-L:"),
        row("list-empty-items", "GET /|X-L: ,two,"),
        row("list-quoted-comma", "GET /|X-L: \"one,two\", two"),
        row("cookie", "GET /|Cookie: sid=abc"),
        row("cookie-second", "GET /|Cookie: x=1; sid=abc; y=2"),
        row("cookie-twice", "GET /|Cookie: sid=x; sid=abc"),
        row("cookie-two-fields", "GET /|Cookie: a=b|Cookie: sid=abc"),
        row("cookie-commas", "GET /|Cookie: a=b, sid=abc, sid; c=d"),
        row("cookie-quoted-separators", "GET /|Cookie: sid=\"a;b,c\"; sid=abd"),
        row("cookie-empty-at-end", "GET /|Cookie: sid=abc; sid="),
        row("cookie-quoted", "GET /|Cookie: sid=\"abc\""),
        row("cookie-case-of-name", "GET /|Cookie: SID=abc"),
        row("param", "GET /x?p=v"),
        row("param-second", "GET /x?q=1&p=v"),
        row("param-empty", "GET /x?p="),
        row("param-number", "GET /x?p=11"),
        row("param-missing", "GET /x?pp=v"),
        row("param-percent", "GET /x?p=%76"),
        row("query", "GET /u?x=1"),
        row("query-absolute", "GET http://example.test/u?x=1 HTTP/1.1|Host: example.test||"),
        row("base-without-host", "GET /u HTTP/1.0||"),
    ]
}
