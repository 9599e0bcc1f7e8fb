//! The figures: names, units, which way is better, and what they mean.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    Lower,
    Higher,
    /// Says something about the measurement, not about the target.
    Neither,
}

#[derive(Clone, Copy, Debug)]
pub struct Metric {
    pub name: &'static str,
    /// As a heading.
    pub title: &'static str,
    pub unit: &'static str,
    pub better: Better,
    pub text: &'static str,
}

use Better::{Higher, Lower, Neither};

macro_rules! metrics {
    ($($name:literal $title:literal $unit:literal $better:ident $text:literal)*) => {
        pub const ALL: &[Metric] =
            &[$(Metric { name: $name, title: $title, unit: $unit, better: $better, text: $text }),*];
    };
}

metrics! {
    "r_at_1_percent" "R@1 %" "requests/s" Higher
    "Requests a second over the open connections at which the proxy takes 1 % of one core, interpolated between measured rates."
    "cpu_us_per_request" "CPU per request" "µs" Lower
    "CPU time of all threads of the proxy in the measured time, over the good answers in it."
    "cpu_user_us_per_request" "of it in user mode" "µs" Lower
    "The same times the user share of the clock ticks."
    "cpu_system_us_per_request" "of it in the kernel" "µs" Lower
    "The same times the system share of the clock ticks; loopback's own work for what the proxy sends is part of it."
    "cpu_us_per_connection" "CPU per connection" "µs" Lower
    "CPU time over connections opened: accept, one request, close."
    "cpu_percent_of_core" "CPU" "% of a core" Lower
    "CPU time of the proxy over the measured time."
    "cpu_ms_per_megabyte" "CPU per megabyte" "ms" Lower
    "CPU time over 10^6 bytes received and sent by the clients."
    "megabytes_per_cpu_second" "Megabytes per CPU second" "MB/s" Higher
    "10^6 bytes received and sent by the clients, over the proxy's CPU time."
    "memory_bytes_per_connection" "User memory per connection" "bytes" Lower
    "Growth of the proportional set size of the proxy from before the connections to all of them open and idle after a request, over their number."
    "kernel_bytes_per_connection" "Kernel memory per connection, all ends" "bytes" Neither
    "Growth of the machine's unreclaimable kernel memory over the connections: the sockets of both ends, epoll and the like of client and proxy together."
    "memory_before" "Memory before connections" "bytes" Lower
    "Proportional set size of all the target's processes after their start."
    "requests_per_second" "Requests per second" "1/s" Higher
    "Good answers over the measured time. In a closed loop the client's own speed is part of it."
    "connections_per_second" "Connections per second" "1/s" Higher
    "Connections opened over the measured time."
    "megabytes_per_second" "Megabytes per second" "MB/s" Higher
    "10^6 bytes received and sent by the clients over the measured time."
    "capacity_per_second" "Capacity" "requests/s" Higher
    "Highest rate of the ramp at which p99 stayed within its limit and nothing was lost."
    "capacity_cpu_percent" "CPU at capacity" "% of a core" Neither
    "CPU of the proxy at that rate: far below 100 means that something else was the limit."
    "p50_us" "p50" "µs" Lower "Half of the requests took no longer."
    "p90_us" "p90" "µs" Lower "90 % of the requests took no longer."
    "p99_us" "p99" "µs" Lower "99 % of the requests took no longer."
    "p999_us" "p99.9" "µs" Lower "99.9 % of the requests took no longer."
    "max_us" "max" "µs" Lower "The longest request."
    "wakeups_per_second" "Wake-ups" "1/s" Lower
    "Voluntary context switches of the proxy's threads: how often they slept and were woken."
    "syscalls_per_request" "System calls per request" "calls" Lower
    "Counted by perf or strace in a run of its own (--syscalls). On io_uring many operations share one."
    "instructions_per_request" "Instructions per request" "instructions" Lower
    "User-mode instructions: what a longer run under valgrind's callgrind takes more than a shorter one, over its additional requests (--instructions)."
    "class_percent" "CPU of the class" "% of its CPU" Lower
    "CPU time over what the class of machine gives in that time (--class)."
    "load_cpu_percent" "Clients and origin" "% of their cores" Neither
    "CPU time of load and origin processes over that of their cores: beyond 85 % they may be the limit."
    "schedule_lag_p99_us" "Schedule lag p99" "µs" Neither
    "How late requests left against their schedule, without what they waited for a free connection: the client's own saturation."
    "wait_percent" "Waited for its core" "%" Neither
    "Time the proxy was ready to run while something else had its core."
    "others_percent" "Others on the proxy's cores" "%" Neither
    "Time the proxy's cores were busy with something that was not the proxy: other programs, interrupts, the hypervisor. Not worked out where the load has the same cores."
}

pub fn find(name: &str) -> Option<&'static Metric> {
    ALL.iter().find(|m| m.name == name)
}
