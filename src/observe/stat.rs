//! `show stat` (management manual, 9.1 and 9.3).
use super::ProcessInfo;
use super::columns::{Col, Row};
use super::typed::Form;
use crate::base::ids::{BackendId, FrontendId, ServerId};
use crate::plan::{Backend, Frontend, Mode, Plan, ServerAddr};
use crate::rules::balance::SCALE;
use crate::share::counters::{Average, StatusCells, Times};
use crate::share::trends::Trend;
use crate::share::{ShardCounters, Shared, Trends};
use crate::world::{ServerState, World};
use std::time::Duration;

/// Which rows are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatFilter {
    /// Only this proxy, by HAProxy's id.
    iid: Option<i64>,
    /// Bits: 1 frontends, 2 backends, 4 servers, 8 listeners.
    types: i64,
    /// Only this server.
    sid: Option<i64>,
    hide_maintenance: bool,
    hide_down: bool,
    form: Form,
    /// With addresses, cookies and algorithms.
    legends: bool,
}

impl Default for StatFilter {
    fn default() -> Self {
        StatFilter {
            iid: None,
            types: -1,
            sid: None,
            hide_maintenance: false,
            hide_down: false,
            form: Form::default(),
            legends: true,
        }
    }
}

impl StatFilter {
    /// Reads what follows `show stat`: `[{<iid>|<proxy>} <type> <sid>] [up|no-maint]`, -1 for "all"; other words are
    /// ignored, as by HAProxy.
    ///
    /// # Errors
    /// The answer to send instead: no such proxy.
    pub fn parse(world: &World, args: &[&str]) -> Result<StatFilter, String> {
        let mut filter = StatFilter::default();
        let mut rest = args;
        if let [proxy, types, sid, after @ ..] = args {
            let number = |word: &str| word.parse::<i64>().unwrap_or(0);
            let iid = proxy_id(&world.plan, proxy).unwrap_or_else(|| number(proxy));
            if iid == 0 {
                return Err("No such proxy.\n".to_owned());
            }
            filter.iid = (iid > 0).then_some(iid);
            filter.types = number(types);
            filter.sid = Some(number(sid)).filter(|&n| n >= 0);
            rest = after;
        }
        filter.form = Form::of(rest);
        for word in rest {
            match *word {
                "up" => filter.hide_down = true,
                "no-maint" => filter.hide_maintenance = true,
                _ => {}
            }
        }
        Ok(filter)
    }

    /// Every row but those of servers that are down, or in maintenance.
    pub(super) fn hiding(down: bool, maintenance: bool) -> StatFilter {
        StatFilter { hide_down: down, hide_maintenance: maintenance, ..StatFilter::default() }
    }

    /// The same with addresses, cookies and algorithms or without.
    #[must_use]
    pub fn with_legends(self, legends: bool) -> StatFilter {
        StatFilter { legends, ..self }
    }

    /// What is shown of a row.
    pub(super) fn shown(&self, mut row: Row) -> Row {
        if !self.legends {
            row.hide_legends();
        }
        row
    }

    pub(super) fn wants(&self, kind: i64) -> bool {
        self.types & kind != 0
    }

    pub(super) fn wants_proxy(&self, uuid: u32) -> bool {
        self.iid.is_none_or(|iid| iid == i64::from(uuid))
    }

    pub(super) fn wants_server(&self, uuid: u32) -> bool {
        self.sid.is_none_or(|sid| sid == i64::from(uuid))
    }

    /// Whether servers are left out for what they are.
    pub(super) fn hides(&self) -> bool {
        self.hide_maintenance || self.hide_down
    }

    /// Whether lines of values are asked for, as HAProxy writes them unless told otherwise.
    #[must_use]
    pub fn is_csv(&self) -> bool {
        !self.form.typed && !self.form.json
    }

    pub(super) fn form(&self) -> Form {
        self.form
    }

    pub(super) fn shows(&self, state: &ServerState) -> bool {
        !(self.hides() && state.admin.in_maint() || self.hide_down && !state.alive())
    }
}

pub(super) const FRONTEND: i64 = 1;
pub(super) const BACKEND: i64 = 2;
pub(super) const SERVER: i64 = 4;
pub(super) const LISTENER: i64 = 8;

fn proxy_id(plan: &Plan, name: &str) -> Option<i64> {
    let frontend = plan.frontends.iter().find(|f| f.name == name).map(|f| f.uuid);
    frontend.or_else(|| plan.backends.iter().find(|b| b.name == name).map(|b| b.uuid)).map(i64::from)
}

