//! `option forwardfor`.

use crate::table::{Row, on, row};

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("forwardfor", "GET /"),
        row("forwardfor-source", "GET /").from([127, 0, 10, 71]),
        row("forwardfor-adds-to-present", "GET /|X-Forwarded-For: 192.0.2.1"),
        row("forwardfor-each-request", "GET /1").then("GET /2"),
    ];
    rows.extend(on(
        2,
        [
            row("forwardfor-except-outside", "GET /"),
            row("forwardfor-except-inside", "GET /").from([127, 0, 10, 71]),
            row("forwardfor-except-inside-present", "GET /|X-Forwarded-For: 192.0.2.1")
                .from([127, 0, 10, 71]),
        ],
    ));
    rows.extend(on(
        3,
        [row("forwardfor-header", "GET /"), row("forwardfor-header-present", "GET /|X-Client: 192.0.2.1")],
    ));
    rows.extend(on(
        4,
        [
            row("forwardfor-if-none-absent", "GET /"),
            row("forwardfor-if-none-present", "GET /|X-Forwarded-For: 192.0.2.1"),
            row("forwardfor-if-none-empty", "GET /|X-Forwarded-For:"),
        ],
    ));
    rows.extend(on(
        5,
        [
            row("forwardfor-all-absent", "GET /"),
            row("forwardfor-all-present", "GET /|X-Real: 192.0.2.1"),
            row("forwardfor-all-excepted", "GET /").from([127, 0, 10, 70]),
        ],
    ));
    rows.extend(on(6, [row("forwardfor-backend-name-wins", "GET /")]));
    rows.extend(on(7, [row("forwardfor-backend-only", "GET /")]));
    rows
}
