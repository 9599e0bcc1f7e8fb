//! `concat([start][,var[,end]])`: text and a variable behind the value.
use super::ConvertRow;
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Convert, Cx, Variable};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[ConvertRow {
    name: "concat",
    args: (0, 3),
    takes: Kind::Str,
    gives: Kind::Str,
    doc: "The value with a text, a variable's value and another text behind it; each may be left out.",
    make: |args| {
        let text = |i: usize| args.get(i).map(|a| a.clone().into_bytes()).unwrap_or_default();
        let name = args.get(1).filter(|name| !name.is_empty());
        let variable = name.map(|name| Variable::parse(name)).transpose()?;
        Ok(Box::new(Concat { start: text(0), variable, end: text(2) }))
    },
}];

#[derive(Debug)]
struct Concat {
    start: Vec<u8>,
    variable: Option<Variable>,
    end: Vec<u8>,
}

impl Convert for Concat {
    fn convert<'c>(&'c self, input: Sample<'c>, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let mut out = super::text(input).into_owned();
        out.extend_from_slice(&self.start);
        if let Some(value) = self.variable.as_ref().and_then(|v| v.get(cx)) {
            value.write_text(&mut out);
        }
        out.extend_from_slice(&self.end);
        Some(Sample::Str(Cow::Owned(out)))
    }
}
