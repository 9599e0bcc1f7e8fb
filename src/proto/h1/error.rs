//! What can be wrong with a head or a body, where, and which status HAProxy 2.6 answers.
use std::fmt;

/// Who sent the bytes: decides the status to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Client,
    Server,
}

/// What is wrong with a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadErrorKind {
    /// The method is no token.
    Method,
    /// A byte that a request target may not have, or none of the four forms of RFC 9112, section 3.2.
    Target,
    /// Not `HTTP/` digit `.` digit; also a request line without a version (HTTP/0.9).
    Version,
    /// The preface of HTTP/2 on a connection that speaks HTTP/1.
    Http2Preface,
    /// The status is not three digits from 100 on.
    Status,
    /// NUL in a value or a reason phrase.
    Nul,
    /// CR without LF.
    BareCr,
    /// LF without CR.
    BareLf,
    /// A line that starts with a space: obs-fold (RFC 9112, section 5.2).
    Fold,
    /// A field name that is empty or no token, or a line without a colon.
    Name,
    /// A space between a name and its colon.
    SpaceBeforeColon,
    /// More bytes than `Limits::max_head`.
    TooLong,
    /// More fields than `Limits::max_headers`.
    TooManyFields,
    /// A Content-Length that is no plain number below 2^63.
    Length,
    /// More than one Content-Length.
    RepeatedLength,
    /// Both Content-Length and Transfer-Encoding.
    LengthAndCoding,
    /// Transfer-Encoding in an HTTP/1.0 message.
    CodingInHttp10,
    /// `chunked` is missing, repeated or not the last coding: where the body ends is unknown.
    NotChunked,
    /// Another coding below a final `chunked`, which we do not undo.
    CodingBeforeChunked,
    /// Several Hosts that differ.
    RepeatedHost,
    /// A Host that some reader would cut: blanks, commas, `/ @ ? # \`, control characters (RFC 9110, 7.2).
    Host,
    /// The authority of the target and Host disagree.
    HostMismatch,
    /// A CONNECT with a body.
    ConnectBody,
    /// A GET, HEAD or DELETE of HTTP/1.0 with a body, which many origins would take for the next request.
    PayloadInHttp10,
    /// A WebSocket upgrade without its Sec-WebSocket-Key or Sec-WebSocket-Accept.
    WebSocket,
    /// A 101 that nobody asked for, or that does not name the upgrade.
    UnaskedUpgrade,
}

impl HeadErrorKind {
    /// In words, for logs.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            HeadErrorKind::Method => "bad method",
            HeadErrorKind::Target => "bad request target",
            HeadErrorKind::Version => "bad HTTP version",
            HeadErrorKind::Http2Preface => "HTTP/2 preface on an HTTP/1 connection",
            HeadErrorKind::Status => "bad status code",
            HeadErrorKind::Nul => "NUL byte",
            HeadErrorKind::BareCr => "CR without LF",
            HeadErrorKind::BareLf => "LF without CR",
            HeadErrorKind::Fold => "folded field line",
            HeadErrorKind::Name => "bad field name",
            HeadErrorKind::SpaceBeforeColon => "space before a colon",
            HeadErrorKind::TooLong => "head too long",
            HeadErrorKind::TooManyFields => "too many fields",
            HeadErrorKind::Length => "bad Content-Length",
            HeadErrorKind::RepeatedLength => "repeated Content-Length",
            HeadErrorKind::LengthAndCoding => "both Content-Length and Transfer-Encoding",
            HeadErrorKind::CodingInHttp10 => "Transfer-Encoding in HTTP/1.0",
            HeadErrorKind::NotChunked => "Transfer-Encoding does not end in one chunked",
            HeadErrorKind::CodingBeforeChunked => "unsupported transfer coding",
            HeadErrorKind::RepeatedHost => "several different Hosts",
            HeadErrorKind::Host => "bad Host",
            HeadErrorKind::HostMismatch => "authority and Host disagree",
            HeadErrorKind::ConnectBody => "CONNECT with a body",
            HeadErrorKind::PayloadInHttp10 => "GET, HEAD or DELETE of HTTP/1.0 with a body",
            HeadErrorKind::WebSocket => "WebSocket handshake without its key",
            HeadErrorKind::UnaskedUpgrade => "101 without an upgrade",
        }
    }
}

/// A head that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadError {
    pub kind: HeadErrorKind,
    /// Offset of the offending byte, or of the offending value, from the first received byte.
    pub at: usize,
    pub side: Side,
}

impl HeadError {
    /// The status for the client, as HAProxy 2.6: 502 for a server's fault, 422 for a coding that it does not undo, 413
    /// for a body where HTTP/1.0 expects none, else 400 (also for heads that are too long).
    #[must_use]
    pub fn status(&self) -> u16 {
        match (self.side, self.kind) {
            (Side::Server, _) => 502,
            (Side::Client, HeadErrorKind::CodingBeforeChunked) => 422,
            (Side::Client, HeadErrorKind::PayloadInHttp10) => 413,
            (Side::Client, _) => 400,
        }
    }
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind.text(), self.at)
    }
}

impl std::error::Error for HeadError {}

/// What is wrong with a chunked body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyErrorKind {
    /// A chunk size that is empty, no hex number, over 16 digits, or 2^63 and more.
    Size,
    /// A control byte in a chunk extension.
    Extension,
    /// A chunk-size line longer than `MAX_CHUNK_LINE`.
    LineTooLong,
    /// A chunk's data does not end in CR LF.
    NoCrlf,
    /// CR without LF.
    BareCr,
    /// LF without CR.
    BareLf,
    /// A trailer line that is no field.
    Trailer,
    /// A trailer that would change the framing: Content-Length or Transfer-Encoding.
    FramingTrailer,
    /// Trailers longer than `MAX_TRAILERS`.
    TrailersTooLong,
    /// The connection ended before the body did.
    Truncated,
}

impl BodyErrorKind {
    /// In words, for logs.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            BodyErrorKind::Size => "bad chunk size",
            BodyErrorKind::Extension => "bad chunk extension",
            BodyErrorKind::LineTooLong => "chunk-size line too long",
            BodyErrorKind::NoCrlf => "no CRLF after a chunk's data",
            BodyErrorKind::BareCr => "CR without LF",
            BodyErrorKind::BareLf => "LF without CR",
            BodyErrorKind::Trailer => "bad trailer",
            BodyErrorKind::FramingTrailer => "trailer that changes the framing",
            BodyErrorKind::TrailersTooLong => "trailers too long",
            BodyErrorKind::Truncated => "connection closed inside a body",
        }
    }
}

/// A body that is refused. From a client that has no answer yet it is a 400, from a server a 502.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyError {
    pub kind: BodyErrorKind,
    /// Offset of the offending byte in the buffer that was walked.
    pub at: usize,
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind.text(), self.at)
    }
}

impl std::error::Error for BodyError {}
