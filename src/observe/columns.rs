//! The columns of `show stat`, in HAProxy 2.6.12's order, and one row of them.
use std::fmt::Write;

macro_rules! columns {
    ($($variant:ident $name:literal,)*) => {
        /// A column.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(dead_code, reason = "some columns belong to features that are not there: they stay empty")]
        pub enum Col {
            $($variant,)*
        }

        /// Their names, as in the head line.
        pub const NAMES: &[&str] = &[$($name,)*];
    };
}

columns! {
    Pxname "pxname", Svname "svname", Qcur "qcur", Qmax "qmax", Scur "scur", Smax "smax", Slim "slim", Stot "stot",
    Bin "bin", Bout "bout", Dreq "dreq", Dresp "dresp", Ereq "ereq", Econ "econ", Eresp "eresp", Wretr "wretr",
    Wredis "wredis", Status "status", Weight "weight", Act "act", Bck "bck", Chkfail "chkfail", Chkdown "chkdown",
    Lastchg "lastchg", Downtime "downtime", Qlimit "qlimit", Pid "pid", Iid "iid", Sid "sid", Throttle "throttle",
    Lbtot "lbtot", Tracked "tracked", Type "type", Rate "rate", RateLim "rate_lim", RateMax "rate_max",
    CheckStatus "check_status", CheckCode "check_code", CheckDuration "check_duration", Hrsp1xx "hrsp_1xx",
    Hrsp2xx "hrsp_2xx", Hrsp3xx "hrsp_3xx", Hrsp4xx "hrsp_4xx", Hrsp5xx "hrsp_5xx", HrspOther "hrsp_other",
    Hanafail "hanafail", ReqRate "req_rate", ReqRateMax "req_rate_max", ReqTot "req_tot", CliAbrt "cli_abrt",
    SrvAbrt "srv_abrt", CompIn "comp_in", CompOut "comp_out", CompByp "comp_byp", CompRsp "comp_rsp",
    Lastsess "lastsess", LastChk "last_chk", LastAgt "last_agt", Qtime "qtime", Ctime "ctime", Rtime "rtime",
    Ttime "ttime", AgentStatus "agent_status", AgentCode "agent_code", AgentDuration "agent_duration",
    CheckDesc "check_desc", AgentDesc "agent_desc", CheckRise "check_rise", CheckFall "check_fall",
    CheckHealth "check_health", AgentRise "agent_rise", AgentFall "agent_fall", AgentHealth "agent_health",
    Addr "addr", Cookie "cookie", Mode "mode", Algo "algo", ConnRate "conn_rate", ConnRateMax "conn_rate_max",
    ConnTot "conn_tot", Intercepted "intercepted", Dcon "dcon", Dses "dses", Wrew "wrew", Connect "connect",
    Reuse "reuse", CacheLookups "cache_lookups", CacheHits "cache_hits", SrvIcur "srv_icur", SrcIlim "src_ilim",
    QtimeMax "qtime_max", CtimeMax "ctime_max", RtimeMax "rtime_max", TtimeMax "ttime_max", Eint "eint",
    IdleConnCur "idle_conn_cur", SafeConnCur "safe_conn_cur", UsedConnCur "used_conn_cur",
    NeedConnEst "need_conn_est", Uweight "uweight", AggServerStatus "agg_server_status",
    AggServerCheckStatus "agg_server_check_status", AggCheckStatus "agg_check_status", Dash "-",
    SslSess "ssl_sess", SslReusedSess "ssl_reused_sess", SslFailedHandshake "ssl_failed_handshake",
    H2HeadersRcvd "h2_headers_rcvd", H2DataRcvd "h2_data_rcvd", H2SettingsRcvd "h2_settings_rcvd",
    H2RstStreamRcvd "h2_rst_stream_rcvd", H2GoawayRcvd "h2_goaway_rcvd",
    H2DetectedConnProtocolErrors "h2_detected_conn_protocol_errors",
    H2DetectedStrmProtocolErrors "h2_detected_strm_protocol_errors", H2RstStreamResp "h2_rst_stream_resp",
    H2GoawayResp "h2_goaway_resp", H2OpenConnections "h2_open_connections",
    H2BackendOpenStreams "h2_backend_open_streams", H2TotalConnections "h2_total_connections",
    H2BackendTotalStreams "h2_backend_total_streams", H1OpenConnections "h1_open_connections",
    H1OpenStreams "h1_open_streams", H1TotalConnections "h1_total_connections",
    H1TotalStreams "h1_total_streams", H1BytesIn "h1_bytes_in", H1BytesOut "h1_bytes_out",
    H1SplicedBytesIn "h1_spliced_bytes_in", H1SplicedBytesOut "h1_spliced_bytes_out",
}

