//! `set-dst`, `set-dst-port` and servers without an address of their own (manual 4.2).

use crate::ALL;
use crate::common::client::{self, Exchange, Outcome, Step};
use crate::common::ground::Ground;

fn origins(outcome: &Outcome) -> Vec<String> {
    let name = |a: &client::Answer| a.head.field("x-origin").unwrap_or("none").to_owned();
    outcome.answers.iter().map(name).collect()
}

/// Each request of a connection goes where it says, also when another request went elsewhere before.
#[test]
fn requests_go_to_the_destination_they_name() {
    for program in ALL {
        let ground = Ground::new();
        let config = format!(
            "{}frontend site\n    bind \"127.0.10.1:${{F1}}\"\n    http-request set-dst hdr(x-dst)\n    \
             http-request set-dst-port hdr(x-port)\n    http-request deny deny_status 403 if {{ dst_port 1 }}\n    \
             default_backend clear\nbackend clear\n    http-reuse always\n    server clear 0.0.0.0:0\n\
             frontend fixed\n    bind \"127.0.10.1:${{F2}}\"\n    default_backend port\nbackend port\n    \
             http-request set-dst str(127.0.10.11)\n    server port \"*:{}\"\n\
             frontend raw\n    mode tcp\n    bind \"127.0.10.1:${{F3}}\"\n    tcp-request connection set-dst str(127.0.10.11)\n    \
             tcp-request connection set-dst-port int({})\n    default_backend tcp\nbackend tcp\n    mode tcp\n    server clear 0.0.0.0\n",
            crate::DEFAULTS,
            ground.back("B").port(),
            ground.back("A").port(),
        );
        let _proxy = ground.serve(program, 3, &config);
        let (a, b) = (ground.back("A").port(), ground.back("B").port());
        let get = |port: u16, end: &str| {
            format!("GET / HTTP/1.1\r\nHost: a\r\nX-Dst: 127.0.10.11\r\nX-Port: {port}\r\n{end}\r\n")
        };
        let name = program.name();
        let last = "Connection: close\r\n";
        for _ in 0..2 {
            let three = [get(a, ""), get(b, ""), get(a, last)].concat().into_bytes();
            let methods = vec!["GET".to_owned(); 3];
            let exchange =
                Exchange { steps: vec![Step::Send(three)], methods, answers: 3, ..Exchange::default() };
            assert_eq!(origins(&client::run(ground.front(1), &exchange)), ["A", "B", "A"], "{name}");
        }
        let denied = client::get(ground.front(1), get(1, last));
        assert_eq!(denied.statuses(), [403], "{name}: rules see the new destination");
        assert_eq!(
            origins(&client::get(ground.front(2), get(a, last))),
            ["B"],
            "{name}: the server's own port"
        );
        assert_eq!(origins(&client::get(ground.front(3), get(b, last))), ["A"], "{name}: tcp");
    }
}
