//! One run of one scenario against one target: processes up, load in steps, figures, processes down.

use crate::class::{Cage, Class};
use crate::hist::Latencies;
use crate::procfs::{self, Cpu};
use crate::scenario::{Front, Plan, Step};
use crate::stats;
use crate::sys;
use crate::target::{Launch, Target};
use crate::wire::{ClientSpec, Phase, PhaseResult, Said};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// What all runs share.
pub struct Bench {
    pub exe: PathBuf,
    pub proxy_cores: Vec<usize>,
    pub load_cores: Vec<usize>,
    pub descriptors: u64,
    pub threads: usize,
    pub dir: PathBuf,
    pub class: Option<Class>,
}

/// What the load is aimed at.
pub enum Aim<'a> {
    Target(&'a dyn Target),
    /// A service that runs already; `pids` are its processes, if they are here.
    Address {
        to: SocketAddrV4,
        host: String,
        pids: Vec<u32>,
    },
}

#[derive(Debug)]
pub enum Stop {
    Interrupted,
    Failed(String),
}

impl From<String> for Stop {
    fn from(text: String) -> Self {
        Self::Failed(text)
    }
}

/// The figures of a step in one run.
#[derive(Debug, Default)]
pub struct StepRun {
    pub label: String,
    pub rate: f64,
    pub values: BTreeMap<&'static str, f64>,
    pub latencies: Latencies,
    pub errors: BTreeMap<String, u64>,
    /// Per cent of a core, and answers (or megabytes) a second, by seconds since the step's measured time began.
    pub cpu: Vec<(f64, f64)>,
    pub flow: Vec<(f64, f64)>,
}

#[derive(Debug, Default)]
pub struct Run {
    pub steps: Vec<StepRun>,
    pub values: BTreeMap<&'static str, f64>,
    pub errors: BTreeMap<String, u64>,
    pub notes: Vec<String>,
    /// How R@1 % was read off.
    pub how: Option<String>,
    pub proxies: usize,
    pub clients: usize,
}

/// A child that ends with us; its output is kept for what went wrong.
struct Proc {
    child: Child,
    log: PathBuf,
}

impl Proc {
    fn start(command: &mut Command, log: PathBuf) -> Result<Self, String> {
        let file = std::fs::File::create(&log).map_err(|e| format!("{}: {e}", log.display()))?;
        command.stderr(file);
        let child =
            command.spawn().map_err(|e| format!("{}: {e}", command.get_program().to_string_lossy()))?;
        Ok(Self { child, log })
    }

    fn dead(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok()??;
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
        let tail = lines[lines.len().saturating_sub(6)..].join("\n    ");
        Some(format!("ended with {status}\n    {tail}"))
    }
}

impl Drop for Proc {
    fn drop(&mut self) {
        for pid in procfs::tree(self.child.id()).into_iter().rev() {
            sys::kill(pid, libc::SIGKILL);
        }
        let _ = self.child.wait();
    }
}

struct Load {
    proc: Proc,
    orders: ChildStdin,
    said: Receiver<Said>,
    group: usize,
    /// Its part of the group's rate.
    share: f64,
}

