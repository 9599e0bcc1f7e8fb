//! `bytes(offset[,length])`: a part of the bytes. Both may be variables.
use super::ConvertRow;
use super::arithmetic::Number;
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Convert, Cx};

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[ConvertRow {
    name: "bytes",
    args: (1, 2),
    takes: Kind::Bin,
    gives: Kind::Bin,
    doc: "The bytes from an offset on, at most so many as the length says.",
    make,
}];

#[derive(Debug)]
struct Bytes {
    offset: Number,
    length: Option<Number>,
}

fn make(args: &[String]) -> Result<Box<dyn Convert>, String> {
    let offset = Number::parse(&args[0])?;
    let length = args.get(1).map(|arg| Number::parse(arg)).transpose()?;
    if matches!(offset, Number::Fixed(..0)) {
        return Err("expects a non-negative integer".to_owned());
    }
    if matches!(length, Some(Number::Fixed(..=0))) {
        return Err("expects a positive integer".to_owned());
    }
    Ok(Box::new(Bytes { offset, length }))
}

impl Convert for Bytes {
    fn convert<'c>(&'c self, input: Sample<'c>, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let whole = super::bytes(input);
        let offset = usize::try_from(self.offset.get(cx)?).ok()?.min(whole.len());
        let length = match &self.length {
            Some(length) => usize::try_from(length.get(cx)?).ok()?,
            None => whole.len(),
        };
        let end = offset.saturating_add(length).min(whole.len());
        Some(Sample::Bin(super::part(whole, offset..end)))
    }
}
