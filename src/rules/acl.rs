//! ACLs and conditions at run time (configuration manual, 7.1, 7.2 and 7.4).
use super::cx::Cx;
use super::list::Patterns;
use super::sample::SampleExpr;
use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

/// One `acl` line: an expression and the patterns that any of its values may match.
#[derive(Debug)]
pub struct AclLine {
    pub expr: SampleExpr,
    pub patterns: Patterns,
    /// Its first word as written, for messages.
    pub keyword: String,
}

/// All lines of one name, or-ed; an anonymous `{ … }` has one line and an empty name.
#[derive(Debug)]
pub struct Acl {
    pub name: String,
    first: Node,
}

/// One line and the next of the same name. Lines are added while conditions hold the ACL already: a list that only grows
/// at its end needs no lock to be read.
#[derive(Debug)]
struct Node {
    line: AclLine,
    next: OnceLock<Box<Node>>,
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
    /// An ACL of one line.
    #[must_use]
    pub fn new(name: &str, line: AclLine) -> Acl {
        Acl { name: name.to_owned(), first: Node { line, next: OnceLock::new() } }
    }

    /// Adds a line of the same name.
    pub fn add(&self, line: AclLine) {
        let mut node = &self.first;
        while let Some(next) = node.next.get() {
            node = next;
        }
        let added = node.next.set(Box::new(Node { line, next: OnceLock::new() }));
        debug_assert!(added.is_ok(), "lines are added by one thread");
    }

    /// The lines in their order.
    pub fn lines(&self) -> impl Iterator<Item = &AclLine> {
        std::iter::successors(Some(&self.first), |node| node.next.get().map(|b| &**b)).map(|node| &node.line)
    }

    /// Whether any line matches any of its values.
    #[must_use]
    pub fn holds(&self, cx: &Cx<'_>) -> bool {
        let (mut node, lists) = (&self.first, cx.facts.lists());
        loop {
            let line = &node.line;
            if line.expr.any_value(cx, &mut |sample| line.patterns.match_value(&sample, lists)) {
                return true;
            }
            let Some(next) = node.next.get() else { return false };
            node = next;
        }
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

impl Condition {
    /// Finds the names that its expressions hold.
    ///
    /// # Errors
    /// HAProxy's words for a name that does not exist.
    pub fn resolve(&self, names: &dyn super::sample::Names) -> Result<(), String> {
        let lines = self.any_of.iter().flatten().flat_map(|term| term.acl.lines());
        lines.into_iter().try_for_each(|line| line.expr.fetch.resolve(names))
    }
}
