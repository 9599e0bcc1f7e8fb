//! The `global` section's meaning.
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// One `stats socket` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatsSocket {
    pub addr: super::ListenerAddr,
    /// 0 user, 1 operator, 2 admin.
    pub level: u8,
    pub mode: Option<u32>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub expose_fd_listeners: bool,
    pub severity: SeverityOutput,
}

/// What stands before messages of a statistics socket (`severity-output`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SeverityOutput {
    #[default]
    None,
    /// `[3]: `.
    Number,
    /// `[err]: `.
    Text,
}

impl SeverityOutput {
    /// That of a word; `None` for another.
    #[must_use]
    pub fn named(word: &str) -> Option<SeverityOutput> {
        match word {
            "none" => Some(SeverityOutput::None),
            "number" => Some(SeverityOutput::Number),
            "string" => Some(SeverityOutput::Text),
            _ => None,
        }
    }
}

/// Where a `log` line sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogTarget {
    Udp(SocketAddr),
    Unix(PathBuf),
    Fd(i32),
    /// A ring's name.
    Ring(String),
    /// A stream through a ring of its own, which the Plan has in its place.
    Stream(super::ServerAddr),
}

/// One `log` line with its own parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    pub target: LogTarget,
    /// `profile`: a `log-profile` section's name.
    pub profile: Option<String>,
    /// The line: proxies that inherit it share what belongs to it.
    pub at: crate::syntax::Span,
    pub len: u32,
    pub format: String,
    pub sample: Option<(String, u32)>,
    /// 0 to 23.
    pub facility: u8,
    /// 0 (emerg) to 7 (debug).
    pub level: u8,
    pub min_level: u8,
}

/// One `cpu-map` line, expanded: thread (from 0) → cpus.
pub type CpuMap = Vec<(usize, Vec<usize>)>;

/// The `global` section.
#[derive(Clone, Debug)]
pub struct Global {
    pub daemon: bool,
    pub master_worker: bool,
    /// As configured; `None` lets the start derive it from the descriptor limit.
    pub maxconn: Option<u32>,
    /// `maxconnrate`: so many new connections of the process a second.
    pub maxconnrate: Option<u32>,
    /// `maxsessrate`: so many new sessions of the process a second.
    pub maxsessrate: Option<u32>,
    /// `ulimit-n`.
    pub ulimit_n: Option<u32>,
    /// `fd-hard-limit`: no more descriptors than these.
    pub fd_hard_limit: Option<u32>,
    pub nbthread: Option<usize>,
    pub cpu_map: CpuMap,
    pub chroot: Option<PathBuf>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub pidfile: Option<PathBuf>,
    pub stats_sockets: Vec<StatsSocket>,
    pub stats_timeout: Option<Duration>,
    pub stats_maxconn: Option<u32>,
    pub strict_limits: bool,
    pub hard_stop_after: Option<Duration>,
    pub grace: Option<Duration>,
    pub logs: Vec<Log>,
    pub log_tag: Option<String>,
    pub log_send_hostname: Option<String>,
    pub node: Option<String>,
    pub description: Option<String>,
    /// `stats-file`: the counters to begin with.
    pub stats_file: Option<super::StatsFile>,
    pub quiet: bool,
    /// `zero-warning`: any warning refuses the start.
    pub zero_warning: bool,
    /// `master-worker no-exit-on-failure`.
    pub no_exit_on_failure: bool,
    /// Percent of the interval by which checks move to and fro.
    pub spread_checks: u32,
    /// `max-spread-checks`: the longest time over which the first checks are spread.
    pub max_spread_checks: Option<Duration>,
    /// `external-check`: programs may be run as checks.
    pub external_check: bool,
    /// `insecure-fork-wanted`.
    pub insecure_fork_wanted: bool,
    /// `tune.bufsize`.
    pub bufsize: Option<u32>,
    /// `tune.maxrewrite`.
    pub maxrewrite: Option<u32>,
    /// `tune.http.maxhdr`.
    pub max_headers: Option<u32>,
    /// `tune.http.logurilen`, in bytes.
    pub line_bytes: usize,
    /// `tune.http.cookielen`, in bytes.
    pub cookie_bytes: usize,
    /// `tune.maxaccept`.
    pub maxaccept: Option<i32>,
    /// Variables of scope `proc` as the `global` section sets them.
    pub values: crate::share::vars::Values,
    pub server_state_base: Option<PathBuf>,
    pub server_state_file: Option<PathBuf>,
}

impl Default for Global {
    /// What holds without a `global` section.
    fn default() -> Global {
        Global {
            daemon: false,
            master_worker: false,
            maxconn: None,
            maxconnrate: None,
            maxsessrate: None,
            ulimit_n: None,
            fd_hard_limit: None,
            nbthread: None,
            cpu_map: CpuMap::new(),
            chroot: None,
            uid: None,
            gid: None,
            pidfile: None,
            stats_sockets: Vec::new(),
            stats_timeout: None,
            stats_maxconn: None,
            strict_limits: true,
            hard_stop_after: None,
            grace: None,
            logs: Vec::new(),
            log_tag: None,
            log_send_hostname: None,
            node: None,
            description: None,
            stats_file: None,
            quiet: false,
            zero_warning: false,
            no_exit_on_failure: false,
            spread_checks: 0,
            max_spread_checks: None,
            external_check: false,
            insecure_fork_wanted: false,
            bufsize: None,
            maxrewrite: None,
            max_headers: None,
            line_bytes: 1_023,
            cookie_bytes: 63,
            maxaccept: None,
            values: Default::default(),
            server_state_base: None,
            server_state_file: None,
        }
    }
}
