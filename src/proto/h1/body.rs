//! Body framing (RFC 9112, sections 6.3 and 7): walks received bytes where they lie.
use super::error::{BodyError, BodyErrorKind as Kind};
use super::fields::{TOKEN, is_blank};
use crate::proto::http::Body;
use crate::proto::size;

/// Longest chunk-size line with its extensions, in bytes.
pub const MAX_CHUNK_LINE: u32 = 4096;
/// Longest trailer section, in bytes.
pub const MAX_TRAILERS: u32 = 8192;
/// Ends a chunk's data.
pub const CHUNK_END: &[u8] = b"\r\n";
/// The last chunk and an empty trailer section.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// Most hex digits of a chunk size, leading zeros included.
const MAX_SIZE_DIGITS: u32 = 16;
/// Largest chunk, in bytes.
const MAX_CHUNK: u64 = i64::MAX as u64;
/// Trailers that would change where a message ends, or whom it is for.
const FRAMING_TRAILERS: [&[u8]; 2] = [b"content-length", b"transfer-encoding"];
/// Length of the longest of them, and one.
const TRAILER_NAME_MAX: usize = 18;

/// Appends the header of a chunk of `len` bytes (not 0: that would be the last chunk).
pub fn chunk_header(len: usize, out: &mut Vec<u8>) {
    debug_assert!(len > 0, "a chunk of no bytes ends the body");
    let digits = (usize::BITS - len.leading_zeros()).div_ceil(4).max(1);
    for i in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(len >> (4 * i)) & 15]);
    }
    out.extend_from_slice(CHUNK_END);
}

/// What a walk found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Walk {
    /// Bytes at the start of the buffer to be forwarded.
    pub out_len: usize,
    /// Bytes of the buffer that belonged to the body: all of them, unless `done`.
    pub consumed: usize,
    /// Bytes of content among them, without framing.
    pub payload: usize,
    /// Bytes of names and values of trailers among them, and one for the end of chunks.
    pub tail: usize,
    /// The body has ended, trailers included. What follows `consumed` is the next message.
    pub done: bool,
}

/// Where in a chunked body the next byte lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunk {
    /// In the digits of a size: how many were there.
    Size(u32),
    /// After them: blanks, then an extension or the line's end.
    SizeBlank,
    Extension,
    /// After the CR of a size line.
    SizeLf,
    Data,
    DataCr,
    DataLf,
    /// At the start of a trailer line.
    Trailer,
    TrailerName,
    TrailerValue,
    TrailerLf,
    /// After the CR of the last line.
    EndLf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// `left` bytes of content.
    Length,
    /// `left` bytes of content in this chunk, or of the size read so far.
    Chunked(Chunk),
    /// Everything up to the connection's end.
    ToClose,
    Done,
}

/// Follows one body through the buffers it comes in.
#[derive(Clone, Debug)]
pub struct BodyReader {
    state: State,
    strip: bool,
    left: u64,
    /// Bytes of the size line, or of the trailer section.
    line: u32,
    /// The start of a trailer's name, to know the forbidden ones.
    name: [u8; TRAILER_NAME_MAX],
    name_len: u8,
    /// Blanks behind what was seen of a trailer's value; `None` before it.
    blanks: Option<u32>,
}

impl BodyReader {
    /// For a body of this framing, which is forwarded as it is but for chunk extensions.
    #[must_use]
    pub fn new(body: Body) -> Self {
        let (state, left) = match body {
            Body::None | Body::Length(0) => (State::Done, 0),
            Body::Length(left) => (State::Length, left),
            Body::Chunked => (State::Chunked(Chunk::Size(0)), 0),
            Body::UntilClose | Body::Tunnel => (State::ToClose, 0),
        };
        BodyReader {
            state,
            strip: false,
            left,
            line: 0,
            name: [0; TRAILER_NAME_MAX],
            name_len: 0,
            blanks: None,
        }
    }

    /// For a peer that knows no chunked coding: forwards the content alone.
    #[must_use]
    pub fn stripping(body: Body) -> Self {
        BodyReader { strip: true, ..BodyReader::new(body) }
    }

