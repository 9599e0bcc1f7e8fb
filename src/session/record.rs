//! What is written down of an exchange, and its log line at the end (configuration manual, 8). Without a log target, a capture
//! or an id in its frontend a request passes here without a trace.
use super::local::{LiveFacts, Local, View};
use super::outcome::Outcome;
use super::{Conn, Side, steps};
use crate::base::ids::{BackendId, ServerId};
use crate::base::service::Service;
use crate::base::time::Tick;
use crate::logs::Sender;
use crate::plan::logging::{Capture, CookieCapture, Lines, LogSetId, Recording};
use crate::plan::{Frontend, Mode, Plan};
use crate::proto::http::{Head, RequestHead, ResponseHead, Version};
use crate::rules::format::When;
use crate::rules::log_profile::Step;
use crate::rules::record::{self, Level, NOT_YET, Texts};
use crate::rules::{Cx, Format, Record, Wishes};
use crate::share::Shared;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// Records kept for reuse.
const KEEP: usize = 1_024;
/// Records whose texts grew larger than this are not kept.
const KEEP_BYTES: usize = 64 * 1_024;
/// How often the wall clock is compared with the monotonic one: steps of it are followed so fast.
const COMPARE: Duration = Duration::from_secs(1);
/// The level of usual lines, and of errors with `option log-separate-errors`.
pub(super) const INFO: u8 = 6;
const ERR: u8 = 3;

/// What one core needs for its log lines.
pub struct Logs {
    sender: RefCell<Sender>,
    // Boxed, because they go in and out with every request.
    #[allow(clippy::vec_box)]
    free: RefCell<Vec<Box<Record>>>,
    /// The wall clock at tick 0, and when it was last looked at.
    wall: Cell<(i64, Tick)>,
    message: RefCell<(Vec<u8>, Vec<u8>)>,
}

impl Logs {
    pub fn new(plan: &Plan, shared: &Arc<Shared>) -> Logs {
        Logs {
            sender: RefCell::new(Sender::new(plan, shared)),
            free: RefCell::default(),
            wall: Cell::new((0, NOT_YET)),
            message: RefCell::default(),
        }
    }

    /// The wall clock's nanoseconds at tick 0.
    fn wall_at_zero(&self, now: Tick) -> i64 {
        let (wall, seen) = self.wall.get();
        if seen != NOT_YET && now.since(seen) < COMPARE {
            return wall;
        }
        let nanos =
            std::time::SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as i64);
        let wall = nanos.wrapping_sub(now.0 as i64);
        self.wall.set((wall, now));
        wall
    }

    /// What sends the lines of this core.
    pub(super) fn sender(&self) -> std::cell::RefMut<'_, Sender> {
        self.sender.borrow_mut()
    }

    fn take(&self) -> Box<Record> {
        self.free.borrow_mut().pop().unwrap_or_default()
    }

    fn give(&self, record: Box<Record>) {
        let mut free = self.free.borrow_mut();
        if free.len() < KEEP && record.line.capacity() < KEEP_BYTES {
            free.push(record);
        }
    }
}

/// Lets a core send its lines at the end of each turn in which there are any.
pub fn send_at_turns_end(local: &Rc<Local>) {
    let weak = Rc::downgrade(local);
    local.core.at_turns_end(move || {
        if let Some(local) = weak.upgrade() {
            let dropped = local.logs.sender.borrow_mut().flush();
            if dropped > 0 {
                local.cells().process.dropped_logs.add(dropped);
            }
        }
    });
}

/// The number of a request or a connection: one counter of all cores, which is left alone where nobody asks for it.
#[inline]
pub(super) fn number(conn: &Conn, view: &View) -> u64 {
    if view.plan.numbers_requests { conn.local.shared.next_number() } else { 0 }
}

/// How many lines the frontend has written, where a format says so.
fn line_number(conn: &Conn, recording: &Recording) -> u64 {
    if !recording.numbered {
        return 0;
    }
    conn.local.shared.sum(|s| &s.frontends[conn.info.frontend.index()].logs)
}

fn begin(conn: &Conn, recording: &Recording, first_byte: Tick, number: u64) -> Box<Record> {
    let logs = &conn.local.logs;
    let mut record = logs.take();
    let (accepted, greeted) = match conn.requests.get() {
        // The first one begins with the connection.
        0 | 1 => (conn.info.accepted, conn.since.get()),
        _ => (conn.since.get(), conn.since.get()),
    };
    record.begin(accepted);
    record.greeted = greeted;
    record.first_byte = first_byte;
    record.wall_at_zero = logs.wall_at_zero(conn.local.core.now());
    record.number = number;
    record.line_number = line_number(conn, recording);
    record.request_captures.reset(recording.request_captures.iter().map(|c| c.len));
    record.response_captures.reset(recording.response_captures.iter().map(|c| c.len));
    record.id_format.clone_from(&recording.unique_id);
    record.do_log.clone_from(&recording.do_log);
    record
}

