//! Waiting for two things, or for a limited time. Children are polled by their parent, so that waking the task is enough.
use super::core::Core;
use crate::base::time::Tick;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// The time was up before the future was ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

/// Both outcomes of [`race`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Either<A, B> {
    Left(A),
    Right(B),
}

/// Waits for the first of the two; the left one wins a tie. The other is dropped: only its wait ends, never its operation.
pub async fn race<A: Future, B: Future>(a: A, b: B) -> Either<A::Output, B::Output> {
    let (mut a, mut b) = (pin!(a), pin!(b));
    poll_fn(move |cx| {
        if let Poll::Ready(x) = a.as_mut().poll(cx) {
            return Poll::Ready(Either::Left(x));
        }
        b.as_mut().poll(cx).map(Either::Right)
    })
    .await
}

/// Waits for both.
pub async fn join<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut left, mut right) = (None, None);
    poll_fn(move |cx| {
        if left.is_none()
            && let Poll::Ready(x) = a.as_mut().poll(cx)
        {
            left = Some(x);
        }
        if right.is_none()
            && let Poll::Ready(x) = b.as_mut().poll(cx)
        {
            right = Some(x);
        }
        match (left.take(), right.take()) {
            (Some(l), Some(r)) => Poll::Ready((l, r)),
            (l, r) => {
                (left, right) = (l, r);
                Poll::Pending
            }
        }
    })
    .await
}

/// One side of a connection: when it last did something, and how long it may do nothing.
#[derive(Debug)]
pub struct Activity {
    pub last: Cell<Tick>,
    pub limit: Cell<Option<Duration>>,
}

impl Activity {
    /// Active now.
    #[must_use]
    pub fn new(now: Tick, limit: Option<Duration>) -> Activity {
        Activity { last: Cell::new(now), limit: Cell::new(limit) }
    }

    /// Active now.
    pub fn touch(&self, core: &Core) {
        self.last.set(core.now());
    }
}

impl Core {
    /// Waits for `future` while the side was active less than its limit ago; others may touch it meanwhile.
    ///
    /// # Errors
    /// [`Elapsed`] when it was silent for too long.
    pub async fn while_active<F: Future>(&self, side: &Activity, future: F) -> Result<F::Output, Elapsed> {
        let mut future = pin!(future);
        poll_fn(|cx| {
            if let Poll::Ready(x) = future.as_mut().poll(cx) {
                return Poll::Ready(Ok(x));
            }
            if let Some(limit) = side.limit.get() {
                let at = side.last.get() + limit;
                if self.now() >= at {
                    return Poll::Ready(Err(Elapsed));
                }
                self.wake_at(at);
            }
            Poll::Pending
        })
        .await
    }

    /// Waits for `future` until `deadline` (`None`: for ever). A future that is ready wins over a deadline that is past.
    ///
    /// # Errors
    /// [`Elapsed`] when the time is up.
    pub async fn until<F: Future>(&self, deadline: Option<Tick>, future: F) -> Result<F::Output, Elapsed> {
        let mut future = pin!(future);
        poll_fn(|cx| {
            if let Poll::Ready(x) = future.as_mut().poll(cx) {
                return Poll::Ready(Ok(x));
            }
            match deadline {
                Some(at) if self.now() >= at => Poll::Ready(Err(Elapsed)),
                Some(at) => {
                    self.wake_at(at);
                    Poll::Pending
                }
                None => Poll::Pending,
            }
        })
        .await
    }

    /// Waits until `deadline`.
    pub async fn sleep_until(&self, deadline: Tick) {
        let _ = self.until(Some(deadline), std::future::pending::<()>()).await;
    }

    /// Lets the other ready tasks run first.
    pub async fn yield_now(&self) {
        let mut yielded = false;
        poll_fn(|_| {
            if yielded {
                return Poll::Ready(());
            }
            yielded = true;
            self.wake(self.current());
            Poll::Pending
        })
        .await;
    }
}
