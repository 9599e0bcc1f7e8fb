//! From a ring to its log servers, over TCP or a Unix stream (RFC 6587). Runs on the control thread: whoever puts lines into
//! a ring never waits for a server. A server that is away is tried again once a second; the ring keeps for it what it can
//! hold. While it is connected and slow, new lines are lost and counted by who puts them in.
use crate::net::combine::Either;
use crate::net::{Core, Stream, race};
use crate::plan::Plan;
use crate::plan::ring::{Ring, Server};
use crate::share::Shared;
use crate::share::log_ring::{LogRing, Mark};
use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// So many bytes go at once, about.
const BATCH: usize = 64 * 1_024;
/// Lines of so long a time go together.
const GATHER: Duration = Duration::from_millis(1);
/// How long a server that could not be reached, or has gone, is left alone.
const AGAIN: Duration = Duration::from_secs(1);

/// The ways to all log servers of all rings.
#[derive(Default)]
pub struct Forwarding {
    ways: Vec<Rc<Way>>,
}

/// The way to one log server.
struct Way {
    shared: Arc<Shared>,
    plan: Arc<Plan>,
    ring: usize,
    server: usize,
    /// Behind the last line that went.
    sent: Cell<Mark>,
    connected: Cell<bool>,
    /// Lines of batches that did not go.
    lost: Cell<u64>,
}

impl Forwarding {
    /// Starts a task for each server of each ring.
    #[must_use]
    pub fn start(core: &Core, plan: &Arc<Plan>, shared: &Arc<Shared>) -> Forwarding {
        let mut ways = Vec::new();
        for (ring, section) in plan.rings.iter().enumerate().filter(|(at, _)| *at < shared.rings.len()) {
            for server in 0..section.servers.len() {
                let way = Rc::new(Way {
                    shared: shared.clone(),
                    plan: plan.clone(),
                    ring,
                    server,
                    sent: Cell::new(Mark::default()),
                    connected: Cell::new(false),
                    lost: Cell::new(0),
                });
                core.spawn(run(core.clone(), way.clone()));
                ways.push(way);
            }
        }
        Forwarding { ways }
    }

    /// Lines that servers did not get: those for which the ring had no more room while a server was away, and those that
    /// were under way when a connection broke (how many of them arrived nobody knows).
    #[must_use]
    pub fn lost(&self) -> u64 {
        let gone = |way: &Way| way.lines().oldest().line.saturating_sub(way.sent.get().line);
        self.ways.iter().map(|way| way.lost.get() + gone(way)).sum()
    }

    /// Whether a server that is there has still to get lines.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.ways.iter().any(|way| way.connected.get() && way.lines().end().line > way.sent.get().line)
    }
}

impl Way {
    fn lines(&self) -> &LogRing {
        &self.shared.rings[self.ring]
    }

    /// From now on the ring keeps what the server has still to get.
    fn begin(&self) {
        let sent = self.sent.get();
        if let Some(from) = self.lines().pin(self.server, Some(sent)) {
            self.lost.set(self.lost.get() + (from.line - sent.line));
            self.sent.set(from);
        }
    }

    fn section(&self) -> &Ring {
        &self.plan.rings[self.ring]
    }

    fn server(&self) -> &Server {
        &self.section().servers[self.server]
    }
}

/// Connects, sends, and begins again.
async fn run(core: Core, way: Rc<Way>) {
    let (notifier, task) = (core.notifier(), core.current());
    way.lines().watch(Box::new(move || notifier.wake(task)));
    loop {
        if let Some(stream) = connect(&core, &way).await {
            way.begin();
            way.connected.set(true);
            send(&core, &way, &stream).await;
            way.connected.set(false);
            // While nobody is there the newest lines are kept, as in HAProxy.
            way.lines().pin(way.server, None);
        }
        core.sleep_until(core.now() + AGAIN).await;
    }
}

async fn connect(core: &Core, way: &Way) -> Option<Stream> {
    let server = way.server();
    let stream = core.connect(&server.to, &server.options).ok()?;
    let deadline = way.section().connect.map(|time| core.now() + time);
    match core.until(deadline, stream.connected()).await {
        Ok(Ok(())) => Some(stream),
        _ => None,
    }
}

/// Sends lines as they come, until the connection breaks.
async fn send(core: &Core, way: &Way, stream: &Stream) {
    let (lines, framed) = (way.lines(), way.server().octet_count);
    loop {
        let (mut batch, mut count) = (core.take_vec(), 0u64);
        let next = lines.read(way.sent.get(), BATCH, |line| {
            frame(line, framed, &mut batch);
            count += 1;
        });
        if batch.is_empty() {
            core.give_back(batch.into());
            if !more(core, way, stream).await {
                return;
            }
            continue;
        }
        // It is ours now: the ring has room again.
        lines.pin(way.server, Some(next));
        let deadline = way.section().server.map(|time| core.now() + time);
        let sent = core.until(deadline, stream.send(batch)).await;
        way.sent.set(next);
        if !matches!(sent, Ok(Ok(()))) {
            way.lost.set(way.lost.get() + count);
            return;
        }
    }
}

/// Waits for lines, and for a moment more, so that many go together; false: the server has gone.
async fn more(core: &Core, way: &Way, stream: &Stream) -> bool {
    loop {
        let lines = poll_fn(|_| match way.lines().awaits(way.sent.get()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        });
        match race(stream.recv(), lines).await {
            // A log server has nothing to say; what it says nevertheless is nobody's concern.
            Either::Left(Ok(Some(_))) => {}
            Either::Left(_) => return false,
            Either::Right(()) => break,
        }
    }
    core.sleep_until(core.now() + GATHER).await;
    true
}

/// Appends a line as the connection has it: its length before it (RFC 6587, 3.4.1), or an LF behind it (3.4.2).
fn frame(line: &[u8], octet_count: bool, out: &mut Vec<u8>) {
    if octet_count {
        out.extend_from_slice(itoa::Buffer::new().format(line.len()).as_bytes());
        out.push(b' ');
    }
    out.extend_from_slice(line);
    if !octet_count {
        out.push(b'\n');
    }
}
