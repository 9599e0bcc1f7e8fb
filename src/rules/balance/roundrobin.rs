//! `balance roundrobin`: HAProxy's weighted round robin.
//!
//! One core has one state per backend. With `nbthread 1` the order is HAProxy's, request for request, also after servers
//! went down, came back or changed their weight: the computation is that of its `lb_fwrr.c`, and the sequences in the tests
//! below were taken from the real program.
use super::SCALE;
use crate::base::winner::{Entry, Winner};

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
    /// The state at the start for servers that are all active; `weights` as in [`RoundRobin::sync`].
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
            .map(|(i, w)| Server { weight: *w, backup: is_backup(i), ..Server::default() })
            .collect();
        let total = |backup| servers.iter().filter(|s| s.backup == backup).map(|s| s.weight).sum();
        // A group without members needs no room; members are numbered as the servers are.
        let members = |backup| if servers.iter().any(|s| s.backup == backup) { servers.len() } else { 0 };
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

    /// The index of the next server. `full` says which cannot take a request now: they are passed over and keep their place;
    /// `avoid` is taken only when it is the only one that is not full, as HAProxy does when it redispatches. `None` when
    /// nobody is left. Allocates nothing.
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

    /// One server more, that takes no requests yet.
    pub fn add(&mut self, backup: bool) {
        self.servers.push(Server { backup, ..Server::default() });
        let group = if backup { &mut self.backup } else { &mut self.active };
        group.trees.iter_mut().for_each(|tree| tree.grow(self.servers.len()));
        self.passed.reserve(self.servers.len());
    }

    /// Brings the state in line with the newest weights, in sixteenths: 0 where no new request may go.
    ///
    /// # Panics
    /// When the number of servers is another than before.
    pub fn sync(&mut self, weights: &[u32]) {
        assert_eq!(weights.len(), self.servers.len(), "the servers of a backend do not change");
        for (index, &weight) in weights.iter().enumerate() {
            let server = &mut self.servers[index];
            let group = if server.backup { &mut self.backup } else { &mut self.active };
            group.set_weight(server, index, weight);
        }
    }

    /// The next one, none to be avoided.
    pub fn pick(&mut self, full: &mut dyn FnMut(usize) -> bool) -> Option<usize> {
        self.pick_avoiding(full, None)
    }

    fn first_backup(&self) -> Option<usize> {
        self.servers.iter().position(|s| s.backup && s.weight > 0)
    }
}

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
    trees: [Winner; 3],
    /// The tree with those that had no turn in this round, 0 or 1; `1 - init` holds those done with this round.
    init: usize,
    position: u32,
    /// The sum of weights this round began with, and the one the next will have.
    weight: u32,
    next_weight: u32,
    /// How many servers are queued.
    usable: usize,
}

