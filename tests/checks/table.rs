//! The rows: what a backend says about its checks, and what the server does.
use crate::script::Do::{self, Read, Send};

mod agents;
mod http;
mod openings;
mod protocols;
mod tcp;

/// One row.
#[derive(Debug)]
pub struct Row {
    /// The backend's name.
    pub name: &'static str,
    /// Lines of the backend; `PORT` is the server's port.
    pub lines: &'static [&'static str],
    /// The server's parameters.
    pub server: &'static str,
    pub script: &'static [Do],
    /// The agent's columns are looked at, not the check's.
    pub agent: bool,
}

/// Every row.
pub const ROWS: &[&[Row]] = &[agents::ROWS, tcp::ROWS, http::ROWS, openings::ROWS, protocols::ROWS];

/// Rows that 2.6.12 does not have or takes otherwise, with the first columns as 3.2.26 shows them.
pub const NEWER: &[(Row, &str)] = &[
    (
        agent("agent-weight-percent", AGENT_WEIGHT, &[Send(b"50% weight:20%\n")]),
        "status=no check agent_status=CHECKED agent_code= last_agt= agent_desc=No status change weight=20 ",
    ),
    (
        agent("agent-weight-absolute", AGENT_WEIGHT, &[Send(b"WEIGHT:7 up\n")]),
        "status=no check agent_status=L7OK agent_code=0 last_agt=via agent : up agent_desc=Layer7 check passed weight=7 ",
    ),
    (
        agent("agent-weight-zero", AGENT_WEIGHT, &[Send(b"weight:0\n")]),
        "status=no check agent_status=CHECKED agent_code= last_agt= agent_desc=No status change weight=0 ",
    ),
    (
        agent("agent-weight-too-large", AGENT_WEIGHT, &[Send(b"weight:300\n")]),
        "status=no check agent_status=CHECKED agent_code= last_agt=agent warns : Absolute weight can only be between 0 and 256 inclusive.",
    ),
    (
        row("http-four-digits", &["option httpchk"], &[Read, Send(b"HTTP/1.1 2000 OK\n\n")]),
        "status=DOWN check_status=L7RSP ",
    ),
    (
        row("http-value-nul", &["option httpchk"], &[Read, Send(b"HTTP/1.1 200 OK\nA: b\0\n\n")]),
        "status=DOWN check_status=L7RSP ",
    ),
    (
        row("http-rtsp", &["option httpchk"], &[Read, Send(b"RTSP/1.0 200 OK\r\n\r\n")]),
        "status=DOWN check_status=L7RSP ",
    ),
];

const CHECK: &str = "check inter 400ms fall 1";

const fn row(name: &'static str, lines: &'static [&'static str], script: &'static [Do]) -> Row {
    Row { name, lines, server: CHECK, script, agent: false }
}

const fn with(
    name: &'static str,
    lines: &'static [&'static str],
    server: &'static str,
    script: &'static [Do],
) -> Row {
    Row { name, lines, server, script, agent: false }
}

const AGENT: &str = "agent-check agent-inter 400ms agent-port PORT";
const AGENT_WEIGHT: &str = "weight 100 agent-check agent-inter 400ms agent-port PORT";
const AGENT_AND_CHECK: &str = "check inter 400ms fall 1 agent-check agent-inter 400ms agent-port PORT";

const fn agent(name: &'static str, server: &'static str, script: &'static [Do]) -> Row {
    Row { name, lines: &[], server, script, agent: true }
}
