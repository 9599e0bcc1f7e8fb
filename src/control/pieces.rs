//! Answers that come in pieces: a large one holds neither memory nor a thread.
use super::State;
use super::sessions::SessionWalk;

/// What an answer still has.
pub(super) enum Pieces {
    /// The control thread makes them itself.
    Made(Box<dyn Iterator<Item = String>>),
    /// The shards are asked for them.
    Sessions(SessionWalk),
}

impl Pieces {
    /// The next piece, which may be empty; `None` at the end.
    pub async fn next(&mut self, state: &State) -> Option<String> {
        match self {
            Pieces::Made(pieces) => pieces.next(),
            Pieces::Sessions(walk) => walk.next(state).await,
        }
    }
}
