//! `ringmain demo`: three origins, a configuration and a small load in one process, to see Ringmain work in a minute.
mod load;
mod origin;

use crate::base::ids::ListenerId;
use crate::config::Options;
use crate::net::IoMode;
use crate::plan::Plan;
use crate::shard::{self, ShardConfig, ShardHandle};
use crate::share::Shared;
use crate::syntax::{Env, render};
use crate::world::{Published, World};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, IsTerminal, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

const USAGE: &str = "usage: ringmain demo [--port PORT (8080)] [--seconds N (until Ctrl-C)]";
const DEFAULT_PORT: u16 = 8_080;
const THREADS: usize = 2;

struct Args {
    port: u16,
    seconds: Option<u64>,
}

fn parse(words: &[String]) -> Result<Args, String> {
    let mut args = Args { port: DEFAULT_PORT, seconds: None };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut number = |what: &str| {
            let text = words.next().ok_or_else(|| format!("{word} wants {what}"))?;
            text.parse::<u64>().map_err(|_| format!("{word} wants {what}, not '{text}'"))
        };
        match word.as_str() {
            "--port" => {
                args.port =
                    u16::try_from(number("a port")?).map_err(|_| "a port is at most 65535".to_owned())?;
            }
            "--seconds" => args.seconds = Some(number("a number of seconds")?),
            other => return Err(format!("unknown option '{other}'")),
        }
    }
    Ok(args)
}

/// Runs the command. `args` are the words behind `demo`.
#[must_use]
pub fn main(args: &[String]) -> ExitCode {
    let args = match parse(args) {
        Ok(args) => args,
        Err(e) => {
            eprintln!("ringmain demo: {e}\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("ringmain demo: {e}");
            ExitCode::FAILURE
        }
    }
}

/// The configuration of the demonstration.
fn config(port: u16, origins: &[SocketAddr]) -> String {
    let mut text = format!(
        "global
    maxconn 1000
    nbthread {THREADS}
defaults
    mode http
    timeout connect 1s
    timeout client 30s
    timeout server 30s
    option forwardfor
frontend demo
    bind 127.0.0.1:{port}
    monitor-uri /health
    acl api path_beg /api
    http-request deny deny_status 403 if {{ path_beg /secret }}
    redirect location / if {{ path /old }}
    use_backend api if api
    default_backend pages
backend pages
    balance roundrobin
"
    );
    for (i, addr) in origins[..2].iter().enumerate() {
        text.push_str(&format!("    server page{} {addr} weight {}\n", i + 1, if i == 0 { 1 } else { 3 }));
    }
    text.push_str(&format!("backend api\n    server api1 {}\n", origins[2]));
    text
}

fn run(args: &Args) -> Result<(), String> {
    // Before the first thread, so that all of them have the signals blocked.
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGINT);
    signals.add(Signal::SIGTERM);
    signals.thread_block().map_err(|e| format!("signals: {e}"))?;
    let interrupt = SignalFd::with_flags(&signals, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
        .map_err(|e| format!("signals: {e}"))?;

    let origins = ["page1", "page2", "api1"].map(origin::start);
    let origins = origins.into_iter().collect::<io::Result<Vec<_>>>().map_err(|e| format!("origins: {e}"))?;
    let text = config(args.port, &origins);
    let files = [("demo", text.as_bytes())];
    let (plan, diags, map) = crate::config::build_texts(&files, &Env::from_process(), &Options::default());
    let plan = plan.ok_or_else(|| {
        let said = diags.list.iter().map(|d| render(d, &map, std::process::id()));
        format!("the embedded configuration is refused:\n{}", said.collect::<String>())
    })?;
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let shards = start(plan, listen)?;

    println!("The configuration of this demonstration:\n\n{text}");
    println!("Pages, through Ringmain ({}, {THREADS} threads):", io_name());
    for (path, what) in [
        ("/", "two origins, 1:3 by weight"),
        ("/api/status", "the third origin"),
        ("/old", "a redirect"),
        ("/secret", "denied: 403"),
        ("/health", "answered by Ringmain itself"),
    ] {
        println!("  http://{listen}{path:<13} {what}");
    }
    println!("\nA load of {} requests a second runs beside you. Ctrl-C ends it.\n", load::RATE);
    io::stdout().flush().map_err(|e| e.to_string())?;

    let load = load::start(listen);
    watch(&load, &interrupt, args.seconds.map(Duration::from_secs));
    for shard in &shards {
        shard.hard_stop();
    }
    println!("\n{}", load.summary());
    Ok(())
}

fn io_name() -> &'static str {
    if crate::net::ring::probe().is_ok() { "io_uring" } else { "epoll" }
}

/// Binds and starts the shards.
fn start(plan: Plan, listen: SocketAddr) -> Result<Vec<ShardHandle>, String> {
    let plan = Arc::new(plan);
    let shared =
        Arc::new(Shared::new(THREADS, plan.frontends.len(), plan.backends.len(), plan.servers.len()));
    let published = Arc::new(Published::new(World::new(plan)));
    let (tell, hear) = mpsc::channel();
    for index in 0..THREADS {
        let socket = bind(listen).map_err(|e| format!("cannot listen on {listen}: {e}; try --port N"))?;
        let config = ShardConfig {
            index,
            io: IoMode::Auto,
            listeners: vec![(ListenerId(0), socket)],
            published: published.clone(),
            shared: shared.clone(),
        };
        let tell = tell.clone();
        std::thread::spawn(move || {
            if let Err(e) = shard::run(config, |handle| drop(tell.send(Ok(handle)))) {
                eprintln!("ringmain demo: thread {index}: {e}");
            }
        });
    }
    drop(tell);
    (0..THREADS).map(|_| hear.recv().unwrap_or_else(|_| Err("a thread did not start".to_owned()))).collect()
}

fn bind(addr: SocketAddr) -> io::Result<OwnedFd> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM.cloexec(), Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.bind(&addr.into())?;
    socket.listen(1_024)?;
    Ok(socket.into())
}

/// Shows a line a second until a signal comes or the time is up.
fn watch(load: &load::Load, interrupt: &SignalFd, limit: Option<Duration>) {
    let began = Instant::now();
    let live = io::stdout().is_terminal();
    loop {
        let next = Duration::from_secs(began.elapsed().as_secs() + 1).min(limit.unwrap_or(Duration::MAX));
        // A millisecond more, so that the second is over when it is told.
        let wait = next.saturating_sub(began.elapsed()).as_millis() + 1;
        let timeout = PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX);
        let mut fds = [PollFd::new(interrupt.as_fd(), PollFlags::POLLIN)];
        let signalled = poll(&mut fds, timeout).is_ok_and(|n| n > 0);
        let line = load.line();
        if live {
            print!("\r\x1b[K{line}");
            let _ = io::stdout().flush();
        } else {
            println!("{line}");
        }
        if signalled || limit.is_some_and(|l| began.elapsed() >= l) {
            return;
        }
    }
}
