//! The World: the Plan plus what operators and health checks change at run time. Every core reads one; the control thread is
//! the only writer, and every change is one pure edit `fn(&World) -> World`.
mod comers;
pub mod cookies;
mod overrides;
mod weight;

use crate::base::ids::{BackendId, FrontendId, ServerId};
use crate::plan::Plan;
use crate::rules::balance::{Balancer, Member, SCALE};
use crate::rules::list::Lists;
use crate::share::Loads;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use overrides::{Overrides, Place};

/// Why a server takes no traffic, or only some. Several may hold at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Admin {
    /// `set server … state maint`, `disabled`.
    pub maint: bool,
    /// `set server … state drain`: only persistent clients.
    pub drain: bool,
    /// The server it tracks is in maintenance, or drains.
    pub tracked_maint: bool,
    pub tracked_drain: bool,
    /// Its name has no address.
    pub unresolved: bool,
}

impl Admin {
    /// Whether it gets nothing at all, for whatever reason; it is not checked either.
    #[must_use]
    pub fn in_maint(&self) -> bool {
        self.maint || self.tracked_maint || self.unresolved
    }

    /// Whether only persistent clients come to it, for whatever reason.
    #[must_use]
    pub fn draining(&self) -> bool {
        self.drain || self.tracked_drain
    }
}

/// What the health checks think of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Health {
    /// No check is configured: always up.
    #[default]
    Unchecked,
    Up,
    /// It answers but wants no more clients (`disable-on-404`, `set server … health stopping`).
    Stopping,
    Down,
}

impl Health {
    /// What a server is taken for before its first check (`init-state`).
    #[must_use]
    pub fn at_first(server: &crate::plan::Server) -> Health {
        match (&server.check, server.watching.track) {
            (Some(_), _) if !server.watching.init_state.is_up() => Health::Down,
            (Some(_), _) | (_, Some(_)) => Health::Up,
            _ => Health::Unchecked,
        }
    }
}

/// What changes of a server while running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerState {
    pub admin: Admin,
    pub health: Health,
    /// The weight as set now, 0 to 256.
    pub weight: u32,
    /// How often its address changed: a connection to an earlier one is not used again.
    pub moved: u32,
    /// How much of it counts, in sixteenths: less than all while a server starts slowly.
    pub warmth: u32,
    /// It was added while running and has not left its first maintenance.
    pub fresh: bool,
    /// It was deleted: nobody sees it any more but those who hold it from before.
    pub deleted: bool,
}

/// What a core sees of a server that was added after the World it looks at.
static NEW: ServerState = ServerState {
    admin: Admin {
        maint: false,
        drain: false,
        tracked_maint: false,
        tracked_drain: false,
        unresolved: false,
    },
    health: Health::Unchecked,
    weight: 1,
    moved: 0,
    warmth: SCALE,
    fresh: false,
    deleted: false,
};

impl ServerState {
    /// Whether new requests may go to it.
    #[must_use]
    pub fn usable(&self) -> bool {
        self.alive() && self.health != Health::Stopping && !self.admin.draining() && self.weight > 0
    }

    /// How much it takes: nothing, those who are its already, or everybody. Where this falls, its queue is sent elsewhere.
    #[must_use]
    pub fn openness(&self) -> u8 {
        match self.alive() {
            false => 0,
            true if self.admin.draining() || self.health == Health::Stopping => 1,
            true => 2,
        }
    }

    /// Whether it answers at all: usable, draining, or weight 0.
    #[must_use]
    pub fn alive(&self) -> bool {
        !self.admin.in_maint() && self.health != Health::Down && !self.deleted
    }
}

/// What changes of a frontend while running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct FrontendState {
    /// `disable frontend`, SIGTTOU: listeners are paused.
    pub paused: bool,
    /// `shutdown frontend`, soft stop: listeners are gone for good.
    pub stopped: bool,
    /// `set maxconn frontend`.
    pub maxconn: Option<u32>,
}

/// One consistent state of everything. Cheap to clone: lists are copied on edit, the Plan is shared.
#[derive(Clone, Debug)]
pub struct World {
    /// Grows by one with each edit.
    pub generation: u64,
    /// The last edit that was not one of lists alone: what is derived of servers' states is no older.
    pub servers_generation: u64,
    pub plan: Arc<Plan>,
    pub servers: Arc<Vec<ServerState>>,
    /// The servers that came while running, by backend and in the order they came; deleted ones keep their places.
    added: Arc<BTreeMap<BackendId, Vec<ServerId>>>,
    /// What stands in place of server lines' own words.
    overridden: Arc<BTreeMap<ServerId, Overrides>>,
    pub frontends: Arc<Vec<FrontendState>>,
    pub cookies: Arc<cookies::Cookies>,
    /// ACLs' and maps' patterns.
    pub lists: Arc<Lists>,
}

impl World {
    /// The World right after the start: checked servers are up until a check says otherwise, as HAProxy has it.
    #[must_use]
    pub fn new(plan: Arc<Plan>) -> World {
        let servers = plan
            .servers
            .iter()
            .map(|s| ServerState {
                admin: Admin { maint: s.disabled, unresolved: s.unresolved, ..Admin::default() },
                health: Health::at_first(s),
                weight: s.weight,
                moved: 0,
                warmth: SCALE,
                fresh: false,
                deleted: false,
            })
            .collect();
        let frontends = plan
            .frontends
            .iter()
            .map(|f| FrontendState { paused: false, stopped: f.disabled, maxconn: None })
            .collect();
        let cookies = Arc::new(cookies::Cookies::new(&plan));
        World {
            generation: 0,
            servers_generation: 0,
            lists: plan.lists.clone(),
            plan,
            servers: Arc::new(servers),
            added: Arc::default(),
            overridden: Arc::default(),
            frontends: Arc::new(frontends),
            cookies,
        }
    }

