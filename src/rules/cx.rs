//! Where a word and a session meet: everything a rule may look at or change.
use crate::base::ids::{BackendId, FrontendId, ServerId};
use crate::base::time::Tick;
use crate::proto::http::{RequestHead, ResponseHead};
use std::net::{IpAddr, SocketAddr};
use std::time::SystemTime;

/// What is known of a connection for its whole life. Unix sockets have no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnInfo {
    pub src: Option<SocketAddr>,
    pub dst: Option<SocketAddr>,
    pub frontend: FrontendId,
    /// The listener's HAProxy id (`so_id`).
    pub listener_id: u32,
    pub accepted: Tick,
    /// What `set-dst` and `set-dst-port` put in place of `dst`.
    pub redirected: super::Redirected,
    /// Variables of the connection and of the present request.
    pub vars: super::Vars,
    /// Where the inspection of its bytes stands.
    pub inspect: super::Inspect,
    /// What stood before its own bytes.
    pub handshake: super::Handshake,
    /// What log lines say of the present exchange.
    pub record: super::record::Slot,
}

impl ConnInfo {
    /// A connection to a listener of a frontend of which nothing else is known.
    #[must_use]
    pub fn at(frontend: FrontendId, listener_id: u32, accepted: Tick) -> ConnInfo {
        ConnInfo {
            src: None,
            dst: None,
            frontend,
            listener_id,
            accepted,
            redirected: Default::default(),
            vars: Default::default(),
            inspect: Default::default(),
            handshake: Default::default(),
            record: Default::default(),
        }
    }

    /// The destination in force.
    #[must_use]
    pub fn dst(&self) -> Option<SocketAddr> {
        self.redirected.get().or(self.dst)
    }
}

/// Live state that rules read: the newest World and the counters, without naming them.
pub trait Facts {
    /// Usable servers of a backend (`nbsrv`).
    fn usable_servers(&self, backend: BackendId) -> u32;
    /// Whether a server is usable (`srv_is_up`).
    fn server_up(&self, server: ServerId) -> bool;
    /// Current sessions of a backend (`be_conn`).
    fn backend_sessions(&self, backend: BackendId) -> u64;
    /// Current sessions of a frontend (`fe_conn`).
    fn frontend_sessions(&self, frontend: FrontendId) -> u64;
    /// Current sessions of a server (`srv_conn`).
    fn server_sessions(&self, server: ServerId) -> u64;
    /// Requests that wait in a backend's queues (`queue`).
    fn backend_queued(&self, backend: BackendId) -> u64;
    /// Free connection and queue slots (`connslots`); `None` without a limit.
    fn connection_slots(&self, backend: BackendId) -> Option<u64>;
    /// Sessions of the process (`nbconn`-like words).
    fn process_sessions(&self) -> u64;
    /// A frontend's name (`fe_name`).
    fn frontend_name(&self, frontend: FrontendId) -> &str;
    /// A backend's name (`be_name`).
    fn backend_name(&self, backend: BackendId) -> &str;
    /// A server's name (`srv_name`).
    fn server_name(&self, server: ServerId) -> &str;
    /// HAProxy's numeric ids: of a frontend, a backend, a server (`fe_id`, `be_id`, `srv_id`).
    fn frontend_uuid(&self, frontend: FrontendId) -> u32;
    fn backend_uuid(&self, backend: BackendId) -> u32;
    fn server_uuid(&self, server: ServerId) -> u32;
    /// The lists of patterns, where an operator has changed any.
    fn lists(&self) -> Option<&super::list::Lists> {
        None
    }
    /// The lists of patterns as they are now, changed or not.
    fn all_lists(&self) -> Option<&super::list::Lists> {
        None
    }
    /// The wall clock, read once a turn (`date`).
    fn wall_clock(&self) -> SystemTime;
    /// The variables of the process.
    fn process_values(&self) -> Option<&crate::share::vars::ProcessValues> {
        None
    }
    /// What a health check has received (`res.payload` in its lines); nothing outside of one.
    fn check_input(&self) -> &[u8] {
        b""
    }
    /// A variable of a health check (`var(check.…)` in its lines); none outside of one.
    fn check_variable(&self, _name: &str) -> Option<super::Sample<'_>> {
        None
    }
}

/// What rules ask of the request's way to a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Not sent again once it was sent (`disable-l7-retry`).
    pub no_l7_retry: bool,
    /// The class in the queue, lower ones first (`set-priority-class`).
    pub class: i32,
    /// Milliseconds by which it stands later in its class (`set-priority-offset`).
    pub offset: i32,
    /// The client waits before it gets the answer that the rules have for it (`tarpit`).
    pub tarpit: bool,
    /// A rule that fails is passed over (`strict-mode off`), up to the end of its ruleset.
    pub lax: bool,
    /// How many rules have failed.
    pub failed_rewrites: u8,
}

/// The evaluation context of one rule step.
pub struct Cx<'a> {
    pub conn: &'a ConnInfo,
    pub req: Option<&'a mut RequestHead>,
    pub res: Option<&'a mut ResponseHead>,
    /// Bytes in the buffer: a connection's own, or those behind the request's head as they came. See [`Cx::body`].
    pub req_body: &'a [u8],
    /// The request is the first of its connection.
    pub first_request: bool,
    pub backend: Option<BackendId>,
    pub server: Option<ServerId>,
    pub facts: &'a dyn Facts,
    pub wishes: Wishes,
}

impl Cx<'_> {
    /// The request's head, where there is one.
    #[must_use]
    pub fn request(&self) -> Option<&RequestHead> {
        self.req.as_deref()
    }

    /// The answer's head, where there is one.
    #[must_use]
    pub fn response(&self) -> Option<&ResponseHead> {
        self.res.as_deref()
    }

    /// The client's address.
    #[must_use]
    pub fn src_ip(&self) -> Option<IpAddr> {
        self.conn.src.map(|a| a.ip())
    }
}

/// Who watches rules being looked at: `ringmain explain`. The data path watches with [`NoTrace`], which costs nothing.
pub trait Trace {
    /// A rule at `at` was looked at; `taken` says whether its condition held.
    fn rule(&mut self, at: crate::syntax::Span, what: &str, taken: bool);
}

/// Watches nothing.
pub struct NoTrace;

impl Trace for NoTrace {
    #[inline]
    fn rule(&mut self, _at: crate::syntax::Span, _what: &str, _taken: bool) {}
}
