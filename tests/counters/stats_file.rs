//! `dump stats-file` and `stats-file`: a process counts on where another one has ended, by `guid`, whatever the file calls its
//! proxies now. (haproxy 2.6 has neither.)

use crate::common::client;
use crate::common::ground::scratch;
use crate::common::proxy::{Io, Program};
use crate::{BOTH, Stand, common, no_file, number, text_of};

const FILE: &str = "global
    nbthread 2
    stats socket SOCKET level admin
    LOAD
defaults
    mode http
    timeout connect 5s
    timeout client 20s
    timeout server 20s
frontend NAME
    guid fe1
    option socket-stats
    bind 127.0.10.1:${F1} guid-prefix li
    default_backend app
frontend other
    bind 127.0.10.1:${F2}
    default_backend app
listen both
    guid both
    bind 127.0.10.1:${F3}
    server b ${B} guid srv-b
backend app
    guid be1
    server s1 ${A} guid srv-a
    server s2 ${B}
";

fn get(stand: &Stand, front: usize) {
    let request = "GET /len/10 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    assert_eq!(client::get(stand.ground.front(front), request).statuses(), [200]);
}

#[test]
fn counters_go_on_by_guid() {
    for program in BOTH {
        let file = FILE.replace("NAME", "web").replace("LOAD", "");
        let first = Stand::start(program, 3, &file);
        (0..4).for_each(|_| get(&first, 1));
        (0..2).for_each(|_| get(&first, 3));
        let over = || first.rows().values().all(|row| row["scur"].parse().unwrap_or(0) == 0);
        assert!(common::eventually(over));
        let (before, dumped) = (first.rows(), first.ask("dump stats-file"));
        drop(first);
        assert!(dumped.starts_with("#fe guid,") && dumped.contains("\n#be guid,"), "{dumped}");
        for guid in ["fe1", "li-0", "both", "be1", "srv-a", "srv-b"] {
            assert!(dumped.lines().any(|line| line.starts_with(&format!("{guid},"))), "{guid}: {dumped}");
        }
        let path = scratch("stats", &dumped);
        let file = FILE.replace("NAME", "renamed").replace("LOAD", &format!("stats-file {}", path.display()));
        let second = Stand::start(program, 3, &file);
        let after = second.rows();
        let pairs = [
            ("web", "FRONTEND", "renamed"),
            ("web", "sock-1", "renamed"),
            ("both", "FRONTEND", "both"),
            ("both", "BACKEND", "both"),
            ("both", "b", "both"),
            ("app", "BACKEND", "app"),
            ("app", "s1", "app"),
        ];
        for (proxy, name, now) in pairs {
            // The looks whether the listener is there add no requests and no answers.
            for field in ["bin", "hrsp_2xx", "lbtot", "connect", "req_tot", "bout"] {
                let (old, new) = (number(&before, proxy, name, field), number(&after, now, name, field));
                let of_start = matches!(field, "bout" | "req_tot") && name != "b" && name != "s1";
                assert!(
                    if of_start { new >= old } else { new == old },
                    "{}: {now}/{name} {field}: {old}, then {new}",
                    program.name()
                );
            }
        }
        assert!(
            number(&after, "renamed", "FRONTEND", "hrsp_2xx") == 4
                && number(&after, "app", "s1", "lbtot") > 0
        );
        // No guid, nothing kept; nothing of it is a rate of this process or was sent by it.
        assert_eq!(number(&after, "app", "s2", "lbtot"), 0);
        assert!(number(&after, "renamed", "FRONTEND", "rate_max") < 4);
        get(&second, 1);
        let grown = || number(&second.rows(), "renamed", "FRONTEND", "hrsp_2xx") == 5;
        assert!(common::eventually(grown), "{}", program.name());
    }
}

#[test]
fn a_file_that_cannot_be_used_is_a_warning() {
    let program = Program::Ringmain(Io::Epoll);
    let path = no_file("stats");
    let file = FILE.replace("NAME", "web").replace("LOAD", &format!("stats-file {}", path.display()));
    let stand = Stand::start(program, 3, &file);
    let said = stand.proxy.errors();
    assert!(said.contains("Can't open stats-file '") && said.contains("No such file or directory"), "{said}");
    get(&stand, 1);
    drop(stand);
    std::fs::write(&path, "rubbish\n").expect("write");
    let stand = Stand::start(program, 3, &file);
    stand.proxy.await_said("Invalid stats-file format in file");
    get(&stand, 1);
    assert_eq!(text_of(&path), "rubbish\n");
}
