//! What a backend gives its servers: those of the files, and those that are added while running.
use super::CheckKind;
use super::draft::{Flag, Settings};
use super::line::UseSource;
use crate::net::options::Probes;
use std::net::SocketAddr;

/// What stands in a backend's lines for all of its servers.
#[derive(Clone, Debug)]
pub struct Mould {
    /// What checks ask.
    pub check: CheckKind,
    /// `source`, for servers without one of their own.
    pub source: Option<SocketAddr>,
    pub interface: Option<String>,
    pub usesrc: Option<UseSource>,
    /// `srvtcpka-*`, where `option srvtcpka` is on.
    pub probes: Option<Probes>,
}

impl From<&Settings> for Mould {
    fn from(settings: &Settings) -> Mould {
        let probes = settings.flags.has(Flag::ServerKeepalive).then_some(settings.server_probes);
        Mould {
            check: settings.check.kind(),
            source: settings.source,
            interface: settings.source_interface.clone(),
            usesrc: settings.usesrc.clone(),
            probes: probes.filter(|p| *p != Probes::default()),
        }
    }
}
