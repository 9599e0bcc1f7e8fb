//! What we tell the operator about a configuration: HAProxy's own first line (tools match it), then source, caret and
//! suggestion.
use super::span::Span;
use super::suggest::nearest;

/// HAProxy's levels; `Alert` is an error, `Diag` is shown only with `-dD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Diag,
    Notice,
    Warning,
    Alert,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diag {
    pub severity: Severity,
    /// HAProxy's wording, without `[ALERT] (pid) : config : ` and without `parsing [file:line] : `.
    pub message: String,
    /// Where; when set, the first line has `parsing [file:line] : ` unless `bare`.
    pub span: Option<Span>,
    /// HAProxy prints some messages about a place without `parsing [file:line] : `: then only the caret shows the place.
    pub bare: bool,
    /// The reader of lines writes `parsing [file:line]: `, without the space that the parsers of keywords have.
    pub tight: bool,
    /// A suggestion for the caret line: "did you mean `balance`?", "write `timeout connect 5s`".
    pub help: Option<String>,
}

impl Diag {
    /// An error at a place.
    pub fn alert(span: Span, message: impl Into<String>) -> Diag {
        Diag::at(Severity::Alert, span, message)
    }

    /// A warning at a place.
    pub fn warning(span: Span, message: impl Into<String>) -> Diag {
        Diag::at(Severity::Warning, span, message)
    }

    /// A message of any level at a place.
    pub fn at(severity: Severity, span: Span, message: impl Into<String>) -> Diag {
        Diag { severity, message: message.into(), span: Some(span), bare: false, tight: false, help: None }
    }

    /// A message without a place, or (with `at`) one whose first line does not name it.
    pub fn bare(severity: Severity, at: Option<Span>, message: impl Into<String>) -> Diag {
        Diag { severity, message: message.into(), span: at, bare: true, tight: false, help: None }
    }

    /// Writes `parsing [file:line]: ` without the space before the colon.
    #[must_use]
    pub fn tight(mut self) -> Diag {
        self.tight = true;
        self
    }

    /// Adds the suggestion.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diag {
        self.help = Some(help.into());
        self
    }

    /// Suggests the one of these words that is meant perhaps, if any is.
    #[must_use]
    pub fn near<'a>(self, word: &str, words: impl Iterator<Item = &'a str>) -> Diag {
        match nearest(word, words) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }
}

/// All messages of a load, in the order they were found.
#[derive(Debug, Default)]
pub struct Diags {
    pub list: Vec<Diag>,
}

impl Diags {
    /// Adds one.
    pub fn push(&mut self, diag: Diag) {
        self.list.push(diag);
    }

    /// Whether any of them is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|d| d.severity == Severity::Alert)
    }
}
