//! An HTTP/1.1 connection, read from top to bottom.
//!
//! Two tiers: [`serve`] is the small future that lies under an idle connection; [`exchange`], one request and its answer,
//! takes its memory from the core's free list at the first byte and gives it back at the end.
use super::answer;
use super::decide::{self, By, Decision, Scene};
use super::local::{Heads, LiveFacts, View};
use super::outcome::Outcome;
use super::passage::{Passage, Passed, Upload};
use super::persist;
use super::select::{Assigned, Wish, assign, may_redispatch};
use super::upstream;
use super::{Conn, aim, captured, drain, form, headers, line, record, service, steps, suspended, tarpit};
use crate::base::ids::{BackendId, ServerId};
use crate::base::limits::{BUFSIZE, MAX_HEADERS, MAXREWRITE};
use crate::base::time::Tick;
use crate::net::combine::Activity;
use crate::net::{Chunk, PoolBox, Stream};
use crate::plan::{ConnectionMode, Frontend, Plan, RetryOn, Reuse};
use crate::proto::h1::{self, BodyReader, Parsed};
use crate::proto::http::{Body, RequestHead, Version};
use crate::proto::size;
use crate::proto::text::FieldName;
use crate::rules::{NoTrace, Verdict, Wishes, errorpage};
use crate::share::sessions::Stage;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// What happens to the client's connection after an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It waits for the next request.
    Keep,
    /// It ends: the client has said that it sends no more, or is gone.
    Close,
    /// The rest of the request's body is read away first; then it waits for the next one, or ends.
    Drain { keep: bool },
    /// It ends by a reset, without a word (`silent-drop`).
    Drop,
    /// It ends, but bytes of the client may still be under way: they are read and dropped for a moment, so that the answer
    /// is not lost to a reset (RFC 9112, 9.6).
    Linger,
}

impl Next {
    /// Whether the client may send another request.
    pub(super) fn keeps(self) -> bool {
        matches!(self, Next::Keep | Next::Drain { keep: true })
    }

    /// Whether the end of the connection may go out with the answer.
    pub(super) fn ends_at_once(self) -> bool {
        !matches!(self, Next::Keep | Next::Drain { .. })
    }
}

/// How long a closing connection reads on.
const LINGER: Duration = Duration::from_secs(1);
/// How many bytes it reads.
const LINGER_BYTES: usize = 256 * 1_024;

/// Serves a connection of a frontend in HTTP mode.
pub async fn serve(conn: &Conn) {
    conn.local.cells().process.sess_tot.inc();
    conn.local.cells().frontends[conn.info.frontend.index()].sess_tot.inc();
    let next = loop {
        if conn.requests.get() == 0 {
            first_byte(conn).await;
        } else if !idle(conn).await {
            break Next::Close;
        }
        match PoolBox::with(|| exchange(conn)).await {
            Next::Keep => {}
            next => break next,
        }
    };
    if next == Next::Drop {
        return;
    }
    // Closing would stop what is still being sent.
    if conn.stream.is_sending() && !flush(conn).await {
        return;
    }
    if conn.local.view().plan.frontend(conn.info.frontend).manners.no_linger {
        // What waits for the end's packet goes out with it, before the reset.
        conn.stream.shutdown();
        return;
    }
    // Some clients go on sending behind the request they called the last one.
    if next == Next::Linger || (conn.requests.get() > 0 && conn.stream.has_unread()) {
        linger(conn).await;
    }
}

/// Waits until what is being sent to the client has gone out, `timeout client` at most; whether it has.
pub(super) async fn flush(conn: &Conn) -> bool {
    let core = &conn.local.core;
    let timeout = conn.local.view().plan.frontend(conn.info.frontend).timeouts.client;
    matches!(core.until(timeout.map(|t| core.now() + t), conn.stream.flush()).await, Ok(Ok(())))
}

/// Waits for a new connection's first byte, or until it is late: many connect long before they ask. Which of the two it was
/// is seen by who reads the request.
async fn first_byte(conn: &Conn) {
    let deadline = request_deadline(conn, conn.local.view().plan.frontend(conn.info.frontend));
    let _ = conn.local.core.until(deadline, conn.stream.readable()).await;
}

/// Until when a request that begins now must be there: `timeout http-request`, of the first one from the accept on.
fn request_deadline(conn: &Conn, frontend: &Frontend) -> Option<Tick> {
    let timeout = frontend.timeouts.http_request.or(frontend.timeouts.client)?;
    Some(if conn.requests.get() == 0 { conn.info.accepted } else { conn.local.core.now() } + timeout)
}

