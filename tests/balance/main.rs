//! Which server takes a request: every algorithm of `balance`, beside Debian's haproxy, request for request, while servers
//! change their weight, go and come back. All backends of a table stand in one file, so that one start serves it.

#[path = "../common/mod.rs"]
mod common;

mod hashes;
mod loads;
mod newer;
mod order;
mod queues;
mod stage;

use common::proxy::{Io, Program};
use stage::{Stage, Step};
use std::net::IpAddr;

/// Ringmain in both I/O modes.
const BOTH: [Program; 2] = [Program::Ringmain(Io::Epoll), Program::Ringmain(Io::Uring)];

/// Where requests come from that say nothing else.
const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// Plays a script before haproxy and before Ringmain, and compares step by step.
fn compare(backends: &str, script: &[Step]) -> Vec<String> {
    // All at once: each is a chain of one thread after another, and there is more than one core.
    let [wanted, epoll, uring] = std::thread::scope(|scope| {
        let programs = [Program::Haproxy, BOTH[0], BOTH[1]];
        let plays =
            programs.map(|program| scope.spawn(move || Stage::new().play(program, 1, backends, script)));
        plays.map(|play| play.join().expect("a play"))
    });
    for (program, got) in BOTH.into_iter().zip([epoll, uring]) {
        for (n, (step, (got, wanted))) in script.iter().zip(got.iter().zip(&wanted)).enumerate() {
            let what = match step {
                Step::Ask { backend, .. } => format!("requests to {backend}"),
                Step::Drip { backend, .. } => format!("slow requests to {backend}"),
                Step::Turn { backend, count } => format!("{count} requests to {backend}"),
                Step::From { backend, .. } => format!("clients of {backend}"),
                Step::Hold { backend, .. } => format!("a held request to {backend}"),
                Step::Release(number) => format!("the end of held request {number}"),
                Step::Arrives(number) => format!("where held request {number} comes"),
                Step::Columns(..) => "the figures".to_owned(),
                Step::Said => "what was said".to_owned(),
                Step::Tell(command) => command.clone(),
            };
            let at = got.bytes().zip(wanted.bytes()).position(|(a, b)| a != b);
            let which = match (step, at) {
                (Step::Ask { requests, .. }, Some(at)) => requests.get(at).cloned(),
                _ => None,
            };
            assert_eq!(
                got,
                wanted,
                "{}, step {n} ({what}), first difference at {at:?}: {which:?}",
                program.name()
            );
        }
    }
    wanted
}
