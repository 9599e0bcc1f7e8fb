//! What is hashed: the argument of `balance source`, `uri`, `url_param`, `hdr`, `rdp-cookie` and `hash` (manual 4.2).
use super::HashType;
use super::hash::Function;
use crate::proto::http::RequestHead;
use crate::rules::sample::Sample;
use crate::rules::{Cx, SampleExpr};
use std::net::IpAddr;
use std::sync::Arc;

/// Where the key of a request is.
#[derive(Clone, Debug)]
pub enum Key {
    /// The client's address.
    Source,
    /// The request target, up to the `?` unless `whole`.
    Uri { len: Option<u32>, depth: Option<u32>, whole: bool, path_only: bool },
    /// A parameter of the query; in a POST without it, of the body.
    UrlParam { name: Vec<u8>, check_post: bool },
    /// The first value of a header field, or the part of it that names a site (`use_domain_only`).
    Header { name: Vec<u8>, domain_only: bool },
    /// The cookie of a Remote Desktop connection.
    RdpCookie(Vec<u8>),
    /// The value of an expression.
    Expr(Arc<SampleExpr>),
}

impl Key {
    /// HAProxy's name of the algorithm (`show stat`, column `algo`).
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Key::Source => "source",
            Key::Uri { .. } => "uri",
            Key::UrlParam { .. } => "url_param",
            Key::Header { .. } => "hdr",
            Key::RdpCookie(_) => "rdp-cookie",
            Key::Expr(_) => "hash",
        }
    }

    /// Whether there is a key in HTTP mode only.
    #[must_use]
    pub fn needs_http(&self) -> bool {
        matches!(self, Key::Uri { .. } | Key::UrlParam { .. } | Key::Header { .. })
    }

    /// The hash of a request's key; `None` where it has none, and then it goes to the next in turn.
    #[must_use]
    pub fn hash(&self, with: HashType, cx: &Cx<'_>) -> Option<u32> {
        match self {
            Key::Source => Some(with.of_address(cx.src_ip()?)),
            Key::Uri { len, depth, whole, path_only } => {
                Some(with.of(uri(cx.request()?, *len, *depth, *whole, *path_only)))
            }
            Key::UrlParam { name, .. } => {
                let req = cx.request()?;
                if let Some(value) = req.query().and_then(|query| in_query(name, query)) {
                    return Some(with.of(value));
                }
                let form = cx.body().filter(|_| req.method() == b"POST")?.content;
                in_form(name, &form).map(|value| with.of(value))
            }
            Key::Header { name, domain_only } => {
                let value = header(cx.request()?, name)?;
                Some(with.of(if *domain_only { domain(value) } else { value }))
            }
            Key::RdpCookie(name) => rdp_cookie(name, cx.req_body).map(|value| with.of(value)),
            Key::Expr(expr) => expression(&expr.eval(cx)?, with),
        }
    }
}

fn uri(req: &RequestHead, len: Option<u32>, depth: Option<u32>, whole: bool, path_only: bool) -> &[u8] {
    let uri = if path_only { req.path_and_query() } else { req.uri() };
    let uri = &uri[..uri.len().min(len.map_or(usize::MAX, |l| l as usize))];
    let mut slashes = 0;
    let end = uri.iter().position(|&c| {
        slashes += u32::from(c == b'/');
        c == b'/' && depth.is_some_and(|d| slashes == d + 1) || c == b'?' && !whole
    });
    &uri[..end.unwrap_or(uri.len())]
}

fn in_query<'a>(name: &[u8], query: &'a [u8]) -> Option<&'a [u8]> {
    query.split(|&b| b == b'&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix(b"="))
}

/// A value in a form is over at white space, and is none where its first byte can't stand in one.
fn in_form<'a>(name: &[u8], form: &'a [u8]) -> Option<&'a [u8]> {
    let value = in_query(name, form)?;
    match value.first() {
        None => Some(value),
        Some(b' ' | b'\t' | b'\r' | b'\n') => Some(b""),
        Some(first) if is_token(*first) => Some(value),
        Some(_) => None,
    }
}

/// Bytes of a token (RFC 9110, 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The first value, up to a comma outside quotes.
fn header<'a>(req: &'a RequestHead, name: &'a [u8]) -> Option<&'a [u8]> {
    let value = req.head.get(name)?;
    let (mut quoted, mut escaped) = (false, false);
    let end = value.iter().position(|&b| {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
        b == b',' && !quoted
    });
    let first = value[..end.unwrap_or(value.len())].trim_ascii();
    (!first.is_empty()).then_some(first)
}

