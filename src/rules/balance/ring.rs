//! The ring of `hash-type consistent` and of `balance random`: each server has sixteen places for each unit of its weight, and
//! a hash goes to the nearest place (HAProxy's `lb_chash.c`).
use super::hash::full;

/// One core's ring of one backend.
#[derive(Clone, Debug)]
pub struct Ring {
    servers: Vec<Member>,
    active: Circle,
    backup: Circle,
    all_backups: bool,
    first_backup: Option<usize>,
    /// The only one of those that share the load.
    only: Option<usize>,
    /// The sum of the weights of those that take requests now.
    total_weight: u64,
    /// The place that was last given to a request without a hash: whether it is a backup's, and its key.
    last: Option<(bool, u32)>,
}

#[derive(Clone, Copy, Debug)]
struct Member {
    /// Where the keys of its places start.
    base: u32,
    backup: bool,
    /// Its weight in sixteenths, which is how many places it has.
    weight: u32,
    /// The weights of those of its kind before it.
    before: u64,
}

/// The places of the active servers, or of the backups, sorted by key.
#[derive(Clone, Debug, Default)]
struct Circle {
    places: Vec<Place>,
    /// For each value of a key's first bits, the first place whose key has it or a larger one.
    index: Vec<u32>,
    shift: u32,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    key: u32,
    server: u32,
}

/// What is asked beside the hash.
pub struct Limits<'a> {
    /// A server that has just failed.
    pub avoid: Option<usize>,
    /// Whether a server may be given by its load (`hash-balance-factor`, `hash-preserve-affinity`): weight, those before it,
    /// the total.
    pub eligible: Option<&'a mut dyn FnMut(usize, Share) -> bool>,
    /// Where none is eligible: the place before the one the hash leads to, rather than the ring's last.
    pub settle_before: bool,
}

/// A server's part of the whole.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    pub weight: u64,
    pub before: u64,
    pub total: u64,
}

impl Ring {
    /// An empty ring for servers whose places start at these keys; [`Ring::sync`] fills it.
    #[must_use]
    pub fn new(bases: &[u32], is_backup: impl Fn(usize) -> bool, all_backups: bool) -> Ring {
        let member = |(i, &base)| Member { base, backup: is_backup(i), weight: 0, before: 0 };
        Ring {
            servers: bases.iter().enumerate().map(member).collect(),
            active: Circle::default(),
            backup: Circle::default(),
            all_backups,
            first_backup: None,
            only: None,
            total_weight: 0,
            last: None,
        }
    }

    /// One server more, without places yet.
    pub fn add(&mut self, base: u32, backup: bool) {
        self.servers.push(Member { base, backup, weight: 0, before: 0 });
    }

    /// Brings the places in line with these weights, in sixteenths.
    pub fn sync(&mut self, weights: &[u32]) {
        let changed: Vec<bool> = self.servers.iter().zip(weights).map(|(s, &w)| s.weight != w).collect();
        if !changed.contains(&true) {
            return;
        }
        for backup in [false, true] {
            let (mut added, servers) = (Vec::new(), &self.servers);
            for (i, (server, &weight)) in servers.iter().zip(weights).enumerate() {
                if server.backup == backup {
                    let key = |node| Place { key: full(server.base.wrapping_add(node)), server: i as u32 };
                    added.extend((server.weight..weight.max(server.weight)).map(key));
                }
            }
            let shrunk: Vec<bool> = servers.iter().zip(weights).map(|(s, &w)| w < s.weight).collect();
            // The keys of a server that lost some of its places.
            let mut gone: Vec<(u32, u32)> = Vec::new();
            for (i, (server, &weight)) in servers.iter().zip(weights).enumerate() {
                if server.backup == backup && weight > 0 && shrunk[i] {
                    let key = |node| (i as u32, full(server.base.wrapping_add(node)));
                    gone.extend((weight..server.weight).map(key));
                }
            }
            gone.sort_unstable();
            let stays = |p: &Place| {
                let i = p.server as usize;
                !shrunk[i] || weights[i] > 0 && gone.binary_search(&(p.server, p.key)).is_err()
            };
            let circle = if backup { &mut self.backup } else { &mut self.active };
            circle.change(stays, added);
        }
        for (server, &weight) in self.servers.iter_mut().zip(weights) {
            server.weight = weight;
        }
        self.count();
    }

