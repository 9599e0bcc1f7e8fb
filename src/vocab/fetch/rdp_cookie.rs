//! `req.rdp_cookie`, `req.rdp_cookie_cnt`: the cookie of a Remote Desktop connection (7.3.5).
use super::{Arg, FetchRow, Make, Scope};
use crate::proto::first_bytes;
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Cx, Fetch};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "req.rdp_cookie",
        aliases: &["rdp_cookie", "req_rdp_cookie"],
        required: 0,
        args: &[Arg::Text],
        out: Kind::Str,
        scope: Scope::Buffer,
        doc: "The value of the cookie of this name, or of any name where none is given.",
        make: Make::With(|args| Ok(Box::new(Cookie { name: name(args), count: false }))),
    },
    FetchRow {
        name: "req.rdp_cookie_cnt",
        aliases: &["rdp_cookie_cnt", "req_rdp_cookie_cnt"],
        required: 0,
        args: &[Arg::Text],
        out: Kind::Int,
        scope: Scope::Buffer,
        doc: "Whether there is such a cookie: 1 or 0.",
        make: Make::With(|args| Ok(Box::new(Cookie { name: name(args), count: true }))),
    },
];

fn name(args: &[String]) -> Option<Vec<u8>> {
    args.first().filter(|a| !a.is_empty()).map(|a| a.clone().into_bytes())
}

#[derive(Debug)]
struct Cookie {
    name: Option<Vec<u8>>,
    count: bool,
}

impl Fetch for Cookie {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let found = |bytes: &'c [u8]| first_bytes::rdp_cookie(bytes, self.name.as_deref());
        if !self.count {
            return super::whole(cx, found).map(|value| Sample::Str(Cow::Borrowed(value)));
        }
        match found(super::raw(cx)?) {
            Ok(_) => Some(Sample::Int(1)),
            Err(first_bytes::Not::This) => Some(Sample::Int(0)),
            Err(first_bytes::Not::Yet) => {
                cx.conn.inspect.may_change();
                None
            }
        }
    }
}
