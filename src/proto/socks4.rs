//! SOCKS 4: a connection through a relay (`SOCKS4.protocol.txt` of HAProxy; manual 5.2, `socks4`).
use std::net::SocketAddrV4;

/// Bytes of the relay's answer.
pub const ANSWER: usize = 8;

/// The request for a connection to this address.
#[must_use]
pub fn connect(to: SocketAddrV4) -> Vec<u8> {
    let mut out = vec![4, 1];
    out.extend_from_slice(&to.port().to_be_bytes());
    out.extend_from_slice(&to.ip().octets());
    // The user's name, which the relay wants: HAProxy's.
    out.extend_from_slice(b"HAProxy\0");
    out
}

/// Whether the relay grants it.
#[must_use]
pub fn granted(answer: [u8; ANSWER]) -> bool {
    answer[0] == 0 && answer[1] == 0x5a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_answers() {
        let to = "1.2.3.4:80".parse().unwrap();
        assert_eq!(connect(to), b"\x04\x01\0\x50\x01\x02\x03\x04HAProxy\0");
        assert!(granted([0, 0x5a, 1, 2, 3, 4, 5, 6]));
        assert!(!granted([0, 0x5b, 0, 0, 0, 0, 0, 0]) && !granted([4, 0x5a, 0, 0, 0, 0, 0, 0]));
    }
}
