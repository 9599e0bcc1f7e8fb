//! `docs/compat-commands.md` says what becomes of each command. Here each example is sent to both programs, and the table must
//! say what came of it; and no command may be missing, neither one of `vocab::command`, nor one that Debian's haproxy lists,
//! nor one with a heading in the manual.
//!
//! `RINGMAIN_BLESS=1 cargo test --test runtime_api table` writes the last column anew; what is only `partly` there stays so.
//! `ROW=rate` prints the answers of the rows whose commands hold `rate`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;

use crate::common::eventually;
use crate::common::ground::{Ground, file, scratch};
use crate::common::proxy::{Io, Program, Proxy};
use crate::{DEFAULTS, answers, socket_path, tell};

const WORKS: &str = "works";

/// One row.
struct Row {
    master: bool,
    command: String,
    example: String,
    /// Debian's haproxy has it.
    now: bool,
    status: String,
    line: usize,
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/compat-commands.md")
}

fn read() -> (Vec<String>, Vec<Row>) {
    let text = std::fs::read_to_string(path()).expect("the table");
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (mut rows, mut master) = (Vec::new(), false);
    for (number, line) in lines.iter().enumerate() {
        master |= line == "## Master socket";
        if !line.starts_with("| `") {
            continue;
        }
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [command, example, since, status] = cells[..] else { panic!("four columns: {line}") };
        assert!(["2.6", "later"].contains(&since), "{line}");
        let known = status == WORKS || status.starts_with("refused (") || status.starts_with("partly (");
        assert!(known || std::env::var_os("RINGMAIN_BLESS").is_some(), "{line}: no such status");
        let bare = |cell: &str| cell.trim_matches('`').to_owned();
        let (command, example) = (bare(command), bare(example));
        rows.push(Row {
            master,
            command,
            example,
            now: since == "2.6",
            status: status.to_owned(),
            line: number,
        });
    }
    assert!(rows.len() > 150, "{} rows", rows.len());
    (lines, rows)
}

/// A running program with both sockets.
struct Stage {
    _ground: Ground,
    proxy: Proxy,
    socket: PathBuf,
    master: PathBuf,
    map: PathBuf,
    /// A request that is not answered: a session that there is to see.
    _client: TcpStream,
}

impl Stage {
    fn new(program: Program) -> Stage {
        let (ground, socket, master) = (Ground::new(), socket_path(), socket_path());
        let map = scratch("map", "k v\n");
        let config = file(&format!(
            "global
    nbthread 1
    set-var proc.s str(hello)
    stats socket {} level admin
{DEFAULTS}frontend site
    bind \"127.0.10.1:${{F1}}\"
    acl a path /a
    http-request set-header x %[path,map({})]
    use_backend hole if {{ path /hole }}
    default_backend farm
backend hole
    timeout connect 600s
    server h \"${{HOLE}}\"
frontend spare
    bind \"127.0.10.1:${{F2}}\"
    default_backend farm
backend farm
    balance roundrobin
    cookie S insert dynamic
    dynamic-cookie-key z
    server a \"${{A}}\"
    server b \"${{B}}\"
    server c \"${{C}}\" check inter 600s agent-check agent-port 1 agent-inter 600s
backend t
    stick-table type ip size 100 store gpc0
resolvers dns
    nameserver n 127.0.0.1:53
backend named
    server s localhost:1 resolvers dns init-addr none
",
            socket.display(),
            map.display()
        ));
        let at = master.display().to_string();
        let ready = [ground.front(1), ground.front(2)];
        let proxy = Proxy::start_with(program, &config, &ground.env, &["-W", "-db", "-S", &at], &ready);
        let mut client = TcpStream::connect(ready[0]).expect("connect");
        client.write_all(b"GET /hole HTTP/1.1\r\nHost: x\r\n\r\n").expect("a request");
        let stage = Stage { _ground: ground, proxy, socket, master, map, _client: client };
        // HAProxy's master begins anew once its worker runs.
        assert!(eventually(|| answers(&stage.master) && answers(&stage.socket)), "{}", stage.proxy.errors());
        stage
    }

