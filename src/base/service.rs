//! Answers that the process makes itself, of its own state: who asks for one, and who makes it, meet in this word.
use super::ids::{BackendId, FrontendId};

/// The proxy whose lines hold the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Frontend(FrontendId),
    Backend(BackendId),
}

/// What is to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// The statistics page of a proxy (manual 4.2 `stats enable`); `admin`: servers may be changed from it.
    Stats { owner: Owner, admin: bool },
    /// `http-request use-service prometheus-exporter`.
    Prometheus,
}
