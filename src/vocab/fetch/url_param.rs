//! `url_param(name[,delim[,i]])` and `req.body_param(name[,i])`: a parameter of the query or of a form (7.3.6).
use super::{Arg, FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample, leading_int};
use crate::rules::{Cx, Fetch};
use std::borrow::Cow;
use std::ops::ControlFlow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "req.body_param",
        aliases: &[],
        required: 0,
        args: &[Arg::Text, Arg::Text],
        out: Kind::Bin,
        scope: Scope::Request,
        doc: "The value of a parameter of a form in the request's body, as far as it has arrived; the first one where no name is given.",
        make: Make::With(|args| Ok(of_body(args))),
    },
    FetchRow {
        name: "url_param",
        aliases: &["urlp"],
        required: 0,
        args: &[Arg::Text, Arg::Text, Arg::Text],
        out: Kind::Str,
        scope: Scope::Request,
        doc: "The value of a parameter of the query; the delimiter before the first one is a question mark or the one given.",
        make: Make::With(|args| Ok(of_query(args, false))),
    },
    FetchRow {
        name: "urlp_val",
        aliases: &[],
        required: 0,
        args: &[Arg::Text, Arg::Text, Arg::Text],
        out: Kind::Int,
        scope: Scope::Request,
        doc: "The value of a parameter of the query as a number.",
        make: Make::With(|args| Ok(of_query(args, true))),
    },
];

/// Where the parameters stand.
#[derive(Clone, Copy, Debug)]
enum From {
    /// In the target, behind this byte.
    Target(u8),
    Body,
}

#[derive(Debug)]
struct Param {
    /// Any where it is empty.
    name: Vec<u8>,
    any_case: bool,
    from: From,
    number: bool,
}

/// `name[,delimiter[,i]]`.
fn of_query(args: &[String], number: bool) -> Box<dyn Fetch> {
    let delimiter = args.get(1).and_then(|a| a.bytes().next()).unwrap_or(b'?');
    let any_case = args.get(2).is_some_and(|a| a == "i");
    Box::new(Param { name: name(args), any_case, from: From::Target(delimiter), number })
}

/// `name[,i]`.
fn of_body(args: &[String]) -> Box<dyn Fetch> {
    let any_case = args.get(1).is_some_and(|a| a == "i");
    Box::new(Param { name: name(args), any_case, from: From::Body, number: false })
}

fn name(args: &[String]) -> Vec<u8> {
    args.first().map(|a| a.as_bytes().to_vec()).unwrap_or_default()
}

impl Param {
    fn is_named(&self, name: &[u8]) -> bool {
        match self.any_case {
            _ if self.name.is_empty() => true,
            true => name.eq_ignore_ascii_case(&self.name),
            false => name == self.name,
        }
    }

    /// The values in a list of parameters.
    fn values<'t>(&self, text: &'t [u8]) -> impl Iterator<Item = &'t [u8]> {
        let pairs = text.split(|b| matches!(b, b'&' | b';'));
        pairs.filter_map(|pair| {
            let at = memchr::memchr(b'=', pair)?;
            self.is_named(&pair[..at]).then_some(&pair[at + 1..])
        })
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
        match self.from {
            From::Target(delimiter) => {
                let Some(req) = cx.request() else { return ControlFlow::Continue(()) };
                let uri = req.uri();
                let Some(start) = memchr::memchr(delimiter, uri) else { return ControlFlow::Continue(()) };
                self.values(&uri[start + 1..]).try_for_each(|value| {
                    visit(match self.number {
                        true => Sample::Int(leading_int(value)),
                        false => Sample::Str(Cow::Borrowed(value)),
                    })
                })
            }
            From::Body => match cx.body().map(|body| body.content) {
                None => ControlFlow::Continue(()),
                Some(Cow::Borrowed(form)) => {
                    self.values(form).try_for_each(|value| visit(Sample::Bin(Cow::Borrowed(value))))
                }
                Some(Cow::Owned(form)) => {
                    self.values(&form).try_for_each(|value| visit(Sample::Bin(Cow::Owned(value.to_vec()))))
                }
            },
        }
    }
}
