//! The field lines of a head, and what they say about the connection and the body (`Facts`).
use super::error::HeadErrorKind as Kind;
use crate::proto::authority;
use crate::proto::http::{Body, Field, Head, Slice, Version};

/// Why parsing stopped early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The bytes ended.
    More,
    /// They are wrong, at this offset.
    Bad(Kind, usize),
}

pub(super) use crate::proto::http::trim;
pub(super) use crate::proto::text::TOKEN;

pub(super) fn is_blank(b: u8) -> bool {
    b == b' ' || b == b'\t'
}

/// Passes the empty lines before a start line (RFC 9112, section 2.2; HAProxy does so on both sides).
pub(super) fn skip_empty_lines(bytes: &[u8]) -> Result<usize, Stop> {
    let mut pos = 0;
    while matches!(bytes.get(pos), Some(b'\r' | b'\n')) {
        pos = line_end(bytes, pos, Kind::BareCr)?;
    }
    Ok(pos)
}

/// Expects CR LF at `pos`; `otherwise` is the error for any other byte. Returns the offset after it.
#[inline]
pub(super) fn line_end(bytes: &[u8], pos: usize, otherwise: Kind) -> Result<usize, Stop> {
    match bytes.get(pos) {
        None => Err(Stop::More),
        Some(b'\r') => match bytes.get(pos + 1) {
            None => Err(Stop::More),
            Some(b'\n') => Ok(pos + 2),
            Some(_) => Err(Stop::Bad(Kind::BareCr, pos)),
        },
        Some(b'\n') => Err(Stop::Bad(Kind::BareLf, pos)),
        Some(_) => Err(Stop::Bad(otherwise, pos)),
    }
}

/// Finds the CR of a text's CR LF. Text holds any byte but NUL, CR and LF, as HAProxy lets through.
#[inline]
pub(super) fn text_end(bytes: &[u8], mut pos: usize) -> Result<usize, Stop> {
    const LOW: u64 = 0x0101_0101_0101_0101 * 0x0e;
    const HIGH: u64 = 0x0101_0101_0101_0101 * 0x80;
    // Eight bytes a step: a byte below 0x0e (NUL, LF, CR; also TAB) sets its high bit. A false alarm only costs time.
    while let Some(word) = bytes.get(pos..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*word);
        let low = word.wrapping_sub(LOW) & !word & HIGH;
        if low == 0 {
            pos += 8;
            continue;
        }
        pos += (low.trailing_zeros() / 8) as usize;
        match bytes[pos] {
            b'\r' | b'\n' | 0 => break,
            _ => pos += 1,
        }
    }
    loop {
        match bytes.get(pos) {
            None => return Err(Stop::More),
            Some(b'\r') => return line_end(bytes, pos, Kind::BareCr).map(|_| pos),
            Some(b'\n') => return Err(Stop::Bad(Kind::BareLf, pos)),
            Some(0) => return Err(Stop::Bad(Kind::Nul, pos)),
            Some(_) => pos += 1,
        }
    }
}

/// The offset of the first byte from `pos` on that is no token byte.
#[inline]
pub(super) fn token_end(bytes: &[u8], pos: usize) -> Result<usize, Stop> {
    let rest = bytes.get(pos..).unwrap_or(b"");
    rest.iter().position(|&b| !TOKEN[b as usize]).map(|n| pos + n).ok_or(Stop::More)
}

/// The offset of the first byte from `pos` on that is no space.
pub(super) fn spaces_end(bytes: &[u8], pos: usize) -> Result<usize, Stop> {
    bytes[pos..].iter().position(|&b| b != b' ').map(|n| pos + n).ok_or(Stop::More)
}

/// `HTTP/` digit `.` digit at `pos`; returns it with the offset after it. As HAProxy, 1.1 and above (also 2.0) are
/// taken for 1.1, anything below for 1.0.
pub(super) fn version(bytes: &[u8], pos: usize) -> Result<(Version, usize), Stop> {
    const NAME: &[u8] = b"HTTP/0.0";
    for (i, &want) in NAME.iter().enumerate() {
        let Some(&b) = bytes.get(pos + i) else { return Err(Stop::More) };
        if !(b == want || (want == b'0' && b.is_ascii_digit())) {
            return Err(Stop::Bad(Kind::Version, pos + i));
        }
    }
    let version =
        if (bytes[pos + 5], bytes[pos + 7]) >= (b'1', b'1') { Version::Http11 } else { Version::Http10 };
    Ok((version, pos + NAME.len()))
}

