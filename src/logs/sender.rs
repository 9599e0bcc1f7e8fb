//! The log lines of one core: to which targets each goes, with which head, and when they leave.
use super::head::Head;
use super::outlet::Outlet;
use super::ring_end::RingEnd;
use crate::plan::global::Log;
use crate::plan::logging::LogSetId;
use crate::plan::ring::Ring;
use crate::plan::{LogTarget, Plan};
use crate::share::Shared;
use crate::share::log_ring::longest;
use std::sync::Arc;

/// `sample 1,3-5:10`: of so many lines these.
#[derive(Debug)]
struct Sample {
    ranges: Vec<(u32, u32)>,
    size: u32,
    at: u32,
}

impl Sample {
    fn new(ranges: &str, size: u32) -> Sample {
        let range = |text: &str| {
            let (from, to) = text.split_once('-').unwrap_or((text, text));
            Some((from.trim().parse().ok()?, to.trim().parse().ok()?))
        };
        Sample { ranges: ranges.split(',').filter_map(range).collect(), size, at: 0 }
    }

    /// Whether the next line is one of them.
    fn takes(&mut self) -> bool {
        self.at = self.at % self.size + 1;
        self.ranges.iter().any(|(from, to)| (*from..=*to).contains(&self.at))
    }
}

/// One `log` line of a proxy.
struct Way {
    head: Head,
    outlet: usize,
    level: u8,
    min_level: u8,
    len: usize,
    /// Most bytes of the message itself.
    message: usize,
    /// Which of the shared samples.
    sample: Option<usize>,
}

/// The longest line of a ring, in bytes.
fn whole(ring: &Ring) -> usize {
    ring.maxlen.min(longest(ring.size))
}

/// Writes the lines of one core.
pub struct Sender {
    sets: Vec<Vec<Way>>,
    outlets: Vec<Outlet>,
    samples: Vec<Sample>,
    /// Lines that a target did not take.
    dropped: u64,
    waiting: bool,
}

impl Sender {
    /// A sender for the proxies of a Plan. Nothing is opened before the first line.
    #[must_use]
    pub fn new(plan: &Plan, shared: &Arc<Shared>) -> Sender {
        let mut sender =
            Sender { sets: Vec::new(), outlets: Vec::new(), samples: Vec::new(), dropped: 0, waiting: false };
        let hostname = plan.global.log_send_hostname.as_deref();
        // A line of `global` is one line, however many proxies use it: its sample counts over all of them.
        let mut seen: Vec<(&Log, usize)> = Vec::new();
        for set in &plan.log_sets {
            let mut ways = Vec::new();
            for log in &set.logs {
                let ring = match &log.target {
                    LogTarget::Ring(name) => plan.rings.iter().position(|r| r.name == *name),
                    _ => None,
                };
                let ring = ring.map(|at| (at, &plan.rings[at]));
                let outlet = sender.outlet(&log.target, || {
                    let (at, ring) = ring?;
                    Some(RingEnd::new(shared.clone(), at, Head::of_ring(ring, log, &set.tag, hostname)))
                });
                let sample = log.sample.as_ref().map(|(ranges, size)| {
                    let known = seen.iter().find(|(other, _)| *other == log).map(|(_, at)| *at);
                    known.unwrap_or_else(|| {
                        sender.samples.push(Sample::new(ranges, *size));
                        seen.push((log, sender.samples.len() - 1));
                        sender.samples.len() - 1
                    })
                });
                ways.push(Way {
                    head: match ring {
                        Some((_, ring)) => Head::of_ring(ring, log, &set.tag, hostname),
                        None => Head::new(log, &set.tag, hostname),
                    },
                    outlet,
                    level: log.level,
                    min_level: log.min_level,
                    len: ring.map_or(log.len as usize, |(_, ring)| whole(ring)),
                    // What stands before it counts only against the ring's own limit.
                    message: if ring.is_some() { log.len as usize } else { usize::MAX },
                    sample,
                });
            }
            sender.sets.push(ways);
        }
        sender
    }

