//! What the sessions of one core share: the World they see, round-robin positions, idle server connections, free memory.
use super::live::{Live, Lives};
use super::upstream::Pool;
use crate::base::grow::Grow;
use crate::base::ids::{BackendId, FrontendId, ServerId};
use crate::base::time::Tick;
use crate::net::Core;
use crate::plan::Plan;
use crate::proto::h1::BodyReader;
use crate::proto::http::{RequestHead, ResponseHead};
use crate::rules::Facts;
use crate::rules::balance::{Ask, Balancer, Pick};
use crate::share::{ShardCounters, Shared};
use crate::world::{Published, World};
use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

/// The World as a core sees it. Sessions clone the `Rc`, so that no reference count is shared between cores.
#[derive(Debug)]
pub struct View(Arc<World>);

impl Deref for View {
    type Target = World;
    fn deref(&self) -> &World {
        &self.0
    }
}

/// The heads of one exchange.
pub struct Heads {
    pub req: RequestHead,
    pub res: ResponseHead,
    /// When the request's first byte came.
    pub began: Tick,
    /// What is still to be read away of the request's body (`Next::Drain`).
    pub(super) unread: Option<BodyReader>,
    /// What operators see of it.
    pub(super) live: Rc<Live>,
}

/// One backend's position on this core.
struct Turn {
    generation: u64,
    order: Balancer,
}

/// Heads kept for reuse.
const KEEP_HEADS: usize = 1_024;

/// The environment of all sessions of a core.
pub struct Local {
    pub core: Core,
    pub index: usize,
    pub published: Arc<Published>,
    pub shared: Arc<Shared>,
    view: RefCell<Rc<View>>,
    generation: Cell<u64>,
    turns: Vec<RefCell<Turn>>,
    pools: Grow<RefCell<Pool>>,
    // Boxed, because they go in and out with every request and are hundreds of bytes large.
    #[allow(clippy::vec_box)]
    heads: RefCell<Vec<Box<Heads>>>,
    /// The shard is leaving: connections close as soon as they are idle.
    pub stopping: Cell<bool>,
    /// The task that looks after idle server connections.
    pub reaper: Cell<crate::net::TaskId>,
    /// Connections that end when a server's state changes.
    pub(super) watched: super::watched::Watched,
    /// When it looks by itself; `None`: when it is woken.
    pub reaper_looks: Cell<Option<Tick>>,
    /// Client connections that are open.
    pub open: Cell<usize>,
    /// Exchanges under way.
    pub(super) lives: Lives,
    /// Log lines.
    pub(super) logs: super::record::Logs,
    /// Keys of the tags of server connections.
    pub(super) tags: ahash::RandomState,
}

impl Local {
    /// The environment of shard `index`.
    #[must_use]
    pub fn new(core: Core, index: usize, published: Arc<Published>, shared: Arc<Shared>) -> Rc<Local> {
        let world = published.load();
        let turns = (0..world.plan.backends.len())
            .map(|b| {
                let id = BackendId::from(b);
                if let Some(loads) = world.loads(id) {
                    let _ = shared.loads[b].set(loads);
                }
                let order = world.balancer(id, seed(index, b));
                RefCell::new(Turn { generation: world.servers_generation, order })
            })
            .collect();
        let pools = world.plan.servers.iter().map(|_| RefCell::default()).collect();
        let watched = super::watched::Watched::new(&world.plan);
        let logs = super::record::Logs::new(&world.plan, &shared);
        let local = Rc::new(Local {
            watched,
            logs,
            lives: Lives::default(),
            core,
            index,
            published,
            shared,
            generation: Cell::new(world.generation),
            view: RefCell::new(Rc::new(View(world))),
            turns,
            pools,
            heads: RefCell::default(),
            stopping: Cell::new(false),
            reaper: Cell::new(crate::net::TaskId::NONE),
            reaper_looks: Cell::new(None),
            open: Cell::new(0),
            tags: ahash::RandomState::new(),
        });
        super::record::send_at_turns_end(&local);
        local
    }

    /// The newest World: one load of a number unless it changed.
    #[inline]
    pub fn view(&self) -> Rc<View> {
        let newest = self.published.generation();
        if newest != self.generation.get() {
            let world = self.published.load();
            self.generation.set(world.generation);
            self.cells().process.world.store(world.generation, Ordering::Release);
            self.watched.learn(&world);
            *self.view.borrow_mut() = Rc::new(View(world));
        }
        self.view.borrow().clone()
    }

    /// This shard's counters.
    #[inline]
    pub fn cells(&self) -> &ShardCounters {
        &self.shared.shards[self.index]
    }

    /// The idle connections to a server.
    pub(super) fn pool(&self, server: ServerId) -> &RefCell<Pool> {
        if self.pools.get(server.index()).is_none() {
            self.pools.grow_to(server.index() + 1, RefCell::default);
        }
        &self.pools[server.index()]
    }

    /// All pools, for the reaper.
    pub(super) fn pools(&self) -> impl Iterator<Item = (ServerId, &RefCell<Pool>)> {
        self.pools.iter().enumerate().map(|(i, p)| (ServerId::from(i), p))
    }

