//! One name that is looked up again and again: what is asked when, and when it is given up. No I/O and no clock of its own.
//!
//! HAProxy's way (manual 5.3.2): all name servers are asked at once and the first good answer counts; when all have given a
//! bad one, the other family is asked for; after `timeout retry` the question is sent anew, `resolve_retries` times in all.
use crate::base::time::Tick;
use crate::plan::Resolvers;
use crate::proto::dns::{Ask, Fault, Record};
use std::net::IpAddr;
use std::time::Duration;

/// How the last resolution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Status {
    #[default]
    None,
    Valid,
    Nx,
    Refused,
    Timeout,
    Other,
}

/// A record of an answer, kept for `hold obsolete` after the last answer that held it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub record: Record,
    pub seen: Tick,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Wait,
    Send(Ask),
    /// Whoever wants the name is to be told of the answer.
    Valid,
    /// Given up: whoever wants the name is to be told of the status.
    Failed,
}

/// One name with its records.
#[derive(Debug)]
pub struct Resolution {
    pub name: String,
    /// Asked for first.
    pub preferred: Ask,
    pub status: Status,
    pub last_valid: Option<Tick>,
    /// In HAProxy's order.
    pub records: Vec<Kept>,
    running: Option<Running>,
    ended: Option<Tick>,
}

#[derive(Debug)]
struct Running {
    id: u16,
    asked: Ask,
    /// Questions that may still be sent.
    left: u32,
    answers: usize,
    sent: Tick,
}

impl Resolution {
    /// A name nobody has looked up yet.
    #[must_use]
    pub fn new(name: &str, preferred: Ask) -> Resolution {
        Resolution {
            name: name.to_owned(),
            preferred,
            status: Status::None,
            last_valid: None,
            records: Vec::new(),
            running: None,
            ended: None,
        }
    }

    /// The id and the type of the question that is open.
    #[must_use]
    pub fn open(&self) -> Option<(u16, Ask)> {
        self.running.as_ref().map(|r| (r.id, r.asked))
    }

    /// When something is to be done.
    #[must_use]
    pub fn due(&self, section: &Resolvers) -> Tick {
        match (&self.running, self.ended) {
            (Some(running), _) => running.sent + section.retry,
            (None, Some(ended)) => ended + section.resolve,
            (None, None) => Tick::ZERO,
        }
    }

    /// Whether the last answer was good, and still holds for who asks now (`hold valid`).
    #[must_use]
    pub fn holds(&self, section: &Resolvers, now: Tick) -> bool {
        self.status == Status::Valid && self.last_valid.is_some_and(|at| now < at + section.hold.valid)
    }

    /// Does not wait for the next turn.
    pub fn hurry(&mut self) {
        self.ended = None;
    }

    /// Begins anew with the given id; what to ask.
    pub fn begin(&mut self, id: u16, section: &Resolvers, now: Tick) -> Ask {
        let left = section.retries.saturating_sub(1);
        self.running = Some(Running { id, asked: self.preferred, left, answers: 0, sent: now });
        self.preferred
    }

    /// Somebody doubts the answer (a check that found nobody at the address): the name is asked for at once, unless a question is
    /// open or the last good answer still holds (`hold valid`). Whether it is.
    pub fn doubt(&mut self, section: &Resolvers, now: Tick) -> bool {
        let holds =
            self.status == Status::Valid && self.ended.is_some_and(|at| now < at + section.hold.valid);
        if self.running.is_some() || holds {
            return false;
        }
        self.ended = None;
        true
    }

    /// The wait for an answer is over.
    pub fn expired(&mut self, now: Tick) -> Step {
        let Some(running) = &mut self.running else { return Step::Wait };
        if running.left == 0 {
            if running.answers == 0 {
                self.status = Status::Timeout;
            }
            self.end(now);
            return Step::Failed;
        }
        if running.answers == 0 || running.asked != self.preferred || self.preferred == Ask::Srv {
            running.asked = self.preferred;
            running.left -= 1;
        } else {
            running.asked = other_family(self.preferred);
        }
        running.answers = 0;
        running.sent = now;
        Step::Send(running.asked)
    }

    /// One of `servers` name servers has answered.
    pub fn answered(
        &mut self,
        answer: Result<Vec<Record>, Fault>,
        servers: usize,
        section: &Resolvers,
        now: Tick,
    ) -> Step {
        let Some(running) = &mut self.running else { return Step::Wait };
        running.answers += 1;
        let fault = match answer {
            Ok(records) => {
                self.status = Status::Valid;
                self.last_valid = Some(now);
                self.keep(records, section.hold.obsolete, now);
                self.end(now);
                return Step::Valid;
            }
            Err(fault) => fault,
        };
        self.status = match fault {
            Fault::NxDomain => Status::Nx,
            Fault::Refused => Status::Refused,
            _ => Status::Other,
        };
        if running.answers < servers {
            return Step::Wait;
        }
        if running.asked != self.preferred {
            // Both families were tried: at the end of all tries it is over, else the next one is waited for.
            if running.left > 0 {
                return Step::Wait;
            }
            self.end(now);
            return Step::Failed;
        }
        if self.preferred == Ask::Srv {
            return Step::Wait;
        }
        running.asked = other_family(self.preferred);
        running.answers = 0;
        running.sent = now;
        Step::Send(running.asked)
    }

