//! `field(index,delimiters)`: a part of the text.
use super::ConvertRow;
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Convert, Cx};

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[ConvertRow {
    name: "field",
    args: (2, 2),
    takes: Kind::Str,
    gives: Kind::Str,
    doc: "One part of the text between delimiters, counted from 1, or from the end where negative.",
    make: |args| make(args, false),
}];

#[derive(Debug)]
struct Part {
    index: i64,
    delimiters: Vec<u8>,
    skip_empty: bool,
}

/// One part; `skip_empty`: empty ones are not counted.
pub(super) fn make(args: &[String], skip_empty: bool) -> Result<Box<dyn Convert>, String> {
    let index = args[0].parse().map_err(|_| format!("'{}' is not a number", args[0]))?;
    if index == 0 {
        return Err("the index is not 0: parts are counted from 1".to_owned());
    }
    Ok(Box::new(Part { index, delimiters: args[1].clone().into_bytes(), skip_empty }))
}

impl Convert for Part {
    fn convert<'c>(&'c self, input: Sample<'c>, _cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let whole = super::text(input);
        let range = super::nth_part(&whole, self.index, &self.delimiters, self.skip_empty);
        Some(Sample::Str(super::part(whole, range)))
    }
}
