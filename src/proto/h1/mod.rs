//! HTTP/1.1 (RFC 9112): heads in and out, body framing. No socket, no clock; nothing is allocated once a head's
//! vectors have grown.
//!
//! The grammar is strict where two readers of the same bytes could disagree (request smuggling), and otherwise as
//! lenient as HAProxy 2.6. Refused: both of Content-Length and Transfer-Encoding, repeated or odd lengths, any coding
//! but one final `chunked`, chunked in HTTP/1.0, obs-fold, bare CR or LF, NUL, space before the colon, names and
//! methods that are no token, differing Hosts, a Host that could be read in two ways, an authority that disagrees with
//! Host. Each difference from HAProxy is a row of `docs/compat.md`.
//!
//! As HAProxy does, the parser takes `close` and `keep-alive` out of `Connection` (they speak of this connection alone;
//! see `keep_alive` of the heads), joins equal Host fields into one, takes a scheme's default port out of an absolute
//! target and its Host, and HTTP/2 out of Upgrade.
mod answer;
mod body;
mod error;
mod fields;
mod framing;
#[cfg(test)]
mod properties;
mod request;
mod response;
mod target;
#[cfg(test)]
mod tests;
mod write;

pub use answer::{Answer, has_no_content};
pub use body::{BodyReader, CHUNK_END, LAST_CHUNK, MAX_CHUNK_LINE, MAX_TRAILERS, Walk, chunk_header};
pub use error::{BodyError, BodyErrorKind, HeadError, HeadErrorKind, Side};
pub use framing::{Misframed, Reframed, frame_request, frame_response, is_framed, strip_coding};
pub use request::parse_request;
pub use response::{RequestKind, parse_response};
pub use write::{reason_phrase, write_request, write_response, write_status_line};

/// What a parser found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// The head is whole; its bytes (and the empty lines before a start line) are the first `consumed`.
    Complete { consumed: usize },
    /// Valid as far as it goes; call again from scratch with more bytes.
    Partial,
}

/// Bounds of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes from the first received one to the empty line that ends the head. HAProxy: `tune.bufsize` −
    /// `tune.maxrewrite`.
    pub max_head: usize,
    /// Fields. HAProxy counts the start line too: `tune.http.maxhdr` − 1.
    pub max_headers: usize,
}

impl Default for Limits {
    /// HAProxy's defaults: 16384 − 1024 bytes, 101 − 1 fields.
    fn default() -> Self {
        Limits { max_head: 15360, max_headers: 100 }
    }
}

/// Whether parsing again can tell more than it did when only the first `seen` bytes were there: a line has ended since,
/// or the limit is reached. Keeps a peer that sends byte by byte from costing the square of its head.
#[must_use]
pub fn worth_parsing(bytes: &[u8], seen: usize, limits: &Limits) -> bool {
    seen == 0
        || bytes.len() >= limits.max_head
        || memchr::memchr(b'\n', bytes.get(seen..).unwrap_or(b"")).is_some()
}
