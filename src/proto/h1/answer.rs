//! Answers made here: pages, redirections, what rules return. They are written field by field, so that whatever their values hold
//! each is one message whose end its client sees.
use super::write::write_status_line;
use crate::proto::http::Version;
use crate::proto::text::{self, FieldName};

/// An answer in the making.
#[derive(Debug)]
pub struct Answer {
    bytes: Vec<u8>,
    status: u16,
}

/// The statuses whose answers have no content (RFC 9110, 6.4.1).
#[must_use]
pub fn has_no_content(status: u16) -> bool {
    status < 200 || matches!(status, 204 | 304)
}

impl Answer {
    /// One of HTTP/1.1.
    #[must_use]
    pub fn new(status: u16, reason: &[u8]) -> Answer {
        let mut bytes = Vec::with_capacity(256);
        write_status_line(Version::Http11, status, &text::value(reason), &mut bytes);
        Answer { bytes, status }
    }

    /// Appends a field. Those that frame the answer are its own: `content-length` and `transfer-encoding` are left out, of
    /// `connection` only `close` is heard.
    #[must_use]
    pub fn with(mut self, name: &FieldName, value: &[u8]) -> Answer {
        match name.as_bytes() {
            b"content-length" | b"transfer-encoding" => {}
            b"connection" if !value.eq_ignore_ascii_case(b"close") => {}
            name => self.push(name, value),
        }
        self
    }

    /// Appends the length of what [`end`](Self::end) is given, where the status allows content (RFC 9110, 8.6).
    #[must_use]
    pub fn length(mut self, length: usize) -> Answer {
        if !has_no_content(self.status) {
            self.push(b"content-length", itoa::Buffer::new().format(length).as_bytes());
        }
        self
    }

    fn push(&mut self, name: &[u8], value: &[u8]) {
        self.bytes.extend_from_slice(name);
        self.bytes.extend_from_slice(b": ");
        text::put_value(value, &mut self.bytes);
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// Ends the head, and appends the content where the status allows any.
    #[must_use]
    pub fn end(mut self, content: &[u8]) -> Vec<u8> {
        self.bytes.extend_from_slice(b"\r\n");
        if !has_no_content(self.status) {
            self.bytes.extend_from_slice(content);
        }
        self.bytes
    }

    /// The head without its end: more fields follow.
    #[must_use]
    pub fn open(self) -> Vec<u8> {
        self.bytes
    }
}
