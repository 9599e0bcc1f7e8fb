//! Backends and servers.
use super::check::Watching;
use super::{CheckKind, ConnectionMode, ErrorPages, Mode};
use crate::base::ids::{BackendId, ServerId};
use crate::proto::text::FieldName;
use crate::rules::Program;
pub use crate::rules::balance::Scheme as Balance;
use crate::syntax::Span;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

/// `http-reuse` (manual 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Reuse {
    Never,
    #[default]
    Safe,
    Aggressive,
    Always,
}

/// `option forwardfor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardFor {
    /// Lower-case header name, `x-forwarded-for` by default.
    pub header: FieldName,
    /// `except NETWORK`: clients inside get no header.
    pub except: Option<(IpAddr, u8)>,
    /// `if-none`.
    pub if_none: bool,
}

/// `timeout` lines of a backend; `None` waits for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackendTimeouts {
    pub connect: Option<Duration>,
    pub server: Option<Duration>,
    /// Without it `connect` holds.
    pub queue: Option<Duration>,
    pub tunnel: Option<Duration>,
    pub server_fin: Option<Duration>,
    pub check: Option<Duration>,
    /// `timeout tarpit`, without it `timeout connect`.
    pub tarpit: Option<Duration>,
    /// `timeout http-request`/`http-keep-alive` of a backend hold where the frontend has none (a `listen`).
    pub http_request: Option<Duration>,
}

/// A `backend`, or the backend half of a `listen`.
#[derive(Debug)]
pub struct Backend {
    pub name: String,
    /// HAProxy's numeric id (`iid`).
    pub uuid: u32,
    /// What it is called in statistics files, whatever the file calls it (`guid`).
    pub guid: Option<String>,
    /// `description`: for people.
    pub description: Option<String>,
    pub mode: Mode,
    pub disabled: bool,
    /// Indexes into `Plan::servers`.
    pub servers: Range<u32>,
    pub balance: Balance,
    /// `use-server`, in the order of the lines.
    pub use_server: Vec<super::UseServer>,
    pub timeouts: BackendTimeouts,
    pub connection_mode: ConnectionMode,
    pub reuse: Reuse,
    pub prefer_last_server: bool,
    /// Cookies, stick rules and what forces or forbids them; `None` without any.
    pub persistence: Option<Box<super::persist::Persistence>>,
    /// `option forwarded`.
    pub forwarded: Option<std::sync::Arc<crate::rules::forwarded::Forwarded>>,
    pub forward_for: Option<ForwardFor>,
    /// `tcp-request content` rules.
    pub inspection: Option<Box<super::Inspection>>,
    pub http_request: Program,
    pub redirects: Program,
    pub http_response: Program,
    pub error_pages: ErrorPages,
    /// Its statistics page.
    pub stats: Option<std::sync::Arc<super::StatsPage>>,
    /// `retries`, 3 by default.
    pub retries: u32,
    pub retry_on: super::RetryOn,
    /// `option redispatch [N]`: 0 off, else the interval (-1: only the last retry).
    pub redispatch: i32,
    pub fullconn: Option<u32>,
    pub abort_on_close: bool,
    /// `option allbackups`.
    pub all_backups: bool,
    pub tcp_keepalive: bool,
    /// `http-send-name-header`, in lower case.
    pub send_name_header: Option<FieldName>,
    /// What its servers have of it.
    pub mould: Box<super::mould::Mould>,
    /// A server wants something of the request for its connection (`usesrc hdr_ip`, `set-proxy-v2-tlv-fmt`).
    pub notes_request: bool,
    pub log_health_checks: bool,
    /// Where the events of its servers are told.
    pub log_set: super::logging::LogSetId,
    pub accept_invalid_http_response: bool,
    pub manners: super::Manners,
    /// Whether its number was given (`id`).
    pub id_given: bool,
    pub at: Span,
}

impl Backend {
    /// Whether requests that wait for a server of their own go elsewhere when it goes (`option redispatch` without
    /// `option persist`).
    #[must_use]
    pub fn redistributes(&self) -> bool {
        self.redispatch != 0 && !self.persistence.as_ref().is_some_and(|p| p.although_down)
    }
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerAddr {
    Inet(SocketAddr),
    /// The client's destination port plus the offset (`+N`, `-N`, no port).
    InetRelative(IpAddr, i32),
    Unix(PathBuf),
    /// Linux abstract socket, without its leading NUL.
    Abstract(Vec<u8>),
}

/// `check` and its parameters on a server line (manual 5.2).
#[derive(Clone, Debug)]
pub struct Check {
    pub kind: CheckKind,
    /// 2 s by default.
    pub inter: Duration,
    pub fastinter: Option<Duration>,
    pub downinter: Option<Duration>,
    /// 2 by default.
    pub rise: u32,
    /// 3 by default.
    pub fall: u32,
    pub port: Option<u16>,
    pub addr: Option<IpAddr>,
    pub opening: super::check::Opening,
}

/// A `server` line.
#[derive(Debug)]
pub struct Server {
    pub id: ServerId,
    pub backend: BackendId,
    pub name: String,
    /// HAProxy's numeric id in its backend, from 1 (`sid`).
    pub uuid: u32,
    pub addr: ServerAddr,
    /// The name as written where it was a host name.
    pub hostname: Option<String>,
    /// 0 to 256.
    pub weight: u32,
    /// Where the keys of its places on a ring start (`hash-key`).
    pub places: u32,
    /// How long its weight grows after it came up.
    pub slowstart: Option<Duration>,
    pub backup: bool,
    /// Starts in maintenance (`disabled`).
    pub disabled: bool,
    pub maxconn: Option<u32>,
    /// The limit while the backend has little to do; it grows to `maxconn` with the load.
    pub minconn: Option<u32>,
    pub maxqueue: Option<u32>,
    pub check: Option<Check>,
    /// `non-stick`: stick rules store nothing about it.
    pub non_stick: bool,
    /// Agent, tracking, observed traffic.
    pub watching: Watching,
    /// `cookie` value.
    pub cookie: Option<String>,
    /// `source ADDR`.
    pub source: Option<SocketAddr>,
    pub interface: Option<String>,
    /// Most idle connections kept (`pool-max-conn`); `None` without a limit.
    pub pool_max_conn: Option<u32>,
    pub pool_purge_delay: Duration,
    pub max_reuse: Option<u32>,
    /// Its name is looked up while running.
    pub lookup: Option<Box<super::Lookup>>,
    /// Starts without an address (`init-addr none`).
    pub unresolved: bool,
    /// The rarer parameters, where the line has any.
    pub line: Option<Box<super::line::ServerLine>>,
    /// Whether its number was given (`id`).
    pub id_given: bool,
    /// What a state file says of it.
    pub remembered: Option<Box<super::remembered::Remembered>>,
    pub at: Span,
}

impl Server {
    /// Whether its connections want something of the request (`usesrc hdr_ip`, `set-proxy-v2-tlv-fmt`).
    #[must_use]
    pub fn notes_request(&self) -> bool {
        let by_field =
            |l: &super::line::ServerLine| matches!(l.usesrc, Some(super::line::UseSource::Header(..)));
        self.line.as_ref().is_some_and(|l| by_field(l) || !l.header.extensions.is_empty())
    }
}
