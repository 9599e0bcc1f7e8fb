//! What a configuration means: immutable, with dense ids and no text left to interpret. A Plan that exists is valid.
//! `config` makes it from a [`draft`]; a request keeps the Plan it began under.
pub mod backend;
pub mod check;
mod check_names;
pub mod draft;
#[cfg(test)]
pub mod fixture;
pub mod frontend;
pub mod global;
pub mod http_errors;
pub mod inspection;
pub mod line;
pub mod logging;
pub mod manners;
pub mod mould;
pub mod persist;
pub mod remembered;
pub mod resolvers;
pub mod retry;
pub mod ring;
pub mod stats;
pub mod stats_file;
pub mod use_server;

pub use backend::{Backend, Balance, Check, ForwardFor, Reuse, Server, ServerAddr};
pub use check::CheckKind;
pub use frontend::{BackendTarget, ErrorPages, Frontend, Listener, ListenerAddr, UseBackend};
pub use global::{Global, LogTarget, SeverityOutput, StatsSocket};
pub use inspection::Inspection;
pub use manners::Manners;
pub use resolvers::{Lookup, Nameserver, Resolvers};
pub use retry::RetryOn;
pub use stats::StatsPage;
pub use stats_file::StatsFile;
pub use use_server::{ServerTarget, UseServer};

use crate::base::grow::Grow;
use crate::base::ids::{BackendId, FrontendId, ServerId};

/// `mode` of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    #[default]
    Tcp,
    Http,
}

/// What happens to a server connection after an exchange (`option httpclose`, …; manual 4, table "HTTP connection mode").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ConnectionMode {
    /// `option http-keep-alive`: both sides stay (the default).
    #[default]
    KeepAlive,
    /// `option http-server-close`: the server side ends after each answer.
    ServerClose,
    /// `option httpclose`: both sides end.
    Close,
}

/// The whole meaning of a configuration.
#[derive(Debug, Default)]
pub struct Plan {
    pub global: Global,
    pub frontends: Vec<Frontend>,
    pub backends: Vec<Backend>,
    /// Those of the files, and behind them those that were added while running: which of them are there is the World's to say.
    pub servers: Grow<Server>,
    /// Those that sample fetches name.
    pub named_servers: std::collections::BTreeSet<ServerId>,
    pub listeners: Vec<Listener>,
    /// The network namespaces that lines name: a client may choose among these.
    pub namespaces: Vec<crate::net::Namespace>,
    pub resolvers: Vec<Resolvers>,
    pub tables: Vec<persist::StickTable>,
    /// Where log lines go; the first set is the process's own.
    pub log_sets: Vec<logging::LogSet>,
    /// A line or an id tells the number of a request (`%rt`): all are counted.
    pub numbers_requests: bool,
    /// The rings; the first is the process's own.
    pub rings: Vec<ring::Ring>,
    /// The lists of patterns as the files have them.
    pub lists: std::sync::Arc<crate::rules::list::Lists>,
    /// The files the configuration came from, so that rules can say where they stand.
    pub sources: crate::syntax::SourceMap,
}

impl Plan {
    /// A frontend.
    #[must_use]
    pub fn frontend(&self, id: FrontendId) -> &Frontend {
        &self.frontends[id.index()]
    }

    /// `fullconn` of a backend, by default a tenth of what the frontends may send it (manual 4.2). `process`: the
    /// connections of frontends without a limit of their own.
    #[must_use]
    pub fn full_connections(&self, id: BackendId, process: u32) -> u32 {
        let reaches = |f: &Frontend| {
            f.default_backend == Some(id)
                || f.use_backend.iter().any(|rule| matches!(rule.target, BackendTarget::Fixed(b) if b == id))
        };
        self.backend(id).fullconn.unwrap_or_else(|| {
            let frontends = self.frontends.iter().filter(|f| reaches(f));
            let all: u64 = frontends.map(|f| u64::from(f.maxconn.unwrap_or(process))).sum();
            u32::try_from(all.div_ceil(10)).unwrap_or(u32::MAX).max(1)
        })
    }

    /// A backend.
    #[must_use]
    pub fn backend(&self, id: BackendId) -> &Backend {
        &self.backends[id.index()]
    }

    /// A server.
    #[must_use]
    pub fn server(&self, id: ServerId) -> &Server {
        &self.servers[id.index()]
    }

    /// The servers of a backend in the files, in the order of their lines; the World knows those that are there now.
    pub fn servers_of(&self, id: BackendId) -> impl Iterator<Item = (ServerId, &Server)> {
        self.backend(id).servers.clone().map(|i| (ServerId(i), &self.servers[i as usize]))
    }
}
