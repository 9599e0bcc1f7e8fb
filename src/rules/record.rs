//! Everything that a log line can say of one exchange (configuration manual, 8.2 to 8.5). It is made where a frontend writes
//! log lines, captures something or gives requests an id; everywhere else a connection's slot stays empty.
use super::Format;
use super::cx::Cx;
use crate::base::ids::{BackendId, ServerId};
use crate::base::time::Tick;
use crate::proto::http::Version;
use std::cell::RefCell;
use std::net::SocketAddr;

/// A time that was not reached.
pub const NOT_YET: Tick = Tick(u64::MAX);

/// `http-request set-log-level`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// As the end of the exchange says.
    #[default]
    Usual,
    /// 0 (emerg) to 7 (debug).
    Of(u8),
    Silent,
}

/// A line that a rule has written (`do-log`).
#[derive(Debug)]
pub struct Queued {
    /// Which set of log lines of the Plan.
    pub set: u32,
    pub level: u8,
    /// The wall clock in nanoseconds.
    pub now: i64,
    pub message: Vec<u8>,
    /// Structured data.
    pub data: Vec<u8>,
}

/// Texts in one piece of memory; each may be missing.
#[derive(Debug, Default)]
pub struct Texts {
    bytes: Vec<u8>,
    places: Vec<Place>,
}

/// Where a text lies, and the most that is kept of one.
#[derive(Clone, Copy, Debug)]
struct Place {
    len: u32,
    found: Option<(u32, u32)>,
}

impl Texts {
    /// Forgets all; from now on there are places for texts of these lengths at most.
    pub fn reset(&mut self, lens: impl Iterator<Item = usize>) {
        self.bytes.clear();
        self.places.clear();
        self.places.extend(lens.map(|len| Place { len: len as u32, found: None }));
    }

    /// Puts a text at a place.
    pub fn set(&mut self, place: usize, text: &[u8]) {
        if let Some(place) = self.places.get_mut(place) {
            let text = &text[..text.len().min(place.len as usize)];
            let from = self.bytes.len() as u32;
            self.bytes.extend_from_slice(text);
            place.found = Some((from, from + text.len() as u32));
        }
    }

    /// The text at a place.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<&[u8]> {
        let (from, to) = self.places.get(place)?.found?;
        Some(&self.bytes[from as usize..to as usize])
    }

    /// All places in order.
    pub fn iter(&self) -> impl Iterator<Item = Option<&[u8]>> {
        (0..self.places.len()).map(|i| self.get(i))
    }

    /// How many places there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is no place.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