/// A stretch of the received bytes as a slice of the arena-to-be, which starts with the start line at `base`.
pub(super) fn slice(base: usize, from: usize, to: usize) -> Slice {
    Slice { off: (from - base) as u32, len: (to - from) as u32 }
}

/// What the fields of a head say about framing and connection.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facts {
    length: Option<u64>,
    /// The offset of the first Transfer-Encoding value; the list of all is looked at as one.
    coding_at: Option<usize>,
    chunked: bool,
    other_coding: bool,
    pub(super) close: bool,
    pub(super) keep_alive: bool,
    /// Upgrade names HTTP/2 (`h2c`, `h2`), which would pass by every rule.
    http2: bool,
    /// `upgrade` stands in Connection.
    pub(super) upgrade_option: bool,
    /// There is an Upgrade field.
    pub(super) upgrade_field: bool,
    /// Upgrade names `websocket`.
    pub(super) websocket: bool,
    /// A Sec-WebSocket-Key (request) or Sec-WebSocket-Accept (answer) with a value.
    pub(super) websocket_key: bool,
    pub(super) expect_continue: bool,
    /// The place of the first Host's value.
    pub(super) host: Option<(usize, usize)>,
    /// A Connection field holds `close` or `keep-alive` beside other options.
    mixed_connection: bool,
}

impl Facts {
    /// The framing by RFC 9112, section 6.3, as far as the fields go; `None` where they say nothing.
    pub(super) fn framing(&self, version: Version) -> Result<Option<Body>, Stop> {
        let Some(at) = self.coding_at else { return Ok(self.length.map(Body::Length)) };
        let kind = match () {
            () if !self.chunked => Kind::NotChunked,
            () if self.other_coding => Kind::CodingBeforeChunked,
            () if self.length.is_some() => Kind::LengthAndCoding,
            () if version < Version::Http11 => Kind::CodingInHttp10,
            () => return Ok(Some(Body::Chunked)),
        };
        Err(Stop::Bad(kind, at))
    }

    /// What Connection and the version say about another message on this connection (RFC 9112, section 9.3).
    pub(super) fn persistent(&self, version: Version) -> bool {
        !self.close && (version >= Version::Http11 || self.keep_alive)
    }

    /// Notes a field; says whether it is kept. Its value is `bytes[from..to]`.
    #[inline]
    fn see(&mut self, name: &[u8], bytes: &[u8], from: usize, to: usize) -> Result<bool, Stop> {
        let value = &bytes[from..to];
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        match name.len() {
            4 if is(b"host") => return self.see_host(bytes, from, to),
            6 if is(b"expect") => self.expect_continue |= value.eq_ignore_ascii_case(b"100-continue"),
            7 if is(b"upgrade") => {
                for protocol in list(value) {
                    self.websocket |= protocol.eq_ignore_ascii_case(b"websocket");
                    self.http2 |= is_http2(protocol);
                    self.upgrade_field |= !protocol.is_empty() && !is_http2(protocol);
                }
            }
            10 if is(b"connection") => return Ok(self.see_connection(value)),
            14 if is(b"content-length") => self.see_length(value, from)?,
            17 if is(b"transfer-encoding") => self.see_codings(value, from)?,
            17 if is(b"sec-websocket-key") => self.websocket_key |= !value.is_empty(),
            20 if is(b"sec-websocket-accept") => self.websocket_key |= !value.is_empty(),
            _ => {}
        }
        Ok(true)
    }

    /// Equal Hosts become one, different ones are refused: both as HAProxy.
    fn see_host(&mut self, bytes: &[u8], from: usize, to: usize) -> Result<bool, Stop> {
        match self.host {
            None if !authority::is_host(&bytes[from..to]) => Err(Stop::Bad(Kind::Host, from)),
            None => {
                self.host = Some((from, to));
                Ok(true)
            }
            Some((f, t)) if bytes[f..t].eq_ignore_ascii_case(&bytes[from..to]) => Ok(false),
            Some(_) => Err(Stop::Bad(Kind::RepeatedHost, from)),
        }
    }

