//! The header fields that the proxy itself adds and removes on the way.
use crate::plan::ForwardFor;
use crate::proto::h1;
use crate::proto::http::{RequestHead, ResponseHead, Version};
use crate::proto::text::FieldName;
use std::io::Write;
use std::net::IpAddr;

const TE: FieldName = FieldName::known("te");

/// Methods that may be sent again without harm (RFC 9110, 9.2.2).
pub fn is_idempotent(method: &[u8]) -> bool {
    matches!(method, b"GET" | b"HEAD" | b"OPTIONS" | b"PUT" | b"DELETE" | b"TRACE")
}

/// `option forwardfor` and `originalto` of a backend and of its frontend: the backend's header wins, either may except the
/// address, and only where both say so (or only one has the option) a header of the client's is enough.
pub fn add_address(
    req: &mut RequestHead,
    backend: Option<&ForwardFor>,
    frontend: Option<&ForwardFor>,
    addr: Option<IpAddr>,
) {
    let (Some(rule), Some(addr)) = (backend.or(frontend), addr) else { return };
    let excepts = |r: &ForwardFor| r.except.is_some_and(|(net, len)| in_network(addr, net, len));
    let both = || [backend, frontend].into_iter().flatten();
    if both().any(excepts) {
        return;
    }
    if both().all(|r| r.if_none) && req.head.get(rule.header.as_bytes()).is_some() {
        return;
    }
    let mut text = [0u8; 48];
    let len = write_address(addr.to_canonical(), &mut text);
    req.head.add(&rule.header, &text[..len]);
}

/// Writes an address as text; says how long it is. IPv4 goes by hand: it is on the way of every request.
fn write_address(addr: IpAddr, text: &mut [u8; 48]) -> usize {
    let IpAddr::V4(v4) = addr else {
        let mut rest = &mut text[..];
        write!(rest, "{addr}").expect("an address is shorter than 48 bytes");
        let left = rest.len();
        return text.len() - left;
    };
    let mut len = 0;
    let mut push = |byte: u8| {
        text[len] = byte;
        len += 1;
    };
    for (i, octet) in v4.octets().into_iter().enumerate() {
        if i > 0 {
            push(b'.');
        }
        if octet >= 100 {
            push(b'0' + octet / 100);
        }
        if octet >= 10 {
            push(b'0' + octet / 10 % 10);
        }
        push(b'0' + octet % 10);
    }
    len
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

/// Gives a request our `connection` word, as HAProxy writes it to a server. The client's own words for its hop were taken
/// out when the head was read, and what rules have put in is heard: false when they want the connection closed.
pub fn for_server(req: &mut RequestHead, keep: bool) -> bool {
    let stays = !req.head.is_unframed() || h1::frame_request(req);
    let keep = keep && stays;
    // Of what the client would take, only trailers can be had through us.
    if req.head.get(b"te").is_some() {
        let wanted = req.head.get_all(b"te").filter(|te| has_word(te, b"trailers")).count();
        req.head.remove(b"te");
        (0..wanted).for_each(|_| req.head.add(&TE, b"trailers"));
    }
    match (req.version, keep) {
        (Version::Http11, true) => {}
        (Version::Http10, true) if req.head.get_all(b"connection").any(|c| has_word(c, b"upgrade")) => {}
        (Version::Http10, true) => req.head.say_of_connection(b"keep-alive"),
        // What is not kept by HTTP/1.0's own rule needs no word.
        (Version::Http10, false) => {}
        (_, false) if req.upgrade => {}
        (_, false) => req.head.say_of_connection(b"close"),
    }
    stays
}

/// Whether a comma-separated list holds a word, whatever its case.
fn has_word(list: &[u8], word: &[u8]) -> bool {
    list.split(|&b| b == b',').any(|t| crate::proto::http::trim(t).eq_ignore_ascii_case(word))
}

/// Gives an answer our `connection` word. `strip`: the chunked coding is taken off. A server's HTTP/1.0 stays, as in HAProxy.
pub fn for_client(res: &mut ResponseHead, client: Version, keep: bool, strip: bool) {
    if strip {
        h1::strip_coding(res);
    }
    match (client.min(res.version), keep) {
        (Version::Http11, true) => {}
        (Version::Http10, true) => res.head.say_of_connection(b"keep-alive"),
        // An answer of HTTP/1.0 ends the connection without a word.
        (_, false) if res.version == Version::Http10 => {}
        (_, false) => res.head.say_of_connection(b"close"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::http::Head;

    fn request(fields: &[(&str, &str)]) -> RequestHead {
        let mut req = RequestHead::default();
        for (n, v) in fields {
            req.head.add(&FieldName::new(n.as_bytes()).unwrap(), v.as_bytes());
        }
        req
    }

    fn all(head: &Head, name: &str) -> Vec<String> {
        head.get_all(name.as_bytes()).map(|v| String::from_utf8_lossy(v).into_owned()).collect()
    }

    #[test]
    fn each_side_gets_the_connection_word_its_version_needs() {
        for (version, keep, want) in [
            (Version::Http11, true, None),
            (Version::Http11, false, Some("close")),
            (Version::Http10, true, Some("keep-alive")),
            (Version::Http10, false, Some("close")),
        ] {
            let mut req = RequestHead { version, ..RequestHead::default() };
            for_server(&mut req, keep);
            let to_server = want.filter(|_| keep || version == Version::Http11);
            assert_eq!(all(&req.head, "connection").first().map(String::as_str), to_server);
            let mut res = ResponseHead::default();
            for_client(&mut res, version, keep, false);
            assert_eq!(all(&res.head, "connection").first().map(String::as_str), want);
        }
    }

    #[test]
    fn forwardfor_appends_except_and_if_none() {
        let mut rule =
            ForwardFor { header: FieldName::known("x-forwarded-for"), except: None, if_none: false };
        let mut req = request(&[("X-Forwarded-For", "1.2.3.4")]);
        let add = |req: &mut RequestHead, a: Option<&ForwardFor>, b: Option<&ForwardFor>, ip: &str| {
            add_address(req, a, b, Some(ip.parse().unwrap()));
        };
        add(&mut req, Some(&rule), None, "10.1.2.3");
        assert_eq!(all(&req.head, "x-forwarded-for"), ["1.2.3.4", "10.1.2.3"]);
        let always = rule.clone();
        rule.if_none = true;
        add(&mut req, Some(&rule), None, "10.1.2.4");
        add(&mut req, Some(&rule), Some(&always), "10.1.2.6");
        rule.if_none = false;
        rule.except = Some(("10.1.0.0".parse().unwrap(), 16));
        add(&mut req, None, Some(&rule), "10.1.2.5");
        add(&mut req, Some(&always), Some(&rule), "10.1.2.5");
        add(&mut req, None, Some(&rule), "::ffff:10.2.0.1");
        assert_eq!(all(&req.head, "x-forwarded-for"), ["1.2.3.4", "10.1.2.3", "10.1.2.6", "10.2.0.1"]);
    }

    #[test]
    fn networks_of_no_bits_hold_everything_of_their_family() {
        assert!(in_network("1.2.3.4".parse().unwrap(), "0.0.0.0".parse().unwrap(), 0));
        assert!(in_network("2001:db8::1".parse().unwrap(), "2001:db8::".parse().unwrap(), 32));
        assert!(!in_network("2001:db9::1".parse().unwrap(), "2001:db8::".parse().unwrap(), 32));
        assert!(!in_network("1.2.3.4".parse().unwrap(), "::".parse().unwrap(), 0));
    }
}