/// One exchange: an HTTP request and its answer, or a TCP connection.
#[derive(Debug)]
pub struct Record {
    /// The wall clock's nanoseconds at tick 0.
    pub wall_at_zero: i64,
    /// When the connection was accepted, or the last answer had gone (`%t`).
    pub accepted: Tick,
    /// When headers before the connection's own bytes were there (`Th`); for later requests as `accepted`.
    pub greeted: Tick,
    /// The request's first byte (`Ti` ends); not reached in TCP mode.
    pub first_byte: Tick,
    /// Its head was whole (`TR` ends).
    pub head: Tick,
    /// A place on a server was had (`Tw` ends).
    pub placed: Tick,
    /// A connection to it was there (`Tc` ends).
    pub connected: Tick,
    /// The answer's head was there (`Tr` ends).
    pub answered: Tick,
    /// The end, or when the line is written.
    pub closed: Tick,
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// The status that the client saw; -1: none.
    pub status: i32,
    /// No request could be read.
    pub unread: bool,
    /// The two termination characters; none: the exchange goes on, or ended well.
    pub end: Option<[u8; 2]>,
    /// The two characters about the persistence cookie.
    pub cookie: [u8; 2],
    pub retries: u32,
    pub redispatched: bool,
    /// How many were before this request in the server's and in the backend's queue.
    pub server_queue: u32,
    pub backend_queue: u32,
    pub backend: Option<BackendId>,
    pub server: Option<ServerId>,
    /// What answers in place of a server (`<STATS>`).
    pub service: Option<&'static str>,
    /// Where the server is, and our end of the connection to it.
    pub server_addr: Option<SocketAddr>,
    pub source_addr: Option<SocketAddr>,
    /// The request line as it came; empty: there was none.
    pub line: Vec<u8>,
    /// `unique-id-format`, and the id once it was made.
    pub id_format: Option<std::sync::Arc<Format>>,
    pub unique_id: Option<Vec<u8>>,
    pub request_captures: Texts,
    pub response_captures: Texts,
    /// `capture cookie`: what the client and what the server sent, `NAME=value`; empty: nothing.
    pub client_cookie: Vec<u8>,
    pub server_cookie: Vec<u8>,
    /// The versions of the request and of its answer.
    pub version: Option<Version>,
    pub answer_version: Option<Version>,
    pub level: Level,
    /// The request's number in the process (`%rt`), and its line's in the frontend (`%lc`).
    pub number: u64,
    pub line_number: u64,
    /// The line was written before the end (`option logasap`): figures that grow have a `+`.
    pub early: bool,
    /// The line was written.
    pub written: bool,
    /// What `do-log` does here, and the lines that it has written.
    pub do_log: Option<std::sync::Arc<super::log_profile::DoLog>>,
    pub queued: Vec<Queued>,
}

impl Default for Record {
    fn default() -> Record {
        Record {
            wall_at_zero: 0,
            accepted: NOT_YET,
            greeted: NOT_YET,
            first_byte: NOT_YET,
            head: NOT_YET,
            placed: NOT_YET,
            connected: NOT_YET,
            answered: NOT_YET,
            closed: NOT_YET,
            bytes_in: 0,
            bytes_out: 0,
            status: 0,
            unread: false,
            end: None,
            cookie: *b"--",
            retries: 0,
            redispatched: false,
            server_queue: 0,
            backend_queue: 0,
            backend: None,
            server: None,
            service: None,
            server_addr: None,
            source_addr: None,
            line: Vec::new(),
            id_format: None,
            version: None,
            answer_version: None,
            unique_id: None,
            request_captures: Texts::default(),
            response_captures: Texts::default(),
            client_cookie: Vec::new(),
            server_cookie: Vec::new(),
            level: Level::Usual,
            number: 0,
            line_number: 0,
            early: false,
            written: false,
            do_log: None,
            queued: Vec::new(),
        }
    }
}

impl Record {
    /// Makes a used record one of a new exchange; it keeps its memory. Field by field: a record is hundreds of bytes large.
    pub fn begin(&mut self, accepted: Tick) {
        (self.accepted, self.greeted) = (accepted, accepted);
        self.first_byte = NOT_YET;
        self.head = NOT_YET;
        self.placed = NOT_YET;
        self.connected = NOT_YET;
        self.answered = NOT_YET;
        self.closed = NOT_YET;
        (self.bytes_in, self.bytes_out) = (0, 0);
        self.status = 0;
        self.unread = false;
        self.end = None;
        self.cookie = *b"--";
        (self.retries, self.redispatched) = (0, false);
        (self.server_queue, self.backend_queue) = (0, 0);
        (self.backend, self.server, self.service) = (None, None, None);
        (self.server_addr, self.source_addr) = (None, None);
        self.line.clear();
        (self.id_format, self.unique_id) = (None, None);
        self.client_cookie.clear();
        self.server_cookie.clear();
        (self.version, self.answer_version) = (None, None);
        self.level = Level::Usual;
        (self.early, self.written) = (false, false);
        self.do_log = None;
        self.queued.clear();
    }

    /// The wall clock at a tick, in nanoseconds since 1970.
    #[must_use]
    pub fn wall(&self, at: Tick) -> i64 {
        self.wall_at_zero.wrapping_add(at.0 as i64)
    }

