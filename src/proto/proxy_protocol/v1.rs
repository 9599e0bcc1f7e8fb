//! Version 1: one line of text (specification, 2.1).
use super::{Addresses, Error, Extensions, Header, MAX_V1, Parsed};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

pub fn parse(bytes: &[u8]) -> Result<Parsed, Error> {
    let seen = &bytes[..bytes.len().min(MAX_V1)];
    let Some(end) = seen.iter().position(|b| *b == b'\n') else {
        return if seen.len() == MAX_V1 { Err(Error::TooLong) } else { Ok(Parsed::Partial) };
    };
    let line = seen[..end].strip_suffix(b"\r").ok_or(Error::Invalid)?;
    let line = std::str::from_utf8(line).map_err(|_| Error::Invalid)?;
    let addresses = addresses(line.strip_prefix("PROXY ").ok_or(Error::NoHeader)?)?;
    Ok(Parsed::Complete {
        header: Header { addresses, extensions: Extensions::default() },
        consumed: end + 1,
    })
}

/// What stands behind `PROXY `.
fn addresses(text: &str) -> Result<Option<Addresses>, Error> {
    // Whatever a sender writes behind UNKNOWN is to be ignored.
    if text == "UNKNOWN" || text.starts_with("UNKNOWN ") {
        return Ok(None);
    }
    let mut words = text.split(' ');
    let mut next = || words.next().ok_or(Error::Invalid);
    let (family, src, dst, sport, dport) = (next()?, next()?, next()?, next()?, next()?);
    if words.next().is_some() {
        return Err(Error::Invalid);
    }
    let ip: fn(&str) -> Result<IpAddr, Error> = match family {
        "TCP4" => |t| t.parse::<Ipv4Addr>().map(IpAddr::V4).map_err(|_| Error::Invalid),
        "TCP6" => |t| t.parse::<Ipv6Addr>().map(IpAddr::V6).map_err(|_| Error::Invalid),
        _ => return Err(Error::UnhandledProtocol),
    };
    Ok(Some((SocketAddr::new(ip(src)?, port(sport)?), SocketAddr::new(ip(dst)?, port(dport)?))))
}

/// A decimal number without a sign and without leading zeros.
fn port(text: &str) -> Result<u16, Error> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain).ok_or(Error::Invalid)
}
