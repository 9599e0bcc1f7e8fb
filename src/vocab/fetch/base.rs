//! `base`, `base32`, `base32+src`, `url32`, `url32+src`: host and path in one, and hashes of host and target (7.3.6).
use super::{FetchRow, Make, Scope};
use crate::rules::Cx;
use crate::rules::balance::hash::full;
use crate::rules::sample::{Kind, Sample};
use std::borrow::Cow;
use std::net::IpAddr;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "base",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Str,
        scope: Scope::Request,
        doc: "The first Host value and the path, without the query, in one text: what a shared-hosting site is found by.",
        make: Make::Plain(base),
    },
    FetchRow {
        name: "base32",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Int,
        scope: Scope::Request,
        doc: "A hash of `base`: a short key for tables.",
        make: Make::Plain(|cx| Some(Sample::Int(i64::from(hash(cx, path)?)))),
    },
    FetchRow {
        name: "base32+src",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Bin,
        scope: Scope::Request,
        doc: "`base32` and the client's address behind it, 8 or 20 bytes: a key for each client and page.",
        make: Make::Plain(|cx| with_source(cx, hash(cx, path)?)),
    },
    FetchRow {
        name: "url32",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Int,
        scope: Scope::Request,
        doc: "A hash of the first Host value and the path with its query.",
        make: Make::Plain(|cx| Some(Sample::Int(i64::from(hash(cx, path_and_query)?)))),
    },
    FetchRow {
        name: "url32+src",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Bin,
        scope: Scope::Request,
        doc: "`url32` and the client's address behind it, 8 or 20 bytes.",
        make: Make::Plain(|cx| with_source(cx, hash(cx, path_and_query)?)),
    },
];

fn base<'c>(cx: &'c Cx<'_>) -> Option<Sample<'c>> {
    let req = cx.request()?;
    let path = req.path();
    match req.head.get(b"host") {
        None => Some(Sample::Str(Cow::Borrowed(path))),
        Some(host) => Some(Sample::Str(Cow::Owned([host, path].concat()))),
    }
}

fn path<'c>(cx: &'c Cx<'_>) -> Option<&'c [u8]> {
    cx.request().map(|req| req.path())
}

fn path_and_query<'c>(cx: &'c Cx<'_>) -> Option<&'c [u8]> {
    cx.request().map(|req| req.path_and_query())
}

/// HAProxy's hash of the first Host value and of a part of the target, if that begins with a slash.
fn hash<'c>(cx: &'c Cx<'_>, part: fn(&'c Cx<'_>) -> Option<&'c [u8]>) -> Option<u32> {
    let part = part(cx).filter(|part| part.starts_with(b"/")).unwrap_or_default();
    let host =
        cx.request()?.head.get(b"host").map_or(&b""[..], |host| super::next_element(host).0.trim_ascii());
    let sdbm = host.iter().chain(part).fold(0u32, |hash, &byte| {
        // Its characters have a sign.
        let byte = i32::from(byte as i8) as u32;
        byte.wrapping_add(hash << 6).wrapping_add(hash << 16).wrapping_sub(hash)
    });
    Some(full(sdbm))
}

/// A hash with the client's address behind it; only the hash of a client without one.
fn with_source<'c>(cx: &'c Cx<'_>, hash: u32) -> Option<Sample<'c>> {
    let mut key = hash.to_be_bytes().to_vec();
    match cx.src_ip() {
        Some(IpAddr::V4(ip)) => key.extend(ip.octets()),
        Some(IpAddr::V6(ip)) => key.extend(ip.octets()),
        None => {}
    }
    Some(Sample::Bin(Cow::Owned(key)))
}
