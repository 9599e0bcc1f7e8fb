//! Headers as they are sent.
use super::{Addresses, SIGNATURE, TYPE_CRC32C, V2_FIXED, crc32c};
use std::io::Write;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Appends a line of version 1; without addresses, or with two families, it is `PROXY UNKNOWN`.
pub fn write_v1(addresses: Option<Addresses>, out: &mut Vec<u8>) {
    let family = match addresses {
        Some((SocketAddr::V4(_), SocketAddr::V4(_))) => "TCP4",
        Some((SocketAddr::V6(_), SocketAddr::V6(_))) => "TCP6",
        _ => return out.extend_from_slice(b"PROXY UNKNOWN\r\n"),
    };
    if let Some((src, dst)) = addresses {
        // Writing to memory cannot fail.
        let _ = write!(out, "PROXY {family} {} {} {} {}\r\n", src.ip(), dst.ip(), src.port(), dst.port());
    }
}

/// Appends a block of version 2; without addresses it says `LOCAL`. Of two families IPv4 is written as IPv6. Extensions that
/// find no room in the 65,535 bytes are left out.
pub fn write_v2<'a>(
    addresses: Option<Addresses>,
    checksum: bool,
    extensions: impl IntoIterator<Item = (u8, &'a [u8])>,
    out: &mut Vec<u8>,
) {
    let start = out.len();
    out.extend_from_slice(SIGNATURE);
    match addresses {
        None => out.extend_from_slice(&[0x20, 0x00, 0, 0]),
        Some((src, dst)) => {
            let family = if src.is_ipv4() && dst.is_ipv4() { 0x11 } else { 0x21 };
            out.extend_from_slice(&[0x21, family, 0, 0]);
            for ip in [src.ip(), dst.ip()] {
                match ip {
                    IpAddr::V4(v4) if family == 0x11 => out.extend_from_slice(&v4.octets()),
                    ip => out.extend_from_slice(&as_v6(ip).octets()),
                }
            }
            for port in [src.port(), dst.port()] {
                out.extend_from_slice(&port.to_be_bytes());
            }
        }
    }
    let checksum_at = checksum.then(|| {
        extension(TYPE_CRC32C, &[0; 4], start, out);
        out.len() - 4
    });
    for (kind, value) in extensions {
        extension(kind, value, start, out);
    }
    let length = u16::try_from(out.len() - start - V2_FIXED).unwrap_or(u16::MAX);
    out[start + 14..start + 16].copy_from_slice(&length.to_be_bytes());
    if let Some(at) = checksum_at {
        let sum = crc32c::with_zeros(&out[start..], at - start, 4);
        out[at..at + 4].copy_from_slice(&sum.to_be_bytes());
    }
}

fn as_v6(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}

fn extension(kind: u8, value: &[u8], start: usize, out: &mut Vec<u8>) {
    let room = V2_FIXED + usize::from(u16::MAX) - (out.len() - start);
    let Ok(length) = u16::try_from(value.len()) else { return };
    if 3 + value.len() <= room {
        out.push(kind);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(value);
    }
}
