//! Which backend a request goes to.

use crate::table::{Row, on, row};

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("two-sites-default", "GET /"),
        row("two-sites-first", "GET /example1/index.html"),
        row("two-sites-second", "GET /example2/index.html"),
        row("two-sites-both-first-wins", "GET /example1/example2"),
        row("two-sites-in-query", "GET /?site=example2"),
        row("two-sites-case-matters", "GET /Example1"),
        row("two-sites-not-in-host", "GET /|Host: example1.test"),
        row("two-sites-absolute-form-host", "GET http://example1.test/x HTTP/1.1|Host: example1.test||"),
    ];
    rows.extend(on(
        2,
        [
            row("host-exact", "GET /x|Host: a.test"),
            row("host-case", "GET /x|Host: WWW.A.TEST"),
            row("host-other", "GET /x|Host: aa.test"),
            row("host-domain-part", "GET /x|Host: www.b.test"),
            row("host-domain-with-port", "GET /x|Host: b.test:8080"),
            row("host-with-port-is-not-exact", "GET /x|Host: a.test:80"),
            row("host-domain-not-inside-a-label", "GET /x|Host: wwwb.test"),
            row("same-name-acl-first-line", "GET /img/logo"),
            row("same-name-acl-second-line", "GET /logo.png"),
            row("negated-acl", "GET /logo.png|Host: b.test"),
            row("or-anonymous", "GET /to-b"),
            row("unless-method", "POST /x|Content-Length: 0"),
            row("no-backend-is-503", "GET /nowhere"),
            row("no-backend-keeps-nothing", "GET /nowhere").send("GET /to-b").answers(2),
            row("path-ignores-query", "GET /logo?x.png"),
        ],
    ));
    rows.extend(on(
        3,
        [
            row("and-both-true", "GET /abc|X-Go: 1"),
            row("and-one-false", "GET /abc"),
            row("or-pipes", "GET /bcd"),
            row("or-binds-weaker-left", "GET /c1|X-No: yes"),
            row("or-binds-weaker-right", "GET /c2|X-No: yes"),
            row("or-right-true", "GET /c2|X-No: no"),
        ],
    ));
    rows.extend(on(4, [row("listen-use-backend", "GET /ab"), row("listen-own-server", "GET /abcdef")]));
    rows.extend(on(
        5,
        [row("rules-run-before-switching", "GET /late"), row("switch-by-client-header", "GET /|X-Set: yes")],
    ));
    rows
}
