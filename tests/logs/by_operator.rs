//! Ends that an operator or a server's state brings about (`K`, `D`, `U`; manual 8.5), and those for want of a port to come from:
//! what is written about the same sessions, ended in the same way, by haproxy and by Ringmain.

use crate::Case;
use crate::common::proxy::{Io, Program};
use crate::common::{self, PATIENCE, client, eventually, socket};
use crate::line::Line;
use crate::stage::Stage;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const CONFIG: &str = "
global
    nbthread 1
    stats socket ${DIR}/stats level admin
defaults
    mode http
    log ${LOG} local0
    option httplog
    timeout connect 30s
    timeout client 30s
    timeout server 30s
    timeout queue 1s
    timeout tarpit 1s
    retries 0
frontend f
    bind \"127.0.10.1:${F1}\"
    http-request tarpit if { path /tarpit }
    use_backend one if { path /one }
    use_backend hole if { path /hole }
    use_backend down if { path_beg /down }
    use_backend up if { path_beg /up }
    default_backend any
backend any
    server a ${A}
backend one
    server o ${A} maxconn 1
backend hole
    server h ${HOLE}
backend down
    server d ${A} on-marked-down shutdown-sessions
backend up
    server main ${A} on-marked-up shutdown-backup-sessions
    server spare ${B} backup
listen tcp
    mode tcp
    option tcplog
    bind \"127.0.10.1:${F2}\"
    server e ${ECHO}
listen tcpdown
    mode tcp
    option tcplog
    bind \"127.0.10.1:${F3}\"
    server e ${ECHO} on-marked-down shutdown-sessions
listen tcpup
    mode tcp
    option tcplog
    bind \"127.0.10.1:${F4}\"
    server main ${ECHO} on-marked-up shutdown-backup-sessions
    server spare ${ECHO} backup
";

/// One session and its end.
struct Deed {
    id: &'static str,
    front: usize,
    /// What the client sends; `|` ends a line.
    sends: &'static str,
    /// Another client that sends this before, and stays.
    beside: &'static str,
    /// Bytes that have to come before.
    takes: usize,
    /// What its line in `show sess` holds then.
    stands: &'static str,
    /// Commands before it comes, those that end it (`ID` is its id), those that mend what they did.
    before: &'static [&'static str],
    ends: &'static [&'static str],
    after: &'static [&'static str],
    flags: &'static str,
}

const PLAIN: Deed = Deed {
    id: "",
    front: 1,
    sends: "",
    beside: "",
    takes: 0,
    stands: "srv=",
    before: &[],
    ends: &["shutdown session ID"],
    after: &[],
    flags: "",
};

const SLOW: &str = "X-Do: slow/9000||";
const HALF: &str = "X-Do: slowbody/9000||";

fn deeds() -> Vec<Deed> {
    let http = |id, path: &'static str, flags| Deed { id, sends: path, flags, ..PLAIN };
    let waits = "an=1400000h";
    let passes = "an=4000000h";
    let server = &["shutdown sessions server any/a"];
    let down = &["set server down/d state maint"];
    let ready = &["set server down/d state ready"];
    let spare = &["set server up/main state maint"];
    let main = &["set server up/main state ready"];
    vec![
        Deed { stands: waits, ..http("KH", "GET / HTTP/1.1|Host: a|SLOW", " KH-- ") },
        Deed { stands: passes, takes: 30, ..http("KD", "GET / HTTP/1.1|Host: a|HALF", " KD-- ") },
        Deed { stands: "scb=[5,", ..http("K-connect", "GET /hole HTTP/1.1|Host: a||", " K--- ") },
        Deed {
            beside: "GET /one HTTP/1.1|Host: a|SLOW",
            stands: "scb=[2,",
            ..http("KQ", "GET /one HTTP/1.1|Host: a||", " KQ-- ")
        },
        Deed { stands: "an=200h", ..http("KT", "GET /tarpit HTTP/1.1|Host: a||", " KT-- ") },
        Deed { id: "K-tcp", front: 2, sends: "hello", takes: 5, stands: "scb=[8,", flags: " K- ", ..PLAIN },
        Deed { stands: waits, ends: server, ..http("KH-server", "GET / HTTP/1.1|Host: a|SLOW", " KH-- ") },
        Deed {
            stands: passes,
            takes: 30,
            ends: server,
            ..http("KD-server", "GET / HTTP/1.1|Host: a|HALF", " KD-- ")
        },
        Deed {
            id: "K-tcp-server",
            front: 2,
            sends: "hello",
            takes: 5,
            stands: "scb=[8,",
            ends: &["shutdown sessions server tcp/e"],
            flags: " K- ",
            ..PLAIN
        },
        Deed {
            stands: waits,
            ends: down,
            after: ready,
            ..http("DH", "GET /down HTTP/1.1|Host: a|SLOW", " DH-- ")
        },
        Deed {
            stands: passes,
            takes: 30,
            ends: down,
            after: ready,
            ..http("DD", "GET /down HTTP/1.1|Host: a|HALF", " DD-- ")
        },
        Deed {
            id: "D-tcp",
            front: 3,
            sends: "hello",
            takes: 5,
            stands: "scb=[8,",
            ends: &["set server tcpdown/e state maint"],
            flags: " D- ",
            ..PLAIN
        },
        Deed {
            stands: waits,
            before: spare,
            ends: main,
            ..http("UH", "GET /up HTTP/1.1|Host: a|SLOW", " UH-- ")
        },
        Deed {
            stands: passes,
            takes: 30,
            before: spare,
            ends: main,
            ..http("UD", "GET /up HTTP/1.1|Host: a|HALF", " UD-- ")
        },
        Deed {
            id: "U-tcp",
            front: 4,
            sends: "hello",
            takes: 5,
            stands: "scb=[8,",
            before: &["set server tcpup/main state maint"],
            ends: &["set server tcpup/main state ready"],
            flags: " U- ",
            ..PLAIN
        },
    ]
}

