//! The text of a configuration: files, lines, words, conditions, and the diagnostics that point into them.
//! This module knows no keyword.
pub mod diag;
pub mod env;
pub mod lex;
pub mod span;
pub mod suggest;

pub use diag::{Diag, Diags, Severity};
pub use env::Env;
pub use span::{FileId, Line, SourceMap, Span, Word};
pub use suggest::nearest;