pub(super) enum Proxy<'a> {
    Frontend(FrontendId, &'a Frontend),
    Backend(BackendId, &'a Backend),
}

/// All that are not disabled, in the order of their lines; of a `listen` first the frontend.
pub(super) fn proxies(plan: &Plan) -> Vec<Proxy<'_>> {
    let frontends = plan
        .frontends
        .iter()
        .enumerate()
        .filter(|(_, f)| !f.disabled)
        .map(|(i, f)| ((f.at.file.0, f.at.line, f.uuid, 0), Proxy::Frontend(FrontendId::from(i), f)));
    let backends = plan
        .backends
        .iter()
        .enumerate()
        .filter(|(_, b)| !b.disabled)
        .map(|(i, b)| ((b.at.file.0, b.at.line, b.uuid, 1), Proxy::Backend(BackendId::from(i), b)));
    let mut all: Vec<_> = frontends.chain(backends).collect();
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, proxy)| proxy).collect()
}

pub(super) struct View<'a> {
    pub(super) world: &'a World,
    pub(super) shared: &'a Shared,
    pub(super) process: &'a ProcessInfo,
    pub(super) trends: &'a Trends,
}

impl View<'_> {
    fn shards(&self) -> impl Iterator<Item = &ShardCounters> {
        self.shared.shards.iter()
    }

    fn left(&self) -> Duration {
        self.trends.left(self.process.now)
    }

    pub(super) fn frontend(&self, id: FrontendId) -> Row {
        let (frontend, state) = (self.world.plan.frontend(id), self.world.frontend(id));
        let i = id.index();
        let (shared, trend) = (self.shared, &self.trends.frontends[i]);
        let mut row = Row::new();
        common(&mut row, &frontend.name, "FRONTEND", frontend.uuid, frontend.mode);
        let maxconn = state.maxconn.or(frontend.maxconn).unwrap_or(self.process.maxconn);
        let peak = trend.peak(self.shards().map(|s| &s.frontends[i].conn_cur));
        row.num(Col::Scur, shared.sum_now(|s| &s.frontends[i].conn_cur))
            .num(Col::Smax, peak.max(u64::from(shared.frontends[i].peak())))
            .num(Col::Slim, u64::from(maxconn))
            .num(Col::Stot, shared.sum(|s| &s.frontends[i].sess_tot))
            .num(Col::Bin, shared.sum(|s| &s.frontends[i].bytes_in))
            .num(Col::Bout, shared.sum(|s| &s.frontends[i].bytes_out))
            .num(Col::Dreq, shared.sum(|s| &s.frontends[i].denied_req))
            .num(Col::Dresp, shared.sum(|s| &s.frontends[i].denied_resp))
            .num(Col::Wrew, shared.sum(|s| &s.frontends[i].failed_rewrites))
            .num(Col::Eint, shared.sum(|s| &s.frontends[i].internal_errors))
            .num(Col::Ereq, shared.sum(|s| &s.frontends[i].failed_req))
            .num(Col::Dcon, shared.sum(|s| &s.frontends[i].denied_conn))
            .num(Col::Dses, shared.sum(|s| &s.frontends[i].denied_sess))
            .num(Col::Type, 0)
            .num(Col::Sid, 0)
            .num(Col::RateLim, u64::from(frontend.manners.rate_limit));
        row.text(
            Col::Status,
            match (state.stopped, state.paused) {
                (true, _) => "STOP",
                (false, true) => "PAUSED",
                (false, false) => "OPEN",
            },
        );
        let sessions = shared.sum(|s| &s.frontends[i].sess_tot);
        let connections = shared.sum(|s| &s.frontends[i].conn_tot);
        let requests = shared.sum(|s| &s.frontends[i].req_tot);
        row.num(Col::Rate, trend.sessions.rate(sessions, self.left()))
            .num(Col::RateMax, trend.sessions.max(sessions))
            .num(Col::ConnRate, trend.connections.rate(connections, self.left()))
            .num(Col::ConnRateMax, trend.connections.max(connections))
            .num(Col::ConnTot, connections)
            .num(Col::ReqRate, trend.requests.rate(requests, self.left()))
            .num(Col::ReqRateMax, trend.requests.max(requests))
            .num(Col::ReqTot, requests);
        if frontend.mode == Mode::Http {
            self.statuses(&mut row, |s| &s.frontends[i].status);
            // These were no connections of HTTP yet.
            let refused =
                shared.sum(|s| &s.frontends[i].denied_conn) + shared.sum(|s| &s.frontends[i].denied_sess);
            row.num(Col::Intercepted, shared.sum(|s| &s.frontends[i].intercepted))
                .num(Col::H1OpenConnections, shared.sum_now(|s| &s.frontends[i].conn_cur))
                .num(Col::H1TotalConnections, connections.saturating_sub(refused))
                .num(Col::H1TotalStreams, requests);
        }
        unused_features(&mut row, frontend.mode);
        row
    }

    pub(super) fn server(&self, id: ServerId) -> Row {
        let plan = &self.world.plan;
        let (server, state, i) = (plan.server(id), self.world.server(id), id.index());
        let backend = plan.backend(server.backend);
        let (shared, trend) = (self.shared, &self.trends.servers[i]);
        let mut row = Row::new();
        common(&mut row, &backend.name, &server.name, backend.uuid, backend.mode);
        let sessions = shared.sum(|s| &s.servers[i].sess_tot);
        let current = shared.sum_now(|s| &s.servers[i].sess_cur);
        let peak = trend.peak(self.shards().map(|s| &s.servers[i].sess_cur));
        let queue = &shared.queues[server.backend.index()];
        row.num(Col::Qcur, u64::from(queue.len_of(id)))
            .num(Col::Qmax, u64::from(queue.peak_of(id)))
            .num(Col::Scur, current)
            .num(Col::Smax, peak.max(u64::from(shared.servers[i].peak())))
            .num(Col::Stot, sessions)
            .num(Col::Bin, shared.sum(|s| &s.servers[i].bytes_in))
            .num(Col::Bout, shared.sum(|s| &s.servers[i].bytes_out))
            .num(Col::Dresp, shared.sum(|s| &s.servers[i].denied_resp))
            .num(Col::Wrew, shared.sum(|s| &s.servers[i].failed_rewrites))
            .num(Col::Eint, shared.sum(|s| &s.servers[i].internal_errors))
            .num(Col::Econ, shared.sum(|s| &s.servers[i].failed_conns))
            .num(Col::Eresp, shared.sum(|s| &s.servers[i].failed_resp))
            .num(Col::Wretr, shared.sum(|s| &s.servers[i].retries))
            .num(Col::Wredis, shared.sum(|s| &s.servers[i].redispatches))
            .num(Col::CliAbrt, shared.sum(|s| &s.servers[i].client_aborts))
            .num(Col::SrvAbrt, shared.sum(|s| &s.servers[i].server_aborts))
            .num(Col::Lbtot, shared.sum(|s| &s.servers[i].lb_total))
            .num(Col::Connect, shared.sum(|s| &s.servers[i].connect))
            .num(Col::Reuse, shared.sum(|s| &s.servers[i].reuse))
            .num(Col::SrvIcur, shared.sum_now(|s| &s.servers[i].idle))
            .num(Col::UsedConnCur, current)
            .num(Col::Sid, u64::from(server.uuid))
            .num(Col::Type, 2)
            .num(Col::Weight, u64::from((state.weight * state.warmth).div_ceil(SCALE)))
            .num(Col::Uweight, u64::from(state.weight))
            .num(Col::Act, u64::from(!server.backup))
            .num(Col::Bck, u64::from(server.backup))
            .text(
                Col::Addr,
                super::names::address(self.world, id).unwrap_or_else(|| address(self.world.addr(id))),
            );
        if state.warmth < SCALE && state.usable() {
            row.num(Col::Throttle, u64::from((100 * state.warmth).div_ceil(SCALE)));
        }
        if let Some(limit) = self.world.maxconn(id).filter(|limit| *limit != 0) {
            row.num(Col::Slim, u64::from(limit));
        }
        if let Some(limit) = server.maxqueue {
            row.num(Col::Qlimit, u64::from(limit));
        }
        if let Some(limit) = server.pool_max_conn {
            row.num(Col::SrcIlim, u64::from(limit));
        }
        if let Some(cookie) = &server.cookie {
            row.text(Col::Cookie, cookie);
        }
        if backend.mode == Mode::Http {
            self.statuses(&mut row, |s| &s.servers[i].status);
            row.num(Col::ReqTot, shared.sum(|s| &s.servers[i].req_tot));
        }
        self.rates(&mut row, trend, sessions);
        self.times(&mut row, sessions, |s| &s.servers[i].times);
        super::health::columns(&mut row, self.world, self.shared, self.process.now, id);
        row.fill(Col::SslSess, Col::SslFailedHandshake, 0);
        row
    }

    pub(super) fn backend(&self, id: BackendId, with_counts: bool) -> Row {
        let (plan, i) = (&self.world.plan, id.index());
        let (backend, shared, trend) = (plan.backend(id), self.shared, &self.trends.backends[i]);
        let mut row = Row::new();
        common(&mut row, &backend.name, "BACKEND", backend.uuid, backend.mode);
        let sessions = shared.sum(|s| &s.backends[i].sess_tot);
        let queue = &shared.queues[i];
        row.num(Col::Qcur, u64::from(queue.len_of_any()))
            .num(Col::Qmax, u64::from(queue.peak_of_any()))
            .num(Col::Scur, shared.sum_now(|s| &s.backends[i].sess_cur))
            .num(Col::Smax, trend.peak(self.shards().map(|s| &s.backends[i].sess_cur)))
            .num(Col::Slim, u64::from(plan.full_connections(id, self.process.maxconn)))
            .num(Col::Stot, sessions)
            .num(Col::Bin, shared.sum(|s| &s.backends[i].bytes_in))
            .num(Col::Bout, shared.sum(|s| &s.backends[i].bytes_out))
            .num(Col::Dreq, shared.sum(|s| &s.backends[i].denied_req))
            .num(Col::Dresp, shared.sum(|s| &s.backends[i].denied_resp))
            .num(Col::Wrew, shared.sum(|s| &s.backends[i].failed_rewrites))
            .num(Col::Eint, shared.sum(|s| &s.backends[i].internal_errors))
            .num(Col::Econ, shared.sum(|s| &s.backends[i].failed_conns))
            .num(Col::Eresp, shared.sum(|s| &s.backends[i].failed_resp))
            .num(Col::Wretr, shared.sum(|s| &s.backends[i].retries))
            .num(Col::Wredis, shared.sum(|s| &s.backends[i].redispatches))
            .num(Col::CliAbrt, shared.sum(|s| &s.backends[i].client_aborts))
            .num(Col::SrvAbrt, shared.sum(|s| &s.backends[i].server_aborts))
            .num(Col::Lbtot, shared.sum(|s| &s.backends[i].lb_total))
            .num(Col::Connect, shared.sum(|s| &s.backends[i].connect))
            .num(Col::Reuse, shared.sum(|s| &s.backends[i].reuse))
            .num(Col::Sid, 0)
            .num(Col::Type, 1)
            .text(Col::Algo, backend.balance.name());
        if let Some(cookie) = backend.persistence.as_ref().and_then(|p| p.cookie.as_ref()) {
            row.text(Col::Cookie, &cookie.name);
        }
        let (active, backup) = self.world.usable_counts(id);
        let (weight, all_weights) = weights_in_use(self.world, id);
        let servers = self.world.servers_of(id).count();
        let mut status = if weight > 0 || servers == 0 { "UP" } else { "DOWN" }.to_owned();
        if with_counts {
            let alive = self.world.servers_of(id).filter(|(s, _)| self.world.server(*s).alive()).count();
            status.push_str(&format!(" ({alive}/{})", servers));
        }
        row.text(Col::Status, status)
            .num(Col::Weight, u64::from(weight))
            .num(Col::Uweight, u64::from(all_weights))
            .num(Col::Act, u64::from(active))
            .num(Col::Bck, u64::from(backup));
        let life = *shared.checks.backend(id);
        let now = self.process.now;
        row.num(Col::Chkdown, life.went_down).num(Col::Lastchg, now.since(life.last_change).as_secs());
        if servers > 0 {
            row.num(Col::Downtime, life.downtime(now, weight > 0).as_secs());
        }
        if backend.mode == Mode::Http {
            self.statuses(&mut row, |s| &s.backends[i].status);
            let (made, reused) =
                (shared.sum(|s| &s.backends[i].connect), shared.sum(|s| &s.backends[i].reuse));
            let open = self.world.servers_of(id).map(|(server, _)| {
                let cells = |s: &ShardCounters| {
                    let cells = &s.servers[server.index()];
                    cells.sess_cur.get() + cells.idle.get()
                };
                self.shards().map(cells).sum::<i64>().max(0) as u64
            });
            row.num(Col::ReqTot, shared.sum(|s| &s.backends[i].req_tot))
                .num(Col::H1OpenConnections, open.sum())
                .num(Col::H1TotalConnections, made)
                .num(Col::H1TotalStreams, made + reused);
        }
        self.rates(&mut row, trend, sessions);
        self.times(&mut row, sessions, |s| &s.backends[i].times);
        row.fill(Col::AggServerStatus, Col::AggCheckStatus, 0);
        unused_features(&mut row, backend.mode);
        row
    }

    fn statuses(&self, row: &mut Row, cells: impl Fn(&ShardCounters) -> &StatusCells) {
        const COLUMNS: [Col; 6] =
            [Col::HrspOther, Col::Hrsp1xx, Col::Hrsp2xx, Col::Hrsp3xx, Col::Hrsp4xx, Col::Hrsp5xx];
        for (class, col) in COLUMNS.into_iter().enumerate() {
            row.num(col, self.shared.sum(|s| &cells(s)[class]));
        }
    }

    fn rates(&self, row: &mut Row, trend: &Trend, sessions: u64) {
        row.num(Col::Rate, trend.sessions.rate(sessions, self.left()))
            .num(Col::RateMax, trend.sessions.max(sessions));
        let quiet = trend.sessions.quiet_for(sessions, self.process.now);
        row.signed(Col::Lastsess, quiet.map_or(-1, |d| d.as_secs() as i64));
    }

    /// 0 before the first session, as HAProxy; empty where sessions were not timed.
    fn times(&self, row: &mut Row, sessions: u64, times: impl Fn(&ShardCounters) -> &Times) {
        let mut set = |col, max, pick: fn(&Times) -> &Average| {
            let noted = Average::over(self.shards().map(|s| pick(times(s))));
            if let Some((average, most)) = noted.or((sessions == 0).then_some((0, 0))) {
                row.num(col, average).num(max, most);
            }
        };
        set(Col::Qtime, Col::QtimeMax, |t| &t.queue);
        set(Col::Ctime, Col::CtimeMax, |t| &t.connect);
        set(Col::Rtime, Col::RtimeMax, |t| &t.response);
        set(Col::Ttime, Col::TtimeMax, |t| &t.total);
    }
}

