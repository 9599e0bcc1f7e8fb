//! Draft → Plan: everything was checked, only ids and defaults are left to fill in.
use super::logging::Writes;
use super::names::Index;
use crate::base::ids::{BackendId, FrontendId, ListenerId, ServerId, TableId};
use crate::plan::backend::BackendTimeouts;
use crate::plan::draft::{
    BindDraft, Draft, Flag, HashKey, LogFormat, ProxyDraft, ServerAddress, ServerDraft, ServerSettings,
    Settings, Timeouts, UnixBind, UseBackendDraft,
};
use crate::plan::frontend::FrontendTimeouts;
use crate::plan::line::ServerLine;
use crate::plan::logging::{Needs, ProfileDraft};
use crate::plan::mould::Mould;
use crate::plan::persist::StickTable;
use crate::plan::{
    Backend, BackendTarget, Balance, Check, ConnectionMode, Frontend, Inspection, Listener, ListenerAddr,
    Mode, Plan, Resolvers, Server, ServerAddr, ServerTarget, StatsPage, UseBackend, UseServer,
};
use crate::rules::balance::hash::full;
use crate::rules::balance::{Algorithm, HashType, PLACES};
use crate::rules::{Program, Rule};
use crate::share::table::{Column, Kind};
use crate::syntax::SourceMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Makes the Plan. Its sources are for the caller to add.
///
/// # Panics
/// When a name was not checked before.
#[must_use]
pub fn plan(mut draft: Draft, index: &Index, map: &SourceMap) -> Plan {
    let uuids = uuids(&draft);
    let resolvers = super::lookup::with_default(std::mem::take(&mut draft.resolvers));
    let mut plan = Plan { resolvers, named_servers: index.named(), ..Plan::default() };
    super::rings::make(&mut draft, &mut plan, map);
    let writes = super::logging::Writes::of(&draft);
    let logging = (std::mem::take(&mut draft.log_profiles), writes);
    plan.global = draft.global;
    let upgrades: Vec<bool> =
        (0..draft.proxies.len()).map(|n| becomes_http(&draft.proxies, n, index)).collect();
    let needs: Vec<Needs> = (0..draft.proxies.len()).map(|n| needs(&draft.proxies, n, index)).collect();
    plan.tables.extend(draft.proxies.iter().filter_map(|p| p.persistence.table.clone()));
    super::logging::start(&mut plan);
    let tracks = super::checks::tracks(&draft.proxies);
    for (n, mut proxy) in draft.proxies.into_iter().enumerate() {
        if !is_proxy(&proxy) {
            continue;
        }
        let (_, own) = index.halves(n);
        if proxy.settings.mode == Mode::Tcp {
            without_http(&mut proxy);
            if upgrades[n] {
                proxy.settings.mode = Mode::Http;
            }
        }
        if proxy.kind.has_frontend() {
            frontend(&mut plan, &mut proxy, uuids[n], index, own, &draft.unix_bind, (&logging, needs[n], n));
        }
        if proxy.kind.has_backend() {
            backend(&mut plan, proxy, uuids[n], index);
        }
    }
    super::checks::track(&mut plan, &tracks);
    plan.namespaces = namespaces(&plan);
    plan
}

/// HAProxy's number of each proxy.
#[must_use]
pub fn uuids(draft: &Draft) -> Vec<u32> {
    // HAProxy's statistics sockets stand in a proxy of their own, which uses up the first turn.
    let first = if draft.global.stats_sockets.is_empty() { 1 } else { 2 };
    number(draft.proxies.iter().map(|p| (is_proxy(p), p.id)), first)
}

fn is_proxy(proxy: &ProxyDraft) -> bool {
    proxy.kind.has_frontend() || proxy.kind.has_backend()
}

