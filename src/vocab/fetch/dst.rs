//! `dst`, `dst_port`: the address the client connected to (7.3.3).
use super::{FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "dst",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Addr,
        scope: Scope::Any,
        doc: "The local address of the client connection.",
        make: Make::Plain(|cx| cx.conn.dst().map(|a| Sample::Addr(a.ip().to_canonical()))),
    },
    FetchRow {
        name: "dst_port",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Int,
        scope: Scope::Any,
        doc: "The local port of the client connection.",
        make: Make::Plain(|cx| {
            cx.conn.dst().filter(|a| a.port() != 0).map(|a| Sample::Int(i64::from(a.port())))
        }),
    },
];
