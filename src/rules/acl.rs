//! ACLs and conditions at run time (configuration manual, 7.1, 7.2 and 7.4).
use super::cx::Cx;
use super::sample::SampleExpr;
use std::fmt::Debug;
use std::sync::Arc;

/// A set of patterns of one kind, made from the words of an `acl` line and its files.
pub trait Match: Send + Sync + Debug {
    /// Whether any pattern matches this one value.
    fn matches(&self, sample: &super::Sample<'_>) -> bool;
}

/// One `acl` line: an expression and the patterns that any of its values may match.
#[derive(Debug)]
pub struct AclLine {
    pub expr: SampleExpr,
    pub matcher: Box<dyn Match>,
}

/// All lines of one name, or-ed; an anonymous `{ … }` has one line and an empty name.
#[derive(Debug)]
pub struct Acl {
    pub name: String,
    pub lines: Vec<AclLine>,
}

/// One term of a condition.
#[derive(Clone, Debug)]
pub struct Term {
    pub negate: bool,
    pub acl: Arc<Acl>,
}

/// `if`/`unless` with its terms: or-ed groups of and-ed terms.
#[derive(Clone, Debug)]
pub struct Condition {
    pub unless: bool,
    pub any_of: Vec<Vec<Term>>,
    /// As written (`if acl_example1 !local`), for `explain`.
    pub text: String,
}

impl Acl {
    /// Whether any line matches any of its values.
    #[must_use]
    pub fn holds(&self, cx: &Cx<'_>) -> bool {
        self.lines.iter().any(|line| line.expr.any_value(cx, &mut |sample| line.matcher.matches(&sample)))
    }
}

impl Condition {
    /// Whether the rule that carries this condition is to be taken.
    #[must_use]
    pub fn holds(&self, cx: &Cx<'_>) -> bool {
        let any = self.any_of.iter().any(|group| group.iter().all(|term| term.acl.holds(cx) != term.negate));
        any != self.unless
    }
}
