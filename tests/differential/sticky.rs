//! Stick rules: which server a key leads to. The rows of a backend follow on one another.

use crate::table::{Row, on, row};

fn id(backend: &str, n: usize) -> &'static str {
    Box::leak(format!("stick-{backend}-{n}").into_boxed_str())
}

/// Requests to a backend, each with these fields.
fn requests(backend: &str, fields: &[&str]) -> Vec<Row> {
    let request = |(n, fields): (usize, &&str)| {
        let fields: String = fields.split('|').filter(|f| !f.is_empty()).map(|f| format!("|{f}")).collect();
        row(id(backend, n), &format!("GET /{backend}/x|Connection: close{fields}"))
    };
    fields.iter().enumerate().map(request).collect()
}

/// The same for keys in `x-key`.
fn keys(backend: &str, keys: &[&str]) -> Vec<Row> {
    let fields: Vec<String> = keys.iter().map(|k| format!("X-Key: {k}")).collect();
    requests(backend, &fields.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Requests from these addresses.
fn sources(front: usize, backend: &str, last: &[u8]) -> Vec<Row> {
    let request = |(n, last): (usize, &u8)| {
        let name = Box::leak(format!("{backend}-{front}").into_boxed_str());
        row(id(name, n), &format!("GET /{backend}/x|Connection: close")).from([127, 0, 10, *last])
    };
    on(front, last.iter().enumerate().map(request))
}

pub fn rows() -> Vec<Row> {
    let mut rows = keys("text", &["1", "2", "1", "1", "2", "", "", "abcd", "abcX", "abcdef", "abc"]);
    rows.extend(sources(1, "source", &[60, 61, 60, 60, 61, 62, 60]));
    rows.extend(sources(2, "tcp", &[60, 61, 60, 60, 61, 62, 60]));
    rows.extend(sources(1, "network", &[60, 61, 62]));
    rows.extend(keys(
        "number",
        &["1", "2", "1", "01", "1x", "x", "y", "0", "-1", "4294967295", "4294967297"],
    ));
    rows.extend(keys("address", &["1.1.1.1", "2.2.2.2", "1.1.1.1", "x", "x", "::1", "::1", "2.2.2.2"]));
    rows.extend(keys("bytes-key", &["1", "2", "1", "abcd", "abc", "abcX", "2"]));
    rows.extend(keys("two", &["1", "2", "3", "2"]));
    rows.extend(keys("one-that-stays", &["1", "2", "2", "1", "2", "1"]));
    rows.extend(keys("brief", &["1", "2", "1", "1"]));
    rows.push(row("stick-brief-over", "").pause(400).send("GET /brief/x|Connection: close|X-Key: 1"));
    rows.push(row("stick-brief-over-2", "GET /brief/x|Connection: close|X-Key: 1"));
    rows.extend(keys("match", &["1", "2", "1", "3", "3", "abcdzz"]));
    rows.extend(keys("ids", &["1", "2", "1", "3", "3"]));
    rows.extend(requests(
        "answer",
        &["X-Key: k", "X-Key: k|x-add: X-Set: k", "X-Key: k", "", "X-Key: k", "", "X-Key: none"],
    ));
    rows.extend(requests(
        "condition",
        &[
            "X-Key: 1",
            "X-Key: 1|X-Go: yes",
            "X-Key: 1",
            "X-Key: 1|X-Go: yes",
            "X-Other: 2",
            "X-Key: 1|X-Go: yes|X-Other: 3",
            "X-Other: 3",
            "X-Other: 2",
            "X-Other: 2|X-Go: no",
            "X-Other: 2|X-Go: no",
        ],
    ));
    rows.extend(requests(
        "session",
        &[
            "x-add: Set-Cookie: sid=one; path=/",
            "Cookie: sid=one",
            "Cookie: sid=one",
            "x-add: Set-Cookie: sid=two; path=/|x-add: X-Set: 1",
            "Cookie: sid=two",
            "Cookie: sid=two",
            "Cookie: x=1; sid=two",
        ],
    ));
    rows.extend(keys("not-all", &["1", "1", "1", "2", "2", "2"]));
    rows.extend(keys("by-address", &["1", "2", "1"]));
    rows.extend(keys("by-address-too", &["1", "2", "1", "3", "3"]));
    rows.extend(requests(
        "with-cookie",
        &[
            "X-Key: 1",
            "X-Key: 1",
            "X-Key: 1|Cookie: S=b",
            "X-Key: 1|Cookie: S=c",
            "X-Key: 1",
            "X-Key: 1|X-Ignore: 1",
            "X-Key: 1|X-Ignore: 1",
            "X-Key: 1|Cookie: S=none",
        ],
    ));
    rows.extend(requests("refusing", &["X-Key: 1", "X-Key: 1", "X-Key: 2", "X-Key: 2"]));
    rows
}
