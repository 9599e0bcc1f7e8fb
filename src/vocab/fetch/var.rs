//! `var(name[,default])`: a variable (7.3.2).
use super::{Arg, FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Cx, Fetch, Variable};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "var",
    aliases: &[],
    required: 0,
    args: &[Arg::Text, Arg::Text],
    out: Kind::Any,
    scope: Scope::Any,
    doc: "The value of a variable with the type it was set with; the default, a text, where it has none.",
    make: Make::With(|args| {
        let variable = Variable::parse(args.first().map_or("", String::as_str))?;
        Ok(Box::new(Var { variable, default: args.get(1).map(|text| text.clone().into_bytes()) }))
    }),
}];

#[derive(Debug)]
struct Var {
    variable: Variable,
    default: Option<Vec<u8>>,
}

impl Fetch for Var {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        // As HAProxy: where the scope itself is not there, the default is not either.
        let default = self.default.as_deref().filter(|_| self.variable.is_reachable(cx));
        self.variable.get(cx).or_else(|| default.map(|text| Sample::Str(Cow::Borrowed(text))))
    }
}
