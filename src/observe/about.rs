//! What each figure is: its tags, its type and HAProxy's words about it (management manual, 9.1 and "typed output format").

/// Tags (origin, nature, scope), type, description.
pub type About = (&'static str, &'static str, &'static str);

/// The columns of `show stat`, in their order.
pub const COLUMNS: &[About] = &[
    // pxname
    ("KNS", "str", "Proxy name"),
    // svname
    ("KNS", "str", "Server name"),
    // qcur
    ("MGP", "u32", "Number of current queued connections"),
    // qmax
    ("MMP", "u32", "Highest value of queued connections encountered since process started"),
    // scur
    ("MGP", "u32", "Number of current sessions on the frontend, backend or server"),
    // smax
    ("MMP", "u32", "Highest value of current sessions encountered since process started"),
    // slim
    ("CLP", "u32", "Frontend/listener/server's maxconn, backend's fullconn"),
    // stot
    ("MCP", "u64", "Total number of sessions since process started"),
    // bin
    ("MCP", "u64", "Total number of request bytes since process started"),
    // bout
    ("MCP", "u64", "Total number of response bytes since process started"),
    // dreq
    ("MCP", "u64", "Total number of denied requests since process started"),
    // dresp
    ("MCP", "u64", "Total number of denied responses since process started"),
    // ereq
    ("MCP", "u64", "Total number of invalid requests since process started"),
    // econ
    ("MCP", "u64", "Total number of failed connections to server since the worker process started"),
    // eresp
    ("MCP", "u64", "Total number of invalid responses since the worker process started"),
    // wretr
    ("MCP", "u64", "Total number of server connection retries since the worker process started"),
    // wredis
    (
        "MCP",
        "u64",
        "Total number of server redispatches due to connection failures since the worker process started",
    ),
    // status
    (
        "SGP",
        "str",
        "Frontend/listen status: OPEN/WAITING/FULL/STOP; backend: UP/DOWN; server: last check status",
    ),
    // weight
    ("MaP", "u32", "Server's effective weight, or sum of active servers' effective weights for a backend"),
    // act
    ("SGP", "u32", "Total number of active UP servers with a non-zero weight"),
    // bck
    ("SGP", "u32", "Total number of backup UP servers with a non-zero weight"),
    // chkfail
    (
        "MCP",
        "u64",
        "Total number of failed individual health checks per server/backend, since the worker process started",
    ),
    // chkdown
    (
        "MCP",
        "u64",
        "Total number of failed checks causing UP to DOWN server transitions, per server/backend, since the worker process started",
    ),
    // lastchg
    ("MAP", "u32", "How long ago the last server state changed, in seconds"),
    // downtime
    ("MCP", "u32", "Total time spent in DOWN state, for server or backend"),
    // qlimit
    ("CGS", "u32", "Limit on the number of connections in queue, for servers only (maxqueue argument)"),
    // pid
    ("KGP", "u32", "Relative worker process number (1)"),
    // iid
    ("KGS", "u32", "Frontend or Backend numeric identifier ('id' setting)"),
    // sid
    ("KGS", "u32", "Server numeric identifier ('id' setting)"),
    // throttle
    (
        "MaP",
        "u32",
        "Throttling ratio applied to a server's maxconn and weight during the slowstart period (0 to 100%)",
    ),
    // lbtot
    (
        "MCP",
        "u64",
        "Total number of requests routed by load balancing since the worker process started (ignores queue pop and stickiness)",
    ),
    // tracked
    ("CNS", "str", "Name of the other server this server tracks for its state"),
    // type
    ("CGS", "u32", "Type of the object (Listener, Frontend, Backend, Server)"),
    // rate
    (
        "MRP",
        "u32",
        "Total number of sessions processed by this object over the last second (sessions for listeners/frontends, requests for backends/servers)",
    ),
    // rate_lim
    (
        "CLP",
        "u32",
        "Limit on the number of sessions accepted in a second (frontend only, 'rate-limit sessions' setting)",
    ),
    // rate_max
    ("MMP", "u32", "Highest value of sessions per second observed since the worker process started"),
    // check_status
    (
        "MOP",
        "str",
        "Status report of the server's latest health check, prefixed with '*' if a check is currently in progress",
    ),
    // check_code
    ("MOP", "u32", "HTTP/SMTP/LDAP status code reported by the latest server health check"),
    // check_duration
    ("MDP", "u64", "Total duration of the latest server health check, in milliseconds"),
    // hrsp_1xx
    (
        "MCP",
        "u64",
        "Total number of HTTP responses with status 100-199 returned by this object since the worker process started",
    ),
    // hrsp_2xx
    (
        "MCP",
        "u64",
        "Total number of HTTP responses with status 200-299 returned by this object since the worker process started",
    ),
    // hrsp_3xx
    (
        "MCP",
        "u64",
        "Total number of HTTP responses with status 300-399 returned by this object since the worker process started",
    ),
    // hrsp_4xx
    (
        "MCP",
        "u64",
        "Total number of HTTP responses with status 400-499 returned by this object since the worker process started",
    ),
    // hrsp_5xx
    (
        "MCP",
        "u64",
        "Total number of HTTP responses with status 500-599 returned by this object since the worker process started",
    ),
    // hrsp_other
    (
        "MCP",
        "u64",
        "Total number of HTTP responses with status <100, >599 returned by this object since the worker process started (error -1 included)",
    ),
    // hanafail
    (
        "MCP",
        "u64",
        "Total number of failed checks caused by an 'on-error' directive after an 'observe' condition matched",
    ),
    // req_rate
    ("MRP", "u32", "Number of HTTP requests processed over the last second on this object"),
    // req_rate_max
    ("MMP", "u32", "Highest value of http requests observed since the worker process started"),
    // req_tot
    ("MCP", "u64", "Total number of HTTP requests processed by this object since the worker process started"),
    // cli_abrt
    (
        "MCP",
        "u64",
        "Total number of requests or connections aborted by the client since the worker process started",
    ),
    // srv_abrt
    (
        "MCP",
        "u64",
        "Total number of requests or connections aborted by the server since the worker process started",
    ),
    // comp_in
    (
        "MCP",
        "u64",
        "Total number of bytes submitted to the HTTP compressor for this object since the worker process started",
    ),
    // comp_out
    (
        "MCP",
        "u64",
        "Total number of bytes emitted by the HTTP compressor for this object since the worker process started",
    ),
    // comp_byp
    (
        "MCP",
        "u64",
        "Total number of bytes that bypassed HTTP compression for this object since the worker process started (CPU/memory/bandwidth limitation)",
    ),
    // comp_rsp
    (
        "MCP",
        "u64",
        "Total number of HTTP responses that were compressed for this object since the worker process started",
    ),
    // lastsess
    ("MAP", "s32", "How long ago some traffic was seen on this object on this worker process, in seconds"),
    // last_chk
    (
        "MOP",
        "str",
        "Short description of the latest health check report for this server (see also check_desc)",
    ),
    // last_agt
    (
        "MOP",
        "str",
        "Short description of the latest agent check report for this server (see also agent_desc)",
    ),
    // qtime
    (
        "MaP",
        "u32",
        "Time spent in the queue, in milliseconds, averaged over the 1024 last requests (backend/server)",
    ),
    // ctime
    (
        "MaP",
        "u32",
        "Time spent waiting for a connection to complete, in milliseconds, averaged over the 1024 last requests (backend/server)",
    ),
    // rtime
    (
        "MaP",
        "u32",
        "Time spent waiting for a server response, in milliseconds, averaged over the 1024 last requests (backend/server)",
    ),
    // ttime
    (
        "MaP",
        "u32",
        "Total request+response time (request+queue+connect+response+processing), in milliseconds, averaged over the 1024 last requests (backend/server)",
    ),
    // agent_status
    (
        "MOP",
        "str",
        "Status report of the server's latest agent check, prefixed with '*' if a check is currently in progress",
    ),
    // agent_code
    ("MOP", "u32", "Status code reported by the latest server agent check"),
    // agent_duration
    ("MDP", "u64", "Total duration of the latest server agent check, in milliseconds"),
    // check_desc
    ("MOP", "str", "Textual description of the latest health check report for this server"),
    // agent_desc
    ("MOP", "str", "Textual description of the latest agent check report for this server"),
    // check_rise
    ("CGS", "u32", "Number of successful health checks before declaring a server UP (server 'rise' setting)"),
    // check_fall
    ("CGS", "u32", "Number of failed health checks before declaring a server DOWN (server 'fall' setting)"),
    // check_health
    ("CGS", "u32", "Current server health check level (0..fall-1=DOWN, fall..rise-1=UP)"),
    // agent_rise
    ("CGS", "u32", "Number of successful agent checks before declaring a server UP (server 'rise' setting)"),
    // agent_fall
    ("CGS", "u32", "Number of failed agent checks before declaring a server DOWN (server 'fall' setting)"),
    // agent_health
    ("CGS", "u32", "Current server agent check level (0..fall-1=DOWN, fall..rise-1=UP)"),
    // addr
    (
        "CGS",
        "str",
        "Server's address:port, shown only if show-legends is set, or at levels oper/admin for the CLI",
    ),
    // cookie
    (
        "CNS",
        "str",
        "Backend's cookie name or Server's cookie value, shown only if show-legends is set, or at levels oper/admin for the CLI",
    ),
    // mode
    ("CGS", "str", "'mode' setting (tcp/http/health/cli)"),
    // algo
    (
        "CGS",
        "str",
        "Backend's load balancing algorithm, shown only if show-legends is set, or at levels oper/admin for the CLI",
    ),
    // conn_rate
    (
        "MRP",
        "u32",
        "Number of new connections accepted over the last second on the frontend for this worker process",
    ),
    // conn_rate_max
    ("MMP", "u32", "Highest value of connections per second observed since the worker process started"),
    // conn_tot
    (
        "MCP",
        "u64",
        "Total number of new connections accepted on this frontend since the worker process started",
    ),
    // intercepted
    (
        "MCP",
        "u64",
        "Total number of HTTP requests intercepted on the frontend (redirects/stats/services) since the worker process started",
    ),
    // dcon
    (
        "MCP",
        "u64",
        "Total number of incoming connections blocked on a listener/frontend by a tcp-request connection rule since the worker process started",
    ),
    // dses
    (
        "MCP",
        "u64",
        "Total number of incoming sessions blocked on a listener/frontend by a tcp-request connection rule since the worker process started",
    ),
    // wrew
    ("MCP", "u64", "Total number of failed HTTP header rewrites since the worker process started"),
    // connect
    (
        "MCP",
        "u64",
        "Total number of outgoing connection attempts on this backend/server since the worker process started",
    ),
    // reuse
    (
        "MCP",
        "u64",
        "Total number of reused connection on this backend/server since the worker process started",
    ),
    // cache_lookups
    (
        "MCP",
        "u64",
        "Total number of HTTP requests looked up in the cache on this frontend/backend since the worker process started",
    ),
    // cache_hits
    (
        "MCP",
        "u64",
        "Total number of HTTP requests not found in the cache on this frontend/backend since the worker process started",
    ),
    // srv_icur
    ("MGP", "u32", "Current number of idle connections available for reuse on this server"),
    // src_ilim
    (
        "CLP",
        "u32",
        "Limit on the number of available idle connections on this server (server 'pool_max_conn' directive)",
    ),
    // qtime_max
    ("MMP", "u32", "Maximum observed time spent in the queue, in milliseconds (backend/server)"),
    // ctime_max
    (
        "MMP",
        "u32",
        "Maximum observed time spent waiting for a connection to complete, in milliseconds (backend/server)",
    ),
    // rtime_max
    (
        "MMP",
        "u32",
        "Maximum observed time spent waiting for a server response, in milliseconds (backend/server)",
    ),
    // ttime_max
    (
        "MMP",
        "u32",
        "Maximum observed total request+response time (request+queue+connect+response+processing), in milliseconds (backend/server)",
    ),
    // eint
    ("MCP", "u64", "Total number of internal errors since process started"),
    // idle_conn_cur
    ("MGP", "u32", "Current number of unsafe idle connections"),
    // safe_conn_cur
    ("MGP", "u32", "Current number of safe idle connections"),
    // used_conn_cur
    ("MGP", "u32", "Current number of connections in use"),
    // need_conn_est
    ("MGP", "u32", "Estimated needed number of connections"),
    // uweight
    ("MaP", "u32", "Server's user weight, or sum of active servers' user weights for a backend"),
    // agg_server_status
    ("MGP", "u32", "Backend's aggregated gauge of servers' status"),
    // agg_server_check_status
    ("MGP", "u32", "Backend's aggregated gauge of servers' state check status"),
    // agg_check_status
    ("MGP", "u32", "Backend's aggregated gauge of servers' state check status"),
    // -
    ("", "str", ""),
    // ssl_sess
    ("MCP", "u64", "Total number of ssl sessions established"),
    // ssl_reused_sess
    ("MCP", "u64", "Total number of ssl sessions reused"),
    // ssl_failed_handshake
    ("MCP", "u64", "Total number of failed handshake"),
    // h2_headers_rcvd
    ("MCP", "u64", "Total number of received HEADERS frames"),
    // h2_data_rcvd
    ("MCP", "u64", "Total number of received DATA frames"),
    // h2_settings_rcvd
    ("MCP", "u64", "Total number of received SETTINGS frames"),
    // h2_rst_stream_rcvd
    ("MCP", "u64", "Total number of received RST_STREAM frames"),
    // h2_goaway_rcvd
    ("MCP", "u64", "Total number of received GOAWAY frames"),
    // h2_detected_conn_protocol_errors
    ("MCP", "u64", "Total number of connection protocol errors"),
    // h2_detected_strm_protocol_errors
    ("MCP", "u64", "Total number of stream protocol errors"),
    // h2_rst_stream_resp
    ("MCP", "u64", "Total number of RST_STREAM sent on detected error"),
    // h2_goaway_resp
    ("MCP", "u64", "Total number of GOAWAY sent on detected error"),
    // h2_open_connections
    ("MGP", "u64", "Count of currently open connections"),
    // h2_backend_open_streams
    ("MGP", "u64", "Count of currently open streams"),
    // h2_total_connections
    ("MCP", "u64", "Total number of connections"),
    // h2_backend_total_streams
    ("MCP", "u64", "Total number of streams"),
    // h1_open_connections
    ("MGP", "u64", "Count of currently open connections"),
    // h1_open_streams
    ("MGP", "u64", "Count of currently open streams"),
    // h1_total_connections
    ("MCP", "u64", "Total number of connections"),
    // h1_total_streams
    ("MCP", "u64", "Total number of streams"),
    // h1_bytes_in
    ("MCP", "u64", "Total number of bytes received"),
    // h1_bytes_out
    ("MCP", "u64", "Total number of bytes send"),
    // h1_spliced_bytes_in
    ("MCP", "u64", "Total number of bytes received using kernel splicing"),
    // h1_spliced_bytes_out
    ("MCP", "u64", "Total number of bytes sendusing kernel splicing"),
];

/// The lines of `show info`: number, name, and what it is.
pub const INFO: &[(u32, &str, About)] = &[
    (0, "Name", ("POS", "str", "Product name")),
    (1, "Version", ("POS", "str", "Product version")),
    (2, "Release_date", ("POS", "str", "Date of latest source code update")),
    (3, "Nbthread", ("CGS", "u32", "Number of started threads (global.nbthread)")),
    (4, "Nbproc", ("CGS", "u32", "Number of started worker processes (historical, always 1)")),
    (5, "Process_num", ("KGP", "u32", "Relative worker process number (1)")),
    (6, "Pid", ("SGP", "u32", "This worker process identifier for the system")),
    (
        7,
        "Uptime",
        ("MDP", "str", "How long ago this worker process was started (days+hours+minutes+seconds)"),
    ),
    (8, "Uptime_sec", ("MDP", "u32", "How long ago this worker process was started (seconds)")),
    (
        9,
        "Memmax_MB",
        ("CLP", "u32", "Worker process's hard limit on memory usage in MB (-m on command line)"),
    ),
    (10, "PoolAlloc_MB", ("MGP", "u32", "Amount of memory allocated in pools (in MB)")),
    (11, "PoolUsed_MB", ("MGP", "u32", "Amount of pool memory currently used (in MB)")),
    (12, "PoolFailed", ("MCP", "u32", "Number of failed pool allocations since this worker was started")),
    (13, "Ulimit-n", ("CLP", "u32", "Hard limit on the number of per-process file descriptors")),
    (14, "Maxsock", ("CLP", "u32", "Hard limit on the number of per-process sockets")),
    (
        15,
        "Maxconn",
        (
            "CLP",
            "u32",
            "Hard limit on the number of per-process connections (configured or imposed by Ulimit-n)",
        ),
    ),
    (
        16,
        "Hard_maxconn",
        (
            "CLP",
            "u32",
            "Hard limit on the number of per-process connections (imposed by Memmax_MB or Ulimit-n)",
        ),
    ),
    (17, "CurrConns", ("MGP", "u32", "Current number of connections on this worker process")),
    (18, "CumConns", ("MCP", "u32", "Total number of connections on this worker process since started")),
    (19, "CumReq", ("MCP", "u32", "Total number of requests on this worker process since started")),
    (
        20,
        "MaxSslConns",
        ("MMP", "u32", "Hard limit on the number of per-process SSL endpoints (front+back), 0=unlimited"),
    ),
    (
        21,
        "CurrSslConns",
        ("MGP", "u32", "Current number of SSL endpoints on this worker process (front+back)"),
    ),
    (
        22,
        "CumSslConns",
        ("MCP", "u32", "Total number of SSL endpoints on this worker process since started (front+back)"),
    ),
    (23, "Maxpipes", ("CLP", "u32", "Hard limit on the number of pipes for splicing, 0=unlimited")),
    (24, "PipesUsed", ("MGP", "u32", "Current number of pipes in use in this worker process")),
    (
        25,
        "PipesFree",
        ("MGP", "u32", "Current number of allocated and available pipes in this worker process"),
    ),
    (
        26,
        "ConnRate",
        ("MRP", "u32", "Number of front connections created on this worker process over the last second"),
    ),
    (27, "ConnRateLimit", ("CLP", "u32", "Hard limit for ConnRate (global.maxconnrate)")),
    (
        28,
        "MaxConnRate",
        (
            "MMP",
            "u32",
            "Highest ConnRate reached on this worker process since started (in connections per second)",
        ),
    ),
    (
        29,
        "SessRate",
        ("MRP", "u32", "Number of sessions created on this worker process over the last second"),
    ),
    (30, "SessRateLimit", ("CLP", "u32", "Hard limit for SessRate (global.maxsessrate)")),
    (
        31,
        "MaxSessRate",
        (
            "MRP",
            "u32",
            "Highest SessRate reached on this worker process since started (in sessions per second)",
        ),
    ),
    (
        32,
        "SslRate",
        ("MRP", "u32", "Number of SSL connections created on this worker process over the last second"),
    ),
    (33, "SslRateLimit", ("CLP", "u32", "Hard limit for SslRate (global.maxsslrate)")),
    (
        34,
        "MaxSslRate",
        (
            "MMP",
            "u32",
            "Highest SslRate reached on this worker process since started (in connections per second)",
        ),
    ),
    (
        35,
        "SslFrontendKeyRate",
        ("MGP", "u32", "Number of SSL keys created on frontends in this worker process over the last second"),
    ),
    (
        36,
        "SslFrontendMaxKeyRate",
        (
            "MMP",
            "u32",
            "Highest SslFrontendKeyRate reached on this worker process since started (in SSL keys per second)",
        ),
    ),
    (
        37,
        "SslFrontendSessionReuse_pct",
        ("MGP", "u32", "Percent of frontend SSL connections which did not require a new key"),
    ),
    (
        38,
        "SslBackendKeyRate",
        ("MRP", "u32", "Number of SSL keys created on backends in this worker process over the last second"),
    ),
    (
        39,
        "SslBackendMaxKeyRate",
        (
            "MMP",
            "u32",
            "Highest SslBackendKeyRate reached on this worker process since started (in SSL keys per second)",
        ),
    ),
    (
        40,
        "SslCacheLookups",
        (
            "MCP",
            "u32",
            "Total number of SSL session ID lookups in the SSL session cache on this worker since started",
        ),
    ),
    (
        41,
        "SslCacheMisses",
        (
            "MCP",
            "u32",
            "Total number of SSL session ID lookups that didn't find a session in the SSL session cache on this worker since started",
        ),
    ),
    (
        42,
        "CompressBpsIn",
        (
            "MRP",
            "u32",
            "Number of bytes submitted to the HTTP compressor in this worker process over the last second",
        ),
    ),
    (
        43,
        "CompressBpsOut",
        (
            "MRP",
            "u32",
            "Number of bytes emitted by the HTTP compressor in this worker process over the last second",
        ),
    ),
    (
        44,
        "CompressBpsRateLim",
        ("CLP", "u32", "Limit of CompressBpsOut beyond which HTTP compression is automatically disabled"),
    ),
    (47, "Tasks", ("MGP", "u32", "Total number of tasks in the current worker process (active + sleeping)")),
    (48, "Run_queue", ("MGP", "u32", "Total number of active tasks+tasklets in the current worker process")),
    (49, "Idle_pct", ("MaP", "u32", "Percentage of last second spent waiting in the current worker thread")),
    (50, "node", ("COS", "str", "Node name (global.node)")),
    (51, "description", ("COS", "str", "Node description (global.description)")),
    (52, "Stopping", ("MGP", "u32", "1 if the worker process is currently stopping, otherwise zero")),
    (
        53,
        "Jobs",
        (
            "MGP",
            "u32",
            "Current number of active jobs on the current worker process (frontend connections, master connections, listeners)",
        ),
    ),
    (
        54,
        "Unstoppable Jobs",
        (
            "MGP",
            "u32",
            "Current number of unstoppable jobs on the current worker process (master connections)",
        ),
    ),
    (55, "Listeners", ("MGP", "u32", "Current number of active listeners on the current worker process")),
    (
        56,
        "ActivePeers",
        ("MGP", "u32", "Current number of verified active peers connections on the current worker process"),
    ),
    (
        57,
        "ConnectedPeers",
        (
            "MGP",
            "u32",
            "Current number of peers having passed the connection step on the current worker process",
        ),
    ),
    (
        58,
        "DroppedLogs",
        ("MGP", "u32", "Total number of dropped logs for current worker process since started"),
    ),
    (
        59,
        "BusyPolling",
        (
            "MGP",
            "u32",
            "1 if busy-polling is currently in use on the worker process, otherwise zero (config.busy-polling)",
        ),
    ),
    (
        60,
        "FailedResolutions",
        ("MGP", "u32", "Total number of failed DNS resolutions in current worker process since started"),
    ),
    (
        61,
        "TotalBytesOut",
        ("MGP", "u64", "Total number of bytes emitted by current worker process since started"),
    ),
    (
        62,
        "TotalSplicdedBytesOut",
        (
            "MGP",
            "u64",
            "Total number of bytes emitted by current worker process through a kernel pipe since started",
        ),
    ),
    (
        63,
        "BytesOutRate",
        ("MRP", "u64", "Number of bytes emitted by current worker process over the last second"),
    ),
    (
        64,
        "DebugCommandsIssued",
        ("MGP", "u32", "Number of debug commands issued on this process (anything > 0 is unsafe)"),
    ),
    (
        65,
        "CumRecvLogs",
        (
            "MCP",
            "u32",
            "Total number of log messages received by log-forwarding listeners on this worker process since started",
        ),
    ),
    (66, "Build info", ("POS", "str", "Build info")),
    (
        67,
        "Memmax_bytes",
        ("CLP", "u32", "Worker process's hard limit on memory usage in byes (-m on command line)"),
    ),
    (68, "PoolAlloc_bytes", ("MGP", "u64", "Amount of memory allocated in pools (in bytes)")),
    (69, "PoolUsed_bytes", ("MGP", "u64", "Amount of pool memory currently used (in bytes)")),
    (70, "Start_time_sec", ("MDP", "u32", "Start time in seconds")),
    (71, "Tainted", ("SGP", "str", "Experimental features used")),
];