/// Gives each wanted place its own number, or the lowest free one above the last given so (HAProxy's `get_next_id`).
fn number(wanted: impl Iterator<Item = (bool, Option<u32>)>, first: u32) -> Vec<u32> {
    let wanted: Vec<(bool, Option<u32>)> = wanted.collect();
    let used: BTreeSet<u32> = wanted.iter().filter_map(|(_, id)| *id).collect();
    let mut next = first;
    let give = |(counts, id): &(bool, Option<u32>)| match id {
        // One with its own number uses up a turn too.
        Some(id) => {
            next += 1;
            *id
        }
        None if !counts => 0,
        None => {
            while used.contains(&next) {
                next += 1;
            }
            next += 1;
            next - 1
        }
    };
    wanted.iter().map(give).collect()
}

/// A TCP frontend all of whose backends are HTTP serves HTTP, without its own HTTP settings: HAProxy upgrades each connection
/// once the backend is known.
fn becomes_http(proxies: &[ProxyDraft], number: usize, index: &Index) -> bool {
    let proxy = &proxies[number];
    if proxy.settings.mode != Mode::Tcp || !proxy.kind.has_frontend() || proxy.settings.disabled {
        return false;
    }
    if proxy.kind.has_backend() && proxy.settings.default_backend.is_none() {
        return false;
    }
    let mut targets = targets(proxy, index).peekable();
    targets.peek().is_some() && targets.all(|b| index.owner_of(proxies, b).settings.mode == Mode::Http)
}

/// The backends that a frontend's static rules lead to.
pub fn targets<'a>(proxy: &'a ProxyDraft, index: &'a Index) -> impl Iterator<Item = BackendId> + 'a {
    let rules = proxy.use_backend.iter().map(|r| r.name.as_str());
    rules
        .chain(proxy.settings.default_backend.iter().map(|n| n.name.as_str()))
        .filter_map(|n| index.backend(n))
}

/// What the rules of a proxy, and those of the backends it may lead to, want of its records.
fn needs(proxies: &[ProxyDraft], number: usize, index: &Index) -> Needs {
    let proxy = &proxies[number];
    let anywhere = proxy.use_backend.iter().any(|rule| rule.dynamic.is_some());
    let backends: Vec<usize> = match anywhere {
        true => (0..proxies.len()).filter(|n| index.halves(*n).1.is_some()).collect(),
        false => targets(proxy, index).map(|id| index.number_of(id)).collect(),
    };
    backends.into_iter().fold(index.needs(number), |all, n| all.or(index.needs(n)))
}

/// Every network namespace that some line names, once.
fn namespaces(plan: &Plan) -> Vec<crate::net::Namespace> {
    let servers = plan.servers.iter().filter_map(|s| s.line.as_ref()?.socket.namespace.as_ref());
    let mut all = Vec::new();
    for namespace in servers.chain(plan.listeners.iter().filter_map(|l| l.namespace.as_ref())) {
        if !all.contains(namespace) {
            all.push(namespace.clone());
        }
    }
    all
}

/// Takes off what needs `mode http`; the warnings said so.
fn without_http(proxy: &mut ProxyDraft) {
    let settings = &mut proxy.settings;
    settings.monitor_uri = None;
    settings.forward_for = None;
    settings.original_to = None;
    settings.forwarded = None;
    settings.connection_mode = ConnectionMode::default();
    for flag in [Flag::HttpNoDelay, Flag::IgnoreProbes, Flag::PretendKeepalive, Flag::CheckCache] {
        settings.flags.set(flag, false);
    }
    if matches!(settings.log_format, Some(LogFormat::Http | LogFormat::Clf | LogFormat::Https)) {
        settings.log_format = Some(LogFormat::Tcp);
    }
    proxy.monitor_fail.clear();
    let rules = &mut proxy.rules;
    for list in [&mut rules.http_request, &mut rules.http_response, &mut rules.redirects] {
        list.clear();
    }
    for list in
        [&mut rules.http_request_backend, &mut rules.http_response_backend, &mut rules.redirects_backend]
    {
        list.clear();
    }
}

