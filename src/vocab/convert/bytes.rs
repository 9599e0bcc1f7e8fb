//! `bytes(offset[,length])`: a part of the bytes.
use super::ConvertRow;
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
    offset: usize,
    length: usize,
}

fn make(args: &[String]) -> Result<Box<dyn Convert>, String> {
    let number = |a: &String| a.parse::<usize>().map_err(|_| format!("'{a}' is not a number"));
    let length = args.get(1).map_or(Ok(usize::MAX), number)?;
    Ok(Box::new(Bytes { offset: number(&args[0])?, length }))
}

impl Convert for Bytes {
    fn convert<'c>(&'c self, input: Sample<'c>, _cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let whole = super::text(input);
        if self.offset >= whole.len() {
            return None;
        }
        let end = self.offset.saturating_add(self.length).min(whole.len());
        Some(Sample::Bin(super::part(whole, self.offset..end)))
    }
}
