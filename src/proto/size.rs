//! How large a message is as HAProxy counts it (`%B`, `%U`, `bin`, `bout`): by its own form (HTX), whatever the protocol it came
//! in. A start line is its three parts and a fixed piece, a field is its name and its value, and a head and a chunked body have
//! an end of one byte. Measured beside HAProxy 2.6.12; its manual speaks of "the total number of bytes".
use super::h1::Walk;
use super::http::{Head, RequestHead, ResponseHead, trim};

/// Beside the text of a start line.
const START_LINE: usize = 20;
/// The end of a head, and that of a chunked body.
pub(super) const END: usize = 1;
/// `HTTP/1.1`.
const VERSION: usize = 8;
/// The digits of a status.
const STATUS: usize = 3;

#[inline]
fn of_head(start: usize, head: &Head) -> u64 {
    (START_LINE + start + head.text_len() + END) as u64
}

impl RequestHead {
    /// Its size as it is now, in HAProxy's bytes.
    #[inline]
    #[must_use]
    pub fn measure(&self) -> u64 {
        of_head(self.method().len() + self.uri().len() + VERSION, &self.head)
    }
}

impl ResponseHead {
    /// Its size as it is now, in HAProxy's bytes.
    #[inline]
    #[must_use]
    pub fn measure(&self) -> u64 {
        of_head(VERSION + STATUS + self.reason().len(), &self.head)
    }
}

impl Walk {
    /// What was walked over, in HAProxy's bytes.
    #[inline]
    #[must_use]
    pub fn size(&self) -> u64 {
        (self.payload + self.tail) as u64
    }
}

/// The size of an answer that lies ready as it goes out, in HAProxy's bytes; `no_body`: it answers HEAD.
#[must_use]
pub fn of_stored(raw: &[u8], no_body: bool) -> u64 {
    let (head, body) = match memchr::memmem::find(raw, b"\r\n\r\n") {
        Some(at) => (&raw[..at], &raw[at + 4..]),
        None => (raw, &b""[..]),
    };
    let mut size = START_LINE + END;
    for (number, line) in head.split(|b| *b == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        size += match memchr::memchr(b':', line) {
            // Version, status and reason, without the spaces between them.
            _ if number == 0 => line.len().saturating_sub(2),
            // Whether the connection stays is no part of a message.
            Some(colon) if !line[..colon].eq_ignore_ascii_case(b"connection") => {
                colon + trim(&line[colon + 1..]).len()
            }
            _ => 0,
        };
    }
    (size + if no_body { 0 } else { body.len() }) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::h1::{BodyReader, Limits, RequestKind, parse_request, parse_response};
    use crate::proto::http::Body;

    /// Requests and what haproxy's `%U` says of them.
    #[test]
    fn requests_are_as_large_as_haproxy_says() {
        for (text, size) in [
            ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", 38),
            ("\r\nGET   /   HTTP/1.1\r\nHost:h\r\nA:\r\n\r\n", 39),
            ("GET / HTTP/1.0\r\n\r\n", 33),
            ("GET http://h/abs HTTP/1.1\r\nHost: h\r\n\r\n", 49),
            ("GET / HTTP/1.1\r\nHost: h\r\nX-B:     cde   \r\n\r\n", 44),
            ("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 38),
            ("GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, foo\r\n\r\n", 51),
            ("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", 63),
        ] {
            let mut head = RequestHead::default();
            parse_request(text.as_bytes(), &Limits::default(), &mut head).expect(text);
            assert_eq!(head.size, size, "{text:?}");
        }
    }

    /// Answers' heads and what haproxy's `%B` says of them, less the body.
    #[test]
    fn answers_are_as_large_as_haproxy_says() {
        for (text, size) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\n", 53),
            ("HTTP/1.1 200\r\nContent-Length: 5\r\nDate:  x \r\n\r\n", 52),
            ("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", 57),
            ("HTTP/1.0 200 Fine enough\r\nConnection: close\r\n\r\n", 43),
            ("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 48),
        ] {
            let mut head = ResponseHead::default();
            parse_response(text.as_bytes(), &Limits::default(), &RequestKind::default(), &mut head)
                .expect(text);
            assert_eq!(head.size, size, "{text:?}");
        }
        let page = b"HTTP/1.0 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\nX: y\r\n\r\nno";
        assert_eq!((of_stored(page, false), of_stored(page, true)), (20 + 8 + 3 + 9 + 15 + 2 + 1 + 2, 58));
    }

    #[test]
    fn bodies_are_their_content_and_an_end_of_chunks() {
        let size = |body: Body, bytes: &str| {
            // Byte by byte, and at once.
            let (mut reader, mut one) = (BodyReader::new(body), 0);
            for byte in bytes.bytes() {
                one += reader.walk(&mut [byte]).expect("a body").size();
            }
            let all = BodyReader::new(body).walk(&mut bytes.as_bytes().to_vec()).expect("a body").size();
            assert_eq!(one, all, "{bytes:?}");
            all
        };
        assert_eq!(size(Body::Length(5), "hello"), 5);
        assert_eq!(size(Body::UntilClose, "hello"), 5);
        assert_eq!(size(Body::Chunked, "5\r\nhello\r\n00\r\n\r\n"), 6);
        assert_eq!(
            size(Body::Chunked, "5;abc\r\nhello\r\n0\r\nX-T: 12345\r\nY:   1 2  \r\n\r\n"),
            5 + 8 + 4 + 1
        );
    }
}
