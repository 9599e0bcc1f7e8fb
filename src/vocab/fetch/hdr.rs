//! Header fields: `req.hdr`, `req.fhdr`, `res.hdr`, … (7.3.6). `hdr` looks at each comma-separated element, `fhdr` at whole fields.
use super::{Arg, FetchRow, Make, Nothing, Scope};
use crate::proto::http::Head;
use crate::rules::sample::{Kind, Sample, leading_int};
use crate::rules::{Cx, Fetch};
use std::borrow::Cow;
use std::ops::ControlFlow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "req.fhdr",
        aliases: &[],
        required: 0,
        args: &[Arg::Text, Arg::Int],
        out: Kind::Str,
        scope: Scope::Request,
        doc: "A whole field of the request: the last one of the name, or the one of the number given (from the end where negative). An ACL looks at every one.",
        make: Make::With(|args| Header::of(args, Form::Text, true, Of::Request)),
    },
    FetchRow {
        name: "req.fhdr_cnt",
        aliases: &[],
        required: 0,
        args: &[Arg::Text],
        out: Kind::Int,
        scope: Scope::Request,
        doc: "How many fields of the name the request has.",
        make: Make::With(|args| Header::of(args, Form::Count, true, Of::Request)),
    },
    FetchRow {
        name: "hdr",
        aliases: &[],
        required: 0,
        args: &[Arg::Text, Arg::Int],
        out: Kind::Str,
        scope: Scope::Either,
        doc: "In rules about requests `req.hdr`, in rules about answers `res.hdr`. In ACLs it is always the former.",
        make: Make::With(|args| Header::of(args, Form::Text, false, Of::Present)),
    },
    FetchRow {
        name: "req.hdr",
        aliases: &[],
        required: 0,
        args: &[Arg::Text, Arg::Int],
        out: Kind::Str,
        scope: Scope::Request,
        doc: "One element of a field of the request, fields being split at commas: the last one, or the one of the number given. An ACL looks at every one.",
        make: Make::With(|args| Header::of(args, Form::Text, false, Of::Request)),
    },
    FetchRow {
        name: "req.hdr_cnt",
        aliases: &["hdr_cnt"],
        required: 0,
        args: &[Arg::Text],
        out: Kind::Int,
        scope: Scope::Request,
        doc: "How many elements of the name the request has, fields being split at commas.",
        make: Make::With(|args| Header::of(args, Form::Count, false, Of::Request)),
    },
    FetchRow {
        name: "req.hdr_ip",
        aliases: &["hdr_ip"],
        required: 1,
        args: &[Arg::Text, Arg::Int],
        out: Kind::Addr,
        scope: Scope::Request,
        doc: "The last element of a field of the request that is an address.",
        make: Make::With(|args| Header::of(args, Form::Addr, false, Of::Request)),
    },
    FetchRow {
        name: "req.hdr_names",
        aliases: &[],
        required: 0,
        args: &[Arg::Text],
        out: Kind::Str,
        scope: Scope::Request,
        doc: "The names of the fields of the request, joined by commas or by the delimiter given.",
        make: Make::With(|args| Header::of(args, Form::Names, false, Of::Request)),
    },
    FetchRow {
        name: "req.hdr_val",
        aliases: &["hdr_val"],
        required: 1,
        args: &[Arg::Text, Arg::Int],
        out: Kind::Int,
        scope: Scope::Request,
        doc: "The last element of a field of the request, as a number.",
        make: Make::With(|args| Header::of(args, Form::Number, false, Of::Request)),
    },
    FetchRow {
        name: "res.fhdr",
        aliases: &[],
        required: 0,
        args: &[Arg::Text, Arg::Int],
        out: Kind::Str,
        scope: Scope::Response,
        doc: "A whole field of the answer: the last one of the name, or the one of the number given (from the end where negative). An ACL looks at every one.",
        make: Make::With(|args| Header::of(args, Form::Text, true, Of::Answer)),
    },
    FetchRow {
        name: "res.fhdr_cnt",
        aliases: &[],
        required: 0,
        args: &[Arg::Text],
        out: Kind::Int,
        scope: Scope::Response,
        doc: "How many fields of the name the answer has.",
        make: Make::With(|args| Header::of(args, Form::Count, true, Of::Answer)),
    },
    FetchRow {
        name: "res.hdr",
        aliases: &["shdr"],
        required: 0,
        args: &[Arg::Text, Arg::Int],
        out: Kind::Str,
        scope: Scope::Response,
        doc: "One element of a field of the answer, fields being split at commas: the last one, or the one of the number given. An ACL looks at every one.",
        make: Make::With(|args| Header::of(args, Form::Text, false, Of::Answer)),
    },
    FetchRow {
        name: "res.hdr_cnt",
        aliases: &["shdr_cnt"],
        required: 0,
        args: &[Arg::Text],
        out: Kind::Int,
        scope: Scope::Response,
        doc: "How many elements of the name the answer has, fields being split at commas.",
        make: Make::With(|args| Header::of(args, Form::Count, false, Of::Answer)),
    },
    FetchRow {
        name: "res.hdr_ip",
        aliases: &["shdr_ip"],
        required: 1,
        args: &[Arg::Text, Arg::Int],
        out: Kind::Addr,
        scope: Scope::Response,
        doc: "The last element of a field of the answer that is an address.",
        make: Make::With(|args| Header::of(args, Form::Addr, false, Of::Answer)),
    },
    FetchRow {
        name: "res.hdr_names",
        aliases: &[],
        required: 0,
        args: &[Arg::Text],
        out: Kind::Str,
        scope: Scope::Response,
        doc: "The names of the fields of the answer, joined by commas or by the delimiter given.",
        make: Make::With(|args| Header::of(args, Form::Names, false, Of::Answer)),
    },
    FetchRow {
        name: "res.hdr_val",
        aliases: &["shdr_val"],
        required: 1,
        args: &[Arg::Text, Arg::Int],
        out: Kind::Int,
        scope: Scope::Response,
        doc: "The last element of a field of the answer, as a number.",
        make: Make::With(|args| Header::of(args, Form::Number, false, Of::Answer)),
    },
];

