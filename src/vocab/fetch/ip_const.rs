//! `ipv4(…)`, `ipv6(…)`: constant addresses (7.3.2).
use super::{Arg, FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "ipv4",
        aliases: &[],
        required: 1,
        args: &[Arg::Text],
        out: Kind::Addr,
        scope: Scope::Any,
        doc: "A constant IPv4 address.",
        make: Make::With(|args| match args[0].parse::<Ipv4Addr>() {
            Ok(a) => Ok(Box::new(super::Constant(Sample::Addr(IpAddr::V4(a))))),
            Err(_) => Err(format!("'{}' is not an IPv4 address", args[0])),
        }),
    },
    FetchRow {
        name: "ipv6",
        aliases: &[],
        required: 1,
        args: &[Arg::Text],
        out: Kind::Addr,
        scope: Scope::Any,
        doc: "A constant IPv6 address.",
        make: Make::With(|args| match args[0].parse::<Ipv6Addr>() {
            Ok(a) => Ok(Box::new(super::Constant(Sample::Addr(IpAddr::V6(a))))),
            Err(_) => Err(format!("'{}' is not an IPv6 address", args[0])),
        }),
    },
];