    /// A server's state.
    #[inline]
    #[must_use]
    pub fn server(&self, id: ServerId) -> &ServerState {
        self.servers.get(id.index()).unwrap_or(&NEW)
    }

    /// A frontend's state.
    #[inline]
    #[must_use]
    pub fn frontend(&self, id: FrontendId) -> &FrontendState {
        &self.frontends[id.index()]
    }

    /// How many servers of a backend new requests may go to: the active ones, or the backups when no active one is left
    /// (all of them with `option allbackups`, else one).
    #[must_use]
    pub fn usable_servers(&self, id: BackendId) -> u32 {
        match self.usable_counts(id) {
            (0, backups) if self.plan.backend(id).all_backups => backups,
            (0, backups) => backups.min(1),
            (active, _) => active,
        }
    }

    /// Whether a free place on this server is for whoever waits for the backend: it is in the balance, and a backup only
    /// where no active server is.
    #[must_use]
    pub fn takes_any(&self, id: ServerId) -> bool {
        let server = self.plan.server(id);
        if !self.server(id).usable() || !server.backup {
            return self.server(id).usable();
        }
        let backend = self.plan.backend(server.backend);
        let usable = |backup: bool| {
            let servers = self.servers_of(server.backend);
            servers.filter(move |(id, s)| s.backup == backup && self.server(*id).usable())
        };
        usable(false).next().is_none()
            && (backend.all_backups || usable(true).next().is_some_and(|(first, _)| first == id))
    }

    /// How many active servers and how many backups of a backend are usable (`act` and `bck` of the CSV).
    #[must_use]
    pub fn usable_counts(&self, id: BackendId) -> (u32, u32) {
        let mut counts = (0, 0);
        for (server, plan) in self.servers_of(id) {
            if self.server(server).usable() {
                if plan.backup { counts.1 += 1 } else { counts.0 += 1 }
            }
        }
        counts
    }

    /// The weights of a backend's servers for [`Balancer::sync`], in sixteenths and in the order of their lines; 0 where no
    /// new request may go. Backups too: the balancing state itself holds them back.
    pub fn weights(&self, id: BackendId, into: &mut Vec<u32>) {
        into.clear();
        into.extend(self.places(id).map(|s| {
            let server = self.server(s);
            if server.usable() { server.weight * server.warmth } else { 0 }
        }));
    }

    /// A core's fresh state of a backend's `balance`. Indexes are the servers' places.
    #[must_use]
    pub fn balancer(&self, id: BackendId, seed: u64) -> Balancer {
        let backend = self.plan.backend(id);
        let mut weights = Vec::new();
        self.weights(id, &mut weights);
        let members: Vec<Member> = self.places(id).map(|s| self.member(s)).collect();
        Balancer::new(&backend.balance, &members, &weights, backend.all_backups, seed)
    }

    /// What a backend's `balance` has to count over all cores.
    #[must_use]
    pub fn loads(&self, id: BackendId) -> Option<Loads> {
        let backend = self.plan.backend(id);
        let backups: Vec<bool> = self.places(id).map(|s| self.plan.server(s).backup).collect();
        backend.balance.loads(&backups, backend.all_backups)
    }

    /// The edit of one server.
    #[must_use]
    pub fn with_server(&self, id: ServerId, edit: impl FnOnce(&mut ServerState)) -> World {
        let mut next = self.next();
        edit(&mut Arc::make_mut(&mut next.servers)[id.index()]);
        next
    }

    /// The edit of one frontend.
    #[must_use]
    pub fn with_frontend(&self, id: FrontendId, edit: impl FnOnce(&mut FrontendState)) -> World {
        let mut next = self.next();
        edit(&mut Arc::make_mut(&mut next.frontends)[id.index()]);
        next
    }

    /// The edit of the lists of patterns.
    #[must_use]
    pub fn with_lists(&self, lists: Arc<Lists>) -> World {
        World { lists, generation: self.generation + 1, ..self.clone() }
    }

    fn next(&self) -> World {
        let next = self.generation + 1;
        World { generation: next, servers_generation: next, ..self.clone() }
    }
}

/// The World that is in force, read by every core and replaced by the control thread alone.
#[derive(Debug)]
pub struct Published {
    world: arc_swap::ArcSwap<World>,
    /// The generation in force: a core compares this before it looks at the World again.
    generation: std::sync::atomic::AtomicU64,
}

impl Published {
    /// Publishes the first World.
    #[must_use]
    pub fn new(world: World) -> Published {
        let generation = std::sync::atomic::AtomicU64::new(world.generation);
        Published { world: arc_swap::ArcSwap::from_pointee(world), generation }
    }

    /// The World in force.
    #[must_use]
    pub fn load(&self) -> Arc<World> {
        self.world.load_full()
    }

    /// The generation in force.
    #[inline]
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation.load(std::sync::atomic::Ordering::Acquire)
    }

    /// Puts an edit into force. Only the control thread calls this: edits are made one after the other.
    pub fn edit(&self, edit: impl FnOnce(&World) -> World) -> Arc<World> {
        let next = Arc::new(edit(&self.world.load()));
        self.world.store(next.clone());
        self.generation.store(next.generation, std::sync::atomic::Ordering::Release);
        next
    }
}
