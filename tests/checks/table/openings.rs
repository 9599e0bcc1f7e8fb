//! Rows of `openings`: what a check's connection begins with, and where it goes.
use super::{Row, agent, with};
use crate::script::Do::{self, Hold, Read, Send, Until};

/// A relay's consent.
const GRANTED: Do = Send(b"\x00\x5a\x00\x00\x00\x00\x00\x00");
const DENIED: Do = Send(b"\x00\x5b\x00\x00\x00\x00\x00\x00");
/// The end of a request.
const END: Do = Until(b"\r\n\r\n");
const OK: Do = Send(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n");

const HTTP: &[&str] = &["option httpchk GET /"];
const CONNECT: &[&str] = &["option tcp-check", "tcp-check connect"];
const CONNECT_PROXY: &[&str] = &["option tcp-check", "tcp-check connect send-proxy", "tcp-check send a"];
const CONNECT_DEFAULT: &[&str] = &["option tcp-check", "tcp-check connect default", "tcp-check send a"];
const CONNECT_SOCKS: &[&str] = &["option tcp-check", "tcp-check connect via-socks4", "tcp-check send a"];
const CONNECT_LINGER: &[&str] = &["option tcp-check", "tcp-check connect default linger", "tcp-check send a"];
const CONNECT_PORT: &[&str] =
    &["option tcp-check", "tcp-check connect port PORT send-proxy", "tcp-check send a"];
const CONNECT_ADDR: &[&str] =
    &["option tcp-check", "tcp-check connect default addr 127.0.10.11 port PORT", "tcp-check send a"];
const HTTP_CONNECT: &[&str] =
    &["option httpchk", "http-check connect send-proxy", "http-check send meth GET"];

pub const ROWS: &[Row] = &[
    with("proxy-l4", &[], "check inter 400ms fall 1 send-proxy", &[Read]),
    with("proxy-l4-v2", &[], "check inter 400ms fall 1 send-proxy-v2", &[Read]),
    with("proxy-http", HTTP, "check inter 400ms fall 1 send-proxy", &[END, OK]),
    with("proxy-http-v2", HTTP, "check inter 400ms fall 1 send-proxy-v2", &[END, OK]),
    with("proxy-both", HTTP, "check inter 400ms fall 1 send-proxy send-proxy-v2", &[END, OK]),
    with(
        "proxy-v2-checksum",
        HTTP,
        "check inter 400ms fall 1 send-proxy-v2 proxy-v2-options crc32c",
        &[END, OK],
    ),
    with(
        "proxy-v2-options",
        HTTP,
        "check inter 400ms fall 1 send-proxy-v2 proxy-v2-options unique-id,authority",
        &[END, OK],
    ),
    with("proxy-own-port", HTTP, "check inter 400ms fall 1 send-proxy port PORT", &[END, OK]),
    with("proxy-own-addr", HTTP, "check inter 400ms fall 1 send-proxy addr 127.0.10.11", &[END, OK]),
    with("proxy-forced", HTTP, "check inter 400ms fall 1 check-send-proxy", &[END, OK]),
    with(
        "proxy-forced-port",
        HTTP,
        "check inter 400ms fall 1 send-proxy-v2 check-send-proxy port PORT",
        &[END, OK],
    ),
    with(
        "proxy-forced-back",
        HTTP,
        "check inter 400ms fall 1 check-send-proxy no-check-send-proxy",
        &[END, OK],
    ),
    with("proxy-tcp", &["option tcp-check"], "check inter 400ms fall 1 send-proxy", &[Read]),
    with("proxy-connect-plain", CONNECT, "check inter 400ms fall 1 send-proxy", &[Read]),
    with("proxy-connect", CONNECT_PROXY, "check inter 400ms fall 1", &[Read, Read]),
    with("proxy-connect-v2", CONNECT_PROXY, "check inter 400ms fall 1 send-proxy-v2", &[Read, Read]),
    with("proxy-connect-default", CONNECT_DEFAULT, "check inter 400ms fall 1 send-proxy", &[Read, Read]),
    with("proxy-connect-linger", CONNECT_LINGER, "check inter 400ms fall 1 send-proxy", &[Read, Read]),
    with("proxy-connect-port", CONNECT_PORT, "check inter 400ms fall 1", &[Read, Read]),
    with("proxy-connect-addr", CONNECT_ADDR, "check inter 400ms fall 1 send-proxy", &[Read, Read]),
    with("proxy-http-connect", HTTP_CONNECT, "check inter 400ms fall 1", &[END, OK]),
    with(
        "proxy-redis",
        &["option redis-check"],
        "check inter 400ms fall 1 send-proxy",
        &[Until(b"PING\r\n"), Send(b"+PONG\r\n")],
    ),
    with(
        "proxy-mysql",
        &["option mysql-check"],
        "check inter 400ms fall 1 send-proxy",
        &[Read, Send(b"\x05\0\0\0\n5.5\0")],
    ),
    agent(
        "proxy-agent",
        "send-proxy agent-check agent-inter 400ms agent-port PORT agent-send hi",
        &[Read, Send(b"up\n")],
    ),
    with("socks-not-checks", HTTP, "check inter 400ms fall 1 socks4 127.0.10.11:1", &[END, OK]),
    with(
        "socks-http",
        HTTP,
        "check inter 400ms fall 1 socks4 127.0.10.11:PORT check-via-socks4",
        &[Read, GRANTED, END, OK],
    ),
    with(
        "socks-l4",
        &[],
        "check inter 400ms fall 1 socks4 127.0.10.11:PORT check-via-socks4",
        &[Read, GRANTED, Hold],
    ),
    with(
        "socks-proxy",
        HTTP,
        "check inter 400ms fall 1 socks4 127.0.10.11:PORT check-via-socks4 send-proxy",
        &[Read, GRANTED, END, OK],
    ),
    with(
        "socks-port",
        HTTP,
        "check inter 400ms fall 1 port 99 socks4 127.0.10.11:PORT check-via-socks4",
        &[Read, GRANTED, END, OK],
    ),
    with("socks-none", HTTP, "check inter 400ms fall 1 check-via-socks4", &[END, OK]),
    with(
        "socks-connect",
        CONNECT_SOCKS,
        "check inter 400ms fall 1 socks4 127.0.10.11:PORT",
        &[Read, GRANTED, Read],
    ),
    with("socks-connect-no-relay", CONNECT_SOCKS, "check inter 400ms fall 1", &[Read]),
    with(
        "socks-denied",
        HTTP,
        "check inter 400ms fall 1 socks4 127.0.10.11:PORT check-via-socks4",
        &[Read, DENIED, Hold],
    ),
    with(
        "socks-silent-tcp",
        CONNECT_SOCKS,
        "check inter 400ms fall 1 socks4 127.0.10.11:PORT",
        &[Read, Hold],
    ),
    with("socks-closed", HTTP, "check inter 400ms fall 1 socks4 127.0.10.11:PORT check-via-socks4", &[Read]),
    with(
        "socks-silent",
        HTTP,
        "check inter 400ms fall 1 socks4 127.0.10.11:PORT check-via-socks4",
        &[Read, Hold],
    ),
    with(
        "socks-silent-l4",
        &[],
        "check inter 400ms fall 1 socks4 127.0.10.11:PORT check-via-socks4",
        &[Read, Hold],
    ),
    with("socks-refused", HTTP, "check inter 400ms fall 1 socks4 127.0.10.11:1 check-via-socks4", &[Hold]),
    agent(
        "socks-agent",
        "check-via-socks4 socks4 127.0.10.11:PORT agent-check agent-inter 400ms agent-port PORT",
        &[Read, GRANTED, Send(b"up\n")],
    ),
    with(
        "from-source",
        HTTP,
        "check inter 400ms fall 1 source 127.0.10.77 tfo tcp-ut 5s send-proxy",
        &[END, OK],
    ),
];