/// Waits for the next request's first byte; false when the connection is to be closed without a word.
async fn idle(conn: &Conn) -> bool {
    let local = &conn.local;
    if conn.stream.poll_readable() {
        return true;
    }
    loop {
        let deadline = {
            let view = local.view();
            let t = view.plan.frontend(conn.info.frontend).timeouts;
            t.http_keep_alive.or(t.http_request).or(t.client).map(|t| local.core.now() + t)
        };
        let readable = poll_fn(|_| {
            if conn.stream.poll_readable() {
                return Poll::Ready(true);
            }
            if local.stopping.get() { Poll::Ready(false) } else { Poll::Pending }
        });
        match local.core.until(deadline, readable).await {
            Ok(goes_on) => return goes_on,
            // The client is slow with the last answer, not with its next request.
            Err(_) if conn.stream.is_sending() && flush(conn).await => {}
            Err(_) => return false,
        }
    }
}

/// Ends the sending side and reads what still comes for a moment.
async fn linger(conn: &Conn) {
    conn.stream.shutdown();
    let deadline = Some(conn.local.core.now() + LINGER);
    let mut left = LINGER_BYTES;
    while let Ok(Ok(Some(chunk))) = conn.local.core.until(deadline, conn.stream.recv()).await {
        left = left.saturating_sub(chunk.len());
        if left == 0 {
            return;
        }
    }
}

/// One request and its answer.
async fn exchange(conn: &Conn) -> Next {
    let mut heads = conn.local.take_heads();
    let view = conn.local.view();
    let next = run(conn, &view, &mut heads).await;
    heads.live.end();
    if view.plan.frontend(conn.info.frontend).recording.is_some() {
        // Lists may have changed since the request came.
        record::finish(conn, &conn.local.view());
    }
    if let Next::Drain { keep } = next {
        return drained(conn, view, heads, keep).await;
    }
    // A client that would have kept the connection may have sent its next request already.
    let surprised = next == Next::Close && heads.req.keep_alive;
    conn.local.give_heads(heads);
    if surprised { Next::Linger } else { next }
}

/// Reads the rest of a body away behind its answer.
fn drained(
    conn: &Conn,
    view: Rc<View>,
    mut heads: Box<Heads>,
    keep: bool,
) -> PoolBox<impl Future<Output = Next> + use<'_>> {
    let reader = heads.unread.take();
    conn.local.give_heads(heads);
    let timeout = view.plan.frontend(conn.info.frontend).timeouts.client;
    PoolBox::new(async move {
        let Some(mut reader) = reader else { return Next::Linger };
        match drain::rest(conn, &mut reader, timeout).await {
            true if keep => Next::Keep,
            true => Next::Close,
            false => Next::Linger,
        }
    })
}

