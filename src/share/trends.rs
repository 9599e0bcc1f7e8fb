//! Rates per second, their peaks, and who was used last: taken from the counters once a second by the control thread, so
//! that a request pays nothing for them. Over a second that has begun the figures are HAProxy's (`freq_ctr`).
use super::{Counter, Gauge, ShardCounters, Shared};
use crate::base::time::Tick;
use std::sync::MutexGuard;
use std::time::Duration;

/// The rate of one counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    /// The count when this second began.
    mark: u64,
    /// How many came in the second before.
    past: u64,
    max: u64,
    /// When it last grew, to the second.
    grew: Option<Tick>,
}

impl Meter {
    fn turn(&mut self, total: u64, now: Tick, seconds: u64) {
        let came = total.saturating_sub(self.mark);
        if came > 0 {
            self.grew = Some(now);
        }
        (self.mark, self.past) = (total, came / seconds);
        self.max = self.max.max(self.past);
    }

    /// Events in the last second, when `left` of the present one is still to come.
    #[must_use]
    pub fn rate(&self, total: u64, left: Duration) -> u64 {
        let came = total.saturating_sub(self.mark);
        if came == 0 && self.past <= 1 {
            // One a second must not read as none at the end of the next.
            return self.past;
        }
        came + self.past * left.as_millis() as u64 / 1_000
    }

    /// The most that came in one second.
    #[must_use]
    pub fn max(&self, total: u64) -> u64 {
        self.max.max(total.saturating_sub(self.mark))
    }

    fn clear(&mut self, all: bool) {
        self.max = 0;
        if all {
            (self.mark, self.grew) = (0, None);
        }
    }

    /// How long nothing came; `None` when nothing ever did.
    #[must_use]
    pub fn quiet_for(&self, total: u64, now: Tick) -> Option<Duration> {
        if total > self.mark { Some(Duration::ZERO) } else { self.grew.map(|at| now.since(at)) }
    }
}

/// What is sampled of a frontend, a backend, a server or the process; each leaves unused what it does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trend {
    pub connections: Meter,
    pub sessions: Meter,
    pub requests: Meter,
    pub bytes_out: Meter,
    peak: i64,
}

impl Trend {
    fn clear(&mut self, all: bool) {
        self.peak = 0;
        for meter in [&mut self.connections, &mut self.sessions, &mut self.requests] {
            meter.clear(all);
        }
    }

    /// The most that were there at once, as far as it was seen: exact with one core.
    #[must_use]
    pub fn peak<'a>(&self, gauges: impl Iterator<Item = &'a Gauge>) -> u64 {
        let (mut now, mut of_one) = (0, 0);
        for gauge in gauges {
            now += gauge.get();
            of_one = gauge.peak().max(of_one);
        }
        self.peak.max(now).max(of_one).max(0) as u64
    }
}

/// All of them, in the order of the Plan's lists.
#[derive(Clone, Debug, Default)]
pub struct Trends {
    /// When this second began; `None` before the first.
    began: Option<Tick>,
    pub process: Trend,
    /// Percent of the last second in which the process's threads slept, as the control thread measured it.
    pub idle_percent: u32,
    pub frontends: Vec<Trend>,
    pub backends: Vec<Trend>,
    pub servers: Vec<Trend>,
    /// Only peaks; empty where no listener is counted.
    pub listeners: Vec<Trend>,
    /// Bytes sent before the counters were cleared, less those that another process had sent: together with the counters a
    /// number of bytes, alone it may be below zero.
    sent_before: u64,
}

impl Trends {
    pub(super) fn new(frontends: usize, backends: usize, servers: usize) -> Trends {
        Trends {
            frontends: vec![Trend::default(); frontends],
            backends: vec![Trend::default(); backends],
            servers: vec![Trend::default(); servers],
            idle_percent: 100,
            ..Trends::default()
        }
    }

    /// Forgets peaks, and with `all` what the counters were. The process's own counters go on.
    pub(super) fn clear(&mut self, all: bool, bytes_out: u64) {
        let all_of = self.frontends.iter_mut().chain(&mut self.backends).chain(&mut self.servers);
        all_of.chain(&mut self.listeners).for_each(|trend| trend.clear(all));
        self.process.clear(false);
        if all {
            self.sent_before = bytes_out;
        }
    }

    /// What is left of the present second.
    #[must_use]
    pub fn left(&self, now: Tick) -> Duration {
        self.began.map_or(Duration::ZERO, |at| Duration::from_secs(1).saturating_sub(now.since(at)))
    }
}

