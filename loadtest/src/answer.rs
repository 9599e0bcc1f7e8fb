//! Reads HTTP/1.1 answers from pieces of bytes: the head, the body by length, in chunks, or to the end.

use memchr::memmem;

/// How the body of an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    Length(u64),
    Chunked,
    ToEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    Body(u64),
    ChunkSize,
    Chunk(u64),
    ChunkEnd,
    Trailer,
    ToEnd,
}

/// The last head seen: most answers of a run are the same, byte by byte.
#[derive(Debug)]
pub struct Known {
    head: Vec<u8>,
    status: u16,
    frame: Frame,
    close: bool,
}

impl Default for Known {
    fn default() -> Self {
        Self { head: Vec::new(), status: 0, frame: Frame::Length(0), close: false }
    }
}

/// What one piece of bytes brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// All bytes are used and the answer is not complete.
    More,
    /// The answer is complete; so many bytes of the piece belonged to it. `close`: the server closes now.
    Done { used: usize, status: u16, close: bool },
    /// Not HTTP.
    Bad,
}

/// The state of one connection.
#[derive(Debug)]
pub struct Answer {
    state: State,
    status: u16,
    close: bool,
    partial: Vec<u8>,
}

impl Default for Answer {
    fn default() -> Self {
        Self { state: State::Head, status: 0, close: false, partial: Vec::new() }
    }
}

const LONGEST_HEAD: usize = 1 << 16;

impl Answer {
    /// Body bytes that may be thrown away unseen.
    pub fn discardable(&self) -> u64 {
        match self.state {
            State::Body(left) => left,
            State::ToEnd => u64::MAX,
            _ => 0,
        }
    }

    /// Bytes of the body were thrown away; tells whether the answer is complete, and its status.
    pub fn discarded(&mut self, n: u64) -> Option<(u16, bool)> {
        match self.state {
            State::Body(left) if left == n => {
                self.state = State::Head;
                Some((self.status, self.close))
            }
            State::Body(left) => {
                self.state = State::Body(left - n);
                None
            }
            _ => None,
        }
    }

    /// The connection has ended: the status, if that completes an answer.
    pub fn ended(&mut self) -> Option<u16> {
        let whole = self.state == State::ToEnd;
        self.state = State::Head;
        self.partial = Vec::new();
        whole.then_some(self.status)
    }

    pub fn feed(&mut self, data: &[u8], known: &mut Known) -> Step {
        let mut at = 0;
        loop {
            let rest = &data[at..];
            match self.state {
                State::Head => match self.head(rest, known) {
                    Some(Ok(used)) => at += used,
                    Some(Err(())) => return Step::Bad,
                    None => return Step::More,
                },
                State::Body(left) => {
                    let n = left.min(rest.len() as u64);
                    at += n as usize;
                    if n < left {
                        self.state = State::Body(left - n);
                        return Step::More;
                    }
                    return self.done(at);
                }
                State::ToEnd => return Step::More,
                State::Chunk(left) => {
                    let n = left.min(rest.len() as u64);
                    at += n as usize;
                    self.state = if n == left { State::ChunkEnd } else { State::Chunk(left - n) };
                    if n < left {
                        return Step::More;
                    }
                }
                State::ChunkSize | State::ChunkEnd | State::Trailer => {
                    let Some(end) = memchr::memchr(b'\n', rest) else {
                        self.partial.extend_from_slice(rest);
                        return if self.partial.len() > LONGEST_HEAD { Step::Bad } else { Step::More };
                    };
                    self.partial.extend_from_slice(&rest[..end]);
                    at += end + 1;
                    let line = std::mem::take(&mut self.partial);
                    let line = line.trim_ascii();
                    match self.state {
                        State::ChunkSize => {
                            let digits = line.split(|&b| b == b';').next().unwrap_or(line).trim_ascii();
                            let size = std::str::from_utf8(digits)
                                .ok()
                                .and_then(|t| u64::from_str_radix(t, 16).ok());
                            self.state = match size {
                                None => return Step::Bad,
                                Some(0) => State::Trailer,
                                Some(n) => State::Chunk(n),
                            };
                        }
                        State::ChunkEnd if line.is_empty() => self.state = State::ChunkSize,
                        State::ChunkEnd => return Step::Bad,
                        _ if line.is_empty() => return self.done(at),
                        _ => {}
                    }
                }
            }
        }
    }

    fn done(&mut self, used: usize) -> Step {
        self.state = State::Head;
        Step::Done { used, status: self.status, close: self.close }
    }