async fn run(conn: &Conn, view: &View, heads: &mut Heads) -> Next {
    let frontend = view.plan.frontend(conn.info.frontend);
    let fe = &conn.local.cells().frontends[conn.info.frontend.index()];
    heads.began = conn.local.core.now();
    let mut body = match read_request(conn, frontend, &mut heads.req).await {
        Ok(rest) => ClientBody::new(heads.req.body, rest),
        Err(unread) => return PoolBox::with(|| refuse(conn, view, frontend, unread)).await,
    };
    fe.req_tot.inc();
    conn.local.cells().process.req_tot.inc();
    heads.live.begin(conn, heads.began);
    conn.info.redirected.forget_request();
    conn.info.vars.begin_request();
    let size = heads.req.size;
    conn.count_received(size);
    let number = record::number(conn, view);
    if let Some(recording) = &frontend.recording {
        record::request(conn, view, recording, (number, heads.began), &heads.req);
    }
    let keep = heads.req.keep_alive
        && frontend.connection_mode != ConnectionMode::Close
        && !view.frontend(conn.info.frontend).stopped;
    let wishes = Cell::default();
    let (decision, over, at) = {
        let facts = LiveFacts { world: view, shared: &conn.local.shared };
        let scene = Scene {
            first_request: conn.requests.get() <= 1,
            plan: &view.plan,
            conn: &conn.info,
            facts: &facts,
            persistence: Cell::default(),
            wishes: &wishes,
            resume: Cell::default(),
        };
        let decision = decide::request(&scene, &mut heads.req, body.first(), &mut NoTrace);
        (decision, scene.persistence.get(), scene.resume.get())
    };
    let (decision, over) = match at {
        None => (decision, over),
        Some(_) => {
            let (req, first) = (&mut heads.req, body.first());
            PoolBox::new(suspended::resumed(conn, view, req, first, &wishes, (decision, over, at))).await
        }
    };
    if let Some(recording) = &frontend.recording {
        steps::queued(conn, recording);
    }
    let head = heads.req.received_method() == b"HEAD";
    let mut reply = Reply {
        conn,
        view,
        head,
        version: heads.req.version,
        keep,
        backend: None,
        wishes: wishes.get(),
        server: None,
        taken: size,
    };
    if reply.wishes.failed_rewrites > 0 {
        count_failed(conn, &decision, reply.wishes);
    }
    let half = match &decision {
        Decision::Forward(id) | Decision::Ended { by: By::Backend(id), .. } => Some(*id),
        _ => frontend.own_backend,
    };
    if let Some(id) = half {
        conn.local.cells().backends[id.index()].bytes_in.add(size);
    }
    let next = match decision {
        Decision::Monitor { ok } => {
            fe.intercepted.inc();
            conn.note(|r| r.written = true);
            if ok {
                let page = frontend.error_pages.get(200);
                reply.stored(page.map_or(answer::MONITOR_OK, |page| page), 200, &mut body).await
            } else {
                reply.error(Outcome::Answered { status: 503, denied: false }, &mut body).await
            }
        }
        Decision::NoBackend => {
            conn.note(|r| r.head = crate::rules::record::NOT_YET);
            reply.error(Outcome::NoServer, &mut body).await
        }
        Decision::Ended { verdict, by } => {
            if let By::Backend(id) = by {
                reply.backend = Some(id);
                conn.note_backend(id);
                heads.live.backend(id);
            }
            ended(&mut reply, verdict, heads, &mut body).await
        }
        Decision::Forward(backend) => {
            reply.backend = Some(backend);
            conn.note_backend(backend);
            heads.live.backend(backend);
            let be = &conn.local.cells().backends[backend.index()];
            be.req_tot.inc();
            be.sess_tot.inc();
            be.sess_cur.add(1);
            persist::begin(conn, view, backend, over, Some(&mut heads.req), body.first());
            let next = forward(&mut reply, backend, heads, &mut body).await;
            be.sess_cur.add(-1);
            next
        }
    };
    if matches!(next, Next::Drain { .. }) {
        heads.unread = Some(body.reader);
    }
    next
}

/// Counts what rules could not do to a request, for who had them.
#[cold]
fn count_failed(conn: &Conn, decision: &Decision, wishes: Wishes) {
    let backend = match decision {
        Decision::Forward(id) | Decision::Ended { by: By::Backend(id), .. } => Some(*id),
        _ => None,
    };
    let failed = matches!(decision, Decision::Ended { verdict: Verdict::Fail, .. });
    conn.count_failed_rewrites((backend.filter(|_| failed), None), wishes.failed_rewrites, failed);
}

/// Puts the server's name into a request (`http-send-name-header`).
#[cold]
fn put_name(req: &mut RequestHead, name: &FieldName, server: &[u8]) {
    // A name that is no host is none of the request's either.
    if name.as_bytes() != b"host" || req.set_host(server).is_err() {
        req.head.set(name, server);
    }
}

/// Answers what a rule has ended. Apart from the request's own way: it is not to lie under every request.
fn ended<'a, 'b>(
    reply: &'a mut Reply<'b>,
    verdict: Verdict,
    heads: &'a mut Heads,
    body: &'a mut ClientBody,
) -> PoolBox<impl Future<Output = Next> + use<'a, 'b>> {
    PoolBox::new(async move {
        // It is a session of the backend whose rule it was.
        let conn = reply.conn;
        let backend = reply.backend.map(|id| &conn.local.cells().backends[id.index()]);
        if let Some(be) = backend {
            be.req_tot.inc();
            be.sess_tot.inc();
            be.sess_cur.add(1);
        }
        let next = answer_ended(reply, verdict, heads, body).await;
        if let Some(be) = backend {
            be.sess_cur.add(-1);
        }
        next
    })
}

async fn answer_ended(
    reply: &mut Reply<'_>,
    verdict: Verdict,
    heads: &mut Heads,
    body: &mut ClientBody,
) -> Next {
    if let Verdict::Serve(service) = verdict {
        record::served(reply.conn, service);
        return service::serve(reply, service, heads, body).await;
    }
    if reply.wishes.tarpit {
        let stayed = tarpit::wait(reply.conn, reply.view, reply.backend, body).await;
        record::tarpitted(reply.conn, stayed);
        if !stayed {
            reply.conn.count_unanswered(reply.backend);
            return Next::Close;
        }
    }
    reply.verdict(verdict, body).await
}

