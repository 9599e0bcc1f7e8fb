//! Rules that look at bytes while they come in (manual 4.2 `tcp-request content`): a condition may not be decided yet, and then
//! the rules wait.
use super::acl::{Acl, Condition};
use super::action::{Program, Verdict};
use super::cx::{Cx, Trace};
use std::cell::Cell;

/// Where the inspection of a connection stands; fetches look at it and note what they miss.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspect {
    /// The buffer has a connection's own bytes (`Cx::req_body`).
    raw: Cell<bool>,
    /// More of them may come.
    open: Cell<bool>,
    /// The beginning of a request is there, its end not yet.
    head_begun: Cell<bool>,
    /// A value was missing, or may become another.
    missing: Cell<bool>,
}

impl Inspect {
    /// From now on the buffer has a connection's own bytes; `open` says whether more may come.
    pub fn look(&self, open: bool, head_begun: bool) {
        self.raw.set(true);
        self.open.set(open);
        self.head_begun.set(head_begun);
    }

    /// What is there is all there is.
    pub fn close(&self) {
        self.open.set(false);
    }

    /// The buffer's bytes are gone.
    pub fn forget(&self) {
        self.raw.set(false);
        self.open.set(false);
    }

    /// Whether more may come.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.get()
    }

    /// Notes that a value is missing or may become another.
    pub fn may_change(&self) {
        self.missing.set(true);
    }

    /// Whether a value was missing or may become another.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.missing.get()
    }

    /// Whether the buffer has a connection's own bytes.
    #[must_use]
    pub fn is_raw(&self) -> bool {
        self.raw.get()
    }
}

/// HAProxy's three outcomes of a test: joined by `&` and `|` as numbers.
const PASS: u8 = 3;
const MISS: u8 = 1;
const FAIL: u8 = 0;

impl Acl {
    /// Whether it holds, does not, or is not known yet.
    fn outcome(&self, cx: &Cx<'_>) -> u8 {
        let inspect = &cx.conn.inspect;
        let (mut outcome, lists) = (FAIL, cx.facts.lists());
        for line in self.lines() {
            inspect.missing.set(false);
            if line.expr.any_value(cx, &mut |sample| line.patterns.match_value(&sample, lists)) {
                return PASS;
            }
            let head = line.expr.needs_request && cx.req.is_none() && inspect.head_begun.get();
            if inspect.open.get() && (inspect.missing.get() || head) {
                outcome = MISS;
            }
        }
        outcome
    }
}

impl Condition {
    /// Whether the rule is to be taken; `None` while that is not known.
    #[must_use]
    pub fn decided(&self, cx: &Cx<'_>) -> Option<bool> {
        let mut any = FAIL;
        for group in &self.any_of {
            let mut all = PASS;
            for term in group {
                let outcome = term.acl.outcome(cx);
                all &= if term.negate { PASS >> outcome } else { outcome };
                if all == FAIL {
                    break;
                }
            }
            any |= all;
            if any == PASS {
                break;
            }
        }
        (any != MISS).then_some((any == PASS) != self.unless)
    }
}

impl Program {
    /// Runs the rules from `from` on. `None`: a condition is not decided yet. With the verdict comes the next rule.
    pub fn inspect(&self, from: usize, cx: &mut Cx<'_>, trace: &mut impl Trace) -> Option<(Verdict, usize)> {
        for (at, rule) in self.rules.iter().enumerate().skip(from) {
            let taken = match &rule.condition {
                Some(condition) => condition.decided(cx)?,
                None => true,
            };
            trace.rule(rule.at, &rule.text, taken);
            if taken {
                match rule.action.run(cx) {
                    Verdict::Continue => {}
                    other => return Some((other, at + 1)),
                }
            }
        }
        Some((Verdict::Continue, self.rules.len()))
    }
}
