//! How many new connections and sessions a second the process takes, over all threads and frontends: `maxconnrate`,
//! `maxsessrate`, `set rate-limit`.

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::common::ground::{Ground, scratch};
use crate::common::socket::{ask, try_ask};
use crate::common::{client, eventually};
use crate::{BOTH, DEFAULTS, get, status};

/// What the process asks of itself.
fn figure(socket: &Path, name: &str) -> String {
    let info = ask(socket, "show info");
    let line = info.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {name} in {info}")).to_owned()
}

fn clients(count: usize, to: [SocketAddr; 2]) -> Vec<JoinHandle<u16>> {
    (0..count).map(|n| thread::spawn(move || status(&get(to[n % 2], "/")))).collect()
}

fn all_served(clients: Vec<JoinHandle<u16>>) -> bool {
    clients.into_iter().all(|c| c.join().expect("client") == 200)
}

/// Two frontends on two threads; the origin's answers end their connections.
fn config(global: &str, socket: &Path, rules: &str) -> String {
    format!(
        "global\n    nbthread 2\n    stats socket {} level admin\n    {global}\n{DEFAULTS}    timeout client 60s
listen one
    bind \"127.0.10.1:${{F1}}\"
{rules}    server a \"${{A}}\"
listen two
    bind \"127.0.10.1:${{F2}}\"
    server a \"${{A}}\"
",
        socket.display()
    )
}

#[test]
fn the_process_takes_so_many_connections_a_second_over_all_its_frontends() {
    for program in BOTH {
        for (keyword, what, limit) in [
            ("maxconnrate 2", "connections", "ConnRateLimit"),
            ("maxsessrate 2", "sessions", "SessRateLimit"),
        ] {
            let (ground, name, socket) = (Ground::new(), program.name(), scratch("sock", ""));
            let _ = std::fs::remove_file(&socket);
            let proxy = ground.serve(program, 2, &config(keyword, &socket, ""));
            let to = [ground.front(1), ground.front(2)];
            assert!(eventually(|| try_ask(&socket, "show info").is_some()), "{name}");
            assert_eq!(figure(&socket, limit), "2", "{name}");
            let began = Instant::now();
            assert!(all_served(clients(8, to)), "{name}: whoever waits is served in the end");
            // Two in each second, the first and the last of which may just have begun and end.
            let took = began.elapsed();
            assert!(took > Duration::from_millis(1_900), "{name}, {keyword}: all within {took:?}");

            // Slower still, until an operator lifts the limit: then all come in at once.
            assert_eq!(ask(&socket, &format!("set rate-limit {what} global 1")).trim(), "", "{name}");
            assert_eq!(figure(&socket, limit), "1", "{name}");
            let waiting = clients(60, to);
            let began = Instant::now();
            thread::sleep(Duration::from_millis(200));
            let served = waiting.iter().filter(|c| c.is_finished()).count() as u64;
            assert!(served <= began.elapsed().as_secs() + 2, "{name}: {served} did not wait");
            let lifted = Instant::now();
            assert_eq!(ask(&socket, &format!("set rate-limit {what} global 0")).trim(), "", "{name}");
            assert!(all_served(waiting), "{name}");
            let took = lifted.elapsed();
            assert!(took < Duration::from_secs(30), "{name}, {keyword}: 60 clients took {took:?}");
            assert_eq!(figure(&socket, limit), "0", "{name}");
            drop(proxy);
            let _ = std::fs::remove_file(&socket);
        }
    }
}

/// Connections that `tcp-request connection` turns away are connections, but no sessions.
#[test]
fn who_is_turned_away_is_no_session() {
    let other = IpAddr::V4(Ipv4Addr::new(127, 0, 10, 77));
    for program in BOTH {
        let (ground, name, socket) = (Ground::new(), program.name(), scratch("sock", ""));
        let _ = std::fs::remove_file(&socket);
        let rules = "    tcp-request connection reject if { src 127.0.10.77 }\n    rate-limit sessions 1\n";
        let _proxy = ground.serve(program, 2, &config("maxsessrate 1", &socket, rules));
        let began = Instant::now();
        for _ in 0..60 {
            // A reset or an end, as it comes, and as early as it comes.
            if let Ok(mut stream) = client::connect(ground.front(1), other) {
                let mut answer = Vec::new();
                let _ = stream.read_to_end(&mut answer);
                assert!(answer.is_empty(), "{name}");
            }
        }
        let took = began.elapsed();
        assert!(took < Duration::from_secs(30), "{name}: 60 that are no sessions took {took:?}");
        assert_eq!(status(&get(ground.front(1), "/")), 200, "{name}");
        let _ = std::fs::remove_file(&socket);
    }
}
