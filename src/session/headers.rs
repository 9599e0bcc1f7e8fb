//! The header fields that the proxy itself adds and removes on the way.
use crate::plan::ForwardFor;
use crate::proto::http::{Head, RequestHead, ResponseHead, Version};
use std::io::Write;
use std::net::IpAddr;

/// Methods that may be sent again without harm (RFC 9110, 9.2.2).
pub fn is_idempotent(method: &[u8]) -> bool {
    matches!(method, b"GET" | b"HEAD" | b"OPTIONS" | b"PUT" | b"DELETE" | b"TRACE")
}

/// `option forwardfor`.
pub fn forward_for(req: &mut RequestHead, rule: &ForwardFor, src: IpAddr) {
    if rule.except.is_some_and(|(net, len)| in_network(src, net, len)) {
        return;
    }
    if rule.if_none && req.head.get(rule.header.as_bytes()).is_some() {
        return;
    }
    let mut text = [0u8; 48];
    let mut rest = &mut text[..];
    write!(rest, "{}", src.to_canonical()).expect("an address is shorter than 48 bytes");
    let left = rest.len();
    let len = text.len() - left;
    req.head.add(rule.header.as_bytes(), &text[..len]);
}

/// Whether an address lies in a network of `len` leading bits.
pub fn in_network(addr: IpAddr, net: IpAddr, len: u8) -> bool {
    let bits = |n: u8, width: u8| u32::from(width.saturating_sub(n));
    match (addr.to_canonical(), net) {
        (IpAddr::V4(a), IpAddr::V4(n)) => {
            let shift = bits(len, 32);
            u32::from(a).checked_shr(shift) == u32::from(n).checked_shr(shift)
        }
        (IpAddr::V6(a), IpAddr::V6(n)) => {
            let shift = bits(len, 128);
            u128::from(a).checked_shr(shift) == u128::from(n).checked_shr(shift)
        }
        _ => false,
    }
}

/// The words of `connection` that concern one hop go; the others (`upgrade`) stay.
fn drop_hop_words(head: &mut Head) {
    let of_hop = |word: &[u8]| {
        word.is_empty() || word.eq_ignore_ascii_case(b"close") || word.eq_ignore_ascii_case(b"keep-alive")
    };
    let mut index = 0;
    while index < head.field_count() {
        let (name, value) = head.field(index);
        if !name.eq_ignore_ascii_case(b"connection") {
            index += 1;
            continue;
        }
        let words = || value.split(|&b| b == b',').map(<[u8]>::trim_ascii);
        if words().all(of_hop) {
            head.remove_at(index);
            continue;
        }
        if words().any(of_hop) {
            let kept: Vec<&[u8]> = words().filter(|w| !of_hop(w)).collect();
            let kept = kept.join(&b", "[..]);
            head.set_value(index, &kept);
        }
        index += 1;
    }
}

/// Makes a request's `connection` ours: what HAProxy writes to a server.
pub fn for_server(req: &mut RequestHead, keep: bool) {
    drop_hop_words(&mut req.head);
    match (req.version, keep) {
        (Version::Http11, true) => {}
        (Version::Http10, true) => req.head.add(b"connection", b"keep-alive"),
        (_, false) if req.upgrade => {}
        (_, false) => req.head.add(b"connection", b"close"),
    }
}

/// Makes an answer's `connection` ours. `strip`: the chunked coding is taken off.
pub fn for_client(res: &mut ResponseHead, client: Version, keep: bool, strip: bool) {
    drop_hop_words(&mut res.head);
    if strip {
        res.head.remove(b"transfer-encoding");
    }
    res.version = Version::Http11;
    match (client, keep) {
        (Version::Http11, true) => {}
        (Version::Http10, true) => res.head.add(b"connection", b"keep-alive"),
        (_, false) => res.head.add(b"connection", b"close"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(fields: &[(&str, &str)]) -> RequestHead {
        let mut req = RequestHead::default();
        for (n, v) in fields {
            req.head.add(n.as_bytes(), v.as_bytes());
        }
        req
    }

    fn all(head: &Head, name: &str) -> Vec<String> {
        head.get_all(name.as_bytes()).map(|v| String::from_utf8_lossy(v).into_owned()).collect()
    }

    #[test]
    fn connection_words_of_the_hop_go_and_others_stay() {
        let mut req = request(&[("Connection", "keep-alive, Upgrade"), ("connection", "close"), ("a", "b")]);
        for_server(&mut req, true);
        assert_eq!(all(&req.head, "connection"), ["Upgrade"]);
        let mut req = request(&[("Connection", "close")]);
        for_server(&mut req, false);
        assert_eq!(all(&req.head, "connection"), ["close"]);
        let mut req = request(&[]);
        req.version = Version::Http10;
        for_server(&mut req, true);
        assert_eq!(all(&req.head, "connection"), ["keep-alive"]);
    }

    #[test]
    fn forwardfor_appends_except_and_if_none() {
        let mut rule = ForwardFor { header: "x-forwarded-for".into(), except: None, if_none: false };
        let mut req = request(&[("X-Forwarded-For", "1.2.3.4")]);
        forward_for(&mut req, &rule, "10.1.2.3".parse().unwrap());
        assert_eq!(all(&req.head, "x-forwarded-for"), ["1.2.3.4", "10.1.2.3"]);
        rule.if_none = true;
        forward_for(&mut req, &rule, "10.1.2.4".parse().unwrap());
        rule.if_none = false;
        rule.except = Some(("10.1.0.0".parse().unwrap(), 16));
        forward_for(&mut req, &rule, "10.1.2.5".parse().unwrap());
        forward_for(&mut req, &rule, "::ffff:10.2.0.1".parse().unwrap());
        assert_eq!(all(&req.head, "x-forwarded-for"), ["1.2.3.4", "10.1.2.3", "10.2.0.1"]);
    }

    #[test]
    fn networks_of_no_bits_hold_everything_of_their_family() {
        assert!(in_network("1.2.3.4".parse().unwrap(), "0.0.0.0".parse().unwrap(), 0));
        assert!(in_network("2001:db8::1".parse().unwrap(), "2001:db8::".parse().unwrap(), 32));
        assert!(!in_network("2001:db9::1".parse().unwrap(), "2001:db8::".parse().unwrap(), 32));
        assert!(!in_network("1.2.3.4".parse().unwrap(), "::".parse().unwrap(), 0));
    }
}
