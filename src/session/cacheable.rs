//! Whether a cache may keep an answer, as `cookie … nocache` has to know: then only is there something to forbid.
use crate::proto::http::{Head, RequestHead, ResponseHead};

/// What HAProxy takes for cacheable: the method and the status allow it or `public` does, nothing forbids it, and there is
/// something to judge its age by (RFC 9111, 3).
pub fn is_cacheable(req: &RequestHead, res: &ResponseHead) -> bool {
    let head = &res.head;
    if head.get(b"pragma").is_some_and(|v| v.eq_ignore_ascii_case(b"no-cache")) {
        return false;
    }
    let mut allowed = matches!(req.method(), b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE")
        && matches!(res.status, 200 | 203 | 204 | 206 | 300 | 301 | 404 | 405 | 410 | 414 | 501);
    let mut aged = ["etag", "last-modified", "expires"].iter().any(|n| head.get(n.as_bytes()).is_some());
    for word in words(head) {
        let is = |other: &str| word.eq_ignore_ascii_case(other.as_bytes());
        let begins = |with: &str| {
            word.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()))
        };
        if ["no-cache", "no-store", "private", "max-age=0", "s-maxage=0"].into_iter().any(is) {
            allowed = false;
        } else if is("public") {
            allowed = true;
        }
        aged |= begins("max-age") || begins("s-maxage");
    }
    allowed && aged
}

/// Whether a cache may keep an answer together with a cookie that it sets (`option checkcache`).
pub fn leaks_cookie(req: &RequestHead, res: &ResponseHead) -> bool {
    let sets = ["set-cookie", "set-cookie2"].iter().any(|n| res.head.get(n.as_bytes()).is_some());
    let spared = || {
        // The quotes may hold more names behind this one.
        words(&res.head).any(|w| w.len() > 19 && w[..20].eq_ignore_ascii_case(b"no-cache=\"set-cookie"))
    };
    sets && is_cacheable(req, res) && !spared()
}

/// The elements of all `Cache-Control` fields.
fn words(head: &Head) -> impl Iterator<Item = &[u8]> {
    head.get_all(b"cache-control").flat_map(|value| {
        let mut quoted = false;
        value
            .split(move |b| {
                quoted ^= *b == b'"';
                *b == b',' && !quoted
            })
            .map(<[u8]>::trim_ascii)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::h1::{self, Limits, RequestKind};

    fn cacheable(method: &str, status: u16, fields: &str) -> bool {
        let (mut req, mut res) = (RequestHead::default(), ResponseHead::default());
        let text = format!("{method} / HTTP/1.1\r\nHost: h\r\n\r\n");
        h1::parse_request(text.as_bytes(), &Limits::default(), &mut req).expect("a request");
        let text = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n{fields}\r\n");
        let kind = RequestKind::of(&req);
        h1::parse_response(text.as_bytes(), &Limits::default(), &kind, &mut res).expect("an answer");
        is_cacheable(&req, &res)
    }

    /// Each of these was given to haproxy 2.6.12.
    #[test]
    fn as_haproxy_judges() {
        for (wanted, method, status, fields) in [
            (false, "GET", 200, ""),
            (true, "GET", 200, "Etag: x\r\n"),
            (true, "OPTIONS", 404, "Expires: 0\r\n"),
            (false, "POST", 200, "Etag: x\r\n"),
            (true, "POST", 500, "Etag: x\r\nCache-Control: public\r\n"),
            (false, "GET", 302, "Etag: x\r\n"),
            (true, "GET", 200, "Cache-Control: max-age=5\r\n"),
            (false, "GET", 200, "Cache-Control: max-age=0\r\n"),
            (false, "GET", 200, "Cache-Control: public\r\n"),
            (false, "GET", 200, "Etag: x\r\nCache-Control: foo, private\r\n"),
            (true, "GET", 200, "Etag: x\r\nCache-Control: no-cache=\"set-cookie,private\"\r\n"),
            (true, "GET", 200, "Etag: x\r\nCache-Control: no-store, public\r\n"),
            (false, "GET", 200, "Etag: x\r\nPragma: No-Cache\r\nCache-Control: public\r\n"),
            (true, "GET", 200, "Etag: x\r\nPragma: a, no-cache\r\n"),
        ] {
            assert_eq!(cacheable(method, status, fields), wanted, "{method} {status} {fields}");
        }
    }
}