/// Why no request could be read.
enum Unread {
    /// The client closed before a byte of it, or the connection was left by us: no answer.
    Nothing,
    /// The client broke the connection; whether anything of a request was there.
    Reset(bool),
    /// Whether anything of it was there.
    Outcome(Outcome, bool),
}

/// Reads one request's head; gives what came behind it.
async fn read_request(
    conn: &Conn,
    frontend: &Frontend,
    req: &mut RequestHead,
) -> Result<Option<Chunk>, Unread> {
    let core = &conn.local.core;
    let limits = head_limits(&conn.local.view().plan);
    let timeout = frontend.timeouts.http_request.or(frontend.timeouts.client);
    let mut deadline = request_deadline(conn, frontend);
    let (mut have, mut seen): (Option<Chunk>, usize) = (None, 0);
    loop {
        let chunk = match core.until(deadline, conn.stream.recv()).await {
            Ok(Ok(Some(chunk))) => chunk,
            // Nothing at all is no error on a connection that has served, or where probes are expected.
            Ok(Ok(None)) if have.is_none() && (frontend.ignore_probes || conn.requests.get() > 0) => {
                return Err(Unread::Nothing);
            }
            Ok(Ok(None)) => return Err(Unread::Outcome(Outcome::ClientGoneInHead, have.is_some())),
            Ok(Err(_)) if have.is_none() && conn.requests.get() > 0 => return Err(Unread::Nothing),
            Ok(Err(_)) => return Err(Unread::Reset(have.is_some())),
            Err(_) if have.is_none() && (frontend.ignore_probes || conn.requests.get() > 0) => {
                return Err(Unread::Nothing);
            }
            Err(_) => return Err(Unread::Outcome(Outcome::RequestTimeout, have.is_some())),
        };
        let mut chunk = match have.take() {
            None => chunk,
            Some(mut first) => {
                join_chunks(&conn.stream, &mut first, chunk);
                first
            }
        };
        if !h1::worth_parsing(&chunk, seen, &limits) {
            seen = chunk.len();
            have = Some(chunk);
            continue;
        }
        seen = chunk.len();
        match h1::parse_request(&chunk, &limits, req) {
            Ok(Parsed::Complete { consumed }) => {
                conn.requests.set(conn.requests.get() + 1);
                chunk.advance(consumed);
                return Ok((!chunk.is_empty()).then_some(chunk));
            }
            Ok(Parsed::Partial) => {
                // `timeout client` is an inactivity timeout, `timeout http-request` is not.
                if frontend.timeouts.http_request.is_none() {
                    deadline = timeout.map(|t| core.now() + t);
                }
                have = Some(chunk);
            }
            Err(e) => {
                captured::request(conn, &chunk, &e);
                return Err(Unread::Outcome(Outcome::BadRequest { status: e.status() }, true));
            }
        }
    }
}

/// Puts `second` behind `first`; what finds no room goes back to the stream.
pub(super) fn join_chunks(stream: &Stream, first: &mut Chunk, mut second: Chunk) {
    first.compact();
    let taken = first.append(&second);
    if taken < second.len() {
        second.advance(taken);
        stream.unread(second);
    }
}

/// How large a head may be (`tune.bufsize`, `tune.maxrewrite`, `tune.http.maxhdr`). A head lies in one receive buffer.
pub(super) fn head_limits(plan: &Plan) -> h1::Limits {
    let g = &plan.global;
    let size = g.bufsize.map_or(BUFSIZE, |b| b as usize);
    let rewrite = g.maxrewrite.map_or(MAXREWRITE, |r| r as usize).min(size / 2);
    h1::Limits {
        max_head: size - rewrite,
        max_headers: g.max_headers.map_or(MAX_HEADERS, |n| n as usize).saturating_sub(1),
    }
}

/// Answers a request that could not be read, as HAProxy's connection layer does: the stored page as it is.
async fn refuse(conn: &Conn, view: &View, frontend: &Frontend, unread: Unread) -> Next {
    let (outcome, received, answers) = match unread {
        Unread::Nothing => return Next::Close,
        Unread::Reset(received) => (Outcome::ClientGoneInHead, received, false),
        Unread::Outcome(outcome, received) => (outcome, received, true),
    };
    if let Some(recording) = &frontend.recording {
        record::refused(conn, view, recording, outcome, received);
    }
    if !answers {
        return Next::Close;
    }
    let fe = &conn.local.cells().frontends[conn.info.frontend.index()];
    fe.req_tot.inc();
    conn.count_invalid();
    conn.count_status(outcome.status(), None);
    // As in HAProxy only an empty `errorfile` counts here: it silences the answer.
    if frontend.error_pages.get(outcome.status()).is_some_and(|page| page.is_empty()) {
        return Next::Linger;
    }
    let mut out = conn.local.core.take_vec();
    out.extend_from_slice(errorpage::default_page(outcome.status()));
    let deadline = frontend.timeouts.client.map(|t| conn.local.core.now() + t);
    match conn.local.core.until(deadline, conn.stream.send_soon(out)).await {
        Ok(Ok(())) => Next::Linger,
        _ => Next::Close,
    }
}