/// What stands in a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value {
    #[default]
    Empty,
    Number(i64),
    Text(String),
}

impl Value {
    /// As it is written; `None` where there is nothing.
    #[must_use]
    pub fn text(&self) -> Option<std::borrow::Cow<'_, str>> {
        match self {
            Value::Empty => None,
            Value::Number(n) => Some(n.to_string().into()),
            Value::Text(text) => Some(text.as_str().into()),
        }
    }

    /// The number, where it is one.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        match self {
            Value::Number(n) => Some(*n),
            Value::Empty | Value::Text(_) => None,
        }
    }
}

/// One line.
pub struct Row([Value; NAMES.len()]);

impl Row {
    pub fn new() -> Row {
        Row(std::array::from_fn(|_| Value::Empty))
    }

    /// Sets a number.
    pub fn num(&mut self, col: Col, value: u64) -> &mut Row {
        self.0[col as usize] = Value::Number(i64::try_from(value).unwrap_or(i64::MAX));
        self
    }

    /// Sets a number that may be negative.
    pub fn signed(&mut self, col: Col, value: i64) -> &mut Row {
        self.0[col as usize] = Value::Number(value);
        self
    }

    /// Sets several columns that follow each other to the same number.
    pub fn fill(&mut self, from: Col, to: Col, value: u64) -> &mut Row {
        self.0[from as usize..=to as usize].fill(Value::Number(value as i64));
        self
    }

    /// Sets a text.
    pub fn text(&mut self, col: Col, value: impl Into<String>) -> &mut Row {
        self.0[col as usize] = Value::Text(value.into());
        self
    }

    /// Takes out what only those see who may see how the proxy is made: addresses, cookies, algorithms (`stats show-legends`, or
    /// the level `operator` of a statistics socket).
    pub fn hide_legends(&mut self) {
        for col in [Col::Addr, Col::Cookie, Col::Algo] {
            self.0[col as usize] = Value::Empty;
        }
    }

    /// A number that was set.
    pub fn number(&self, col: Col) -> Option<i64> {
        if let Value::Number(n) = self.0[col as usize] { Some(n) } else { None }
    }

    /// A text that was set, or nothing.
    pub fn word(&self, col: Col) -> &str {
        if let Value::Text(text) = &self.0[col as usize] { text } else { "" }
    }

    /// The columns with their names.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        NAMES.iter().copied().zip(&self.0)
    }

    /// Appends the line, each value followed by a comma.
    pub fn write(&self, out: &mut String) {
        for value in &self.0 {
            match value {
                Value::Empty => {}
                Value::Number(n) => _ = write!(out, "{n}"),
                Value::Text(text) => quote(text, out),
            }
            out.push(',');
        }
        out.push('\n');
    }
}

/// Appends the head line.
pub fn write_head(out: &mut String) {
    out.push_str("# ");
    for name in NAMES {
        out.push_str(name);
        out.push(',');
    }
    out.push('\n');
}

/// Quotes where RFC 4180 asks for it.
fn quote(text: &str, out: &mut String) {
    if !text.contains(['"', ',', '\n', '\r']) {
        out.push_str(text);
        return;
    }
    out.push('"');
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_line_is_haproxys() {
        let mut head = String::new();
        write_head(&mut head);
        assert!(head.starts_with("# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,"));
        assert!(head.ends_with(",h1_bytes_out,h1_spliced_bytes_in,h1_spliced_bytes_out,\n"));
        // Places that tools count on (management manual, 9.1), and HAProxy 2.6.12's number of columns.
        let places = [17, 36, 73, 99, 103].map(|i| NAMES[i]);
        assert_eq!(places, ["status", "check_status", "addr", "uweight", "-"]);
        assert_eq!(NAMES.len(), 128);
    }

    #[test]
    fn texts_are_quoted_where_they_must_be() {
        let mut row = Row::new();
        row.text(Col::Pxname, "a")
            .text(Col::Svname, "Say \"hi\"")
            .text(Col::Qcur, "no check")
            .num(Col::Qmax, 7);
        let mut out = String::new();
        row.write(&mut out);
        assert!(out.starts_with("a,\"Say \"\"hi\"\"\",no check,7,,"));
    }
}
