//! The first bytes of a connection in TCP mode (manual 4.2 `tcp-request content`): held back while rules look at them, then
//! passed on with the others.
use super::Conn;
use super::http::{head_limits, join_chunks};
use super::local::{Heads, LiveFacts, View};
use super::suspended;
use crate::base::ids::BackendId;
use crate::net::Chunk;
use crate::plan::Inspection;
use crate::proto::h1::{self, Parsed};
use crate::proto::http::RequestHead;
use crate::rules::{Cx, NoTrace, Verdict, Wishes};

/// What has arrived.
#[derive(Default)]
pub(super) struct FirstBytes {
    chunk: Option<Chunk>,
    /// The client has ended its side.
    ended: bool,
    /// A request's head, once one was asked for.
    heads: Option<Box<Heads>>,
    head: Head,
}

/// Whether the bytes are a request.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Head {
    /// So far there is no byte, or no end of the head.
    #[default]
    Begun,
    Whole,
    None,
}

impl FirstBytes {
    pub(super) fn bytes(&self) -> &[u8] {
        self.chunk.as_deref().unwrap_or_default()
    }

    /// The request that the bytes are, where they are one, and the bytes.
    pub(super) fn parts(&mut self) -> (Option<&mut RequestHead>, &[u8]) {
        let heads = self.heads.as_mut().filter(|_| self.head == Head::Whole);
        (heads.map(|h| &mut h.req), self.chunk.as_deref().unwrap_or_default())
    }

    fn add(&mut self, conn: &Conn, chunk: Chunk) {
        match &mut self.chunk {
            None => self.chunk = Some(chunk),
            Some(first) => join_chunks(&conn.stream, first, chunk),
        }
    }

    /// Reads them as a request.
    fn parse(&mut self, conn: &Conn, view: &View) {
        if self.head != Head::Begun || self.chunk.is_none() {
            return;
        }
        let heads = self.heads.get_or_insert_with(|| conn.local.take_heads());
        let bytes = self.chunk.as_deref().unwrap_or_default();
        self.head = match h1::parse_request(bytes, &head_limits(&view.plan), &mut heads.req) {
            Ok(Parsed::Complete { .. }) => Head::Whole,
            Ok(Parsed::Partial) => Head::Begun,
            Err(_) => Head::None,
        };
    }

    /// The bytes go on with those that follow.
    pub(super) fn pass_on(&mut self, conn: &Conn) {
        conn.info.inspect.forget();
        if let Some(chunk) = self.chunk.take() {
            conn.stream.unread(chunk);
        }
        if let Some(heads) = self.heads.take() {
            conn.local.give_heads(heads);
        }
    }
}

/// Runs the rules of a proxy until they are decided; false: the connection ends.
pub(super) async fn run(
    conn: &Conn,
    view: &View,
    inspection: &Inspection,
    backend: Option<BackendId>,
    first: &mut FirstBytes,
    wishes: &mut Wishes,
) -> bool {
    let core = &conn.local.core;
    let deadline = inspection.delay.map(|d| core.now() + d);
    let mut late = deadline.is_none();
    let mut from = 0;
    if !first.ended && conn.stream.poll_readable() && !receive(conn, first).await {
        return false;
    }
    loop {
        let full = first.bytes().len() >= head_limits(&view.plan).max_head;
        first.parse(conn, view);
        conn.info.inspect.look(!(late || full || first.ended), first.head == Head::Begun);
        match step(conn, view, inspection, &mut from, backend, first, wishes) {
            Some(Verdict::Wait(awaited)) => suspended::wait(conn, view, *awaited).await,
            Some(Verdict::Continue | Verdict::Allow) => return true,
            Some(_) => return false,
            None => match core.until(deadline, receive(conn, first)).await {
                Ok(true) => {}
                Ok(false) => return false,
                Err(_) => late = true,
            },
        }
    }
}

/// Runs the rules over what is there; `None` while more is needed.
fn step(
    conn: &Conn,
    view: &View,
    inspection: &Inspection,
    from: &mut usize,
    backend: Option<BackendId>,
    first: &mut FirstBytes,
    wishes: &mut Wishes,
) -> Option<Verdict> {
    let facts = LiveFacts { world: view, shared: &conn.local.shared };
    let (req, bytes) = first.parts();
    let mut cx = Cx {
        conn: &conn.info,
        req,
        res: None,
        req_body: bytes,
        first_request: true,
        backend,
        server: None,
        facts: &facts,
        wishes: *wishes,
    };
    let outcome = inspection.rules.inspect(*from, &mut cx, &mut NoTrace);
    *wishes = cx.wishes;
    let (verdict, next) = outcome?;
    if matches!(verdict, Verdict::Wait(_)) {
        // A name is not asked for again when more bytes come.
        *from = next;
    }
    Some(verdict)
}

/// Takes what comes next; false: the connection is broken.
async fn receive(conn: &Conn, first: &mut FirstBytes) -> bool {
    match conn.stream.recv().await {
        Ok(Some(chunk)) => first.add(conn, chunk),
        Ok(None) => first.ended = true,
        Err(_) => return false,
    }
    true
}