/// The request's body: how it is framed, and what has arrived of it already.
pub(super) struct ClientBody {
    pub(super) reader: BodyReader,
    pub(super) rest: Option<Chunk>,
    pub(super) done: bool,
    /// It is no body: where it ends cannot be told.
    pub(super) lost: bool,
    /// What was read and is not counted yet, in HAProxy's bytes.
    taken: u64,
}

impl ClientBody {
    pub(super) fn new(body: Body, rest: Option<Chunk>) -> ClientBody {
        let none = matches!(body, Body::None | Body::Length(0));
        ClientBody { reader: BodyReader::new(body), rest, done: none, lost: false, taken: 0 }
    }

    /// The bytes that are here.
    fn first(&self) -> &[u8] {
        if self.done { b"" } else { self.rest.as_deref().unwrap_or(b"") }
    }

    /// Drops what is here of a body that nobody wants; what follows it is the next request's. False when more of it is
    /// still to come.
    fn skip_first(&mut self, conn: &Conn) -> bool {
        if let Some(mut chunk) = self.rest.take() {
            if !self.done {
                let Ok(walk) = self.reader.walk(&mut chunk) else {
                    self.lost = true;
                    return false;
                };
                chunk.advance(walk.consumed);
                self.taken += walk.size();
                self.done = walk.done;
            }
            if !chunk.is_empty() {
                conn.stream.unread(chunk);
            }
        }
        self.done
    }

    /// Moves what is here and belongs to the body behind the head in `out`; the rest is the next request's.
    pub(super) fn take_first(&mut self, conn: &Conn, out: &mut Vec<u8>) -> Result<(), Outcome> {
        let Some(mut chunk) = self.rest.take() else { return Ok(()) };
        if !self.done {
            let walk = self.reader.walk(&mut chunk).map_err(|error| {
                self.lost = true;
                captured::body(conn, None, &chunk, error);
                conn.count_invalid();
                Outcome::BadRequest { status: 400 }
            })?;
            out.extend_from_slice(&chunk[..walk.out_len]);
            chunk.advance(walk.consumed);
            self.taken += walk.size();
            self.done = walk.done;
        }
        if !chunk.is_empty() {
            conn.stream.unread(chunk);
        }
        Ok(())
    }
}

/// Answers of our own for one request. Their futures are boxed: they are no part of a request that is passed on.
pub(super) struct Reply<'a> {
    pub(super) conn: &'a Conn,
    pub(super) view: &'a View,
    pub(super) head: bool,
    pub(super) version: Version,
    pub(super) keep: bool,
    pub(super) backend: Option<BackendId>,
    pub(super) wishes: Wishes,
    /// The server that was chosen: bytes are counted for it, whoever sends them.
    server: Option<ServerId>,
    /// What came of the request and is not counted for a server yet.
    taken: u64,
}

impl<'v> Reply<'v> {
    fn verdict(&mut self, verdict: Verdict, body: &mut ClientBody) -> PoolBox<impl Future<Output = Next>> {
        PoolBox::new(async move {
            match verdict {
                Verdict::Deny { status } => {
                    self.conn.count_denied(self.backend);
                    self.error(Outcome::Answered { status, denied: true }, body).await
                }
                Verdict::Answer { status, bytes, close } => {
                    self.conn.note_end(Outcome::Answered { status, denied: false });
                    self.intercepts();
                    self.keep &= !close;
                    self.stored(&bytes, status, body).await
                }
                Verdict::Drop => {
                    // As HAProxy: as if the request had never been there.
                    self.conn.note(|r| (r.end, r.head) = (Some(*b"PR"), crate::rules::record::NOT_YET));
                    self.conn.count_denied(self.backend);
                    self.conn.count_unanswered(self.backend);
                    self.conn.stream.reset_on_close();
                    Next::Drop
                }
                Verdict::Fail => self.error(Outcome::RewriteFailed, body).await,
                Verdict::Page { status } => {
                    self.intercepts();
                    self.error(Outcome::Answered { status, denied: false }, body).await
                }
                Verdict::Continue | Verdict::Allow | Verdict::Serve(_) | Verdict::Wait(_) => {
                    unreachable!("these do not end a request, or elsewhere")
                }
            }
        })
    }

