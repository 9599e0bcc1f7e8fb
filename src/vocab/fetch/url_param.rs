//! `url_param([name[,delim[,i]]])`: a parameter of the query (7.3.6).
use super::{Arg, FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample, leading_int};
use crate::rules::{Cx, Fetch};
use std::borrow::Cow;
use std::ops::ControlFlow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "url_param",
        aliases: &["urlp"],
        required: 0,
        args: &[Arg::Text, Arg::Text, Arg::Text],
        out: Kind::Str,
        scope: Scope::Request,
        doc: "The value of a parameter of the query; the delimiter before the first one is a question mark or the one given. With i \
              the case of its name does not matter.",
        make: Make::With(|args| Ok(Param::of(args, false))),
    },
    FetchRow {
        name: "urlp_val",
        aliases: &[],
        required: 0,
        args: &[Arg::Text, Arg::Text, Arg::Text],
        out: Kind::Int,
        scope: Scope::Request,
        doc: "The value of a parameter of the query as a number.",
        make: Make::With(|args| Ok(Param::of(args, true))),
    },
];

#[derive(Debug)]
struct Param {
    name: Vec<u8>,
    delimiter: u8,
    any_case: bool,
    number: bool,
}

impl Param {
    fn of(args: &[String], number: bool) -> Box<dyn Fetch> {
        let name = args.first().map(|a| a.as_bytes().to_vec()).unwrap_or_default();
        let delimiter = args.get(1).and_then(|a| a.bytes().next()).unwrap_or(b'?');
        let any_case = args.get(2).is_some_and(|a| a == "i");
        Box::new(Param { name, delimiter, any_case, number })
    }

    fn sample<'c>(&self, value: &'c [u8]) -> Option<Sample<'c>> {
        Some(if self.number { Sample::Int(leading_int(value)) } else { Sample::Str(Cow::Borrowed(value)) })
    }
}

impl Fetch for Param {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let mut first = None;
        let _ = self.each(cx, &mut |sample| {
            first = Some(sample);
            ControlFlow::Break(())
        });
        first
    }

    fn each<'c>(
        &'c self,
        cx: &'c Cx<'_>,
        visit: &mut dyn FnMut(Sample<'c>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(req) = cx.request() else { return ControlFlow::Continue(()) };
        let uri = req.uri();
        let Some(start) = memchr::memchr(self.delimiter, uri) else { return ControlFlow::Continue(()) };
        for pair in uri[start + 1..].split(|b| matches!(b, b'&' | b';')) {
            let (name, value) = match memchr::memchr(b'=', pair) {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => continue,
            };
            let same =
                || if self.any_case { name.eq_ignore_ascii_case(&self.name) } else { name == self.name };
            if (self.name.is_empty() || same())
                && let Some(sample) = self.sample(value)
            {
                visit(sample)?;
            }
        }
        ControlFlow::Continue(())
    }
}
