//! Connections that end when a server's state changes: `on-marked-down shutdown-sessions`, `on-marked-up
//! shutdown-backup-sessions` (manual 5.2). Costs nothing where no server has these words.
use super::Local;
use crate::base::ids::ServerId;
use crate::net::Stream;
use crate::net::driver::Key;
use crate::plan::Plan;
use crate::world::World;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// The connections of one core to servers that are looked after so.
pub struct Watched {
    /// Whether any server has one of the words.
    on: Cell<bool>,
    /// How many servers were looked at.
    looked_at: Cell<usize>,
    /// In an order that is the same in each run: whoever waits is woken in it.
    open: RefCell<BTreeMap<(u32, u32), (Key, ServerId)>>,
    /// Closed ones are looked for when there are more than this.
    sweep_at: Cell<usize>,
    /// Which of the servers with `on-marked-up` were up when last looked at.
    up: RefCell<Vec<(ServerId, bool)>>,
}

/// So many closed connections may be remembered.
const SLACK: usize = 256;

impl Watched {
    pub fn new(plan: &Plan) -> Watched {
        let has =
            |s: &crate::plan::Server| s.watching.shutdown_sessions || s.watching.shutdown_backup_sessions;
        let up = plan.servers.iter().filter(|s| s.watching.shutdown_backup_sessions).map(|s| (s.id, true));
        Watched {
            on: Cell::new(plan.servers.iter().any(has)),
            looked_at: Cell::new(plan.servers.len()),
            open: RefCell::default(),
            sweep_at: Cell::new(SLACK),
            up: RefCell::new(up.collect()),
        }
    }

    /// Looks at the servers that have come since the last World.
    pub fn learn(&self, world: &World) {
        let news = self.looked_at.replace(world.servers.len().max(self.looked_at.get()));
        for id in (news..world.servers.len()).map(ServerId::from) {
            let words = &world.plan.server(id).watching;
            if words.shutdown_backup_sessions {
                self.up.borrow_mut().push((id, world.server(id).alive()));
            }
            self.on.set(self.on.get() || words.shutdown_sessions || words.shutdown_backup_sessions);
        }
    }

    /// Notes a connection that a request goes over.
    #[inline]
    pub fn note(&self, local: &Local, server: ServerId, stream: &Stream) {
        if self.on.get() {
            self.keep(local, server, stream);
        }
    }

    fn keep(&self, local: &Local, server: ServerId, stream: &Stream) {
        let key = stream.key();
        let world = local.view();
        let plan = world.plan.server(server);
        if plan.watching.shutdown_sessions && !world.server(server).alive() {
            // It went down while we connected.
            local.core.break_off(key);
            return;
        }
        let mut open = self.open.borrow_mut();
        open.insert((key.slot, key.generation), (key, server));
        if open.len() > self.sweep_at.get() {
            open.retain(|_, (key, _)| local.core.is_open(*key));
            self.sweep_at.set(open.len() * 2 + SLACK);
        }
    }
}

impl Local {
    /// Ends what has to end in the newest World.
    pub fn cut_watched(&self) {
        if !self.watched.on.get() {
            return;
        }
        let world = self.view();
        let mut up_again = Vec::new();
        for (server, was) in self.watched.up.borrow_mut().iter_mut() {
            let is = world.server(*server).alive();
            if is && !*was {
                up_again.push(world.plan.server(*server).backend);
            }
            *was = is;
        }
        self.watched.open.borrow_mut().retain(|_, (key, server)| {
            let plan = world.plan.server(*server);
            let down = plan.watching.shutdown_sessions && !world.server(*server).alive();
            if down || plan.backup && up_again.contains(&plan.backend) {
                self.core.break_off(*key);
                return false;
            }
            true
        });
    }
}
