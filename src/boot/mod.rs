//! Birth of the process: command line → Plan → limits → sockets → forks → shards → control.
//!
//! The order matters: all addresses are bound before anything is accepted, files are opened before privileges go, and no
//! thread exists before the last fork.
mod args;
mod bind;
mod bind_unix;
mod host;
mod limits;
mod load;
mod master;
mod old_sockets;
mod process;
mod threads;
mod version;

use crate::base::time::Tick;
use crate::control::cli::Socket;
use crate::control::{Control, Facts, Kept, Running, say};
use crate::health;
use crate::net::IoMode;
use crate::observe;
use crate::plan::{Plan, StatsFile};
use crate::share::Shared;
use crate::syntax::cond::{self, Facts as CondFacts};
use crate::syntax::{Env, Severity};
use crate::vocab::command::Level;
use crate::world::{Published, World};
use args::{Args, Asked};
use bind::{Binder, Bound};
use limits::Limits;
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use old_sockets::OldSockets;
use process::{Ready, Side};
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Why the process ends now: its exit code. What there was to say has been said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub u8);

/// An alert and exit 1.
fn refuse(text: impl std::fmt::Display) -> Exit {
    say::alert(text);
    Exit(1)
}

/// Runs the program.
#[must_use]
pub fn main(argv: Vec<OsString>) -> ExitCode {
    let end = match args::parse(&argv) {
        Asked::Run(args) => run(&args),
        Asked::Version { full } => version(full),
        Asked::Usage(alerts) => {
            alerts.iter().for_each(say::alert);
            usage(&argv)
        }
        Asked::Refused(text) => Err(refuse(text)),
    };
    ExitCode::from(end.map_or_else(|exit| exit.0, |()| 0))
}

fn usage(argv: &[OsString]) -> Result<(), Exit> {
    let program = argv.first().map_or("ringmain".into(), |p| p.to_string_lossy());
    eprint!("{}", version::usage(&program));
    Err(Exit(1))
}

fn version(full: bool) -> Result<(), Exit> {
    if full {
        print!("{}", version::full(io_mode(false)?, threads::available()));
    } else {
        print!("{}", version::short());
    }
    Ok(())
}

fn run(args: &Args) -> Result<(), Exit> {
    process::block_only(&process::worker_signals());
    args.warnings.iter().for_each(say::warning);
    say::set_quiet(args.quiet && !args.verbose);
    if let Some(dir) = &args.directory {
        std::env::set_current_dir(dir).map_err(|e| {
            refuse(format!("Could not change to directory {} : {}", dir.display(), bind::reason(&e)))
        })?;
    }
    let io_mode = io_mode(args.no_epoll)?;
    if let Some(condition) = &args.condition {
        return check_condition(condition);
    }
    if args.files.is_empty() {
        return usage(&[args.program.clone().into()]);
    }
    let (plan, warned) = load::load(args)?;
    say::set_quiet((args.quiet || plan.global.quiet) && !args.verbose);
    lists(args);
    if args.check {
        return checked(&plan, warned);
    }
    if args.debug {
        say::warning(
            "option '-d': the process stays in the foreground, but traffic is not shown in this version.",
        );
    }
    start(args, plan, io_mode)
}

/// Which engine `RINGMAIN_IO` asks for.
fn io_mode(no_epoll: bool) -> Result<IoMode, Exit> {
    let wanted = std::env::var("RINGMAIN_IO").unwrap_or_default();
    match (wanted.as_str(), no_epoll) {
        ("" | "auto", false) => Ok(IoMode::Auto),
        ("" | "auto", true) | ("uring", _) => Ok(IoMode::Uring),
        ("epoll", false) => Ok(IoMode::Epoll),
        ("epoll", true) => Err(refuse("option '-de' forbids epoll, RINGMAIN_IO=epoll asks for it.")),
        _ => Err(refuse(format!("RINGMAIN_IO='{wanted}' : expects 'uring', 'epoll' or 'auto'."))),
    }
}

/// The engine that will run: `Auto` is decided once for all threads.
fn decide(wanted: IoMode) -> Result<IoMode, Exit> {
    match (wanted, crate::net::ring::probe()) {
        (IoMode::Epoll, _) => Ok(IoMode::Epoll),
        (_, Ok(())) => Ok(IoMode::Uring),
        (IoMode::Auto, Err(_)) => Ok(IoMode::Epoll),
        (IoMode::Uring, Err(why)) => Err(refuse(format!("io_uring was asked for but is not usable: {why}."))),
    }
}

