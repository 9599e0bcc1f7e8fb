//! Error pages that proxies share: `http-errors` sections, and the lines that refer to them.
use super::ErrorPages;
use crate::syntax::Span;

/// An `http-errors` section.
#[derive(Debug)]
pub struct HttpErrors {
    pub name: String,
    pub at: Span,
    pub pages: ErrorPages,
}

/// An `errorfiles` line of a proxy, or `http-error … errorfiles`.
#[derive(Clone, Debug)]
pub struct ErrorFiles {
    pub name: String,
    pub at: Span,
    /// Only the pages of these statuses; empty: all of them.
    pub statuses: Vec<u16>,
    /// Statuses that later lines of the proxy have pages of their own for.
    pub masked: Vec<u16>,
}

impl ErrorFiles {
    /// Whether the line takes the section's page of a status.
    #[must_use]
    pub fn takes(&self, status: u16) -> bool {
        (self.statuses.is_empty() || self.statuses.contains(&status)) && !self.masked.contains(&status)
    }
}
