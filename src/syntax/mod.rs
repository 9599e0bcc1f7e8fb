//! The text of a configuration: files, lines, words, conditions, and the diagnostics that point into them.
//! This module knows no keyword.
pub mod blocks;
pub mod cond;
pub mod diag;
pub mod document;
pub mod env;
pub mod lex;
pub mod render;
pub mod span;
pub mod suggest;

pub use cond::COMPAT_VERSION;
pub use diag::{Diag, Diags, Severity};
pub use env::Env;
pub use render::render;
pub use span::{FileId, Line, SourceMap, Span, Word};
pub use suggest::nearest;
