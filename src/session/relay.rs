//! Bytes both ways until both sides have ended: TCP mode, upgraded connections, CONNECT.
use super::outcome::Side;
use crate::net::combine::{Activity, Elapsed};
use crate::net::{Core, Stream, join};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// Inactivity limits of the two sides, and what holds once a side is half closed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    pub client: Option<Duration>,
    pub server: Option<Duration>,
    pub client_fin: Option<Duration>,
    pub server_fin: Option<Duration>,
}

/// What passed, and how it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relayed {
    pub from_client: u64,
    pub from_server: u64,
    /// The side that broke or fell silent, and whether it was silence.
    pub broken: Option<(Side, bool)>,
}

/// Relays until both ends have come, or a side broke or fell silent.
/// `counts` are added to as bytes pass: those of the client, those of the server.
pub async fn relay(
    core: &Core,
    client: &Stream,
    server: &Stream,
    limits: Limits,
    counts: [&Cell<u64>; 2],
) -> Relayed {
    let clock = |limit| Activity::new(core.now(), limit);
    let (client_clock, server_clock) = (clock(limits.client), clock(limits.server));
    // Once one direction breaks the other is of no use: it stops at its next wait.
    let broken = Cell::new(None);
    let up = Direction {
        core,
        from: (client, &client_clock, Side::Client),
        to: (server, &server_clock, Side::Server),
        // The server hears the end: from now on it is half closed.
        fin: limits.server_fin.map(|t| (&server_clock, t)),
        broken: &broken,
        count: counts[0],
    };
    let down = Direction {
        core,
        from: (server, &server_clock, Side::Server),
        to: (client, &client_clock, Side::Client),
        fin: limits.client_fin.map(|t| (&client_clock, t)),
        broken: &broken,
        count: counts[1],
    };
    let (from_client, from_server) = join(up.run(), down.run()).await;
    Relayed { from_client, from_server, broken: broken.get() }
}

struct Direction<'a> {
    core: &'a Core,
    from: (&'a Stream, &'a Activity, Side),
    to: (&'a Stream, &'a Activity, Side),
    fin: Option<(&'a Activity, Duration)>,
    broken: &'a Cell<Option<(Side, bool)>>,
    count: &'a Cell<u64>,
}

impl Direction<'_> {
    /// Copies until the end; says how many bytes.
    async fn run(self) -> u64 {
        let mut passed = 0;
        loop {
            let received = self.guarded(self.from, self.from.0.recv()).await;
            let chunk = match received {
                Some(Ok(Some(chunk))) => chunk,
                Some(Ok(None)) => break,
                Some(Err(_)) => return self.fail(self.from.2, passed),
                None => return passed,
            };
            self.from.1.touch(self.core);
            let n = chunk.len() as u64;
            match self.guarded(self.to, self.to.0.send(chunk)).await {
                Some(Ok(())) => {}
                Some(Err(_)) => return self.fail(self.to.2, passed),
                None => return passed,
            }
            passed += n;
            self.count.set(self.count.get() + n);
            self.to.1.touch(self.core);
        }
        self.to.0.shutdown();
        if let Some((clock, limit)) = self.fin {
            clock.limit.set(Some(limit));
            clock.touch(self.core);
        }
        passed
    }

    fn fail(&self, side: Side, passed: u64) -> u64 {
        if self.broken.get().is_none() {
            self.broken.set(Some((side, false)));
        }
        self.core.wake(self.core.current());
        passed
    }

    /// Waits for an operation on one side; `None` when the side fell silent or the relay is broken.
    async fn guarded<F: Future>(&self, side: (&Stream, &Activity, Side), operation: F) -> Option<F::Output> {
        let mut operation = pin!(self.core.while_active(side.1, operation));
        poll_fn(|cx| {
            if self.broken.get().is_some() {
                return Poll::Ready(None);
            }
            match operation.as_mut().poll(cx) {
                Poll::Ready(Err(Elapsed)) => {
                    self.broken.set(Some((side.2, true)));
                    self.core.wake(self.core.current());
                    Poll::Ready(None)
                }
                Poll::Ready(Ok(x)) => Poll::Ready(Some(x)),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }
}
