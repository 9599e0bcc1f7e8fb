//! `persist rdp-cookie` and `balance rdp-cookie` (manual 4.2) in TCP mode, beside haproxy.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::BOTH;
use crate::common::ground::Ground;
use crate::common::proxy::Program;

/// A server that says its name as soon as somebody connects.
struct Named {
    addr: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Named {
    fn start(ip: [u8; 4], name: u8) -> Named {
        let listener = TcpListener::bind((std::net::Ipv4Addr::from(ip), 0)).expect("bind");
        let (addr, stop) = (listener.local_addr().expect("bound"), Arc::new(AtomicBool::new(false)));
        let end = stop.clone();
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if end.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
                // The cookie arrives first: a reset would take the answer with it.
                let _ = stream.read(&mut [0; 512]);
                let _ = stream.write_all(&[name]);
            }
        });
        Named { addr, stop, thread: Some(thread) }
    }

    /// The cookie's value that leads here.
    fn cookie(&self) -> String {
        let SocketAddr::V4(addr) = self.addr else { panic!("IPv4") };
        let ip = u32::from_ne_bytes(addr.ip().octets());
        let port = u16::from_ne_bytes(addr.port().to_be_bytes());
        format!("{ip}.{port}.0000")
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.addr);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Who answers a connection that begins with a cookie.
fn asked(to: SocketAddr, cookie: &str) -> char {
    let mut stream = TcpStream::connect(to).expect("connect");
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("timeout");
    let bytes =
        [&[3, 0, 0, 44, 39, 0xe0, 0, 0, 0, 0, 0][..], format!("Cookie: {cookie}\r\n").as_bytes()].concat();
    stream.write_all(&bytes).expect("send");
    let mut name = [b'-'];
    let _ = stream.read(&mut name);
    name[0].into()
}

#[test]
fn a_cookie_leads_to_its_server_and_its_hash_to_haproxys() {
    let servers: Vec<Named> = [1, 2, 3].map(|n| Named::start([127, 0, 10, 80 + n], b'a' + n - 1)).into();
    let lines: String =
        servers.iter().enumerate().map(|(n, s)| format!("    server s{n} {}\n", s.addr)).collect();
    let config = format!(
        "defaults\n    mode tcp\n    timeout connect 2s\n    timeout client 5s\n    timeout server 5s\n\
         listen persistent\n    bind \"127.0.10.1:${{F1}}\"\n    tcp-request inspect-delay 2s\n    \
         tcp-request content accept if RDP_COOKIE\n    persist rdp-cookie\n    balance rdp-cookie\n{lines}\
         frontend front\n    bind \"127.0.10.1:${{F2}}\"\n    tcp-request inspect-delay 2s\n    \
         tcp-request content accept if RDP_COOKIE\n    default_backend hashed\n\
         backend hashed\n    balance rdp-cookie(user)\n    hash-type consistent\n    persist rdp-cookie(token)\n{lines}"
    );
    let run = |program: Program| {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 2, &config);
        let persistent = |front: usize, name: &str| -> String {
            let cookies = servers.iter().map(|s| format!("{name}={}", s.cookie()));
            cookies.map(|cookie| asked(ground.front(front), &cookie)).collect()
        };
        let hashed = |front: usize, name: &str| -> String {
            (0..20).map(|n| asked(ground.front(front), &format!("{name}=user{n}"))).collect()
        };
        let persistent = [persistent(1, "msts"), persistent(2, "token")];
        (persistent, [hashed(1, "mstshash"), hashed(2, "user")])
    };
    let wanted = run(Program::Haproxy);
    assert_eq!(wanted.0, ["abc", "abc"]);
    for program in BOTH {
        assert_eq!(run(program), wanted, "{}", program.name());
    }
}
