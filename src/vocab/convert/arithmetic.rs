//! Arithmetic on numbers, which saturates as in HAProxy.
use super::ConvertRow;
use crate::rules::sample::{Kind, Sample};

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[
    ConvertRow {
        name: "add",
        args: (1, 1),
        takes: Kind::Int,
        gives: Kind::Int,
        doc: "The value plus the argument.",
        make: |args| super::numbers::<1>(args, |s, n| Some(Sample::Int(s.as_int()?.saturating_add(n[0])))),
    },
    ConvertRow {
        name: "and",
        args: (1, 1),
        takes: Kind::Int,
        gives: Kind::Int,
        doc: "The bits that value and argument share.",
        make: |args| super::numbers::<1>(args, |s, n| Some(Sample::Int(s.as_int()? & n[0]))),
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
            super::numbers::<1>(args, |s, n| {
                Some(Sample::Int(if n[0] == 0 { i64::MAX } else { s.as_int()?.saturating_div(n[0]) }))
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
            super::numbers::<1>(args, |s, n| {
                Some(Sample::Int(if n[0] == 0 { 0 } else { s.as_int()?.wrapping_rem(n[0]) }))
            })
        },
    },
    ConvertRow {
        name: "mul",
        args: (1, 1),
        takes: Kind::Int,
        gives: Kind::Int,
        doc: "The value times the argument.",
        make: |args| super::numbers::<1>(args, |s, n| Some(Sample::Int(s.as_int()?.saturating_mul(n[0])))),
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
        make: |args| super::numbers::<1>(args, |s, n| Some(Sample::Int(s.as_int()? | n[0]))),
    },
    ConvertRow {
        name: "sub",
        args: (1, 1),
        takes: Kind::Int,
        gives: Kind::Int,
        doc: "The value minus the argument.",
        make: |args| super::numbers::<1>(args, |s, n| Some(Sample::Int(s.as_int()?.saturating_sub(n[0])))),
    },
    ConvertRow {
        name: "xor",
        args: (1, 1),
        takes: Kind::Int,
        gives: Kind::Int,
        doc: "The bits in which value and argument differ.",
        make: |args| super::numbers::<1>(args, |s, n| Some(Sample::Int(s.as_int()? ^ n[0]))),
    },
];