/// `-cc`: 0 true, 1 false, 2 an error.
fn check_condition(text: &[u8]) -> Result<(), Exit> {
    let enabled: Vec<String> = cond::ENABLED.iter().map(|s| (*s).to_owned()).collect();
    let env = Env::from_process();
    match cond::evaluate_argument(text, &CondFacts { env: &env, enabled: &enabled }) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Exit(1)),
        Err(message) => {
            say::alert(format!("config : {message}"));
            Err(Exit(2))
        }
    }
}

/// What `-dL` and `-dc` ask for. The files stand alone on their lines also with `-q`, for programs that pack them.
fn lists(args: &Args) {
    if args.list_objects {
        if !say::is_quiet() {
            println!("List of loaded object files:");
        }
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
        let mut seen = std::collections::BTreeSet::new();
        let code = maps.lines().filter(|l| l.split(' ').nth(1).is_some_and(|may| may.contains('x')));
        for path in code.filter_map(|l| l.find('/').map(|at| &l[at..])) {
            if seen.insert(path) {
                println!("{path}");
            }
        }
    }
    if args.list_cpus {
        let mine = nix::sched::sched_getaffinity(Pid::from_raw(0)).unwrap_or_default();
        let there = std::fs::read_to_string("/sys/devices/system/cpu/online").unwrap_or_default();
        for cpu in cpus(&there) {
            let word = if mine.is_set(cpu).unwrap_or(false) { "keep" } else { "drop" };
            println!("[{word}] cpu={cpu:3}");
        }
    }
}

/// The numbers of a list as `0-3,7`.
fn cpus(list: &str) -> Vec<usize> {
    let range = |part: &str| {
        let (low, high) = part.split_once('-').unwrap_or((part, part));
        Some(low.parse().ok()?..=high.parse().ok()?)
    };
    list.trim().split(',').filter_map(range).flatten().collect()
}

/// What `-c` says about a file without errors.
fn checked(plan: &Plan, warned: bool) -> Result<(), Exit> {
    let say = |text: &str| {
        if !say::is_quiet() {
            println!("{text}");
        }
    };
    if warned {
        say("Warnings were found.");
    }
    if has_listener(plan) {
        say("Configuration file is valid");
        return Ok(());
    }
    say("Configuration file has no error but will not start (no listener) => exit(2).");
    Err(Exit(2))
}

fn has_listener(plan: &Plan) -> bool {
    !plan.global.stats_sockets.is_empty()
        || plan.listeners.iter().any(|l| !plan.frontend(l.frontend).disabled)
}

/// Limits, sockets, forks; then the worker.
fn start(args: &Args, plan: Plan, wanted: IoMode) -> Result<(), Exit> {
    if !(args.master_worker || plan.global.master_worker) {
        if !args.master_sockets.is_empty() {
            return Err(refuse("a master CLI socket ('-S') needs master-worker mode ('-W')."));
        }
        return serve(args, plan, wanted, None);
    }
    let pid_file = pid_file(args, &plan)?;
    if !is_daemon(args, &plan) {
        process::write_pid(pid_file, nix::unistd::getpid());
        return master::run(args, plan, wanted, None);
    }
    match daemonize(args)? {
        Daemon::Parent { child, waiting } => parent(args, child, waiting, pid_file),
        Daemon::Child(tell) => {
            drop(pid_file);
            master::run(args, plan, wanted, Some(tell))
        }
    }
}

fn is_daemon(args: &Args, plan: &Plan) -> bool {
    (args.daemon || plan.global.daemon) && !args.foreground
}

/// The pid file, opened while that is still allowed.
fn pid_file(args: &Args, plan: &Plan) -> Result<Option<std::fs::File>, Exit> {
    let path = args.pidfile.as_ref().or(plan.global.pidfile.as_ref());
    let open = |path| {
        process::pid_file(&args.program, path).map_err(|text| {
            process::tell(&args.old_pids, Signal::SIGTTIN);
            refuse(text)
        })
    };
    path.map(|path| open(path)).transpose()
}

