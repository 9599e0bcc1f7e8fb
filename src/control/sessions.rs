//! Sessions by way of the shards: each walks its own list, a piece at a time, and runs its traffic between two pieces.
use super::State;
use crate::base::time::Tick;
use crate::observe::sessions as text;
use crate::session::{self, Local};
use crate::shard::ShardHandle;
use crate::share::sessions::{SessionId, Wanted};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::task::Poll;
use std::time::{Duration, Instant};

/// A shard answers within this, unless it is stuck or has ended.
const PATIENCE: Duration = Duration::from_secs(1);
/// The same where the control thread waits and does nothing else.
const SHORT: Duration = Duration::from_millis(200);

/// `show sess` on its way through the shards.
pub(super) struct SessionWalk {
    wanted: Wanted,
    /// Those that begin later are not shown: the list comes to an end however busy we are.
    until: Tick,
    /// The shard that is asked next, and the place in its list.
    at: (usize, usize),
}

impl SessionWalk {
    pub fn new(state: &State, wanted: Wanted) -> SessionWalk {
        SessionWalk { wanted, until: state.core.now(), at: (0, 0) }
    }

    /// The next piece of the text.
    pub async fn next(&mut self, state: &State) -> Option<String> {
        let (number, from) = self.at;
        let shard = state.shards.get(number)?;
        let until = self.until;
        let said = ask(state, shard, move |local| session::sessions(local, from, until)).await;
        let (found, next) = said.unwrap_or_default();
        self.at = next.map_or((number + 1, 0), |place| (number, place));
        let (world, now) = (state.published.load(), state.core.now());
        let mut out = String::new();
        for one in found.iter().filter(|one| self.wanted.takes(one, now)) {
            match self.wanted.long {
                true => text::long(&world, now, one, &mut out),
                false => text::short(&world, now, one, &mut out),
            }
        }
        Some(out)
    }
}

/// What a shard says; `None` when it does not in time.
async fn ask<T: Send + 'static>(
    state: &State,
    shard: &ShardHandle,
    question: impl FnOnce(&Local) -> T + Send + 'static,
) -> Option<T> {
    let answer = Arc::new(Mutex::new(None));
    let (notifier, task) = (state.core.notifier(), state.core.current());
    let theirs = answer.clone();
    shard.ask(question, move |said| {
        *theirs.lock().unwrap_or_else(PoisonError::into_inner) = Some(said);
        notifier.wake(task);
    });
    let said = poll_fn(|_| {
        let said = answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        said.map_or(Poll::Pending, Poll::Ready)
    });
    state.core.until(Some(state.core.now() + PATIENCE), said).await.ok()
}

impl State {
    /// All that is known of one session.
    pub(super) fn show_session(&self, id: SessionId) -> Option<String> {
        let one = self.ask_now(id, move |local| session::session(local, id)).flatten()?;
        let mut out = String::new();
        text::long(&self.published.load(), self.core.now(), &one, &mut out);
        Some(out)
    }

    /// Ends a session; false when there is none of this id.
    pub(super) fn shut_session(&self, id: SessionId) -> bool {
        self.ask_now(id, move |local| session::shut(local, id)).unwrap_or(false)
    }

    /// What each shard says; `None` where it does not in time, or has ended.
    pub(super) fn ask_all<T: Send + 'static>(&self, question: fn(&Local) -> T) -> Vec<Option<T>> {
        let (done, answers) = mpsc::channel();
        for (number, shard) in self.shards.iter().enumerate() {
            let done = done.clone();
            shard.ask(question, move |said| _ = done.send((number, said)));
        }
        drop(done);
        let mut all: Vec<Option<T>> = self.shards.iter().map(|_| None).collect();
        let until = Instant::now() + SHORT;
        while let Ok((number, said)) = answers.recv_timeout(until.saturating_duration_since(Instant::now())) {
            all[number] = Some(said);
        }
        all
    }

    /// Asks the session's shard and waits for a turn of it, not for traffic.
    fn ask_now<T: Send + 'static>(
        &self,
        id: SessionId,
        question: impl FnOnce(&Local) -> T + Send + 'static,
    ) -> Option<T> {
        let (done, answer) = mpsc::channel();
        self.shards.get(usize::from(id.core))?.ask(question, move |said| _ = done.send(said));
        answer.recv_timeout(SHORT).ok()
    }
}
