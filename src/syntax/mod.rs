//! The text of a configuration: files, lines, words, conditions, and the diagnostics that point into them.
//! This module knows no keyword.
pub mod diag;
pub mod span;

pub use diag::{Diag, Diags, Severity};
pub use span::{FileId, Line, SourceMap, Span, Word};
