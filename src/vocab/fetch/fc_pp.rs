//! `fc_rcvd_proxy`, `fc_pp_authority`, `fc_pp_unique_id`, `fc_pp_tlv`: what a PROXY header said (7.3.3).
use super::{Arg, FetchRow, Make, Scope};
use crate::proto::proxy_protocol::{Extensions, TYPE_AUTHORITY, TYPE_UNIQUE_ID};
use crate::rules::Cx;
use crate::rules::sample::{Fetch, Kind, Sample};
use std::borrow::Cow;
use std::ops::ControlFlow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "fc_pp_authority",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Str,
        scope: Scope::Any,
        doc: "The authority that the client's PROXY header told.",
        make: Make::Plain(|cx| value(cx, TYPE_AUTHORITY)),
    },
    FetchRow {
        name: "fc_pp_tlv",
        aliases: &[],
        required: 1,
        args: &[Arg::Text],
        out: Kind::Str,
        scope: Scope::Any,
        doc: "The value of an extension of the client's PROXY header, by its number or its name.",
        make: Make::With(|args| Ok(Box::new(Extension { kind: kind(&args[0])? }))),
    },
    FetchRow {
        name: "fc_pp_unique_id",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Str,
        scope: Scope::Any,
        doc: "The unique id that the client's PROXY header told.",
        make: Make::Plain(|cx| value(cx, TYPE_UNIQUE_ID)),
    },
    FetchRow {
        name: "fc_rcvd_proxy",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Bool,
        scope: Scope::Any,
        doc: "Whether the connection began with a PROXY header.",
        make: Make::Plain(|cx| Some(Sample::Bool(cx.conn.handshake.proxy.is_some()))),
    },
];

fn extensions<'c>(cx: &'c Cx<'_>) -> Option<&'c Extensions> {
    cx.conn.handshake.proxy.as_deref().map(|h| &h.extensions)
}

fn value<'c>(cx: &'c Cx<'_>, kind: u8) -> Option<Sample<'c>> {
    Some(Sample::Str(Cow::Borrowed(extensions(cx)?.get(kind)?)))
}

#[derive(Debug)]
struct Extension {
    kind: u8,
}

impl Fetch for Extension {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        value(cx, self.kind)
    }

    fn each<'c>(
        &'c self,
        cx: &'c Cx<'_>,
        visit: &mut dyn FnMut(Sample<'c>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(extensions) = extensions(cx) else { return ControlFlow::Continue(()) };
        extensions
            .iter()
            .filter(|(kind, _)| *kind == self.kind)
            .try_for_each(|(_, value)| visit(Sample::Str(Cow::Borrowed(value))))
    }
}

/// The number behind a name of the manual, or the number itself.
fn kind(text: &str) -> Result<u8, String> {
    let names = [
        ("ALPN", 0x01),
        ("AUTHORITY", 0x02),
        ("CRC32C", 0x03),
        ("NOOP", 0x04),
        ("UNIQUE_ID", 0x05),
        ("SSL", 0x20),
        ("NETNS", 0x30),
        ("AWS", 0xea),
        ("AZURE", 0xee),
    ];
    if let Some((_, kind)) = names.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
        return Ok(*kind);
    }
    if text.is_empty() {
        return Ok(0);
    }
    let number =
        text.strip_prefix("0x").map_or_else(|| text.parse().ok(), |hex| u8::from_str_radix(hex, 16).ok());
    number.ok_or_else(|| "TLV ID must be a number between 0 and 255, or a name of the manual".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        assert_eq!((kind("0xEA"), kind("5"), kind("authority")), (Ok(0xea), Ok(5), Ok(2)));
        assert!(kind("256").is_err() && kind("x").is_err());
    }
}