    /// Says whether anything but `close`, `keep-alive` and nothing is in it.
    fn see_connection(&mut self, value: &[u8]) -> bool {
        let (mut other, mut persistence) = (false, false);
        for option in list(value) {
            match option.len() {
                0 => {}
                5 if option.eq_ignore_ascii_case(b"close") => (self.close, persistence) = (true, true),
                10 if option.eq_ignore_ascii_case(b"keep-alive") => {
                    (self.keep_alive, persistence) = (true, true)
                }
                _ => {
                    self.upgrade_option |= option.eq_ignore_ascii_case(b"upgrade");
                    other = true;
                }
            }
        }
        self.mixed_connection |= other && persistence;
        other
    }

    fn see_length(&mut self, value: &[u8], at: usize) -> Result<(), Stop> {
        if self.length.is_some() {
            return Err(Stop::Bad(Kind::RepeatedLength, at));
        }
        let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let number = value
            .iter()
            .try_fold(0u64, |n, b| n.checked_mul(10)?.checked_add(u64::from(b.wrapping_sub(b'0'))));
        match number {
            Some(n) if digits && n <= i64::MAX as u64 => self.length = Some(n),
            _ => return Err(Stop::Bad(Kind::Length, at)),
        }
        Ok(())
    }

    fn see_codings(&mut self, value: &[u8], at: usize) -> Result<(), Stop> {
        self.coding_at.get_or_insert(at);
        for coding in list(value) {
            if self.chunked {
                return Err(Stop::Bad(Kind::NotChunked, at));
            }
            match coding.eq_ignore_ascii_case(b"chunked") {
                true => self.chunked = true,
                false => self.other_coding = true,
            }
        }
        Ok(())
    }

    /// Takes HTTP/2 out of the Upgrade fields, as HAProxy does: a tunnel of it would pass by every rule.
    #[cold]
    pub(super) fn drop_http2(head: &mut Head) {
        for index in 0..head.field_count() {
            if head.field(index).0 == b"upgrade" {
                head.keep_list_items(index, |protocol| !protocol.is_empty() && !is_http2(protocol));
            }
        }
        head.drop_if(|name, value| name == b"upgrade" && value.is_empty());
        if head.get(b"upgrade").is_none() {
            head.drop_options(&[b"upgrade"]);
        }
    }

    /// Rewrites the Connection fields that hold `close` or `keep-alive` beside other options, without those, and Upgrade
    /// without HTTP/2.
    pub(super) fn clean_hop(&self, head: &mut Head) {
        if self.http2 {
            Self::drop_http2(head);
        }
        if self.mixed_connection {
            head.drop_options(&[b"close", b"keep-alive"]);
        }
    }
}

fn is_http2(protocol: &[u8]) -> bool {
    protocol.eq_ignore_ascii_case(b"h2c") || protocol.eq_ignore_ascii_case(b"h2")
}

/// The elements of a comma-separated list, also the empty ones.
pub(super) fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&b| b == b',').map(trim)
}

/// Reads the field lines from `pos` on, pushes those that are kept, and returns the offset after the empty line.
/// `base` is where the start line began: places are pushed relative to it.
pub(super) fn read(
    bytes: &[u8],
    base: usize,
    mut pos: usize,
    max_fields: usize,
    head: &mut Head,
    facts: &mut Facts,
) -> Result<usize, Stop> {
    let mut lines = 0;
    loop {
        let name_at = pos;
        match bytes.get(pos) {
            None => return Err(Stop::More),
            Some(b'\r' | b'\n') => return line_end(bytes, pos, Kind::BareCr),
            Some(b' ' | b'\t') => return Err(Stop::Bad(Kind::Fold, pos)),
            Some(_) => {}
        }
        if lines == max_fields {
            return Err(Stop::Bad(Kind::TooManyFields, pos));
        }
        lines += 1;
        let colon = token_end(bytes, name_at)?;
        match bytes[colon] {
            b':' if colon > name_at => {}
            b' ' | b'\t' => return Err(Stop::Bad(Kind::SpaceBeforeColon, colon)),
            _ => return Err(Stop::Bad(Kind::Name, colon)),
        }
        let mut from = colon + 1;
        while bytes.get(from).copied().is_some_and(is_blank) {
            from += 1;
        }
        let cr = text_end(bytes, from)?;
        let mut to = cr;
        while to > from && is_blank(bytes[to - 1]) {
            to -= 1;
        }
        if facts.see(&bytes[name_at..colon], bytes, from, to)? {
            head.push_field(Field { name: slice(base, name_at, colon), value: slice(base, from, to) });
        }
        pos = cr + 2;
    }
}