fn frontend(
    plan: &mut Plan,
    proxy: &mut ProxyDraft,
    uuid: u32,
    index: &Index,
    own: Option<BackendId>,
    unix: &UnixBind,
    ((profiles, writes), needs, number): (&(Vec<ProfileDraft>, Writes), Needs, usize),
) {
    let id = FrontendId::from(plan.frontends.len());
    let listeners = listeners(plan, id, &proxy.binds, unix, &proxy.settings);
    let names = index.seen_from(number).of_log();
    let recording = super::logging::recording(plan, proxy, profiles, writes, (needs, names));
    let log_set = super::logging::set(plan, &proxy.settings);
    let listen = own.is_some();
    let stats = stats_page(proxy);
    let settings = &proxy.settings;
    let default = settings.default_backend.as_ref().and_then(|n| index.backend(&n.name));
    let rules = &mut proxy.rules;
    let mut take = |list: fn(&mut crate::plan::draft::RulesDraft) -> &mut Vec<Rule>| {
        program(std::mem::take(list(rules)))
    };
    let frontend = Frontend {
        name: proxy.name.clone(),
        uuid,
        guid: proxy.guid.clone(),
        description: proxy.description.clone(),
        mode: settings.mode,
        disabled: settings.disabled,
        maxconn: settings.maxconn,
        backlog: settings.backlog,
        listeners,
        timeouts: frontend_timeouts(&settings.timeouts),
        connection_mode: settings.connection_mode,
        forward_for: settings.forward_for.clone(),
        http_request: take(|r| &mut r.http_request),
        redirects: take(|r| &mut r.redirects),
        http_response: take(|r| &mut r.http_response),
        tcp_request_connection: take(|r| &mut r.tcp_request_connection),
        tcp_request_session: take(|r| &mut r.tcp_request_session),
        inspection: Inspection::of(take(|r| &mut r.tcp_request_content).rules, settings.inspect_delay),
        use_backend: proxy.use_backend.drain(..).filter_map(|rule| use_backend(rule, index)).collect(),
        default_backend: default.or(own),
        own_backend: own,
        monitor_uri: settings.monitor_uri.clone(),
        monitor_fail: std::mem::take(&mut proxy.monitor_fail),
        error_pages: settings.error_pages.clone(),
        stats: stats.clone(),
        accept_invalid_http_request: false,
        recording,
        log_set,
        tcp_nodelay: settings.mode == Mode::Http,
        http_no_delay: settings.flags.has(Flag::HttpNoDelay),
        tcp_keepalive: settings.flags.has(Flag::ClientKeepalive),
        ignore_probes: settings.flags.has(Flag::IgnoreProbes),
        manners: manners(settings),
        at: proxy.at,
    };
    plan.frontends.push(frontend);
    if listen {
        // What is left is the backend half's.
        rules.tcp_request_content = std::mem::take(&mut rules.tcp_request_content_backend);
        rules.http_request = std::mem::take(&mut rules.http_request_backend);
        rules.http_response = std::mem::take(&mut rules.http_response_backend);
        rules.redirects = std::mem::take(&mut rules.redirects_backend);
    }
}

/// The page of a proxy; both halves of a `listen` have it.
fn stats_page(proxy: &ProxyDraft) -> Option<Arc<StatsPage>> {
    let settings = &proxy.settings;
    (settings.stats.enabled && settings.mode == Mode::Http).then(|| {
        let (settings, admin) = (settings.stats.clone(), proxy.stats_admin.clone());
        Arc::new(StatsPage { settings, admin, rules: proxy.stats_rules.clone() })
    })
}

fn manners(settings: &Settings) -> crate::plan::Manners {
    crate::plan::Manners {
        original_to: settings.original_to.clone(),
        no_linger: settings.flags.has(Flag::NoLinger),
        pretend_keepalive: settings.flags.has(Flag::PretendKeepalive),
        no_delay: settings.flags.has(Flag::HttpNoDelay),
        check_cache: settings.flags.has(Flag::CheckCache),
        rate_limit: settings.rate_limit.unwrap_or(0),
    }
}

