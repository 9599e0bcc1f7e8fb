//! What is up during a run: origins, the target's processes, load processes.

use super::proc::{Load, Proc, write_line};
use super::{Aim, Bench, Stop};
use crate::class::Cage;
use crate::procfs;
use crate::scenario::{Front, Plan};
use crate::sys;
use crate::target::{Launch, Target};
use crate::wire::{ClientSpec, Said};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

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

/// Everything that runs during a run.
pub(super) struct Stage {
    pub(super) proxies: Vec<Proc>,
    pub(super) origins: Vec<Proc>,
    /// Processes whose CPU is the target's.
    pub(super) pids: Vec<u32>,
    pub(super) to: Vec<SocketAddrV4>,
    pub(super) host: String,
    _cage: Option<Cage>,
}

impl Bench {
    pub(super) fn stage(&self, plan: &Plan, aim: &Aim, notes: &mut Vec<String>) -> Result<Stage, Stop> {
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
    pub(super) fn command_of(
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
}

pub(super) fn alive(stage: &mut Stage) -> Result<(), Stop> {
    for proc in stage.proxies.iter_mut().chain(&mut stage.origins) {
        if let Some(why) = proc.dead() {
            return Err(Stop::Failed(format!("a process of the target {why}")));
        }
    }
    Ok(())
}
