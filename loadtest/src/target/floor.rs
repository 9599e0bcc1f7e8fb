//! The relay of [`crate::floor`]: the socket calls of a proxy and nothing else.

use super::*;

pub struct Floor {
    pub epoll: bool,
}

impl Target for Floor {
    fn name(&self) -> &str {
        if self.epoll { "floor-epoll" } else { "floor" }
    }
    fn about(&self) -> String {
        let engine = if self.epoll { "epoll" } else { "io_uring" };
        format!("a relay on {engine} that makes a proxy's socket calls and reads nothing")
    }
    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
    fn version(&self) -> String {
        concat!("loadtest ", env!("CARGO_PKG_VERSION")).into()
    }
    fn config(&self) -> String {
        String::new()
    }
    fn not_under_valgrind(&self) -> Option<&'static str> {
        (!self.epoll).then_some("valgrind does not run programs on io_uring; floor-epoll can be counted")
    }
    fn command(&self, launch: &Launch) -> Result<Option<Command>, String> {
        if launch.threads > 1 {
            return Err("the floor has one thread".into());
        }
        let mut command = Command::new(OWN_PROGRAM);
        command.arg("__floor").arg(launch.port.to_string()).arg(launch.origin.to_string());
        command.arg(launch.shape.name()).arg(if self.epoll { "epoll" } else { "uring" });
        Ok(Some(command))
    }
    fn refuses(&self, _: Front) -> Option<String> {
        None
    }
}
