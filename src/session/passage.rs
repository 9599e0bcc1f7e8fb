//! One request on one server connection: the body upwards, the answer downwards, both at once.
use super::cacheable::leaks_cookie;
use super::http::{ClientBody, Next, Reply, count_in, head_limits, join_chunks};
use super::local::{Heads, LiveFacts, View};
use super::observed;
use super::outcome::{Outcome, Side};
use super::relay::{Limits, relay};
use super::select::Assigned;
use super::waiting::client_left;
use super::{Conn, captured, drain, headers, persist, record, suspended};
use crate::base::ids::BackendId;
use crate::base::time::Tick;
use crate::net::combine::Activity;
use crate::net::{Chunk, PoolBox, Stream};
use crate::plan::RetryOn;
use crate::proto::h1::{self, BodyReader, Parsed, RequestKind};
use crate::proto::http::{Body, ResponseHead, Version};
use crate::rules::{Cx, NoTrace, Verdict, Wishes};
use crate::share::counters::count_status;
use crate::share::sessions::Stage;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

/// Pieces of a body so large that the kernel may wait for the next one to fill its packets. A server that sends small
/// pieces means each to arrive.
const BULK: usize = 8 * 1_024;

/// What is sent to the client behind some bytes.
#[derive(Clone, Copy)]
enum Follows {
    /// Nothing for now.
    Nothing,
    /// More of the body.
    Body,
    /// The end of the connection, at once: it goes in the same packet.
    End,
}

/// How the passage over one server connection ended.
pub(super) enum Passed {
    /// The connection was gone before a byte of an answer: the request may go over another one.
    Repeat,
    /// It failed in a way that `retry-on` allows to be tried again.
    Again,
    /// The client gets an error page.
    Failed(Outcome),
    /// A rule answers in the server's place.
    Answered(Box<(u16, Vec<u8>)>),
    /// The answer was cut short or the connection became a tunnel: nothing more to send.
    Ended(Next),
    /// The answer went out whole.
    Finished { next: Next, reusable: bool },
}

/// One request on one server connection.
pub(super) struct Passage<'a> {
    pub(super) conn: &'a Conn,
    pub(super) view: &'a View,
    pub(super) backend: BackendId,
    pub(super) assigned: &'a Assigned,
    /// After which failures it may be tried again; none once the tries are used up.
    pub(super) retry_on: RetryOn,
    /// When the server side last did something: `timeout server` counts from here.
    pub(super) server_side: Activity,
    /// A byte of an answer has gone to the client.
    pub(super) answering: Cell<bool>,
    /// When the final answer's head was read.
    pub(super) answered: Cell<Option<Tick>>,
    pub(super) client_timeout: Option<Duration>,
    pub(super) server_timeout: Option<Duration>,
    /// The client's body has not passed whole yet.
    pub(super) request_left: Cell<bool>,
    pub(super) upload: Cell<Upload>,
    /// The server gets no more of it: the rest is read away.
    pub(super) deaf: Cell<bool>,
}

/// The client's body on its way: nothing else may be sent to the server meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Upload {
    None,
    Passing,
    /// The client waits for leave to send it (`Expect: 100-continue`).
    ByLeave,
}

/// Where the rules of an answer stand: which of the two programs, and its next rule.
#[derive(Default)]
struct AnswerRules {
    program: usize,
    rule: usize,
    /// `strict-mode off` is in force.
    lax: bool,
}

/// How sending the request's body went wrong.
enum UploadError {
    Client {
        timeout: bool,
    },
    Bad,
    /// The server takes no more; it may have answered.
    Server,
}

