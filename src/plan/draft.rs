//! What the text said, with spans: filled by the rows of `vocab` line by line, then resolved into a Plan by `config`.
//! "Last one wins", `no option` and `defaults` live here; names are still text.
use super::check::{CheckDraft, WatchDraft};
use super::frontend::{ErrorPages, ListenerAddr};
use super::global::{Global, Log};
use super::{Balance, ConnectionMode, ForwardFor, Mode, Reuse, ServerAddr};
use crate::net::Namespace;
use crate::net::options::Probes;
use crate::proto::text::FieldName;
use crate::rules::{Condition, Expect, Format, Rule};
use crate::syntax::{Line, Span};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Everything the files said.
#[derive(Debug, Default)]
pub struct Draft {
    pub global: Global,
    /// `defaults`, `frontend`, `backend` and `listen` sections in the order of their lines. While a section of these is
    /// read, it is the last one.
    pub proxies: Vec<ProxyDraft>,
    /// Words that were accepted although they have no meaning in this engine, with their first place.
    pub pointless: Vec<(String, Span)>,
    /// Words that only mean something with TLS, with their first place.
    pub without_tls: Vec<(String, Span)>,
    /// Where relative paths of TLS begin.
    pub tls_bases: TlsBases,
    /// Errors that HAProxy finds only when every section is read.
    pub late: Vec<crate::syntax::Diag>,
    /// Where `user`/`uid` and `group`/`gid` were given first.
    pub uid_given: bool,
    pub gid_given: bool,
    pub stats_maxconn_given: bool,
    /// `unix-bind`: what every Unix listener inherits.
    pub unix_bind: UnixBind,
    /// `resolvers` sections; while one is read, it is the last one.
    pub resolvers: Vec<super::Resolvers>,
    /// `http-errors` sections; while one is read, it is the last one.
    pub http_errors: Vec<super::http_errors::HttpErrors>,
    /// `log-profile` sections; while one is read, it is the last one.
    pub log_profiles: Vec<super::logging::ProfileDraft>,
    /// `ring` sections; while one is read, it is the last one.
    pub rings: Vec<super::ring::Draft>,
}

impl Draft {
    /// Notes a word that has no meaning in this engine.
    pub fn note_pointless(&mut self, word: &str, at: Span) {
        if self.pointless.iter().all(|(name, _)| name != word) {
            self.pointless.push((word.to_owned(), at));
        }
    }
}

/// `ca-base`, `crt-base` and `key-base` in `global`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsBases {
    pub authorities: Option<String>,
    pub certificates: Option<String>,
    pub keys: Option<String>,
}

/// `unix-bind` in `global`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnixBind {
    pub prefix: Option<String>,
    pub mode: Option<u32>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
}

/// What a proxy section is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyKind {
    Defaults,
    Frontend,
    Backend,
    Listen,
}

impl ProxyKind {
    /// The section's keyword, which is also what HAProxy calls it in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ProxyKind::Defaults => "defaults",
            ProxyKind::Frontend => "frontend",
            ProxyKind::Backend => "backend",
            ProxyKind::Listen => "listen",
        }
    }

    /// HAProxy's name of a finished proxy: a `listen` is a `proxy`.
    #[must_use]
    pub const fn type_name(self) -> &'static str {
        match self {
            ProxyKind::Listen => "proxy",
            other => other.name(),
        }
    }

    #[must_use]
    pub const fn has_frontend(self) -> bool {
        matches!(self, ProxyKind::Frontend | ProxyKind::Listen)
    }

    #[must_use]
    pub const fn has_backend(self) -> bool {
        matches!(self, ProxyKind::Backend | ProxyKind::Listen)
    }
}

/// One proxy section.
#[derive(Debug)]
pub struct ProxyDraft {
    pub kind: ProxyKind,
    /// Empty for anonymous `defaults`.
    pub name: String,
    /// The section's line.
    pub at: Span,
    pub settings: Settings,
    pub id: Option<u32>,
    pub description: Option<String>,
    pub guid: Option<String>,
    pub binds: Vec<BindDraft>,
    pub servers: Vec<ServerDraft>,
    pub rules: RulesDraft,
    pub persistence: super::persist::Draft,
    pub captures: super::logging::Captures,
    pub use_backend: Vec<UseBackendDraft>,
    /// `use-server` lines; the name is a server's.
    pub use_server: Vec<UseBackendDraft>,
    pub monitor_fail: Vec<Condition>,
    /// `stats admin` and `stats http-request`.
    pub stats_admin: Vec<Condition>,
    pub stats_rules: Vec<super::stats::AccessRule>,
    /// The names and places of the `acl` lines.
    pub acl_lines: Vec<(String, Span)>,
    /// Rule lines (with their `acl` lines) of a `defaults` section: each proxy that uses it parses them anew, since names
    /// in them mean that proxy.
    pub rule_lines: Vec<Line>,
    /// The `defaults` section this one took its settings from: index into [`Draft::proxies`].
    pub from: Option<usize>,
    /// Whether `from` was written.
    pub from_explicit: bool,
}

