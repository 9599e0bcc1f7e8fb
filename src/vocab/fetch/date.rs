//! `date([offset[,unit]])`: the wall clock (7.3.2).
use super::{Arg, FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Cx, Fetch};

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "date",
    aliases: &[],
    required: 0,
    args: &[Arg::Int, Arg::Text],
    out: Kind::Int,
    scope: Scope::Any,
    doc: "Seconds since 1970, plus the offset where one is given; in milliseconds or microseconds with the unit ms or us.",
    make: Make::With(make),
}];

#[derive(Debug)]
struct Date {
    offset: i64,
    /// How many nanoseconds the unit has.
    unit: u128,
}

fn make(args: &[String]) -> Result<Box<dyn Fetch>, String> {
    let offset =
        args.first().map_or(Ok(0), |a| a.parse()).map_err(|_| "offset is not a number".to_owned())?;
    let unit = match args.get(1).map_or("s", String::as_str) {
        "s" => 1_000_000_000,
        "ms" => 1_000_000,
        "us" => 1_000,
        _ => return Err("expects 's', 'ms' or 'us', got something else".to_owned()),
    };
    Ok(Box::new(Date { offset, unit }))
}

impl Fetch for Date {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let now = cx.facts.wall_clock().duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(Sample::Int(((now.as_nanos() / self.unit) as i64).saturating_add(self.offset)))
    }
}