    /// Nothing of the body is left.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// More of the body is known to come: a length that is not reached yet.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.state == State::Length && self.left > 0
    }

    /// Bytes of content that must still come, where that is known: all of them for a length, those of the present
    /// chunk in chunked coding.
    #[must_use]
    pub fn remaining(&self) -> Option<u64> {
        match self.state {
            State::Done => Some(0),
            State::Length | State::Chunked(Chunk::Data) => Some(self.left),
            State::Chunked(_) | State::ToClose => None,
        }
    }

    /// The sender has closed: is the body whole?
    ///
    /// # Errors
    /// `Truncated` inside a body whose end was announced.
    pub fn close(&mut self) -> Result<(), BodyError> {
        match self.state {
            State::Done => Ok(()),
            State::ToClose => {
                self.state = State::Done;
                Ok(())
            }
            State::Length | State::Chunked(_) => Err(BodyError { kind: Kind::Truncated, at: 0 }),
        }
    }

    /// Looks at the next received bytes. The first `out_len` bytes of `buf` then hold what is to be forwarded.
    ///
    /// # Errors
    /// Framing that is not exactly RFC 9112's; the reader and the buffer are of no use after it.
    pub fn walk(&mut self, buf: &mut [u8]) -> Result<Walk, BodyError> {
        match self.state {
            State::Done => Ok(Walk { done: true, ..Walk::default() }),
            State::ToClose => {
                Ok(Walk { out_len: buf.len(), consumed: buf.len(), payload: buf.len(), tail: 0, done: false })
            }
            State::Length => {
                let n = usize::try_from(self.left).map_or(buf.len(), |left| left.min(buf.len()));
                self.left -= n as u64;
                if self.left == 0 {
                    self.state = State::Done;
                }
                Ok(Walk { out_len: n, consumed: n, payload: n, tail: 0, done: self.left == 0 })
            }
            State::Chunked(chunk) => self.walk_chunks(chunk, buf),
        }
    }

    fn walk_chunks(&mut self, mut at: Chunk, buf: &mut [u8]) -> Result<Walk, BodyError> {
        let mut sift = Sift { buf, read: 0, write: 0 };
        let (mut payload, mut tail) = (0, 0);
        while sift.read < sift.buf.len() {
            if at == Chunk::Data {
                let here = sift.buf.len() - sift.read;
                let n = usize::try_from(self.left).map_or(here, |left| left.min(here));
                sift.keep(n);
                payload += n;
                self.left -= n as u64;
                if self.left == 0 {
                    at = Chunk::DataCr;
                }
                continue;
            }
            let byte = sift.buf[sift.read];
            let next = self.step(at, byte).map_err(|kind| BodyError { kind, at: sift.read })?;
            tail += self.tail_byte(at, next, byte);
            let framing_kept = !self.strip && !matches!(next, Some(Chunk::SizeBlank | Chunk::Extension));
            if matches!(next, Some(Chunk::TrailerName)) {
                sift.buf[sift.read] = byte.to_ascii_lowercase();
            }
            if framing_kept {
                sift.keep(1)
            } else {
                sift.read += 1
            }
            let Some(next) = next else {
                self.state = State::Done;
                return Ok(Walk { out_len: sift.write, consumed: sift.read, payload, tail, done: true });
            };
            at = next;
        }
        self.state = State::Chunked(at);
        Ok(Walk { out_len: sift.write, consumed: sift.read, payload, tail, done: false })
    }

    /// One byte of framing; `None` where the body ends with it.
    #[inline]
    fn step(&mut self, at: Chunk, byte: u8) -> Result<Option<Chunk>, Kind> {
        let next = match at {
            Chunk::Size(digits) => self.size_byte(digits, byte)?,
            Chunk::SizeBlank | Chunk::Extension => self.extension_byte(at, byte)?,
            Chunk::SizeLf if byte == b'\n' => {
                self.line = 0;
                if self.left == 0 { Chunk::Trailer } else { Chunk::Data }
            }
            Chunk::DataCr if byte == b'\r' => Chunk::DataLf,
            Chunk::Data | Chunk::DataCr => return Err(Kind::NoCrlf),
            Chunk::DataLf if byte == b'\n' => Chunk::Size(0),
            Chunk::EndLf if byte == b'\n' => return Ok(None),
            Chunk::TrailerLf if byte == b'\n' => Chunk::Trailer,
            Chunk::SizeLf | Chunk::DataLf | Chunk::EndLf | Chunk::TrailerLf => return Err(Kind::BareCr),
            Chunk::Trailer | Chunk::TrailerName | Chunk::TrailerValue => self.trailer_byte(at, byte)?,
        };
        Ok(Some(next))
    }

    /// Whether a byte of framing counts as content of the tail, and how many blanks before it do.
    fn tail_byte(&mut self, at: Chunk, next: Option<Chunk>, byte: u8) -> usize {
        match (at, next) {
            (_, None) => size::END,
            (_, Some(Chunk::TrailerName)) => {
                self.blanks = None;
                1
            }
            (Chunk::TrailerValue, Some(Chunk::TrailerValue)) if is_blank(byte) => {
                self.blanks = self.blanks.map(|n| n + 1);
                0
            }
            (Chunk::TrailerValue, Some(Chunk::TrailerValue)) => {
                1 + self.blanks.replace(0).unwrap_or(0) as usize
            }
            _ => 0,
        }
    }

    fn size_byte(&mut self, digits: u32, byte: u8) -> Result<Chunk, Kind> {
        if let Some(digit) = char::from(byte).to_digit(16) {
            if digits == MAX_SIZE_DIGITS || self.left > MAX_CHUNK >> 4 {
                return Err(Kind::Size);
            }
            self.left = self.left << 4 | u64::from(digit);
            return Ok(Chunk::Size(digits + 1));
        }
        match byte {
            _ if digits == 0 => Err(Kind::Size),
            b'\r' => Ok(Chunk::SizeLf),
            b'\n' => Err(Kind::BareLf),
            b';' => Ok(Chunk::Extension),
            _ if is_blank(byte) => Ok(Chunk::SizeBlank),
            _ => Err(Kind::Size),
        }
    }

    fn extension_byte(&mut self, at: Chunk, byte: u8) -> Result<Chunk, Kind> {
        self.line += 1;
        match byte {
            _ if self.line > MAX_CHUNK_LINE => Err(Kind::LineTooLong),
            b'\r' => Ok(Chunk::SizeLf),
            b'\n' => Err(Kind::BareLf),
            b'\t' => Ok(at),
            0..0x20 | 0x7f => Err(Kind::Extension),
            _ if at == Chunk::Extension => Ok(at),
            b' ' => Ok(at),
            b';' => Ok(Chunk::Extension),
            _ => Err(Kind::Size),
        }
    }

    fn trailer_byte(&mut self, at: Chunk, byte: u8) -> Result<Chunk, Kind> {
        self.line += 1;
        if self.line > MAX_TRAILERS {
            return Err(Kind::TrailersTooLong);
        }
        match (at, byte) {
            (Chunk::TrailerValue, b'\r') => Ok(Chunk::TrailerLf),
            (_, b'\n') => Err(Kind::BareLf),
            (Chunk::TrailerValue, 0) => Err(Kind::Trailer),
            (Chunk::TrailerValue, _) => Ok(Chunk::TrailerValue),
            (Chunk::Trailer, b'\r') => Ok(Chunk::EndLf),
            (Chunk::TrailerName, b':') => {
                let name = &self.name[..usize::from(self.name_len)];
                if FRAMING_TRAILERS.contains(&name) {
                    Err(Kind::FramingTrailer)
                } else {
                    Ok(Chunk::TrailerValue)
                }
            }
            _ if !TOKEN[usize::from(byte)] => Err(Kind::Trailer),
            _ => {
                if at == Chunk::Trailer {
                    self.name_len = 0;
                }
                if let Some(place) = self.name.get_mut(usize::from(self.name_len)) {
                    *place = byte.to_ascii_lowercase();
                    self.name_len += 1;
                }
                Ok(Chunk::TrailerName)
            }
        }
    }
}

