//! Cookies: `req.cook`, `res.cook` and their counts and numbers (7.3.6).
use super::{Arg, FetchRow, Make, Scope};
use crate::proto::http::Head;
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Cx, Fetch};
use std::borrow::Cow;
use std::ops::ControlFlow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "req.cook",
        aliases: &["cook"],
        required: 0,
        args: &[Arg::Text],
        out: Kind::Str,
        scope: Scope::Request,
        doc: "The value of a request cookie; the last one of its name. An ACL looks at every one of the name.",
        make: Make::With(|args| Ok(Cookie::of(args, Form::Text, false))),
    },
    FetchRow {
        name: "req.cook_cnt",
        aliases: &["cook_cnt"],
        required: 0,
        args: &[Arg::Text],
        out: Kind::Int,
        scope: Scope::Request,
        doc: "How often a cookie stands in the request.",
        make: Make::With(|args| Ok(Cookie::of(args, Form::Count, false))),
    },
    FetchRow {
        name: "req.cook_val",
        aliases: &["cook_val"],
        required: 0,
        args: &[Arg::Text],
        out: Kind::Int,
        scope: Scope::Request,
        doc: "The value of a request cookie as a number.",
        make: Make::With(|args| Ok(Cookie::of(args, Form::Number, false))),
    },
    FetchRow {
        name: "res.cook",
        aliases: &["scook"],
        required: 0,
        args: &[Arg::Text],
        out: Kind::Str,
        scope: Scope::Response,
        doc: "The value of a cookie that the server sets.",
        make: Make::With(|args| Ok(Cookie::of(args, Form::Text, true))),
    },
    FetchRow {
        name: "res.cook_cnt",
        aliases: &["scook_cnt"],
        required: 0,
        args: &[Arg::Text],
        out: Kind::Int,
        scope: Scope::Response,
        doc: "How often a cookie is set by the answer.",
        make: Make::With(|args| Ok(Cookie::of(args, Form::Count, true))),
    },
    FetchRow {
        name: "res.cook_val",
        aliases: &["scook_val"],
        required: 0,
        args: &[Arg::Text],
        out: Kind::Int,
        scope: Scope::Response,
        doc: "The value of a cookie that the server sets, as a number.",
        make: Make::With(|args| Ok(Cookie::of(args, Form::Number, true))),
    },
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Count,
    Number,
}

#[derive(Debug)]
struct Cookie {
    name: Vec<u8>,
    form: Form,
    of_answer: bool,
}

impl Cookie {
    fn of(args: &[String], form: Form, of_answer: bool) -> Box<dyn Fetch> {
        let name = args.first().map(|a| a.as_bytes().to_vec()).unwrap_or_default();
        Box::new(Cookie { name, form, of_answer })
    }

    fn values<'c>(
        &self,
        cx: &'c Cx<'_>,
        visit: &mut dyn FnMut(&'c [u8]) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let (head, field): (Option<&Head>, &[u8]) = if self.of_answer {
            (cx.response().map(|r| &r.head), b"set-cookie")
        } else {
            (cx.request().map(|r| &r.head), b"cookie")
        };
        let Some(head) = head else { return ControlFlow::Continue(()) };
        for (_, value) in head.fields().filter(|(n, _)| n.eq_ignore_ascii_case(field)) {
            // Behind the first semicolon an answer has attributes, a request more cookies.
            let pairs = value.split(|&b| b == b';').take(if self.of_answer { 1 } else { usize::MAX });
            for pair in pairs {
                let Some(equals) = memchr::memchr(b'=', pair) else { continue };
                let (name, value) = (pair[..equals].trim_ascii(), pair[equals + 1..].trim_ascii());
                if self.name.is_empty() || name == self.name {
                    visit(value)?;
                }
            }
        }
        ControlFlow::Continue(())
    }
}

impl Fetch for Cookie {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let (mut last, mut count) = (None, 0);
        let _ = self.values(cx, &mut |value| {
            count += 1;
            last = Some(value);
            ControlFlow::Continue(())
        });
        match self.form {
            Form::Text => last.map(|v| Sample::Str(Cow::Borrowed(v))),
            Form::Count => Some(Sample::Int(count)),
            Form::Number => Sample::Str(Cow::Borrowed(last?)).as_int().map(Sample::Int),
        }
    }

    fn each<'c>(
        &'c self,
        cx: &'c Cx<'_>,
        visit: &mut dyn FnMut(Sample<'c>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        match self.form {
            Form::Count => self.fetch(cx).map_or(ControlFlow::Continue(()), visit),
            Form::Text => self.values(cx, &mut |v| visit(Sample::Str(Cow::Borrowed(v)))),
            Form::Number => self.values(cx, &mut |v| match Sample::Str(Cow::Borrowed(v)).as_int() {
                Some(n) => visit(Sample::Int(n)),
                None => ControlFlow::Continue(()),
            }),
        }
    }
}