impl Passage<'_> {
    fn server(&self) -> &Stream {
        &self.assigned.upstream.stream
    }

    fn server_cells(&self) -> &crate::share::ServerCells {
        &self.conn.local.cells().servers[self.assigned.place.server.index()]
    }

    pub(super) async fn run(
        &mut self,
        reply: &mut Reply<'_>,
        heads: &mut Heads,
        body: &mut ClientBody,
        head: Vec<u8>,
        server_keep: bool,
    ) -> Passed {
        if self.send_to_server(head, false).await.is_err() {
            // The answer may be there already (413 before the body); else the connection was stale.
            if self.server().has_ended() || !self.server().poll_readable() {
                return Passed::Repeat;
            }
        }
        let this = &*self;
        // Most requests have no body to pass: the memory for it is not part of every request's.
        let mut upload = (!body.done).then(|| PoolBox::with(|| this.upload(body)));
        let mut download = pin!(this.download(reply, heads, server_keep));
        // What comes behind an answer that went out before the request's body had passed.
        let mut ahead = None;
        let passed = poll_fn(|cx| {
            if let Some(Poll::Ready(result)) = upload.as_mut().map(|u| Pin::new(u).poll(cx)) {
                upload = None;
                this.upload.set(Upload::None);
                match result {
                    Ok(()) | Err(UploadError::Server) => {}
                    Err(e) => return Poll::Ready(Err(Some(e))),
                }
            }
            let passed = match ahead.take() {
                // Not every server that has answered takes what follows for the body it belongs to.
                Some(next) => Poll::Ready(Passed::Finished { next, reusable: false }),
                None => download.as_mut().poll(cx),
            };
            let passed = match passed {
                Poll::Ready(Passed::Finished { next, .. }) if upload.is_some() => {
                    ahead = Some(next);
                    // It was asked whether it wants the body, and gave another answer.
                    this.deaf.set(this.deaf.get() || this.upload.get() == Upload::ByLeave);
                    return Poll::Pending;
                }
                passed => passed.map(Ok),
            };
            // Whether the client is still there is looked for only where the file asks for it (`option abortonclose`).
            let aborts = this.view.plan.backend(this.backend).abort_on_close;
            let left = aborts && upload.is_none() && !this.answering.get() && client_left(this.conn);
            if passed.is_pending() && left { Poll::Ready(Err(None)) } else { passed }
        })
        .await;
        match passed {
            Ok(Passed::Finished { next, reusable }) => self.finished(next, reusable),
            Ok(passed) => passed,
            Err(Some(error)) if ahead.is_some() => self.broken_behind(error),
            Err(Some(UploadError::Bad)) => {
                self.conn.note_broken(Side::Proxy, false, self.answering.get());
                self.conn.count_invalid();
                self.broke(Side::Client, false, 400)
            }
            Err(Some(UploadError::Client { timeout: true })) => self.broken(Side::Client, true, 408),
            Err(broken) => {
                // Nobody is there to read a page.
                let upload = broken.is_some();
                self.conn.note_broken(Side::Client, false, upload || self.answering.get());
                self.count_broken(Some(Side::Client));
                if !self.answering.get() {
                    self.conn.count_unanswered(Some(self.backend));
                }
                Passed::Ended(Next::Close)
            }
        }
    }

    /// The request's body broke off behind its answer.
    fn broken_behind(&self, error: UploadError) -> Passed {
        let UploadError::Client { timeout } = error else {
            self.conn.note(|r| r.ends(*b"PL"));
            self.conn.count_invalid();
            return Passed::Ended(Next::Linger);
        };
        self.conn.note(|r| r.ends(if timeout { *b"cL" } else { *b"CL" }));
        self.count_broken(Some(Side::Client));
        Passed::Ended(Next::Close)
    }

    /// Both have passed, but for what of the request nobody wanted.
    fn finished(&self, next: Next, reusable: bool) -> Passed {
        if self.request_left.get() {
            return Passed::Finished { next: Next::Linger, reusable: false };
        }
        Passed::Finished { next, reusable: reusable && !self.server().is_sending() }
    }

    /// The exchange broke while the request's body was passing: before the answer began the client gets a page.
    fn broken(&self, side: Side, timeout: bool, status: u16) -> Passed {
        self.count_broken(Some(side));
        self.broke(side, timeout, status)
    }

    /// The same where it is nobody's abort.
    fn broke(&self, side: Side, timeout: bool, status: u16) -> Passed {
        if side == Side::Server && self.server().is_cut() {
            let state = if self.answering.get() { b'D' } else { b'H' };
            self.conn.note_cut(self.assigned.place.server, state);
        }
        self.conn.note_broken(side, timeout, self.answering.get());
        if self.answering.get() {
            return Passed::Ended(Next::Close);
        }
        Passed::Failed(Outcome::BrokenInData { side, timeout, status })
    }

    fn count_broken(&self, side: Option<Side>) {
        let backend = &self.conn.local.cells().backends[self.backend.index()];
        match side {
            Some(Side::Client) => {
                backend.client_aborts.inc();
                self.server_cells().client_aborts.inc();
            }
            Some(_) => {
                backend.server_aborts.inc();
                self.server_cells().server_aborts.inc();
            }
            None => {}
        }
    }

    /// No byte of an answer came, and the request may not be sent again.
    pub(super) async fn server_gone(&self, reply: &mut Reply<'_>, body: &mut ClientBody) -> Next {
        self.server_cells().failed_resp.inc();
        self.conn.local.cells().backends[self.backend.index()].failed_resp.inc();
        reply.error(Outcome::ServerGoneInHead, body).await
    }

    /// Whether the end of a large piece may wait for what follows it: a whole packet is cheaper (`option http-no-delay`).
    fn may_wait(&self) -> bool {
        let plan = &self.view.plan;
        let frontend = plan.frontend(self.conn.info.frontend);
        !frontend.manners.no_delay && !plan.backend(self.backend).manners.no_delay
    }

    async fn send_to_server(&self, out: impl Into<crate::net::OutBuf>, more: bool) -> Result<(), ()> {
        let core = &self.conn.local.core;
        let deadline = self.server_timeout.map(|t| core.now() + t);
        let out = out.into();
        let more = more && out.bytes().len() >= BULK && self.may_wait();
        let sent = core.until(deadline, self.server().send_part(out, more)).await;
        self.server_side.touch(core);
        matches!(sent, Ok(Ok(()))).then_some(()).ok_or(())
    }

    /// Passes the request's body.
    async fn upload(&self, body: &mut ClientBody) -> Result<(), UploadError> {
        let core = &self.conn.local.core;
        while !body.done {
            let deadline = self.client_timeout.map(|t| core.now() + t);
            let mut chunk = match core.until(deadline, self.conn.stream.recv()).await {
                Ok(Ok(Some(chunk))) => chunk,
                received => {
                    body.lost = true;
                    return Err(UploadError::Client { timeout: received.is_err() });
                }
            };
            if self.deaf.get() {
                self.conn.stream.unread(chunk);
                break;
            }
            let Ok(walk) = body.reader.walk(&mut chunk) else {
                body.lost = true;
                return Err(UploadError::Bad);
            };
            body.done = walk.done;
            // From here on the client owes nothing, even if the server answers before the last send is told as done.
            self.request_left.set(!walk.done);
            count_in(self.conn, self.backend, self.assigned.place.server, walk.size());
            self.conn.passes_in(walk.out_len);
            let out = split(self.conn, &self.conn.stream, chunk, walk.out_len, walk.consumed);
            if self.send_to_server(out, body.reader.has_more()).await.is_err() {
                self.deaf.set(true);
                break;
            }
        }
        if body.done {
            return Ok(());
        }
        // The client reads the answer, if one comes, once it has sent its body.
        body.done = PoolBox::new(drain::rest(self.conn, &mut body.reader, self.client_timeout)).await;
        body.lost = !body.done;
        self.request_left.set(!body.done);
        if body.done { Ok(()) } else { Err(UploadError::Server) }
    }
}

