//! Small Plans for the tests of modules that stand below `config`.
use super::backend::BackendTimeouts;
use super::frontend::{ErrorPages, FrontendTimeouts};
use super::{
    Backend, Balance, Check, CheckKind, ConnectionMode, Frontend, Listener, ListenerAddr, Mode, Plan, Reuse,
    Server, ServerAddr,
};
use crate::base::ids::{BackendId, FrontendId, ListenerId, ServerId};
use crate::rules::{Expect, Program};
use crate::syntax::Span;
use crate::syntax::span::FileId;
use std::net::SocketAddr;
use std::time::Duration;

const NOWHERE: Span = Span { file: FileId(0), line: 1, col: 1, len: 1 };

impl Plan {
    /// Adds an HTTP frontend without listeners.
    pub fn add_frontend(&mut self, name: &str) -> &mut Frontend {
        let uuid = self.next_uuid();
        self.frontends.push(Frontend {
            name: name.to_owned(),
            uuid,
            guid: None,
            description: None,
            mode: Mode::Http,
            disabled: false,
            maxconn: None,
            backlog: None,
            listeners: Vec::new(),
            timeouts: FrontendTimeouts::default(),
            connection_mode: ConnectionMode::default(),
            forward_for: None,
            http_request: Program::default(),
            redirects: Program::default(),
            http_response: Program::default(),
            tcp_request_connection: Program::default(),
            tcp_request_session: Program::default(),
            inspection: None,
            use_backend: Vec::new(),
            default_backend: None,
            own_backend: None,
            monitor_uri: None,
            monitor_fail: Vec::new(),
            error_pages: ErrorPages::default(),
            stats: None,
            accept_invalid_http_request: false,
            recording: None,
            log_set: Default::default(),
            tcp_nodelay: false,
            http_no_delay: false,
            tcp_keepalive: false,
            ignore_probes: false,
            manners: Default::default(),
            at: NOWHERE,
        });
        self.frontends.last_mut().expect("just pushed")
    }

    /// Adds an HTTP backend without servers.
    pub fn add_backend(&mut self, name: &str) -> &mut Backend {
        let (uuid, next) = (self.next_uuid(), self.servers.len() as u32);
        self.backends.push(Backend {
            name: name.to_owned(),
            uuid,
            guid: None,
            description: None,
            mode: Mode::Http,
            disabled: false,
            servers: next..next,
            balance: Balance::default(),
            use_server: Vec::new(),
            timeouts: BackendTimeouts::default(),
            connection_mode: ConnectionMode::default(),
            reuse: Reuse::default(),
            prefer_last_server: false,
            persistence: None,
            forwarded: None,
            forward_for: None,
            inspection: None,
            http_request: Program::default(),
            redirects: Program::default(),
            http_response: Program::default(),
            error_pages: ErrorPages::default(),
            stats: None,
            retries: 3,
            retry_on: crate::plan::RetryOn::default(),
            redispatch: 0,
            fullconn: None,
            abort_on_close: false,
            all_backups: false,
            tcp_keepalive: false,
            send_name_header: None,
            mould: Box::new((&super::draft::Settings::default()).into()),
            notes_request: false,
            log_health_checks: false,
            log_set: Default::default(),
            accept_invalid_http_response: false,
            manners: Default::default(),
            id_given: false,
            at: NOWHERE,
        });
        self.backends.last_mut().expect("just pushed")
    }

    /// Adds a server of weight 1 to the last backend.
    pub fn add_server(&mut self, name: &str, addr: SocketAddr) -> &mut Server {
        let id = ServerId::from(self.servers.len());
        let backend = BackendId::from(self.backends.len() - 1);
        let range = &mut self.backends[backend.index()].servers;
        range.end += 1;
        let uuid = range.end - range.start;
        self.servers.push(Server {
            id,
            backend,
            name: name.to_owned(),
            uuid,
            addr: ServerAddr::Inet(addr),
            hostname: None,
            weight: 1,
            places: uuid * crate::rules::balance::PLACES,
            slowstart: None,
            backup: false,
            disabled: false,
            maxconn: None,
            minconn: None,
            maxqueue: None,
            check: None,
            non_stick: false,
            watching: super::check::Watching::default(),
            cookie: None,
            source: None,
            interface: None,
            pool_max_conn: None,
            pool_purge_delay: Duration::from_secs(5),
            max_reuse: None,
            lookup: None,
            unresolved: false,
            line: None,
            id_given: false,
            remembered: None,
            at: NOWHERE,
        });
        self.servers.first_mut().last_mut().expect("just pushed")
    }

    /// Adds a listener to the last frontend.
    pub fn add_listener(&mut self, addr: SocketAddr) -> &mut Listener {
        let id = ListenerId::from(self.listeners.len());
        let frontend = FrontendId::from(self.frontends.len() - 1);
        let listeners = &mut self.frontends[frontend.index()].listeners;
        listeners.push(id);
        let uuid = listeners.len() as u32;
        self.listeners.push(Listener {
            id,
            frontend,
            uuid,
            name: None,
            addr: ListenerAddr::Inet(addr),
            maxconn: None,
            backlog: None,
            interface: None,
            mode: None,
            uid: None,
            gid: None,
            v6only: None,
            transparent: false,
            defer_accept: false,
            tcp_user_timeout: None,
            mss: None,
            tfo: false,
            expect: Expect::default(),
            netscaler_magic: 0,
            probes: None,
            namespace: None,
            spread: Default::default(),
            md5_key: None,
            counted: false,
            guid: None,
            at: NOWHERE,
        });
        self.listeners.last_mut().expect("just pushed")
    }

    /// HAProxy numbers proxies from 2 on where a statistics socket is configured: the first is the socket's.
    fn next_uuid(&self) -> u32 {
        (self.frontends.len() + self.backends.len()) as u32 + 2
    }
}

/// A connect check with HAProxy's defaults but this interval.
pub fn check_every(inter: Duration) -> Check {
    Check {
        kind: CheckKind::Connect,
        inter,
        fastinter: None,
        downinter: None,
        rise: 2,
        fall: 3,
        port: None,
        addr: None,
        opening: Default::default(),
    }
}
