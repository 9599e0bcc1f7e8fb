//! `set-var(name[,condition…])`, `unset-var(name)`: variables as by-products of an expression (7.3.1).
use super::ConvertRow;
use crate::rules::sample::{Kind, Sample};
use crate::rules::vars::VarCondition;
use crate::rules::{Convert, Cx, Variable};

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[
    ConvertRow {
        name: "set-var",
        args: (1, 5),
        takes: Kind::Any,
        gives: Kind::Any,
        doc: "Sets a variable to the value, where its conditions hold, and passes the value on.",
        make: |args| {
            let conditions = args[1..].iter().map(|c| VarCondition::parse(c)).collect::<Result<_, _>>()?;
            Ok(Box::new(SetVar { variable: Variable::parse(&args[0])?, conditions }))
        },
    },
    ConvertRow {
        name: "unset-var",
        args: (1, 1),
        takes: Kind::Any,
        gives: Kind::Any,
        doc: "Takes a variable's value away, and passes its own value on.",
        make: |args| Ok(Box::new(UnsetVar(Variable::parse(&args[0])?))),
    },
];

#[derive(Debug)]
struct SetVar {
    variable: Variable,
    conditions: Vec<VarCondition>,
}

impl Convert for SetVar {
    fn convert<'c>(&'c self, input: Sample<'c>, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        // A variable that could not be set leaves no value.
        self.variable.set(cx, &input, &self.conditions).then_some(input)
    }
}

#[derive(Debug)]
struct UnsetVar(Variable);

impl Convert for UnsetVar {
    fn convert<'c>(&'c self, input: Sample<'c>, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        self.0.unset(cx).then_some(input)
    }
}