/// The two sides of going into the background.
enum Daemon {
    Parent { child: Pid, waiting: process::Waiting },
    Child(Ready),
}

fn daemonize(args: &Args) -> Result<Daemon, Exit> {
    let cannot = |e| refuse(format!("[{}.main()] Cannot fork ({e}).", args.program));
    let (waiting, tell) = process::readiness().map_err(cannot)?;
    match process::fork().map_err(cannot)? {
        Side::Parent(child) => {
            tell.leave();
            Ok(Daemon::Parent { child, waiting })
        }
        Side::Child => {
            drop(waiting);
            process::new_session();
            Ok(Daemon::Child(tell))
        }
    }
}

/// Limits, sockets, forks; then the worker. Under a master it tells when it serves and answers to it.
fn serve(args: &Args, plan: Plan, wanted: IoMode, master: Option<master::Link>) -> Result<(), Exit> {
    let under_master = master.is_some();
    let daemon = is_daemon(args, &plan);
    let (mut ready, command, old) = match master {
        Some(link) => (Some(link.ready), link.command, link.old),
        None => (None, None, OldSockets::default()),
    };
    let io_mode = decide(wanted)?;
    process::keeps_privileges(&args.program, &plan).map_err(refuse)?;
    let shards = threads::count(&plan.global);
    let mut limits = Limits::compute(&plan, args, shards, limits::descriptors());
    limits.apply(&plan, args, shards).map_err(refuse)?;
    // What nobody asked for needs no warning.
    if let Some(wanted) = args.maxconn.or(plan.global.maxconn) {
        let wanted = u64::from(wanted.min(limits.effective));
        host::warnings(&plan, wanted, std::path::Path::new("/proc/sys")).iter().for_each(say::warning);
    }
    let bound = bind_all(args, &plan, shards, limits.effective, old)?;
    if daemon && !under_master {
        let pid_file = pid_file(args, &plan)?;
        match daemonize(args)? {
            Daemon::Parent { child, waiting } => return parent(args, child, waiting, pid_file),
            Daemon::Child(tell) => ready = Some(tell),
        }
    } else {
        process::tell(&args.old_pids, args.old_signal);
    }
    Worker { args, plan, io_mode, limits, bound, ready, daemon, command }.run()
}

/// The parent of a daemon waits until the daemon accepts, so that its exit code tells.
fn parent(
    args: &Args,
    child: Pid,
    waiting: process::Waiting,
    pid_file: Option<std::fs::File>,
) -> Result<(), Exit> {
    process::write_pid(pid_file, child);
    if waiting.wait() {
        process::tell(&args.old_pids, args.old_signal);
        return Ok(());
    }
    process::tell(&args.old_pids, Signal::SIGTTIN);
    Err(Exit(process::exit_code(child).max(1)))
}

/// How often a bind is tried while old processes let go, and how long between.
const BIND_RETRIES: u32 = 100;
const BIND_PAUSE: Duration = Duration::from_millis(10);

/// Binds everything, or says all that failed.
fn bind_all(args: &Args, plan: &Plan, shards: usize, maxconn: u32, old: OldSockets) -> Result<Bound, Exit> {
    let program = &args.program;
    let old = match &args.old_socket {
        Some(path) if path.as_os_str() != "/dev/null" => OldSockets::from_path(path)
            .map_err(|e| refuse(format!("Failed to get the sockets from the old process! ({e})")))?,
        _ => old,
    };
    let mut binder = Binder::new(plan, shards, !args.no_reuseport, maxconn, old);
    let mut failures = binder.try_all();
    let mut paused = false;
    for _ in 0..BIND_RETRIES {
        let may_leave = !failures.is_empty() && failures.iter().all(|f| f.retryable);
        if !may_leave || process::tell(&args.old_pids, Signal::SIGTTOU) == 0 {
            break;
        }
        paused = true;
        std::thread::sleep(BIND_PAUSE);
        failures = binder.try_all();
    }
    if !failures.is_empty() {
        failures.iter().for_each(|f| say::alert(&f.text));
        if paused {
            process::tell(&args.old_pids, Signal::SIGTTIN);
        }
        return Err(refuse(format!(
            "[{program}.main()] Some protocols failed to start their listeners! Exiting."
        )));
    }
    if !has_listener(plan) {
        return Err(refuse(format!(
            "[{program}.main()] No enabled listener found (check for 'bind' directives) ! Exiting."
        )));
    }
    let bound = binder.finish().map_err(|e| refuse(format!("[{program}.main()] {e}")))?;
    bound.warnings.iter().for_each(say::warning);
    Ok(bound)
}