impl Load {
    fn hear(&mut self, until: Instant) -> Result<Said, Stop> {
        loop {
            if sys::stopped() {
                return Err(Stop::Interrupted);
            }
            match self.said.recv_timeout(Duration::from_millis(50)) {
                Ok(Said::Failed(e)) => return Err(Stop::Failed(format!("the load process: {e}"))),
                Ok(said) => return Ok(said),
                Err(RecvTimeoutError::Disconnected) => {
                    let why = self.proc.dead().unwrap_or_else(|| "said no more".into());
                    return Err(Stop::Failed(format!("the load process {why}")));
                }
                Err(RecvTimeoutError::Timeout) if Instant::now() > until => {
                    return Err(Stop::Failed("the load process did not answer in time".into()));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

/// Ports below the range of the kernel's own choice, so that no connection of the load takes one.
fn free_ports(n: usize) -> Result<Vec<u16>, String> {
    let begin = 11_000 + (std::process::id() % 8_000) as u16;
    let held: Vec<TcpListener> =
        (begin..32_000).filter_map(|p| TcpListener::bind((Ipv4Addr::LOCALHOST, p)).ok()).take(n).collect();
    if held.len() < n {
        return Err("no free ports".into());
    }
    held.iter().map(|l| l.local_addr().map(|a| a.port()).map_err(|e| e.to_string())).collect()
}

fn local(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)
}

fn until_listening(proc: &mut Proc, port: u16, what: &str) -> Result<(), Stop> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if TcpStream::connect_timeout(&local(port).into(), Duration::from_secs(1)).is_ok() {
            return Ok(());
        }
        if sys::stopped() {
            return Err(Stop::Interrupted);
        }
        if let Some(why) = proc.dead() {
            return Err(Stop::Failed(format!("{what} {why}")));
        }
        if Instant::now() > deadline {
            return Err(Stop::Failed(format!("{what} does not listen on port {port} after 10 s")));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sleeps in pieces, so that Ctrl-C is seen.
fn pause_until(at: u64) -> Result<(), Stop> {
    loop {
        if sys::stopped() {
            return Err(Stop::Interrupted);
        }
        let now = sys::now_ns();
        if now >= at {
            return Ok(());
        }
        sys::sleep_until(at.min(now + 50_000_000));
    }
}

/// Everything that runs during a run.
struct Stage {
    proxies: Vec<Proc>,
    origins: Vec<Proc>,
    /// Processes whose CPU is the target's.
    pids: Vec<u32>,
    to: Vec<SocketAddrV4>,
    host: String,
    _cage: Option<Cage>,
}

impl Bench {
    fn stage(&self, plan: &Plan, aim: &Aim, notes: &mut Vec<String>) -> Result<Stage, Stop> {
        let target = match aim {
            Aim::Target(target) => *target,
            Aim::Address { to, host, pids } => {
                return Ok(Stage {
                    proxies: Vec::new(),
                    origins: Vec::new(),
                    pids: pids.clone(),
                    to: vec![*to],
                    host: host.clone(),
                    _cage: None,
                });
            }
        };
        let connections = plan.connections();
        let direct = self.command_of(target, plan, &self.dir, 1, 1, 1, local(1))?.is_none();
        // A proxy may hold two descriptors a connection, an origin one.
        let (room, behind) =
            if direct { (self.descriptors - 200, 1) } else { ((self.descriptors - 400) / 2, 0) };
        let instances = u64::from(connections).div_ceil(room).max(1) as usize;
        let n_origins = if behind == 1 { instances } else { 1 };
        let ports = free_ports(n_origins + 2 * instances)?;
        let mut origins = Vec::new();
        for &port in &ports[..n_origins] {
            let mut command = Command::new(&self.exe);
            command.arg("__origin").arg(port.to_string());
            // The floor can't close after an answer of its own accord if the origin has closed already.
            if target.name().starts_with("floor") {
                command.arg("keep");
            }
            command.stdin(Stdio::null()).stdout(Stdio::null());
            sys::child_on(&mut command, &self.load_cores, &[]);
            let mut proc = Proc::start(&mut command, self.dir.join(format!("origin-{port}.log")))?;
            until_listening(&mut proc, port, "the origin")?;
            origins.push(proc);
        }
        let origin = local(ports[0]);
        let mut stage = Stage {
            proxies: Vec::new(),
            origins,
            pids: Vec::new(),
            to: ports[..n_origins].iter().map(|&p| local(p)).collect(),
            host: "loadtest.example".into(),
            _cage: None,
        };
        if direct {
            return Ok(stage);
        }
        let cage = match self.class.as_ref().map(Cage::new) {
            Some(Ok(cage)) => Some(cage),
            Some(Err(why)) => {
                notes.push(format!("the class was not applied: {why}"));
                None
            }
            None => None,
        };
        stage.to.clear();
        let each = connections.div_ceil(instances as u32);
        for i in 0..instances {
            let (port, tcp_port) = (ports[n_origins + 2 * i], ports[n_origins + 2 * i + 1]);
            let dir = self.dir.join(format!("{}-{i}", target.name()));
            std::fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
            let command = self.command_of(target, plan, &dir, port, tcp_port, each, origin)?;
            let mut command = command.ok_or_else(|| "a target without a command".to_owned())?;
            let log = dir.join("log");
            command.stdin(Stdio::null()).stdout(Stdio::null());
            let groups = cage.as_ref().map(Cage::procs).unwrap_or_default();
            sys::child_on(&mut command, &self.proxy_cores, &groups);
            let mut proc = Proc::start(&mut command, log)?;
            // The floor has one port for everything.
            let enters =
                if plan.front == Front::Tcp && !target.name().starts_with("floor") { tcp_port } else { port };
            until_listening(&mut proc, enters, target.name())?;
            stage.to.push(local(enters));
            stage.proxies.push(proc);
        }
        std::thread::sleep(Duration::from_millis(100));
        stage.pids = stage.proxies.iter().flat_map(|p| procfs::tree(p.child.id())).collect();
        stage._cage = cage;
        Ok(stage)
    }

    #[allow(clippy::too_many_arguments)]
    fn command_of(
        &self,
        target: &dyn Target,
        plan: &Plan,
        dir: &Path,
        port: u16,
        tcp_port: u16,
        connections: u32,
        origin: SocketAddrV4,
    ) -> Result<Option<Command>, String> {
        let (descriptors, threads, shape) = (self.descriptors, self.threads, plan.floor);
        target.command(&Launch { dir, port, tcp_port, origin, connections, descriptors, threads, shape })
    }

    fn loads(&self, plan: &Plan, stage: &Stage) -> Result<Vec<Load>, Stop> {
        let mut loads = Vec::new();
        let loopback = stage.to.iter().all(|a| a.ip().is_loopback());
        let mut source = 2u8;
        for (g, group) in plan.groups.iter().enumerate() {
            let processes = u64::from(group.connections).div_ceil(self.descriptors - 200).max(1) as u32;
            for k in 0..processes {
                // The first ones take what does not divide.
                let connections =
                    group.connections / processes + u32::from(k < group.connections % processes);
                let addresses = if group.close { 24 } else { 1 };
                let sources = (0..addresses)
                    .filter(|_| loopback)
                    .map(|_| {
                        source = source.wrapping_add(1).max(2);
                        Ipv4Addr::new(127, 0, 0, source)
                    })
                    .collect();
                let spec = ClientSpec {
                    to: stage.to.clone(),
                    host: stage.host.clone(),
                    sources,
                    connections,
                    pace: group.pace,
                    ask: group.ask.clone(),
                    depth: group.depth,
                    close: group.close,
                    prime: group.prime,
                    timeout_ms: group.timeout_ms,
                    seed: 1_000 * (g as u64 + 1) + u64::from(k),
                };
                let mut command = Command::new(&self.exe);
                command.arg("__client").stdin(Stdio::piped()).stdout(Stdio::piped());
                sys::child_on(&mut command, &self.load_cores, &[]);
                let mut proc = Proc::start(&mut command, self.dir.join(format!("client-{g}-{k}.log")))?;
                let (Some(mut orders), Some(out)) = (proc.child.stdin.take(), proc.child.stdout.take())
                else {
                    return Err(Stop::Failed("the load process has no pipes".into()));
                };
                let (tell, said) = channel();
                std::thread::spawn(move || {
                    for line in BufReader::new(out).lines().map_while(Result::ok) {
                        let said = serde_json::from_str(&line)
                            .unwrap_or_else(|e| Said::Failed(format!("{e}: {line}")));
                        if tell.send(said).is_err() {
                            break;
                        }
                    }
                });
                write_line(&mut orders, &spec)?;
                let share = f64::from(connections) / f64::from(group.connections.max(1));
                loads.push(Load { proc, orders, said, group: g, share });
            }
        }
        Ok(loads)
    }

    /// Runs it; `observe` gets the seconds of load gone so far.
    pub fn run(&self, plan: &Plan, aim: &Aim, observe: &mut dyn FnMut(f64)) -> Result<Run, Stop> {
        let mut run = Run::default();
        let mut stage = self.stage(plan, aim, &mut run.notes)?;
        run.proxies = stage.proxies.len();
        let (pss_before, kernel_before) = (procfs::pss(&stage.pids), procfs::kernel_memory());
        let mut loads = self.loads(plan, &stage)?;
        run.clients = loads.len();
        let deadline = Instant::now() + Duration::from_secs(30 + u64::from(plan.connections()) / 500);
        for load in &mut loads {
            if let Said::Ready { errors } = load.hear(deadline)? {
                add(&mut run.errors, "while opening: ", &errors);
            }
        }
        alive(&mut stage)?;
        if plan.memory && !stage.pids.is_empty() {
            pause_until(sys::now_ns() + 300_000_000)?;
            let n = f64::from(plan.connections());
            if let (Some(before), Some(after)) = (pss_before, procfs::pss(&stage.pids)) {
                run.values.insert("memory_bytes_per_connection", after.saturating_sub(before) as f64 / n);
                run.values.insert("memory_before", before as f64);
            }
            let grown = procfs::kernel_memory().saturating_sub(kernel_before) as f64;
            run.values.insert("kernel_bytes_per_connection", grown / n);
        }
        match &plan.ramp {
            None => {
                for step in &plan.steps {
                    let done = self.step(plan, step, &mut stage, &mut loads)?;
                    observe(step.warm + step.seconds);
                    run.steps.push(done);
                }
            }
            Some(_) => self.ramp(plan, &mut stage, &mut loads, &mut run, observe)?,
        }
        if plan.one_percent && !stage.pids.is_empty() {
            let points: Vec<(f64, f64)> = run
                .steps
                .iter()
                .filter_map(|s| {
                    Some((*s.values.get("requests_per_second")?, *s.values.get("cpu_percent_of_core")?))
                })
                .collect();
            if let Some((rate, how)) = stats::rate_at(&points, 1.0) {
                run.values.insert("r_at_1_percent", rate);
                run.how = Some(format!("R@1 % of the median run: {how}"));
            }
        }
        Ok(run)
    }

    fn ramp(
        &self,
        plan: &Plan,
        stage: &mut Stage,
        loads: &mut [Load],
        run: &mut Run,
        observe: &mut dyn FnMut(f64),
    ) -> Result<(), Stop> {
        let Some(ramp) = &plan.ramp else { return Ok(()) };
        let (mut rate, mut factor, mut good) = (ramp.from, ramp.factor, None);
        let mut missed = false;
        for _ in 0..ramp.most_steps {
            let step = Step { label: format!("{rate:.0}/s"), rate, ..plan.steps[0].clone() };
            let done = self.step(plan, &step, stage, loads)?;
            observe(step.warm + step.seconds);
            let value = |name: &str| done.values.get(name).copied();
            let p99 = value("p99_us").unwrap_or(f64::INFINITY);
            let fine = p99 <= ramp.limit_us && done.errors.is_empty();
            let cpu = value("cpu_percent_of_core");
            // One miss may be the machine's: a rate is too much when it is missed twice in a row.
            if !fine && !std::mem::replace(&mut missed, true) {
                continue;
            }
            missed = false;
            run.steps.push(done);
            if fine {
                good = Some((rate, cpu));
            } else if factor == ramp.fine || good.is_none() {
                break;
            } else {
                factor = ramp.fine;
                rate = good.map_or(rate, |(r, _)| r);
            }
            rate *= factor;
        }
        match good {
            Some((rate, cpu)) => {
                run.values.insert("capacity_per_second", rate);
                if let Some(cpu) = cpu {
                    run.values.insert("capacity_cpu_percent", cpu);
                }
            }
            None => run.notes.push(format!("p99 was beyond its limit at {:.0}/s already", ramp.from)),
        }
        Ok(())
    }

    fn step(&self, plan: &Plan, step: &Step, stage: &mut Stage, loads: &mut [Load]) -> Result<StepRun, Stop> {
        let second = 1_000_000_000.0;
        let start = sys::now_ns() + 20_000_000;
        let measure = start + (step.warm * second) as u64;
        let end = measure + (step.seconds * second) as u64;
        for load in loads.iter_mut() {
            write_line(&mut load.orders, &Phase { start, measure, end, rate: step.rate * load.share })?;
        }
        let others: Vec<u32> =
            stage.origins.iter().chain(loads.iter().map(|l| &l.proc)).map(|p| p.child.id()).collect();
        pause_until(measure)?;
        let before =
            (procfs::cpu(&stage.pids), procfs::cpu(&others), procfs::busy_seconds(&self.proxy_cores));
        let mut cpu_series = Vec::new();
        let (mut at, mut run_ns) = (before.0.at, before.0.run);
        let mut next = measure;
        while next < end {
            next = (next + 100_000_000).min(end);
            pause_until(next)?;
            if !stage.pids.is_empty() {
                let (now, used) = (sys::now_ns(), procfs::run_ns(&stage.pids));
                if now > at {
                    let percent = 100.0 * used.saturating_sub(run_ns) as f64 / (now - at) as f64;
                    cpu_series.push(((now - measure) as f64 / second, percent));
                }
                (at, run_ns) = (now, used);
            }
        }
        let used = procfs::cpu(&stage.pids).since(&before.0);
        let load_used = procfs::cpu(&others).since(&before.1);
        let busy = procfs::busy_seconds(&self.proxy_cores) - before.2;
        let mut results = Vec::new();
        // What is outstanding at the end may take its whole time.
        let deadline = Instant::now() + Duration::from_secs(15);
        for load in loads.iter_mut() {
            if let Said::Done(result) = load.hear(deadline)? {
                results.push((load.group, *result));
            }
        }
        alive(stage)?;
        let mut done = figures(plan, step, &results);
        done.cpu = cpu_series;
        let seconds = step.seconds;
        let cores = self.load_cores.len() as f64;
        done.values.insert("load_cpu_percent", load_used.percent() / cores);
        if !stage.pids.is_empty() {
            let all_measured = plan.groups.iter().all(|g| g.measured);
            proxy_figures(&mut done, plan, &used, &results, seconds, all_measured);
            let whole = used.at as f64 / second;
            let foreign = 100.0 * (busy - used.run as f64 / second) / whole / self.proxy_cores.len() as f64;
            done.values.insert("others_percent", foreign.max(0.0));
            if let Some(class) = &self.class {
                done.values.insert("class_percent", used.percent() / class.share);
            }
        }
        Ok(done)
    }
}

fn alive(stage: &mut Stage) -> Result<(), Stop> {
    for proc in stage.proxies.iter_mut().chain(&mut stage.origins) {
        if let Some(why) = proc.dead() {
            return Err(Stop::Failed(format!("a process of the target {why}")));
        }
    }
    Ok(())
}

fn write_line<T: serde::Serialize>(to: &mut ChildStdin, what: &T) -> Result<(), Stop> {
    let mut text = serde_json::to_string(what).map_err(|e| e.to_string())?;
    text.push('\n');
    to.write_all(text.as_bytes()).map_err(|e| Stop::Failed(format!("a load process has gone: {e}")))
}

fn add(to: &mut BTreeMap<String, u64>, prefix: &str, errors: &BTreeMap<String, u64>) {
    for (kind, n) in errors {
        *to.entry(format!("{prefix}{kind}")).or_default() += n;
    }
}

/// What the clients saw.
fn figures(plan: &Plan, step: &Step, results: &[(usize, PhaseResult)]) -> StepRun {
    let mut done = StepRun { label: step.label.clone(), rate: step.rate, ..StepRun::default() };
    let mut lag = Latencies::default();
    let (mut answers, mut bytes, mut connects) = (0, 0, 0);
    let mut ticks: Vec<(u64, u64)> = Vec::new();
    for (group, r) in results {
        let measured = plan.groups[*group].measured;
        add(&mut done.errors, if measured { "" } else { "slow clients: " }, &r.errors);
        if !measured {
            continue;
        }
        answers += r.answers;
        bytes += r.received + r.sent;
        connects += r.connects;
        done.latencies.merge(&r.latencies);
        lag.merge(&r.lag);
        ticks.resize(ticks.len().max(r.ticks.len()), (0, 0));
        for (sum, tick) in ticks.iter_mut().zip(&r.ticks) {
            sum.0 += tick.0;
            sum.1 += tick.1;
        }
    }
    let v = &mut done.values;
    v.insert("requests_per_second", answers as f64 / step.seconds);
    if plan.groups.iter().any(|g| g.close) {
        v.insert("connections_per_second", connects as f64 / step.seconds);
    }
    let heavy = plan.main.contains(&"megabytes_per_cpu_second");
    if heavy {
        v.insert("megabytes_per_second", bytes as f64 / 1e6 / step.seconds);
    }
    for (name, q) in [("p50_us", 0.5), ("p90_us", 0.9), ("p99_us", 0.99), ("p999_us", 0.999)] {
        if let Some(us) = done.latencies.quantile_us(q) {
            v.insert(name, us);
        }
    }
    if let Some(us) = done.latencies.max_us() {
        v.insert("max_us", us);
    }
    if let Some(us) = lag.quantile_us(0.99) {
        v.insert("schedule_lag_p99_us", us);
    }
    let per = 1e9 / crate::wire::TICK_NS as f64;
    let flow = |t: &(u64, u64)| if heavy { t.1 as f64 / 1e6 * per } else { t.0 as f64 * per };
    // The last tick may be a part of one.
    let whole = (step.seconds * per + 1e-6) as usize;
    done.flow = ticks.iter().take(whole).enumerate().map(|(i, t)| ((i + 1) as f64 / per, flow(t))).collect();
    done
}

/// What the target paid for it.
fn proxy_figures(
    done: &mut StepRun,
    plan: &Plan,
    used: &Cpu,
    results: &[(usize, PhaseResult)],
    seconds: f64,
    all_measured: bool,
) {
    let v = &mut done.values;
    // The clock of the samples is a little off that of the load: rates go with rates.
    let cpu_per_second = used.run as f64 / used.at as f64;
    let of_run = |part: u64| part as f64 / (used.user + used.system).max(1) as f64;
    v.insert("cpu_percent_of_core", used.percent());
    v.insert("wakeups_per_second", used.wakeups as f64 * 1e9 / used.at as f64);
    v.insert("wait_percent", 100.0 * used.wait as f64 / used.at as f64);
    let answers: u64 = results.iter().map(|(_, r)| r.answers).sum();
    if answers > 0 && all_measured && plan.front == Front::Http {
        let us = cpu_per_second * 1e6 / (answers as f64 / seconds);
        v.insert("cpu_us_per_request", us);
        // Fewer ticks than this say nothing about a ratio.
        if used.user + used.system >= 20 {
            v.insert("cpu_user_us_per_request", us * of_run(used.user));
            v.insert("cpu_system_us_per_request", us * of_run(used.system));
        }
    }
    let connects: u64 = results.iter().map(|(_, r)| r.connects).sum();
    if connects > 0 && plan.groups.iter().any(|g| g.close) {
        v.insert("cpu_us_per_connection", cpu_per_second * 1e6 / (connects as f64 / seconds));
    }
    let megabytes = results.iter().map(|(_, r)| r.received + r.sent).sum::<u64>() as f64 / 1e6;
    if megabytes > 0.0 && plan.main.contains(&"megabytes_per_cpu_second") {
        v.insert("cpu_ms_per_megabyte", cpu_per_second * 1e3 / (megabytes / seconds));
        if cpu_per_second > 0.0 {
            v.insert("megabytes_per_cpu_second", megabytes / seconds / cpu_per_second);
        }
    }
}

/// Warnings about the measurement itself.
pub fn doubts(plan: &Plan, values: &BTreeMap<String, f64>) -> Vec<String> {
    let mut all = Vec::new();
    let value = |name: &str| values.get(name).copied().unwrap_or(0.0);
    let open = plan.open_loop();
    let load = value("load_cpu_percent");
    if load > 85.0 {
        all.push(if open {
            format!("clients and origin used {load:.0} % of their cores: latencies hold the client's own queue")
        } else {
            format!("clients and origin used {load:.0} % of their cores: the rate is what they can do, not what the target can")
        });
    }
    let lag = value("schedule_lag_p99_us");
    if open && lag > 1_000.0 {
        all.push(format!(
            "1 % of the requests left {:.1} ms or more behind their schedule: the client was late",
            lag / 1e3
        ));
    }
    let others = value("others_percent");
    if others > 10.0 {
        all.push(format!("something else used {others:.0} % of the target's cores"));
    }
    all
}
