//! Which server a request goes to: balance, the server's gate, the queue; and the connection to it, with retries.
use super::aim::Aim;
use super::local::{Local, View};
use super::observed;
use super::outcome::Outcome;
use super::upstream::{self, ConnectError, Upstream};
use super::waiting::{For, Waited, client_left, failed, wait_in_queue};
use super::{Conn, line, persist};
use crate::base::ids::{BackendId, ServerId};
use crate::base::time::Tick;
use crate::net::PoolBox;
use crate::plan::{Reuse, ServerAddr};
use crate::rules::Wishes;
use crate::rules::balance::Affinity;
use crate::share::sessions::Stage;
use crate::share::{Rank, Shared};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// A place on a server: given back, or handed to the next in the queue, when dropped.
pub struct Place {
    local: std::rc::Rc<super::Local>,
    backend: BackendId,
    pub server: ServerId,
    /// Whether the server's gate was entered.
    gated: bool,
}

impl Place {
    fn new(conn: &Conn, backend: BackendId, server: ServerId, gated: bool) -> Place {
        conn.local.count_load(backend, server, true);
        Place::counted(conn, backend, server, gated)
    }

    /// The same where the pick has counted the load.
    fn counted(conn: &Conn, backend: BackendId, server: ServerId, gated: bool) -> Place {
        let cells = conn.local.cells();
        cells.servers[server.index()].lb_total.inc();
        cells.backends[backend.index()].lb_total.inc();
        Place::taken(conn, backend, server, gated)
    }

    /// On a server that was chosen before.
    pub(super) fn again(conn: &Conn, backend: BackendId, server: ServerId, gated: bool) -> Place {
        conn.local.count_load(backend, server, true);
        Place::taken(conn, backend, server, gated)
    }

    fn taken(conn: &Conn, backend: BackendId, server: ServerId, gated: bool) -> Place {
        let cells = conn.local.cells();
        cells.servers[server.index()].sess_cur.add(1);
        cells.servers[server.index()].sess_tot.inc();
        Place { local: conn.local.clone(), backend, server, gated }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.local.cells().servers[self.server.index()].sess_cur.add(-1);
        self.local.count_load(self.backend, self.server, false);
        if self.gated {
            give_back(&self.local, self.backend, self.server);
        }
    }
}

/// Gives a place to the next in the queue. A server that drains, or a backup that is not needed, takes only its own.
pub(super) fn give_back(local: &Local, backend: BackendId, server: ServerId) {
    local.shared.give_back(backend, server, || local.view().takes_any(server));
}

/// Takes a server's place, if its limit allows.
fn enter(conn: &Conn, view: &View, backend: BackendId, server: ServerId) -> Option<bool> {
    if !limited(conn, view, server) {
        return Some(false);
    }
    let shared = &conn.local.shared;
    shared.servers[server.index()].try_enter_at(shared.server_limit(backend, server)).then_some(true)
}

/// The place for one attempt. `avoid` is a server that has just failed and is passed over while there is another.
async fn place(
    conn: &Conn,
    view: &View,
    backend: BackendId,
    avoid: Option<ServerId>,
    rank: Rank,
    deadline: Option<Tick>,
) -> Result<Place, Outcome> {
    let waited = if conn.aim.get().server.is_none()
        && let Some(server) = persist::preferred(conn)
    {
        PoolBox::with(|| held(conn, view, backend, server, rank, deadline)).await?
    } else {
        match place_now(conn, view, backend, avoid) {
            Ok(place) => return Ok(place),
            Err(NotNow::Never) => return Err(failed(conn, backend, None, Outcome::NoServer)),
            Err(NotNow::Wait(wants)) => {
                PoolBox::with(|| wait_in_queue(conn, view, backend, wants, rank, deadline)).await?
            }
        }
    };
    match waited {
        Waited::Place(place) => Ok(place),
        Waited::Leave(server) => PoolBox::with(|| place_anew(conn, backend, server, rank)).await,
    }
}

