//! What is told of frontends, backends and servers: one row a metric, with HAProxy's name, kind and words, in its order.
use super::super::about;
use super::super::columns::Col;

/// Which objects have a metric: a set of these.
pub type Objects = u8;
pub const F: Objects = 1;
pub const B: Objects = 2;
pub const S: Objects = 4;
pub const L: Objects = 8;

/// Where a metric's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// In a column, as it is.
    Number(Col),
    /// In a column, in milliseconds: told in seconds.
    Millis(Col),
    /// In a column, with the class of answers as a label.
    Class(Col, &'static str),
    /// A line for each state it may be in.
    Status,
    /// How many servers are in each state.
    Servers,
    /// How many servers' last checks ended so.
    Checks,
    /// A line for each end of a check.
    CheckStatus,
    CheckCode,
    CheckDuration,
    /// In a column of a single protocol, with the protocol as a label.
    Extra(Col, &'static str),
}

impl Show {
    /// Whether it is counted over a backend's servers.
    pub const fn is_sum(self) -> bool {
        matches!(self, Show::Servers | Show::Checks)
    }
}

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    pub objects: Objects,
    /// Behind `haproxy_frontend_` and the like.
    pub name: &'static str,
    pub counter: bool,
    pub show: Show,
    /// Only proxies in HTTP mode have it.
    pub http: bool,
    words: Option<&'static str>,
}

impl Metric {
    /// What it is: the words of the column, unless it has its own.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match (self.words, self.show) {
            (Some(words), _) => words,
            // HAProxy has one text for all classes.
            (None, Show::Class(..)) => about::COLUMNS[Col::Hrsp1xx as usize].2,
            (None, Show::Number(col) | Show::Millis(col) | Show::Extra(col, _)) => {
                about::COLUMNS[col as usize].2
            }
            (None, Show::Servers) if self.name == "agg_server_status" => {
                about::COLUMNS[Col::AggServerStatus as usize].2
            }
            (None, Show::Servers) => about::COLUMNS[Col::AggServerCheckStatus as usize].2,
            (None, _) => about::COLUMNS[Col::AggCheckStatus as usize].2,
        }
    }

    /// One of `extra-counters`.
    pub const fn extra(objects: Objects, name: &'static str, counter: bool, show: Show) -> Metric {
        Metric { objects, name, counter, show, http: false, words: None }
    }

    const fn http(self) -> Metric {
        Metric { http: true, ..self }
    }

    const fn says(self, words: &'static str) -> Metric {
        Metric { words: Some(words), ..self }
    }
}

const fn gauge(objects: Objects, name: &'static str, show: Show) -> Metric {
    Metric { objects, name, counter: false, show, http: false, words: None }
}

const fn counter(objects: Objects, name: &'static str, show: Show) -> Metric {
    Metric { counter: true, ..gauge(objects, name, show) }
}

