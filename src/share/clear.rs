//! `clear counters`: peaks begin anew, with `all` also what was counted (management manual, 9.3).
use super::counters::{Average, BackendCells, FrontendCells, ListenerCells, ServerCells, StatusCells, Times};
use super::{Counter, ShardCounters, Shared};

impl ShardCounters {
    /// Clears the cells of a shard. Only the shard's own thread may do it: it is their writer.
    pub fn clear(&self, all: bool) {
        self.frontends.iter().for_each(|f| f.clear(all));
        self.backends.iter().for_each(|b| b.clear(all));
        self.servers.iter().for_each(|s| s.clear(all));
        self.listeners.iter().for_each(|l| l.clear(all));
    }
}

fn zero(counters: &[&Counter]) {
    counters.iter().for_each(|c| c.clear());
}

fn zero_statuses(cells: &StatusCells) {
    cells.iter().for_each(Counter::clear);
}

fn clear_times(times: &Times, all: bool) {
    let each: [&Average; 4] = [&times.queue, &times.connect, &times.response, &times.total];
    each.iter().for_each(|average| average.clear(all));
}

impl FrontendCells {
    fn clear(&self, all: bool) {
        self.conn_cur.clear_peak();
        if all {
            zero(&[&self.conn_tot, &self.sess_tot, &self.req_tot, &self.bytes_in, &self.bytes_out]);
            zero(&[&self.denied_req, &self.denied_resp, &self.failed_req, &self.denied_conn]);
            zero(&[&self.intercepted, &self.denied_sess, &self.failed_rewrites, &self.internal_errors]);
            zero_statuses(&self.status);
        }
    }
}

impl ListenerCells {
    fn clear(&self, all: bool) {
        self.conn_cur.clear_peak();
        if all {
            zero(&[&self.conn_tot, &self.bytes_in, &self.bytes_out, &self.denied_req, &self.denied_resp]);
            zero(&[&self.failed_req, &self.denied_conn, &self.denied_sess]);
            zero(&[&self.failed_rewrites, &self.internal_errors]);
        }
    }
}

impl BackendCells {
    fn clear(&self, all: bool) {
        self.sess_cur.clear_peak();
        clear_times(&self.times, all);
        if all {
            zero(&[&self.sess_tot, &self.req_tot, &self.bytes_in, &self.bytes_out]);
            zero(&[&self.denied_req, &self.denied_resp, &self.failed_conns, &self.failed_resp]);
            zero(&[&self.retries, &self.redispatches, &self.client_aborts, &self.server_aborts]);
            zero(&[&self.lb_total, &self.connect, &self.reuse, &self.failed_rewrites, &self.internal_errors]);
            zero_statuses(&self.status);
            self.latency.clear();
        }
    }
}

impl ServerCells {
    fn clear(&self, all: bool) {
        self.sess_cur.clear_peak();
        clear_times(&self.times, all);
        if all {
            zero(&[&self.sess_tot, &self.req_tot, &self.bytes_in, &self.bytes_out]);
            zero(&[&self.denied_resp, &self.failed_conns, &self.failed_resp]);
            zero(&[&self.retries, &self.redispatches, &self.client_aborts, &self.server_aborts]);
            zero(&[&self.lb_total, &self.connect, &self.reuse, &self.failed_rewrites, &self.internal_errors]);
            zero_statuses(&self.status);
        }
    }
}

impl Shared {
    /// Clears what belongs to no shard. Call it when the shards have cleared theirs; `bytes_out`: what was sent before that.
    pub fn clear(&self, all: bool, bytes_out: u64) {
        self.frontends.iter().chain(self.servers.iter()).for_each(super::Gate::clear_peak);
        self.queues.iter().for_each(super::Queue::clear_peak);
        self.trends().clear(all, bytes_out);
        if all {
            self.checks.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::Tick;

    #[test]
    fn peaks_go_first_and_counts_with_all() {
        let shared = Shared::new(1, 1, 0, 0);
        let cells = &shared.shards[0].frontends[0];
        shared.sample(Tick(1_000_000_000));
        cells.sess_tot.add(7);
        cells.bytes_out.add(100);
        cells.conn_cur.add(2);
        cells.conn_cur.add(-1);
        shared.sample(Tick(2_000_000_000));
        let peak =
            || shared.trends().frontends[0].peak(shared.shards.iter().map(|s| &s.frontends[0].conn_cur));
        let most = || shared.trends().frontends[0].sessions.max(shared.sum(|s| &s.frontends[0].sess_tot));
        assert_eq!((peak(), most()), (2, 7));
        shared.shards[0].clear(false);
        shared.clear(false, shared.bytes_out());
        assert_eq!((peak(), most(), cells.sess_tot.get()), (1, 0, 7));
        let sent = shared.bytes_out();
        shared.shards[0].clear(true);
        shared.clear(true, sent);
        cells.sess_tot.add(3);
        cells.bytes_out.add(10);
        assert_eq!((most(), cells.sess_tot.get(), cells.conn_cur.get()), (3, 3, 1));
        assert_eq!(shared.bytes_out(), 110, "the process's own figures go on");
    }
}