impl Group {
    fn new(total: u32, members: usize) -> Group {
        Group {
            trees: std::array::from_fn(|_| Winner::new(members)),
            init: 0,
            position: total,
            weight: total,
            next_weight: total,
            usable: 0,
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
            self.take_out(server, index);
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

    /// The best server, which stays where it is queued for now: the first of the current tree when its time has come, else
    /// the first of those that had no turn yet, else the first of the current tree.
    #[inline]
    fn first(&mut self, servers: &mut [Server]) -> Option<usize> {
        let current = self.trees[CURRENT].first().map(Entry::member);
        if let Some(index) = current
            && servers[index].next <= self.position
        {
            return current;
        }
        match self.trees[self.init].first().map(Entry::member) {
            Some(index) => {
                (servers[index].next, servers[index].remainder) = (0, 0);
                Some(index)
            }
            None => current,
        }
    }

    /// Ends the round: those done with it are the fresh ones of the next.
    fn switch(&mut self) {
        self.init = self.next_tree();
        self.weight = self.next_weight;
        self.position = self.weight;
    }

    /// Moves the group and the server, which is the first of its tree, one turn on.
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

    /// Moves a server to its place in a tree, out of the one it is in.
    #[inline]
    fn insert(&mut self, tree: usize, key: u64, server: &mut Server, index: usize) {
        if server.tree != Some(tree) {
            self.take_out(server, index);
        }
        server.tree = Some(tree);
        self.trees[tree].set(index, key);
    }

    /// Takes a server out of its tree, if it is still in there.
    #[inline]
    fn take_out(&mut self, server: &Server, index: usize) {
        if let Some(tree) = server.tree
            && self.trees[tree].key(index).is_some()
        {
            self.trees[tree].take_out(index);
        }
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
        if weight == 0 {
            self.take_out(server, index);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled(weights: &[u32]) -> Vec<u32> {
        weights.iter().map(|w| w * SCALE).collect()
    }

    struct Case {
        weights: &'static [u32],
        backups: &'static [usize],
        all_backups: bool,
        /// Who took each request (`-`: a 503), and `server=weight` where it changed.
        steps: &'static str,
    }

    /// Taken from HAProxy 2.6.12 with `nbthread 1` and `balance roundrobin`: one request per connection, each answered with
    /// its server's number; between them `set server … weight N`, `state maint|drain` (weight 0 here), `state ready`.
    const OBSERVED: &[Case] = &[
        Case { weights: &[1, 3], backups: &[], all_backups: false, steps: "1110111011101110" },
        Case { weights: &[1, 1, 1], backups: &[], all_backups: false, steps: "012012012012" },
        Case { weights: &[5, 2, 1], backups: &[], all_backups: false, steps: "001002010010020100100201" },
        Case {
            weights: &[10, 20, 30, 7],
            backups: &[],
            all_backups: false,
            steps: "2120212120321212012321202121230212120123212021213202121203122120122312021212032121201232120212123021",
        },
        Case {
            weights: &[3, 1, 4, 1, 5, 9, 2],
            backups: &[],
            all_backups: false,
            steps: "545205465215405245356042554520546521540524535604255452054652154052453560425",
        },
        Case {
            weights: &[10, 20, 30, 7],
            backups: &[],
            all_backups: false,
            steps: "2120212120321 1=5 22022320221202322201 2=0 303030013030130 2=30 22201322202322012220 3=256 3323330133333323333333323 3=1 22202220222022202220 0=0 1=0 2222222222 0=1 1=2 22221223222222202222",
        },
        Case {
            weights: &[1, 3, 2],
            backups: &[],
            all_backups: false,
            steps: "12101 1=0 222202 0=0 2222 1=3 2112121 0=1 12120112120112 2=0 11011 2=2 12012112012112",
        },
        Case {
            weights: &[2, 1],
            backups: &[],
            all_backups: false,
            steps: "0010 0=0 111 1=0 -- 1=1 1111 0=2 100100100",
        },
        Case {
            weights: &[1, 1, 1, 1, 1, 1],
            backups: &[],
            all_backups: false,
            steps: "0123450123 1=0 2=0 3=0 4=0 5 4=1 054 1=1 0541 2=1 3=1 054123054123054123",
        },
        Case {
            weights: &[1, 1, 16],
            backups: &[],
            all_backups: false,
            steps: "22222222022222222 2=0 1 0=0 1 0=1 000 2=16 2220222222222222222202222222222222222022",
        },
        Case {
            weights: &[2, 1, 1, 3],
            backups: &[2, 3],
            all_backups: false,
            steps: "0010 0=0 11 1=0 2222 2=0 3333 2=1 222 0=2 00000",
        },
        Case {
            weights: &[2, 1, 1, 3],
            backups: &[2, 3],
            all_backups: true,
            steps: "0010 0=0 11 1=0 333233 2=0 3333 2=1 3332333 0=2 00000 0=0 2333233",
        },
    ];

    fn digit(pick: Option<usize>) -> char {
        pick.map_or('-', |i| char::from(b'0' + i as u8))
    }

    #[test]
    fn the_order_is_haproxys_also_through_changes() {
        for case in OBSERVED {
            let mut weights = case.weights.to_vec();
            let mut rr =
                RoundRobin::with_backups(&scaled(&weights), |i| case.backups.contains(&i), case.all_backups);
            for step in case.steps.split(' ') {
                if let Some((server, weight)) = step.split_once('=') {
                    weights[server.parse::<usize>().unwrap()] = weight.parse().unwrap();
                    rr.sync(&scaled(&weights));
                } else {
                    let got: String = step.chars().map(|_| digit(rr.pick(&mut |_| false))).collect();
                    assert_eq!(got, step, "weights {:?}, in {}", case.weights, case.steps);
                }
            }
        }
    }

    /// From the same program with `maxconn 1` on each server: `!2` is a request that 2 took and did not answer until `-`,
    /// where all such requests were answered. A full server is passed over and comes back into the order.
    const OBSERVED_FULL: &[(&[u32], &str)] = &[
        (&[1, 3, 2], "12101 !2 11011101110111011101110 !1 00000000000000000 - 11111212112121121211212112012"),
        (&[1, 1, 1, 1], "01 !2 30130130130130130130130 !1 30303030303030303 - 21032103210321032103210321032"),
        (
            &[4, 1, 7],
            "220212020 !2 00100001000010000100001 !0 11111111111111111 - 22222202202022022022020220220",
        ),
        (
            &[10, 20, 30, 7],
            "2120212120321 !2 10131011301101310113011 !0 31113111311131113 - 22202121201232120212132021212",
        ),
    ];

    #[test]
    fn the_order_is_haproxys_also_while_servers_are_full() {
        for (weights, steps) in OBSERVED_FULL {
            let mut rr = RoundRobin::new(&scaled(weights));
            let mut full = [false; 4];
            for step in steps.split(' ') {
                if step == "-" {
                    full = [false; 4];
                } else if let Some(server) = step.strip_prefix('!') {
                    let picked = rr.pick(&mut |i| full[i]);
                    assert_eq!(digit(picked).to_string(), server, "{steps}");
                    full[picked.unwrap()] = true;
                } else {
                    let got: String = step.chars().map(|_| digit(rr.pick(&mut |i| full[i]))).collect();
                    assert_eq!(got, step, "weights {weights:?}, in {steps}");
                }
            }
        }
    }

    #[test]
    fn a_light_server_beside_the_heaviest_has_its_turn_where_haproxy_gives_it() {
        let mut rr = RoundRobin::new(&scaled(&[256, 1]));
        let picks: Vec<_> = (0..600).map(|_| rr.pick(&mut |_| false)).collect();
        let light: Vec<_> = (0..600).filter(|&i| picks[i] == Some(1)).collect();
        assert_eq!(light, [256, 513]);
    }

    #[test]
    fn those_passed_over_keep_their_share_and_nobody_is_taken_when_all_are_full() {
        let mut rr = RoundRobin::new(&scaled(&[1, 3, 2]));
        assert_eq!(rr.pick(&mut |_| true), None);
        let mut counts = [0; 3];
        for n in 0..600 {
            counts[rr.pick(&mut |i| i == 1 && n < 300).unwrap()] += 1;
        }
        assert_eq!(counts, [150, 150, 300]);
    }

    #[test]
    fn the_server_to_avoid_is_taken_when_all_others_are_full() {
        let mut rr = RoundRobin::new(&scaled(&[1, 1]));
        for _ in 0..10 {
            assert_eq!(rr.pick_avoiding(&mut |_| false, Some(0)), Some(1));
            assert_eq!(rr.pick_avoiding(&mut |i| i == 1, Some(0)), Some(0));
            assert_eq!(rr.pick_avoiding(&mut |_| true, Some(0)), None);
        }
    }

    #[test]
    fn any_mix_of_changes_and_full_servers_leaves_a_sound_state() {
        let mut seed = 7u64;
        let mut random = move |n: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % n
        };
        let mut weights = vec![1u32; 9];
        let mut rr = RoundRobin::with_backups(&scaled(&weights), |i| i > 6, true);
        for _ in 0..20_000 {
            if random(4) == 0 {
                weights[random(9) as usize] = [0, 0, 1, 2, 50, 256][random(6) as usize];
                rr.sync(&scaled(&weights));
            }
            let full = random(512);
            let active = weights[..7].iter().any(|&w| w > 0);
            let usable = |i: usize| weights[i] > 0 && (i > 6) != active;
            let pick = rr.pick(&mut |i| full >> i & 1 == 1);
            match pick {
                Some(i) => assert!(usable(i) && full >> i & 1 == 0),
                None => assert!((0..9).all(|i| !usable(i) || full >> i & 1 == 1)),
            }
            let queued: usize = rr.active.trees.iter().chain(&rr.backup.trees).map(Winner::len).sum();
            assert_eq!(queued, weights.iter().filter(|&&w| w > 0).count());
        }
    }
}