/// The process that serves.
struct Worker<'a> {
    args: &'a Args,
    plan: Plan,
    io_mode: IoMode,
    limits: Limits,
    bound: Bound,
    ready: Option<Ready>,
    /// Nobody looks at its standard streams any more.
    daemon: bool,
    /// Where the master's commands come in, and what it knows.
    command: Option<(OwnedFd, u128)>,
}

impl Worker<'_> {
    /// Gives up privileges, starts the shards and runs control until the end.
    fn run(mut self) -> Result<(), Exit> {
        let (program, global) = (&self.args.program, &self.plan.global);
        // The zone's file cannot be read behind `chroot`.
        let _ = crate::base::zone::offset(0);
        let mirrors = crate::logs::mirror::open(&self.plan).map_err(|e| refuse(format!("config : {e}")))?;
        process::confine(program, global).map_err(refuse)?;
        process::set_identity(program, global).map_err(refuse)?;
        let plan = Arc::new(self.plan);
        let shared = Shared::new(
            self.bound.shards.len(),
            plan.frontends.len(),
            plan.backends.len(),
            plan.servers.len(),
        );
        let counted = plan.listeners.iter().any(|l| l.counted).then_some(plan.listeners.len());
        let shared = shared
            .with_counted_listeners(counted.unwrap_or(0))
            .with_listeners(plan.listeners.iter().map(|l| l.maxconn.unwrap_or(0)))
            .with_tables(plan.tables.iter().map(|t| t.spec.clone()))
            .with_values(plan.global.values.clone())
            .with_rings(plan.rings.iter().map(|r| (r.size, r.servers.len())));
        if let Some(StatsFile { path, text: Some(text) }) = &plan.global.stats_file {
            for warning in observe::stats_file::load(&path.display().to_string(), text, &plan, &shared) {
                say::message(Severity::Warning, warning);
            }
        }
        let shared = Arc::new(shared);
        shared.desk.open();
        self.limits.set_gates(&plan, self.args, &shared);
        let published = Arc::new(Published::new(World::new(plan.clone())));
        health::init(&published.load(), &shared, Tick::monotonic());
        for message in health::restore(&published, &shared, Tick::monotonic()) {
            say::message(message.severity, format!("config : {}", message.text));
        }
        let cannot = |what: &str| refuse(format!("[{program}.main()] {what}"));
        let control = Control::new(self.io_mode).map_err(|e| cannot(&format!("no I/O engine: {e}")))?;
        let shards = threads::spawn(
            self.io_mode,
            &plan.global,
            &mut self.bound,
            &published,
            &shared,
            &control.ended(),
        )
        .map_err(|e| cannot(&e))?;
        say::started();
        if self.daemon || say::is_quiet() {
            process::quiet_streams();
            say::set_quiet(true);
        }
        if let Some(ready) = self.ready {
            ready.tell();
        }
        let kept = self.bound.kept.into_iter().map(|k| Kept { id: k.id, fd: k.fd }).collect();
        let facts = Facts {
            maxconn: self.limits.effective,
            ulimit_n: self.limits.descriptors,
            started: SystemTime::now(),
        };
        let signals = process::worker_signals();
        let level = |s: &crate::plan::StatsSocket| match s.level {
            0 => Level::User,
            1 => Level::Operator,
            _ => Level::Admin,
        };
        let masters = self.command.map(|(fd, secret)| Socket {
            fd,
            level: Level::Admin,
            gives_listeners: true,
            severity: Default::default(),
            secret: Some(secret),
        });
        let own = self.bound.stats.into_iter().zip(&plan.global.stats_sockets);
        let own = own.map(|(fd, s)| Socket {
            fd,
            level: level(s),
            gives_listeners: s.expose_fd_listeners,
            severity: s.severity,
            secret: None,
        });
        let sockets = own.chain(masters).collect();
        control
            .run(Running { published, shared, shards, kept, facts, sockets, mirrors, signals })
            .map_err(|e| refuse(format!("[{program}.main()] cannot read signals: {e}")))
    }
}
