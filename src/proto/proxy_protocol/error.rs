//! Why a header was refused, in HAProxy's words (manual, `fc_err_str`).
use std::fmt;

/// What is wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The connection begins with something else.
    NoHeader,
    /// A line or a block that says nothing sensible.
    Invalid,
    /// A protocol that is neither TCP over IPv4 nor over IPv6.
    UnhandledProtocol,
    /// An extension that is cut off, too long, or whose checksum is wrong.
    Extension,
    /// More bytes than are taken.
    TooLong,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::NoHeader => "Received something which does not look like a PROXY protocol header",
            Error::Invalid | Error::Extension | Error::TooLong => "Received an invalid PROXY protocol header",
            Error::UnhandledProtocol => "Received an unhandled protocol in the PROXY protocol header",
        })
    }
}

impl std::error::Error for Error {}
