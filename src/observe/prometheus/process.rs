//! What is told of the process: HAProxy's names over those of `show info`, in its order.
use super::super::about;

/// One metric of the process.
#[derive(Clone, Copy, Debug)]
pub struct ProcessMetric {
    /// Behind `haproxy_process_`.
    pub name: &'static str,
    /// Its name in `show info`.
    pub info: &'static str,
    pub counter: bool,
    words: &'static str,
}

impl ProcessMetric {
    /// What it is: the words of `show info desc`, unless it has its own.
    #[must_use]
    pub fn help(&self) -> &'static str {
        let known = about::INFO.iter().find(|(_, name, _)| *name == self.info);
        known.map_or(self.words, |(_, _, about)| about.2)
    }

    const fn says(self, words: &'static str) -> ProcessMetric {
        ProcessMetric { words, ..self }
    }
}

const fn gauge(name: &'static str, info: &'static str) -> ProcessMetric {
    ProcessMetric { name, info, counter: false, words: "" }
}

const fn counter(name: &'static str, info: &'static str) -> ProcessMetric {
    ProcessMetric { counter: true, ..gauge(name, info) }
}

/// Every metric.
pub static METRICS: &[ProcessMetric] = &[
    gauge("nbthread", "Nbthread"),
    gauge("nbproc", "Nbproc"),
    gauge("relative_process_id", "Process_num"),
    gauge("uptime_seconds", "Uptime_sec"),
    counter("pool_failures_total", "PoolFailed"),
    gauge("max_fds", "Ulimit-n"),
    gauge("max_sockets", "Maxsock"),
    gauge("max_connections", "Maxconn"),
    gauge("hard_max_connections", "Hard_maxconn"),
    gauge("current_connections", "CurrConns"),
    counter("connections_total", "CumConns"),
    counter("requests_total", "CumReq"),
    gauge("max_ssl_connections", "MaxSslConns"),
    gauge("current_ssl_connections", "CurrSslConns"),
    counter("ssl_connections_total", "CumSslConns"),
    gauge("max_pipes", "Maxpipes"),
    counter("pipes_used_total", "PipesUsed"),
    counter("pipes_free_total", "PipesFree"),
    gauge("current_connection_rate", "ConnRate"),
    gauge("limit_connection_rate", "ConnRateLimit"),
    gauge("max_connection_rate", "MaxConnRate"),
    gauge("current_session_rate", "SessRate"),
    gauge("limit_session_rate", "SessRateLimit"),
    gauge("max_session_rate", "MaxSessRate"),
    gauge("current_ssl_rate", "SslRate"),
    gauge("limit_ssl_rate", "SslRateLimit"),
    gauge("max_ssl_rate", "MaxSslRate"),
    gauge("current_frontend_ssl_key_rate", "SslFrontendKeyRate"),
    gauge("max_frontend_ssl_key_rate", "SslFrontendMaxKeyRate"),
    gauge("frontend_ssl_reuse", "SslFrontendSessionReuse_pct"),
    gauge("current_backend_ssl_key_rate", "SslBackendKeyRate"),
    gauge("max_backend_ssl_key_rate", "SslBackendMaxKeyRate"),
    counter("ssl_cache_lookups_total", "SslCacheLookups"),
    counter("ssl_cache_misses_total", "SslCacheMisses"),
    counter("http_comp_bytes_in_total", "CompressBpsIn"),
    counter("http_comp_bytes_out_total", "CompressBpsOut"),
    gauge("limit_http_comp", "CompressBpsRateLim"),
    gauge("current_zlib_memory", "ZlibMemUsage").says("Amount of memory currently used by HTTP compression on the current worker process (in bytes)"),
    gauge("max_zlib_memory", "MaxZlibMemUsage").says("Limit on the amount of memory used by HTTP compression above which it is automatically disabled (in bytes, see global.maxzlibmem)"),
    gauge("current_tasks", "Tasks"),
    gauge("current_run_queue", "Run_queue"),
    gauge("idle_time_percent", "Idle_pct"),
    gauge("stopping", "Stopping"),
    gauge("jobs", "Jobs"),
    gauge("unstoppable_jobs", "Unstoppable Jobs"),
    gauge("listeners", "Listeners"),
    gauge("active_peers", "ActivePeers"),
    gauge("connected_peers", "ConnectedPeers"),
    counter("dropped_logs_total", "DroppedLogs"),
    gauge("busy_polling_enabled", "BusyPolling"),
    counter("failed_resolutions", "FailedResolutions"),
    counter("bytes_out_total", "TotalBytesOut"),
    counter("spliced_bytes_out_total", "TotalSplicdedBytesOut"),
    gauge("bytes_out_rate", "BytesOutRate"),
    counter("recv_logs_total", "CumRecvLogs"),
    gauge("build_info", "Build info"),
    gauge("max_memory_bytes", "Memmax_bytes"),
    gauge("pool_allocated_bytes", "PoolAlloc_bytes"),
    gauge("pool_used_bytes", "PoolUsed_bytes"),
    gauge("start_time_seconds", "Start_time_sec"),
];