impl ProxyDraft {
    /// An empty section with the given settings.
    #[must_use]
    pub fn new(kind: ProxyKind, name: &str, at: Span, settings: Settings) -> ProxyDraft {
        ProxyDraft {
            kind,
            name: name.to_owned(),
            at,
            settings,
            id: None,
            description: None,
            guid: None,
            binds: Vec::new(),
            servers: Vec::new(),
            rules: RulesDraft::default(),
            persistence: super::persist::Draft::default(),
            captures: Default::default(),
            use_backend: Vec::new(),
            use_server: Vec::new(),
            monitor_fail: Vec::new(),
            stats_admin: Vec::new(),
            stats_rules: Vec::new(),
            acl_lines: Vec::new(),
            rule_lines: Vec::new(),
            from: None,
            from_explicit: false,
        }
    }
}

/// The rule sets of a proxy, each in the order of its lines.
#[derive(Debug, Default)]
pub struct RulesDraft {
    pub tcp_request_connection: Vec<Rule>,
    pub tcp_request_session: Vec<Rule>,
    pub tcp_request_content: Vec<Rule>,
    /// Those of a `listen` a second time, as below.
    pub tcp_request_content_backend: Vec<Rule>,
    pub http_request: Vec<Rule>,
    pub http_response: Vec<Rule>,
    pub redirects: Vec<Rule>,
    /// The rules of a `listen` a second time: they run where it is the backend of another frontend.
    pub http_request_backend: Vec<Rule>,
    pub http_response_backend: Vec<Rule>,
    pub redirects_backend: Vec<Rule>,
    /// How many of `http_request` came from `defaults`.
    pub inherited_http_request: usize,
}

impl RulesDraft {
    /// Every rule.
    pub fn all(&self) -> impl Iterator<Item = &Rule> {
        let front = self.tcp_request_connection.iter().chain(&self.http_request).chain(&self.http_response);
        let back = self
            .http_request_backend
            .iter()
            .chain(&self.http_response_backend)
            .chain(&self.redirects_backend);
        let tcp = self.tcp_request_session.iter().chain(&self.tcp_request_content);
        let tcp = tcp.chain(&self.tcp_request_content_backend);
        front.chain(&self.redirects).chain(back).chain(tcp)
    }
}

/// `use_backend`.
#[derive(Debug)]
pub struct UseBackendDraft {
    pub name: String,
    /// Where the name is a log-format string, its pieces.
    pub dynamic: Option<Format>,
    pub condition: Option<Condition>,
    pub at: Span,
    pub name_at: Span,
    pub text: String,
}

/// A name and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    pub at: Span,
}