    fn count(&mut self) {
        let (mut active, mut backup) = (0u64, 0u64);
        for server in &mut self.servers {
            let sum = if server.backup { &mut backup } else { &mut active };
            server.before = *sum;
            *sum += u64::from(server.weight);
        }
        self.first_backup = None;
        if active == 0 && !self.all_backups {
            self.first_backup = self.servers.iter().position(|s| s.backup && s.weight > 0);
        }
        let takes_part = |(i, s): (usize, &Member)| (s.weight > 0 && s.backup != (active > 0)).then_some(i);
        let mut users = self.servers.iter().enumerate().filter_map(takes_part);
        self.only = users.next().filter(|_| users.next().is_none());
        self.total_weight = match self.first_backup {
            _ if active > 0 => active,
            Some(index) => u64::from(self.servers[index].weight),
            None => backup,
        };
        // Where HAProxy's last place went, the one behind it is the last.
        self.last = self.last.and_then(|(backup, key)| {
            let places = if backup { &self.backup.places } else { &self.active.places };
            places.get(places.partition_point(|p| p.key < key)).map(|place| (backup, place.key))
        });
    }

    fn circle(&self) -> &Circle {
        if self.active.places.is_empty() { &self.backup } else { &self.active }
    }

    /// How many servers there are to choose from.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total_weight == 0
    }

    /// The server that takes everything, where there is but one.
    #[must_use]
    pub fn only(&self) -> Option<usize> {
        self.first_backup.or(self.only)
    }

    /// A server's weight now, in sixteenths.
    #[must_use]
    pub fn weight(&self, server: usize) -> u32 {
        self.servers[server].weight
    }

    /// The server of a hash: the one with the nearest place, or the next that is eligible.
    pub fn of_hash(&self, hash: u32, limits: &mut Limits<'_>) -> Option<usize> {
        if self.first_backup.is_some() {
            return self.first_backup;
        }
        let circle = self.circle();
        let start = circle.nearest(hash)?;
        let mut at = start;
        let mut turns = 0;
        let mut server = circle.places[at].server as usize;
        while limits.avoid == Some(server) || !self.is_eligible(server, limits) {
            at += 1;
            if at == circle.places.len() {
                at = 0;
                turns += 1;
                if turns > 1 {
                    break;
                }
            }
            if limits.settle_before && at == start {
                let before = start.checked_sub(1).unwrap_or(circle.places.len() - 1);
                return Some(circle.places[before].server as usize);
            }
            server = circle.places[at].server as usize;
        }
        Some(server)
    }

    fn is_eligible(&self, server: usize, limits: &mut Limits<'_>) -> bool {
        let Some(eligible) = &mut limits.eligible else { return true };
        let s = &self.servers[server];
        eligible(server, Share { weight: u64::from(s.weight), before: s.before, total: self.total_weight })
    }

    /// The next server on the ring that is not full, for a request without a hash; `avoid` only when there is no other.
    pub fn next(&mut self, full: &mut dyn FnMut(usize) -> bool, avoid: Option<usize>) -> Option<usize> {
        if self.first_backup.is_some() {
            return self.first_backup;
        }
        let backup = self.active.places.is_empty();
        // The rest of the circle that was in use is walked to its end, also where the other has come into use.
        let behind = |(backup, key): (bool, u32)| {
            let places = if backup { &self.backup.places } else { &self.active.places };
            let at = places.partition_point(|p| p.key <= key);
            (at < places.len()).then_some((backup, at))
        };
        let (mut in_backup, mut at) = self.last.and_then(behind).unwrap_or((backup, 0));
        let mut avoided = None;
        for _ in 0..self.active.places.len() + self.backup.places.len() {
            let places = if in_backup { &self.backup.places } else { &self.active.places };
            let Some(place) = places.get(at) else { break };
            let server = place.server as usize;
            self.last = Some((in_backup, place.key));
            at += 1;
            if at == places.len() {
                (in_backup, at) = (backup, 0);
            }
            if full(server) {
                continue;
            }
            if avoid != Some(server) {
                return Some(server);
            }
            avoided = Some(server);
        }
        avoided
    }
}

impl Circle {
    fn change(&mut self, stays: impl Fn(&Place) -> bool, mut added: Vec<Place>) {
        self.places.retain(stays);
        added.sort_by_key(|p| p.key);
        if self.places.is_empty() {
            self.places = added;
        } else if !added.is_empty() {
            // Behind what is there with the same key, as HAProxy's tree has it.
            self.places.append(&mut added);
            self.places.sort_by_key(|p| p.key);
        }
        self.places.shrink_to_fit();
        self.reindex();
    }

    fn reindex(&mut self) {
        let bits = usize::BITS - self.places.len().leading_zeros();
        let bits = bits.clamp(1, 22);
        self.shift = 32 - bits;
        self.index.clear();
        for (at, place) in self.places.iter().enumerate() {
            let bucket = (place.key >> self.shift) as usize;
            while self.index.len() <= bucket {
                self.index.push(at as u32);
            }
        }
        self.index.resize(1 << bits, self.places.len() as u32);
    }

