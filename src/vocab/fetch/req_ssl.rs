//! `req.ssl_hello_type`, `req.ssl_sni`, `req.ssl_alpn`: a TLS client's hello that is passed on (7.3.5).
use super::{FetchRow, Make, Scope};
use crate::proto::first_bytes;
use crate::rules::sample::{Kind, Sample};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "req.ssl_alpn",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Str,
        scope: Scope::Buffer,
        doc: "The first protocol that a TLS client offers.",
        make: Make::Plain(|cx| {
            super::whole(cx, first_bytes::tls_alpn).map(|name| Sample::Str(Cow::Borrowed(name)))
        }),
    },
    FetchRow {
        name: "req.ssl_hello_type",
        aliases: &["req_ssl_hello_type"],
        required: 0,
        args: &[],
        out: Kind::Int,
        scope: Scope::Buffer,
        doc: "The type of the first message of a TLS handshake, 1 for a client's hello, once it is whole.",
        make: Make::Plain(|cx| {
            super::whole(cx, first_bytes::tls_hello_type).map(|kind| Sample::Int(i64::from(kind)))
        }),
    },
    FetchRow {
        name: "req.ssl_sni",
        aliases: &["req_ssl_sni"],
        required: 0,
        args: &[],
        out: Kind::Str,
        scope: Scope::Buffer,
        doc: "The name of the server that a TLS client asks for.",
        make: Make::Plain(|cx| {
            super::whole(cx, first_bytes::tls_sni).map(|name| Sample::Str(Cow::Borrowed(name)))
        }),
    },
];
