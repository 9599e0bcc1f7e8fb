//! What is written down of traffic and events: where log lines go, how they look, what is captured for them (configuration
//! manual, 8).
use super::global::Log;
use crate::proto::text::FieldName;
use crate::rules::Format;
use crate::rules::format::When;
use crate::rules::log_profile::{DoLog, Group, Step, Steps};
use crate::syntax::{Span, Word};

/// The `log` lines that hold for a proxy, `log global` expanded. Index 0 of [`super::Plan::log_sets`] is the process's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSet {
    pub logs: Vec<Log>,
    /// `log-tag`.
    pub tag: String,
}

/// Which [`LogSet`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogSetId(pub u32);

/// The log lines of a frontend.
#[derive(Debug, Default)]
pub struct Lines {
    /// `None`: `Connect from …`, as each connection or request begins.
    pub format: Option<Format>,
    /// `log-format-sd`: structured data for lines of RFC 5424.
    pub structured: Option<Format>,
    /// `error-log-format`: where no request could be read.
    pub errors: Option<Format>,
    /// When a line is written.
    pub when: When,
    /// `option logasap`: not at the end, and what still grows gets a `+`.
    pub early: bool,
    /// `option dontlognull`.
    pub skip_null: bool,
    /// `option dontlog-normal`.
    pub skip_normal: bool,
    /// `option log-separate-errors`.
    pub separate_errors: bool,
    /// `log-steps`: a line at each of these.
    pub steps: Option<Steps>,
    /// Whether a target has no profile: its lines are those of the proxy's own formats.
    pub plain: bool,
    /// The targets with a profile.
    pub profiled: Vec<Group>,
}

/// `capture request header` and its sister.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// In lower case; empty for a slot of `declare capture`.
    pub name: String,
    pub len: usize,
}

/// `capture cookie`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieCapture {
    /// How `NAME=value` begins.
    pub name: String,
    pub len: usize,
}

/// What the rules of proxies want of the records of exchanges, beside log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Records at all.
    pub record: bool,
    /// The number of the request (`%rt`).
    pub number: bool,
    /// The number of the log line (`%lc`).
    pub line_number: bool,
    /// Addresses towards the server.
    pub addresses: bool,
}

impl Needs {
    /// What either wants.
    #[must_use]
    pub fn or(self, other: Needs) -> Needs {
        Needs {
            record: self.record || other.record,
            number: self.number || other.number,
            line_number: self.line_number || other.line_number,
            addresses: self.addresses || other.addresses,
        }
    }
}

/// What a frontend records of its exchanges; those without log lines, captures, ids and rules that read
/// of it record nothing.
#[derive(Debug, Default)]
pub struct Recording {
    /// Present where there is a log target.
    pub lines: Option<Lines>,
    pub set: LogSetId,
    pub request_captures: Vec<Capture>,
    pub response_captures: Vec<Capture>,
    pub cookie: Option<CookieCapture>,
    /// `tune.http.logurilen`: how much of a request line is kept.
    pub line_bytes: usize,
    /// A format names addresses towards the server, which cost a call each.
    pub addresses: bool,
    /// A format names the number of the line.
    pub numbered: bool,
    /// `unique-id-format`.
    pub unique_id: Option<std::sync::Arc<Format>>,
    /// `unique-id-header`, in lower case.
    pub unique_id_header: Option<FieldName>,
    /// Present where a rule writes lines.
    pub do_log: Option<std::sync::Arc<DoLog>>,
}

/// A `log-profile` section as it was written.
#[derive(Clone, Debug)]
pub struct ProfileDraft {
    pub name: String,
    pub at: Span,
    /// `log-tag`.
    pub tag: Option<String>,
    /// The lines `on`: the step (`None`: any), `drop`, `format` and `sd`.
    pub on: Vec<(Option<Step>, bool, Option<Word>, Option<Word>)>,
}

/// Formats as they were written; `defaults` pass them on.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// `log-format`.
    pub format: Option<Word>,
    /// `log-format-sd`.
    pub structured: Option<Word>,
    /// `error-log-format`.
    pub errors: Option<Word>,
    /// `unique-id-format`.
    pub unique_id: Option<Word>,
    /// `unique-id-header`.
    pub unique_id_header: Option<FieldName>,
    /// `log-steps`.
    pub steps: Option<Steps>,
}

/// The `capture` lines of a proxy.
#[derive(Clone, Debug, Default)]
pub struct Captures {
    pub request: Vec<Capture>,
    pub response: Vec<Capture>,
    pub cookie: Option<CookieCapture>,
}
