//! Rows of `tcp`.
use super::{Row, row, with};
use crate::script::Do::{Hold, Read, Send};

pub const ROWS: &[Row] = &[
    row("l4", &[], &[Read]),
    with("l4-refused", &[], "check inter 400ms fall 1 port 1", &[]),
    row("tcp-without-lines", &["option tcp-check"], &[Read]),
    row("tcp-connect", &["option tcp-check", "tcp-check connect"], &[Read]),
    row("tcp-send", &["option tcp-check", "tcp-check send hello"], &[Read, Hold]),
    row("tcp-string-timeout", &["option tcp-check", "tcp-check expect string abc"], &[Send(b"xx"), Hold]),
    row("tcp-string-no", &["option tcp-check", "tcp-check expect string abc"], &[Send(b"xxxxxxxx")]),
    row("tcp-string-yes", &["option tcp-check", "tcp-check expect string abc"], &[Send(b"xxabc")]),
    row("tcp-not-string", &["option tcp-check", "tcp-check expect ! string abc"], &[Send(b"xxabc")]),
    row("tcp-not-string-glued", &["option tcp-check", "tcp-check expect !string abc"], &[Send(b"xxabd")]),
    row("tcp-rstring", &["option tcp-check", "tcp-check expect rstring ^abc"], &[Send(b"xxabc")]),
    row("tcp-rstring-yes", &["option tcp-check", "tcp-check expect rstring a.c$"], &[Send(b"xxabc")]),
    row("tcp-binary", &["option tcp-check", "tcp-check expect binary 616263"], &[Send(b"xxabd")]),
    row("tcp-binary-yes", &["option tcp-check", "tcp-check expect binary 616263"], &[Send(b"xxabc")]),
    row("tcp-rbinary", &["option tcp-check", "tcp-check expect rbinary ^3131"], &[Send(b"xxabd")]),
    row("tcp-rbinary-yes", &["option tcp-check", "tcp-check expect rbinary ^7878(61|62)"], &[Send(b"xxabd")]),
    row("tcp-string-lf", &["option tcp-check", "tcp-check expect string-lf a%[str(b)]c"], &[Send(b"xxabd")]),
    row(
        "tcp-string-lf-yes",
        &["option tcp-check", "tcp-check expect string-lf a%[str(b)]d"],
        &[Send(b"xxabd")],
    ),
    row("tcp-binary-lf", &["option tcp-check", "tcp-check expect binary-lf 61%[str(62)]"], &[Send(b"xxabd")]),
    row(
        "tcp-binary-lf-no",
        &["option tcp-check", "tcp-check expect binary-lf 61%[str(63)]"],
        &[Send(b"xxabd")],
    ),
    row(
        "tcp-comments",
        &[
            "option tcp-check",
            "tcp-check connect",
            "tcp-check comment hello",
            "tcp-check expect string x comment bye",
            "tcp-check expect string y",
        ],
        &[Send(b"xxabd")],
    ),
    row(
        "tcp-comment-of-connect",
        &["option tcp-check", "tcp-check comment hello", "tcp-check connect", "tcp-check expect string y"],
        &[Send(b"xxabd")],
    ),
    row("tcp-refused-at-step", &["option tcp-check", "tcp-check connect port 1"], &[Read]),
    row(
        "tcp-refused-with-comment",
        &["option tcp-check", "tcp-check comment hello", "tcp-check connect port 1"],
        &[Read],
    ),
    with(
        "tcp-refused-at-first",
        &["option tcp-check", "tcp-check expect string y"],
        "check inter 400ms fall 1 port 1",
        &[Read],
    ),
    row(
        "tcp-two-connects",
        &[
            "option tcp-check",
            "tcp-check connect port PORT",
            "tcp-check send a",
            "tcp-check expect string b",
            "tcp-check connect linger",
            "tcp-check send a",
            "tcp-check expect string b",
        ],
        &[Read, Send(b"b"), Read],
    ),
    row(
        "tcp-second-connect-refused",
        &[
            "option tcp-check",
            "tcp-check connect",
            "tcp-check send a",
            "tcp-check expect string b",
            "tcp-check connect port 1",
            "tcp-check send a",
        ],
        &[Read, Send(b"b"), Read],
    ),
    row(
        "tcp-timeout-in-expect",
        &["option tcp-check", "tcp-check send a", "tcp-check expect string y"],
        &[Hold],
    ),
    row(
        "tcp-min-recv-short",
        &["option tcp-check", "tcp-check expect min-recv 3 string abcd"],
        &[Send(b"abc"), Hold],
    ),
    row(
        "tcp-min-recv-closed",
        &["option tcp-check", "tcp-check expect min-recv 5 string a"],
        &[Send(b"abc")],
    ),
    row(
        "tcp-min-recv-decides",
        &["option tcp-check", "tcp-check expect min-recv 5 string zz"],
        &[Send(b"abcdef"), Hold],
    ),
    row(
        "tcp-on-error",
        &[
            "option tcp-check",
            "tcp-check expect min-recv 3 string abc error-status L7STS on-error \"x %[res.payload(0,2)]\" status-code int(4)",
        ],
        &[Send(b"axxxx"), Hold],
    ),
    row(
        "tcp-on-success",
        &[
            "option tcp-check",
            "tcp-check expect string abc ok-status L6OK on-success \"x %[res.payload(0,2)]\" status-code int(4)",
        ],
        &[Send(b"abc"), Hold],
    ),
    row(
        "tcp-status-code",
        &[
            "option tcp-check",
            "tcp-check expect string abc on-success \"%[res.payload(1,0),upper]\" status-code \"res.payload(3,2)\"",
        ],
        &[Send(b"abc42"), Hold],
    ),
    row(
        "tcp-variables",
        &[
            "option tcp-check",
            "tcp-check set-var(check.a) str(q)",
            "tcp-check set-var-fmt(check.b) \"%[srv_name]-%[be_name]\"",
            "tcp-check send-lf %[var(check.a)]%[var(check.b)]",
            "tcp-check unset-var(check.a)",
            "tcp-check expect string-lf y%[var(check.a)] tout-status L6TOUT",
        ],
        &[Read, Hold],
    ),
    row(
        "tcp-send-binary",
        &["option tcp-check", "tcp-check send-binary 00ff41", "tcp-check expect string y"],
        &[Read, Send(b"y")],
    ),
    row(
        "tcp-send-binary-lf",
        &[
            "option tcp-check",
            "tcp-check send-binary-lf 41%[str(42)]",
            "tcp-check expect string y ok-status L7OKC",
        ],
        &[Read, Send(b"y")],
    ),
    row(
        "tcp-send-binary-lf-odd",
        &["option tcp-check", "tcp-check send-binary-lf 4%[str(42)]", "tcp-check expect string y"],
        &[Read, Send(b"y")],
    ),
    row("tcp-empty", &["option tcp-check", "tcp-check send a", "tcp-check expect string y"], &[Read]),
    row(
        "tcp-two-expects",
        &[
            "option tcp-check",
            "tcp-check expect string a",
            "tcp-check expect string c",
            "tcp-check expect string d",
        ],
        &[Send(b"abc"), Hold],
    ),
    row(
        "tcp-rstring-before-last-lf",
        &["option tcp-check", "tcp-check expect rstring ^ok$"],
        &[Send(b"ok\n")],
    ),
];
