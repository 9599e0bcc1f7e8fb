//! The servers of a backend that share an SRV label: each takes one record, in HAProxy's order; who loses its record waits
//! behind the others (manual 5.3.1).
use crate::base::ids::{BackendId, ServerId};
use crate::proto::dns::Record;
use std::collections::VecDeque;
use std::net::IpAddr;

/// A record that a server has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub server: ServerId,
    pub target: String,
    pub port: u16,
    /// HAProxy's weight, 0 to 256.
    pub weight: u32,
    /// The target's address, where the answer held it.
    pub address: Option<IpAddr>,
}

/// The label in one backend.
#[derive(Debug)]
pub struct Service {
    pub backend: BackendId,
    free: VecDeque<ServerId>,
    taken: Vec<Entry>,
}

/// What an answer changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Servers whose records are gone.
    pub released: Vec<ServerId>,
    /// Every record that a server has now, and whether it is new to it.
    pub entries: Vec<(Entry, bool)>,
}

impl Service {
    /// Nobody has a record yet.
    #[must_use]
    pub fn new(backend: BackendId) -> Service {
        Service { backend, free: VecDeque::new(), taken: Vec::new() }
    }

    /// One more server, in the order of the lines.
    pub fn add(&mut self, server: ServerId) {
        self.free.push_back(server);
    }

    /// Shares the records out.
    pub fn update<'a>(&mut self, records: impl Iterator<Item = &'a Record> + Clone) -> Changes {
        let has = |entry: &Entry, record: &Record| {
            matches!(record, Record::Service { target, port, .. }
                if *port == entry.port && target.eq_ignore_ascii_case(&entry.target))
        };
        let (kept, gone): (Vec<Entry>, Vec<Entry>) = std::mem::take(&mut self.taken)
            .into_iter()
            .partition(|entry| records.clone().any(|record| has(entry, record)));
        self.taken = kept;
        let mut changes = Changes { released: gone.iter().map(|e| e.server).collect(), entries: Vec::new() };
        self.free.extend(&changes.released);
        for record in records {
            let Record::Service { target, port, weight, address } = record else { continue };
            let known = self.taken.iter().position(|entry| has(entry, record));
            let server = match known {
                Some(at) => self.taken[at].server,
                None => match self.free.pop_front() {
                    Some(server) => server,
                    // More records than servers: the others are left out.
                    None => continue,
                },
            };
            // 0 stays 0, and every other weight is at least 1.
            let weight = u32::from(*weight).div_ceil(256);
            let entry = Entry { server, target: target.clone(), port: *port, weight, address: *address };
            match known {
                Some(at) => self.taken[at] = entry.clone(),
                None => self.taken.push(entry.clone()),
            }
            changes.entries.push((entry, known.is_none()));
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(target: &str, port: u16, weight: u16) -> Record {
        Record::Service { target: target.to_owned(), port, weight, address: None }
    }

    fn shared(service: &mut Service, records: &[Record]) -> (Vec<u32>, Vec<(u32, String, u32, bool)>) {
        let changes = service.update(records.iter());
        let entry =
            |(e, new): &(Entry, bool)| (e.server.0, format!("{}:{}", e.target, e.port), e.weight, *new);
        (changes.released.iter().map(|s| s.0).collect(), changes.entries.iter().map(entry).collect())
    }

    #[test]
    fn records_are_kept_and_lost_servers_go_to_the_end() {
        let mut s = Service::new(BackendId(0));
        (0..3).for_each(|n| s.add(ServerId(n)));
        let of = |n, at: &str, weight, new| (n, at.to_owned(), weight, new);
        let first = shared(&mut s, &[record("a", 1, 10), record("b", 2, 0)]);
        assert_eq!(first, (vec![], vec![of(0, "a:1", 1, true), of(1, "b:2", 0, true)]));
        let second = shared(&mut s, &[record("B", 2, 65_535), record("c", 3, 300)]);
        assert_eq!(second, (vec![0], vec![of(1, "B:2", 256, false), of(2, "c:3", 2, true)]));
        let third =
            shared(&mut s, &[record("b", 9, 256), record("c", 3, 257), record("d", 1, 1), record("e", 1, 1)]);
        assert_eq!(third.0, [1]);
        assert_eq!(
            third.1,
            [of(0, "b:9", 1, true), of(2, "c:3", 2, false), of(1, "d:1", 1, true)],
            "no server is left for e"
        );
        assert_eq!(shared(&mut s, &[]).0, [2, 0, 1]);
    }
}
