//! What an operator is shown of an exchange that is under way: the cores write it down when they are asked, the control thread
//! makes text of it (management manual 9.3, `show sess`).
use crate::base::ids::{BackendId, FrontendId, ServerId};
use crate::base::time::Tick;
use std::net::SocketAddr;
use std::time::Duration;

/// How far an exchange has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// The rules look at it, or wait for more of it.
    #[default]
    Request,
    /// It is kept waiting before it is refused.
    Tarpit,
    /// It waits for a place on a server.
    Queue,
    /// A connection to its server is being made.
    Connect,
    /// The connection was refused; it waits before the next attempt.
    TurnAround,
    /// The request is on its way, no answer is there.
    Answer,
    /// An answer passes.
    Body,
    /// Bytes pass both ways.
    Tunnel,
}

/// Names an exchange of one process: the core, the place in its list, and which of those that had this place it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionId {
    pub core: u8,
    /// Below 2^24.
    pub place: u32,
    pub turn: u32,
}

impl SessionId {
    /// The number that stands for it; never 0.
    #[must_use]
    pub fn number(self) -> u64 {
        (u64::from(self.core) + 1) << 56 | u64::from(self.place & 0xff_ffff) << 32 | u64::from(self.turn)
    }

    /// Whom a number names, wherever it came from.
    #[must_use]
    pub fn of(number: u64) -> Option<SessionId> {
        let core = u8::try_from((number >> 56).checked_sub(1)?).ok()?;
        Some(SessionId { core, place: (number >> 32) as u32 & 0xff_ffff, turn: number as u32 })
    }
}

/// One side's connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Half {
    pub fd: i32,
    /// Our end.
    pub local: Option<SocketAddr>,
    /// Bytes that were received and not taken yet, and bytes that are to be sent.
    pub unread: usize,
    pub unsent: usize,
    /// The peer has ended its side.
    pub ended: bool,
}

/// An exchange: a request and its answer, or a TCP connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub frontend: FrontendId,
    /// The listener's id of the configuration (`so_id`).
    pub listener: u32,
    pub backend: Option<BackendId>,
    pub server: Option<ServerId>,
    /// The client's address; `None` for unix sockets.
    pub src: Option<SocketAddr>,
    /// Its first byte, or the connection's begin.
    pub began: Tick,
    pub stage: Stage,
    /// Attempts to connect that were repeated.
    pub retries: u32,
    /// Bytes that went to the server, and to the client.
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// An operator has ended it.
    pub killed: bool,
    /// When it stops waiting for what it waits for now.
    pub expires: Option<Tick>,
    pub client: Half,
    pub upstream: Option<Half>,
}

/// Which sessions are asked for, and in which form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// All that is known of each, in several lines.
    pub long: bool,
    /// Only those that began at least so long ago.
    pub older: Option<Duration>,
    /// Only those that wait without a limit, or beyond it.
    pub suspicious: bool,
    pub frontend: Option<FrontendId>,
    pub backend: Option<BackendId>,
    pub server: Option<ServerId>,
}

impl Wanted {
    /// Whether a session is asked for.
    #[must_use]
    pub fn takes(&self, session: &Session, now: Tick) -> bool {
        self.older.is_none_or(|age| now.since(session.began) >= age)
            && !(self.suspicious && session.expires.is_some_and(|at| at > now))
            && self.frontend.is_none_or(|f| f == session.frontend)
            && self.backend.is_none_or(|b| session.backend == Some(b))
            && self.server.is_none_or(|s| session.server == Some(s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_name_sessions_and_garbage_names_none_or_another() {
        for id in [
            SessionId { core: 0, place: 0, turn: 1 },
            SessionId { core: 254, place: 0xff_ffff, turn: u32::MAX },
            SessionId { core: 7, place: 20_000, turn: 3 },
        ] {
            assert_eq!(SessionId::of(id.number()), Some(id));
        }
        assert_eq!((SessionId::of(0), SessionId::of(0xffff_ffff)), (None, None));
        assert!(SessionId::of(u64::MAX).is_some());
    }
}