    fn head(&mut self, rest: &[u8], known: &mut Known) -> Option<Result<usize, ()>> {
        if self.partial.is_empty() && !known.head.is_empty() && rest.starts_with(&known.head) {
            self.take(known);
            return Some(Ok(known.head.len()));
        }
        let before = self.partial.len();
        let joined;
        let all = if before == 0 {
            rest
        } else {
            self.partial.extend_from_slice(rest);
            joined = std::mem::take(&mut self.partial);
            &joined
        };
        let Some(end) = memmem::find(all, b"\r\n\r\n") else {
            self.partial = all.to_vec();
            return (all.len() > LONGEST_HEAD).then_some(Err(()));
        };
        let head = &all[..end + 4];
        let Some((status, frame, close)) = parse(head) else { return Some(Err(())) };
        let used = end + 4 - before;
        if (100..200).contains(&status) {
            return Some(Ok(used));
        }
        *known = Known { head: head.to_vec(), status, frame, close };
        self.take(known);
        Some(Ok(used))
    }

    fn take(&mut self, known: &Known) {
        self.status = known.status;
        self.close = known.close;
        self.state = match known.frame {
            Frame::Length(n) => State::Body(n),
            Frame::Chunked => State::ChunkSize,
            Frame::ToEnd => State::ToEnd,
        };
    }
}

/// Status, end of the body, and whether the server closes.
fn parse(head: &[u8]) -> Option<(u16, Frame, bool)> {
    if !head.starts_with(b"HTTP/1.") || head.len() < 13 {
        return None;
    }
    let status: u16 = std::str::from_utf8(&head[9..12]).ok()?.parse().ok()?;
    let mut close = head[7] == b'0';
    let mut length = None;
    let mut chunked = false;
    for line in head.split(|&b| b == b'\n').skip(1) {
        let Some(colon) = memchr::memchr(b':', line) else { continue };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            length = Some(std::str::from_utf8(value).ok()?.parse().ok()?);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            chunked = value.eq_ignore_ascii_case(b"chunked");
        } else if name.eq_ignore_ascii_case(b"connection") {
            close =
                value.eq_ignore_ascii_case(b"close") || close && !value.eq_ignore_ascii_case(b"keep-alive");
        }
    }
    let frame = match (status, chunked, length) {
        (204 | 304 | 100..=199, _, _) => Frame::Length(0),
        (_, true, _) => Frame::Chunked,
        (_, _, Some(n)) => Frame::Length(n),
        _ => Frame::ToEnd,
    };
    Some((status, frame, close || frame == Frame::ToEnd))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds in pieces of `size` bytes and gives the statuses of the complete answers.
    fn read(bytes: &[u8], size: usize) -> Vec<u16> {
        let (mut answer, mut known, mut found) = (Answer::default(), Known::default(), Vec::new());
        for piece in bytes.chunks(size) {
            let mut at = 0;
            while at < piece.len() {
                match answer.feed(&piece[at..], &mut known) {
                    Step::More => break,
                    Step::Done { used, status, .. } => {
                        found.push(status);
                        at += used;
                    }
                    Step::Bad => panic!("bad at {:?}", String::from_utf8_lossy(&piece[at..])),
                }
            }
        }
        found.extend(answer.ended());
        found
    }

    #[test]
    fn answers_are_found_in_pieces_of_any_size() {
        let text = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello\
            HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello\
            HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\
            HTTP/1.1 404 No\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nX: y\r\n\r\n\
            HTTP/1.0 503 Busy\r\n\r\nto the end";
        for size in 1..=text.len() {
            assert_eq!(read(text, size), [200, 200, 204, 404, 503], "pieces of {size}");
        }
    }

    #[test]
    fn what_is_not_http_is_bad() {
        let mut known = Known::default();
        for text in
            ["SSH-2.0-x\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"]
        {
            assert_eq!(Answer::default().feed(text.as_bytes(), &mut known), Step::Bad, "{text}");
        }
    }

    #[test]
    fn bodies_may_be_thrown_away_unseen() {
        let (mut answer, mut known) = (Answer::default(), Known::default());
        assert_eq!(answer.feed(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc", &mut known), Step::More);
        assert_eq!(answer.discardable(), 97);
        assert_eq!(answer.discarded(90), None);
        assert_eq!(answer.discarded(7), Some((200, false)));
        assert_eq!(answer.discardable(), 0);
    }
}
