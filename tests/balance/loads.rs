//! Algorithms that ask how much a server has to do.

use crate::stage::{SERVERS, Stage, Step, ask, get, hold, tell, turn};
use crate::{BOTH, Program, compare};

fn plain(backend: &str) -> Step {
    hold(backend, get("/", ""))
}

/// The least loaded by weight, equals in turn, while requests come and end in no order.
#[test]
fn the_least_loaded_is_haproxys() {
    let backends = "backend l
    balance leastconn
    server s0 \"${S0}\" weight 1
    server s1 \"${S1}\" weight 2
    server s2 \"${S2}\" weight 1
    server s3 \"${S3}\" weight 4
    server s4 \"${S4}\" backup
";
    let mut script = vec![turn("l", 9)];
    let mut held: Vec<usize> = Vec::new();
    let (mut next, mut seed) = (0, 11u64);
    for round in 0..120 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let n = (seed >> 33) as usize;
        match n % 7 {
            0..=3 => {
                script.push(plain("l"));
                held.push(next);
                next += 1;
            }
            4 | 5 if !held.is_empty() => script.push(Step::Release(held.swap_remove(n / 7 % held.len()))),
            _ if round % 4 == 0 => {
                let server = n / 7 % 4;
                let what = ["weight 3", "weight 1", "state maint", "state ready", "weight 9"][n / 99 % 5];
                script.push(tell(&format!("set server l/s{server} {what}")));
            }
            _ => script.push(turn("l", 6)),
        }
    }
    compare(backends, &script);
}

/// The first until it is full, then the next; nobody where all are: the request waits for whoever is free.
#[test]
fn the_first_that_is_not_full_is_haproxys() {
    let backends = "backend f
    balance first
    server s0 \"${S0}\" maxconn 2
    server s1 \"${S1}\" maxconn 1
    server s2 \"${S2}\" maxconn 2
backend h
    balance hdr(key)
    server s0 \"${S0}\" maxconn 1
    server s1 \"${S1}\" maxconn 1
    server s2 \"${S2}\" maxconn 1
";
    let mut script = vec![turn("f", 3)];
    script.extend((0..4).map(|_| plain("f")));
    script.push(turn("f", 2));
    script.push(Step::Release(1));
    script.push(plain("f"));
    script.push(plain("f"));
    // All five places are taken.
    script.push(hold("f", get("/", "Queued: 1\r\n")));
    script.push(Step::Release(2));
    script.push(Step::Release(6));
    script.push(turn("f", 2));
    // What is hashed waits for its own server, while others are free.
    script.push(hold("h", get("/", "Key: a\r\n")));
    script.push(hold("h", get("/", "Key: a\r\nQueued: 1\r\n")));
    script.push(ask("h", (0..20).map(|_| get("/", "Key: b\r\n")).collect()));
    script.push(turn("h", 6));
    script.push(Step::Release(7));
    script.push(Step::Release(8));
    script.push(ask("h", vec![get("/", "Key: a\r\n"); 3]));
    let said = compare(backends, &script);
    assert_eq!(said.iter().filter(|s| *s == "queued").count(), 2);
}

/// `hash-balance-factor`: what is too much for one server goes to the next on the ring.
#[test]
fn the_factor_is_haproxys() {
    let mut backends = String::new();
    let mut script = Vec::new();
    let mut next = 0;
    for factor in [101, 125, 200, 400] {
        let name = format!("x{factor}");
        backends.push_str(&format!(
            "backend {name}\n    balance hdr(key)\n    hash-type consistent\n    hash-balance-factor {factor}
    server s0 \"${{S0}}\" weight 1\n    server s1 \"${{S1}}\" weight 2\n    server s2 \"${{S2}}\" weight 1
    server s3 \"${{S3}}\" weight 3\n"
        ));
        let first = next;
        for n in 0..24 {
            script
                .push(hold(&name, get("/", &format!("Key: {}\r\n", ["a", "b", "hot", "hot", "hot"][n % 5]))));
            script.push(ask(&name, (0..10).map(|k| get("/", &format!("Key: k{k}\r\n"))).collect()));
            if n == 12 {
                script.push(tell(&format!("set server {name}/s3 state maint")));
            }
        }
        next += 24;
        script.extend((first..next).map(Step::Release));
    }
    compare(&backends, &script);
}

/// How often each server was given, in thousandths.
fn shares(said: &str) -> [usize; SERVERS] {
    std::array::from_fn(|n| said.matches(char::from(b'0' + n as u8)).count() * 1_000 / said.len().max(1))
}

/// By chance: the shares are those of the weights, and no two runs are the same.
#[test]
fn chance_gives_each_its_share() {
    let backends = "backend one\n    balance random(1)\n    server s0 \"${S0}\" weight 100\n    server s1 \"${S1}\" weight 200
    server s2 \"${S2}\" weight 100
backend two\n    balance random\n    server s0 \"${S0}\" weight 100\n    server s1 \"${S1}\" weight 200\n    server s2 \"${S2}\" weight 100
    server s3 \"${S3}\" backup\n";
    let mut script = vec![turn("one", 4_000), turn("two", 4_000), turn("one", 100)];
    script.push(tell("set server two/s1 state maint"));
    script.push(turn("two", 4_000));
    // Of two the less loaded: a busy server is taken when it is drawn twice.
    script.extend((0..4).map(|_| plain("two")));
    script.push(tell("set server two/s0 state maint"));
    script.push(tell("set server two/s2 state maint"));
    script.push(turn("two", 20));
    let stage = Stage::new();
    for program in [Program::Haproxy, BOTH[0], BOTH[1]] {
        let said = stage.play(program, 1, backends, &script);
        for (n, wanted) in [(0, [250, 500, 250]), (1, [250, 500, 250]), (4, [500, 0, 500])] {
            let got = shares(&said[n]);
            for (got, wanted) in got.iter().zip(wanted) {
                assert!(
                    got.abs_diff(wanted) <= 40,
                    "{}, step {n}: {got} instead of {wanted}",
                    program.name()
                );
            }
        }
        assert_ne!(said[0][..100], said[2][..100]);
        assert_eq!(said.last().map(String::as_str), Some("3".repeat(20).as_str()), "{}", program.name());
    }
}

/// Over several threads each server has its share, and the least loaded is exact.
#[test]
fn several_threads_share_alike() {
    let backends = "backend l\n    balance leastconn\n    server s0 \"${S0}\"\n    server s1 \"${S1}\"\n    server s2 \"${S2}\"
backend r\n    balance roundrobin\n    server s0 \"${S0}\" weight 1\n    server s1 \"${S1}\" weight 2\n    server s2 \"${S2}\" weight 1\n";
    let mut script: Vec<Step> = (0..30).map(|_| plain("l")).collect();
    script.extend((0..10).map(|_| turn("r", 400)));
    let stage = Stage::new();
    for program in BOTH {
        let said = stage.play(program, 2, backends, &script);
        // Whatever thread a request came to: never two more on one than on another.
        let mut on = [0usize; 3];
        for server in &said[..30] {
            on[server.parse::<usize>().expect("a server")] += 1;
            let (most, least) = (on.iter().max().expect("three"), on.iter().min().expect("three"));
            assert!(most - least <= 1, "{}: {on:?}", program.name());
        }
        let got = shares(&said[30..].concat());
        for (got, wanted) in got.iter().zip([250, 500, 250]) {
            assert!(got.abs_diff(wanted) <= 20, "{}: {got} instead of {wanted}", program.name());
        }
    }
}
