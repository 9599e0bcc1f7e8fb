//! Descriptors and connections: `maxconn` from the limits of the system, or the limits from `maxconn`, as HAProxy 2.6
//! computes them (`compute_ideal_maxconn`, `compute_ideal_maxsock`).
use super::args::Args;
use crate::control::say;
use crate::plan::Plan;
use crate::share::Shared;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Descriptors HAProxy sets aside.
const RESERVED: u64 = 10;
/// The least `maxconn` that is derived.
const LEAST_MAXCONN: u64 = 100;
/// `fd-hard-limit` where it is not given: some systems allow a thousand million descriptors.
const MOST_DERIVED: u64 = 1_048_576;
/// `stats maxconn`.
const STATS_MAXCONN: u64 = 10;
/// Ring or epoll, bell, and one to spare: for each shard and for control.
const PER_THREAD: u64 = 3;

/// What the process may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// As configured or derived.
    pub maxconn: u32,
    /// What the descriptors allow: below `maxconn` only with `no strict-limits`.
    pub effective: u32,
    /// Descriptors that `maxconn` needs.
    pub maxsock: u64,
    /// The descriptor limit in force, what `ulimit -n` shows.
    pub descriptors: u64,
}

impl Limits {
    /// Computes the limits without touching those of the process; `boot` holds the soft and hard limit of descriptors.
    #[must_use]
    pub fn compute(plan: &Plan, args: &Args, shards: usize, boot: (u64, u64)) -> Limits {
        let global = &plan.global;
        let fixed = fixed(plan, shards);
        let allowed = boot.0.max(boot.1).min(global.fd_hard_limit.map_or(MOST_DERIVED, u64::from));
        let maxconn = match args.maxconn.or(global.maxconn).filter(|n| *n > 0) {
            Some(n) => u64::from(n),
            None => (allowed.saturating_sub(fixed) / 2).max(LEAST_MAXCONN),
        };
        let maxconn = u32::try_from(maxconn).unwrap_or(u32::MAX);
        let maxsock = fixed + 2 * u64::from(maxconn);
        let descriptors = global.ulimit_n.map_or(maxsock, u64::from);
        Limits { maxconn, effective: maxconn, maxsock, descriptors }
    }

    /// Raises the process's limits to what is needed, or says what is missing.
    ///
    /// # Errors
    /// `strict-limits` and not enough: the alert.
    pub fn apply(&mut self, plan: &Plan, args: &Args, shards: usize) -> Result<(), String> {
        let strict = plan.global.strict_limits;
        let program = &args.program;
        let wanted = self.descriptors;
        let own = plan.global.fd_hard_limit.map_or(u64::MAX, u64::from);
        let (soft, hard) = descriptors();
        let (soft, hard) = (soft.min(own), hard.min(own));
        let raised = wanted <= own && setrlimit(Resource::RLIMIT_NOFILE, wanted, wanted.max(hard)).is_ok();
        let granted = if raised {
            wanted
        } else if strict {
            return Err(format!("[{program}.main()] Cannot raise FD limit to {wanted}, limit is {soft}."));
        } else {
            let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
            let granted = descriptors().0;
            say::warning(format!(
                "[{program}.main()] Cannot raise FD limit to {wanted}, limit is {granted}."
            ));
            granted
        };
        self.descriptors = granted;
        memory(args, strict)?;
        if granted < self.maxsock {
            let text = format!(
                "[{program}.main()] FD limit ({granted}) too low for maxconn={}/maxsock={}. Please raise 'ulimit-n' to \
                 {} or more to avoid any trouble.",
                self.maxconn, self.maxsock, self.maxsock
            );
            if strict {
                return Err(text);
            }
            say::alert(text);
            let fits = (granted.saturating_sub(fixed(plan, shards)) / 2).max(1);
            self.effective = self.maxconn.min(u32::try_from(fits).unwrap_or(u32::MAX));
            say::notice(format!(
                "[{program}.main()] {} connections at a time are accepted until then.",
                self.effective
            ));
        }
        Ok(())
    }

    /// Sets the gates of process, frontends and servers, and the rates of the process.
    pub fn set_gates(&self, plan: &Plan, args: &Args, shared: &Shared) {
        shared.process.set_limit(self.effective);
        shared.paces.connections.set_limit(plan.global.maxconnrate.unwrap_or(0));
        shared.paces.sessions.set_limit(plan.global.maxsessrate.unwrap_or(0));
        for (frontend, gate) in plan.frontends.iter().zip(&shared.frontends) {
            gate.set_limit(frontend.maxconn.or(args.proxy_maxconn).unwrap_or(0));
        }
        for (server, gate) in plan.servers.iter().zip(shared.servers.iter()) {
            gate.set_limit(server.maxconn.unwrap_or(0));
            if let Some(least) = server.minconn {
                gate.set_ramp(least, plan.full_connections(server.backend, self.maxconn));
            }
        }
    }
}

/// The soft and the hard limit of descriptors.
#[must_use]
pub fn descriptors() -> (u64, u64) {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((1_024, 1_024));
    (soft, if hard == u64::MAX { soft } else { hard })
}

/// Descriptors that are needed whatever the number of connections.
fn fixed(plan: &Plan, shards: usize) -> u64 {
    let shards = shards as u64;
    let stats = if plan.global.stats_sockets.is_empty() {
        0
    } else {
        plan.global.stats_sockets.len() as u64 + plan.global.stats_maxconn.map_or(STATS_MAXCONN, u64::from)
    };
    let checks = plan.servers.iter().filter(|s| s.check.is_some()).count() as u64;
    // Each socket once at its shard and once more with control.
    let listeners = 2 * shards * plan.listeners.len() as u64;
    RESERVED + listeners + stats + checks + PER_THREAD * (shards + 1)
}

/// `-m`.
fn memory(args: &Args, strict: bool) -> Result<(), String> {
    let Some(megs) = args.memory else { return Ok(()) };
    let bytes = megs.saturating_mul(1_048_576);
    if setrlimit(Resource::RLIMIT_DATA, bytes, bytes).is_ok() {
        return Ok(());
    }
    let text = format!("[{}.main()] Cannot fix MEM limit to {megs} megs.", args.program);
    if strict {
        return Err(text);
    }
    say::warning(text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(maxconn: Option<u32>, option: Option<u32>, boot: (u64, u64)) -> Limits {
        let mut plan = Plan::default();
        plan.global.maxconn = maxconn;
        let mut args = Args::new("r");
        args.maxconn = option;
        Limits::compute(&plan, &args, 2, boot)
    }

    #[test]
    fn maxconn_comes_from_the_option_the_file_or_the_descriptors() {
        assert_eq!(limits(Some(500), None, (9, 9)).maxconn, 500);
        assert_eq!(limits(Some(500), Some(70), (9, 9)).maxconn, 70);
        let derived = limits(None, None, (1_024, 20_019));
        assert_eq!(derived.maxconn, 10_000, "the hard limit less 19, halved");
        assert_eq!(derived.maxsock, 20_019);
        assert_eq!(derived.descriptors, 20_019);
        assert_eq!(limits(None, None, (64, 64)).maxconn, 100, "never below 100");
        assert_eq!(
            limits(None, None, (1 << 40, 1 << 40)).descriptors,
            1_048_575,
            "the default of fd-hard-limit"
        );
        let mut plan = Plan::default();
        plan.global.fd_hard_limit = Some(519);
        assert_eq!(Limits::compute(&plan, &Args::new("r"), 2, (1_024, 20_019)).maxconn, 250);
    }
}
