//! `bool(…)`: a constant (7.3.2).
use super::{Arg, FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "bool",
    aliases: &[],
    required: 1,
    args: &[Arg::Text],
    out: Kind::Bool,
    scope: Scope::Any,
    doc: "The constant true or false (also 1 or 0).",
    make: Make::With(make),
}];

fn make(args: &[String]) -> Result<Box<dyn crate::rules::Fetch>, String> {
    let value = match args[0].to_ascii_lowercase().as_str() {
        "true" | "1" => true,
        "false" | "0" => false,
        other => return Err(format!("invalid type '{other}', expects 'true' or 'false'")),
    };
    Ok(Box::new(super::Constant(Sample::Bool(value))))
}
