//! Which server takes the next request: the trait of the algorithms, and HAProxy's weighted round robin.
//!
//! One core has one state per backend. With `nbthread 1` the order is HAProxy's, request for request, also after servers
//! went down, came back or changed their weight: the computation is that of its `lb_fwrr.c`, and the sequences in the tests
//! below were taken from the real program.

/// One core's state of one backend's `balance`.
pub trait Balance {
    /// Brings the state in line with the newest weights: one for each server of the backend in the order of their lines,
    /// 0 to 256 as configured, 0 where no new request may go (down, in maintenance, draining, weight 0). Called when the
    /// World changed; the cost is linear.
    ///
    /// # Panics
    /// When the number of servers is another than before.
    fn sync(&mut self, weights: &[u32]);

    /// The index of the next server. `skip` says which cannot take a request now (full) or shall not (just failed): they
    /// are passed over and keep their place. `None` when nobody is left. Allocates nothing.
    fn pick(&mut self, skip: &mut dyn FnMut(usize) -> bool) -> Option<usize>;
}

/// Weighted round robin (`balance roundrobin`, manual 4.2).
#[derive(Clone, Debug)]
pub struct RoundRobin {
    servers: Vec<Server>,
    active: Group,
    backup: Group,
    /// `option allbackups`: without it only the first usable backup takes requests.
    all_backups: bool,
    /// The servers passed over by the `pick` that runs; empty between calls.
    passed: Vec<u32>,
}

impl RoundRobin {
    /// The state at the start for servers that are all active; `weights` as in [`Balance::sync`].
    #[must_use]
    pub fn new(weights: &[u32]) -> RoundRobin {
        RoundRobin::with_backups(weights, |_| false, false)
    }

    /// The state at the start. Those of whom `is_backup` says so take requests only while no other server is usable.
    #[must_use]
    pub fn with_backups(weights: &[u32], is_backup: impl Fn(usize) -> bool, all_backups: bool) -> RoundRobin {
        let servers: Vec<Server> = weights
            .iter()
            .enumerate()
            .map(|(i, w)| Server { weight: w * SCALE, backup: is_backup(i), ..Server::default() })
            .collect();
        let total = |backup| servers.iter().filter(|s| s.backup == backup).map(|s| s.weight).sum();
        let members = |backup| servers.iter().filter(|s| s.backup == backup).count();
        let (active, backup) =
            (Group::new(total(false), members(false)), Group::new(total(true), members(true)));
        let passed = Vec::with_capacity(servers.len());
        let mut all = RoundRobin { servers, active, backup, all_backups, passed };
        for index in 0..all.servers.len() {
            let server = &mut all.servers[index];
            let group = if server.backup { &mut all.backup } else { &mut all.active };
            if server.weight > 0 {
                group.usable += 1;
                group.queue_by_weight(group.init, server, index);
            }
        }
        all
    }

    /// As [`Balance::pick`], except that `avoid` is taken nevertheless when it is the only one that is not full: what
    /// HAProxy does when it redispatches.
    pub fn pick_avoiding(
        &mut self,
        full: &mut dyn FnMut(usize) -> bool,
        avoid: Option<usize>,
    ) -> Option<usize> {
        if self.active.usable == 0 && !self.all_backups {
            return self.first_backup().filter(|&i| !full(i));
        }
        let group = if self.active.usable > 0 { &mut self.active } else { &mut self.backup };
        if group.usable == 0 {
            return None;
        }
        group.pick(&mut self.servers, &mut self.passed, full, avoid)
    }

    fn first_backup(&self) -> Option<usize> {
        self.servers.iter().position(|s| s.backup && s.weight > 0)
    }
}

impl Balance for RoundRobin {
    fn sync(&mut self, weights: &[u32]) {
        assert_eq!(weights.len(), self.servers.len(), "the servers of a backend do not change");
        for (index, weight) in weights.iter().enumerate() {
            let server = &mut self.servers[index];
            let group = if server.backup { &mut self.backup } else { &mut self.active };
            group.set_weight(server, index, weight * SCALE);
        }
    }

    fn pick(&mut self, skip: &mut dyn FnMut(usize) -> bool) -> Option<usize> {
        self.pick_avoiding(skip, None)
    }
}

