//! The language, one row a word.
pub mod acl_words;
pub mod action;
pub mod convert;
pub mod expr;
pub mod fetch;
pub mod known_rules;
pub mod logformat;
pub mod matching;