/// The place of a request that leaves the server it was for, which went or has too many waiting: now it is balanced,
/// whosever it was. It waits anew where all are full, as long as the first time.
async fn place_anew(conn: &Conn, backend: BackendId, left: ServerId, rank: Rank) -> Result<Place, Outcome> {
    let (mut left, mut rank) = (left, rank);
    loop {
        conn.local.cells().servers[left.index()].redispatches.inc();
        conn.local.cells().backends[backend.index()].redispatches.inc();
        persist::forget(conn);
        conn.aim.set(Aim { server: None, ..conn.aim.get() });
        let (now, view) = (conn.local.core.now(), conn.local.view());
        let timeouts = view.plan.backend(backend).timeouts;
        let deadline = timeouts.queue.or(timeouts.connect).map(|t| now + t);
        rank.at = now.millis() as i64;
        let waited = match place_now(conn, &view, backend, None) {
            Ok(place) => return Ok(place),
            Err(NotNow::Never) => return Err(failed(conn, backend, None, Outcome::NoServer)),
            Err(NotNow::Wait(wants)) => wait_in_queue(conn, &view, backend, wants, rank, deadline).await?,
        };
        match waited {
            Waited::Place(place) => return Ok(place),
            Waited::Leave(server) => left = server,
        }
    }
}

/// Why there is no place at once.
enum NotNow {
    /// The server that is wanted, or each that may be had, is full.
    Wait(For),
    /// No server takes requests.
    Never,
}

fn place_now(conn: &Conn, view: &View, backend: BackendId, avoid: Option<ServerId>) -> Result<Place, NotNow> {
    let plan = view.plan.backend(backend);
    let aim = conn.aim.get();
    if let (Some(server), None) = (aim.server, avoid) {
        return place_on(conn, view, backend, server).ok_or(NotNow::Wait(For::Own(server)));
    }
    if plan.prefer_last_server
        && !plan.balance.is_hash()
        && let Some(last) = conn.last_server.get()
        && view.plan.server(last).backend == backend
        && Some(last) != avoid
        && view.server(last).usable()
        && let Some(gated) = enter(conn, view, backend, last)
    {
        return Ok(Place::new(conn, backend, last, gated));
    }
    // Requests that wait already go first. Where requests are hashed, each waits for a server of its own.
    let queue = &conn.local.shared.queues[backend.index()];
    let others_wait = !plan.balance.is_hash() && queue.len_of_any() > 0;
    let by_queue = plan.balance.affinity == Affinity::Maxqueue && aim.hash.is_some();
    loop {
        let mut full = false;
        let picked = conn.local.next_in_turn(
            backend,
            aim.hash,
            |server| {
                if by_queue {
                    let most = view.plan.server(server).maxqueue.unwrap_or(0);
                    return most != 0 && queue.len_of(server) >= most;
                }
                let limited = limited(conn, view, server);
                let busy = || is_full(&conn.local.shared, backend, server) || queue.len_of(server) > 0;
                let closed = limited && (others_wait || busy());
                full |= closed;
                closed
            },
            avoid,
        );
        match picked {
            Some((pick, server)) => {
                if pick.bound {
                    return place_on(conn, view, backend, server).ok_or_else(|| {
                        let cells = conn.local.cells();
                        cells.servers[server.index()].lb_total.inc();
                        cells.backends[backend.index()].lb_total.inc();
                        NotNow::Wait(For::Hashed(server))
                    });
                }
                match enter(conn, view, backend, server) {
                    Some(gated) if pick.counted => return Ok(Place::counted(conn, backend, server, gated)),
                    Some(gated) => return Ok(Place::new(conn, backend, server, gated)),
                    // Another core may have taken the last place meanwhile: then look again.
                    None if pick.counted => conn.local.count_load(backend, server, false),
                    None => {}
                }
            }
            None if full => return Err(NotNow::Wait(For::Any)),
            None => return Err(NotNow::Never),
        }
    }
}

