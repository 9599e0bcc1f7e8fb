//! Which server takes the next request: one file an algorithm (`balance`, manual 4.2).
//!
//! Each core has one [`Balancer`] for each backend. With `nbthread 1` the choices are HAProxy's, request for request, also
//! after servers went down, came back or changed their weight: the computations are those of its `lb_*.c`, and
//! `tests/balance` asks the real program. What has to be known over all cores is in [`Loads`].
pub mod first;
pub mod hash;
pub mod key;
pub mod map;
pub mod ring;
pub mod roundrobin;

pub use hash::{Function, HashType, Method};
pub use key::Key;
pub use roundrobin::RoundRobin;

use crate::share::Loads;
use first::First;
use map::Map;
use ring::{Limits, Ring, Share};

/// A weight of 1 is this much inside (`BE_WEIGHT_SCALE`), so that slow starts can give less than 1.
pub const SCALE: u32 = 16;
/// The keys of a server's places on a ring: so many for each id (`SRV_EWGHT_RANGE`).
pub const PLACES: u32 = 256 * SCALE;

/// What `balance`, `hash-type`, `hash-balance-factor` and `hash-preserve-affinity` say.
#[derive(Clone, Debug, Default)]
pub struct Scheme {
    pub algorithm: Algorithm,
    pub hash_type: HashType,
    /// No server carries more than so many percent of its share; 0: no matter.
    pub factor: u32,
    pub affinity: Affinity,
}

/// `balance` itself.
#[derive(Clone, Debug, Default)]
pub enum Algorithm {
    #[default]
    RoundRobin,
    StaticRr,
    LeastConn,
    First,
    /// The least loaded of so many servers drawn by chance.
    Random(u32),
    Hash(Key),
}

/// `hash-preserve-affinity`: what becomes of a request whose server is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Affinity {
    /// It waits for it.
    #[default]
    Always,
    /// It goes to the next on the ring that is not full.
    Maxconn,
    /// It waits for it, unless as many wait there as its `maxqueue` allows: then the next on the ring.
    Maxqueue,
}

impl Scheme {
    /// Whether weights may change while running.
    #[must_use]
    pub fn is_dynamic(&self) -> bool {
        match self.algorithm {
            Algorithm::StaticRr => false,
            Algorithm::Hash(_) => self.hash_type.method == Method::Consistent,
            _ => true,
        }
    }

    /// Whether the algorithm does not care which server it takes: then a request may be sent to another at once, and the
    /// last one may be preferred (`BE_LB_KIND_RR`).
    #[must_use]
    pub fn is_in_turn(&self) -> bool {
        matches!(self.algorithm, Algorithm::RoundRobin | Algorithm::StaticRr | Algorithm::Random(_))
    }

    /// Whether a request's own data decide.
    #[must_use]
    pub fn is_hash(&self) -> bool {
        matches!(self.algorithm, Algorithm::Hash(_))
    }

    /// HAProxy's name of it (`show stat`, column `algo`).
    #[must_use]
    pub fn name(&self) -> &'static str {
        match &self.algorithm {
            Algorithm::RoundRobin => "roundrobin",
            Algorithm::StaticRr => "static-rr",
            Algorithm::LeastConn => "leastconn",
            Algorithm::First => "first",
            Algorithm::Random(_) => "random",
            Algorithm::Hash(key) => key.name(),
        }
    }

    /// What has to be counted over all cores.
    #[must_use]
    pub fn loads(&self, backups: &[bool], all_backups: bool) -> Option<Loads> {
        match self.algorithm {
            Algorithm::LeastConn => Some(Loads::ordered(backups, all_backups)),
            Algorithm::Random(_) => Some(Loads::counters(backups.len())),
            Algorithm::Hash(_) if self.factor > 0 => Some(Loads::with_total(backups.len())),
            _ => None,
        }
    }
}

/// A server as the algorithms see it.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// As configured, 0 to 256.
    pub configured: u32,
    /// Its number in the backend, from 1.
    pub id: u32,
    /// Where the keys of its places on a ring start (`hash-key`).
    pub places: u32,
    pub backup: bool,
}

/// One core's state of one backend's `balance`.
#[derive(Clone, Debug)]
pub struct Balancer {
    kind: Kind,
    /// How many servers came later.
    added: usize,
    factor: u32,
    affinity: Affinity,
    look: Look,
    /// The state of the random numbers.
    random: u64,
}

