//! What a web site sends: 2,000 users of SURGE.
//!
//! Pages of several files, sizes from a lognormal body with a Pareto tail, pauses between files and between pages:
//! P. Barford and M. Crovella, "Generating Representative Web Workloads for Network and Server Performance Evaluation",
//! SIGMETRICS 1998. Sizes end at 4 MB here and pauses at 60 s, so that single draws do not decide a run.

use super::*;

pub const SCENARIO: Scenario = Scenario {
    name: "mixed",
    about: "2,000 users of a web site: pages, files, pauses (SURGE, Barford and Crovella 1998)",
    reason: "What a web site sends. Sizes: lognormal (9.357, 1.318), beyond 133 KB Pareto (1.1), at most 4 MB; files of \
             a page: Pareto (1, 2.43); pauses between files: Weibull (1.46, 0.382), between pages: Pareto (1 s, 1.5), at \
             most 60 s. Source: P. Barford, M. Crovella, Generating Representative Web Workloads for Network and Server \
             Performance Evaluation, SIGMETRICS 1998.",
    plan,
};

fn plan(size: &Size) -> Plan {
    let mut group = Group::new(size.connections(2_000), Pace::Users, Ask::Surge);
    group.prime = false;
    let mut step = size.step("users", 0.0, 4.0, 15.0);
    // Until all users have come.
    step.warm = step.warm.max(if size.seconds.is_some() { 0.0 } else { 3.0 });
    let main = &["cpu_us_per_request", "p99_us", "megabytes_per_cpu_second"];
    Plan { floor: Shape::Stream, ..Plan::new(group, vec![step], size.runs(3, 5), main) }
}