/// A place on one server.
fn place_on(conn: &Conn, view: &View, backend: BackendId, server: ServerId) -> Option<Place> {
    enter(conn, view, backend, server).map(|gated| Place::new(conn, backend, server, gated))
}

fn is_full(shared: &Shared, backend: BackendId, server: ServerId) -> bool {
    shared.servers[server.index()].is_full_at(shared.server_limit(backend, server))
}

/// Where a request that comes now stands in the queues.
fn rank(now: Tick, wishes: Wishes) -> Rank {
    Rank { class: wishes.class, at: now.millis() as i64 + i64::from(wishes.offset) }
}

/// A place on the client's own server: where it is full, the request waits for it alone.
async fn held(
    conn: &Conn,
    view: &View,
    backend: BackendId,
    server: ServerId,
    rank: Rank,
    deadline: Option<Tick>,
) -> Result<Waited, Outcome> {
    // Requests that wait already go first.
    let may_enter =
        !limited(conn, view, server) || conn.local.shared.queues[backend.index()].len_of(server) == 0;
    if may_enter && let Some(gated) = enter(conn, view, backend, server) {
        return Ok(Waited::Place(Place::again(conn, backend, server, gated)));
    }
    wait_in_queue(conn, view, backend, For::Own(server), rank, deadline).await
}

/// The place for sending a request again to the server it was sent to; it was not chosen anew, and is not counted as such.
async fn place_again(
    conn: &Conn,
    view: &View,
    backend: BackendId,
    server: ServerId,
    rank: Rank,
    deadline: Option<Tick>,
) -> Result<Place, Outcome> {
    if !view.server(server).alive() {
        return place(conn, view, backend, None, rank, deadline).await;
    }
    if let Some(gated) = enter(conn, view, backend, server) {
        return Ok(Place::again(conn, backend, server, gated));
    }
    match PoolBox::with(|| wait_in_queue(conn, view, backend, For::Own(server), rank, deadline)).await? {
        Waited::Place(place) => Ok(place),
        Waited::Leave(server) => PoolBox::with(|| place_anew(conn, backend, server, rank)).await,
    }
}

/// Whether a server has a limit.
fn limited(conn: &Conn, view: &View, server: ServerId) -> bool {
    view.plan.server(server).maxconn.is_some() || conn.local.shared.servers[server.index()].limit() != 0
}

/// A connection to a server of the backend, and the place it holds.
pub struct Assigned {
    pub place: Place,
    pub upstream: Upstream,
    /// The connection had carried requests before.
    pub reused: bool,
    pub timing: Timing,
}

/// When the stages of finding a connection were reached.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    pub asked: Tick,
    /// A place on a server was had (`Tw` ends).
    pub placed: Tick,
    /// A connection was there (`Tc` ends).
    pub connected: Tick,
}

impl Assigned {
    /// Notes the times of an exchange: until the answer's head came, and until its end.
    pub fn note_times(&self, conn: &Conn, answered: Option<Tick>) {
        let now = conn.local.core.now();
        let ms = |from: Tick, to: Tick| to.0.saturating_sub(from.0) / 1_000_000;
        let cells = conn.local.cells();
        let backend = &cells.backends[self.place.backend.index()].times;
        let server = &cells.servers[self.place.server.index()].times;
        if let Some(at) = answered {
            let nanos = at.0.saturating_sub(self.timing.connected.0);
            cells.backends[self.place.backend.index()].latency.note(nanos);
        }
        let queue = ms(self.timing.asked, self.timing.placed);
        let connect = ms(self.timing.placed, self.timing.connected);
        let response = answered.map_or(0, |at| ms(self.timing.connected, at));
        let total = ms(self.timing.asked, now);
        for times in [backend, server] {
            times.queue.note(queue);
            times.connect.note(connect);
            times.response.note(response);
            times.total.note(total);
        }
    }
}