fn program(rules: Vec<Rule>) -> Program {
    Program { rules }
}

/// The names of disabled frontends are not checked: what leads nowhere is left out there.
fn use_backend(rule: crate::plan::draft::UseBackendDraft, index: &Index) -> Option<UseBackend> {
    let target = match rule.dynamic {
        Some(parts) => BackendTarget::ByName(parts),
        None => BackendTarget::Fixed(index.backend(&rule.name)?),
    };
    Some(UseBackend { condition: rule.condition, target, at: rule.at, text: rule.text })
}

fn use_server(rules: Vec<UseBackendDraft>, backend: BackendId, index: &Index) -> Vec<UseServer> {
    let rule = |rule: UseBackendDraft| {
        let target = match rule.dynamic {
            Some(parts) => ServerTarget::ByName(parts),
            None => ServerTarget::Fixed(index.server(backend, &rule.name)?),
        };
        Some(UseServer { condition: rule.condition, target, at: rule.at, text: rule.text })
    };
    rules.into_iter().filter_map(rule).collect()
}

/// What is hashed of a request falls back to round robin where there is no request.
fn balance(settings: &Settings) -> Balance {
    let mut balance = settings.balance.clone();
    if let Algorithm::Hash(key) = &balance.algorithm
        && key.needs_http()
        && settings.mode == Mode::Tcp
    {
        balance.algorithm = Algorithm::RoundRobin;
    }
    balance
}

/// Where the keys of a server's places on a ring start (`hash-key`); what a server has not is as `id`.
fn places(key: HashKey, uuid: u32, addr: &ServerAddr, guid: Option<&str>) -> u32 {
    let all = HashType { avalanche: true, ..HashType::default() };
    if let (HashKey::Guid, Some(guid)) = (key, guid) {
        return all.of(guid.as_bytes());
    }
    let (ip, port) = match addr {
        ServerAddr::Inet(addr) => (addr.ip(), addr.port()),
        ServerAddr::InetRelative(ip, _) => (*ip, 0),
        ServerAddr::Unix(_) | ServerAddr::Abstract(_) => return uuid.wrapping_mul(PLACES),
    };
    match key {
        HashKey::Id | HashKey::Guid => uuid.wrapping_mul(PLACES),
        HashKey::Addr => all.of_address(ip),
        HashKey::AddrPort => full(all.of_address(ip).wrapping_add(u32::from(port))),
    }
}

/// A time that was given and is not zero.
fn real(time: Option<Duration>) -> Option<Duration> {
    time.filter(|t| !t.is_zero())
}

fn frontend_timeouts(t: &Timeouts) -> FrontendTimeouts {
    FrontendTimeouts {
        client: real(t.client),
        http_request: real(t.http_request),
        http_keep_alive: real(t.http_keep_alive),
        client_fin: real(t.client_fin),
        tarpit: real(t.tarpit).or(real(t.connect)),
    }
}

fn backend_timeouts(t: &Timeouts) -> BackendTimeouts {
    BackendTimeouts {
        connect: real(t.connect),
        server: real(t.server),
        queue: real(t.queue),
        tunnel: real(t.tunnel),
        server_fin: real(t.server_fin),
        check: real(t.check),
        tarpit: real(t.tarpit).or(real(t.connect)),
        http_request: real(t.http_request),
    }
}

