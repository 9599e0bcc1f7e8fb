//! Version 2: a block of bytes with extensions (specification, 2.2).
use super::{
    Addresses, Error, Extensions, Header, MAX_AUTHORITY, MAX_UNIQUE_ID, Parsed, SIGNATURE, TYPE_AUTHORITY,
    TYPE_CRC32C, TYPE_UNIQUE_ID, V2_FIXED, crc32c,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

pub fn parse(bytes: &[u8], max: usize) -> Result<Parsed, Error> {
    // What is there already is judged before the rest comes.
    let local = match bytes.get(SIGNATURE.len()) {
        None => return Ok(Parsed::Partial),
        Some(0x20) => true,
        Some(0x21) => false,
        Some(_) => return Err(Error::Invalid),
    };
    let Some(fixed) = bytes.get(..V2_FIXED) else { return Ok(Parsed::Partial) };
    let length = usize::from(u16::from_be_bytes([fixed[14], fixed[15]]));
    let consumed = V2_FIXED + length;
    if consumed > max {
        return Err(Error::TooLong);
    }
    if local {
        // Whatever it holds is to be skipped.
        let header = Header::default();
        let whole = bytes.len() >= consumed;
        return Ok(if whole { Parsed::Complete { header, consumed } } else { Parsed::Partial });
    }
    let size = match fixed[13] {
        0x11 => 12,
        0x21 => 36,
        _ => return Err(Error::UnhandledProtocol),
    };
    if length < size {
        return Err(Error::Invalid);
    }
    let Some(block) = bytes.get(..consumed) else { return Ok(Parsed::Partial) };
    let (addresses, extensions) = block[V2_FIXED..].split_at(size);
    check(block, extensions)?;
    let header = Header { addresses: Some(read(addresses)), extensions: Extensions(extensions.to_vec()) };
    Ok(Parsed::Complete { header, consumed })
}

/// Two addresses and two ports, of IPv4 in 12 bytes or of IPv6 in 36.
fn read(bytes: &[u8]) -> Addresses {
    let size = (bytes.len() - 4) / 2;
    let ip = |at: usize| -> IpAddr {
        let part = &bytes[at..at + size];
        match <[u8; 4]>::try_from(part) {
            Ok(v4) => Ipv4Addr::from(v4).into(),
            Err(_) => Ipv6Addr::from(<[u8; 16]>::try_from(part).unwrap_or_default()).into(),
        }
    };
    let port = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
    let ports = 2 * size;
    (SocketAddr::new(ip(0), port(ports)), SocketAddr::new(ip(size), port(ports + 2)))
}

/// The first extension of what is left: its kind, its value, and what follows.
pub fn extension(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (head, rest) = bytes.split_at_checked(3)?;
    let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([head[1], head[2]])))?;
    Some((head[0], value, rest))
}

fn check(block: &[u8], extensions: &[u8]) -> Result<(), Error> {
    let mut rest = extensions;
    while !rest.is_empty() {
        let (kind, value, more) = extension(rest).ok_or(Error::Extension)?;
        let good = match kind {
            TYPE_CRC32C => {
                // The sum is that of the block with zeros in its own place.
                let at = block.len() - more.len() - value.len();
                value.len() == 4 && crc32c::with_zeros(block, at, 4).to_be_bytes() == value
            }
            TYPE_AUTHORITY => value.len() <= MAX_AUTHORITY,
            TYPE_UNIQUE_ID => value.len() <= MAX_UNIQUE_ID,
            _ => true,
        };
        if !good {
            return Err(Error::Extension);
        }
        rest = more;
    }
    Ok(())
}
