//! `hostname`: the name of this host (7.3.2).
use super::{FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};
use std::borrow::Cow;
use std::sync::LazyLock;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[FetchRow {
    name: "hostname",
    aliases: &[],
    required: 0,
    args: &[],
    out: Kind::Str,
    scope: Scope::Any,
    doc: "The name of the host that Ringmain runs on.",
    make: Make::Plain(|_| Some(Sample::Str(Cow::Borrowed(NAME.as_bytes())))),
}];

static NAME: LazyLock<String> = LazyLock::new(|| {
    nix::unistd::gethostname().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
});
