//! `slowstart`: the weight that the statistics show of a server that comes up, beside haproxy's.
use std::time::{Duration, Instant};

use crate::common::eventually;
use crate::common::proxy::Program;
use crate::life::{ALL, Origin, Stand};

/// How long the servers take to full weight.
const LASTS: Duration = Duration::from_secs(4);

/// The weights of a server that has come up, with the time since it was seen up.
fn rise(program: Program) -> Vec<(Duration, u32)> {
    let origin = Origin::start();
    let port = origin.addr.port();
    let line = |name: &str, words: &str| {
        format!(
            "    server {name} 127.0.10.11:{port} check inter 1s fastinter 100ms downinter 100ms fall 2 rise 1 {words}\n"
        )
    };
    let config = format!(
        // On a busy machine the origin may answer late: that is no failed check here.
        "backend b\n    timeout check 10s\n{}{}{}",
        line("slow", &format!("weight 100 slowstart {}s", LASTS.as_secs())),
        line("heavy", &format!("weight 256 slowstart {}s", LASTS.as_secs())),
        line("plain", "weight 50")
    );
    let stand = Stand::start(program, &config, &[]);
    stand.await_states("b/slow=UP b/heavy=UP b/plain=UP");
    origin.set_open(false);
    stand.await_states("b/slow=DOWN b/heavy=DOWN b/plain=DOWN");
    origin.set_open(true);
    stand.await_states("b/slow=UP b/heavy=UP b/plain=UP");
    let up = Instant::now();
    let weight = |server: &str| -> u32 {
        let text = stand.columns(server, &["weight"]);
        text.split('=').nth(1).and_then(|w| w.parse().ok()).expect("a weight")
    };
    let mut seen = Vec::new();
    while up.elapsed() < LASTS + Duration::from_millis(1_500) {
        let (slow, plain) = (weight("b/slow"), weight("b/plain"));
        let at = up.elapsed();
        assert_eq!(plain, 50, "{}: a server without slowstart has its weight at once", program.name());
        seen.push((at, slow));
        std::thread::sleep(Duration::from_millis(100));
    }
    let full = || weight("b/heavy") == 256;
    assert!(eventually(full), "{}: {} of 256", program.name(), weight("b/heavy"));
    seen
}

#[test]
fn weights_rise_as_haproxys() {
    let curves: Vec<Vec<(Duration, u32)>> = std::thread::scope(|scope| {
        let runs = ALL.map(|program| scope.spawn(move || rise(program)));
        runs.into_iter().map(|run| run.join().expect("a run")).collect()
    });
    if std::env::var_os("SHOW").is_some() {
        println!("{curves:?}");
    }
    // HAProxy's steps of a whole second, and its weights; a step may be seen late on a busy machine.
    let weights = |curve: &[(Duration, u32)]| {
        let mut weights: Vec<u32> = curve.iter().map(|(_, weight)| *weight).collect();
        weights.dedup();
        weights
    };
    for (program, curve) in ALL.iter().zip(&curves).skip(1) {
        let name = program.name();
        assert_eq!(weights(curve), weights(&curves[0]), "{name}: {curve:?}\nhaproxy: {:?}", curves[0]);
        for weight in weights(curve) {
            let since = |curve: &[(Duration, u32)]| curve.iter().find(|(_, w)| *w == weight).expect("seen").0;
            let (ours, theirs) = (since(curve), since(&curves[0]));
            assert!(
                ours.abs_diff(theirs) < Duration::from_millis(1_200),
                "{name}: {weight} at {ours:?}, not {theirs:?}"
            );
        }
    }
}