/// `www.example.org` gives `example`: what stands between the last dot and the one before. A dot at the very start is none,
/// and a name without a dot is taken whole.
fn domain(host: &[u8]) -> &[u8] {
    let dot = |bytes: &[u8]| bytes.iter().rposition(|&b| b == b'.');
    match dot(host) {
        None | Some(0) => host,
        Some(end) => {
            // A dot right before the last one ends nothing.
            let start = dot(&host[..end - 1]).map_or(0, |dot| dot + 1);
            &host[start..end]
        }
    }
}

/// The cookie in the first bytes of a Remote Desktop connection.
fn rdp_cookie<'a>(name: &[u8], bytes: &'a [u8]) -> Option<&'a [u8]> {
    let rest = bytes.get(11..)?;
    let (word, rest) = rest.split_at_checked(7)?;
    if !word.eq_ignore_ascii_case(b"Cookie:") {
        return None;
    }
    let rest = rest.trim_ascii_start();
    let (word, rest) = rest.split_at_checked(name.len())?;
    let rest = rest.strip_prefix(b"=")?;
    if !word.eq_ignore_ascii_case(name) {
        return None;
    }
    let end = rest.iter().position(|&b| b == b'\r')?;
    (rest.get(end + 1) == Some(&b'\n') && end > 0).then(|| &rest[..end])
}

/// A value as HAProxy casts it to bytes.
fn expression(sample: &Sample<'_>, with: HashType) -> Option<u32> {
    let number = |n: i64| match with.function {
        Function::None => with.of(n.to_string().as_bytes()),
        _ => with.of(&n.to_be_bytes()),
    };
    Some(match sample {
        Sample::Str(b) | Sample::Bin(b) | Sample::Method(b) => with.of(b),
        Sample::Int(n) => number(*n),
        Sample::Bool(b) => number(i64::from(*b)),
        Sample::Addr(IpAddr::V4(ip)) => with.of(&ip.octets()),
        Sample::Addr(IpAddr::V6(ip)) => with.of(&ip.octets()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::h1;

    fn parsed(text: &str) -> RequestHead {
        let mut req = RequestHead::default();
        h1::parse_request(text.as_bytes(), &h1::Limits::default(), &mut req).expect("a good request");
        req
    }

    #[test]
    fn parts_of_the_target() {
        let req = parsed("GET /a/b/c?d=/e HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(uri(&req, None, None, false, false), b"/a/b/c");
        assert_eq!(uri(&req, None, None, true, false), b"/a/b/c?d=/e");
        assert_eq!(uri(&req, Some(3), None, false, false), b"/a/");
        assert_eq!(uri(&req, None, Some(1), false, false), b"/a");
        assert_eq!(uri(&req, None, Some(4), true, false), b"/a/b/c?d=/e");
        let absolute = parsed("GET http://h.test/a HTTP/1.1\r\nHost: h.test\r\n\r\n");
        assert_eq!(uri(&absolute, None, None, false, true), b"/a");
        assert_eq!(uri(&absolute, None, None, false, false), absolute.uri());
    }

    #[test]
    fn parameters_domains_and_cookies() {
        assert_eq!(in_query(b"id", b"a=1&id=7&id=8"), Some(&b"7"[..]));
        assert_eq!(in_query(b"id", b"xid=1&id"), None);
        assert_eq!(in_form(b"id", b"id=\x01"), None);
        for (host, part) in [
            ("www.a.example.org", "example"),
            ("example.org", "example"),
            ("localhost", "localhost"),
            (".com", ".com"),
            ("..", "."),
            ("b.a..c", "a."),
            ("", ""),
        ] {
            assert_eq!(domain(host.as_bytes()), part.as_bytes(), "{host}");
        }
        let packet = b"\x03\0\0\x2a\x25\xe0\0\0\0\0\0Cookie: msts=3640205228.15629.0000\r\n";
        assert_eq!(rdp_cookie(b"MSTS", packet), Some(&b"3640205228.15629.0000"[..]));
        assert_eq!(rdp_cookie(b"mstshash", packet), None);
        for len in 0..packet.len() - 1 {
            assert_eq!(rdp_cookie(b"msts", &packet[..len]), None);
        }
    }

    #[test]
    fn the_first_value_of_a_field() {
        let req = parsed("GET / HTTP/1.1\r\nHost: x\r\nA:  b , c\r\nQ: \"x,y\",z\r\nE:\r\n\r\n");
        assert_eq!(header(&req, b"a"), Some(&b"b"[..]));
        assert_eq!(header(&req, b"q"), Some(&b"\"x,y\""[..]));
        assert_eq!((header(&req, b"e"), header(&req, b"n")), (None, None));
    }
}
