//! `counts NAME N` runs a routine N times; `counts list` names them; `counts cpu` tells what code chosen at run time may
//! choose by. Under `valgrind --tool=callgrind --toggle-collect='counts::measured*'` only the N runs are counted.
use bench::alloc::{Counting, counted};
use bench::routines::{self, Work};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Grows what grows, so that the measured runs find everything in place.
const WARM_UP: u64 = 8;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["list"] => {
            for r in routines::all() {
                println!("{:<24}{:>8}  {}", r.name, r.runs, r.about);
            }
            ExitCode::SUCCESS
        }
        ["cpu"] => {
            println!("{}", features().join(" "));
            ExitCode::SUCCESS
        }
        [name, runs] => match (routines::find(name), runs.parse()) {
            (Some(routine), Ok(runs)) => {
                let mut work = routine.make();
                for _ in 0..WARM_UP {
                    work();
                }
                let before = counted();
                measured(&mut work, runs);
                let after = counted();
                println!(
                    "{name}: {runs} runs, {} allocations, {} bytes",
                    after.0 - before.0,
                    after.1 - before.1
                );
                ExitCode::SUCCESS
            }
            (None, _) => fail(&format!("no routine is called '{name}'; see `counts list`")),
            (_, Err(e)) => fail(&format!("'{runs}': {e}")),
        },
        _ => fail("use: counts NAME N | counts list | counts cpu"),
    }
}

fn fail(why: &str) -> ExitCode {
    eprintln!("counts: {why}");
    ExitCode::FAILURE
}

/// The name is what callgrind is told to collect in.
#[inline(never)]
fn measured(work: &mut Work, runs: u64) {
    for _ in 0..runs {
        work();
    }
}

/// The features that memchr, regex and the C library choose their code by, as this process sees them (valgrind hides some
/// of the host's).
fn features() -> Vec<&'static str> {
    let mut found = vec![std::env::consts::ARCH];
    #[cfg(target_arch = "x86_64")]
    for (name, has) in [
        ("ssse3", is_x86_feature_detected!("ssse3")),
        ("sse4.2", is_x86_feature_detected!("sse4.2")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("bmi2", is_x86_feature_detected!("bmi2")),
        ("avx512bw", is_x86_feature_detected!("avx512bw")),
    ] {
        if has {
            found.push(name);
        }
    }
    found
}
