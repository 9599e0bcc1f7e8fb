//! The master's socket (`-S`) beside haproxy: prefixes, prompts, chains, payloads, levels, and several clients at once.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::common::ground::{Ground, file, scratch};
use crate::common::proxy::{Program, Proxy};
use crate::common::{PATIENCE, eventually};
use crate::{BOTH, DEFAULTS, answers, ask, same_answers, socket_path, tell};

/// What is sent over one connection each, which then is closed on our side.
const SCRIPTS: &[&str] = &[
    "show version\n",
    "show version;show version\n",
    "show version\nshow version\n",
    "@1 show version\n",
    "@1 show version;show version\nshow version\n",
    "@1;show cli level;show version;@;show cli level\n",
    "@1\nshow version\nshow version\n",
    "@1\n",
    "@master show version\n",
    "@ show version\n",
    "@9 show info\n",
    "@!99999999 show info\n",
    "@x\n",
    "@!x show info\n",
    "@1show version\n",
    "@1@1 show version\n",
    "quit\n",
    "quit;show version\n",
    "show cli level\n",
    "show cli sockets\n",
    "show proc\n",
    "show proc x\n",
    "help quit\n",
    "help prompt\n",
    "help show proc\n",
    "help reload\n",
    "show prox\n",
    "@1 help quit\n",
    "@1 quit;show version\n",
    "@1 prompt\n",
    "prompt\nshow proc\nquit\n",
    "prompt\nquit\n",
    "prompt;show version\nshow version;show version\n",
    "prompt\n@1\nshow cli level\n@\nquit\n",
    "prompt\n@1 show cli level; show version\n@master show version\nquit\n",
    "prompt\n@1 quit\n@1\nshow version\nquit\n",
    "prompt\n@1 prompt\nquit\n",
    "prompt\nprompt\nshow version\n",
    "prompt\n@1\nprompt\nshow version\n",
    "prompt\nexpert-mode on\nexperimental-mode on\n@1\nexpert-mode\nexperimental-mode x\nquit\n",
    "expert-mode\n",
    "expert-mode on;@1 show version\n",
    "experimental-mode on;@1 experimental-mode\n",
    "operator;show cli level;@1 show cli level\n",
    "operator;@1 set map MAP k x\n",
    "operator;@1 disable frontend site\n",
    "user;@1 show cli level;@1 show env HOME\n",
    "user;show proc\n",
    "prompt;user\nshow cli level\nuser\n@1 show cli level\nquit\n",
    "@1 add map MAP <<\nq vv\n\n",
    "@1 add map MAP <<\nr vv\n\nshow version\n",
    "prompt\n@1 add map MAP <<\nq2 vv\nq3 ww\n\nquit\n",
    "show version;@1 add map MAP <<\ns a b\n\nshow version\n",
    "@1 get map MAP q;@1 get map MAP q3;@1 get map MAP s\n",
    "@1 add map MAP a\\;b c;@1 get map MAP a\\;b\n",
    "@1 get var proc.s\n",
    "@1\nget var proc.s\nshow cli level;get var proc.s\n",
    "@1 set severity-output number;@1 get weight x\n",
];

/// A master with a worker; killed with its worker when dropped.
struct Stage {
    ground: Ground,
    proxy: Proxy,
    socket: PathBuf,
    map: PathBuf,
    config: PathBuf,
}

impl Stage {
    fn new(program: Program, options: &str) -> Stage {
        let (ground, socket, map) = (Ground::new(), socket_path(), scratch("map", "k v\n"));
        let config = file(&format!(
            "global\n    nbthread 1\n    set-var proc.s str(hello)\n{DEFAULTS}frontend site
    bind \"127.0.10.1:${{F1}}\"
    http-request set-header x %[path,map({})]
",
            map.display()
        ));
        let at = format!("{}{options}", socket.display());
        let proxy =
            Proxy::start_with(program, &config, &ground.env, &["-W", "-db", "-S", &at], &[ground.front(1)]);
        // HAProxy's master begins anew once its worker runs.
        assert!(eventually(|| answers(&socket)), "{}: {}", program.name(), proxy.errors());
        Stage { ground, proxy, socket, map, config }
    }