/// A request's head is there.
pub(super) fn request(
    conn: &Conn,
    view: &View,
    recording: &Recording,
    (number, first_byte): (u64, Tick),
    req: &RequestHead,
) {
    let mut record = begin(conn, recording, first_byte, number);
    record.bytes_in = req.size;
    record.head = conn.local.core.now();
    write_down(&mut record, recording, req);
    *conn.info.record.0.borrow_mut() = Some(record);
    if let Some(lines) = &recording.lines {
        if lines.steps.is_some() {
            steps::reached(conn, view, Step::Accept);
            steps::reached(conn, view, Step::Request);
        } else if lines.when == When::Begin {
            write(conn, view, recording, lines, Step::Request);
        }
    }
}

/// Writes down what a request is as it comes.
fn write_down(record: &mut Record, recording: &Recording, req: &RequestHead) {
    record.status = -1;
    record.version = Some(req.version);
    write_request_line(req, &mut record.line);
    record.line.truncate(recording.line_bytes);
    if !recording.request_captures.is_empty() {
        capture(&req.head, &recording.request_captures, &mut record.request_captures);
    }
    if let Some(cookie) = &recording.cookie {
        cookies(&req.head, b"cookie", cookie, &mut record.client_cookie);
    }
}

/// The record of a request that comes over no connection (`ringmain explain`).
#[must_use]
pub fn of_request(recording: &Recording, req: &RequestHead, at: Tick) -> Box<Record> {
    let mut record = Box::new(Record::default());
    record.begin(at);
    (record.first_byte, record.head) = (at, at);
    record.request_captures.reset(recording.request_captures.iter().map(|c| c.len));
    record.response_captures.reset(recording.response_captures.iter().map(|c| c.len));
    record.id_format.clone_from(&recording.unique_id);
    write_down(&mut record, recording, req);
    record
}

/// A TCP connection begins.
pub(super) fn connection(conn: &Conn, view: &View, recording: &Recording, number: u64) {
    let mut record = begin(conn, recording, NOT_YET, number);
    record.head = conn.since.get();
    *conn.info.record.0.borrow_mut() = Some(record);
    if let Some(lines) = &recording.lines {
        if lines.steps.is_some() {
            steps::reached(conn, view, Step::Accept);
        } else if lines.when == When::Begin {
            write(conn, view, recording, lines, Step::Accept);
        }
    }
}

/// No request could be read: a line of its own. `received`: the client had sent something.
pub(super) fn refused(conn: &Conn, view: &View, recording: &Recording, outcome: Outcome, received: bool) {
    let Some(lines) = recording.lines.as_ref().filter(|l| received || !l.skip_null) else { return };
    if lines.format.is_none() && lines.errors.is_none() && lines.profiled.is_empty() {
        // A line as each request begins is for requests.
        return;
    }
    // In HAProxy each format takes a number of its own where there is no request.
    let mut number_of_it = number(conn, view);
    if lines.structured.is_some() {
        number_of_it = number(conn, view);
    }
    let mut record = begin(conn, recording, conn.since.get(), number_of_it);
    record.first_byte = record.greeted;
    record.status = i32::from(outcome.status());
    record.unread = true;
    record.request_captures.reset(std::iter::empty());
    record.response_captures.reset(std::iter::empty());
    record.id_format = None;
    let flags = outcome.flags().as_bytes();
    record.end = Some([flags[0], flags[1]]);
    *conn.info.record.0.borrow_mut() = Some(record);
    let level = if lines.separate_errors { ERR } else { INFO };
    write_at(conn, view, recording, lines, level, Step::Error);
    give_back(conn);
}

fn write_request_line(req: &RequestHead, line: &mut Vec<u8>) {
    let version: &[u8] = match req.version {
        Version::Http10 => b" HTTP/1.0",
        Version::Http11 => b" HTTP/1.1",
    };
    line.extend_from_slice(req.method());
    line.push(b' ');
    line.extend_from_slice(req.uri());
    line.extend_from_slice(version);
}