/// A weight of 1 is this much inside (`BE_WEIGHT_SCALE`), so that slow starts can give less than 1.
const SCALE: u32 = 16;
/// The largest configured weight plus one place (`SRV_UWGHT_RANGE`).
const WEIGHT_RANGE: u64 = 256;
/// The largest weight inside (`SRV_EWGHT_MAX`).
const WEIGHT_MAX: u32 = 256 * SCALE;

/// Where a server is queued: `Some` of an index into [`Group::trees`]. Which of the first two is "init" and which "next"
/// changes at each switch.
type TreeIndex = Option<usize>;
const CURRENT: usize = 2;

/// Positions and weights are 32-bit and wrap, as HAProxy's `unsigned`: a server that comes back late in a round may get a
/// position "before zero", which puts it into the next round.
#[derive(Clone, Debug, Default)]
struct Server {
    /// The scaled weight; 0: takes no requests and is queued nowhere.
    weight: u32,
    backup: bool,
    tree: TreeIndex,
    /// The position of its next turn, of its last one, and what the division of the round by its weight left over.
    next: u32,
    last: u32,
    remainder: u32,
}

/// The active servers, or the backups.
#[derive(Clone, Debug)]
struct Group {
    trees: [Heap; 3],
    /// The tree with those that had no turn in this round, 0 or 1; `1 - init` holds those done with this round.
    init: usize,
    position: u32,
    /// The sum of weights this round began with, and the one the next will have.
    weight: u32,
    next_weight: u32,
    /// How many servers are queued.
    usable: usize,
    /// Counts insertions: equals leave a tree in the order they came in.
    inserted: u64,
}

impl Group {
    fn new(total: u32, members: usize) -> Group {
        Group {
            trees: std::array::from_fn(|_| Heap::with_capacity(members)),
            init: 0,
            position: total,
            weight: total,
            next_weight: total,
            usable: 0,
            inserted: 0,
        }
    }

    fn next_tree(&self) -> usize {
        1 - self.init
    }

    fn pick(
        &mut self,
        servers: &mut [Server],
        passed: &mut Vec<u32>,
        full: &mut dyn FnMut(usize) -> bool,
        avoid: Option<usize>,
    ) -> Option<usize> {
        let mut switched = false;
        let mut avoided = None;
        let picked = loop {
            if self.weight == 0 {
                self.weight = self.next_weight;
                self.position = self.weight;
            }
            let Some(index) = self.first(servers) else {
                if !switched {
                    switched = true;
                    self.switch();
                    continue;
                }
                break avoided;
            };
            let server = &mut servers[index];
            self.take_turn(server);
            if !full(index) {
                if avoid != Some(index) || avoided.is_some() {
                    break Some(index);
                }
                avoided = Some(index);
            }
            passed.push(index as u32);
        };
        if let Some(index) = picked {
            self.queue(&mut servers[index], index);
        }
        // HAProxy chains them at the head: the last one passed over is queued first.
        while let Some(index) = passed.pop() {
            let index = index as usize;
            if Some(index) == picked {
                continue;
            }
            if switched {
                self.queue_by_weight(self.init, &mut servers[index], index);
            } else {
                self.queue(&mut servers[index], index);
            }
        }
        picked
    }

    /// Takes the best server out of its tree: the first of the current tree when its time has come, else the first of those
    /// that had no turn yet, else the first of the current tree.
    fn first(&mut self, servers: &mut [Server]) -> Option<usize> {
        let current = self.trees[CURRENT].first();
        if let Some(index) = current
            && servers[index].next <= self.position
        {
            return self.trees[CURRENT].pop();
        }
        if let Some(index) = self.trees[self.init].pop() {
            (servers[index].next, servers[index].remainder) = (0, 0);
            return Some(index);
        }
        self.trees[CURRENT].pop()
    }

    /// Ends the round: those done with it are the fresh ones of the next.
    fn switch(&mut self) {
        self.init = self.next_tree();
        self.weight = self.next_weight;
        self.position = self.weight;
    }

    /// Moves the group and the server, which has just been taken out of its tree, one turn on.
    fn take_turn(&mut self, server: &mut Server) {
        if server.next == 0 {
            server.next = self.position;
        }
        server.last = server.next;
        server.next = server.next.wrapping_add(self.next_weight / server.weight);
        server.remainder += self.next_weight % server.weight;
        if server.remainder >= server.weight {
            server.remainder -= server.weight;
            server.next = server.next.wrapping_add(1);
        }
        self.position = self.position.wrapping_add(1);
    }