impl Shared {
    /// The trends, locked: hold them shortly.
    pub fn trends(&self) -> MutexGuard<'_, Trends> {
        self.trends.lock().expect("no panic under this lock")
    }

    /// A counter's sum over the cores.
    pub fn sum(&self, cell: impl Fn(&ShardCounters) -> &Counter) -> u64 {
        self.shards.iter().map(|s| cell(s).get()).sum()
    }

    /// A gauge's sum over the cores.
    pub fn sum_now(&self, cell: impl Fn(&ShardCounters) -> &Gauge) -> u64 {
        self.shards.iter().map(|s| cell(s).get()).sum::<i64>().max(0) as u64
    }

    /// Begins a new second. The control thread calls this once a second.
    pub fn sample(&self, now: Tick) {
        let trends = &mut *self.trends();
        // A late call spreads what came over the seconds that have passed.
        let passed = trends.began.map_or(Duration::ZERO, |at| now.since(at));
        let seconds = ((passed.as_millis() as u64 + 500) / 1_000).max(1);
        trends.began = Some(now);
        let turn = |meter: &mut Meter, total| meter.turn(total, now, seconds);
        let peak = |trend: &mut Trend, now: u64| trend.peak = trend.peak.max(now as i64);

        let process = &mut trends.process;
        turn(&mut process.connections, self.sum(|s| &s.process.conn_tot));
        turn(&mut process.sessions, self.sum(|s| &s.process.sess_tot));
        turn(&mut process.bytes_out, trends.sent_before.wrapping_add(self.sent()));
        for (i, trend) in trends.frontends.iter_mut().enumerate() {
            turn(&mut trend.connections, self.sum(|s| &s.frontends[i].conn_tot));
            turn(&mut trend.sessions, self.sum(|s| &s.frontends[i].sess_tot));
            turn(&mut trend.requests, self.sum(|s| &s.frontends[i].req_tot));
            peak(trend, self.sum_now(|s| &s.frontends[i].conn_cur));
        }
        for (i, trend) in trends.listeners.iter_mut().enumerate() {
            peak(trend, self.sum_now(|s| &s.listeners[i].conn_cur));
        }
        for (i, trend) in trends.backends.iter_mut().enumerate() {
            turn(&mut trend.sessions, self.sum(|s| &s.backends[i].sess_tot));
            peak(trend, self.sum_now(|s| &s.backends[i].sess_cur));
        }
        for (i, trend) in trends.servers.iter_mut().enumerate() {
            turn(&mut trend.sessions, self.sum(|s| &s.servers[i].sess_tot));
            peak(trend, self.sum_now(|s| &s.servers[i].sess_cur));
        }
    }

    /// What is counted now was counted by another process: it is nothing that came in this second.
    pub fn count_on(&self) {
        let trends = &mut *self.trends();
        for (i, trend) in trends.frontends.iter_mut().enumerate() {
            trend.connections.mark = self.sum(|s| &s.frontends[i].conn_tot);
            trend.sessions.mark = self.sum(|s| &s.frontends[i].sess_tot);
            trend.requests.mark = self.sum(|s| &s.frontends[i].req_tot);
        }
        for (i, trend) in trends.backends.iter_mut().enumerate() {
            trend.sessions.mark = self.sum(|s| &s.backends[i].sess_tot);
        }
        for (i, trend) in trends.servers.iter_mut().enumerate() {
            trend.sessions.mark = self.sum(|s| &s.servers[i].sess_tot);
        }
        trends.sent_before = 0_u64.wrapping_sub(self.sent());
    }

    /// Bytes sent to clients.
    pub fn bytes_out(&self) -> u64 {
        self.trends().sent_before.wrapping_add(self.sent())
    }

    fn sent(&self) -> u64 {
        self.shards.iter().flat_map(|s| s.frontends.iter()).map(|f| f.bytes_out.get()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Tick {
        Tick(n * 1_000_000)
    }

    #[test]
    fn a_rate_slides_over_two_seconds_and_keeps_its_peak() {
        let shared = Shared::new(2, 0, 1, 0);
        let cell = |shard: usize| &shared.shards[shard].backends[0].sess_tot;
        let seen = |now: u64| {
            let trends = shared.trends();
            let (meter, total) = (trends.backends[0].sessions, shared.sum(|s| &s.backends[0].sess_tot));
            (meter.rate(total, trends.left(ms(now))), meter.max(total))
        };
        shared.sample(ms(1_000));
        cell(0).add(30);
        cell(1).add(70);
        assert_eq!(seen(1_200), (100, 100));
        shared.sample(ms(2_000));
        cell(0).add(10);
        assert_eq!(seen(2_750), (35, 100));
        shared.sample(ms(3_000));
        shared.sample(ms(4_000));
        assert_eq!(seen(4_000), (0, 100));
        cell(0).inc();
        shared.sample(ms(5_000));
        assert_eq!(seen(5_990), (1, 100));
        let quiet = shared.trends().backends[0].sessions.quiet_for(111, ms(8_000));
        assert_eq!(quiet, Some(Duration::from_secs(3)));
    }

    #[test]
    fn peaks_are_not_more_than_were_there_at_once() {
        let shared = Shared::new(2, 0, 0, 1);
        let cell = |shard: usize| &shared.shards[shard].servers[0].sess_cur;
        let peak = || shared.trends().servers[0].peak(shared.shards.iter().map(|s| &s.servers[0].sess_cur));
        cell(0).add(3);
        cell(0).add(-3);
        cell(1).add(2);
        assert_eq!(peak(), 3);
        cell(0).add(3);
        shared.sample(ms(1_000));
        cell(0).add(-3);
        assert_eq!(peak(), 5);
    }
}
