//! One program on one configuration, and the socket it logs to.

use crate::Case;
use crate::common::ground::Ground;
use crate::common::proxy::{Program, Proxy};
use crate::line::Line;
use crate::talk::{Row, talk};
use std::net::UdpSocket;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

pub struct Stage {
    pub ground: Ground,
    pub log: Receiver,
    pub proxy: Proxy,
}

/// Receives log lines over UDP.
pub struct Receiver {
    socket: UdpSocket,
}

impl Receiver {
    pub fn new() -> Receiver {
        let socket = UdpSocket::bind("127.0.10.70:0").expect("bind");
        Receiver { socket }
    }

    pub fn addr(&self) -> String {
        self.socket.local_addr().expect("bound").to_string()
    }

    /// The next line, if one comes within this time.
    pub fn next(&self, within: Duration) -> Option<Vec<u8>> {
        self.socket.set_read_timeout(Some(within.max(Duration::from_millis(1)))).expect("set");
        let mut room = [0; 65_536];
        self.socket.recv(&mut room).ok().map(|n| room[..n].to_vec())
    }

    /// Lines until one holds this text, at most five seconds.
    pub fn until(&self, text: &str) -> Vec<String> {
        let end = Instant::now() + Duration::from_secs(5);
        let mut all: Vec<String> = Vec::new();
        while Instant::now() < end && !all.iter().any(|l| l.contains(text)) {
            all.extend(self.next(Duration::from_millis(100)).map(|l| crate::common::text(&l)));
        }
        assert!(all.iter().any(|l| l.contains(text)), "no line with {text:?} in {all:#?}");
        all
    }
}

impl Stage {
    pub fn start(program: Program, case: &Case) -> Stage {
        Stage::start_in(program, case, Path::new(""))
    }

    /// The same with a directory for sockets: `DIR`.
    pub fn start_in(program: Program, case: &Case, dir: &Path) -> Stage {
        let (mut ground, log) = (Ground::new(), Receiver::new());
        ground.env.push(("DIR".to_owned(), dir.display().to_string()));
        ground.env.push(("LOG".to_owned(), log.addr()));
        let proxy = ground.serve(program, case.fronts, case.config);
        // The connections that looked whether it listens are logged too.
        while log.next(Duration::from_millis(700)).is_some() {}
        Stage { ground, log, proxy }
    }

    /// Runs a row and gives its lines; with `count` they are awaited.
    pub fn run(&self, row: &Row, count: Option<usize>) -> Vec<Line> {
        let front = self.ground.front(row.front);
        thread::scope(|scope| {
            if !row.beside.is_empty() {
                scope.spawn(|| talk(front, &row.beside));
                thread::sleep(Duration::from_millis(60));
            }
            talk(front, &row.acts);
        });
        let masks = self.ground.masks();
        let mut lines = Vec::new();
        let end = Instant::now() + Duration::from_secs(2);
        while count.is_some_and(|n| lines.len() < n) && Instant::now() < end {
            lines.extend(self.log.next(Duration::from_millis(50)).map(|raw| Line::new(&raw, &masks)));
        }
        let more = if count.is_some() { row.wait.min(60) } else { row.wait + 60 };
        while let Some(raw) = self.log.next(Duration::from_millis(more)) {
            lines.push(Line::new(&raw, &masks));
        }
        // Those who looked at the start whether it listens came from another address.
        lines.retain(|line| !line.text.contains("127.0.0.1"));
        lines
    }
}
