//! Who has to wait: `rate-limit sessions`, how many new connections a second over all threads, and `tarpit`.

use std::thread;
use std::time::{Duration, Instant};

use crate::common::ground::Ground;
use crate::{BOTH, DEFAULTS, get, status};

#[test]
fn a_frontend_takes_so_many_connections_a_second() {
    let config = format!(
        "global\n    nbthread 2\n{DEFAULTS}
listen limited
    bind \"127.0.10.1:${{F1}}\"
    rate-limit sessions 5
    server a \"${{A}}\"
listen free
    bind \"127.0.10.1:${{F2}}\"
    server a \"${{A}}\"
"
    );
    for program in BOTH {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 2, &config);
        let (limited, free, name) = (ground.front(1), ground.front(2), program.name());
        // What the start has asked is forgotten.
        thread::sleep(Duration::from_millis(2_100));
        let began = Instant::now();
        let clients: Vec<_> = (0..15).map(|_| thread::spawn(move || status(&get(limited, "/")))).collect();
        let others: Vec<u16> = (0..10).map(|_| status(&get(free, "/"))).collect();
        assert_eq!(others, [200; 10], "{name}");
        let answers: Vec<u16> = clients.into_iter().map(|c| c.join().expect("client")).collect();
        let took = began.elapsed();
        assert_eq!(answers, [200; 15], "{name}: whoever waits is served in the end");
        // Five at once; a second that begins just then gives another five.
        assert!(took > Duration::from_millis(900), "{name}: all within {took:?}");
        assert!(took < Duration::from_secs(8), "{name}: only after {took:?}");
    }
}

#[test]
fn the_tarpit_takes_its_time() {
    let config = format!(
        "{DEFAULTS}
listen l
    bind \"127.0.10.1:${{F1}}\"
    timeout tarpit 400ms
    http-request tarpit if {{ path /slow }}
    server a \"${{A}}\"
listen by_connect
    bind \"127.0.10.1:${{F2}}\"
    timeout connect 300ms
    http-request tarpit deny_status 429
    server a \"${{A}}\"
"
    );
    for program in BOTH {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 2, &config);
        let name = program.name();
        for (front, wanted, least) in [(1, 500, 400), (2, 429, 300)] {
            let began = Instant::now();
            assert_eq!(status(&get(ground.front(front), "/slow")), wanted, "{name}");
            let took = began.elapsed();
            let (least, most) = (Duration::from_millis(least - 5), Duration::from_secs(3));
            assert!(took >= least && took < most, "{name}: {took:?}");
        }
        assert_eq!(status(&get(ground.front(1), "/other")), 200, "{name}");
    }
}
