//! The language, one row a word.
pub mod fetch;