    /// Queues a server by its position, in this round where it fits.
    fn queue(&mut self, server: &mut Server, index: usize) {
        let ends = self.weight.wrapping_add(self.weight.min(self.next_weight));
        if server.next >= ends {
            server.next = server.next.wrapping_sub(self.weight);
            self.queue_by_weight(self.next_tree(), server, index);
        } else {
            let finer = WEIGHT_MAX.wrapping_add(server.remainder).wrapping_sub(server.weight) / SCALE;
            self.insert(CURRENT, WEIGHT_RANGE * u64::from(server.next) + u64::from(finer), server, index);
        }
    }

    /// Queues a server for a round's start: heavy ones first, which makes the distribution smooth.
    fn queue_by_weight(&mut self, tree: usize, server: &mut Server, index: usize) {
        self.insert(tree, u64::from(WEIGHT_MAX - server.weight), server, index);
    }

    fn insert(&mut self, tree: usize, key: u64, server: &mut Server, index: usize) {
        server.tree = Some(tree);
        self.inserted += 1;
        self.trees[tree].push(Entry { key, order: self.inserted, index: index as u32 });
    }

    /// Adjusts the position to the tree it is counted in, before the server is moved.
    fn leave_tree(&self, server: &mut Server) {
        match server.tree {
            Some(tree) if tree == self.init => (server.next, server.remainder) = (0, 0),
            Some(CURRENT) => {}
            Some(_) => server.next = server.next.wrapping_add(self.weight),
            None => server.next = self.position,
        }
    }

    fn set_weight(&mut self, server: &mut Server, index: usize, weight: u32) {
        let before = std::mem::replace(&mut server.weight, weight);
        if before == weight {
            return;
        }
        self.next_weight = self.next_weight.wrapping_sub(before).wrapping_add(weight);
        if before == 0 {
            self.usable += 1;
            self.leave_tree(server);
            let left = self.next_weight.wrapping_add(self.weight).wrapping_sub(self.position);
            server.next = self.position.wrapping_add(left / weight);
            self.queue(server, index);
            return;
        }
        let tree = server.tree.expect("a server with a weight is queued");
        self.trees[tree].remove(index);
        if weight == 0 {
            self.usable -= 1;
            server.tree = None;
        } else if tree == self.init {
            self.queue_by_weight(tree, server, index);
        } else {
            self.leave_tree(server);
            let step = self.next_weight / weight;
            server.next = server.next.min(server.last.wrapping_add(step));
            server.remainder = 0;
            if server.next < self.position.wrapping_add(2) {
                server.next = self.position.wrapping_add(step);
            }
            self.queue(server, index);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: u64,
    order: u64,
    index: u32,
}

/// A binary heap, smallest first, that allocates only when it is made.
#[derive(Clone, Debug)]
struct Heap(Vec<Entry>);

impl Heap {
    fn with_capacity(n: usize) -> Heap {
        Heap(Vec::with_capacity(n))
    }

    fn first(&self) -> Option<usize> {
        self.0.first().map(|e| e.index as usize)
    }

    fn push(&mut self, entry: Entry) {
        self.0.push(entry);
        self.rise(self.0.len() - 1);
    }

    fn pop(&mut self) -> Option<usize> {
        (!self.0.is_empty()).then(|| self.take(0))
    }

    /// Takes one server out, wherever it is; linear.
    fn remove(&mut self, index: usize) {
        let at = self.0.iter().position(|e| e.index as usize == index).expect("it is in this tree");
        self.take(at);
    }

    fn take(&mut self, at: usize) -> usize {
        let taken = self.0.swap_remove(at);
        if at < self.0.len() {
            self.rise(at);
            self.sink(at);
        }
        taken.index as usize
    }

    fn rise(&mut self, mut at: usize) {
        while at > 0 && self.0[at] < self.0[(at - 1) / 2] {
            self.0.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    fn sink(&mut self, mut at: usize) {
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            let mut least = at;
            if left < self.0.len() && self.0[left] < self.0[least] {
                least = left;
            }
            if right < self.0.len() && self.0[right] < self.0[least] {
                least = right;
            }
            if least == at {
                return;
            }
            self.0.swap(at, least);
            at = least;
        }
    }
}