/// What `defaults` pass on to proxies.
#[derive(Clone, Debug)]
pub struct Settings {
    pub mode: Mode,
    pub disabled: bool,
    pub flags: Flags,
    pub connection_mode: ConnectionMode,
    pub timeouts: Timeouts,
    pub maxconn: Option<u32>,
    pub backlog: Option<u32>,
    pub fullconn: Option<u32>,
    pub balance: Balance,
    /// `load-server-state-from-file` and `server-state-file-name`.
    pub load_state: super::remembered::LoadState,
    pub state_file: Option<String>,
    pub reuse: Reuse,
    pub persistence: super::persist::Settings,
    pub retries: u32,
    pub retry_on: super::RetryOn,
    /// `option redispatch`: as [`super::Backend::redispatch`].
    pub redispatch: i32,
    pub forward_for: Option<ForwardFor>,
    pub default_backend: Option<Named>,
    pub monitor_uri: Option<Vec<u8>>,
    pub error_pages: ErrorPages,
    pub stats: super::stats::StatsSettings,
    pub errorfiles: Vec<super::http_errors::ErrorFiles>,
    /// `log global`.
    pub log_global: bool,
    pub logs: Vec<Log>,
    pub log_tag: Option<String>,
    /// `option httplog` or `tcplog`, which override each other.
    pub log_format: Option<LogFormat>,
    pub log_format_at: Option<Span>,
    pub logging: super::logging::Draft,
    pub log_at: Option<Span>,
    pub check: CheckDraft,
    pub default_server: ServerSettings,
    pub source: Option<SocketAddr>,
    pub source_interface: Option<String>,
    /// `source … usesrc`.
    pub usesrc: Option<super::line::UseSource>,
    /// `clitcpka-cnt` and its sisters.
    pub client_probes: Probes,
    /// `srvtcpka-cnt` and its sisters.
    pub server_probes: Probes,
    pub send_name_header: Option<FieldName>,
    /// `tcp-request inspect-delay`.
    pub inspect_delay: Option<Duration>,
    pub grace: Option<Duration>,
    pub original_to: Option<ForwardFor>,
    /// `option forwarded`.
    pub forwarded: Option<std::sync::Arc<crate::rules::forwarded::Forwarded>>,
    pub rate_limit: Option<u32>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            mode: Mode::default(),
            disabled: false,
            flags: Flags::default(),
            connection_mode: ConnectionMode::default(),
            timeouts: Timeouts::default(),
            maxconn: None,
            backlog: None,
            fullconn: None,
            balance: Balance::default(),
            load_state: super::remembered::LoadState::default(),
            state_file: None,
            reuse: Reuse::default(),
            persistence: super::persist::Settings::default(),
            retries: 3,
            retry_on: super::RetryOn::default(),
            redispatch: 0,
            forward_for: None,
            default_backend: None,
            monitor_uri: None,
            error_pages: ErrorPages::default(),
            stats: super::stats::StatsSettings::default(),
            errorfiles: Vec::new(),
            log_global: false,
            logs: Vec::new(),
            log_tag: None,
            log_format: None,
            log_format_at: None,
            logging: Default::default(),
            log_at: None,
            check: CheckDraft::default(),
            default_server: ServerSettings::default(),
            source: None,
            source_interface: None,
            usesrc: None,
            client_probes: Probes::default(),
            server_probes: Probes::default(),
            send_name_header: None,
            inspect_delay: None,
            grace: None,
            original_to: None,
            forwarded: None,
            rate_limit: None,
        }
    }
}

/// What a log line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Http,
    /// `option httplog clf`.
    Clf,
    Tcp,
    /// `option httpslog`.
    Https,
    /// `log-format`.
    Own,
}

impl LogFormat {
    /// As HAProxy names it in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            LogFormat::Http => "option httplog",
            LogFormat::Clf => "option httplog clf",
            LogFormat::Tcp => "option tcplog",
            LogFormat::Https => "option httpslog",
            LogFormat::Own => "log-format",
        }
    }
}

/// Options that are on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Flag {
    AbortOnClose,
    AllBackups,
    ClientKeepalive,
    ServerKeepalive,
    DontLogNormal,
    DontLogNull,
    HttpNoDelay,
    IgnoreProbes,
    LogHealthChecks,
    PreferLastServer,
    Persist,
    LogAsap,
    LogSeparateErrors,
    NoLinger,
    PretendKeepalive,
    CheckCache,
    SocketStats,
}

/// A set of [`Flag`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u64);

impl Flags {
    #[must_use]
    pub const fn has(self, flag: Flag) -> bool {
        self.0 & (1 << flag as u8) != 0
    }

    pub const fn set(&mut self, flag: Flag, on: bool) {
        let bit = 1 << flag as u8;
        self.0 = if on { self.0 | bit } else { self.0 & !bit };
    }
}

/// Every `timeout`, as given in a section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    pub client: Option<Duration>,
    pub client_fin: Option<Duration>,
    pub http_request: Option<Duration>,
    pub http_keep_alive: Option<Duration>,
    pub connect: Option<Duration>,
    pub server: Option<Duration>,
    pub server_fin: Option<Duration>,
    pub queue: Option<Duration>,
    pub check: Option<Duration>,
    pub tunnel: Option<Duration>,
    pub tarpit: Option<Duration>,
}

/// One `bind` line.
#[derive(Clone, Debug)]
pub struct BindDraft {
    /// Expanded: one for each address and port.
    pub addrs: Vec<ListenerAddr>,
    /// As written, for messages.
    pub text: String,
    pub at: Span,
    pub name: Option<String>,
    pub id: Option<u32>,
    pub maxconn: Option<u32>,
    pub backlog: Option<u32>,
    pub interface: Option<String>,
    pub mode: Option<u32>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub v4v6: bool,
    pub v6only: bool,
    pub transparent: bool,
    pub defer_accept: bool,
    pub tcp_user_timeout: Option<Duration>,
    pub mss: Option<i32>,
    pub tfo: bool,
    pub expect: Expect,
    pub netscaler_magic: u32,
    pub namespace: Option<Namespace>,
    pub spread: super::frontend::Spread,
    pub md5_key: Option<Vec<u8>>,
    pub guid_prefix: Option<String>,
    pub level: Option<u8>,
    /// `severity-output`.
    pub severity: Option<super::global::SeverityOutput>,
    pub expose_fd_listeners: bool,
}

