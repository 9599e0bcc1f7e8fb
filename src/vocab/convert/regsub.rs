//! `regsub(regex,text[,flags])`: replaced matches.
use super::ConvertRow;
use crate::rules::regex::Regex;
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Convert, Cx};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[ConvertRow {
    name: "regsub",
    args: (2, 3),
    takes: Kind::Str,
    gives: Kind::Str,
    doc: "The text with the first match of the expression replaced, or with flag g every one; flag i ignores case.",
    make,
}];

#[derive(Debug)]
struct Regsub {
    regex: Regex,
    by: Vec<u8>,
    all: bool,
}

fn make(args: &[String]) -> Result<Box<dyn Convert>, String> {
    let flags = args.get(2).map_or("", String::as_str);
    if let Some(bad) = flags.chars().find(|c| !matches!(c, 'g' | 'i')) {
        return Err(format!("invalid regex flag '{bad}', only 'i' and 'g' are supported"));
    }
    let regex =
        Regex::new(&args[0], flags.contains('i')).map_err(|e| format!("invalid regex '{}': {e}", args[0]))?;
    Ok(Box::new(Regsub { regex, by: args[1].clone().into_bytes(), all: flags.contains('g') }))
}

impl Convert for Regsub {
    fn convert<'c>(&'c self, input: Sample<'c>, _cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let whole = super::text(input);
        let mut out = Vec::new();
        let replaced = self.regex.replace(&whole, &self.by, self.all, &mut out);
        Some(Sample::Str(if replaced { Cow::Owned(out) } else { whole }))
    }
}
