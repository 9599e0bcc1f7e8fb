//! HTTP/1 as the tests read it: a head is a first line and fields, a body is what its framing says. It accepts more
//! than the RFC does, because it has to show what a proxy sent, right or wrong.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::text;

/// A message head. Text holds one character for each byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub line: String,
    pub fields: Vec<(String, String)>,
    /// The exact bytes, the blank line included.
    pub raw: Vec<u8>,
}

impl Head {
    fn parse(raw: &[u8]) -> Head {
        let all = text(raw);
        let mut lines = all.split('\n').map(|l| l.strip_suffix('\r').unwrap_or(l));
        let line = lines.next().unwrap_or_default().to_owned();
        let fields = lines
            .filter(|l| !l.is_empty())
            .map(|l| match l.split_once(':') {
                Some((name, value)) => (name.to_owned(), value.trim_matches([' ', '\t']).to_owned()),
                None => (l.to_owned(), String::new()),
            })
            .collect();
        Head { line, fields, raw: raw.to_vec() }
    }

    /// The first field of this name, letters compared without case.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// All fields of this name in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// A request's method and target.
    pub fn request(&self) -> (&str, &str) {
        let mut words = self.line.split(' ');
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }

    /// An answer's status, 0 when there is none.
    pub fn status(&self) -> u16 {
        self.line.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0)
    }

    fn says(&self, name: &str, word: &str) -> bool {
        self.all(name).any(|v| v.split(',').any(|w| w.trim().eq_ignore_ascii_case(word)))
    }

    /// The framing of a request's body.
    pub fn request_framing(&self) -> Framing {
        if self.says("transfer-encoding", "chunked") {
            return Framing::Chunked;
        }
        self.length().map_or(Framing::None, Framing::Length)
    }

    /// The framing of an answer's body to a request of this method.
    pub fn answer_framing(&self, method: &str) -> Framing {
        let status = self.status();
        if method == "HEAD" || status < 200 || status == 204 || status == 304 {
            return Framing::None;
        }
        if self.says("transfer-encoding", "chunked") {
            return Framing::Chunked;
        }
        self.length().map_or(Framing::ToClose, Framing::Length)
    }

    /// True when the sender of this head closes after the message, by its version and `Connection`.
    pub fn ends_connection(&self) -> bool {
        if self.says("connection", "close") {
            return true;
        }
        self.line.contains("HTTP/1.0") && !self.says("connection", "keep-alive")
    }

    fn length(&self) -> Option<usize> {
        self.field("content-length").and_then(|v| v.parse().ok())
    }
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    None,
    Length(usize),
    Chunked,
    ToClose,
}

/// A body and the trailer fields behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    pub bytes: Vec<u8>,
    pub trailers: Vec<(String, String)>,
    pub complete: bool,
}

/// Why no more bytes came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    Eof,
    Reset,
    Timeout,
    /// The bytes are not HTTP.
    Garbage,
}

/// A connection's receiving half with what has been read ahead.
pub struct Reader {
    stream: TcpStream,
    pub ahead: Vec<u8>,
    pub deadline: Instant,
}

const MAX_HEAD: usize = 1 << 20;

impl Reader {
    pub fn new(stream: TcpStream, patience: Duration) -> Reader {
        Reader { stream, ahead: Vec::new(), deadline: Instant::now() + patience }
    }

    /// Reads once more, until the deadline.
    pub fn fill(&mut self) -> Result<(), Stop> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Stop::Timeout);
        }
        let _ = self.stream.set_read_timeout(Some(left));
        let mut room = [0u8; 16_384];
        match self.stream.read(&mut room) {
            Ok(0) => Err(Stop::Eof),
            Ok(n) => {
                self.ahead.extend_from_slice(&room[..n]);
                Ok(())
            }
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Err(Stop::Timeout),
            Err(e) if e.kind() == ErrorKind::Interrupted => Ok(()),
            Err(_) => Err(Stop::Reset),
        }
    }

    /// Reads a head up to its blank line. Empty lines before it are passed over, as RFC 9112 (2.2) allows.
    pub fn head(&mut self) -> Result<Head, Stop> {
        loop {
            let blank = self.ahead.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            self.ahead.drain(..blank);
            if let Some(end) = head_end(&self.ahead) {
                let raw: Vec<u8> = self.ahead.drain(..end).collect();
                return Ok(Head::parse(&raw));
            }
            if self.ahead.len() > MAX_HEAD {
                return Err(Stop::Garbage);
            }
            self.fill()?;
        }
    }

    /// Reads a body; what came before a stop is kept and `complete` says whether that was all.
    pub fn body(&mut self, framing: Framing) -> (Body, Option<Stop>) {
        let mut body = Body::default();
        let end = match framing {
            Framing::None => Ok(()),
            Framing::Length(n) => self.take(n, &mut body.bytes),
            Framing::Chunked => self.chunks(&mut body),
            Framing::ToClose => match self.take(usize::MAX, &mut body.bytes) {
                Err(Stop::Eof) => Ok(()),
                other => other,
            },
        };
        body.complete = end.is_ok();
        (body, end.err())
    }

    /// Reads `n` bytes into `to`, or as many as come before a stop.
    pub fn take(&mut self, n: usize, to: &mut Vec<u8>) -> Result<(), Stop> {
        let mut left = n;
        loop {
            let now = left.min(self.ahead.len());
            to.extend(self.ahead.drain(..now));
            left -= now;
            if left == 0 {
                return Ok(());
            }
            self.fill()?;
        }
    }

    fn chunks(&mut self, body: &mut Body) -> Result<(), Stop> {
        loop {
            let line = self.line()?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| Stop::Garbage)?;
            if size == 0 {
                break;
            }
            self.take(size, &mut body.bytes)?;
            if !self.line()?.is_empty() {
                return Err(Stop::Garbage);
            }
        }
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Ok(());
            }
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            body.trailers.push((name.to_owned(), value.trim().to_owned()));
        }
    }

    fn line(&mut self) -> Result<String, Stop> {
        loop {
            if let Some(at) = self.ahead.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.ahead.drain(..=at).collect();
                return Ok(text(&line).trim_end_matches(['\r', '\n']).to_owned());
            }
            if self.ahead.len() > MAX_HEAD {
                return Err(Stop::Garbage);
            }
            self.fill()?;
        }
    }
}

/// The length of the head at the start of `bytes`, its blank line included.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|b| *b == b'\n') {
        let next = from + at + 1;
        match bytes[next..] {
            [b'\n', ..] => return Some(next + 1),
            [b'\r', b'\n', ..] => return Some(next + 2),
            _ => from = next,
        }
    }
    None
}
