//! A running Ringmain with real traffic: balance, health, limits, its life as a process, and other people's clients
//! and servers. Every test runs on both I/O modes. `RINGMAIN_TEST_BINARY=/usr/sbin/haproxy` runs haproxy instead: what
//! a test asks for is what haproxy does.

#[path = "../common/mod.rs"]
mod common;

mod agents;
mod balance;
mod binds;
mod bodies;
mod comers;
mod early;
mod garbage;
mod health;
mod life;
mod limits;
mod lines;
mod namespaces;
mod one_message;
mod own_namespace;
mod persistence;
mod plain;
mod process_rates;
mod programs;
mod queues;
mod rates;
mod rdp;
mod retries;
mod runtime;
mod runtime_edits;
mod samples;
mod sockets;
mod state_file;
mod two_sites;

use std::net::SocketAddr;

use common::client::{self, Outcome};
use common::proxy::{Io, Program};

/// Ringmain in both I/O modes.
const BOTH: [Program; 2] = [Program::Ringmain(Io::Epoll), Program::Ringmain(Io::Uring)];

/// Defaults most tests want.
const DEFAULTS: &str = "defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
    retries 0
";

/// One GET on a connection of its own.
fn get(to: SocketAddr, path: &str) -> Outcome {
    client::get(to, format!("GET {path} HTTP/1.1\r\nHost: example.test\r\nConnection: close\r\n\r\n"))
}

/// The one answer's status, 0 when there was none.
fn status(outcome: &Outcome) -> u16 {
    outcome.answers.last().map_or(0, |a| a.head.status())
}

/// Which origin answered.
fn origin(outcome: &Outcome) -> String {
    outcome.answers.last().and_then(|a| a.head.field("x-origin")).unwrap_or("none").to_owned()
}