/// The first `out_len` bytes of a chunk for sending. What is behind the `consumed` ones goes back to its stream.
fn split(
    conn: &Conn,
    stream: &Stream,
    mut chunk: Chunk,
    out_len: usize,
    consumed: usize,
) -> crate::net::OutBuf {
    if consumed == chunk.len() {
        chunk.truncate(out_len);
        return chunk.into();
    }
    let mut out = conn.local.core.take_vec();
    out.extend_from_slice(&chunk[..out_len]);
    chunk.advance(consumed);
    stream.unread(chunk);
    out.into()
}

impl Passage<'_> {
    /// Reads the answer and passes it to the client.
    async fn download(&self, reply: &mut Reply<'_>, heads: &mut Heads, server_keep: bool) -> Passed {
        let kind = RequestKind::of(&heads.req);
        let mut rest;
        loop {
            rest = match self.read_answer(heads, &kind).await {
                Ok(rest) => rest,
                Err(passed) => return passed,
            };
            if !is_interim(heads.res.status) {
                self.observe(observed::Event::Answered(heads.res.status));
                if self.retry_on.has_status(heads.res.status) && !self.answering.get() {
                    return Passed::Again;
                }
                self.count_answer(heads.res.status);
                self.answered.set(Some(self.conn.local.core.now()));
                record::answer(self.conn, self.view, &heads.res);
                break;
            }
            // 100, 103 …: passed on as they are, the answer itself is still to come (RFC 9110, 15.2).
            if let Some(chunk) = rest.take() {
                self.server().unread(chunk);
            }
            self.count_answer(heads.res.status);
            let mut out = self.conn.local.core.take_vec();
            h1::write_response(&heads.res, &mut out);
            self.count_out(heads.res.size);
            self.answering.set(true);
            if let Err(timeout) = self.send_to_client(out, Follows::Nothing).await {
                return self.broken(Side::Client, timeout, heads.res.status);
            }
        }
        let server = self.assigned.place.server;
        persist::answering(self.conn, self.view, self.backend, server, Some(&mut heads.res));
        if let Some(passed) = self.response_rules(reply, heads).await {
            self.count_unpassed(&heads.res, rest);
            return passed;
        }
        persist::answered(self.conn, self.view, self.backend, server, &heads.req, &mut heads.res);
        let mut silent = false;
        if !h1::is_framed(&heads.res, &heads.req) {
            let Ok(reframed) = h1::frame_response(&mut heads.res, &heads.req) else {
                self.count_unpassed(&heads.res, rest);
                return Passed::Failed(Outcome::BadAnswer);
            };
            reply.keep &= !reframed.close;
            silent = reframed.silent;
        }
        if silent {
            return PoolBox::with(|| self.pass_head(reply, heads, rest, server_keep)).await;
        }
        if heads.res.body == Body::Tunnel {
            return PoolBox::with(|| self.tunnel(heads, rest)).await;
        }
        self.pass_answer(reply, heads, rest, server_keep).await
    }

    /// Sends the head of an answer whose body stays here: rules have made one of it that has none. The server's connection goes
    /// with what is left of the body.
    async fn pass_head(
        &self,
        reply: &mut Reply<'_>,
        heads: &mut Heads,
        rest: Option<Chunk>,
        server_keep: bool,
    ) -> Passed {
        let res = &mut heads.res;
        let (mut whole, early) = (res.body == Body::Length(0), self.early_size(res));
        if let Some(mut chunk) = rest {
            let walk = BodyReader::new(res.body).walk(&mut chunk);
            whole = walk.is_ok_and(|walk| walk.done && walk.consumed == chunk.len());
        }
        let reusable = whole && server_keep && res.keep_alive;
        headers::for_client(res, heads.req.version, reply.keep, false);
        self.conn.count_status(res.status, Some(self.backend));
        let mut out = self.conn.local.core.take_vec();
        h1::write_response(res, &mut out);
        self.count_out(res.size);
        self.answers(res.status, early);
        self.answering.set(true);
        heads.live.stage(Stage::Body);
        heads.live.passed_out(out.len());
        let follows = if reply.keep { Follows::Nothing } else { Follows::End };
        if let Err(timeout) = self.send_to_client(out, follows).await {
            return self.broken(Side::Client, timeout, res.status);
        }
        Passed::Finished { next: if reply.keep { Next::Keep } else { Next::Close }, reusable }
    }

    /// Reads one head from the server; gives what came behind it.
    async fn read_answer(&self, heads: &mut Heads, kind: &RequestKind) -> Result<Option<Chunk>, Passed> {
        let limits = head_limits(&self.view.plan);
        let (mut have, mut seen): (Option<Chunk>, usize) = (None, 0);
        loop {
            let received = self.conn.local.core.while_active(&self.server_side, self.server().recv()).await;
            match received {
                Ok(Ok(Some(_))) => {}
                Ok(_) if have.is_some() => self.observe(observed::Event::BadAnswer),
                // An idle connection may have been closed long before.
                Ok(_) if self.assigned.reused => {}
                Ok(_) => self.observe(observed::Event::ReadError),
                Err(_) => self.observe(observed::Event::NoAnswerInTime),
            }
            let chunk = match received {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(_) if have.is_none() && !self.answering.get() => return Err(Passed::Repeat),
                // The start of a head is no answer.
                Ok(_) if self.retry_on.junk_response && !self.answering.get() => {
                    return Err(Passed::Again);
                }
                Ok(_) => {
                    self.count_failed_answer();
                    return Err(self.end_of_head(Outcome::ServerGoneInHead));
                }
                Err(_) if self.retry_on.response_timeout && !self.answering.get() => {
                    return Err(Passed::Again);
                }
                Err(_) => {
                    self.count_failed_answer();
                    return Err(self.end_of_head(Outcome::ServerTimeout));
                }
            };
            self.server_side.touch(&self.conn.local.core);
            let mut chunk = match have.take() {
                None => chunk,
                Some(mut first) => {
                    join_chunks(self.server(), &mut first, chunk);
                    first
                }
            };
            if !h1::worth_parsing(&chunk, seen, &limits) {
                seen = chunk.len();
                have = Some(chunk);
                continue;
            }
            seen = chunk.len();
            match h1::parse_response(&chunk, &limits, kind, &mut heads.res) {
                Ok(Parsed::Complete { consumed }) => {
                    chunk.advance(consumed);
                    return Ok((!chunk.is_empty()).then_some(chunk));
                }
                Ok(Parsed::Partial) => have = Some(chunk),
                Err(e) => {
                    captured::answer(self.conn, self.backend, self.assigned.place.server, &chunk, &e);
                    self.count_failed_answer();
                    self.observe(observed::Event::BadAnswer);
                    if self.retry_on.junk_response && !self.answering.get() {
                        return Err(Passed::Again);
                    }
                    return Err(self.end_of_head(Outcome::BadAnswer));
                }
            }
        }
    }

    fn observe(&self, event: observed::Event) {
        observed::note(&self.conn.local, self.view, self.assigned.place.server, event);
    }

    /// Counts an answer of the server, also an interim one.
    fn count_answer(&self, status: u16) {
        let cells = self.server_cells();
        cells.req_tot.inc();
        count_status(&cells.status, status);
    }

    fn count_failed_answer(&self) {
        self.server_cells().failed_resp.inc();
        self.conn.local.cells().backends[self.backend.index()].failed_resp.inc();
    }

    /// After an interim answer went out an error page would still be in order: it is the first final answer.
    fn end_of_head(&self, outcome: Outcome) -> Passed {
        Passed::Failed(outcome)
    }

    /// Runs the `http-response` rules, the backend's first, from where they waited.
    fn answer_verdict(&self, heads: &mut Heads, at: &mut AnswerRules) -> Verdict {
        let plan = &self.view.plan;
        let frontend = plan.frontend(self.conn.info.frontend);
        let programs = [&plan.backend(self.backend).http_response, &frontend.http_response];
        // Both halves of one `listen` have the same rules: they run once.
        let count = if frontend.own_backend == Some(self.backend) { 1 } else { 2 };
        if programs[..count].iter().all(|program| program.rules.is_empty()) {
            return Verdict::Continue;
        }
        // Lists may have changed since the request came.
        let newest = self.conn.local.view();
        let facts = LiveFacts { world: &newest, shared: &self.conn.local.shared };
        let mut cx = Cx {
            conn: &self.conn.info,
            req: Some(&mut heads.req),
            res: Some(&mut heads.res),
            req_body: &[],
            first_request: self.conn.requests.get() <= 1,
            backend: Some(self.backend),
            server: Some(self.assigned.place.server),
            facts: &facts,
            wishes: Wishes { lax: at.lax, ..Wishes::default() },
        };
        let mut ended = Verdict::Continue;
        while let (Verdict::Continue, Some(program)) = (&ended, programs[..count].get(at.program)) {
            match program.run_from(&mut at.rule, &mut cx, &mut NoTrace) {
                Verdict::Continue | Verdict::Allow => (at.program, at.rule) = (at.program + 1, 0),
                verdict => ended = verdict,
            }
        }
        let failed = std::mem::take(&mut cx.wishes.failed_rewrites);
        at.lax = cx.wishes.lax;
        if failed > 0 {
            let place = (Some(self.backend), Some(self.assigned.place.server));
            self.conn.count_failed_rewrites(place, failed, ended == Verdict::Fail);
        }
        ended
    }

    /// Goes on with rules that wait.
    async fn answer_rules_wait(
        &self,
        heads: &mut Heads,
        mut at: AnswerRules,
        mut awaited: crate::rules::Awaited,
    ) -> Verdict {
        loop {
            suspended::wait(self.conn, self.view, awaited).await;
            match self.answer_verdict(heads, &mut at) {
                Verdict::Wait(next) => awaited = *next,
                verdict => return verdict,
            }
        }
    }

    /// Runs the `http-response` rules and does what they say.
    async fn response_rules(&self, reply: &mut Reply<'_>, heads: &mut Heads) -> Option<Passed> {
        let plan = &self.view.plan;
        let mut at = AnswerRules::default();
        let verdict = match self.answer_verdict(heads, &mut at) {
            Verdict::Wait(awaited) => PoolBox::new(self.answer_rules_wait(heads, at, *awaited)).await,
            verdict => verdict,
        };
        let passes = matches!(verdict, Verdict::Continue | Verdict::Allow);
        let verdict = match plan.backend(self.backend).manners.check_cache {
            true if passes && leaks_cookie(&heads.req, &heads.res) => Verdict::Deny { status: 502 },
            _ => verdict,
        };
        if !matches!(verdict, Verdict::Continue | Verdict::Allow) {
            // As in HAProxy the server's answer is as if it had never come.
            self.conn.note(|r| r.answered = crate::rules::record::NOT_YET);
        }
        match verdict {
            // Whatever was waited for is there.
            Verdict::Continue | Verdict::Allow | Verdict::Wait(_) => None,
            Verdict::Deny { status } => {
                let cells = self.conn.local.cells();
                cells.frontends[self.conn.info.frontend.index()].denied_resp.inc();
                cells.backends[self.backend.index()].denied_resp.inc();
                self.server_cells().denied_resp.inc();
                self.conn.on_listener(|l| l.denied_resp.inc());
                Some(Passed::Failed(Outcome::AnswerDenied { status }))
            }
            Verdict::Fail => Some(Passed::Failed(Outcome::AnswerDenied { status: 500 })),
            Verdict::Answer { status, bytes, close } => {
                reply.keep &= !close;
                self.conn.note(|r| r.ends(*b"LH"));
                Some(Passed::Answered(Box::new((status, bytes))))
            }
            Verdict::Page { status } => {
                self.conn.note(|r| r.ends(*b"LH"));
                Some(Passed::Answered(Box::new((status, reply.page(status).to_vec()))))
            }
            // No action of an answer's rules leads there.
            Verdict::Serve(_) => None,
            Verdict::Drop => {
                self.conn.note(|r| r.ends(*b"PH"));
                self.conn.count_denied(Some(self.backend));
                self.conn.count_status(heads.res.status, Some(self.backend));
                self.conn.stream.reset_on_close();
                Some(Passed::Ended(Next::Drop))
            }
        }
    }

    /// The error says whether the client was silent for too long.
    async fn send_to_client(&self, out: impl Into<crate::net::OutBuf>, follows: Follows) -> Result<(), bool> {
        let core = &self.conn.local.core;
        let deadline = self.client_timeout.map(|t| core.now() + t);
        let out = out.into();
        let more = match follows {
            Follows::Nothing => false,
            Follows::Body => out.bytes().len() >= BULK && self.may_wait(),
            Follows::End => true,
        };
        let sent = core.until(deadline, self.conn.stream.send_part(out, more)).await;
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(false),
            Err(_) => Err(true),
        }
    }

    #[cold]
    fn capture_body(&self, bytes: &[u8], error: h1::BodyError) {
        captured::body(self.conn, Some((self.backend, self.assigned.place.server)), bytes, error);
    }

    /// Counts what came from the server, in HAProxy's bytes.
    fn count_out(&self, n: u64) {
        let cells = self.conn.local.cells();
        cells.frontends[self.conn.info.frontend.index()].bytes_out.add(n);
        cells.backends[self.backend.index()].bytes_out.add(n);
        self.server_cells().bytes_out.add(n);
        self.conn.on_listener(|l| l.bytes_out.add(n));
        self.conn.note(|r| r.bytes_out += n);
    }

    /// Counts an answer that goes to nobody, and what came with its head.
    fn count_unpassed(&self, res: &ResponseHead, rest: Option<Chunk>) {
        self.count_out(res.size);
        if let Some(mut chunk) = rest
            && let Ok(walk) = BodyReader::new(res.body).walk(&mut chunk)
        {
            self.count_out(walk.size());
        }
    }

    /// How large the answer's head is after the rules, where log lines may say so that do not wait for the end.
    #[inline]
    fn early_size(&self, res: &ResponseHead) -> Option<u64> {
        self.conn.info.record.0.borrow().is_some().then(|| res.measure())
    }

    /// The answer's head is ready, and what came with it: log lines that do not wait for the end are written. Of the request
    /// they say nothing yet, as in HAProxy.
    #[inline]
    fn answers(&self, status: u16, size: Option<u64>) {
        if let Some(size) = size {
            let mut counted = (0, 0);
            self.conn.note(|r| {
                counted = (r.bytes_in, r.bytes_out);
                (r.bytes_in, r.bytes_out) = (0, size);
            });
            record::answering(self.conn, self.view, status);
            self.conn.note(|r| (r.bytes_in, r.bytes_out) = counted);
        }
    }

    /// Sends the head and the body of a final answer.
    async fn pass_answer(
        &self,
        reply: &mut Reply<'_>,
        heads: &mut Heads,
        rest: Option<Chunk>,
        server_keep: bool,
    ) -> Passed {
        let (res, core) = (&mut heads.res, &self.conn.local.core);
        let framed = res.body != Body::UntilClose;
        let server_stays = framed && server_keep && res.keep_alive;
        // A client of HTTP/1.0 knows no chunks: it gets the bare bytes and the end of the connection.
        let strip = res.body == Body::Chunked && heads.req.version == Version::Http10;
        let keep = reply.keep && framed && !strip;
        let mut early = self.early_size(res);
        headers::for_client(res, heads.req.version, keep, strip);
        self.conn.count_status(res.status, Some(self.backend));

        let mut out = core.take_vec();
        h1::write_response(res, &mut out);
        let mut reader = if strip { BodyReader::stripping(res.body) } else { BodyReader::new(res.body) };
        let mut done = matches!(res.body, Body::None | Body::Length(0));
        let mut surplus = false;
        if let Some(mut chunk) = rest {
            if !done {
                let walk = match reader.walk(&mut chunk) {
                    Ok(walk) => walk,
                    Err(error) => {
                        self.capture_body(&chunk, error);
                        self.conn.note(|r| r.answered = crate::rules::record::NOT_YET);
                        return Passed::Failed(Outcome::BadAnswer);
                    }
                };
                out.extend_from_slice(&chunk[..walk.out_len]);
                self.count_out(walk.size());
                early = early.map(|n| n + walk.size());
                done = walk.done;
                surplus = walk.consumed < chunk.len();
            } else {
                surplus = true;
            }
        }
        let follows = |done: bool, reader: &BodyReader| match (done, keep) {
            (false, _) if reader.has_more() => Follows::Body,
            (true, false) if !self.request_left.get() => Follows::End,
            _ => Follows::Nothing,
        };
        self.count_out(res.size);
        self.answers(res.status, early);
        self.answering.set(true);
        heads.live.stage(Stage::Body);
        heads.live.passed_out(out.len());
        if let Err(timeout) = self.send_to_client(out, follows(done, &reader)).await {
            return self.broken(Side::Client, timeout, res.status);
        }
        while !done {
            self.server_side.touch(core);
            let received = core.while_active(&self.server_side, self.server().recv()).await;
            let mut chunk = match received {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) if !framed => break,
                Ok(_) => {
                    // Cut short: in HAProxy an invalid answer, too.
                    self.count_failed_answer();
                    return self.broken(Side::Server, false, res.status);
                }
                Err(_) => return self.broken(Side::Server, true, res.status),
            };
            let walk = match reader.walk(&mut chunk) {
                Ok(walk) => walk,
                Err(error) => {
                    self.capture_body(&chunk, error);
                    self.conn.note_broken(Side::Proxy, false, true);
                    return self.broken(Side::Server, false, res.status);
                }
            };
            done = walk.done;
            surplus = walk.consumed < chunk.len();
            chunk.truncate(walk.out_len);
            self.count_out(walk.size());
            heads.live.passed_out(chunk.len());
            if let Err(timeout) = self.send_to_client(chunk, follows(done, &reader)).await {
                return self.broken(Side::Client, timeout, res.status);
            }
        }
        let next = if keep { Next::Keep } else { Next::Close };
        Passed::Finished { next, reusable: server_stays && !surplus }
    }

    /// After 101, or 2xx to CONNECT: bytes both ways.
    async fn tunnel(&self, heads: &mut Heads, rest: Option<Chunk>) -> Passed {
        let status = heads.res.status;
        self.conn.count_status(status, Some(self.backend));
        let mut out = self.conn.local.core.take_vec();
        h1::write_response(&heads.res, &mut out);
        self.count_out(heads.res.size);
        self.answers(status, self.early_size(&heads.res));
        if let Some(chunk) = rest {
            self.server().unread(chunk);
        }
        self.answering.set(true);
        let flushed = super::http::flush(self.conn);
        if self.send_to_client(out, Follows::Nothing).await.is_err() || !flushed.await {
            return self.broken(Side::Client, false, status);
        }
        // The client's own bytes come behind the body of its request (`docker exec`). Both are driven by one task.
        poll_fn(|_| if self.upload.get() == Upload::None { Poll::Ready(()) } else { Poll::Pending }).await;
        if self.request_left.get() {
            return self.broken(Side::Server, false, status);
        }
        let (fe, be) = (
            self.view.plan.frontend(self.conn.info.frontend).timeouts,
            self.view.plan.backend(self.backend).timeouts,
        );
        let limits = Limits {
            client: be.tunnel.or(fe.client),
            server: be.tunnel.or(be.server),
            client_fin: fe.client_fin,
            server_fin: be.server_fin,
        };
        heads.live.stage(Stage::Tunnel);
        let counts = heads.live.counts();
        let passed = relay(&self.conn.local.core, &self.conn.stream, self.server(), limits, counts).await;
        count_in(self.conn, self.backend, self.assigned.place.server, passed.from_client);
        self.count_out(passed.from_server);
        self.count_broken(passed.broken.map(|(side, _)| side));
        if let Some((side, timeout)) = passed.broken {
            if self.server().is_cut() {
                self.conn.note_cut(self.assigned.place.server, b'D');
            }
            self.conn.note_broken(side, timeout, true);
        }
        Passed::Ended(Next::Close)
    }
}

/// An answer that another one follows.
fn is_interim(status: u16) -> bool {
    (100..200).contains(&status) && status != 101
}
