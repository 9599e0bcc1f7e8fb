//! Ringmain from this workspace, with the same file as HAProxy: `targets/haproxy.cfg`.

use super::*;

/// With `epoll`: without io_uring (`RINGMAIN_IO=epoll`).
pub struct Ringmain {
    pub epoll: bool,
}

/// `$RINGMAIN`, or beside this program; a debug build of this program takes the release build of Ringmain.
fn binary() -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os("RINGMAIN") {
        let path = PathBuf::from(path);
        return if path.is_file() {
            Ok(path)
        } else {
            Err(format!("RINGMAIN={}: no such file", path.display()))
        };
    }
    let exe = std::env::current_exe().map_err(|e| e.to_string())?;
    let dir = exe.parent().unwrap_or(Path::new("."));
    let places = [dir.join("ringmain"), dir.join("../release/ringmain")];
    let release = |p: &&PathBuf| p.is_file() && !p.components().any(|c| c.as_os_str() == "debug");
    let found = places.iter().find(|p| p.canonicalize().is_ok_and(|p| release(&&p)));
    match found {
        Some(path) => path.canonicalize().map_err(|e| e.to_string()),
        None => Err(
            "ringmain is not built: run `cargo build --release -p ringmain`, or name its binary in $RINGMAIN"
                .into(),
        ),
    }
}

/// Where this workspace's sources are, when this program lies in its target folder.
fn workspace() -> Option<PathBuf> {
    let exe = std::env::current_exe().ok()?;
    let root = exe.parent()?.parent()?.parent()?;
    (root.join("src/main.rs").is_file() && root.join("Cargo.toml").is_file()).then(|| root.to_owned())
}

impl Target for Ringmain {
    fn name(&self) -> &str {
        if self.epoll { "ringmain-epoll" } else { "ringmain" }
    }
    fn about(&self) -> String {
        format!("Ringmain from this workspace{}", if self.epoll { ", on epoll" } else { "" })
    }
    /// Builds it when this program runs from the workspace: a stale binary is not what one wants to measure.
    fn prepare(&self) -> Result<(), String> {
        if let Some(root) = workspace()
            && std::env::var_os("RINGMAIN").is_none()
            && std::env::var_os("LOADTEST_NO_BUILD").is_none()
            && find("cargo").is_some()
        {
            let status = Command::new("cargo")
                .args(["build", "--release", "--quiet", "-p", "ringmain", "--bin", "ringmain"])
                .current_dir(&root)
                .stdin(std::process::Stdio::null())
                .status();
            if !status.is_ok_and(|s| s.success()) {
                return Err("`cargo build --release -p ringmain` failed".into());
            }
        }
        Ok(())
    }
    fn ready(&self) -> Result<(), String> {
        binary().map(drop)
    }
    fn version(&self) -> String {
        binary().map(|p| first_line(Command::new(p).arg("-v"))).unwrap_or_default()
    }
    fn config(&self) -> String {
        HAPROXY_CFG.into()
    }
    fn not_under_valgrind(&self) -> Option<&'static str> {
        (!self.epoll).then_some("valgrind does not run programs on io_uring; ringmain-epoll can be counted")
    }
    fn command(&self, launch: &Launch) -> Result<Option<Command>, String> {
        let mut command = Command::new(binary()?);
        command.arg("-db").arg("-f").arg(launch.haproxy_cfg()?);
        if self.epoll {
            command.env("RINGMAIN_IO", "epoll");
        }
        Ok(Some(command))
    }
}
