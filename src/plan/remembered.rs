//! What a state file remembers of a server (`load-server-state-from-file`, manual 4.2; management manual, 9.3
//! `show servers state`): one line of it, checked.
use std::net::IpAddr;
use std::time::Duration;

/// A server as the process before left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Its address; the configuration's holds, unless `init-addr` asks for the last.
    pub addr: Option<IpAddr>,
    pub operational: Operational,
    /// An operator's maintenance and drain, and whether that configuration had it `disabled`.
    pub maint: bool,
    pub drain: bool,
    pub disabled: bool,
    /// The weight then, and the one that configuration gave: another one now means that the file was edited.
    pub weight: u32,
    pub initial_weight: u32,
    pub since_change: Duration,
    /// HAProxy's numbers of the last check's status and result.
    pub check_status: u8,
    pub check_result: u8,
    pub check_health: u32,
    /// Checks were configured, but switched off.
    pub check_off: bool,
    pub agent_off: bool,
    /// A name that an operator gave it.
    pub fqdn: Option<String>,
    pub port: i32,
    pub check_addr: Option<IpAddr>,
    pub check_port: Option<u16>,
    pub agent_addr: Option<IpAddr>,
    pub agent_port: Option<u16>,
}

/// `srv_op_state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operational {
    Stopped,
    Starting,
    Running,
    Stopping,
}

/// `load-server-state-from-file`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LoadState {
    #[default]
    None,
    Global,
    Local,
}
