//! The PROXY protocol, versions 1 and 2 (its specification, `proxy-protocol.txt`): who the client of a relayed connection is.
//! Bytes in, addresses and extensions out; and the other way round.
mod crc32c;
mod encode;
mod error;
mod v1;
mod v2;

#[cfg(test)]
mod tests;

pub use encode::{write_v1, write_v2};
pub use error::Error;

use std::net::SocketAddr;

/// The longest line of version 1, its CRLF counted (specification, 2.1).
pub const MAX_V1: usize = 107;
/// What a header of version 2 begins with (2.2).
pub const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, family, and length.
pub const V2_FIXED: usize = 16;

/// Kinds of extensions (2.2).
pub const TYPE_ALPN: u8 = 0x01;
pub const TYPE_AUTHORITY: u8 = 0x02;
pub const TYPE_CRC32C: u8 = 0x03;
pub const TYPE_NOOP: u8 = 0x04;
pub const TYPE_UNIQUE_ID: u8 = 0x05;
pub const TYPE_NETNS: u8 = 0x30;

/// The longest values that are taken, as in HAProxy (`PP2_AUTHORITY_MAX`, `UNIQUEID_LEN`).
pub const MAX_AUTHORITY: usize = 255;
pub const MAX_UNIQUE_ID: usize = 128;

/// Source and destination of the relayed connection.
pub type Addresses = (SocketAddr, SocketAddr);

/// What a header says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// `None`: the connection's own addresses count (`UNKNOWN`, `LOCAL`).
    pub addresses: Option<Addresses>,
    pub extensions: Extensions,
}

/// The extensions of a header of version 2, checked: kind, length in two bytes, value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions(Vec<u8>);

impl Extensions {
    /// Every one in its order.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &[u8])> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || {
            let (kind, value, more) = v2::extension(rest)?;
            rest = more;
            Some((kind, value))
        })
    }

    /// The value of a kind; of several the last, as in HAProxy.
    #[must_use]
    pub fn get(&self, kind: u8) -> Option<&[u8]> {
        self.iter().filter(|(k, _)| *k == kind).last().map(|(_, value)| value)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// How far reading came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// The beginning of a header: more bytes are needed.
    Partial,
    /// A whole header, and how many bytes it has.
    Complete { header: Header, consumed: usize },
}

/// Reads the header a connection begins with. `max` is how many bytes one may have.
///
/// # Errors
/// It is none, or not one that may be believed.
pub fn parse(bytes: &[u8], max: usize) -> Result<Parsed, Error> {
    let starts = |with: &[u8]| {
        let n = bytes.len().min(with.len());
        bytes[..n] == with[..n]
    };
    if starts(SIGNATURE) {
        return v2::parse(bytes, max);
    }
    if starts(b"PROXY ") {
        return v1::parse(bytes);
    }
    Err(Error::NoHeader)
}