impl BindDraft {
    /// A line without parameters.
    #[must_use]
    pub fn new(addrs: Vec<ListenerAddr>, text: &str, at: Span) -> BindDraft {
        BindDraft {
            addrs,
            text: text.to_owned(),
            at,
            name: None,
            id: None,
            maxconn: None,
            backlog: None,
            interface: None,
            mode: None,
            uid: None,
            gid: None,
            v4v6: false,
            v6only: false,
            transparent: false,
            defer_accept: false,
            tcp_user_timeout: None,
            mss: None,
            tfo: false,
            expect: Expect::default(),
            netscaler_magic: 0,
            namespace: None,
            spread: Default::default(),
            md5_key: None,
            guid_prefix: None,
            level: None,
            severity: None,
            expose_fd_listeners: false,
        }
    }
}

/// One `server` line.
#[derive(Clone, Debug)]
pub struct ServerDraft {
    pub name: String,
    pub at: Span,
    pub name_at: Span,
    pub addr: ServerAddress,
    /// The host name that was looked up.
    pub hostname: Option<String>,
    pub settings: ServerSettings,
    pub id: Option<u32>,
    /// No address was found at the start, and `init-addr` allows that.
    pub unresolved: bool,
    /// What a state file says of it.
    pub remembered: Option<Box<super::remembered::Remembered>>,
}

/// A server's address before host names are looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerAddress {
    Known(ServerAddr),
    /// A host name with its port or offset.
    Host {
        name: String,
        port: PortSpec,
        family: Family,
        at: Span,
    },
}

/// What stands behind a server's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortSpec {
    Fixed(u16),
    /// The client's destination port plus this (no port: 0).
    Offset(i32),
}

/// Which addresses of a host name do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    Any,
    V4,
    V6,
}

/// The parameters of a server, which `default-server` passes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSettings {
    pub check: bool,
    pub inter: Duration,
    pub fastinter: Option<Duration>,
    pub downinter: Option<Duration>,
    pub rise: u32,
    pub fall: u32,
    pub check_port: Option<u16>,
    pub check_addr: Option<IpAddr>,
    pub weight: u32,
    pub slowstart: Option<Duration>,
    pub hash_key: HashKey,
    pub backup: bool,
    pub disabled: bool,
    pub maxconn: Option<u32>,
    pub minconn: Option<u32>,
    pub maxqueue: Option<u32>,
    pub non_stick: bool,
    pub cookie: Option<String>,
    pub source: Option<SocketAddr>,
    pub interface: Option<String>,
    pub pool_max_conn: Option<u32>,
    pub pool_low_conn: u32,
    pub pool_purge_delay: Duration,
    pub max_reuse: Option<u32>,
    pub error_limit: Option<u32>,
    pub watching: WatchDraft,
    pub init_addr: Option<Vec<InitAddr>>,
    /// `resolvers`.
    pub resolvers: Option<String>,
    pub wishes: super::resolvers::Wishes,
    /// The rarer parameters.
    pub line: super::line::ServerLine,
}

/// `hash-key`: what the places of a server on a ring are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum HashKey {
    #[default]
    Id,
    Addr,
    AddrPort,
    Guid,
}

/// One method of `init-addr`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitAddr {
    Last,
    Libc,
    None,
    Ip(IpAddr),
}

impl Default for ServerSettings {
    fn default() -> ServerSettings {
        ServerSettings {
            check: false,
            inter: Duration::from_secs(2),
            fastinter: None,
            downinter: None,
            rise: 2,
            fall: 3,
            check_port: None,
            check_addr: None,
            weight: 1,
            slowstart: None,
            hash_key: HashKey::default(),
            backup: false,
            disabled: false,
            maxconn: None,
            minconn: None,
            maxqueue: None,
            non_stick: false,
            cookie: None,
            source: None,
            interface: None,
            pool_max_conn: None,
            pool_low_conn: 0,
            pool_purge_delay: Duration::from_secs(5),
            max_reuse: None,
            error_limit: None,
            watching: WatchDraft::default(),
            init_addr: None,
            resolvers: None,
            wishes: super::resolvers::Wishes::default(),
            line: super::line::ServerLine::default(),
        }
    }
}