/// How far from the end an element may be asked for, as in HAProxy.
const LEAST: i64 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Count,
    Addr,
    Number,
    Names,
}

/// Of which message.
#[derive(Clone, Copy, Debug)]
enum Of {
    Request,
    Answer,
    /// Of the one that the rule is about.
    Present,
}

#[derive(Debug)]
struct Header {
    name: Vec<u8>,
    /// From 1, or from the end where negative; 0: all of them.
    number: i64,
    form: Form,
    whole: bool,
    of: Of,
}

impl Header {
    fn of(args: &[String], form: Form, whole: bool, of: Of) -> Result<Box<dyn Fetch>, String> {
        if args.is_empty() && form == Form::Text {
            // Without parentheses it names no field; with nothing between them it means any.
            return Ok(Box::new(Nothing));
        }
        let name = args.first().map(|a| a.as_bytes().to_vec()).unwrap_or_default();
        let number = args.get(1).map_or(Ok(0), |a| a.parse::<i64>());
        let number = number.map_err(|_| format!("'{}' is not a number", args[1]))?;
        if number < -LEAST {
            return Err(format!("header occurrence must be >= -{LEAST}"));
        }
        Ok(Box::new(Header { name, number, form, whole, of }))
    }

    fn head<'c>(&self, cx: &'c Cx<'_>) -> Option<&'c Head> {
        let answer = match self.of {
            Of::Request => false,
            Of::Answer => true,
            Of::Present => cx.res.is_some(),
        };
        if answer { cx.response().map(|r| &r.head) } else { cx.request().map(|r| &r.head) }
    }

    /// Every element (or whole field) of the name, in order.
    fn elements<'c>(
        &self,
        cx: &'c Cx<'_>,
        visit: &mut dyn FnMut(&'c [u8]) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(head) = self.head(cx) else { return ControlFlow::Continue(()) };
        for (name, value) in head.fields() {
            if !self.name.is_empty() && !name.eq_ignore_ascii_case(&self.name) {
                continue;
            }
            if self.whole { visit(value)? } else { super::each_element(value, visit)? }
        }
        ControlFlow::Continue(())
    }

    /// The element of the number asked for; the last one where none is.
    fn pick<'c>(&self, cx: &'c Cx<'_>) -> Option<&'c [u8]> {
        let mut count = 0;
        let mut found = None;
        if self.number < 0 {
            let _ = self.elements(cx, &mut |_| {
                count += 1;
                ControlFlow::Continue(())
            });
        }
        let wanted = if self.number < 0 { count + self.number + 1 } else { self.number };
        if self.number < 0 && wanted < 1 {
            return None;
        }
        let mut at = 0;
        let _ = self.elements(cx, &mut |element| {
            at += 1;
            if wanted == 0 {
                found = Some(element);
            } else if at == wanted {
                found = Some(element);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        found
    }

    fn sample<'c>(&self, element: &'c [u8]) -> Option<Sample<'c>> {
        match self.form {
            Form::Addr => super::addr_of(element).map(Sample::Addr),
            Form::Number => Some(Sample::Int(leading_int(element))),
            Form::Text | Form::Count | Form::Names => Some(Sample::Str(Cow::Borrowed(element))),
        }
    }
}

impl Fetch for Header {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        match self.form {
            Form::Count => {
                // Without a message there is no number either.
                self.head(cx)?;
                let mut count = 0;
                let _ = self.elements(cx, &mut |_| {
                    count += 1;
                    ControlFlow::Continue(())
                });
                Some(Sample::Int(count))
            }
            Form::Names => {
                let delimiter = if self.name.is_empty() { &b","[..] } else { &self.name };
                let names: Vec<&[u8]> = self.head(cx)?.fields().map(|(n, _)| n).collect();
                Some(Sample::Str(Cow::Owned(names.join(delimiter))))
            }
            _ => self.sample(self.pick(cx)?),
        }
    }

    fn each<'c>(
        &'c self,
        cx: &'c Cx<'_>,
        visit: &mut dyn FnMut(Sample<'c>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if self.number != 0 || matches!(self.form, Form::Count | Form::Names) {
            return self.fetch(cx).map_or(ControlFlow::Continue(()), visit);
        }
        self.elements(cx, &mut |element| match self.sample(element) {
            Some(sample) => visit(sample),
            None => ControlFlow::Continue(()),
        })
    }
}