    /// Counts an answer that a rule of the frontend gives in a server's place.
    fn intercepts(&self) {
        if self.backend.is_none() {
            self.conn.local.cells().frontends[self.conn.info.frontend.index()].intercepted.inc();
        }
    }

    /// The error page of a status: the backend's, else the frontend's, else our own.
    pub(super) fn page(&self, status: u16) -> &'v [u8] {
        let plan = &self.view.plan;
        let pages = [
            self.backend.map(|b| &plan.backend(b).error_pages),
            Some(&plan.frontend(self.conn.info.frontend).error_pages),
        ];
        answer::raw_page(pages, status)
    }

    /// Sends the error page of an outcome.
    pub(super) fn error(
        &mut self,
        outcome: Outcome,
        body: &mut ClientBody,
    ) -> PoolBox<impl Future<Output = Next>> {
        PoolBox::new(async move {
            self.conn.note_end(outcome);
            self.stored(self.page(outcome.status()), outcome.status(), body).await
        })
    }

    /// Sends a stored answer with the right `connection` word.
    pub(super) fn stored(
        &mut self,
        raw: &[u8],
        status: u16,
        body: &mut ClientBody,
    ) -> PoolBox<impl Future<Output = Next>> {
        PoolBox::new(async move {
            if raw.is_empty() {
                return Next::Close;
            }
            self.keep &= !errorpage::says_close(raw);
            let next = self.behind(body);
            let old = self.version == Version::Http10 || raw.starts_with(b"HTTP/1.0");
            let connection = if next.keeps() { old.then_some("keep-alive") } else { Some("close") };
            let mut out = self.conn.local.core.take_vec();
            answer::write(raw, connection, self.head, &mut out);
            self.count(status, size::of_stored(&out, self.head));
            if self.send(out, next.ends_at_once()).await { next } else { Next::Close }
        })
    }

    /// What becomes of the connection behind an answer of our own, and of what is still to come of the request's body.
    pub(super) fn behind(&mut self, body: &mut ClientBody) -> Next {
        let whole = body.skip_first(self.conn);
        self.take(body);
        match whole {
            true if self.keep => Next::Keep,
            true => Next::Close,
            false if !body.lost && drain::is_worth_it(&body.reader) => Next::Drain { keep: self.keep },
            // What follows cannot be told from a request.
            false => Next::Linger,
        }
    }

    /// Counts what was read of the request's body.
    #[inline]
    pub(super) fn take(&mut self, body: &mut ClientBody) {
        let taken = std::mem::take(&mut body.taken);
        if taken > 0 {
            let cells = self.conn.local.cells();
            self.conn.count_received(taken);
            if let Some(id) = self.half() {
                cells.backends[id.index()].bytes_in.add(taken);
            }
            self.conn.note(|r| r.bytes_in += taken);
            self.taken += taken;
        }
    }

    /// The backend for which bytes are counted: before one is chosen that of a `listen` section.
    fn half(&self) -> Option<BackendId> {
        self.backend.or(self.view.plan.frontend(self.conn.info.frontend).own_backend)
    }

    pub(super) fn count(&self, status: u16, bytes: u64) {
        self.conn.count_status(status, self.backend);
        self.count_bytes(bytes);
        self.conn.note(|r| r.status = i32::from(status));
    }

    /// Counts more bytes of an answer.
    pub(super) fn count_bytes(&self, bytes: u64) {
        let cells = self.conn.local.cells();
        cells.frontends[self.conn.info.frontend.index()].bytes_out.add(bytes);
        self.conn.on_listener(|l| l.bytes_out.add(bytes));
        if let Some(id) = self.half() {
            cells.backends[id.index()].bytes_out.add(bytes);
        }
        if let Some(id) = self.server {
            cells.servers[id.index()].bytes_out.add(bytes);
        }
        self.conn.passes_out(bytes as usize);
        self.conn.note(|r| r.bytes_out += bytes);
    }

    /// Sends an answer; `last`: the end of the connection follows at once and goes in the same packet.
    pub(super) async fn send(&self, out: Vec<u8>, last: bool) -> bool {
        let core = &self.conn.local.core;
        let timeout = self.view.plan.frontend(self.conn.info.frontend).timeouts.client;
        matches!(
            core.until(timeout.map(|t| core.now() + t), self.conn.stream.send_part(out, last)).await,
            Ok(Ok(()))
        )
    }
}

