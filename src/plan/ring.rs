//! `ring` sections (configuration manual, 3.9), and the rings that `log tcp@…` makes.
use super::draft::ServerDraft;
use crate::net::ConnectTo;
use crate::net::driver::ConnectOptions;
use crate::syntax::Span;
use std::path::PathBuf;
use std::time::Duration;

/// The size of a ring without `size` (`tune.bufsize`'s default), in bytes.
pub const SIZE: usize = 16_384;
/// What HAProxy itself has: the standard streams, and a ring for what its own parts tell.
pub const STANDARD: [(&str, &str); 2] =
    [("stdout", "standard output (fd#1)"), ("stderr", "standard output (fd#2)")];
pub const OWN: &str = "buf0";

/// One ring.
#[derive(Debug)]
pub struct Ring {
    pub name: String,
    pub description: String,
    /// The form of its lines, whatever the `log` line says: `raw` by default.
    pub format: String,
    /// The longest line, in bytes.
    pub maxlen: usize,
    /// In bytes.
    pub size: usize,
    /// `backing-file`.
    pub file: Option<PathBuf>,
    /// How long a connection may take to come about.
    pub connect: Option<Duration>,
    /// How long bytes may wait to be taken.
    pub server: Option<Duration>,
    pub servers: Vec<Server>,
}

/// A `server` of a ring: all get all lines.
#[derive(Debug)]
pub struct Server {
    pub name: String,
    pub to: ConnectTo,
    pub options: ConnectOptions,
    /// `log-proto octet-count` (RFC 6587, 3.4.1), else lines end with LF (3.4.2).
    pub octet_count: bool,
}

/// A section as it was written.
#[derive(Debug)]
pub struct Draft {
    pub name: String,
    pub at: Span,
    pub description: Option<String>,
    pub format: String,
    pub maxlen: usize,
    pub size: usize,
    pub file: Option<PathBuf>,
    pub connect: Option<Duration>,
    pub server: Option<Duration>,
    pub servers: Vec<ServerDraft>,
}

impl Draft {
    /// A section without lines.
    #[must_use]
    pub fn new(name: &str, at: Span) -> Draft {
        Draft {
            name: name.to_owned(),
            at,
            description: None,
            format: "raw".to_owned(),
            maxlen: SIZE,
            size: SIZE,
            file: None,
            connect: None,
            server: None,
            servers: Vec::new(),
        }
    }
}

/// The ring for what the process itself tells; it is always there.
#[must_use]
pub fn own() -> Ring {
    Ring {
        name: OWN.to_owned(),
        description: "in-memory ring buffer".to_owned(),
        format: "timed".to_owned(),
        maxlen: SIZE,
        size: 1 << 20,
        file: None,
        connect: None,
        server: None,
        servers: Vec::new(),
    }
}
