//! Persistence cookies: what the client gets, what the servers see and which server it is.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::common::client::End;
use crate::table::{Row, row};

/// Backends whose cookie is treated in another way each.
const MODES: [&str; 11] = [
    "passive",
    "passive-indirect",
    "insert",
    "indirect",
    "nocache",
    "postonly",
    "preserve",
    "preserve-indirect",
    "rewrite",
    "prefix",
    "prefix-indirect",
];

/// Those that may take the server's own cookie out of an answer.
const TAKE_OUT: [&str; 6] =
    ["passive-indirect", "insert", "indirect", "nocache", "postonly", "prefix-indirect"];

/// `Cookie` fields, divided by `|`.
const COOKIES: [&str; 31] = [
    "",
    "S=a",
    "S=b",
    "S=d",
    "S=none",
    "S=",
    "S",
    "S=a~app",
    "S=b~",
    "S=~app",
    "S=none~app~more",
    "x=1; S=b",
    "S=b; x=1",
    "x=1; S=b; y=2",
    "x=1 ;  S = b ;y = 2",
    "x=1,S=b,y=2",
    "x=\"1;S=a\"; S=b",
    "S=\"b\"",
    "S=b; S=a",
    "S=none; S=b; S=d",
    "S=d; x=1; S=b; y",
    "$Version=1; S=b; $Path=/; x=1",
    "x=1; S=b; $Path=/; $Domain=h; y=2",
    ";S=b",
    "; ;S=b;;",
    "s=b; XS=b; Sx=b",
    "x; S=b",
    "S=b; x",
    "S=b|x=1; S=a",
    "x=1|S=b|y=2",
    "S=b|AAAAA",
];

/// `Set-Cookie` fields of the server, divided by `|`; one that begins with `2` is a `Set-Cookie2`.
const SET_COOKIES: [&str; 13] = [
    "S=own",
    "S=own; path=/",
    "x=1; S=own",
    "S = own ; path=/; HttpOnly",
    "S=\"o;wn\"; path=/",
    "S=",
    "S",
    "x=1|S=own; path=/|y=2",
    "S=one|S=two",
    "XS=own; path=/",
    "2S=own; Version=1",
    "2S=own; Version=1, x=1; Version=1",
    "2x=1; Version=1, S=own; Version=1, y=2",
];

fn id(parts: &[&str]) -> &'static str {
    Box::leak(parts.join("-").into_boxed_str())
}

/// A request to a backend, over a connection of its own.
fn request(id: &'static str, method: &str, backend: &str, cookies: &str, more: &str) -> Row {
    let cookies: String =
        cookies.split('|').filter(|c| !c.is_empty()).map(|c| format!("|Cookie: {c}")).collect();
    row(id, &format!("{method} /{backend}/x|Connection: close{cookies}{more}"))
}

/// The same where the field has a `|` of its own.
fn dated(id: &'static str, backend: &str, cookie: &str) -> Row {
    let text = format!(
        "GET /{backend}/x HTTP/1.1\r\nHost: example.test\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n"
    );
    row(id, "").bytes(text)
}

/// A time so many seconds from now, as it stands in a cookie.
fn date(offset: i64) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let quarter = (now as i64 + offset) as u64 >> 2;
    (0..5).map(|i| char::from(DIGITS[(quarter >> (24 - 6 * i)) as usize & 63])).collect()
}

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for mode in MODES {
        for (n, cookies) in COOKIES.iter().enumerate() {
            rows.push(request(id(&["cookie", mode, &n.to_string()]), "GET", mode, cookies, ""));
        }
        for (n, fields) in SET_COOKIES.iter().enumerate() {
            let set = |f: &str| match f.strip_prefix('2') {
                Some(f) => format!("|x-add: Set-Cookie2: {f}"),
                None => format!("|x-add: Set-Cookie: {f}"),
            };
            // haproxy leaves pieces of the cookie behind where it takes one out of several.
            if fields.starts_with("2") && fields.contains(',') && TAKE_OUT.contains(&mode) {
                continue;
            }
            let more: String = fields.split('|').map(set).collect();
            for (client, cookie) in [("new", ""), ("known", "S=b")] {
                let id = id(&["set-cookie", mode, client, &n.to_string()]);
                rows.push(request(id, "GET", mode, cookie, &more));
            }
        }
        let post = "|Content-Length: 2||ok";
        let text = format!("POST /{mode}/x HTTP/1.1|Host: h|Connection: close{post}");
        rows.push(row(id(&["cookie-post", mode]), &text));
        for status in ["204", "302", "404", "500"] {
            let more = format!("|x-do: /status/{status}|x-add: ETag: x");
            rows.push(request(id(&["cookie-status", mode, status]), "GET", mode, "", &more));
        }
        for (n, control) in ["public", "max-age=9", "private, max-age=9", "no-store"].iter().enumerate() {
            let more = format!("|x-add: Cache-Control: {control}");
            let id = id(&["cookie-cache-control", mode, &n.to_string()]);
            rows.push(request(id, "GET", mode, "", &more));
        }
    }
    rows.extend(options());
    rows.extend(dates());
    rows.extend(failing());
    rows
}