#[derive(Clone, Debug)]
enum Kind {
    RoundRobin(RoundRobin),
    StaticRr(Map),
    Map(Map),
    Ring(Ring),
    Random(Ring, u32),
    First(First),
    /// All of it is in [`Loads`].
    LeastConn,
}

/// Whether a request is hashed at all where only one server is left: HAProxy's kinds of keys differ, and with them who has
/// the next turn later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// The server is taken before the key is looked for.
    First,
    /// It is taken once there is a key.
    WithKey,
    Never,
}

/// What is asked for one request.
pub struct Ask<'a> {
    /// The hash of its key, where the algorithm has one and the request has the key.
    pub hash: Option<u32>,
    /// Whether a server can't take a request now. Where there is a hash this is asked only for `hash-preserve-affinity`, and
    /// under `maxqueue` means that no more may wait.
    pub full: &'a mut dyn FnMut(usize) -> bool,
    /// A server that has just failed: taken only when there is no other.
    pub avoid: Option<usize>,
    /// What [`Scheme::loads`] made.
    pub loads: Option<&'a Loads>,
    /// The World's generation, and what gives its weights.
    pub generation: u64,
    pub weights: &'a dyn Fn(&mut Vec<u32>),
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    pub server: usize,
    /// The request is for this server alone: it waits where it is full.
    pub bound: bool,
    /// It is counted in [`Loads`] already.
    pub counted: bool,
}

impl Balancer {
    /// The state at the start: `members` in the order of their lines, `weights` in sixteenths, 0 for those that take no
    /// requests. `seed` is for `random`.
    #[must_use]
    pub fn new(
        scheme: &Scheme,
        members: &[Member],
        weights: &[u32],
        all_backups: bool,
        seed: u64,
    ) -> Balancer {
        let backup = |i: usize| members[i].backup;
        let map = || {
            let configured: Vec<u32> = members.iter().map(|m| m.configured).collect();
            Map::new(&configured, weights, backup, all_backups)
        };
        let ring = || {
            let bases: Vec<u32> = members.iter().map(|m| m.places).collect();
            let mut ring = Ring::new(&bases, backup, all_backups);
            ring.sync(weights);
            ring
        };
        let kind = match scheme.algorithm {
            Algorithm::RoundRobin => Kind::RoundRobin(RoundRobin::with_backups(weights, backup, all_backups)),
            Algorithm::StaticRr => Kind::StaticRr(map()),
            Algorithm::LeastConn => Kind::LeastConn,
            Algorithm::Random(draws) => Kind::Random(ring(), draws),
            Algorithm::First => {
                let ids: Vec<u32> = members.iter().map(|m| m.id).collect();
                let mut first = First::new(&ids, backup, all_backups);
                first.sync(weights);
                Kind::First(first)
            }
            Algorithm::Hash(_) => match scheme.hash_type.method {
                Method::MapBased => Kind::Map(map()),
                Method::Consistent => Kind::Ring(ring()),
            },
        };
        let look = match scheme.algorithm {
            Algorithm::Hash(Key::UrlParam { .. }) => Look::Never,
            Algorithm::Hash(Key::RdpCookie(_)) => Look::WithKey,
            _ => Look::First,
        };
        Balancer { look, kind, added: 0, factor: scheme.factor, affinity: scheme.affinity, random: seed | 1 }
    }

    /// How many servers came after the start.
    #[must_use]
    pub fn added(&self) -> usize {
        self.added
    }

    /// One server more, behind the others; it takes no requests before the next [`Balancer::sync`]. Tables that are made of
    /// all servers at once take none: who asks for one there is refused.
    pub fn add(&mut self, member: Member) {
        self.added += 1;
        match &mut self.kind {
            Kind::RoundRobin(order) => order.add(member.backup),
            Kind::StaticRr(_) | Kind::Map(_) | Kind::LeastConn => {}
            Kind::Ring(ring) | Kind::Random(ring, _) => ring.add(member.places, member.backup),
            Kind::First(first) => first.add(member.id, member.backup),
        }
    }

