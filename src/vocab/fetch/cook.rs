//! Cookies: `req.cook`, `res.cook` and their counts and numbers (7.3.6).
use super::{Arg, FetchRow, Make, Scope};
use crate::proto::http;
use crate::proto::http::Head;
use crate::rules::sample::{Kind, Sample, leading_int};
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
        doc: "The value of a request cookie; the last one of its name, the first of all where none is given. An ACL looks at every one of the name.",
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

    fn head<'c>(&self, cx: &'c Cx<'_>) -> Option<&'c Head> {
        if self.of_answer { cx.response().map(|r| &r.head) } else { cx.request().map(|r| &r.head) }
    }

    fn values<'c>(
        &self,
        cx: &'c Cx<'_>,
        visit: &mut dyn FnMut(&'c [u8]) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let field: &[u8] = if self.of_answer { b"set-cookie" } else { b"cookie" };
        let Some(head) = self.head(cx) else { return ControlFlow::Continue(()) };
        for (_, value) in head.fields().filter(|(n, _)| n.eq_ignore_ascii_case(field)) {
            super::each_element(value, &mut |element| self.pairs(element, visit))?;
        }
        ControlFlow::Continue(())
    }

    /// The cookies in one element of a field, read as HAProxy's `http_extract_cookie_value()`: values end at a comma or
    /// semicolon outside of quotes, names that begin with `$` and words without `=` are passed over, and a pair too
    /// short to hold the name, `=` and one byte more ends the search. Of an answer only the first pair is a cookie.
    fn pairs<'c>(
        &self,
        text: &'c [u8],
        visit: &mut dyn FnMut(&'c [u8]) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut at = 0;
        while at + self.name.len() + 1 < text.len() {
            at = blank_end(text, at);
            let stops = |b: &u8| *b == b'=' || *b == b';' || (*b == b',' && !self.of_answer);
            let equals = text[at..].iter().position(stops).map_or(text.len(), |n| at + n);
            let name = text[at..equals].trim_ascii_end();
            let mut next = equals;
            if text.get(equals) == Some(&b'=') {
                let from = blank_end(text, equals + 1);
                next = http::cookie_value_end(text, from);
                let wanted = self.name.is_empty() || name == self.name;
                if wanted && !name.starts_with(b"$") {
                    visit(text[from..next].trim_ascii_end())?;
                }
            }
            if self.of_answer {
                break;
            }
            at = next + 1;
        }
        ControlFlow::Continue(())
    }
}

/// Where the spaces and tabs from `at` on end.
fn blank_end(text: &[u8], at: usize) -> usize {
    text[at..].iter().position(|b| !matches!(b, b' ' | b'\t')).map_or(text.len(), |n| at + n)
}

impl Fetch for Cookie {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let (mut last, mut count) = (None, 0);
        let _ = self.values(cx, &mut |value| {
            count += 1;
            last = Some(value);
            // Without a name it is the first one.
            let ends = self.name.is_empty() && self.form != Form::Count;
            if ends { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        match self.form {
            Form::Text => last.map(|v| Sample::Str(Cow::Borrowed(v))),
            Form::Count => self.head(cx).map(|_| Sample::Int(count)),
            Form::Number => Some(Sample::Int(leading_int(last?))),
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
            Form::Number => self.values(cx, &mut |v| visit(Sample::Int(leading_int(v)))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, fields: &[&str]) -> Vec<String> {
        let cookie = Cookie { name: name.into(), form: Form::Text, of_answer: false };
        let mut found = Vec::new();
        for field in fields {
            let _ = super::super::each_element(field.as_bytes(), &mut |element| {
                cookie.pairs(element, &mut |v| {
                    found.push(String::from_utf8_lossy(v).into_owned());
                    ControlFlow::Continue(())
                })
            });
        }
        found
    }

    /// Each line was given to haproxy 2.6.12 (`req.cook`, `req.cook_cnt`).
    #[test]
    fn cookies_are_read_as_by_haproxy() {
        assert_eq!(found("c", &["c=1, c=2; c=3"]), ["1", "2", "3"]);
        assert_eq!(found("c", &["c=\"a,b\"; c="]), ["\"a,b\"", ""]);
        assert_eq!(found("c", &["a=1, c; c=5 ,x=3;c=\"q;w\"; c = 7 ; =z"]), ["5", "\"q;w\"", "7"]);
        assert_eq!(found("", &["a=1, c; c=5 ,x=3;c=\"q;w\"; c = 7 ; =z"]).len(), 6);
        assert_eq!(found("c", &["c=1;c=2x, d=,c="]), ["1", "2x"], "nothing fits behind the last =");
        assert_eq!(found("", &["c=1;c=2x, d=,c="]).len(), 4);
        assert!(found("c", &["", "c", ";", "=", "c;", "$c=1"]).is_empty());
    }
}
