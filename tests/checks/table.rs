//! The rows: what a backend says about its checks, and what the server does.
use crate::script::Do;

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
const AGENT_AND_CHECK: &str = "check inter 400ms fall 1 agent-check agent-inter 400ms agent-port PORT";

const fn agent(name: &'static str, server: &'static str, script: &'static [Do]) -> Row {
    Row { name, lines: &[], server, script, agent: true }
}