/// Forwards a request to a server of `backend` and its answer to the client.
async fn forward(
    reply: &mut Reply<'_>,
    backend: BackendId,
    heads: &mut Heads,
    body: &mut ClientBody,
) -> Next {
    let (conn, view) = (reply.conn, reply.view);
    let plan = view.plan.backend(backend);
    let frontend = view.plan.frontend(conn.info.frontend);
    aim::by_rules(conn, view, backend, Some(&mut heads.req), body.first());
    conn.info.vars.begin_answer();
    if let Some(forwarded) = &plan.forwarded {
        let facts = LiveFacts { world: view, shared: &conn.local.shared };
        let first = conn.requests.get() <= 1;
        super::forwarded::add(forwarded, &conn.info, &facts, backend, first, &mut heads.req);
    }
    let server_keep = decide::outgoing(frontend, plan, &mut heads.req, &conn.info);
    if frontend.recording.is_some() {
        record::outgoing(conn, view, &mut heads.req, body.first());
    }
    let mut first_bytes = conn.local.core.take_vec();
    if let Err(outcome) = body.take_first(conn, &mut first_bytes) {
        return reply.error(outcome, body).await;
    }
    reply.take(body);
    if form::is_asked(plan, &heads.req) {
        return PoolBox::with(|| forward_form(reply, backend, heads, body, first_bytes, server_keep)).await;
    }
    aim::by_key(conn, view, backend, Some(&mut heads.req), &first_bytes);
    let next = attempts(reply, backend, heads, body, &first_bytes, server_keep).await;
    conn.local.core.give_back(first_bytes.into());
    next
}

/// The same for a form whose body says where it goes.
async fn forward_form(
    reply: &mut Reply<'_>,
    backend: BackendId,
    heads: &mut Heads,
    body: &mut ClientBody,
    mut first_bytes: Vec<u8>,
    server_keep: bool,
) -> Next {
    let (conn, view) = (reply.conn, reply.view);
    if let Err(outcome) = form::wait(conn, view, body, &mut first_bytes).await {
        return reply.error(outcome, body).await;
    }
    reply.take(body);
    aim::by_key(conn, view, backend, Some(&mut heads.req), &first_bytes);
    let next = attempts(reply, backend, heads, body, &first_bytes, server_keep).await;
    conn.local.core.give_back(first_bytes.into());
    next
}

/// Sends the request over one connection after the other until an answer came or none can.
async fn attempts(
    reply: &mut Reply<'_>,
    backend: BackendId,
    heads: &mut Heads,
    body: &mut ClientBody,
    first_bytes: &[u8],
    server_keep: bool,
) -> Next {
    let (conn, view) = (reply.conn, reply.view);
    let plan = view.plan.backend(backend);
    let frontend = view.plan.frontend(conn.info.frontend);
    // Sent again only where nothing of the body is gone and the method allows it (RFC 9110, 9.2.2).
    let repeatable = body.done && headers::is_idempotent(heads.req.method());
    if view.notes_request(backend) {
        line::note_request(conn, view, backend, Some(&mut heads.req));
    }
    let may_again = body.done && plan.retry_on.after_sending() && !reply.wishes.no_l7_retry;
    let mut tries_left = plan.retries;
    let mut wish = Wish::first(plan.reuse, reply.wishes);
    wish.redirect = matches!(heads.req.method(), b"GET" | b"HEAD") && path_is_absolute(&heads.req);
    loop {
        let assigned = match assign(conn, view, backend, wish, &mut tries_left).await {
            Ok(assigned) => assigned,
            Err(Outcome::ServerRedirect(server)) => {
                let bytes = line::redirection(view.plan.server(server), &heads.req);
                return reply.verdict(Verdict::Answer { status: 302, bytes, close: true }, body).await;
            }
            Err(outcome) => {
                if outcome.status() == 0 {
                    conn.note_end(outcome);
                    conn.count_unanswered(Some(backend));
                    return Next::Close;
                }
                return reply.error(outcome, body).await;
            }
        };
        conn.last_server.set(Some(assigned.place.server));
        reply.server = Some(assigned.place.server);
        if let Some(name) = &plan.send_name_header {
            let server = view.plan.server(assigned.place.server);
            put_name(&mut heads.req, name, server.name.as_bytes());
        }
        let mut out = conn.local.core.take_vec();
        h1::write_request(&heads.req, &mut out);
        out.extend_from_slice(first_bytes);
        heads.live.connected(assigned.place.server, &assigned.upstream.stream, Stage::Answer);
        heads.live.passed_in(out.len());
        let server_cells = &conn.local.cells().servers[assigned.place.server.index()];
        // The first of several counts it.
        server_cells.bytes_in.add(std::mem::take(&mut reply.taken));
        let mut passage = Passage {
            conn,
            view,
            backend,
            assigned: &assigned,
            retry_on: if may_again && tries_left > 0 { plan.retry_on } else { RetryOn::NONE },
            server_side: Activity::new(conn.local.core.now(), plan.timeouts.server),
            answering: Cell::new(false),
            answered: Cell::new(None),
            client_timeout: frontend.timeouts.client,
            server_timeout: plan.timeouts.server,
            request_left: Cell::new(!body.done),
            deaf: Cell::new(false),
            upload: Cell::new(match () {
                () if body.done => Upload::None,
                () if heads.req.expect_continue => Upload::ByLeave,
                () => Upload::Passing,
            }),
        };
        let passed = passage.run(reply, heads, body, out, server_keep).await;
        assigned.note_times(conn, passage.answered.get());
        match passed {
            // Cut by an operator: not to be tried again.
            Passed::Repeat if assigned.upstream.stream.is_cut() => {
                conn.note_cut(assigned.place.server, b'H');
                return passage.server_gone(reply, body).await;
            }
            Passed::Repeat if repeatable && assigned.reused => wish.fresh = true,
            Passed::Repeat if !passage.retry_on.empty_response => {
                return passage.server_gone(reply, body).await;
            }
            Passed::Repeat | Passed::Again => {
                tries_left -= 1;
                wish = send_again(conn, view, backend, wish, assigned, plan.retries - tries_left);
            }
            Passed::Failed(outcome) => {
                // For a body that does not come there is no other request behind it.
                reply.keep &= body.done || outcome != Outcome::ServerTimeout;
                return reply.error(outcome, body).await;
            }
            Passed::Answered(answer) => return reply.stored(&answer.1, answer.0, body).await,
            Passed::Ended(next) => return next,
            Passed::Finished { next, reusable } => {
                if reusable {
                    put_back(conn, view, plan.reuse, assigned);
                }
                return next;
            }
        }
    }
}