fn capture(head: &Head, wanted: &[Capture], into: &mut Texts) {
    for (place, capture) in wanted.iter().enumerate().filter(|(_, c)| !c.name.is_empty()) {
        if let Some(value) = head.get_all(capture.name.as_bytes()).next_back() {
            into.set(place, value);
        }
    }
}

/// Keeps the first cookie whose text begins so.
fn cookies(head: &Head, field: &[u8], wanted: &CookieCapture, into: &mut Vec<u8>) {
    for value in head.get_all(field) {
        // Behind a server's cookie stand its attributes.
        let pieces = value.split(|b| *b == b';').take(if field == b"cookie" { usize::MAX } else { 1 });
        for piece in pieces.map(<[u8]>::trim_ascii) {
            if piece.starts_with(wanted.name.as_bytes()) {
                into.extend_from_slice(&piece[..piece.len().min(wanted.len)]);
                return;
            }
        }
    }
}

/// The rules have run: the request's id is made, of what the request is now, whoever may ask for it later. It goes to the
/// server, where the file says so.
pub(super) fn outgoing(conn: &Conn, view: &View, req: &mut RequestHead, body: &[u8]) {
    let recording = view.plan.frontend(conn.info.frontend).recording.as_deref();
    let Some(recording) = recording.filter(|r| r.unique_id.is_some()) else { return };
    let mut id = None;
    with_cx(conn, view, Some((req, body)), |cx| id = record::unique_id(cx));
    if let (Some(id), Some(name)) = (id, &recording.unique_id_header) {
        req.head.add(name, &id);
    }
}

/// An answer's head is there, before the rules.
pub(super) fn answer(conn: &Conn, view: &View, res: &ResponseHead) {
    let Some(recording) = recording_of(conn, view) else { return };
    conn.info.record.note(|r| {
        r.answered = conn.local.core.now();
        r.answer_version = Some(res.version);
        if let Some(cookie) = &recording.cookie {
            cookies(&res.head, b"set-cookie", cookie, &mut r.server_cookie);
        }
        if !recording.response_captures.is_empty() {
            capture(&res.head, &recording.response_captures, &mut r.response_captures);
        }
    });
}

/// The answer of this status goes to the client, its head `bytes` long: now lines are written that do not wait for the end.
pub(super) fn answering(conn: &Conn, view: &View, status: u16) {
    let Some(recording) = recording_of(conn, view) else { return };
    conn.info.record.note(|r| r.status = i32::from(status));
    steps::queued(conn, recording);
    if let Some(lines) = &recording.lines
        && lines.steps.is_some()
    {
        steps::reached(conn, view, Step::Response);
    } else if let Some(lines) = &recording.lines
        && lines.when <= When::Answer
    {
        conn.info.record.note(|r| {
            if r.closed == NOT_YET {
                r.closed = r.answered;
            }
        });
        write(conn, view, recording, lines, Step::Response);
    }
}

/// A TCP connection has its server.
pub(super) fn connected(conn: &Conn, view: &View) {
    let Some(recording) = recording_of(conn, view) else { return };
    if let Some(lines) = &recording.lines
        && lines.when <= When::Answer
    {
        conn.info.record.note(|r| r.closed = r.connected);
        write(conn, view, recording, lines, Step::Connect);
    }
}

pub(super) fn recording_of<'v>(conn: &Conn, view: &'v View) -> Option<&'v Recording> {
    let recording = view.plan.frontend(conn.info.frontend).recording.as_deref()?;
    conn.info.record.0.borrow().is_some().then_some(recording)
}

/// The process answers itself: as in HAProxy the service stands in a server's place, reached at once.
pub(super) fn served(conn: &Conn, service: Service) {
    conn.info.record.note(|r| {
        r.service = Some(match service {
            Service::Stats { .. } => "<STATS>",
            Service::Prometheus => "<PROMEX>",
        });
        let now = conn.local.core.now();
        (r.placed, r.connected, r.answered) = (now, now, now);
        r.ends(*b"LR");
    });
}

/// The client was kept waiting to the end, has left before, or an operator let it go (`PT`, `CT`, `KT`).
pub(super) fn tarpitted(conn: &Conn, stayed: bool) {
    conn.info.record.note(|r| {
        r.end = Some(match stayed {
            false => *b"CT",
            true if conn.is_killed() => *b"KT",
            true => *b"PT",
        });
        (r.head, r.placed) = (NOT_YET, conn.local.core.now());
    });
}

/// The rules have refused a connection.
pub(super) fn rejected(conn: &Conn, view: &View) {
    conn.info.record.note(|r| r.ends(*b"PR"));
    finish(conn, view);
}

