//! `src`, `src_port`, `src_is_local`: the client (7.3.3).
use super::{FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "src",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Addr,
        scope: Scope::Any,
        doc: "The address of the client.",
        make: Make::Plain(|cx| cx.src_ip().map(|a| Sample::Addr(a.to_canonical()))),
    },
    FetchRow {
        name: "src_is_local",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Bool,
        scope: Scope::Any,
        doc: "Whether the client's address is one of this host.",
        make: Make::Plain(|cx| {
            cx.src_ip().map(|a| Sample::Bool(a.to_canonical().is_loopback() || is_ours(a)))
        }),
    },
    FetchRow {
        name: "src_port",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Int,
        scope: Scope::Any,
        doc: "The port of the client.",
        make: Make::Plain(|cx| {
            cx.conn.src.filter(|a| a.port() != 0).map(|a| Sample::Int(i64::from(a.port())))
        }),
    },
];

/// Whether an address can be bound here, which is true of our own only.
fn is_ours(addr: std::net::IpAddr) -> bool {
    std::net::UdpSocket::bind((addr, 0)).is_ok()
}
