//! Targets: what is measured. A file each; their configurations are the files in `targets/`.

use crate::floor::Shape;
use crate::scenario::Front;
use std::net::SocketAddrV4;
use std::path::{Path, PathBuf};
use std::process::Command;

mod custom;
mod direct;
mod envoy;
mod floor;
mod haproxy;
mod nginx;
mod ringmain;
mod threaded;

pub use custom::Custom;
pub use direct::Direct;
pub use threaded::Threaded;

/// What one process of a target is to do.
pub struct Launch<'a> {
    /// A directory of its own.
    pub dir: &'a Path,
    pub port: u16,
    pub tcp_port: u16,
    pub origin: SocketAddrV4,
    /// Client connections this process will see at most.
    pub connections: u32,
    pub descriptors: u64,
    pub threads: usize,
    pub shape: Shape,
}

impl Launch<'_> {
    fn maxconn(&self) -> u32 {
        let most = (self.descriptors.saturating_sub(200) / 2).min(1_000_000) as u32;
        (self.connections + self.connections / 10 + 100).max(2_000).min(most)
    }

    /// Fills the placeholders of a configuration or a command.
    fn fill(&self, template: &str) -> String {
        let config = self.dir.join("haproxy.cfg");
        let pairs = [
            ("{port}", self.port.to_string()),
            ("{tcp_port}", self.tcp_port.to_string()),
            ("{origin}", self.origin.to_string()),
            ("{origin_ip}", self.origin.ip().to_string()),
            ("{origin_port}", self.origin.port().to_string()),
            ("{threads}", self.threads.to_string()),
            ("{maxconn}", self.maxconn().to_string()),
            ("{dir}", self.dir.display().to_string()),
            ("{config}", config.display().to_string()),
        ];
        pairs.iter().fold(template.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    fn write(&self, name: &str, template: &str) -> Result<PathBuf, String> {
        let path = self.dir.join(name);
        std::fs::write(&path, self.fill(template)).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(path)
    }

    fn haproxy_cfg(&self) -> Result<PathBuf, String> {
        self.write("haproxy.cfg", HAPROXY_CFG)
    }
}

/// This program, also when a new one has been built meanwhile: all runs of a report are of one build.
pub const OWN_PROGRAM: &str = "/proc/self/exe";

const HAPROXY_CFG: &str = include_str!("../../targets/haproxy.cfg");

pub trait Target {
    fn name(&self) -> &str;
    fn about(&self) -> String;
    /// What has to be done before it can run.
    fn prepare(&self) -> Result<(), String> {
        Ok(())
    }
    /// Whether it can run here; the error says what to do.
    fn ready(&self) -> Result<(), String>;
    fn version(&self) -> String;
    /// The configuration as the report shows it.
    fn config(&self) -> String;
    /// Its own number of threads, whatever `--threads` says.
    fn threads(&self) -> Option<usize> {
        None
    }
    /// Why its instructions can't be counted under valgrind.
    fn not_under_valgrind(&self) -> Option<&'static str> {
        None
    }
    /// Why this target can't take part in a scenario.
    fn refuses(&self, _front: Front) -> Option<String> {
        None
    }
    /// The command of one process; none: there is no proxy.
    fn command(&self, launch: &Launch) -> Result<Option<Command>, String>;
}

/// All targets with a name of their own.
pub fn all() -> Vec<Box<dyn Target>> {
    vec![
        Box::new(ringmain::Ringmain { epoll: false }),
        Box::new(ringmain::Ringmain { epoll: true }),
        Box::new(haproxy::Haproxy),
        Box::new(nginx::Nginx),
        Box::new(envoy::Envoy),
        Box::new(Direct),
        Box::new(floor::Floor { epoll: false }),
        Box::new(floor::Floor { epoll: true }),
    ]
}

/// The program's path, searched as a shell does, and in the places of system programs.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    let places = path.split(':').chain(["/usr/sbin", "/usr/local/sbin", "/usr/local/bin"]);
    places.map(|dir| Path::new(dir).join(name)).find(|p| p.is_file())
}

fn need(name: &str, package: &str) -> Result<PathBuf, String> {
    find(name).ok_or_else(|| format!("{name} is not installed ({package})"))
}

/// The first line a program says about its version.
fn first_line(command: &mut Command) -> String {
    let Ok(out) = command.output() else { return String::new() };
    let text = if out.stdout.is_empty() { out.stderr } else { out.stdout };
    String::from_utf8_lossy(&text).trim().lines().next().unwrap_or("").to_owned()
}