    fn outlet(&mut self, target: &LogTarget, ring: impl FnOnce() -> Option<RingEnd>) -> usize {
        if let Some(at) = self.outlets.iter().position(|o| o.target == *target) {
            return at;
        }
        self.outlets.push(match ring() {
            Some(ring) => Outlet::ring(target.clone(), ring),
            None => Outlet::new(target.clone()),
        });
        self.outlets.len() - 1
    }

    /// Gathers one line for each target of a set that wants this level (0 emerg to 7 debug). `now` is the wall clock in
    /// nanoseconds, `data` the structured data for RFC 5424.
    pub fn line(&mut self, set: LogSetId, level: u8, now: i64, data: &[u8], message: &[u8]) {
        let Some(ways) = self.sets.get_mut(set.0 as usize) else { return };
        for way in ways {
            if level > way.level || !way.sample.is_none_or(|at| self.samples[at].takes()) {
                continue;
            }
            let outlet = &mut self.outlets[way.outlet];
            let arena = outlet.arena();
            let from = arena.len();
            let before_data = way.head.write(level.max(way.min_level), now, data, arena);
            if arena.len() - from > way.len {
                arena.truncate(from + before_data.min(way.len));
            } else {
                arena.extend_from_slice(&message[..message.len().min(way.message)]);
                arena.truncate(from + way.len);
            }
            arena.push(b'\n');
            self.waiting = true;
            if outlet.line_ends() {
                self.dropped += outlet.flush();
            }
        }
    }

    /// Whether lines wait to be sent.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// Sends what was gathered; gives how many lines were not taken since the last time.
    pub fn flush(&mut self) -> u64 {
        self.waiting = false;
        for outlet in self.outlets.iter_mut().filter(|o| !o.is_empty()) {
            self.dropped += outlet.flush();
        }
        std::mem::take(&mut self.dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::logging::LogSet;
    use std::net::UdpSocket;
    use std::time::Duration;

    #[test]
    fn lines_are_chosen_by_level_and_sample_and_cut() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let log = |sample: Option<(&str, u32)>, level, min_level, len| Log {
            target: LogTarget::Udp(socket.local_addr().unwrap()),
            len,
            format: "priority".to_owned(),
            sample: sample.map(|(r, s)| (r.to_owned(), s)),
            facility: 0,
            profile: None,
            at: crate::syntax::Span { file: crate::syntax::FileId(0), line: 0, col: 0, len: 0 },
            level,
            min_level,
        };
        let logs = vec![log(None, 5, 4, 1024), log(Some(("1,3-4", 5)), 7, 0, 80), log(None, 7, 0, 8)];
        let set = LogSet { logs, tag: "t".to_owned() };
        let plan = Plan { log_sets: vec![LogSet::default(), set], ..Plan::default() };
        let mut sender = Sender::new(&plan, &Arc::new(Shared::new(1, 0, 0, 0)));
        for n in 0..6 {
            sender.line(LogSetId(1), 6, 0, b"", format!("{n} 23456789").as_bytes());
        }
        sender.line(LogSetId(1), 3, 0, b"", b"bad");
        sender.line(LogSetId(0), 3, 0, b"", b"nowhere");
        assert!(sender.is_waiting());
        assert_eq!(sender.flush(), 0);
        let (mut all, mut room) = (Vec::new(), [0; 2000]);
        while let Ok(n) = socket.recv(&mut room) {
            all.push(String::from_utf8_lossy(&room[..n]).into_owned());
        }
        let sampled: Vec<&String> = all.iter().filter(|l| l.starts_with("<6>") && l.len() > 9).collect();
        assert_eq!(sampled, ["<6>0 23456789\n", "<6>2 23456789\n", "<6>3 23456789\n", "<6>5 23456789\n"]);
        assert_eq!(all.iter().filter(|l| l.len() == 9).count(), 6, "cut to eight: {all:?}");
        assert!(all.contains(&"<4>bad\n".to_owned()), "the least level: {all:?}");
        assert!(!all.iter().any(|l| l.contains("nowhere")));
    }
}