/// The exchange has ended: its line is written, unless it was before.
pub(super) fn finish(conn: &Conn, view: &View) {
    let recording = recording_of(conn, view);
    if let Some(recording) = recording {
        steps::queued(conn, recording);
    }
    if let Some(recording) = recording
        && let Some(lines) = &recording.lines
        && lines.steps.is_none_or(|steps| steps.has(Step::Close))
        && (!lines.skip_null
            || conn.info.record.look(|r| r.line.is_empty() && r.bytes_in == 0) == Some(false))
    {
        write(conn, view, recording, lines, Step::Close);
    }
    give_back(conn);
}

fn give_back(conn: &Conn) {
    if let Some(record) = conn.info.record.0.borrow_mut().take() {
        conn.local.logs.give(record);
    }
    conn.since.set(conn.local.core.now());
}

/// What a line says that nobody has asked for: nothing is written where `dontlog-normal` or the rules forbid it.
fn write(conn: &Conn, view: &View, recording: &Recording, lines: &Lines, step: Step) {
    let http = view.plan.frontend(conn.info.frontend).mode == Mode::Http;
    let level = conn.info.record.look(|r| {
        if r.written || r.level == Level::Silent {
            return None;
        }
        let bad = is_bad(r, http);
        match r.level {
            _ if !bad && lines.skip_normal => None,
            Level::Of(level) => Some(level),
            _ if bad && lines.separate_errors => Some(ERR),
            _ => Some(INFO),
        }
    });
    if let Some(level) = level.flatten() {
        write_at(conn, view, recording, lines, level, step);
    }
    conn.info.record.note(|r| r.written = true);
}

/// What HAProxy counts as an error: not what the proxy did on purpose.
fn is_bad(record: &Record, http: bool) -> bool {
    let by_others = record.end.is_some_and(|[who, _]| who != b'L' && who != b'-');
    record.redispatched
        || by_others
        || (record.end.is_none() && record.retries > 0)
        || (http && record.status >= 500)
}

pub(super) fn write_at(
    conn: &Conn,
    view: &View,
    recording: &Recording,
    lines: &Lines,
    level: u8,
    step: Step,
) {
    let local = &conn.local;
    let now = local.core.now();
    let counter = &local.cells().frontends[conn.info.frontend.index()].logs;
    let line_number = line_number(conn, recording);
    let mut wall = 0;
    conn.info.record.note(|r| {
        if r.closed == NOT_YET {
            r.closed = now;
        }
        r.early = lines.early;
        r.line_number = line_number;
        wall = r.wall(now);
    });
    let own = lines.errors.as_ref().filter(|_| step == Step::Error).or(lines.format.as_ref());
    let structured = lines.structured.as_ref();
    let mut written = lines.plain && put(conn, view, (recording.set, level, wall), own, structured);
    for group in &lines.profiled {
        let formats = match &group.profile {
            Some(profile) => profile.formats(step, own, structured),
            None => Some((own, structured)),
        };
        if let Some((format, structured)) = formats {
            written |= put(conn, view, (LogSetId(group.set), level, wall), format, structured);
        }
    }
    if written {
        counter.inc();
        local.core.ask_turns_end();
    }
}

/// Gives a line to the targets of a set; false: it has nothing in it, and there is none.
#[inline(always)]
fn put(
    conn: &Conn,
    view: &View,
    (set, level, wall): (LogSetId, u8, i64),
    format: Option<&Format>,
    structured: Option<&Format>,
) -> bool {
    let logs = &conn.local.logs;
    let mut scratch = logs.message.borrow_mut();
    let (message, data) = &mut *scratch;
    message.clear();
    data.clear();
    with_cx(conn, view, None, |cx| {
        match format {
            Some(format) => format.write(cx, message),
            None => connect_from(conn, view.plan.frontend(conn.info.frontend), message),
        }
        if let Some(structured) = structured {
            // What could not be read has a number for each format: here it is the first of the two.
            let first = u64::from(conn.info.record.look(|r| r.unread) == Some(true));
            conn.info.record.note(|r| r.number = r.number.wrapping_sub(first));
            structured.write(cx, data);
            conn.info.record.note(|r| r.number = r.number.wrapping_add(first));
        }
    });
    if message.is_empty() {
        return false;
    }
    logs.sender.borrow_mut().line(set, level, wall, data, message);
    true
}

