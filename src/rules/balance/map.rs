//! The table of `balance static-rr` and of `hash-type map-based`: every usable server as often as its weight says, well mixed
//! (HAProxy's `lb_map.c`).

/// One core's table of one backend.
#[derive(Clone, Debug)]
pub struct Map {
    servers: Vec<Member>,
    all_backups: bool,
    table: Vec<u32>,
    /// How many servers share the load; a backup that is not alone in the table may be it nevertheless.
    used: usize,
    next: usize,
    /// Room for the scores of [`Map::fill`].
    scores: Vec<i64>,
}

#[derive(Clone, Copy, Debug)]
struct Member {
    /// The configured weight over the greatest divisor of all.
    share: u32,
    usable: bool,
    backup: bool,
}

impl Map {
    /// A table for servers of these configured weights; `usable` ones are those whose weight now is not zero.
    #[must_use]
    pub fn new(
        configured: &[u32],
        weights: &[u32],
        is_backup: impl Fn(usize) -> bool,
        all_backups: bool,
    ) -> Map {
        let divisor = configured.iter().fold(0, |a, &b| gcd(a, b)).max(1);
        let servers: Vec<Member> = configured
            .iter()
            .enumerate()
            .map(|(i, &w)| Member { share: w / divisor, usable: weights[i] > 0, backup: is_backup(i) })
            .collect();
        let mut map =
            Map { scores: vec![0; servers.len()], servers, all_backups, table: Vec::new(), used: 0, next: 0 };
        map.fill();
        map
    }

    /// Takes in which servers are usable now; weights of a static table do not change.
    pub fn sync(&mut self, weights: &[u32]) {
        let mut changed = false;
        for (server, &weight) in self.servers.iter_mut().zip(weights) {
            changed |= server.usable != (weight > 0);
            server.usable = weight > 0;
        }
        if changed {
            self.fill();
        }
    }

    /// The smooth order: each place goes to the server that is furthest behind its share, the first of equals.
    fn fill(&mut self) {
        self.table.clear();
        self.scores.fill(0);
        let active = self.servers.iter().any(|s| s.usable && s.share > 0 && !s.backup);
        let takes_part = |s: &Member| s.usable && s.share > 0 && s.backup != active;
        let members: Vec<usize> = (0..self.servers.len()).filter(|&i| takes_part(&self.servers[i])).collect();
        self.used = if active || self.all_backups { members.len() } else { members.len().min(1) };
        let Some(&first) = members.first() else { return };
        let total: i64 = match active || self.all_backups {
            true => members.iter().map(|&i| i64::from(self.servers[i].share)).sum(),
            // One backup alone.
            false => i64::from(self.servers[first].share),
        };
        for _ in 0..total {
            let mut best: Option<(usize, i64)> = None;
            for &index in if total == 1 { &members[..1] } else { &members[..] } {
                self.scores[index] += i64::from(self.servers[index].share);
                let value = (self.scores[index] + total) / total;
                if best.is_none_or(|(_, most)| value > most) {
                    best = Some((index, value));
                }
            }
            let (index, _) = best.expect("there are members");
            self.scores[index] -= total;
            self.table.push(index as u32);
        }
    }

    /// The server of a hash.
    #[must_use]
    pub fn of_hash(&self, hash: u32) -> Option<usize> {
        // A table of 2^32 places is beyond any file.
        let size = self.table.len() as u32;
        let at = hash.checked_rem(size)?;
        Some(self.table[at as usize] as usize)
    }

    /// The server that takes everything, where there is but one.
    #[must_use]
    pub fn only(&self) -> Option<usize> {
        if self.used == 1 { self.of_hash(0) } else { None }
    }

    /// The next one in the order that is not full; `avoid` only when there is no other.
    pub fn next(&mut self, full: &mut dyn FnMut(usize) -> bool, avoid: Option<usize>) -> Option<usize> {
        if self.next >= self.table.len() {
            self.next = 0;
        }
        let mut avoided = None;
        for step in 0..self.table.len() {
            let at = (self.next + step) % self.table.len();
            let server = self.table[at] as usize;
            // Behind the last place of a table that grows by then.
            let after = at + 1;
            if full(server) {
                continue;
            }
            if avoid != Some(server) {
                self.next = after;
                return Some(server);
            }
            avoided = Some((server, after));
        }
        let (server, after) = avoided?;
        self.next = after;
        Some(server)
    }
}

/// Greatest common divisor.
fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(weights: &[u32], backups: &[usize], all: bool) -> Map {
        Map::new(weights, weights, |i| backups.contains(&i), all)
    }

    fn order(map: &mut Map, n: usize) -> String {
        (0..n).map(|_| map.next(&mut |_| false, None).map_or('-', |i| char::from(b'0' + i as u8))).collect()
    }

    #[test]
    fn weights_are_shared_out_smoothly_and_by_their_divisor() {
        let mut map = map(&[10, 20, 30], &[], false);
        assert_eq!(map.table.len(), 6);
        let counts = order(&mut map, 60);
        for (server, share) in [('0', 10), ('1', 20), ('2', 30)] {
            assert_eq!(counts.matches(server).count(), share);
        }
    }

    #[test]
    fn servers_go_and_come_back_to_their_places() {
        let mut map = map(&[1, 1, 1, 1], &[3], false);
        let before = map.table.clone();
        assert_eq!(order(&mut map, 4), "0120");
        map.sync(&[16, 0, 16, 16]);
        assert!(!map.table.contains(&1));
        assert_eq!(order(&mut map, 2), "20");
        map.sync(&[0, 0, 0, 16]);
        assert_eq!(order(&mut map, 3), "333");
        map.sync(&[0, 0, 0, 0]);
        assert_eq!((order(&mut map, 1).as_str(), map.of_hash(7)), ("-", None));
        map.sync(&[16, 16, 16, 16]);
        assert_eq!(map.table, before);
    }

    #[test]
    fn the_full_are_passed_over_and_the_avoided_is_the_last_choice() {
        let mut map = map(&[1, 1, 1], &[], false);
        assert_eq!(map.next(&mut |i| i == 0, None), Some(1));
        assert_eq!(map.next(&mut |_| false, Some(2)), Some(0));
        assert_eq!(map.next(&mut |i| i != 1, Some(1)), Some(1));
        assert_eq!(map.next(&mut |_| true, None), None);
    }
}