    /// The number of the client's session.
    fn session(&self) -> String {
        let mut number = String::new();
        let found = eventually(|| {
            let all = tell(&self.socket, "show sess\n");
            let line = all.lines().find(|l| l.contains(" fe=site "));
            number = line.and_then(|l| l.split_once(':')).map_or_else(String::new, |(n, _)| n.to_owned());
            !number.is_empty()
        });
        assert!(found, "{}", tell(&self.socket, "show sess\n"));
        number
    }

    /// The answers to a row's example.
    fn ask(&self, row: &Row) -> String {
        let example = row.example.replace("MAP", &self.map.display().to_string());
        if !row.master {
            let example = match example.contains("SESSION") {
                true => example.replace("SESSION", &self.session()),
                false => example,
            };
            let modes = "expert-mode on;experimental-mode on;set severity-output number";
            return tell(&self.socket, &format!("{modes};{example}\n"));
        }
        let worker = tell(&self.master, "show proc\n");
        let worker = worker.lines().skip_while(|l| *l != "# workers").nth(1).expect("a worker");
        let pid = worker.split_ascii_whitespace().next().unwrap_or_default();
        tell(&self.master, &format!("{}\n", example.replace("PID", pid)))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.proxy.signal(nix::sys::signal::Signal::SIGTERM);
        let _ = self.proxy.wait(crate::common::PATIENCE);
        for path in [&self.socket, &self.master, &self.map] {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// What Ringmain's answer says: `works`, or `refused` with its reason. `None`: that it went wrong.
fn status(answer: &str) -> Option<String> {
    if let Some((_, why)) = answer.split_once("is a HAProxy command that Ringmain does not support yet: ") {
        return Some(format!("refused ({})", why.split(".\n").next().unwrap_or_default()));
    }
    let unknown =
        answer.contains("Unknown command") || answer.contains("[3]: ") || answer.contains("Usage: ");
    // No row can know the id of a session: that there is none of it is an answer.
    let none = answer.contains("No such session (use 'show sess').");
    (!unknown || none).then(|| WORKS.to_owned())
}

#[test]
fn the_table_says_what_the_program_does() {
    let (mut lines, rows) = read();
    let stage = Stage::new(Program::Ringmain(Io::Epoll));
    let bless = std::env::var_os("RINGMAIN_BLESS").is_some();
    let (mut wrong, mut changed) = (String::new(), false);
    for row in &rows {
        let answer = stage.ask(row);
        if std::env::var("ROW").is_ok_and(|part| row.command.contains(&part)) {
            println!("== {}\n{answer}", row.command);
        }
        let found = status(&answer);
        // What is missing there is a person's to say.
        let partly = row.status.starts_with("partly (") && !answer.contains("Unknown command");
        let is_refused = found.as_ref().is_some_and(|f| f.starts_with("refused"));
        if found.as_ref() == Some(&row.status) || (partly && !is_refused) {
            continue;
        }
        match found.filter(|_| bless) {
            Some(found) => {
                let line = &mut lines[row.line];
                let column = line.trim_end_matches(" |").rfind(" | ").expect("a column") + 3;
                line.truncate(column);
                _ = write!(line, "{found} |");
                changed = true;
            }
            None => {
                _ = writeln!(wrong, "`{}`: the table says `{}`, Ringmain: {answer}", row.command, row.status)
            }
        }
    }
    if changed {
        std::fs::write(path(), lines.join("\n") + "\n").expect("write the table");
    }
    assert!(wrong.is_empty(), "\n{wrong}(RINGMAIN_BLESS=1 writes the table)");
}

#[test]
fn haproxy_knows_what_the_table_says_it_does() {
    let (_, rows) = read();
    let stage = Stage::new(Program::Haproxy);
    let mut wrong = String::new();
    for row in &rows {
        // These two end the connection to its master, which begins anew.
        if row.master && row.command.ends_with("reload") {
            continue;
        }
        let answer = stage.ask(row);
        let known = !answer.contains("Unknown command") && !answer.contains("Can't find the target PID");
        let odd = row.command == "wait be-removable" || row.command == "wait srv-removable";
        if known != row.now && !odd {
            _ = writeln!(wrong, "`{}`: {answer}", row.command);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Whether a row is about the words of a command, or about a form of it.
fn has(rows: &[Row], master: bool, words: &str) -> bool {
    let about = |row: &Row| {
        row.command == words || row.command.strip_prefix(words).is_some_and(|rest| rest.starts_with(' '))
    };
    rows.iter().any(|row| row.master == master && about(row))
}

#[test]
fn no_command_is_missing() {
    let (_, rows) = read();
    let ours = ringmain::vocab::command::names();
    let missing: Vec<String> = ours.filter(|name| !has(&rows, false, name)).collect();
    assert!(missing.is_empty(), "ours without a row: {missing:?}");
    let stage = Stage::new(Program::Haproxy);
    let modes = "expert-mode on;experimental-mode on;help\n";
    for (master, list) in [(false, tell(&stage.socket, modes)), (true, tell(&stage.master, "help\n"))] {
        let listed = list.lines().filter_map(|l| l.strip_prefix("  ")).map(words_of);
        let listed: BTreeSet<String> = listed.filter(|l| !l.starts_with("debug dev")).collect();
        assert!(listed.len() > 10, "{list}");
        let missing: Vec<&String> = listed.iter().filter(|l| !has(&rows, master, l)).collect();
        assert!(missing.is_empty(), "haproxy's without a row: {missing:?}");
    }
}

/// The words of a usage, up to its first argument.
fn words_of(usage: &str) -> String {
    // The master's prefixes are arguments themselves.
    if usage.starts_with('@') {
        return usage.split("  ").next().unwrap_or_default().to_owned();
    }
    let is_argument = |w: &&str| w.starts_with(['<', '[', '{', '(', ':', '|', '@']);
    let words: Vec<&str> = usage.split_whitespace().take_while(|w| !is_argument(w)).collect();
    // HAProxy's list glues the usage to its colon, and once misspells a command.
    words.join(" ").trim_end_matches(':').replace("crlfile", "crl-file")
}

/// Every heading of the manual's sections 9.3 and 9.4.1 has a row.
#[test]
fn the_manuals_headings_have_rows() {
    let out = Command::new("zcat").arg("/usr/share/doc/haproxy/management.txt.gz").output();
    let Some(out) = out.ok().filter(|o| o.status.success()) else {
        println!("skipped: no manual here");
        return;
    };
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let (_, rows) = read();
    let parts = [
        (false, "\nfor more information.\n", "\n9.4. Master CLI\n"),
        (true, "\n9.4.1. Master CLI commands\n", "\n10. Tricks"),
    ];
    for (master, from, to) in parts {
        let part = text.rsplit_once(from).expect(from).1.split(to).next().unwrap_or_default();
        let found: BTreeSet<String> = part.lines().filter(|l| is_heading(l)).map(heading).collect();
        assert!(found.len() > 5, "{found:?}");
        let missing: Vec<&String> = found.iter().filter(|h| !has(&rows, master, h)).collect();
        assert!(missing.is_empty(), "headings of the manual without a row: {missing:?}");
    }
}

fn is_heading(line: &str) -> bool {
    line.starts_with(|c: char| c.is_ascii_lowercase() || c == '@')
}

/// A heading's words; the server's name does not count.
fn heading(line: &str) -> String {
    if line.starts_with('@') {
        return "@!<pid>".to_owned();
    }
    let mut words = words_of(line);
    if let Some(rest) = line.strip_prefix("set server <backend>/<server> ") {
        words = format!("set server {}", words_of(rest));
    }
    // `global` is the only place, `cli` the only timeout; the sources of `trace` are one row.
    words.trim_end_matches(" global").replace("set timeout cli", "set timeout")
}