/// A buffer that is read and, behind that, written again without what is dropped.
struct Sift<'a> {
    buf: &'a mut [u8],
    read: usize,
    write: usize,
}

impl Sift<'_> {
    /// Keeps the next `n` bytes. They move only if something before them was dropped.
    #[inline]
    fn keep(&mut self, n: usize) {
        if self.read != self.write {
            self.buf.copy_within(self.read..self.read + n, self.write);
        }
        self.read += n;
        self.write += n;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a body in pieces gave: what goes out, how much content it had, how many bytes were its own.
    type Read = Result<(Vec<u8>, usize, usize), (Kind, usize)>;

    fn walk_all<'a>(mut reader: BodyReader, pieces: impl IntoIterator<Item = &'a [u8]>) -> Read {
        let (mut out, mut payload, mut consumed, mut at) = (Vec::new(), 0, 0, 0);
        for piece in pieces {
            let mut buf = piece.to_vec();
            let walk = reader.walk(&mut buf).map_err(|e| (e.kind, at + e.at))?;
            assert!(walk.out_len <= walk.consumed && walk.payload <= walk.consumed);
            assert_eq!(walk.done, reader.is_done());
            assert!(walk.done || walk.consumed == piece.len());
            out.extend_from_slice(&buf[..walk.out_len]);
            (payload, consumed, at) = (payload + walk.payload, consumed + walk.consumed, at + piece.len());
        }
        Ok((out, payload, consumed))
    }

    /// Walks the input whole, byte by byte, and cut in three at every two places: all must agree.
    fn chunked(input: &str, strip: bool) -> Read {
        let bytes = input.as_bytes();
        let new =
            || if strip { BodyReader::stripping(Body::Chunked) } else { BodyReader::new(Body::Chunked) };
        let whole = walk_all(new(), [bytes]);
        assert_eq!(walk_all(new(), bytes.chunks(1)), whole, "{input:?}");
        for a in 0..=bytes.len() {
            for b in a..=bytes.len() {
                let pieces = [&bytes[..a], &bytes[a..b], &bytes[b..]];
                assert_eq!(walk_all(new(), pieces), whole, "{input:?} cut at {a} and {b}");
            }
        }
        whole
    }

    #[track_caller]
    fn passes(input: &str, out: &str, content: &str) {
        let next = format!("{input}GET / ");
        assert_eq!(chunked(&next, false), Ok((out.into(), content.len(), input.len())), "{input:?}");
        assert_eq!(chunked(&next, true), Ok((content.into(), content.len(), input.len())), "{input:?}");
    }

    #[track_caller]
    fn refuses(kind: Kind, at: usize, input: &str) {
        assert_eq!(chunked(input, false), Err((kind, at)), "{input:?}");
        assert_eq!(chunked(input, true), Err((kind, at)), "{input:?}");
    }

    #[test]
    fn chunks_pass_without_extensions() {
        passes("0\r\n\r\n", "0\r\n\r\n", "");
        passes("3\r\nabc\r\n0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n", "abc");
        passes("3;foo=bar\r\nabc\r\n0;x\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n", "abc");
        passes(
            "1\r\na\r\n2 ; f=\"b;\t\u{e9}\"\r\nbc\r\n0 \t\r\n\r\n",
            "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
            "abc",
        );
        passes("00003\r\n\r\n0\r\n00\r\n\r\n", "00003\r\n\r\n0\r\n00\r\n\r\n", "\r\n0");
        passes(
            "B\r\n0\r\n\r\n0\r\n\r\nx\r\n0\r\n\r\n",
            "B\r\n0\r\n\r\n0\r\n\r\nx\r\n0\r\n\r\n",
            "0\r\n\r\n0\r\n\r\nx",
        );
    }

    #[test]
    fn trailers_pass_with_names_in_lower_case() {
        passes("0\r\nX-T: A\r\nb:\r\n\r\n", "0\r\nx-t: A\r\nb:\r\n\r\n", "");
        passes("1;e\r\na\r\n0\r\nHost: Z:\u{e9}\r\n\r\n", "1\r\na\r\n0\r\nhost: Z:\u{e9}\r\n\r\n", "a");
        passes("0\r\nContent-Lengths: 3\r\n\r\n", "0\r\ncontent-lengths: 3\r\n\r\n", "");
        passes("0\r\nTransfer-Encodings: 3\r\n\r\n", "0\r\ntransfer-encodings: 3\r\n\r\n", "");
    }

    #[test]
    fn odd_chunks_are_refused() {
        let sizes = ["", " 3", "+3", "-3", "g", "\u{e9}"].map(|size| (size, 0));
        let later = [("0x3", 1), ("3g", 1), ("3 3", 2), ("3\tx", 2), ("3 =", 2), ("3,", 1)];
        for (size, at) in sizes.into_iter().chain(later) {
            refuses(Kind::Size, at, &format!("{size}\r\nabc\r\n0\r\n\r\n"));
        }
        refuses(Kind::Size, 15, "8000000000000000\r\n");
        refuses(Kind::Size, 16, "00000000000000003\r\n");
        refuses(Kind::Size, 16, "7fffffffffffffff0\r\n");
        refuses(Kind::BareLf, 1, "3\nabc\r\n0\r\n\r\n");
        refuses(Kind::BareLf, 3, "3;a\nabc\r\n0\r\n\r\n");
        refuses(Kind::BareCr, 2, "3\rabc\r\n");
        refuses(Kind::BareCr, 4, "3;a\rb\r\nabc\r\n");
        refuses(Kind::Extension, 3, "3;a\u{1}\r\n");
        refuses(Kind::Extension, 2, "3;\0\r\n");
        refuses(Kind::Extension, 2, "3;\u{7f}\r\n");
        refuses(Kind::NoCrlf, 6, "3\r\nabcd\r\n0\r\n\r\n");
        refuses(Kind::NoCrlf, 6, "3\r\nabc\n0\r\n\r\n");
        refuses(Kind::BareCr, 7, "3\r\nabc\r0\r\n\r\n");
    }

    #[test]
    fn odd_trailers_are_refused() {
        refuses(Kind::Trailer, 4, "0\r\nX T: 1\r\n\r\n");
        refuses(Kind::Trailer, 4, "0\r\nX : 1\r\n\r\n");
        refuses(Kind::Trailer, 5, "0\r\nXa\r\n\r\n");
        refuses(Kind::Trailer, 3, "0\r\n: a\r\n\r\n");
        refuses(Kind::Trailer, 9, "0\r\nX: 1\r\n 2\r\n\r\n");
        refuses(Kind::Trailer, 5, "0\r\nX:\0\r\n\r\n");
        refuses(Kind::BareLf, 3, "0\r\n\n");
        refuses(Kind::BareLf, 6, "0\r\nX:a\n\r\n");
        refuses(Kind::BareCr, 4, "0\r\n\ra");
        refuses(Kind::BareCr, 7, "0\r\nX:a\rb\r\n");
        refuses(Kind::FramingTrailer, 17, "0\r\nContent-Length: 5\r\n\r\n");
        refuses(Kind::FramingTrailer, 24, "0\r\nx:\r\nTransfer-Encoding: chunked\r\n\r\n");
    }

    #[test]
    fn lines_have_limits() {
        let walk = |text: String| {
            walk_all(BodyReader::new(Body::Chunked), [text.as_bytes()]).map_err(|(kind, _)| kind)
        };
        let extension = |n: u32| format!("1;{}\r\na\r\n1;{0}\r\na\r\n0\r\n\r\n", "x".repeat(n as usize));
        assert!(walk(extension(MAX_CHUNK_LINE - 1)).is_ok(), "each line is counted by itself");
        assert_eq!(walk(extension(MAX_CHUNK_LINE)), Err(Kind::LineTooLong));
        let trailers = |n: u32| format!("0\r\n{}\r\n", "xy:zzzz\r\n".repeat(n as usize));
        assert!(walk(trailers(MAX_TRAILERS / 9)).is_ok());
        assert_eq!(walk(trailers(MAX_TRAILERS / 8 + 1)), Err(Kind::TrailersTooLong));
    }

    #[test]
    fn lengths_end_by_count() {
        let mut reader = BodyReader::new(Body::Length(5));
        assert_eq!(reader.remaining(), Some(5));
        let walk = reader.walk(&mut b"abc".to_vec()).unwrap();
        assert_eq!(walk, Walk { out_len: 3, consumed: 3, payload: 3, tail: 0, done: false });
        assert_eq!(reader.remaining(), Some(2));
        assert_eq!(reader.clone().close().unwrap_err().kind, Kind::Truncated);
        let walk = reader.walk(&mut b"deGET".to_vec()).unwrap();
        assert_eq!(walk, Walk { out_len: 2, consumed: 2, payload: 2, tail: 0, done: true });
        assert_eq!(reader.close(), Ok(()));
        let walk = reader.walk(&mut b"GET".to_vec()).unwrap();
        assert_eq!(walk, Walk { out_len: 0, consumed: 0, payload: 0, tail: 0, done: true });
        assert!(BodyReader::new(Body::Length(0)).is_done() && BodyReader::new(Body::None).is_done());
        let huge = BodyReader::new(Body::Length(u64::MAX)).walk(&mut [0; 9]).unwrap();
        assert_eq!((huge.out_len, huge.done), (9, false));
    }

    #[test]
    fn some_bodies_end_with_the_connection() {
        for body in [Body::UntilClose, Body::Tunnel] {
            let mut reader = BodyReader::new(body);
            let walk = reader.walk(&mut b"abc".to_vec()).unwrap();
            assert_eq!(walk, Walk { out_len: 3, consumed: 3, payload: 3, tail: 0, done: false });
            assert_eq!((reader.remaining(), reader.close(), reader.is_done()), (None, Ok(()), true));
        }
        let mut reader = BodyReader::new(Body::Chunked);
        assert_eq!(reader.walk(&mut b"5\r\nab".to_vec()).unwrap().payload, 2);
        assert_eq!(reader.remaining(), Some(3));
        assert_eq!(reader.close().unwrap_err().kind, Kind::Truncated);
    }

    #[test]
    fn chunk_headers() {
        for len in [1, 9, 10, 15, 16, 255, 256, 4096, 65_536, usize::MAX] {
            let mut out = Vec::new();
            chunk_header(len, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), format!("{len:x}\r\n"));
        }
    }
}