fn spell(text: &str) -> Vec<u8> {
    text.replace("SLOW", SLOW).replace("HALF", HALF).replace('|', "\r\n").into_bytes()
}

fn open(stage: &Stage, front: usize, sends: &str) -> TcpStream {
    let mut stream = client::connect(stage.ground.front(front), common::CLIENT).expect("connect");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    stream.write_all(&spell(sends)).expect("send");
    stream
}

/// The session's id, once it stands so.
fn stands(stage: &Path, stream: &TcpStream, so: &str) -> String {
    let mine = format!(" src={} ", stream.local_addr().expect("bound"));
    let mut id = None;
    let mut last = String::new();
    let found = eventually(|| {
        last = socket::ask(stage, "show sess");
        let line = last.lines().find(|l| l.contains(&mine) && l.contains(so));
        id = line.and_then(|l| l.split(':').next()).map(str::to_owned);
        id.is_some()
    });
    assert!(found, "no{mine}with {so:?} in {last}");
    id.expect("found")
}

/// What is written about a session when it is ended so.
fn written(stage: &Stage, stats: &Path, deed: &Deed) -> Line {
    let say = |command: &str| {
        let answer = socket::ask(stats, command);
        assert_eq!(answer.trim(), "", "{}: {command}", deed.id);
    };
    deed.before.iter().for_each(|command| say(command));
    let beside = (!deed.beside.is_empty()).then(|| open(stage, deed.front, deed.beside));
    if let Some(beside) = &beside {
        stands(stats, beside, "an=1400000h");
    }
    let mut stream = open(stage, deed.front, deed.sends);
    stream.read_exact(&mut vec![0; deed.takes]).expect("the answer's begin");
    let id = stands(stats, &stream, deed.stands);
    deed.ends.iter().for_each(|command| say(&command.replace("ID", &id)));
    let port = format!(":{} ", stream.local_addr().expect("bound").port());
    let end = Instant::now() + PATIENCE;
    let line = loop {
        let raw = stage.log.next(Duration::from_millis(50));
        if let Some(raw) = raw.filter(|raw| common::text(raw).contains(&port)) {
            break raw;
        }
        // haproxy writes of a session in the queue, and of one that is kept waiting, when its time is over.
        assert!(Instant::now() < end, "{}: nothing is written", deed.id);
    };
    let _ = stream.shutdown(Shutdown::Both);
    deed.after.iter().for_each(|command| say(command));
    if let Some(beside) = beside {
        // It ends before the next deed, so that the counts of sessions are the same.
        let gone = format!(" src={} ", beside.local_addr().expect("bound"));
        socket::ask(stats, "shutdown sessions server one/o");
        drop(beside);
        assert!(eventually(|| !socket::ask(stats, "show sess").contains(&gone)), "{}", deed.id);
    }
    Line::new(&line, &stage.ground.masks())
}

fn stage(program: Program, config: &'static str, fronts: usize) -> (Stage, PathBuf, PathBuf) {
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let n = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("operator-{}-{n}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory");
    let case = Case { config, fronts, rows: Vec::new() };
    let stage = Stage::start_in(program, &case, &dir);
    let stats = dir.join("stats");
    (stage, stats, dir)
}

fn story(program: Program) -> Vec<(Deed, Line)> {
    let (stage, stats, dir) = stage(program, CONFIG, 4);
    let lines = deeds().into_iter().map(|deed| {
        let line = written(&stage, &stats, &deed);
        (deed, line)
    });
    let lines = lines.collect();
    drop(stage);
    let _ = std::fs::remove_dir_all(dir);
    lines
}

/// The counts of connections and of the queue: how many others are still closing is a matter of the moment.
fn uncounted(line: &Line) -> String {
    let counts = regex::Regex::new(r"\d+/\d+/\d+/\d+/(\d+) \d+/\d+").expect("good");
    counts.replace(&line.masked(), "COUNTS/$1").into_owned()
}

#[test]
fn sessions_that_are_ended_are_written_down_as_haproxy_writes_them() {
    let wanted = story(Program::Haproxy);
    for io in [Io::Epoll, Io::Uring] {
        for ((deed, theirs), (_, ours)) in wanted.iter().zip(story(Program::Ringmain(io))) {
            assert!(theirs.text.contains(deed.flags), "{}: {}", deed.id, theirs.text);
            // How long it took to end them is not the programs' doing.
            assert_eq!(
                uncounted(&ours),
                uncounted(theirs),
                "{io:?}, {}:\n{}\n{}",
                deed.id,
                ours.text,
                theirs.text
            );
        }
    }
}