/// How a connection is wanted.
#[derive(Clone, Copy)]
pub struct Wish {
    pub reuse: Reuse,
    /// No idle connection may serve, after one has just failed.
    pub fresh: bool,
    /// A server with `redir` may answer so.
    pub redirect: bool,
    /// The request was sent to this server before, and stays with it.
    pub again: Option<ServerId>,
    /// This server has failed: another one is wanted, where there is any.
    pub avoid: Option<ServerId>,
    /// What the rules asked for.
    pub wishes: Wishes,
}

impl Wish {
    /// The first attempt's.
    pub fn first(reuse: Reuse, wishes: Wishes) -> Wish {
        Wish { reuse, fresh: false, again: None, avoid: None, redirect: false, wishes }
    }
}

/// HAProxy waits so long before it tries the same server again after a refused connection (`SI_ST_TAR`), or
/// `timeout connect` where that is shorter.
const TURN_AROUND: Duration = Duration::from_secs(1);

/// Finds a server and a connection to it: balance, gate or queue, idle connection or connect, `retries` and
/// `option redispatch`.
///
/// # Errors
/// How the request ends.
pub async fn assign(
    conn: &Conn,
    view: &View,
    backend: BackendId,
    wish: Wish,
    tries_left: &mut u32,
) -> Result<Assigned, Outcome> {
    let core = &conn.local.core;
    let plan = view.plan.backend(backend);
    let cells = &conn.local.cells().backends[backend.index()];
    let queue_deadline = plan.timeouts.queue.or(plan.timeouts.connect).map(|t| core.now() + t);
    let first = conn.requests.get() <= 1;
    let asked = core.now();
    let rank = rank(asked, wish.wishes);
    let mut current = match wish.again {
        Some(server) => place_again(conn, view, backend, server, rank, queue_deadline).await?,
        None => place(conn, view, backend, wish.avoid, rank, queue_deadline).await?,
    };
    let placed = core.now();
    conn.note_server(view, current.server, placed);
    let timing = |connected| Timing { asked, placed, connected };
    loop {
        if wish.redirect && view.plan.server(current.server).line.as_ref().is_some_and(|l| l.redir.is_some())
        {
            return Err(Outcome::ServerRedirect(current.server));
        }
        let dst = match view.addr(current.server) {
            ServerAddr::Unix(_) | ServerAddr::Abstract(_) => None,
            ServerAddr::Inet(addr) if !addr.ip().is_unspecified() => None,
            _ => conn.info.dst().or_else(|| conn.stream.local_addr()),
        };
        let tag = line::tag(conn, view, current.server, dst);
        if !wish.fresh
            && let Some(upstream) = idle(conn, view, current.server, wish.reuse, first, tag)
        {
            cells.reuse.inc();
            conn.local.watched.note(&conn.local, current.server, &upstream.stream);
            conn.note_connected(view, &upstream.stream, placed);
            return Ok(Assigned { place: current, upstream, reused: true, timing: timing(placed) });
        }
        let error = match PoolBox::with(|| connect_unless_left(conn, view, current.server, dst, tag)).await? {
            Ok(upstream) => {
                let timing = timing(core.now());
                observed::note(&conn.local, view, current.server, observed::Event::Connected);
                conn.local.watched.note(&conn.local, current.server, &upstream.stream);
                conn.note_connected(view, &upstream.stream, timing.connected);
                return Ok(Assigned { place: current, upstream, reused: false, timing });
            }
            Err(error) => error,
        };
        let server_cells = &conn.local.cells().servers[current.server.index()];
        let lacks = match error {
            ConnectError::NoResource { limit } => Some(Outcome::NoResource { limit }),
            _ => None,
        };
        // Another attempt would fail in the same way: as in HAProxy there is none, unless it may come from another port.
        let hopeless = lacks.is_some() && !has_ports(view, current.server);
        if lacks.is_none() {
            observed::note(&conn.local, view, current.server, observed::Event::NotConnected);
        }
        if hopeless || *tries_left == 0 || !plan.retry_on.conn_failure {
            server_cells.failed_conns.inc();
            cells.failed_conns.inc();
            let timeout = matches!(error, ConnectError::Timeout);
            return Err(lacks.unwrap_or(Outcome::ConnectFailed { timeout }));
        }
        *tries_left -= 1;
        conn.note(|r| r.retries += 1);
        conn.tries_again();
        if may_redispatch(conn, view, backend, plan.retries - *tries_left) {
            server_cells.redispatches.inc();
            cells.redispatches.inc();
            let failed = current.server;
            persist::forget(conn);
            drop(current);
            current = place(conn, view, backend, Some(failed), rank, queue_deadline).await?;
            if current.server != failed {
                conn.note_redispatch();
            }
            conn.note_server(view, current.server, core.now());
        } else {
            server_cells.retries.inc();
            cells.retries.inc();
            server_cells.sess_tot.inc();
            if matches!(error, ConnectError::Failed) {
                let wait = plan.timeouts.connect.map_or(TURN_AROUND, |t| t.min(TURN_AROUND));
                conn.waits(Stage::TurnAround, Some(current.server));
                let waited = PoolBox::with(|| conn.unless_killed(core.sleep_until(core.now() + wait))).await;
                waited.ok_or(Outcome::KilledInConnect)?;
            }
        }
    }
}

