//! `stats-file` (3.x, global): what a process before had counted, as `dump stats-file` wrote it.
use std::path::PathBuf;

/// The file, and what stood in it when the configuration was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatsFile {
    pub path: PathBuf,
    /// `None` before it was read, or where it cannot be read.
    pub text: Option<String>,
}