    /// Brings the state in line with the newest weights, in sixteenths and in the order of the lines: 0 where no new request
    /// may go (down, in maintenance, draining, weight 0). Called when the World changed; the cost is linear, and that of
    /// building a table anew where a table changes.
    ///
    /// # Panics
    /// When the number of servers is another than before.
    pub fn sync(&mut self, weights: &[u32]) {
        match &mut self.kind {
            Kind::RoundRobin(order) => order.sync(weights),
            Kind::StaticRr(map) | Kind::Map(map) => map.sync(weights),
            Kind::Ring(ring) | Kind::Random(ring, _) => ring.sync(weights),
            Kind::First(first) => first.sync(weights),
            Kind::LeastConn => {}
        }
    }

    /// The server of a request; `None` when nobody can take it. Allocates nothing.
    pub fn pick(&mut self, ask: Ask<'_>) -> Option<Pick> {
        let Ask { hash, full, avoid, loads, generation, weights } = ask;
        let free = |server| Pick { server, bound: false, counted: false };
        let bound = |server| Pick { server, bound: true, counted: false };
        if self.look == Look::First || self.look == Look::WithKey && hash.is_some() {
            let only = match &self.kind {
                Kind::Map(map) => map.only(),
                Kind::Ring(ring) => ring.only(),
                _ => None,
            };
            if let Some(server) = only {
                return Some(bound(server));
            }
        }
        match (&mut self.kind, hash) {
            (Kind::RoundRobin(order), _) => order.pick_avoiding(full, avoid).map(free),
            (Kind::Map(map), Some(hash)) => map.of_hash(hash).map(bound),
            (Kind::StaticRr(map) | Kind::Map(map), _) => map.next(full, avoid).map(free),
            (Kind::Ring(ring), None) => ring.next(full, avoid).map(free),
            (Kind::Ring(ring), Some(hash)) => match (self.affinity, self.factor, loads) {
                (Affinity::Maxconn | Affinity::Maxqueue, _, _) => {
                    let mut eligible = |server, _: Share| !full(server);
                    let mut limits = Limits { avoid, eligible: Some(&mut eligible), settle_before: true };
                    ring.of_hash(hash, &mut limits).map(bound)
                }
                (_, 1.., Some(loads)) => {
                    let factor = u64::from(self.factor);
                    let mut eligible =
                        |server, share| has_slot(u64::from(loads.on(server)), share, loads, factor);
                    let mut limits = Limits { avoid, eligible: Some(&mut eligible), settle_before: false };
                    ring.of_hash(hash, &mut limits).map(bound)
                }
                _ => {
                    let mut limits = Limits { avoid, eligible: None, settle_before: false };
                    ring.of_hash(hash, &mut limits).map(bound)
                }
            },
            (Kind::Random(ring, draws), _) => {
                let server = drawn(ring, *draws, &mut self.random, avoid, loads)?;
                (!full(server)).then_some(free(server))
            }
            (Kind::First(first), _) => first.pick(full, avoid).map(free),
            (Kind::LeastConn, _) => {
                let server = loads?.take_least(generation, weights, full, avoid)?;
                Some(Pick { server, bound: false, counted: true })
            }
        }
    }
}

/// Whether a server may carry one request more under `hash-balance-factor` (HAProxy's `chash_server_is_eligible`): the sum
/// of slots is shared out by weight, what is left over too, and each has one at least. Divides no more than it must.
fn has_slot(load: u64, share: Share, loads: &Loads, factor: u64) -> bool {
    if load == 0 {
        return true;
    }
    let all = ((u64::from(loads.total()) + 1) * factor).div_ceil(100);
    let (each, rest) = (all / share.total, all % share.total);
    let whole = share.weight * each;
    load < whole || {
        let with = (share.before + share.weight) * rest / share.total;
        let without = share.before * rest / share.total;
        load < whole + with - without
    }
}

/// The least loaded by weight of several places drawn by chance, the later of equals (HAProxy's `get_server_rnd`).
fn drawn(
    ring: &Ring,
    draws: u32,
    random: &mut u64,
    avoid: Option<usize>,
    loads: Option<&Loads>,
) -> Option<usize> {
    let mut best: Option<usize> = None;
    for _ in 0..draws.max(1) {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        let hash = (*random >> 32) as u32;
        let drawn = ring.of_hash(hash, &mut Limits { avoid, eligible: None, settle_before: false })?;
        let load = |server: usize| loads.map_or(0, |l| u64::from(l.on(server)));
        let heavier =
            |a: usize, b: usize| load(a) * u64::from(ring.weight(b)) > load(b) * u64::from(ring.weight(a));
        best = Some(best.filter(|&before| heavier(drawn, before)).unwrap_or(drawn));
    }
    best
}
