//! Arithmetic on numbers, which saturates as in HAProxy. The other number may be a variable.
use super::ConvertRow;
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Convert, Cx, Variable};
use std::fmt;

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[
    ConvertRow {
        name: "add",
        args: (1, 1),
        takes: Kind::Int,
        gives: Kind::Int,
        doc: "The value plus the argument.",
        make: |args| number(args, |s, n| Some(Sample::Int(s.as_int()?.saturating_add(n)))),
    },
    ConvertRow {
        name: "and",
        args: (1, 1),
        takes: Kind::Int,
        gives: Kind::Int,
        doc: "The bits that value and argument share.",
        make: |args| number(args, |s, n| Some(Sample::Int(s.as_int()? & n))),
    },
    ConvertRow {
        name: "cpl",
        args: (0, 0),
        takes: Kind::Int,
        gives: Kind::Int,
        doc: "The bits of the value turned over.",
        make: |args| super::numbers::<0>(args, |s, _| Some(Sample::Int(!s.as_int()?))),
    },
    ConvertRow {
        name: "div",
        args: (1, 1),
        takes: Kind::Int,
        gives: Kind::Int,
        doc: "The value divided by the argument; the largest number where that is 0.",
        make: |args| {
            number(args, |s, n| {
                Some(Sample::Int(if n == 0 { i64::MAX } else { s.as_int()?.saturating_div(n) }))
            })
        },
    },
    ConvertRow {
        name: "even",
        args: (0, 0),
        takes: Kind::Int,
        gives: Kind::Bool,
        doc: "Whether the value is even.",
        make: |args| super::numbers::<0>(args, |s, _| Some(Sample::Bool(s.as_int()? & 1 == 0))),
    },
    ConvertRow {
        name: "mod",
        args: (1, 1),
        takes: Kind::Int,
        gives: Kind::Int,
        doc: "The rest of the division by the argument; 0 where that is 0.",
        make: |args| {
            number(args, |s, n| Some(Sample::Int(if n == 0 { 0 } else { s.as_int()?.wrapping_rem(n) })))
        },
    },
    ConvertRow {
        name: "mul",
        args: (1, 1),
        takes: Kind::Int,
        gives: Kind::Int,
        doc: "The value times the argument.",
        make: |args| number(args, |s, n| Some(Sample::Int(s.as_int()?.saturating_mul(n)))),
    },
    ConvertRow {
        name: "neg",
        args: (0, 0),
        takes: Kind::Int,
        gives: Kind::Int,
        doc: "The value with the other sign.",
        make: |args| super::numbers::<0>(args, |s, _| Some(Sample::Int(s.as_int()?.saturating_neg()))),
    },
    ConvertRow {
        name: "odd",
        args: (0, 0),
        takes: Kind::Int,
        gives: Kind::Bool,
        doc: "Whether the value is odd.",
        make: |args| super::numbers::<0>(args, |s, _| Some(Sample::Bool(s.as_int()? & 1 == 1))),
    },
    ConvertRow {
        name: "or",
        args: (1, 1),
        takes: Kind::Int,
        gives: Kind::Int,
        doc: "The bits of value and argument together.",
        make: |args| number(args, |s, n| Some(Sample::Int(s.as_int()? | n))),
    },
    ConvertRow {
        name: "sub",
        args: (1, 1),
        takes: Kind::Int,
        gives: Kind::Int,
        doc: "The value minus the argument.",
        make: |args| number(args, |s, n| Some(Sample::Int(s.as_int()?.saturating_sub(n)))),
    },
    ConvertRow {
        name: "xor",
        args: (1, 1),
        takes: Kind::Int,
        gives: Kind::Int,
        doc: "The bits in which value and argument differ.",
        make: |args| number(args, |s, n| Some(Sample::Int(s.as_int()? ^ n))),
    },
];

/// A number given as such or in a variable.
#[derive(Debug)]
pub(super) enum Number {
    Fixed(i64),
    Variable(Variable),
}

impl Number {
    /// Reads an argument; an empty one is 0.
    pub(super) fn parse(arg: &str) -> Result<Number, String> {
        Ok(match super::integer(arg) {
            Some(n) => Number::Fixed(n),
            None if arg.is_empty() => Number::Fixed(0),
            None => Number::Variable(
                Variable::parse(arg).map_err(|_| "expects an integer or a variable name".to_owned())?,
            ),
        })
    }

    /// `None`: the variable has no number.
    pub(super) fn get(&self, cx: &Cx<'_>) -> Option<i64> {
        match self {
            Number::Fixed(n) => Some(*n),
            Number::Variable(variable) => variable.get(cx)?.as_int(),
        }
    }
}

struct WithNumber {
    number: Number,
    apply: fn(Sample<'_>, i64) -> Option<Sample<'static>>,
}

impl fmt::Debug for WithNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(f)
    }
}

fn number(
    args: &[String],
    apply: fn(Sample<'_>, i64) -> Option<Sample<'static>>,
) -> Result<Box<dyn Convert>, String> {
    Ok(Box::new(WithNumber { number: Number::parse(&args[0])?, apply }))
}

impl Convert for WithNumber {
    fn convert<'c>(&'c self, input: Sample<'c>, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        (self.apply)(input, self.number.get(cx)?)
    }
}