    fn end(&mut self, now: Tick) {
        self.running = None;
        self.ended = Some(now);
    }

    /// Takes an answer's records in: known ones are renewed, those not seen for `obsolete` go.
    fn keep(&mut self, records: Vec<Record>, obsolete: Duration, now: Tick) {
        for record in records {
            match self.records.iter_mut().find(|k| same(&k.record, &record)) {
                Some(known) => *known = Kept { record, seen: now },
                None => self.records.push(Kept { record, seen: now }),
            }
        }
        self.records.retain(|kept| kept.seen + obsolete >= now);
        self.records.sort_by_key(|kept| kept.record.order());
    }

    /// The addresses among the records, in order.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        self.records.iter().filter_map(|k| match k.record {
            Record::Address(ip) => Some(ip),
            Record::Service { .. } => None,
        })
    }
}

/// A service is the same at the same target and port, whatever its weight.
fn same(a: &Record, b: &Record) -> bool {
    match (a, b) {
        (Record::Service { target: x, port: p, .. }, Record::Service { target: y, port: q, .. }) => {
            x.eq_ignore_ascii_case(y) && p == q
        }
        _ => a == b,
    }
}

const fn other_family(ask: Ask) -> Ask {
    match ask {
        Ask::A => Ask::Aaaa,
        Ask::Aaaa => Ask::A,
        Ask::Srv => Ask::Srv,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{FileId, Span};

    fn section() -> Resolvers {
        Resolvers::new("dns", Span { file: FileId(0), line: 1, col: 1, len: 1 })
    }

    fn ms(n: u64) -> Tick {
        Tick(n * 1_000_000)
    }

    fn address(text: &str) -> Record {
        Record::Address(text.parse().unwrap())
    }

    #[test]
    fn silence_is_asked_again_and_then_a_timeout() {
        let (s, mut r) = (section(), Resolution::new("a.test", Ask::Aaaa));
        assert_eq!(r.due(&s), Tick::ZERO);
        assert_eq!(r.begin(7, &s, ms(0)), Ask::Aaaa);
        assert_eq!(r.due(&s), ms(1_000));
        assert_eq!(r.expired(ms(1_000)), Step::Send(Ask::Aaaa));
        assert_eq!(r.expired(ms(2_000)), Step::Send(Ask::Aaaa));
        assert_eq!((r.expired(ms(3_000)), r.status), (Step::Failed, Status::Timeout));
        assert_eq!((r.open(), r.due(&s)), (None, ms(4_000)), "three questions, as resolve_retries says");
    }

    #[test]
    fn the_other_family_is_asked_when_all_servers_have_refused() {
        let (s, mut r) = (section(), Resolution::new("a.test", Ask::Aaaa));
        r.begin(7, &s, ms(0));
        assert_eq!(r.answered(Err(Fault::Empty), 2, &s, ms(1)), Step::Wait);
        assert_eq!(r.answered(Err(Fault::NxDomain), 2, &s, ms(2)), Step::Send(Ask::A));
        assert_eq!(r.answered(Ok(vec![address("10.0.0.1")]), 2, &s, ms(3)), Step::Valid);
        assert_eq!((r.status, r.last_valid, r.due(&s)), (Status::Valid, Some(ms(3)), ms(1_003)));
    }

    #[test]
    fn a_name_that_is_not_there_fails_after_all_tries() {
        let (s, mut r) = (section(), Resolution::new("a.test", Ask::A));
        r.begin(7, &s, ms(0));
        let mut sent = vec![Ask::A];
        let mut at = 0;
        let failed = loop {
            let step = r.answered(Err(Fault::NxDomain), 1, &s, ms(at));
            let step = if step == Step::Wait {
                at += 1_000;
                r.expired(ms(at))
            } else {
                step
            };
            match step {
                Step::Send(ask) => sent.push(ask),
                step => break step,
            }
        };
        assert_eq!((failed, r.status), (Step::Failed, Status::Nx));
        assert_eq!(sent, [Ask::A, Ask::Aaaa, Ask::A, Ask::Aaaa, Ask::A, Ask::Aaaa]);
    }

    #[test]
    fn records_stay_as_long_as_they_are_held_and_in_haproxys_order() {
        let (mut s, mut r) = (section(), Resolution::new("a.test", Ask::A));
        s.hold.obsolete = Duration::from_secs(5);
        let give = |r: &mut Resolution, ips: &[&str], at| {
            r.begin(7, &s, ms(at));
            r.answered(Ok(ips.iter().map(|ip| address(ip)).collect()), 1, &s, ms(at));
            r.addresses().map(|ip| ip.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(give(&mut r, &["127.0.0.31", "127.0.0.38"], 0), ["127.0.0.38", "127.0.0.31"]);
        assert_eq!(give(&mut r, &["127.0.0.32"], 4_000), ["127.0.0.38", "127.0.0.32", "127.0.0.31"]);
        assert_eq!(give(&mut r, &["127.0.0.31"], 8_000), ["127.0.0.32", "127.0.0.31"]);
    }
}