/// The listeners of a frontend, one for each address of its `bind` lines.
fn listeners(
    plan: &mut Plan,
    frontend: FrontendId,
    binds: &[BindDraft],
    unix: &UnixBind,
    settings: &Settings,
) -> Vec<ListenerId> {
    let wanted = binds.iter().flat_map(|b| b.addrs.iter().map(|_| (true, b.id)));
    let mut uuids = number(wanted, 1).into_iter();
    let mut ids = Vec::new();
    for bind in binds {
        for (place, addr) in bind.addrs.iter().enumerate() {
            let id = ListenerId::from(plan.listeners.len());
            let inherits = matches!(addr, ListenerAddr::Unix(_));
            let or = |own: Option<u32>, other: Option<u32>| own.or(other.filter(|_| inherits));
            plan.listeners.push(Listener {
                id,
                frontend,
                uuid: uuids.next().expect("one for each address"),
                name: bind.name.clone(),
                addr: addr.clone(),
                maxconn: bind.maxconn,
                backlog: bind.backlog,
                interface: bind.interface.clone(),
                mode: or(bind.mode, unix.mode),
                uid: or(bind.uid, unix.uid),
                gid: or(bind.gid, unix.gid),
                v6only: bind.v6only.then_some(true).or(bind.v4v6.then_some(false)),
                transparent: bind.transparent,
                defer_accept: bind.defer_accept,
                tcp_user_timeout: real(bind.tcp_user_timeout),
                mss: bind.mss,
                tfo: bind.tfo,
                expect: bind.expect,
                netscaler_magic: bind.netscaler_magic,
                probes: settings.flags.has(Flag::ClientKeepalive).then_some(settings.client_probes),
                namespace: bind.namespace.clone(),
                spread: bind.spread,
                md5_key: bind.md5_key.clone(),
                counted: settings.flags.has(Flag::SocketStats),
                guid: bind.guid_prefix.as_ref().map(|prefix| format!("{prefix}-{place}")),
                at: bind.at,
            });
            ids.push(id);
        }
    }
    ids
}

fn backend(plan: &mut Plan, mut proxy: ProxyDraft, uuid: u32, index: &Index) {
    find_tables(&mut plan.tables, &mut proxy);
    let id = BackendId::from(plan.backends.len());
    let use_server = use_server(std::mem::take(&mut proxy.use_server), id, index);
    let first = plan.servers.len() as u32;
    let uuids = number(proxy.servers.iter().map(|s| (true, s.id)), 1);
    let mould = Mould::from(&proxy.settings);
    for (draft, uuid) in proxy.servers.iter().zip(uuids) {
        let number = ServerId::from(plan.servers.len());
        let server = server(number, id, draft, uuid, &mould, &plan.resolvers);
        plan.servers.push(server);
    }
    let log_set = super::logging::set(plan, &proxy.settings);
    let stats = stats_page(&proxy);
    let settings = &proxy.settings;
    let flags = settings.flags;
    plan.backends.push(Backend {
        name: proxy.name,
        uuid,
        guid: proxy.guid,
        description: proxy.description,
        mode: settings.mode,
        disabled: settings.disabled,
        servers: first..plan.servers.len() as u32,
        balance: balance(settings),
        use_server,
        timeouts: backend_timeouts(&settings.timeouts),
        connection_mode: settings.connection_mode,
        reuse: settings.reuse,
        prefer_last_server: flags.has(Flag::PreferLastServer),
        persistence: crate::plan::persist::Persistence::of(
            &settings.persistence,
            proxy.persistence,
            flags.has(Flag::Persist),
            settings.mode == Mode::Http,
        ),
        forwarded: settings.forwarded.clone(),
        forward_for: settings.forward_for.clone(),
        inspection: Inspection::of(proxy.rules.tcp_request_content, settings.inspect_delay),
        http_request: program(proxy.rules.http_request),
        redirects: program(proxy.rules.redirects),
        http_response: program(proxy.rules.http_response),
        error_pages: settings.error_pages.clone(),
        stats,
        retries: settings.retries,
        retry_on: settings.retry_on,
        redispatch: settings.redispatch,
        fullconn: settings.fullconn,
        abort_on_close: flags.has(Flag::AbortOnClose),
        all_backups: flags.has(Flag::AllBackups),
        tcp_keepalive: flags.has(Flag::ServerKeepalive),
        send_name_header: settings.send_name_header.clone(),
        mould: Box::new(mould),
        notes_request: proxy.servers.iter().any(|s| {
            let usesrc = s.settings.line.usesrc.as_ref().or(settings.usesrc.as_ref());
            let by_field = matches!(usesrc, Some(crate::plan::line::UseSource::Header(..)));
            by_field || !s.settings.line.header.extensions.is_empty()
        }),
        log_health_checks: flags.has(Flag::LogHealthChecks),
        log_set,
        accept_invalid_http_response: false,
        manners: manners(settings),
        id_given: proxy.id.is_some(),
        at: proxy.at,
    });
}