    /// The place nearest to a hash: of the one at or behind it and the one before it, the closer, the latter of equals.
    #[inline]
    fn nearest(&self, hash: u32) -> Option<usize> {
        let count = self.places.len();
        let mut at = *self.index.get((hash >> self.shift) as usize)? as usize;
        while at < count && self.places[at].key < hash {
            at += 1;
        }
        let next = if at < count { at } else { 0 };
        let before = next.checked_sub(1).or_else(|| count.checked_sub(1))?;
        let back = hash.wrapping_sub(self.places[before].key);
        let forth = self.places[next].key.wrapping_sub(hash);
        Some(if back <= forth { before } else { next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Limits<'static> {
        Limits { avoid: None, eligible: None, settle_before: false }
    }

    fn ring(weights: &[u32], backups: &[usize], all: bool) -> Ring {
        let bases: Vec<u32> = (1..=weights.len() as u32).map(|id| id * 4_096).collect();
        let mut ring = Ring::new(&bases, |i| backups.contains(&i), all);
        ring.sync(&weights.iter().map(|w| w * 16).collect::<Vec<_>>());
        ring
    }

    fn owners(ring: &Ring) -> Vec<Option<usize>> {
        (0..4_000u32).map(|n| ring.of_hash(full(n), &mut plain())).collect()
    }

    #[test]
    fn a_server_that_goes_moves_only_its_own_keys_and_comes_back_to_them() {
        let mut ring = ring(&[1, 2, 3, 1], &[], false);
        let before = owners(&ring);
        ring.sync(&[16, 0, 48, 16]);
        let without = owners(&ring);
        for (was, is) in before.iter().zip(&without) {
            assert!(was == is || *was == Some(1) && *is != Some(1));
        }
        ring.sync(&[16, 16, 48, 16]);
        ring.sync(&[16, 32, 48, 16]);
        assert_eq!(owners(&ring), before);
    }

    #[test]
    fn the_index_finds_what_a_search_finds() {
        let ring = ring(&[3, 1, 7, 256, 9], &[], false);
        let places = &ring.active.places;
        assert!(places.is_sorted_by_key(|p| p.key));
        for n in 0..20_000u32 {
            let hash = if n % 3 == 0 { places[n as usize % places.len()].key } else { full(n) };
            let next = places.partition_point(|p| p.key < hash) % places.len();
            let before = (next + places.len() - 1) % places.len();
            let nearer = hash.wrapping_sub(places[before].key) <= places[next].key.wrapping_sub(hash);
            assert_eq!(ring.active.nearest(hash), Some(if nearer { before } else { next }));
        }
    }

    #[test]
    fn backups_wait_and_the_first_takes_all() {
        let mut one = ring(&[1, 1, 1], &[1, 2], false);
        assert!(owners(&one).iter().all(|o| *o == Some(0)));
        one.sync(&[0, 16, 16]);
        assert!(owners(&one).iter().all(|o| *o == Some(1)));
        let mut all = ring(&[1, 1, 1], &[1, 2], true);
        all.sync(&[0, 16, 16]);
        let got = owners(&all);
        assert!(got.contains(&Some(1)) && got.contains(&Some(2)));
        all.sync(&[0, 0, 0]);
        assert!(all.is_empty() && owners(&all)[0].is_none());
        assert_eq!(all.next(&mut |_| false, None), None);
    }

    #[test]
    fn who_is_not_eligible_is_walked_past() {
        let ring = ring(&[1, 1, 1], &[], false);
        for hash in 0..500u32 {
            let mut no = |_: usize, share: Share| {
                assert_eq!((share.weight, share.total), (16, 48));
                false
            };
            let mut limits = Limits { avoid: None, eligible: Some(&mut no), settle_before: false };
            assert!(ring.of_hash(full(hash), &mut limits).is_some());
            let mut second = |i: usize, _: Share| i == 1;
            let mut limits = Limits { avoid: Some(0), eligible: Some(&mut second), settle_before: false };
            assert_eq!(ring.of_hash(full(hash), &mut limits), Some(1));
        }
    }

    #[test]
    fn without_a_hash_the_places_have_their_turns() {
        let mut ring = ring(&[1, 1], &[], false);
        let mut counts = [0; 2];
        for _ in 0..64 {
            counts[ring.next(&mut |_| false, None).unwrap()] += 1;
        }
        assert_eq!(counts, [32, 32]);
        assert_eq!(ring.next(&mut |i| i == 0, Some(1)), Some(1));
        assert_eq!(ring.next(&mut |_| true, None), None);
        ring.sync(&[0, 16]);
        assert_eq!(ring.next(&mut |_| false, None), Some(1));
    }
}
