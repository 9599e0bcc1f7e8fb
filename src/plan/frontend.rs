//! Frontends and what they listen on.
use super::{ConnectionMode, ForwardFor, Mode};
use crate::base::ids::{BackendId, FrontendId, ListenerId};
use crate::net::Namespace;
use crate::net::options::Probes;
use crate::rules::{Condition, Expect, Format, Program};
use crate::syntax::Span;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenerAddr {
    Inet(SocketAddr),
    Unix(PathBuf),
    /// Linux abstract socket, without its leading NUL.
    Abstract(Vec<u8>),
    /// A descriptor that was inherited.
    Fd(i32),
}

/// Which threads accept from a listener, over how many sockets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// A bit a thread; 0: all.
    pub threads: u64,
    /// 0: one for each thread.
    pub sockets: u32,
}

impl Spread {
    /// The threads of a process of so many.
    pub fn members(self, threads: usize) -> Vec<usize> {
        (0..threads).filter(|n| self.threads == 0 || self.threads >> n & 1 == 1).collect()
    }
}

/// One address of a `bind` line (port ranges and address lists are expanded).
#[derive(Clone, Debug)]
pub struct Listener {
    pub id: ListenerId,
    pub frontend: FrontendId,
    /// HAProxy's `id` (`so_id`), from 1 in a frontend.
    pub uuid: u32,
    pub name: Option<String>,
    pub addr: ListenerAddr,
    pub maxconn: Option<u32>,
    pub backlog: Option<u32>,
    pub interface: Option<String>,
    pub mode: Option<u32>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    /// `v6only` or `v4v6`; `None`: as the system is set.
    pub v6only: Option<bool>,
    pub transparent: bool,
    pub defer_accept: bool,
    pub tcp_user_timeout: Option<Duration>,
    pub mss: Option<i32>,
    pub tfo: bool,
    /// Headers that must come before a connection's own bytes.
    pub expect: Expect,
    /// What a header of NetScaler begins with.
    pub netscaler_magic: u32,
    /// `option clitcpka`: silent clients are probed.
    pub probes: Option<Probes>,
    pub namespace: Option<Namespace>,
    pub spread: Spread,
    /// `tcp-md5sig`.
    pub md5_key: Option<Vec<u8>>,
    /// `option socket-stats`: it is counted for itself.
    pub counted: bool,
    /// What it is called in statistics files (`guid-prefix`).
    pub guid: Option<String>,
    pub at: Span,
}

/// Where a `use_backend` leads.
#[derive(Debug)]
pub enum BackendTarget {
    Fixed(BackendId),
    /// A log-format name, evaluated per request; no such backend means the next rule.
    ByName(Format),
}

/// One `use_backend` line.
#[derive(Debug)]
pub struct UseBackend {
    pub condition: Option<Condition>,
    pub target: BackendTarget,
    pub at: Span,
    /// The line as written, for `explain`.
    pub text: String,
}

/// Custom error pages (`errorfile`, `errorloc`): status → whole HTTP answer as read.
#[derive(Clone, Debug, Default)]
pub struct ErrorPages {
    pub pages: Vec<(u16, Arc<[u8]>)>,
}

impl ErrorPages {
    /// The last page of a status wins.
    pub fn put(&mut self, status: u16, page: Arc<[u8]>) {
        self.pages.retain(|(s, _)| *s != status);
        self.pages.push((status, page));
    }

    /// The page for a status, where one was configured.
    #[must_use]
    pub fn get(&self, status: u16) -> Option<&Arc<[u8]>> {
        self.pages.iter().find(|(s, _)| *s == status).map(|(_, page)| page)
    }
}

/// `timeout` lines of a frontend; `None` waits for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrontendTimeouts {
    pub client: Option<Duration>,
    /// `timeout http-request`: to the end of the head. Without it `client` holds.
    pub http_request: Option<Duration>,
    /// `timeout http-keep-alive`: from an answer to the next request's first byte. Without it `http_request`, then `client`.
    pub http_keep_alive: Option<Duration>,
    pub client_fin: Option<Duration>,
    /// `timeout tarpit`, without it `timeout connect`.
    pub tarpit: Option<Duration>,
}

/// A `frontend`, or the frontend half of a `listen`.
#[derive(Debug)]
pub struct Frontend {
    pub name: String,
    /// HAProxy's numeric id (`iid`).
    pub uuid: u32,
    /// What it is called in statistics files, whatever the file calls it (`guid`).
    pub guid: Option<String>,
    /// `description`: for people.
    pub description: Option<String>,
    pub mode: Mode,
    pub disabled: bool,
    pub maxconn: Option<u32>,
    pub backlog: Option<u32>,
    pub listeners: Vec<ListenerId>,
    pub timeouts: FrontendTimeouts,
    pub connection_mode: ConnectionMode,
    pub forward_for: Option<ForwardFor>,
    /// `http-request` rules.
    pub http_request: Program,
    /// `redirect` rules: looked at after `http_request`.
    pub redirects: Program,
    /// `http-response` rules.
    pub http_response: Program,
    /// `tcp-request connection` rules.
    pub tcp_request_connection: Program,
    /// `tcp-request session` rules.
    pub tcp_request_session: Program,
    /// `tcp-request content` rules.
    pub inspection: Option<Box<super::Inspection>>,
    pub use_backend: Vec<UseBackend>,
    pub default_backend: Option<BackendId>,
    /// The backend half of the same `listen`: its rules are this frontend's, and run once.
    pub own_backend: Option<BackendId>,
    pub monitor_uri: Option<Vec<u8>>,
    /// `monitor fail if …`.
    pub monitor_fail: Vec<Condition>,
    pub error_pages: ErrorPages,
    /// Its statistics page.
    pub stats: Option<Arc<super::StatsPage>>,
    /// `option http-use-proxy-header`, `accept-invalid-http-request`, …: those that change the data path.
    pub accept_invalid_http_request: bool,
    /// What is written down of its exchanges; `None`: nothing.
    pub recording: Option<Box<super::logging::Recording>>,
    /// Where its events are told.
    pub log_set: super::logging::LogSetId,
    pub tcp_nodelay: bool,
    pub http_no_delay: bool,
    /// `option tcpka` / `clitcpka`.
    pub tcp_keepalive: bool,
    pub ignore_probes: bool,
    pub manners: super::Manners,
    pub at: Span,
}
