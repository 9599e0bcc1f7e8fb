//! Rows of `http`.
use super::{Row, row, with};
use crate::script::Do::{self, Hold, Read, Send};

const OK: Do = Send(b"HTTP/1.0 200 OK\r\nX-A: b, c\r\nContent-Length: 5\r\n\r\nhello");

pub const ROWS: &[Row] = &[
    row("http-plain", &["option httpchk GET /"], &[Read, OK]),
    row("http-status", &["option httpchk GET /", "http-check expect status 404"], &[Read, OK]),
    row("http-status-list", &["option httpchk GET /", "http-check expect status 404,200-204"], &[Read, OK]),
    row("http-not-status", &["option httpchk GET /", "http-check expect ! status 200"], &[Read, OK]),
    row("http-rstatus", &["option httpchk GET /", "http-check expect rstatus ^4"], &[Read, OK]),
    row("http-rstatus-yes", &["option httpchk GET /", "http-check expect rstatus ^2.0"], &[Read, OK]),
    row("http-string", &["option httpchk GET /", "http-check expect string hello"], &[Read, OK]),
    row("http-string-no", &["option httpchk GET /", "http-check expect string nope"], &[Read, OK]),
    row("http-not-string", &["option httpchk GET /", "http-check expect ! string hello"], &[Read, OK]),
    row("http-rstring", &["option httpchk GET /", "http-check expect rstring ^hel+o$"], &[Read, OK]),
    row("http-rstring-no", &["option httpchk GET /", "http-check expect rstring ^help$"], &[Read, OK]),
    row(
        "http-string-lf",
        &["option httpchk GET /", "http-check expect string-lf he%[str(ll)]o"],
        &[Read, OK],
    ),
    row(
        "http-no-body",
        &["option httpchk GET /", "http-check expect string a"],
        &[Read, Send(b"HTTP/1.0 200 OK\r\n\r\n")],
    ),
    row(
        "http-chunked-body",
        &["option httpchk GET /", "http-check expect string abcdef"],
        &[
            Read,
            Send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"),
        ],
    ),
    row("http-header", &["option httpchk GET /", "http-check expect hdr name x-a value c"], &[Read, OK]),
    row("http-header-no", &["option httpchk GET /", "http-check expect hdr name x-a value d"], &[Read, OK]),
    row(
        "http-full-header",
        &["option httpchk GET /", "http-check expect fhdr name -m beg X- value -m reg ^b"],
        &[Read, OK],
    ),
    row(
        "http-full-header-equal",
        &["option httpchk GET /", "http-check expect fhdr name x-a value \"b, c\""],
        &[Read, OK],
    ),
    row(
        "http-header-end",
        &["option httpchk GET /", "http-check expect hdr name -m end -a value -m sub c"],
        &[Read, OK],
    ),
    row("http-header-missing", &["option httpchk GET /", "http-check expect hdr name nope"], &[Read, OK]),
    row("http-not-header", &["option httpchk GET /", "http-check expect ! hdr name x-a"], &[Read, OK]),
    row(
        "http-on-error",
        &[
            "option httpchk GET /",
            "http-check expect status 404 comment foo on-error \"x %[status] %[res.hdr(x-a)]\"",
        ],
        &[Read, OK],
    ),
    row(
        "http-on-success",
        &["option httpchk GET /", "http-check expect status 200 on-success \"x %[status] %[res.hdr(x-a)]\""],
        &[Read, OK],
    ),
    row(
        "http-404-stops",
        &["option httpchk GET /", "http-check disable-on-404"],
        &[Read, Send(b"HTTP/1.0 404 Nope\r\n\r\n")],
    ),
    row(
        "http-404-is-not-500",
        &["option httpchk GET /", "http-check disable-on-404"],
        &[Read, Send(b"HTTP/1.0 500 Nope\r\n\r\n")],
    ),
    row("http-send-state", &["option httpchk GET /", "http-check send-state"], &[Read, OK]),
    with(
        "http-send-state-weights",
        &["option httpchk GET /", "http-check send-state"],
        "check inter 400ms fall 1 weight 9\n    server t 127.0.0.1:1 weight 3",
        &[Read, OK],
    ),
    row(
        "http-send",
        &[
            "option httpchk GET /",
            "http-check send meth POST uri-lf /%[srv_name] body-lf a%[be_name] ver HTTP/1.1 hdr Host %[srv_name] hdr X-y z",
        ],
        &[Read, OK],
    ),
    row(
        "http-send-over-option",
        &["option httpchk GET /o", "http-check send uri /x hdr a b ver HTTP/1.1 hdr Host c"],
        &[Read, OK],
    ),
    row(
        "http-option-over-send",
        &["http-check send uri /x hdr a b body abc", "option httpchk GET /o"],
        &[Read, OK],
    ),
    row(
        "http-send-own-length",
        &["option httpchk GET /", "http-check send hdr Content-Length 7 hdr Connection keep-alive hdr TE x"],
        &[Read, OK],
    ),
    row(
        "http-send-own-connection",
        &[
            "option httpchk GET / HTTP/1.1",
            "http-check send hdr Connection x hdr Transfer-Encoding chunked hdr TE trailers body a",
        ],
        &[Read, OK],
    ),
    row(
        "http-send-own-te",
        &["option httpchk GET / HTTP/1.1", "http-check send hdr TE \"trailers, x\""],
        &[Read, OK],
    ),
    row(
        "http-comment",
        &["option httpchk GET /", "http-check comment foo", "http-check expect status 300"],
        &[Read, OK],
    ),
    row("http-option-with-fields", &["option httpchk GET /a HTTP/1.1\\r\\nHost:\\ www"], &[Read, OK]),
    row("http-closed", &["option httpchk GET /"], &[Read]),
    row("http-timeout", &["option httpchk GET /"], &[Hold]),
    row("http-garbage", &["option httpchk GET /"], &[Read, Send(b"garbage\r\n\r\n"), Hold]),
    row("http-half-timeout", &["option httpchk GET /"], &[Read, Send(b"HTTP/1.0 200 OK\r\n"), Hold]),
    row("http-half-closed", &["option httpchk GET /"], &[Read, Send(b"HTTP/1.0 200 OK\r\n")]),
    row(
        "http-connect-twice",
        &[
            "option httpchk",
            "http-check connect",
            "http-check send uri /1",
            "http-check expect status 200",
            "http-check connect",
            "http-check send uri /2",
            "http-check expect status 201",
        ],
        &[Read, OK],
    ),
    row(
        "http-connect-refused",
        &["option httpchk", "http-check connect port 1", "http-check send uri /1"],
        &[Read, OK],
    ),
    row(
        "http-rules-without-option",
        &["http-check send uri /x", "http-check expect status 404"],
        &[Read, OK],
    ),
    row(
        "http-no-answer-expected",
        &[
            "option httpchk",
            "http-check connect",
            "http-check send uri /1 comment one",
            "http-check expect rstatus ^5 comment two error-status L7RSP",
        ],
        &[Read, OK],
    ),
    // Heads that are read more leniently than those that go to a client.
    row("http-odd-bare-lf", &["option httpchk GET /"], &[Read, Send(b"HTTP/1.1 200 OK\n\n")]),
    row(
        "http-odd-bare-lf-body",
        &["option httpchk GET /"],
        &[Read, Send(b"HTTP/1.1 500 no\nContent-Length: 2\n\nok")],
    ),
    row("http-odd-mixed-ends", &["option httpchk GET /"], &[Read, Send(b"HTTP/1.1 200 OK\r\nA: b\n\r\n")]),
    row("http-odd-no-reason-lf", &["option httpchk GET /"], &[Read, Send(b"HTTP/1.1 200\n\n")]),
    row("http-odd-lf-before", &["option httpchk GET /"], &[Read, Send(b"\n\r\nHTTP/1.1 200 OK\r\n\r\n")]),
    row("http-odd-tabs", &["option httpchk GET /"], &[Read, Send(b"HTTP/1.1\t200\tOK\r\n\r\n")]),
    row("http-odd-two-digits", &["option httpchk GET /"], &[Read, Send(b"HTTP/1.1 99 Odd\r\n\r\n")]),
    row("http-odd-leading-zero", &["option httpchk GET /"], &[Read, Send(b"HTTP/1.1 099 Odd\r\n\r\n")]),
    row("http-odd-switching", &["option httpchk GET /"], &[Read, Send(b"HTTP/1.1 101 Up\r\n\r\n")]),
    row("http-odd-reason-nul", &["option httpchk GET /"], &[Read, Send(b"HTTP/1.1 404 No\0pe\r\n\r\n")]),
    row("http-odd-fold", &["option httpchk GET /"], &[Read, Send(b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n")]),
    row(
        "http-odd-equal-lengths",
        &["option httpchk GET /"],
        &[Read, Send(b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok")],
    ),
    row(
        "http-odd-length-and-chunked",
        &["option httpchk GET /"],
        &[Read, Send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")],
    ),
    row(
        "http-odd-http10-chunked",
        &["option httpchk GET /"],
        &[Read, Send(b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")],
    ),
    row("http-odd-no-empty-line", &["option httpchk GET /"], &[Read, Send(b"HTTP/1.1 200 OK\r\nA: b\r\n")]),
    row("http-odd-no-line", &["option httpchk GET /"], &[Read, Send(b"HTTP/1.1 200 OK")]),
    row("http-odd-bare-cr", &["option httpchk GET /"], &[Read, Send(b"HTTP/1.1 200 O\rK\r\n\r\n")]),
    row(
        "http-odd-space-before-colon",
        &["option httpchk GET /"],
        &[Read, Send(b"HTTP/1.1 200 OK\nA : b\n\n")],
    ),
    row("http-odd-other-version", &["option httpchk GET /"], &[Read, Send(b"HTTP/2 200 OK\n\n")]),
    row(
        "http-odd-different-lengths",
        &["option httpchk GET /"],
        &[Read, Send(b"HTTP/1.1 200 OK\nContent-Length: 2\nContent-Length: 3\n\nok")],
    ),
    row(
        "http-odd-bare-lf-content",
        &["option httpchk GET /", "http-check expect string ok"],
        &[Read, Send(b"HTTP/1.1 200 OK\nContent-Length: 3\n\nok\n")],
    ),
    row(
        "http-odd-content-ends-with-lf",
        &["option httpchk GET /", "http-check expect rstring ^ok$"],
        &[Read, Send(b"HTTP/1.1 200 OK\n\nok\n")],
    ),
    row(
        "http-odd-fold-is-blanks",
        &["option httpchk GET /", "http-check expect fhdr name x-a value -m str \"b    c\""],
        &[Read, Send(b"HTTP/1.1 200 OK\r\nX-A: b\r\n  c\r\n\r\n")],
    ),
    row(
        "http-odd-status-as-it-came",
        &["option httpchk GET /", "http-check expect rstatus ^099$"],
        &[Read, Send(b"HTTP/1.1 099 Odd\r\n\r\n")],
    ),
    row(
        "http-odd-connection-word",
        &["option httpchk GET /", "http-check expect fhdr name connection value foo"],
        &[Read, Send(b"HTTP/1.1 200 OK\nConnection: close, foo\n\n")],
    ),
];
