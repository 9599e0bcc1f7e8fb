//! What is counted, beside Debian's haproxy: each field of each row after each kind of exchange, rows of listeners, statistics
//! files, answers in pieces. Both I/O modes.

#[path = "../common/mod.rs"]
mod common;

mod fields;
mod info;
mod legends;
mod listeners;
mod page;
mod pieces;
mod stats_file;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::ground::{Ground, file, scratch};
use common::proxy::{Io, Program, Proxy};

/// Ringmain in both I/O modes.
const BOTH: [Program; 2] = [Program::Ringmain(Io::Epoll), Program::Ringmain(Io::Uring)];

/// A program that serves a file; `SOCKET` in it is the statistics socket.
struct Stand {
    proxy: Proxy,
    ground: Ground,
    socket: PathBuf,
}

impl Stand {
    fn start(program: Program, fronts: usize, text: &str) -> Stand {
        let socket = scratch("sock", "");
        let _ = std::fs::remove_file(&socket);
        let ground = Ground::new();
        let config = file(&text.replace("SOCKET", &socket.display().to_string()));
        let proxy = ground.serve_file(program, fronts, &config);
        let there = common::eventually(|| common::socket::try_ask(&socket, "show info").is_some());
        assert!(there, "{}: no socket: {}", program.name(), proxy.errors());
        Stand { proxy, ground, socket }
    }

    fn ask(&self, command: &str) -> String {
        common::socket::ask(&self.socket, command)
    }

    fn rows(&self) -> Rows {
        rows(&self.ask("show stat"))
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// The fields of each row, by proxy and name.
type Rows = BTreeMap<(String, String), BTreeMap<String, String>>;

fn rows(csv: &str) -> Rows {
    let mut lines = csv.lines();
    let head = lines.next().expect("a head line").trim_start_matches("# ");
    let names: Vec<&str> = head.split(',').collect();
    let fields = |line: &str| -> BTreeMap<String, String> {
        names.iter().zip(line.split(',')).map(|(n, v)| ((*n).to_owned(), v.to_owned())).collect()
    };
    lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            let fields = fields(line);
            ((fields["pxname"].clone(), fields["svname"].clone()), fields)
        })
        .collect()
}

/// A number of a row; 0 where there is none.
fn number(rows: &Rows, proxy: &str, name: &str, field: &str) -> u64 {
    rows.get(&(proxy.to_owned(), name.to_owned())).unwrap_or_else(|| panic!("no row {proxy}/{name}"))[field]
        .parse()
        .unwrap_or(0)
}

/// A scratch file that is not there.
fn no_file(ending: &str) -> PathBuf {
    let path = scratch(ending, "");
    std::fs::remove_file(&path).expect("remove");
    path
}

fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a file")
}