    /// The server of a backend for a request whose key has this hash; `avoid` only when there is no other. The newest World
    /// counts, whatever a request began under: a core's turns only ever go on.
    pub(super) fn next_in_turn(
        &self,
        backend: BackendId,
        hash: Option<u32>,
        mut full: impl FnMut(ServerId) -> bool,
        avoid: Option<ServerId>,
    ) -> Option<(Pick, ServerId)> {
        let view = self.view();
        let mut turn = self.turns[backend.index()].borrow_mut();
        if turn.generation != view.servers_generation {
            turn.generation = view.servers_generation;
            view.bring_up(backend, &mut turn.order);
        }
        let pick = turn.order.pick(Ask {
            hash,
            // `leastconn` has one order for all cores: another may know one that this one does not know yet.
            full: &mut |place| view.at_place(backend, place).is_none_or(&mut full),
            avoid: avoid.and_then(|server| view.place_of(backend, server)),
            loads: self.shared.loads[backend.index()].get(),
            generation: view.servers_generation,
            weights: &|into| view.weights(backend, into),
        })?;
        Some((pick, view.at_place(backend, pick.server)?))
    }

    /// Counts a request on a server for those algorithms that ask how many there are; `taken`: it comes, else it leaves.
    #[inline]
    pub(super) fn count_load(&self, backend: BackendId, server: ServerId, taken: bool) {
        if let Some(loads) = self.shared.loads[backend.index()].get() {
            // The newest view knows whom any other knows.
            let Some(index) = self.view.borrow().place_of(backend, server) else { return };
            if taken { loads.take(index) } else { loads.leave(index) }
        }
    }

    /// Empty heads from the free list.
    pub(super) fn take_heads(&self) -> Box<Heads> {
        let kept = self.heads.borrow_mut().pop();
        kept.unwrap_or_else(|| {
            let (req, res, began) = Default::default();
            Box::new(Heads { req, res, began, unread: None, live: self.lives.add() })
        })
    }

    /// Gives heads back.
    pub(super) fn give_heads(&self, heads: Box<Heads>) {
        let mut list = self.heads.borrow_mut();
        if list.len() < KEEP_HEADS {
            list.push(heads);
        } else {
            self.lives.forget(&heads.live);
        }
    }
}

/// What the random numbers of a backend begin with on a core: other ones in each process, but in a simulation.
fn seed(core: usize, backend: usize) -> u64 {
    use std::hash::{BuildHasher, RandomState};
    if cfg!(test) { (core * 1_000 + backend) as u64 } else { RandomState::new().hash_one((core, backend)) }
}

/// Live state for rules: a View and the counters.
pub struct LiveFacts<'a> {
    pub world: &'a World,
    pub shared: &'a Shared,
}

impl LiveFacts<'_> {
    fn plan(&self) -> &Plan {
        &self.world.plan
    }
}

fn positive(sum: i64) -> u64 {
    u64::try_from(sum).unwrap_or(0)
}

impl Facts for LiveFacts<'_> {
    fn usable_servers(&self, backend: BackendId) -> u32 {
        self.world.usable_servers(backend)
    }

    fn server_up(&self, server: ServerId) -> bool {
        self.world.server(server).alive()
    }

    fn backend_sessions(&self, backend: BackendId) -> u64 {
        positive(self.shared.shards.iter().map(|s| s.backends[backend.index()].sess_cur.get()).sum())
    }

    fn frontend_sessions(&self, frontend: FrontendId) -> u64 {
        positive(self.shared.shards.iter().map(|s| s.frontends[frontend.index()].conn_cur.get()).sum())
    }

    fn server_sessions(&self, server: ServerId) -> u64 {
        positive(self.shared.shards.iter().map(|s| s.servers[server.index()].sess_cur.get()).sum())
    }

    fn backend_queued(&self, backend: BackendId) -> u64 {
        u64::from(self.shared.queues[backend.index()].len())
    }

    fn connection_slots(&self, backend: BackendId) -> Option<u64> {
        let mut slots = 0i64;
        for (id, server) in self.world.servers_of(backend) {
            if !self.world.server(id).alive() {
                continue;
            }
            let maxconn = self.world.maxconn(id)?;
            let queue = server.maxqueue.filter(|&q| q > 0)?;
            slots += i64::from(maxconn) + i64::from(queue) - self.server_sessions(id) as i64;
        }
        Some(positive(slots - self.backend_queued(backend) as i64))
    }

    fn process_sessions(&self) -> u64 {
        positive(self.shared.shards.iter().map(|s| s.process.conn_cur.get()).sum())
    }

    fn frontend_name(&self, frontend: FrontendId) -> &str {
        &self.plan().frontend(frontend).name
    }

    fn backend_name(&self, backend: BackendId) -> &str {
        &self.plan().backend(backend).name
    }

    fn server_name(&self, server: ServerId) -> &str {
        &self.plan().server(server).name
    }

    fn frontend_uuid(&self, frontend: FrontendId) -> u32 {
        self.plan().frontend(frontend).uuid
    }

    fn backend_uuid(&self, backend: BackendId) -> u32 {
        self.plan().backend(backend).uuid
    }

    fn server_uuid(&self, server: ServerId) -> u32 {
        self.plan().server(server).uuid
    }

    fn lists(&self) -> Option<&crate::rules::list::Lists> {
        self.world.lists.changed().then_some(&*self.world.lists)
    }

    fn all_lists(&self) -> Option<&crate::rules::list::Lists> {
        Some(&self.world.lists)
    }

    fn process_values(&self) -> Option<&crate::share::vars::ProcessValues> {
        Some(&self.shared.values)
    }

    fn wall_clock(&self) -> SystemTime {
        SystemTime::now()
    }
}
