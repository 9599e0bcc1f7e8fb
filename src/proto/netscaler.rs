//! NetScaler's client IP insertion: a magic number and the IP and TCP headers of the client's packet, before everything else
//! (`netscaler-client-ip-insertion-protocol.txt` of HAProxy; manual 5.1, `accept-netscaler-cip`).
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// Why a header was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    BadMagic,
    /// Lengths that contradict each other, or a packet that is neither of IPv4 nor of IPv6.
    BadProtocol,
    TooLong,
}

/// How far reading came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    Partial,
    /// Source and destination of the client's packet.
    Complete {
        src: SocketAddr,
        dst: SocketAddr,
        consumed: usize,
    },
}

/// Reads the header. `max` is how many bytes it may have.
///
/// # Errors
/// It is none.
pub fn parse(bytes: &[u8], magic: u32, max: usize) -> Result<Parsed, Error> {
    let want = magic.to_be_bytes();
    let n = bytes.len().min(4);
    if bytes[..n] != want[..n] {
        return Err(Error::BadMagic);
    }
    // Enough to see which of the two forms it is; a whole one has 48 bytes at least.
    let Some(head) = bytes.get(..12) else { return Ok(Parsed::Partial) };
    let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
    // The legacy form goes on with the packet, whose first half byte is the version of IP; the standard one with its type.
    let legacy = matches!(head[8] >> 4, 4 | 6);
    let (start, consumed) = if legacy { (8, 8 + length) } else { (12, length) };
    if !legacy && head[8..10] != [0, 1] {
        return Err(Error::BadProtocol);
    }
    if consumed > max || length > max {
        return Err(Error::TooLong);
    }
    if bytes.len() < consumed {
        return Ok(Parsed::Partial);
    }
    let packet = bytes.get(start..consumed).ok_or(Error::BadProtocol)?;
    let (src, dst) = addresses(packet).ok_or(Error::BadProtocol)?;
    Ok(Parsed::Complete { src, dst, consumed })
}

/// The addresses of an IP packet and the ports of the TCP header in it.
fn addresses(packet: &[u8]) -> Option<(SocketAddr, SocketAddr)> {
    let first = *packet.first()?;
    let four =
        |at: usize| packet.get(at..at + 4).and_then(|b| <[u8; 4]>::try_from(b).ok()).map(Ipv4Addr::from);
    let sixteen =
        |at: usize| packet.get(at..at + 16).and_then(|b| <[u8; 16]>::try_from(b).ok()).map(Ipv6Addr::from);
    let (src, dst, tcp) = match first >> 4 {
        4 => {
            let size = usize::from(first & 15) * 4;
            if size < 20 || *packet.get(9)? != 6 {
                return None;
            }
            (four(12)?.into(), four(16)?.into(), size)
        }
        6 if *packet.get(6)? == 6 => (sixteen(8)?.into(), sixteen(24)?.into(), 40),
        _ => return None,
    };
    // A whole TCP header follows.
    let ports = packet.get(tcp..tcp + 20)?;
    let port = |at: usize| u16::from_be_bytes([ports[at], ports[at + 1]]);
    Some((SocketAddr::new(src, port(0)), SocketAddr::new(dst, port(2))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet() -> Vec<u8> {
        let mut p = vec![0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        p.extend_from_slice(&[0x03, 0xe8, 0x07, 0xd0]);
        p.resize(40, 0);
        p
    }

    #[test]
    fn both_forms_are_read() {
        let legacy = [&5u32.to_be_bytes()[..], &40u32.to_be_bytes(), &packet(), b"rest"].concat();
        let standard =
            [&5u32.to_be_bytes()[..], &52u32.to_be_bytes(), &[0, 1, 0, 40], &packet(), b"rest"].concat();
        for bytes in [legacy, standard] {
            let end = bytes.len() - 4;
            for cut in 0..end {
                assert_eq!(parse(&bytes[..cut], 5, 999), Ok(Parsed::Partial), "{cut}");
            }
            let (src, dst) = ("1.2.3.4:1000".parse().unwrap(), "5.6.7.8:2000".parse().unwrap());
            assert_eq!(parse(&bytes, 5, 999), Ok(Parsed::Complete { src, dst, consumed: end }));
            assert_eq!(parse(&bytes, 6, 999), Err(Error::BadMagic));
            assert_eq!(parse(&bytes, 5, 30), Err(Error::TooLong));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120), magic in any::<u32>()) {
            let _ = parse(&bytes, magic, 200);
            let _ = parse(&[&magic.to_be_bytes()[..], &bytes].concat(), magic, 200);
            let _ = parse(&[&magic.to_be_bytes()[..], &[0, 0, 0, 60, 0x45, 0], &bytes].concat(), magic, 200);
        }
    }
}
