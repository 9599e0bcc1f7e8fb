//! `resolvers` sections and what servers want of them (manual 5.3.2, and 5.2 `resolvers`, `resolve-prefer`, `resolve-net`,
//! `resolve-opts`).
use crate::plan::draft::Family;
use crate::syntax::Span;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The section that servers may name although the file has none: the name servers of the host.
pub const DEFAULT: &str = "default";

/// One section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolvers {
    pub name: String,
    pub nameservers: Vec<Nameserver>,
    pub hold: Hold,
    /// `resolve_retries`: how many questions are sent before giving up.
    pub retries: u32,
    /// `timeout resolve`: how long from one resolution to the next.
    pub resolve: Duration,
    /// `timeout retry`: how long an answer is waited for.
    pub retry: Duration,
    /// `accepted_payload_size`.
    pub accepted: u16,
    pub at: Span,
}

impl Resolvers {
    /// A section without lines.
    #[must_use]
    pub fn new(name: &str, at: Span) -> Resolvers {
        Resolvers {
            name: name.to_owned(),
            nameservers: Vec::new(),
            hold: Hold::default(),
            retries: 3,
            resolve: Duration::from_secs(1),
            retry: Duration::from_secs(1),
            accepted: 512,
            at,
        }
    }
}

/// One `nameserver` line, or one of the host's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nameserver {
    pub name: String,
    pub addr: SocketAddr,
    /// `tcp@`: asked over a connection.
    pub stream: bool,
    pub at: Span,
}

/// `hold` lines: how long the last good answer outweighs a bad one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    pub valid: Duration,
    pub nx: Duration,
    pub refused: Duration,
    pub timeout: Duration,
    pub other: Duration,
    pub obsolete: Duration,
}

impl Default for Hold {
    fn default() -> Hold {
        let most = Duration::from_secs(30);
        Hold {
            valid: Duration::from_secs(10),
            nx: most,
            refused: most,
            timeout: most,
            other: most,
            obsolete: Duration::ZERO,
        }
    }
}

/// What a server's lookup prefers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wishes {
    /// `resolve-prefer`; `Any` where nothing was said, which prefers IPv6 too.
    pub family: Family,
    /// `resolve-net`.
    pub networks: Vec<(IpAddr, u8)>,
    /// `resolve-opts allow-dup-ip`.
    pub duplicates: bool,
    /// `resolve-opts ignore-weight`.
    pub ignore_weight: bool,
}

impl Default for Wishes {
    fn default() -> Wishes {
        Wishes { family: Family::Any, networks: Vec::new(), duplicates: false, ignore_weight: false }
    }
}

/// How a server's address is found while running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// Index into [`super::Plan::resolvers`].
    pub resolvers: usize,
    /// The SRV label the server takes a record of; `None` for a host name.
    pub service: Option<String>,
    pub wishes: Wishes,
}

/// Whether a name is an SRV label: HAProxy takes everything that begins with an underscore for one.
#[must_use]
pub fn is_service(name: &str) -> bool {
    name.starts_with('_')
}