/// Whether the path begins with a slash: most targets do, and then nobody has to look where the path ends.
fn path_is_absolute(req: &RequestHead) -> bool {
    req.uri().starts_with(b"/") || req.path().starts_with(b"/")
}

/// What is wished after an attempt that `retry-on` allows to be made again: attempt `n` goes to another server where
/// `option redispatch` says so, else to the same one. Its connection is given up.
fn send_again(conn: &Conn, view: &View, backend: BackendId, wish: Wish, assigned: Assigned, n: u32) -> Wish {
    let server = assigned.place.server;
    let cells = conn.local.cells();
    let (server_cells, backend_cells) = (&cells.servers[server.index()], &cells.backends[backend.index()]);
    server_cells.retries.inc();
    backend_cells.retries.inc();
    conn.note(|r| r.retries += 1);
    conn.tries_again();
    if !may_redispatch(conn, view, backend, n) {
        // HAProxy counts it a second time when it finds the server assigned.
        server_cells.retries.inc();
        backend_cells.retries.inc();
        return Wish { fresh: true, again: Some(server), avoid: None, ..wish };
    }
    server_cells.redispatches.inc();
    backend_cells.redispatches.inc();
    conn.note_redispatch();
    persist::forget(conn);
    Wish { fresh: true, again: None, avoid: Some(server), ..wish }
}

pub(super) fn count_in(conn: &Conn, backend: BackendId, server: ServerId, n: u64) {
    let cells = conn.local.cells();
    conn.count_received(n);
    cells.backends[backend.index()].bytes_in.add(n);
    cells.servers[server.index()].bytes_in.add(n);
    conn.note(|r| r.bytes_in += n);
}

/// Keeps a server connection that can carry another request.
fn put_back(conn: &Conn, view: &View, reuse: Reuse, assigned: Assigned) {
    let Assigned { place, upstream, .. } = assigned;
    let server = place.server;
    drop(place);
    if reuse == Reuse::Never {
        if upstream.stream.is_quiet() {
            *conn.own.borrow_mut() = Some((server, upstream));
        }
    } else {
        upstream::keep(&conn.local, view, server, upstream);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::ListenerId;

    fn size<A, F: Future>(_: impl FnOnce(A) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn what_lies_under_a_connection_is_small_and_a_request_a_few_cache_lines() {
        let idle = size(|(local, stream)| crate::session::serve(local, stream, None, ListenerId(0)));
        assert!(idle <= 592, "{idle} bytes lie under an idle connection");
        let request = size(|conn: &Conn| exchange(conn));
        assert!(request <= 1_920, "{request} bytes for a request that is passed on");
    }
}