/// Finds the tables of stick rules, which keep servers from now on. Those of disabled proxies were not checked.
fn find_tables(tables: &mut [StickTable], proxy: &mut ProxyDraft) {
    let ProxyDraft { name: own, persistence, .. } = proxy;
    persistence.stick.retain_mut(|draft| {
        let name = draft.table.as_deref().unwrap_or(own);
        let Some(at) = tables.iter().position(|t| t.name == name) else { return false };
        draft.rule.table = TableId::from(at);
        for kind in [Kind::ServerId, Kind::ServerKey] {
            tables[at].spec.layout.add(Column { kind, count: 1, period: Duration::ZERO });
        }
        true
    });
}

/// `minconn` and `maxconn`: one above the other is the limit itself, as in HAProxy.
fn limits(s: &crate::plan::draft::ServerSettings) -> (Option<u32>, Option<u32>) {
    match (s.minconn, s.maxconn) {
        (Some(min), max) if max.is_none_or(|max| min >= max) => (None, Some(min)),
        limits => limits,
    }
}

/// One server of a backend.
pub fn server(
    id: ServerId,
    backend: BackendId,
    draft: &ServerDraft,
    uuid: u32,
    mould: &Mould,
    resolvers: &[Resolvers],
) -> Server {
    let s = &draft.settings;
    let ServerAddress::Known(addr) = &draft.addr else { unreachable!("host names were looked up before") };
    let (minconn, maxconn) = limits(s);
    let check = s.check.then(|| Check {
        kind: mould.check.clone(),
        inter: s.inter,
        fastinter: s.fastinter,
        downinter: s.downinter,
        rise: s.rise,
        fall: s.fall,
        port: s.check_port,
        addr: s.check_addr,
        opening: super::checks::opening(s),
    });
    Server {
        id,
        backend,
        name: draft.name.clone(),
        uuid,
        addr: addr.clone(),
        hostname: draft.hostname.clone().filter(|n| !crate::plan::resolvers::is_service(n)),
        weight: s.weight,
        places: places(s.hash_key, uuid, addr, s.line.guid.as_deref()),
        slowstart: real(s.slowstart),
        backup: s.backup,
        disabled: s.disabled,
        maxconn,
        minconn,
        maxqueue: s.maxqueue,
        check,
        non_stick: s.non_stick,
        watching: s.watching.watching(s.inter, s.error_limit, (s.check_addr, s.check_port)),
        cookie: s.cookie.clone(),
        source: s.source.or(mould.source),
        interface: s.interface.clone().or_else(|| mould.interface.clone()),
        pool_max_conn: s.pool_max_conn,
        pool_purge_delay: s.pool_purge_delay,
        max_reuse: s.max_reuse,
        lookup: super::lookup::of(draft, resolvers).map(Box::new),
        unresolved: draft.unresolved,
        line: line(s, mould),
        id_given: draft.id.is_some(),
        remembered: draft.remembered.clone(),
        at: draft.at,
    }
}

/// The rarer parameters; `None` where there are none.
fn line(server: &ServerSettings, mould: &Mould) -> Option<Box<ServerLine>> {
    let mut line = server.line.clone();
    // A `source` line of the proxy is for servers without one of their own.
    if server.source.is_none() && line.usesrc.is_none() {
        line.usesrc.clone_from(&mould.usesrc);
    }
    if let Some(probes) = mould.probes {
        line.socket().probes = probes;
    }
    (line != ServerLine::default()).then(|| Box::new(line))
}
