//! What is up during a run: origins, the target's processes, load processes.

use super::count::Under;
use super::proc::{Load, Proc, write_line};
use super::{Aim, Bench, Stop};
use crate::class::Cage;
use crate::procfs;
use crate::scenario::{Front, Plan};
use crate::sys;
use crate::target::{Launch, Target};
use crate::wire::{ClientSpec, Said};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Ports below the range of the kernel's own choice, so that no connection of the load takes one.
fn free_ports(n: usize) -> Result<Vec<u16>, String> {
    // Two of this program started one after the other look in different places.
    let begin = 11_000 + (std::process::id() * 64 % 20_000) as u16;
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

fn until_listening(proc: &mut Proc, port: u16, what: &str, seconds: u64) -> Result<(), Stop> {
    let deadline = Instant::now() + Duration::from_secs(seconds);
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
            return Err(Stop::Failed(format!("{what} does not listen on port {port} after {seconds} s")));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Everything that runs during a run.
pub(super) struct Stage {
    pub(super) proxies: Vec<Proc>,
    pub(super) origins: Vec<Proc>,
    /// Processes whose CPU is the target's.
    pub(super) pids: Vec<u32>,
    pub(super) to: Vec<SocketAddrV4>,
    pub(super) host: String,
    /// Where the target runs.
    pub(super) cores: Vec<usize>,
    cage: Option<Cage>,
}

impl Stage {
    /// The class was applied.
    pub(super) fn caged(&self) -> bool {
        self.cage.is_some()
    }
}

impl Bench {
    /// `under`: a program that runs the target, for counting.
    pub(super) fn stage(
        &self,
        plan: &Plan,
        aim: &Aim,
        under: Option<&Under>,
        notes: &mut Vec<String>,
    ) -> Result<Stage, Stop> {
        let target = match aim {
            Aim::Target(target) => *target,
            Aim::Address { to, host, pids } => {
                return Ok(Stage {
                    proxies: Vec::new(),
                    origins: Vec::new(),
                    pids: pids.clone(),
                    to: vec![*to],
                    host: host.clone(),
                    cores: self.proxy_cores.clone(),
                    cage: None,
                });
            }
        };
        let connections = plan.connections();
        let direct = self.command_of(target, plan, &self.dir, [1, 1], 1, local(1))?.is_none();
        // A proxy may hold two descriptors a connection, an origin one.
        let room = if direct { self.descriptors - 200 } else { (self.descriptors - 400) / 2 };
        let instances = u64::from(connections).div_ceil(room).max(1) as usize;
        let n_origins = if direct { instances } else { 1 };
        let ports = free_ports(n_origins + 2 * instances)?;
        let (for_origins, for_proxies) = ports.split_at(n_origins);
        let threads = self.threads_of(target);
        let cores =
            if self.cores_given { self.proxy_cores.len() } else { threads.min(self.proxy_cores.len()) };
        let mut stage = Stage {
            proxies: Vec::new(),
            origins: self.origins(target, for_origins)?,
            pids: Vec::new(),
            to: for_origins.iter().map(|&p| local(p)).collect(),
            host: "loadtest.example".into(),
            cores: self.proxy_cores[..cores].to_vec(),
            cage: None,
        };
        if direct {
            return Ok(stage);
        }
        stage.cage = match self.class.as_ref().map(Cage::new) {
            Some(Err(why)) => {
                notes.push(format!("the class was not applied: {why}"));
                None
            }
            cage => cage.and_then(Result::ok),
        };
        stage.to.clear();
        let each = connections.div_ceil(instances as u32);
        for (i, ports) in for_proxies.chunks_exact(2).enumerate() {
            let dir = self.dir.join(format!("{}-{i}", target.name()));
            std::fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
            let command =
                self.command_of(target, plan, &dir, [ports[0], ports[1]], each, local(for_origins[0]))?;
            let command = command.ok_or_else(|| "a target without a command".to_owned())?;
            let command = match under {
                Some(under) => under.wrap(command, &dir)?,
                None => command,
            };
            // The floor has one port for everything.
            let tcp = plan.front == Front::Tcp && !target.name().starts_with("floor");
            self.proxy(&mut stage, target, command, &dir, ports[usize::from(tcp)], under.is_some())?;
        }
        std::thread::sleep(Duration::from_millis(100));
        stage.pids = stage.proxies.iter().flat_map(|p| procfs::tree(p.child.id())).collect();
        Ok(stage)
    }

    pub fn threads_of(&self, target: &dyn Target) -> usize {
        target.threads().unwrap_or(self.threads)
    }

    fn origins(&self, target: &dyn Target, ports: &[u16]) -> Result<Vec<Proc>, Stop> {
        let mut origins = Vec::new();
        for &port in ports {
            let mut command = Command::new(&self.exe);
            command.arg("__origin").arg(port.to_string());
            // The floor can't close after an answer of its own accord if the origin has closed already.
            if target.name().starts_with("floor") {
                command.arg("keep");
            }
            command.stdin(Stdio::null()).stdout(Stdio::null());
            sys::child_on(&mut command, &self.load_cores, &[]);
            let mut proc = Proc::start(&mut command, self.dir.join(format!("origin-{port}.log")))?;
            until_listening(&mut proc, port, "the origin", 10)?;
            origins.push(proc);
        }
        Ok(origins)
    }

    /// Starts one process of the target.
    fn proxy(
        &self,
        stage: &mut Stage,
        target: &dyn Target,
        mut command: Command,
        dir: &Path,
        enters: u16,
        slowed: bool,
    ) -> Result<(), Stop> {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let groups = stage.cage.as_ref().map(Cage::procs).unwrap_or_default();
        sys::child_on(&mut command, &stage.cores, &groups);
        let mut proc = Proc::start(&mut command, dir.join("log"))?;
        until_listening(&mut proc, enters, target.name(), if slowed { 40 } else { 10 })?;
        stage.to.push(local(enters));
        stage.proxies.push(proc);
        Ok(())
    }

    fn command_of(
        &self,
        target: &dyn Target,
        plan: &Plan,
        dir: &Path,
        [port, tcp_port]: [u16; 2],
        connections: u32,
        origin: SocketAddrV4,
    ) -> Result<Option<Command>, String> {
        let (descriptors, threads, shape) = (self.descriptors, self.threads_of(target), plan.floor);
        target.command(&Launch { dir, port, tcp_port, origin, connections, descriptors, threads, shape })
    }

    pub(super) fn loads(&self, plan: &Plan, stage: &Stage) -> Result<Vec<Load>, Stop> {
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
                let log = self.dir.join(format!("client-{g}-{k}.log"));
                let (proc, orders, said) = self.load(&spec, log)?;
                let share = f64::from(connections) / f64::from(group.connections.max(1));
                loads.push(Load { proc, orders, said, group: g, share, ready: false });
            }
        }
        Ok(loads)
    }

    /// A load process that has its orders.
    fn load(&self, spec: &ClientSpec, log: PathBuf) -> Result<(Proc, ChildStdin, Receiver<Said>), Stop> {
        let mut command = Command::new(&self.exe);
        command.arg("__client").stdin(Stdio::piped()).stdout(Stdio::piped());
        sys::child_on(&mut command, &self.load_cores, &[]);
        let mut proc = Proc::start(&mut command, log)?;
        let (Some(mut orders), Some(out)) = (proc.child.stdin.take(), proc.child.stdout.take()) else {
            return Err(Stop::Failed("the load process has no pipes".into()));
        };
        let (tell, said) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let said =
                    serde_json::from_str(&line).unwrap_or_else(|e| Said::Failed(format!("{e}: {line}")));
                if tell.send(said).is_err() {
                    break;
                }
            }
        });
        write_line(&mut orders, spec)?;
        Ok((proc, orders, said))
    }
}

/// Whether the target's processes and the origin still run; `errors`: what the clients saw until now.
pub(super) fn alive(stage: &mut Stage, errors: &BTreeMap<String, u64>) -> Result<(), Stop> {
    let died = |why: String| Stop::Died { why, errors: errors.clone() };
    for proc in &mut stage.proxies {
        if let Some(why) = proc.dead() {
            return Err(died(format!("a process of the target {why}")));
        }
    }
    for proc in &mut stage.origins {
        if let Some(why) = proc.dead() {
            return Err(died(format!("the origin {why}")));
        }
    }
    Ok(())
}
