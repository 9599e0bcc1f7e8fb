//! `env(NAME)`: an environment variable at the start (7.3.2).
use super::{Arg, FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "env",
    aliases: &[],
    required: 1,
    args: &[Arg::Text],
    out: Kind::Str,
    scope: Scope::Any,
    doc: "The value of an environment variable when the configuration was read; none where it is not set.",
    make: Make::With(make),
}];

#[derive(Debug)]
struct Env(Option<Vec<u8>>);

fn make(args: &[String]) -> Result<Box<dyn crate::rules::Fetch>, String> {
    use std::os::unix::ffi::OsStringExt;
    Ok(Box::new(Env(std::env::var_os(&args[0]).map(OsStringExt::into_vec))))
}

impl crate::rules::Fetch for Env {
    fn fetch<'c>(&'c self, _cx: &'c crate::rules::Cx<'_>) -> Option<Sample<'c>> {
        self.0.as_deref().map(|v| Sample::Str(Cow::Borrowed(v)))
    }
}
