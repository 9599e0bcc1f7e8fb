//! `show info` (management manual, 9.3).
use super::typed::Form;
use crate::base::time::Tick;
use crate::share::Shared;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What is known of the process as a whole, gathered by the control thread for each answer.
#[derive(Clone, Debug)]
pub struct ProcessInfo {
    /// `Name`.
    pub name: String,
    pub version: String,
    /// `yyyy/mm/dd`.
    pub release_date: String,
    pub pid: u32,
    pub nbthread: usize,
    pub started: SystemTime,
    pub up: Duration,
    /// The clock that the records of changes were made with.
    pub now: Tick,
    /// Connections the process takes at once.
    pub maxconn: u32,
    pub ulimit_n: u64,
    pub node: String,
    pub description: Option<String>,
    /// Soft stop has begun.
    pub stopping: bool,
    /// What keeps the process alive: listeners and connections.
    pub jobs: u64,
    pub listeners: u64,
    pub tasks: u64,
    pub dropped_logs: u64,
    /// Memory that is resident, in bytes; 0 where the system does not tell.
    pub memory: u64,
}

/// The names and values of `show info`, in HAProxy 2.6.12's order. What Ringmain does not have (pipes, TLS, compression, peers)
/// is 0; in place of the memory of pools stands that of the process.
#[must_use]
pub fn info(shared: &Shared, process: &ProcessInfo) -> Vec<(&'static str, String)> {
    let trends = shared.trends().clone();
    let left = trends.left(process.now);
    let connections = shared.sum(|s| &s.process.conn_tot);
    let sessions = shared.sum(|s| &s.process.sess_tot);
    let bytes_out = shared.bytes_out();
    let up = process.up.as_secs();
    let (days, hours, minutes) = (up / 86_400, up / 3_600 % 24, up / 60 % 60);
    let n = |value: u64| value.to_string();
    let zero = || "0".to_owned();
    let trend = &trends.process;
    let mut all = vec![
        ("Name", process.name.clone()),
        ("Version", process.version.clone()),
        ("Release_date", process.release_date.clone()),
        ("Nbthread", process.nbthread.to_string()),
        ("Nbproc", "1".to_owned()),
        ("Process_num", "1".to_owned()),
        ("Pid", process.pid.to_string()),
        ("Uptime", format!("{days}d {hours}h{minutes:02}m{:02}s", up % 60)),
        ("Uptime_sec", n(up)),
        ("Memmax_MB", zero()),
        ("PoolAlloc_MB", n(process.memory >> 20)),
        ("PoolUsed_MB", n(process.memory >> 20)),
        ("PoolFailed", zero()),
        ("Ulimit-n", n(process.ulimit_n)),
        ("Maxsock", n(process.ulimit_n)),
        ("Maxconn", process.maxconn.to_string()),
        ("Hard_maxconn", process.maxconn.to_string()),
        ("CurrConns", n(shared.sum_now(|s| &s.process.conn_cur))),
        ("CumConns", n(connections)),
        ("CumReq", n(shared.sum(|s| &s.process.req_tot))),
        ("MaxSslConns", zero()),
        ("CurrSslConns", zero()),
        ("CumSslConns", zero()),
        ("Maxpipes", zero()),
        ("PipesUsed", zero()),
        ("PipesFree", zero()),
        ("ConnRate", n(trend.connections.rate(connections, left))),
        ("ConnRateLimit", shared.paces.connections.limit().to_string()),
        ("MaxConnRate", n(trend.connections.max(connections))),
        ("SessRate", n(trend.sessions.rate(sessions, left))),
        ("SessRateLimit", shared.paces.sessions.limit().to_string()),
        ("MaxSessRate", n(trend.sessions.max(sessions))),
    ];
    const UNUSED: [&str; 12] = [
        "SslRate",
        "SslRateLimit",
        "MaxSslRate",
        "SslFrontendKeyRate",
        "SslFrontendMaxKeyRate",
        "SslFrontendSessionReuse_pct",
        "SslBackendKeyRate",
        "SslBackendMaxKeyRate",
        "SslCacheLookups",
        "SslCacheMisses",
        "CompressBpsIn",
        "CompressBpsOut",
    ];
    all.extend(UNUSED.map(|name| (name, zero())));
    let started = process.started.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    all.extend([
        ("CompressBpsRateLim", zero()),
        ("Tasks", n(process.tasks)),
        ("Run_queue", zero()),
        ("Idle_pct", trends.idle_percent.to_string()),
        ("node", process.node.clone()),
    ]);
    all.extend(process.description.clone().map(|d| ("description", d)));
    all.extend([
        ("Stopping", u8::from(process.stopping).to_string()),
        ("Jobs", n(process.jobs)),
        ("Unstoppable Jobs", zero()),
        ("Listeners", n(process.listeners)),
        ("ActivePeers", zero()),
        ("ConnectedPeers", zero()),
        ("DroppedLogs", n(process.dropped_logs)),
        ("BusyPolling", zero()),
        ("FailedResolutions", zero()),
        ("TotalBytesOut", n(bytes_out)),
        // The name is HAProxy's, as it is.
        ("TotalSplicdedBytesOut", zero()),
        ("BytesOutRate", n(trend.bytes_out.rate(bytes_out, left))),
        ("DebugCommandsIssued", zero()),
        ("CumRecvLogs", zero()),
        ("Build info", format!("Ringmain {}", process.version)),
        ("Memmax_bytes", zero()),
        ("PoolAlloc_bytes", n(process.memory)),
        ("PoolUsed_bytes", n(process.memory)),
        ("Start_time_sec", n(started)),
        ("Tainted", zero()),
    ]);
    all
}

/// The answer to `show info` in one of its forms.
#[must_use]
pub fn info_text(shared: &Shared, process: &ProcessInfo, form: Form) -> String {
    let mut lines = info(shared, process);
    if form.float {
        let started = process.started.duration_since(UNIX_EPOCH).unwrap_or_default();
        for (name, time) in [("Uptime_sec", process.up), ("Start_time_sec", started)] {
            if let Some((_, value)) = lines.iter_mut().find(|(n, _)| *n == name) {
                *value = format!("{}.{:06}", time.as_secs(), time.subsec_micros());
            }
        }
    }
    super::typed::info(&lines, form)
}