pub(super) fn common(row: &mut Row, proxy: &str, name: &str, iid: u32, mode: Mode) {
    row.text(Col::Pxname, proxy)
        .text(Col::Svname, name)
        .num(Col::Pid, 1)
        .num(Col::Iid, u64::from(iid))
        .text(Col::Mode, if mode == Mode::Http { "http" } else { "tcp" })
        .num(Col::Wrew, 0)
        .num(Col::Eint, 0)
        .text(Col::Dash, "-");
}

/// What a proxy cannot have used because it is not there: compression, cache, TLS, HTTP/2, splicing.
fn unused_features(row: &mut Row, mode: Mode) {
    row.fill(Col::CompIn, Col::CompRsp, 0).fill(Col::SslSess, Col::H2BackendTotalStreams, 0);
    row.fill(Col::H1SplicedBytesIn, Col::H1SplicedBytesOut, 0);
    if mode == Mode::Http {
        row.fill(Col::CacheLookups, Col::CacheHits, 0);
    } else {
        row.fill(Col::H1OpenConnections, Col::H1BytesOut, 0);
    }
}

/// The weight of those that take requests, and of those that would with `option allbackups`.
fn weights_in_use(world: &World, id: BackendId) -> (u32, u32) {
    let mut weights = Vec::new();
    world.weights(id, &mut weights);
    let of = |backup: bool| {
        let servers = world.places(id).map(|s| world.plan.server(s)).zip(&weights);
        servers.filter(move |(plan, w)| plan.backup == backup && **w > 0).map(|(_, w)| w.div_ceil(SCALE))
    };
    match of(false).sum() {
        0 => {
            let all = of(true).sum();
            (if world.plan.backend(id).all_backups { all } else { of(true).next().unwrap_or(0) }, all)
        }
        active => (active, active),
    }
}

pub(super) fn address(addr: &ServerAddr) -> String {
    match addr {
        ServerAddr::Inet(addr) => addr.to_string(),
        ServerAddr::InetRelative(ip, offset) => match ip {
            std::net::IpAddr::V6(ip) => format!("[{ip}]:{}", (*offset).max(0)),
            std::net::IpAddr::V4(ip) => format!("{ip}:{}", (*offset).max(0)),
        },
        ServerAddr::Unix(_) | ServerAddr::Abstract(_) => "unix".to_owned(),
    }
}
