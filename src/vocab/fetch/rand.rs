//! `rand`: a random number (7.3.2).
use super::{Arg, FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Cx, Fetch};
use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "rand",
    aliases: &[],
    required: 0,
    args: &[Arg::Int],
    out: Kind::Int,
    scope: Scope::Any,
    doc: "A random number from 0 to below the range given, 2^32 where none is. Not for secrets.",
    make: Make::With(make),
}];

#[derive(Debug)]
struct Rand(u64);

fn make(args: &[String]) -> Result<Box<dyn Fetch>, String> {
    // A negative range is taken as it is for an unsigned number, as in HAProxy.
    let range = args.first().map_or(Ok(1 << 32), |a| a.parse::<i64>().map(|n| n as u64));
    range.map(|range| Box::new(Rand(range)) as Box<dyn Fetch>).map_err(|_| "range is not a number".to_owned())
}

thread_local! {
    static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(0u8) | 1);
}

impl Fetch for Rand {
    fn fetch<'c>(&'c self, _cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let mut x = STATE.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        STATE.set(x);
        Some(Sample::Int(((x >> 32).wrapping_mul(self.0) >> 32) as i64))
    }
}
