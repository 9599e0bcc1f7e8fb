//! `date`: the wall clock (7.3.2).
use super::{Arg, FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Cx, Fetch};

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "date",
    aliases: &[],
    required: 0,
    args: &[Arg::Int],
    out: Kind::Int,
    scope: Scope::Any,
    doc: "Seconds since 1970, plus the offset where one is given.",
    make: Make::With(make),
}];

#[derive(Debug)]
struct Date(i64);

fn make(args: &[String]) -> Result<Box<dyn Fetch>, String> {
    let offset =
        args.first().map_or(Ok(0), |a| a.parse()).map_err(|_| "offset is not a number".to_owned())?;
    Ok(Box::new(Date(offset)))
}

impl Fetch for Date {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let now = cx.facts.wall_clock().duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(Sample::Int(now.as_secs() as i64 + self.0))
    }
}
