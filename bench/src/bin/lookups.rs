//! `lookups [ENTRIES]`: how long a random address takes in a list of so many networks (100,000), of the smallest round and of
//! the median one. Each look-up waits for the one before (its address depends on what that found), as in a request: overlapping
//! look-ups are a third faster and tell of another use. What the address takes to be made is told beside it and not in it.
use bench::lists::{form, lists, networks, v4, v6};
use ringmain::rules::Sample;
use ringmain::rules::list::{FormId, Lists};
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

/// Look-ups in a round, and rounds: short ones, so that some are not disturbed.
const ROUND: u32 = 2_000;
const ROUNDS: usize = 500;

fn main() {
    let entries = std::env::args().nth(1).map_or(100_000, |n| n.parse().expect("a number of entries"));
    let v4s = of("IPv4", entries, v4);
    report("IPv4, in one of the networks", &v4s, |r| inside(v4(pick(r, entries)), r));
    report("IPv4, anywhere", &v4s, |r| IpAddr::V4(Ipv4Addr::from(r as u32)));
    let v6s = of("IPv6", entries, v6);
    report("IPv6, in one of the networks", &v6s, |r| inside(v6(pick(r, entries)), r));
    report("IPv6, of the same /32", &v6s, |r| {
        IpAddr::V6(Ipv6Addr::from(0x2001_0db8_u128 << 96 | u128::from(r) << 32 | u128::from(r >> 7)))
    });
}

/// A list and what it takes to make it.
fn of(family: &str, entries: u32, network: fn(u32) -> (IpAddr, u32)) -> Lists {
    let text = networks(entries, network);
    let (before, start) = (resident(), Instant::now());
    let lists = lists("src", &text);
    let (took, grew) = (start.elapsed(), resident().saturating_sub(before));
    println!("{family}: {entries} networks read in {} ms, {} KiB with their texts", took.as_millis(), grew);
    lists
}

/// Memory of the process in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    line.and_then(|l| l.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
}

/// Xorshift.
fn next(seed: u64) -> u64 {
    let seed = seed ^ seed << 13;
    let seed = seed ^ seed >> 7;
    seed ^ seed << 17
}

fn pick(random: u64, entries: u32) -> u32 {
    ((random >> 32) * u64::from(entries) >> 32) as u32
}

/// An address of a network.
fn inside((addr, bits): (IpAddr, u32), random: u64) -> IpAddr {
    match addr {
        IpAddr::V4(a) => {
            IpAddr::V4(Ipv4Addr::from(u32::from(a) ^ (random as u32) & (u32::MAX >> 1 >> (bits - 1))))
        }
        IpAddr::V6(a) => {
            let host = (u128::from(random) << 64 | u128::from(random.rotate_left(23)))
                & (u128::MAX >> 1 >> (bits - 1));
            IpAddr::V6(Ipv6Addr::from(u128::from(a) ^ host))
        }
    }
}

fn report(what: &str, lists: &Lists, addr: impl Fn(u64) -> IpAddr) {
    let id = form(lists);
    let found = (0..1_000).fold((1u64, 0u32), |(seed, hits), _| {
        let seed = next(seed + 77);
        (seed, hits + u32::from(matches(lists, id, addr(seed))))
    });
    let (making, _) = rounds(|seed| black_box(addr(seed)).is_loopback());
    let (least, median) = rounds(|seed| matches(lists, id, addr(seed)));
    let (least, median, hits) = (least - making, median - making, found.1 / 10);
    println!(
        "{what:<28} {least:>6.1} ns at least, {median:>6.1} in the median round, {hits:>3} % found, {making:.1} ns to make it"
    );
}

/// The fastest and the median round, in nanoseconds a look-up.
fn rounds(look: impl Fn(u64) -> bool) -> (f64, f64) {
    let (mut all, mut seed) = (Vec::with_capacity(ROUNDS), 0x9e37_79b9_7f4a_7c15);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..ROUND {
            seed = next(seed);
            seed ^= u64::from(look(seed));
        }
        all.push(start.elapsed().as_nanos() as f64 / f64::from(ROUND));
    }
    black_box(seed);
    all.sort_by(f64::total_cmp);
    (all[0], all[ROUNDS / 2])
}

fn matches(lists: &Lists, id: FormId, addr: IpAddr) -> bool {
    black_box(lists).form(id).expect("a form").matches(&Sample::Addr(black_box(addr)))
}