fn options() -> Vec<Row> {
    let get = |id, backend, cookies| request(id, "GET", backend, cookies, "");
    let set_cookie2 = "|x-add: Set-Cookie2: S=own; Version=1, x=1; Version=1";
    vec![
        request("set-cookie2-of-several", "GET", "insert", "", set_cookie2).differs(
            "haproxy leaves a piece of what it took out at the field's end",
            &[200],
            End::Closed,
            1,
        ),
        get("cookie-fields-new", "fields", ""),
        get("cookie-fields-known", "fields", "S=b"),
        get("cookie-twice-new", "twice", "T=a"),
        get("cookie-without-first", "without", "S=b"),
        get("cookie-without-new", "without", ""),
        get("cookie-without-other", "without", ""),
        get("cookie-without-other-known", "without", "S=x"),
        get("cookie-shared", "shared", "S=s"),
        get("cookie-shared-new", "shared", ""),
        get("cookie-draining", "draining", "S=a"),
        get("cookie-draining-new", "draining", ""),
        get("cookie-backup", "draining", "S=c"),
        get("cookie-full-known", "full", "S=a"),
        get("cookie-full-known-again", "full", "S=a"),
        get("cookie-full-new", "full", ""),
        row("cookie-two-requests", "GET /indirect/1|Cookie: S=b").then("GET /indirect/2"),
        row("cookie-two-backends", "GET /indirect/1|Cookie: S=b").then("GET /passive/2|Cookie: S=b"),
        row("cookie-upgrade", "GET /indirect/x|x-do: /upgrade|Connection: upgrade|Upgrade: echo"),
        row("cookie-interim", "GET /indirect/x|x-do: /1xx"),
    ]
}

fn dates() -> Vec<Row> {
    let day = 86_400;
    let mut rows = Vec::new();
    for backend in ["idle", "life", "both", "indirect"] {
        rows.push(request(id(&["dated", backend, "new"]), "GET", backend, "", ""));
        rows.push(request(id(&["dated", backend, "undated"]), "GET", backend, "S=b", ""));
        for (n, (last, first)) in [
            (-30, None),
            (-90, None),
            (0, None),
            (40, None),
            (day - 60, None),
            (day + 60, None),
            (-30, Some(-30)),
            (-30, Some(-90)),
            (-30, Some(-700)),
            (-90, Some(-90)),
            (-30, Some(day + 60)),
            (50, Some(50)),
        ]
        .into_iter()
        .enumerate()
        {
            let first = first.map_or_else(String::new, |f| format!("|{}", date(f)));
            let cookie = format!("S=b|{}{first}", date(last));
            rows.push(dated(id(&["dated", backend, &n.to_string()]), backend, &cookie));
        }
        for (n, cookie) in
            ["S=b|", "S=b|short", "S=b|!!!!!", "S=b||", "S=|AAAAB", "S=b|AAAAA", "S=b|AAAAB|AAAA"]
                .iter()
                .enumerate()
        {
            rows.push(dated(id(&["dated-badly", backend, &n.to_string()]), backend, cookie));
        }
    }
    rows
}

/// Servers that are down or refuse.
fn failing() -> Vec<Row> {
    let get = |id, backend, cookies| request(id, "GET", backend, cookies, "");
    let rule = |id, cookies, how: &str| request(id, "GET", "rules", cookies, &format!("|x-persist: {how}"));
    vec![
        get("cookie-dead", "dead", "S=d"),
        get("cookie-dead-redispatch", "dead-redispatch", "S=d; x=1"),
        get("cookie-dead-redispatch-again", "dead-redispatch", "S=d"),
        get("cookie-dead-redispatch-1", "dead-redispatch-1", "S=d"),
        get("cookie-persist-up", "persist", "S=c"),
        get("cookie-persist-dead", "persist", "S=d"),
        get("cookie-persist-redispatch", "persist-redispatch", "S=d"),
        rule("cookie-forced", "S=c", "force"),
        rule("cookie-forced-dead", "S=d", "force"),
        rule("cookie-forced-none", "S=none", "force"),
        rule("cookie-not-forced", "S=c", "no"),
        rule("cookie-ignored", "S=b", "ignore"),
        rule("cookie-ignored-again", "S=b", "ignore"),
        get("cookie-forced-unless", "rules", "S=c"),
        request(
            "cookie-ignored-rewrite",
            "GET",
            "rules-rewrite",
            "S=b",
            "|x-persist: ignore|x-add: Set-Cookie: S=x",
        ),
        request("cookie-rewrite", "GET", "rules-rewrite", "S=b", "|x-persist: x|x-add: Set-Cookie: S=x"),
    ]
}