/// Every metric.
pub static METRICS: &[Metric] = &[
    gauge(B | S, "current_queue", Show::Number(Col::Qcur)),
    gauge(B | S, "max_queue", Show::Number(Col::Qmax)),
    gauge(F | L | B | S, "current_sessions", Show::Number(Col::Scur)),
    gauge(F | L | B | S, "max_sessions", Show::Number(Col::Smax)),
    gauge(F | L | B | S, "limit_sessions", Show::Number(Col::Slim)),
    counter(F | L | B | S, "sessions_total", Show::Number(Col::Stot)),
    counter(F | L | B | S, "bytes_in_total", Show::Number(Col::Bin)),
    counter(F | L | B | S, "bytes_out_total", Show::Number(Col::Bout)),
    counter(F | L | B, "requests_denied_total", Show::Number(Col::Dreq)),
    counter(F | L | B | S, "responses_denied_total", Show::Number(Col::Dresp)),
    counter(F | L, "request_errors_total", Show::Number(Col::Ereq)),
    counter(B | S, "connection_errors_total", Show::Number(Col::Econ)),
    counter(B | S, "response_errors_total", Show::Number(Col::Eresp)),
    counter(B | S, "retry_warnings_total", Show::Number(Col::Wretr)),
    counter(B | S, "redispatch_warnings_total", Show::Number(Col::Wredis)),
    gauge(F | L | B | S, "status", Show::Status)
        .says("Current status of the service, per state label value."),
    gauge(F, "limit_session_rate", Show::Number(Col::RateLim)),
    gauge(B | S, "weight", Show::Number(Col::Weight)),
    gauge(B, "active_servers", Show::Number(Col::Act)),
    counter(S, "check_failures_total", Show::Number(Col::Chkfail)),
    gauge(B, "backup_servers", Show::Number(Col::Bck)),
    counter(B | S, "check_up_down_total", Show::Number(Col::Chkdown)),
    gauge(B | S, "check_last_change_seconds", Show::Number(Col::Lastchg)),
    counter(B | S, "downtime_seconds_total", Show::Number(Col::Downtime)),
    gauge(S, "queue_limit", Show::Number(Col::Qlimit)),
    gauge(S, "current_throttle", Show::Number(Col::Throttle)),
    counter(B | S, "loadbalanced_total", Show::Number(Col::Lbtot)),
    gauge(F | B | S, "max_session_rate", Show::Number(Col::RateMax)),
    gauge(S, "check_status", Show::CheckStatus).says("Status of last health check, per state label value."),
    gauge(S, "check_code", Show::CheckCode).says("layer5-7 code, if available of the last health check."),
    gauge(S, "check_duration_seconds", Show::CheckDuration)
        .says("Total duration of the latest server health check, in seconds."),
    counter(F | B | S, "http_responses_total", Show::Class(Col::Hrsp1xx, "1xx")).http(),
    counter(F | B | S, "http_responses_total", Show::Class(Col::Hrsp2xx, "2xx")).http(),
    counter(F | B | S, "http_responses_total", Show::Class(Col::Hrsp3xx, "3xx")).http(),
    counter(F | B | S, "http_responses_total", Show::Class(Col::Hrsp4xx, "4xx")).http(),
    counter(F | B | S, "http_responses_total", Show::Class(Col::Hrsp5xx, "5xx")).http(),
    counter(F | B | S, "http_responses_total", Show::Class(Col::HrspOther, "other")).http(),
    gauge(F, "http_requests_rate_max", Show::Number(Col::ReqRateMax)).http(),
    counter(F | B, "http_requests_total", Show::Number(Col::ReqTot)).http(),
    counter(B | S, "client_aborts_total", Show::Number(Col::CliAbrt)),
    counter(B | S, "server_aborts_total", Show::Number(Col::SrvAbrt)),
    counter(F | B, "http_comp_bytes_in_total", Show::Number(Col::CompIn)).http(),
    counter(F | B, "http_comp_bytes_out_total", Show::Number(Col::CompOut)).http(),
    counter(F | B, "http_comp_bytes_bypassed_total", Show::Number(Col::CompByp)).http(),
    counter(F | B, "http_comp_responses_total", Show::Number(Col::CompRsp)).http(),
    gauge(F, "connections_rate_max", Show::Number(Col::ConnRateMax)),
    gauge(B | S, "last_session_seconds", Show::Number(Col::Lastsess)),
    counter(F, "connections_total", Show::Number(Col::ConnTot)),
    gauge(B | S, "queue_time_average_seconds", Show::Millis(Col::Qtime))
        .says("Avg. queue time for last 1024 successful connections."),
    counter(F, "intercepted_requests_total", Show::Number(Col::Intercepted)).http(),
    gauge(B | S, "connect_time_average_seconds", Show::Millis(Col::Ctime))
        .says("Avg. connect time for last 1024 successful connections."),
    counter(F | L, "denied_connections_total", Show::Number(Col::Dcon)),
    gauge(B | S, "response_time_average_seconds", Show::Millis(Col::Rtime))
        .says("Avg. response time for last 1024 successful connections."),
    counter(F | L, "denied_sessions_total", Show::Number(Col::Dses)),
    gauge(B | S, "total_time_average_seconds", Show::Millis(Col::Ttime))
        .says("Avg. total time for last 1024 successful connections."),
    counter(F | L | B | S, "failed_header_rewriting_total", Show::Number(Col::Wrew)),
    counter(B | S, "connection_attempts_total", Show::Number(Col::Connect)),
    counter(B | S, "connection_reuses_total", Show::Number(Col::Reuse)),
    counter(F | B, "http_cache_lookups_total", Show::Number(Col::CacheLookups)).http(),
    gauge(S, "idle_connections_current", Show::Number(Col::SrvIcur)),
    counter(F | B, "http_cache_hits_total", Show::Number(Col::CacheHits)).http(),
    gauge(S, "idle_connections_limit", Show::Number(Col::SrcIlim)),
    gauge(B | S, "max_queue_time_seconds", Show::Millis(Col::QtimeMax))
        .says("Maximum observed time spent in the queue"),
    gauge(B | S, "max_connect_time_seconds", Show::Millis(Col::CtimeMax))
        .says("Maximum observed time spent waiting for a connection to complete"),
    gauge(B | S, "max_response_time_seconds", Show::Millis(Col::RtimeMax))
        .says("Maximum observed time spent waiting for a server response"),
    gauge(B | S, "max_total_time_seconds", Show::Millis(Col::TtimeMax))
        .says("Maximum observed total request+response time (request+queue+connect+response+processing)"),
    counter(F | L | B | S, "internal_errors_total", Show::Number(Col::Eint)),
    gauge(S, "unsafe_idle_connections_current", Show::Number(Col::IdleConnCur)),
    gauge(S, "safe_idle_connections_current", Show::Number(Col::SafeConnCur)),
    gauge(S, "used_connections_current", Show::Number(Col::UsedConnCur)),
    gauge(S, "need_connections_current", Show::Number(Col::NeedConnEst)),
    gauge(B | S, "uweight", Show::Number(Col::Uweight)),
    gauge(B, "agg_server_status", Show::Servers),
    gauge(B, "agg_server_check_status", Show::Servers),
    gauge(B, "agg_check_status", Show::Checks),
];

/// The columns of single protocols, in their order.
pub const PROTOCOLS: [Col; 24] = [
    Col::SslSess,
    Col::SslReusedSess,
    Col::SslFailedHandshake,
    Col::H2HeadersRcvd,
    Col::H2DataRcvd,
    Col::H2SettingsRcvd,
    Col::H2RstStreamRcvd,
    Col::H2GoawayRcvd,
    Col::H2DetectedConnProtocolErrors,
    Col::H2DetectedStrmProtocolErrors,
    Col::H2RstStreamResp,
    Col::H2GoawayResp,
    Col::H2OpenConnections,
    Col::H2BackendOpenStreams,
    Col::H2TotalConnections,
    Col::H2BackendTotalStreams,
    Col::H1OpenConnections,
    Col::H1OpenStreams,
    Col::H1TotalConnections,
    Col::H1TotalStreams,
    Col::H1BytesIn,
    Col::H1BytesOut,
    Col::H1SplicedBytesIn,
    Col::H1SplicedBytesOut,
];
