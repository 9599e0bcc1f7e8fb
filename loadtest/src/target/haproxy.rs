//! HAProxy as the system has it, with `targets/haproxy.cfg`.

use super::*;

pub struct Haproxy;

impl Target for Haproxy {
    fn name(&self) -> &str {
        "haproxy"
    }
    fn about(&self) -> String {
        "the system's HAProxy".into()
    }
    fn ready(&self) -> Result<(), String> {
        need("haproxy", "Debian: apt-get install haproxy").map(drop)
    }
    fn version(&self) -> String {
        find("haproxy").map(|p| first_line(Command::new(p).arg("-v"))).unwrap_or_default()
    }
    fn config(&self) -> String {
        HAPROXY_CFG.into()
    }
    fn command(&self, launch: &Launch) -> Result<Option<Command>, String> {
        let mut command = Command::new(need("haproxy", "")?);
        command.arg("-db").arg("-f").arg(launch.haproxy_cfg()?);
        Ok(Some(command))
    }
}
