//! Variables: scopes and their lives, conditions, converters, the process's own.

use crate::table::{Row, on, row};

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("vars-scopes", "GET /t/a|X-V: One"),
        row("vars-without", "GET /x"),
        row("vars-on-one-connection", "GET /t/a|X-V: One").then("GET /other").then("GET /t/b|X-V: Two"),
        row("vars-pipelined", "GET /t/a|X-V: One").send("GET /x").send("GET /t/c").answers(3),
        row("vars-long", &format!("GET /t/{}|X-V: {}", "p".repeat(90), "v".repeat(100))),
    ];
    rows.extend(on(
        2,
        [
            row("vars-ifexists", "GET /e|A: 1"),
            row("vars-ifexists-not", "GET /e"),
            row("vars-ifnotexists", "GET /ne"),
            row("vars-ifnotexists-not", "GET /ne|A: x"),
            row("vars-ifempty", "GET /em|A: x|B:"),
            row("vars-ifempty-not", "GET /em|A: x|B: y"),
            row("vars-ifnotempty", "GET /nem|A: x|B: y"),
            row("vars-ifnotempty-not", "GET /nem|A: x|B:"),
            row("vars-ifset", "GET /set|A: x"),
            row("vars-ifset-not", "GET /set"),
            row("vars-ifnotset", "GET /notset"),
            row("vars-ifnotset-not", "GET /notset|A: x"),
            row("vars-ifgt", "GET /gt|N: 7"),
            row("vars-ifgt-not", "GET /gt|N: 3"),
            row("vars-ifgt-nothing", "GET /gt"),
            row("vars-iflt", "GET /lt|N: 3"),
            row("vars-iflt-not", "GET /lt|N: 7"),
            row("vars-two-conditions", "GET /both|N: 3"),
            row("vars-two-conditions-not", "GET /both"),
            row("vars-fmt-condition", "GET /fmt|A: x|B: y"),
            row("vars-fmt-condition-not", "GET /fmt|A: x"),
            row("vars-unset", "GET /unset|A: x"),
            row("vars-matched", "GET /m|A: x"),
            row("vars-matched-more", "GET /m|A: xy|N: 5"),
            row("vars-matched-regex", "GET /m|A: deny"),
        ],
    ));
    rows.extend(on(
        3,
        [
            row("vars-converters", "GET /conv|N: 10"),
            row("vars-converters-less", "GET /conv|N: 5"),
            row("vars-converters-none", "GET /conv"),
        ],
    ));
    rows.extend(on(
        4,
        [
            row("vars-process", "GET /x")
                .then("GET /set/1")
                .then("GET /x")
                .then("GET /unset")
                .then("GET /x")
                .then("GET /set/2"),
            row("vars-process-again", "GET /x").then("GET /unset"),
        ],
    ));
    rows.extend(on(
        5,
        [
            row("vars-to-backend", "GET /|To: OTHER"),
            row("vars-to-no-backend", "GET /|To: nowhere"),
            row("vars-to-default", "GET /"),
        ],
    ));
    let hashed = ["/", "/1", "/2", "/b/c", "/long/er", "/x?y"].map(|path| format!("GET {path}"));
    let ids = ["vars-hash-0", "vars-hash-1", "vars-hash-2", "vars-use-server", "vars-hash-3", "vars-hash-4"];
    rows.extend(on(6, ids.into_iter().zip(hashed).map(|(id, text)| row(id, &text))));
    rows
}
