//! What has arrived of a request's body when rules look at it: its content, without the framing of chunks and without what
//! follows it.
use super::cx::Cx;
use crate::proto::h1::BodyReader;
use crate::proto::http::Body;
use std::borrow::Cow;

/// The content that is here, and how much more is announced.
#[derive(Debug, PartialEq, Eq)]
pub struct Arrived<'a> {
    pub content: Cow<'a, [u8]>,
    /// Bytes that are missing of the length, or of the present chunk.
    pub missing: u64,
}

impl<'a> Arrived<'a> {
    /// Takes the content out of bytes in which a body begins. What is not framed as it should be has none: its request is
    /// refused once the rules have run.
    #[must_use]
    pub fn of(body: Body, bytes: &'a [u8]) -> Arrived<'a> {
        match body {
            Body::None => Arrived { content: Cow::Borrowed(b""), missing: 0 },
            Body::Length(length) => {
                let here = usize::try_from(length).map_or(bytes.len(), |n| n.min(bytes.len()));
                Arrived { content: Cow::Borrowed(&bytes[..here]), missing: length - here as u64 }
            }
            Body::Chunked => {
                let (mut reader, mut content) = (BodyReader::stripping(body), bytes.to_vec());
                let here = reader.walk(&mut content).map_or(0, |walk| walk.out_len);
                content.truncate(here);
                let missing = if here > 0 { reader.remaining().unwrap_or(0) } else { 0 };
                Arrived { content: Cow::Owned(content), missing }
            }
            Body::UntilClose | Body::Tunnel => Arrived { content: Cow::Borrowed(bytes), missing: 0 },
        }
    }
}

impl<'a> Cx<'a> {
    /// What is here of the request's body. In TCP mode a request has none, as in HAProxy: the bytes are a connection's own.
    #[must_use]
    pub fn body(&self) -> Option<Arrived<'a>> {
        let body = if self.conn.inspect.is_raw() { Body::None } else { self.request()?.body };
        Some(Arrived::of(body, self.req_body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: Body, text: &'static str) -> (String, u64) {
        let arrived = Arrived::of(body, text.as_bytes());
        (String::from_utf8(arrived.content.into_owned()).unwrap(), arrived.missing)
    }

    #[test]
    fn what_follows_a_body_is_none_of_it() {
        assert_eq!(of(Body::Length(3), "abcGET / HTTP/1.1"), ("abc".into(), 0));
        assert_eq!(of(Body::Length(6), "abc"), ("abc".into(), 3));
        assert_eq!(of(Body::None, "GET / HTTP/1.1"), (String::new(), 0));
        assert_eq!(of(Body::Chunked, "3\r\nabc\r\n0\r\nT: r\r\n\r\nGET /"), ("abc".into(), 0));
    }

    #[test]
    fn chunks_lose_their_frames() {
        assert_eq!(of(Body::Chunked, "3\r\nid=\r\n1\r\n7\r\n0\r\n\r\n"), ("id=7".into(), 0));
        assert_eq!(of(Body::Chunked, "3;a=b\r\nid=\r\n5"), ("id=".into(), 0));
        assert_eq!(of(Body::Chunked, "a\r\nid="), ("id=".into(), 7));
        assert_eq!((of(Body::Chunked, ""), of(Body::Chunked, "x")), ((String::new(), 0), (String::new(), 0)));
    }
}
