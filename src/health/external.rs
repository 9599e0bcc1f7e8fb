//! `option external-check` (manual 4.2): a program decides.
use super::Watch;
use super::probe::Found;
use crate::plan::Check;
use crate::share::CheckStatus;

/// Runs the program.
pub async fn run(_watch: &Watch, _check: &Check, _command: &str, _path: Option<&str>) -> Found {
    Found::plain(CheckStatus::SocketError)
}
