//! Text → Plan: files are read, parsed, resolved and compiled.
pub mod load;