    /// The process of the present worker.
    fn worker(&self) -> String {
        let listed = ask(&self.socket, "show proc");
        let line = listed.lines().skip_while(|l| *l != "# workers").nth(1).unwrap_or_default();
        line.split_ascii_whitespace().next().unwrap_or_default().to_owned()
    }

    /// An answer in which processes, versions and times have names.
    fn named(&self, answer: &str, worker: &str) -> String {
        let version = ask(&self.socket, "show version");
        let named = answer
            .replace(version.trim(), "VERSION")
            .replace(worker, "WORKER")
            .replace(&self.proxy.pid().to_string(), "MASTER");
        let word = |word: &str| match word.starts_with("0d00h") {
            true => "UPTIME".to_owned(),
            false => word.to_owned(),
        };
        // Columns are as wide as what stands there.
        let line = |l: &str| match l.contains("0d00h") {
            true => l.split_ascii_whitespace().map(word).collect::<Vec<_>>().join(" "),
            false => l.to_owned(),
        };
        named.split('\n').map(line).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // The worker ends with its master.
        self.proxy.signal(nix::sys::signal::Signal::SIGTERM);
        let _ = self.proxy.wait(PATIENCE);
        for path in [&self.socket, &self.map, &self.config] {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn heard(program: Program) -> Vec<String> {
    let stage = Stage::new(program, "");
    let worker = stage.worker();
    let map = stage.map.display().to_string();
    SCRIPTS.iter().map(|s| stage.named(&tell(&stage.socket, &s.replace("MAP", &map)), &worker)).collect()
}

#[test]
fn the_master_answers_as_haproxys() {
    same_answers(SCRIPTS, heard);
}

/// What `level` behind the address allows holds at the master and at its worker.
#[test]
fn the_sockets_level_holds_everywhere() {
    let lines = ["show cli level", "@1 show cli level", "reload", "@1 clear counters all"];
    let heard = |program: Program| -> Vec<String> {
        let stage = Stage::new(program, ",level,user,mode,600");
        lines.iter().map(|l| tell(&stage.socket, &format!("{l}\n"))).collect()
    };
    let wanted = heard(Program::Haproxy);
    for program in BOTH {
        assert_eq!(heard(program), wanted, "{}", program.name());
    }
}

fn connect(socket: &Path) -> UnixStream {
    let stream = UnixStream::connect(socket).expect("the master's socket");
    stream.set_read_timeout(Some(PATIENCE)).expect("timeout");
    stream
}

/// Reads until the text ends so.
fn read_to(stream: &mut UnixStream, end: &str) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(end.as_bytes()) {
        match stream.read(&mut byte) {
            Ok(1) => text.push(byte[0]),
            other => panic!("{other:?} behind {:?}, not {end:?}", String::from_utf8_lossy(&text)),
        }
    }
    String::from_utf8(text).expect("text")
}

/// Who says nothing, or waits for a worker, holds up nobody; an interactive connection outlives a reload of another's.
#[test]
fn clients_do_not_wait_for_each_other() {
    for program in BOTH {
        let stage = Stage::new(program, "");
        let (mut silent, mut waiting, mut steady) =
            (connect(&stage.socket), connect(&stage.socket), connect(&stage.socket));
        silent.write_all(b"show vers").expect("half a line");
        waiting.write_all(b"@1 wait 600s\n").expect("a long wait");
        steady.write_all(b"prompt\n").expect("prompt");
        assert_eq!(read_to(&mut steady, "> "), "master> ");
        let old = stage.worker();
        let said = ask(&stage.socket, "reload");
        assert!(said.starts_with("Success=1\n--\n") && said.contains("New worker ("), "{said}");
        assert_ne!(stage.worker(), old, "{}", program.name());
        silent.write_all(b"ion\n").expect("the other half");
        assert_eq!(read_to(&mut silent, "\n\n"), ask(&stage.socket, "show version"));
        steady.write_all(b"@1\n").expect("switch");
        assert_eq!(read_to(&mut steady, "> "), format!("{}> ", stage.worker()));
        steady.write_all(b"@9 show info\nshow cli level\n").expect("a wrong prefix");
        let said = read_to(&mut steady, "admin\n\n");
        assert!(said.starts_with("Can't find the target PID matching the prefix '@9'\n"), "{said}");
        // The connection that reloads ends.
        let mut reloads = connect(&stage.socket);
        reloads.write_all(b"prompt\nreload\nshow version\n").expect("reload");
        let mut rest = String::new();
        reloads.read_to_string(&mut rest).expect("the end");
        assert!(rest.contains("Success=1\n") && !rest.contains(env!("CARGO_PKG_VERSION")), "{rest}");
        assert!(ask(&stage.socket, "show startup-logs").contains("Loading success."));
    }
}

/// A reload that fails shows in the prompt; one that stops the old worker at once leaves none.
#[test]
fn reloads_fail_and_are_hard() {
    for program in BOTH {
        let stage = Stage::new(program, "");
        let good = std::fs::read_to_string(&stage.config).expect("the file");
        std::fs::write(&stage.config, "nonsense\n").expect("a bad file");
        let said = ask(&stage.socket, "reload");
        assert!(said.starts_with("Success=0\n--\n"), "{said}");
        assert!(said.contains("unknown keyword 'nonsense'"), "what is wrong with the file: {said}");
        assert!(ask(&stage.socket, "show startup-logs").contains("'nonsense'"));
        assert_eq!(tell(&stage.socket, "prompt\n"), "master[ReloadFailed]> ", "{}", program.name());
        std::fs::write(&stage.config, good).expect("a good file");
        // Something that a soft stop would wait for.
        let mut held = std::net::TcpStream::connect(stage.ground.front(1)).expect("connect");
        held.write_all(b"GET / HTTP/1.1\r\n").expect("half a request");
        assert!(ask(&stage.socket, "hard-reload").starts_with("Success=1\n"));
        assert_eq!(tell(&stage.socket, "prompt\n"), "master> ", "{}", program.name());
        let alone = || !ask(&stage.socket, "show proc").contains("# old workers");
        assert!(eventually(alone), "{}", ask(&stage.socket, "show proc"));
    }
}

/// `@@1` (3.x): the worker itself talks, until it or the client ends.
#[test]
fn a_direct_connection_is_the_workers() {
    for program in BOTH {
        let stage = Stage::new(program, "");
        let mut stream = connect(&stage.socket);
        stream.write_all(b"prompt\n@@1\n").expect("switch");
        assert_eq!(read_to(&mut stream, "> > "), "master> > ");
        stream.write_all(b"get var proc.s\n").expect("ask");
        assert_eq!(read_to(&mut stream, "> "), "proc.s: type=str value=<hello>\n> ");
        stream.write_all(b"quit\n").expect("leave");
        assert_eq!(read_to(&mut stream, "> "), "master> ");
        stream.write_all(b"quit\n").expect("leave");
        let mut rest = String::new();
        stream.read_to_string(&mut rest).expect("the end");
        assert_eq!(rest, "master> ");
        // Without a prompt, and with a command at once.
        let mut stream = connect(&stage.socket);
        stream.write_all(b"@@1 show cli level\n").expect("ask");
        assert_eq!(read_to(&mut stream, "\n\n"), "admin\n\n");
        stream.set_read_timeout(Some(Duration::from_millis(50))).expect("timeout");
        assert!(stream.read(&mut [0]).is_err(), "it stays open");
    }
}

/// A worker's socket has a name that everybody on the host may find out: who does not come from the master gets nothing.
#[test]
fn nobody_else_commands_a_worker() {
    use std::os::linux::net::SocketAddrExt;
    for program in BOTH {
        let stage = Stage::new(program, "");
        let name = format!("ringmain-worker-{}-0", stage.proxy.pid());
        let addr = std::os::unix::net::SocketAddr::from_abstract_name(name).expect("a name");
        for line in ["show info\n", "_getsocks\n", "00000000000000000000000000000000\nshow info\n", "\n"] {
            let mut stream = UnixStream::connect_addr(&addr).expect("the worker's socket");
            stream.set_read_timeout(Some(PATIENCE)).expect("timeout");
            stream.write_all(line.as_bytes()).expect("ask");
            let mut answer = Vec::new();
            // What was not read makes a reset of the end.
            let _ = stream.read_to_end(&mut answer);
            assert!(answer.is_empty(), "{}: {line:?}: {}", program.name(), String::from_utf8_lossy(&answer));
        }
        assert!(ask(&stage.socket, "@1 show info").contains("Name: "), "its master is heard");
    }
}
