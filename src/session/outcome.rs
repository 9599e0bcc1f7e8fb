//! How an exchange ended: the status, whose fault, and the two termination characters of the log
//! (configuration manual, 8.5 "Session state at disconnection").

/// Who ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Client,
    Server,
    Proxy,
}

/// The end of one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The answer went to the client whole.
    Done { status: u16 },
    /// The proxy answered by itself on purpose: deny, redirect, monitor (`PR`, `LR`).
    Answered { status: u16, denied: bool },
    /// A rule could not write into the request what it was to (`PR`, 500).
    RewriteFailed,
    /// The request could not be read: 400, 414, 431, 501, 505 … (`PR`).
    BadRequest { status: u16 },
    /// The client sent no whole request in time (`cR`, 408).
    RequestTimeout,
    /// The client went away before its request was whole (`CR`, 400).
    ClientGoneInHead,
    /// The server is only redirected to (`redir`): the answer is ours (`LR`).
    ServerRedirect(crate::base::ids::ServerId),
    /// No server is up, or none is configured (`SC`, 503).
    NoServer,
    /// The time in the queue was up (`sQ`, 503).
    QueueTimeout,
    /// As many as may wait for the server already (`SQ`, 503).
    QueueFull,
    /// The client left the queue (`CQ`).
    ClientGoneInQueue,
    /// The client left while its server was being connected to (`CC`).
    ClientGoneInConnect,
    /// An operator ended it in the queue (`KQ`, 503).
    KilledInQueue,
    /// An operator ended it while its server was being connected to (`K-`, no answer).
    KilledInConnect,
    /// No connection to a server could be made (`SC`, 503) or not in time (`sC`, 503).
    ConnectFailed { timeout: bool },
    /// We had nothing to connect with: no port or address to come from, no memory (`RC`, 503), or no descriptor within the
    /// process's limit (`PC`, 503).
    NoResource { limit: bool },
    /// The server ended without an answer (`SH`, 502).
    ServerGoneInHead,
    /// The server's answer could not be read (`PH`, 502).
    BadAnswer,
    /// The server did not answer in time (`sH`, 504).
    ServerTimeout,
    /// An `http-response` rule denied the answer (`PH`).
    AnswerDenied { status: u16 },
    /// One side went away or fell silent while data passed (`CD`, `SD`, `cD`, `sD`); the answer's status went out.
    BrokenInData { side: Side, timeout: bool, status: u16 },
}

impl Outcome {
    /// The status that the client saw, or that the log shows (0: none).
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Outcome::Done { status }
            | Outcome::Answered { status, .. }
            | Outcome::BadRequest { status }
            | Outcome::AnswerDenied { status }
            | Outcome::BrokenInData { status, .. } => status,
            Outcome::ServerRedirect(_) => 302,
            Outcome::RequestTimeout => 408,
            Outcome::ClientGoneInHead => 400,
            Outcome::NoServer
            | Outcome::QueueTimeout
            | Outcome::QueueFull
            | Outcome::KilledInQueue
            | Outcome::NoResource { .. }
            | Outcome::ConnectFailed { .. } => 503,
            Outcome::ClientGoneInQueue | Outcome::ClientGoneInConnect | Outcome::KilledInConnect => 0,
            Outcome::ServerGoneInHead | Outcome::BadAnswer => 502,
            Outcome::RewriteFailed => 500,
            Outcome::ServerTimeout => 504,
        }
    }

    /// The first two termination characters.
    #[must_use]
    pub fn flags(self) -> &'static str {
        match self {
            Outcome::Done { .. } => "--",
            Outcome::Answered { denied: true, .. } | Outcome::BadRequest { .. } | Outcome::RewriteFailed => {
                "PR"
            }
            Outcome::Answered { denied: false, .. } | Outcome::ServerRedirect(_) => "LR",
            Outcome::RequestTimeout => "cR",
            Outcome::ClientGoneInHead => "CR",
            Outcome::NoServer | Outcome::ConnectFailed { timeout: false } => "SC",
            Outcome::ConnectFailed { timeout: true } => "sC",
            Outcome::QueueTimeout => "sQ",
            Outcome::QueueFull => "SQ",
            Outcome::ClientGoneInQueue => "CQ",
            Outcome::ClientGoneInConnect => "CC",
            Outcome::NoResource { limit: false } => "RC",
            Outcome::NoResource { limit: true } => "PC",
            Outcome::KilledInQueue => "KQ",
            Outcome::KilledInConnect => "K-",
            Outcome::ServerGoneInHead => "SH",
            Outcome::BadAnswer | Outcome::AnswerDenied { .. } => "PH",
            Outcome::ServerTimeout => "sH",
            Outcome::BrokenInData { side: Side::Client, timeout: false, .. } => "CD",
            Outcome::BrokenInData { side: Side::Client, timeout: true, .. } => "cD",
            Outcome::BrokenInData { side: Side::Server, timeout: false, .. } => "SD",
            Outcome::BrokenInData { side: Side::Server, timeout: true, .. } => "sD",
            Outcome::BrokenInData { side: Side::Proxy, .. } => "PD",
        }
    }
}
