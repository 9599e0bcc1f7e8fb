//! `use-server` (manual 4.2): requests that a condition sends to one server of the backend.
use crate::base::ids::ServerId;
use crate::rules::{Condition, Format};
use crate::syntax::Span;

/// One line.
#[derive(Debug)]
pub struct UseServer {
    pub condition: Option<Condition>,
    pub target: ServerTarget,
    pub at: Span,
    /// The line as written, for `explain`.
    pub text: String,
}

/// Which server.
#[derive(Debug)]
pub enum ServerTarget {
    Fixed(ServerId),
    /// The name is a log-format string; a name that no server has ends the search.
    ByName(Format),
}