/// Whether connections to a server come from a range of ports.
fn has_ports(view: &View, server: ServerId) -> bool {
    view.plan.server(server).line.as_ref().is_some_and(|line| line.socket.ports.is_some())
}

/// Makes a connection; where the file asks for it (`option abortonclose`), only while the client is there.
async fn connect_unless_left(
    conn: &Conn,
    view: &View,
    server: ServerId,
    dst: Option<std::net::SocketAddr>,
    tag: u64,
) -> Result<Result<Upstream, ConnectError>, Outcome> {
    let aborts = view.plan.backend(view.plan.server(server).backend).abort_on_close;
    conn.waits(Stage::Connect, Some(server));
    let mut connecting = pin!(upstream::connect(conn, view, server, dst, tag));
    poll_fn(|cx| match connecting.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Ok(done)),
        Poll::Pending if conn.is_killed() => Poll::Ready(Err(Outcome::KilledInConnect)),
        Poll::Pending if aborts && client_left(conn) => Poll::Ready(Err(Outcome::ClientGoneInConnect)),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// Whether attempt `n` (1 for the first retry) may go to another server (`back_handle_st_cer` in HAProxy): the configured
/// attempts, and every attempt where round robin has more than one active server and nothing holds the request to one.
pub fn may_redispatch(conn: &Conn, view: &View, backend: BackendId, n: u32) -> bool {
    let plan = view.plan.backend(backend);
    let (n, retries, interval) = (n as i32, plan.retries as i32, plan.redispatch);
    let configured = match interval {
        0 => return false,
        _ if persist::is_forced(conn) => return false,
        i if i > 0 => n % i == 0,
        i => n % (retries + 1 + i).max(1) == 0,
    };
    let active = view.servers_of(backend).filter(|(id, s)| !s.backup && view.server(*id).usable()).count();
    let held = conn.aim.get().server.is_some() || persist::preferred(conn).is_some();
    configured || (active > 1 && plan.balance.is_in_turn() && !held)
}

/// An idle connection: the client's own, or one of the core's.
fn idle(conn: &Conn, view: &View, server: ServerId, reuse: Reuse, first: bool, tag: u64) -> Option<Upstream> {
    if let Some((owner, mut upstream)) = conn.own.borrow_mut().take()
        && owner == server
        && upstream.tag == tag
        && upstream.is_for(view.server(server))
        && upstream.stream.is_quiet()
    {
        upstream.requests += 1;
        return Some(upstream);
    }
    upstream::take(&conn.local, view, server, reuse, first, tag)
}