/// The line of old: `Connect from 10.0.1.2:33312 to 10.0.3.31:8012 (www/HTTP)`.
fn connect_from(conn: &Conn, frontend: &Frontend, out: &mut Vec<u8>) {
    use std::io::Write;
    let mode = if frontend.mode == Mode::Http { "HTTP" } else { "TCP" };
    // Writing to a vector cannot fail.
    let _ = match (conn.info.src, conn.info.dst) {
        (Some(src), Some(dst)) => write!(
            out,
            "Connect from {}:{} to {}:{} ({}/{mode})",
            src.ip().to_canonical(),
            src.port(),
            dst.ip().to_canonical(),
            dst.port(),
            frontend.name
        ),
        _ => write!(out, "Connect from unix:{} ({}/{mode})", conn.info.listener_id, frontend.name),
    };
}

/// The request, where it is still there, and what has come of its body.
type Request<'a> = (&'a mut RequestHead, &'a [u8]);

fn with_cx(conn: &Conn, view: &View, request: Option<Request<'_>>, f: impl FnOnce(&Cx<'_>)) {
    let (req, req_body) = request.map_or((None, &b""[..]), |(req, body)| (Some(req), body));
    let facts = LiveFacts { world: view, shared: &conn.local.shared };
    let (backend, server) = conn.info.record.look(|r| (r.backend, r.server)).unwrap_or((None, None));
    f(&Cx {
        conn: &conn.info,
        req,
        res: None,
        req_body,
        first_request: conn.requests.get() <= 1,
        backend,
        server,
        facts: &facts,
        wishes: Wishes::default(),
    });
}

impl Conn {
    /// Notes something in the record of the present exchange.
    #[inline]
    pub(super) fn note(&self, change: impl FnOnce(&mut Record)) {
        self.info.record.note(change);
    }

    /// The exchange ends so, unless something else ended it before.
    #[inline]
    pub(super) fn note_end(&self, outcome: Outcome) {
        self.info.record.note(|r| {
            let flags = outcome.flags().as_bytes();
            r.ends([flags[0], flags[1]]);
        });
    }

    /// Another server than the first is tried: the client's cookie no longer tells the truth.
    pub(super) fn note_redispatch(&self) {
        self.info.record.note(|r| {
            r.redispatched = true;
            if r.cookie[0] == b'V' {
                r.cookie[0] = b'D';
            }
        });
    }

    /// The server's connection was cut: by an operator, because the server went down, or because one that is no backup is
    /// up again. `state`: the second termination character.
    pub(super) fn note_cut(&self, server: ServerId, state: u8) {
        self.info.record.note(|r| {
            let world = self.local.view();
            let plan = world.plan.server(server);
            let who = match plan.watching.shutdown_sessions && !world.server(server).alive() {
                true => b'D',
                false
                    if plan.backup
                        && world
                            .plan
                            .servers_of(plan.backend)
                            .any(|(_, s)| s.watching.shutdown_backup_sessions) =>
                {
                    b'U'
                }
                false => b'K',
            };
            r.ends([who, state]);
        });
    }

    /// One side broke or fell silent; `data`: the answer had begun.
    #[inline]
    pub(super) fn note_broken(&self, side: Side, timeout: bool, data: bool) {
        self.info.record.note(|r| {
            let who = match (side, timeout) {
                (Side::Client, false) => b'C',
                (Side::Client, true) => b'c',
                (Side::Server, false) => b'S',
                (Side::Server, true) => b's',
                (Side::Proxy, _) => b'P',
            };
            r.ends([who, if data { b'D' } else { b'H' }]);
        });
    }

    /// A server was chosen; the time in its queue is over.
    #[inline]
    pub(super) fn note_server(&self, view: &View, server: ServerId, placed: Tick) {
        self.info.record.note(|r| {
            r.server = Some(server);
            r.placed = placed;
            let recording = view.plan.frontend(self.info.frontend).recording.as_ref();
            if recording.is_some_and(|r| r.addresses)
                && let crate::plan::ServerAddr::Inet(addr) = view.addr(server)
            {
                r.server_addr = Some(*addr);
            }
        });
    }

    /// The connection to the server is there.
    #[inline]
    pub(super) fn note_connected(&self, view: &View, stream: &crate::net::Stream, at: Tick) {
        self.info.record.note(|r| {
            r.connected = at;
            let recording = view.plan.frontend(self.info.frontend).recording.as_ref();
            if recording.is_some_and(|r| r.addresses) {
                r.source_addr = stream.local_addr();
            }
        });
        steps::reached(self, view, Step::Connect);
    }

    /// The backend was chosen.
    #[inline]
    pub(super) fn note_backend(&self, backend: BackendId) {
        self.info.record.note(|r| r.backend = Some(backend));
    }
}