    /// Milliseconds from the beginning to a tick; -1 where it was not reached. As in HAProxy each timer is the difference of
    /// two of these, so that the timers of a line add up.
    #[must_use]
    pub fn ms(&self, at: Tick) -> i64 {
        // In 64 bits, unlike `Duration::as_millis`.
        if at == NOT_YET { -1 } else { (at.0.saturating_sub(self.accepted.0) / 1_000_000) as i64 }
    }

    /// From one point to the next; -1 where the next one was not reached.
    #[must_use]
    pub fn between(&self, from: Tick, to: Tick) -> i64 {
        if to == NOT_YET { -1 } else { self.ms(to) - self.ms(from).max(0) }
    }

    /// From a point to the request's head; -1 in TCP mode, where there is none.
    #[must_use]
    pub fn to_head(&self, from: Tick) -> i64 {
        if self.first_byte == NOT_YET { -1 } else { self.between(from, self.head) }
    }

    /// What ended the exchange: the first cause counts.
    pub fn ends(&mut self, flags: [u8; 2]) {
        self.end.get_or_insert(flags);
    }

    /// The two termination characters.
    #[must_use]
    pub fn flags(&self) -> [u8; 2] {
        self.end.unwrap_or(*b"--")
    }
}

/// The present exchange of a connection, where anybody wants to know of it.
#[derive(Debug, Default)]
pub struct Slot(pub RefCell<Option<Box<Record>>>);

impl Slot {
    /// Changes the record, where there is one.
    #[inline]
    pub fn note(&self, change: impl FnOnce(&mut Record)) {
        if let Some(record) = self.0.borrow_mut().as_deref_mut() {
            change(record);
        }
    }

    /// Looks at the record, where there is one.
    #[inline]
    pub fn look<T>(&self, look: impl FnOnce(&Record) -> T) -> Option<T> {
        self.0.borrow().as_deref().map(look)
    }
}

impl Clone for Slot {
    /// A copy of what is known of a connection knows nothing of its exchanges.
    fn clone(&self) -> Slot {
        Slot::default()
    }
}

impl PartialEq for Slot {
    fn eq(&self, _: &Slot) -> bool {
        true
    }
}

impl Eq for Slot {}

/// The request's id, made when it is first asked for.
#[must_use]
pub fn unique_id(cx: &Cx<'_>) -> Option<Vec<u8>> {
    let format = match cx.conn.record.0.borrow().as_deref()? {
        Record { unique_id: Some(id), .. } => return Some(id.clone()),
        record => record.id_format.clone()?,
    };
    let mut id = Vec::new();
    format.write(cx, &mut id);
    cx.conn.record.note(|r| r.unique_id = Some(id.clone()));
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_add_up_and_tell_what_was_not_reached() {
        let mut record = Record::default();
        record.begin(Tick(1_900_000));
        record.head = Tick(3_000_000);
        record.placed = Tick(4_899_999);
        record.closed = Tick(9_900_000);
        let timers = (record.ms(record.head), record.between(record.head, record.placed));
        assert_eq!((timers, record.ms(record.closed)), ((1, 1), 8));
        assert_eq!((record.ms(record.answered), record.between(record.placed, record.connected)), (-1, -1));
    }

    #[test]
    fn texts_may_be_missing_and_their_memory_stays() {
        let mut texts = Texts::default();
        texts.reset([9, 3].into_iter());
        texts.set(1, b"one and more");
        texts.set(7, b"nowhere");
        assert_eq!(texts.iter().collect::<Vec<_>>(), [None, Some(&b"one"[..])]);
        texts.set(1, b"two");
        assert_eq!((texts.get(1), texts.get(9)), (Some(&b"two"[..]), None));
    }

    #[test]
    fn the_first_cause_counts() {
        let mut record = Record::default();
        assert_eq!(record.flags(), *b"--");
        record.ends(*b"SH");
        record.ends(*b"CD");
        assert_eq!(record.flags(), *b"SH");
    }
}
