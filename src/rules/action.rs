//! Actions and the programs they stand in (configuration manual, 4.2 `http-request`, `redirect`, …).
use super::acl::Condition;
use super::cx::{Cx, Trace};
use crate::syntax::Span;
use std::fmt::Debug;

/// What an action wants to happen next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on with the next rule.
    Continue,
    /// Stop this program, the request goes on (`http-request allow`).
    Allow,
    /// Answer with the error page of this status (`http-request deny`), termination flags `PR--`.
    Deny { status: u16 },
    /// Answer with these bytes: a whole HTTP/1.1 answer, head and body (`redirect`, `http-request return`).
    /// `close` says that the client connection ends after it, even when the bytes do not say so.
    Answer { status: u16, bytes: Vec<u8>, close: bool },
    /// Answer with the error page of this status, which nobody refused (`http-request return … default-errorfiles`).
    Page { status: u16 },
    /// The process answers of its own state (`stats enable`, `http-request use-service`).
    Serve(crate::base::service::Service),
    /// Close the connection without an answer (`http-request silent-drop`, `tcp-request … reject`).
    Drop,
    /// Wait for something, then go on with the next rule.
    Wait(Box<Awaited>),
    /// What the rule puts into the message does not fit there: the page of 500, and termination flags `PR--` or `PH--`; with
    /// `strict-mode off` the next rule.
    Fail,
}

/// What rules wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// An address (`do-resolve`).
    Address(Lookup),
    /// An edit of a list of patterns (`set-map`, …).
    ListEdit(crate::share::list_edits::ListEdit),
}

/// A name that a rule wants looked up, and the variable that gets its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    pub variable: super::Variable,
    /// The section of name servers.
    pub resolvers: String,
    /// Whether an IPv4 address is preferred.
    pub v4: bool,
    pub name: Vec<u8>,
}

/// An action with its arguments bound.
pub trait Action: Send + Sync + Debug {
    /// Does it. `cx` has the request (and the answer in response programs).
    fn run(&self, cx: &mut Cx<'_>) -> Verdict;

    /// Finds the names that the arguments hold, once all sections are read.
    ///
    /// # Errors
    /// HAProxy's words for a name that does not exist.
    fn resolve(&self, _names: &dyn super::sample::Names) -> Result<(), String> {
        Ok(())
    }

    /// The place it fills with what it captures.
    fn capture(&self) -> Option<&CaptureSlot> {
        None
    }

    /// Whether it writes log lines (`do-log`), and by which `log-profile`.
    fn writes_logs(&self) -> Option<Option<&str>> {
        None
    }

    /// The file whose list it changes.
    fn changes_list(&self) -> Option<&str> {
        None
    }

    /// The `resolvers` section that it asks.
    fn resolvers(&self) -> Option<&str> {
        None
    }
}

/// A place for a captured value (`http-request capture`).
#[derive(Debug, Default)]
pub struct CaptureSlot {
    pub response: bool,
    /// A place of its own, of this length; its index is set when the line is read.
    pub len: Option<usize>,
    pub index: std::sync::OnceLock<usize>,
}

/// One rule: what to do, when, and the line that says so.
#[derive(Debug)]
pub struct Rule {
    pub condition: Option<Condition>,
    pub action: Box<dyn Action>,
    pub at: Span,
    /// The line as written, for `explain`.
    pub text: String,
}

/// Rules in their order.
#[derive(Debug, Default)]
pub struct Program {
    pub rules: Vec<Rule>,
}

impl Program {
    /// Runs the rules until one does not continue.
    pub fn run(&self, cx: &mut Cx<'_>, trace: &mut impl Trace) -> Verdict {
        self.run_from(&mut 0, cx, trace)
    }

    /// Runs the rules from `next` on, which then is the one behind the last that ran.
    #[inline]
    pub fn run_from(&self, next: &mut usize, cx: &mut Cx<'_>, trace: &mut impl Trace) -> Verdict {
        if *next == 0 {
            // Each ruleset begins in strict mode.
            cx.wishes.lax = false;
        }
        while let Some(rule) = self.rules.get(*next) {
            *next += 1;
            let taken = rule.condition.as_ref().is_none_or(|c| c.holds(cx));
            trace.rule(rule.at, &rule.text, taken);
            if taken {
                match rule.action.run(cx) {
                    Verdict::Continue => {}
                    Verdict::Fail => {
                        cx.wishes.failed_rewrites = cx.wishes.failed_rewrites.saturating_add(1);
                        if !cx.wishes.lax {
                            return Verdict::Fail;
                        }
                    }
                    other => return other,
                }
            }
        }
        Verdict::Continue
    }
}

impl Program {
    /// Finds the names that its rules hold; gives the first rule with one that does not exist.
    ///
    /// # Errors
    /// Where the rule stands, and HAProxy's words.
    pub fn resolve(&self, names: &dyn super::sample::Names) -> Result<(), (Span, String)> {
        self.rules.iter().try_for_each(|rule| {
            let condition = rule.condition.as_ref().map_or(Ok(()), |c| c.resolve(names));
            condition.and_then(|()| rule.action.resolve(names)).map_err(|e| (rule.at, e))
        })
    }
}
