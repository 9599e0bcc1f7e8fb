//! Runs the built `loadtest`, for what it does, not for how fast.
#![allow(dead_code)]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// A directory that goes with the test.
pub struct Dir(pub PathBuf);

impl Dir {
    pub fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("loadtest-test-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory");
        Self(dir)
    }

    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub fn report(&self) -> Value {
        serde_json::from_str(&self.text("report.json")).expect("report.json is JSON")
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Ringmain beside the `loadtest` under test; built if `cargo test` was asked for this package alone.
fn ringmain() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let dir = Path::new(env!("CARGO_BIN_EXE_loadtest")).parent().expect("a folder");
        let binary = dir.join("ringmain");
        if !binary.is_file() {
            let mut build = Command::new(env!("CARGO"));
            build.args(["build", "--quiet", "-p", "ringmain", "--bin", "ringmain"]);
            build.arg("--target-dir").arg(dir.parent().expect("the target folder"));
            if dir.ends_with("release") {
                build.arg("--release");
            }
            let status = build.current_dir(env!("CARGO_MANIFEST_DIR")).status().expect("cargo");
            assert!(status.success(), "ringmain was not built");
        }
        binary
    })
}

pub fn command(line: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadtest"));
    command.args(line).env("RINGMAIN", ringmain());
    command
}

/// Short runs of few connections.
pub const SHORT: [&str; 8] = ["--seconds", "0.3", "--warmup", "0.1", "--connections", "8", "--runs", "1"];

pub fn run(line: &[&str]) -> Said {
    ended(command(line))
}

/// Runs it to its end, within a minute.
pub fn ended(mut command: Command) -> Said {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("loadtest starts");
    let pid = child.id();
    let (done, over) = std::sync::mpsc::channel::<()>();
    let guard = std::thread::spawn(move || {
        if over.recv_timeout(Duration::from_secs(60)).is_err() {
            signal(pid, "KILL");
        }
    });
    let output = child.wait_with_output().expect("its output");
    let _ = done.send(());
    guard.join().expect("the guard");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

pub fn signal(pid: u32, name: &str) {
    let status = Command::new("sh").arg("-c").arg(format!("kill -{name} {pid}")).status();
    assert!(status.expect("sh").success(), "kill -{name} {pid}");
}

pub fn wait(child: &mut Child, limit: Duration) -> Option<std::process::ExitStatus> {
    let end = Instant::now() + limit;
    while Instant::now() < end {
        if let Some(status) = child.try_wait().expect("a child of ours") {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    None
}

/// The result of a target in a scenario.
pub fn result<'a>(report: &'a Value, scenario: &str, target: &str) -> &'a Value {
    let named = |list: &'a Value, key: &str, name: &str| {
        let found = list.as_array().expect("a list").iter().find(|x| x[key] == name);
        found.unwrap_or_else(|| panic!("no {name} in the report"))
    };
    named(&named(&report["scenarios"], "name", scenario)["results"], "target", target)
}

/// The median of a figure of the whole, or of the last step.
pub fn figure(result: &Value, name: &str) -> Option<f64> {
    let last = result["steps"].as_array().and_then(|s| s.last()).map(|s| &s["values"][name]);
    let found = [Some(&result["values"][name]), last].into_iter().flatten().find(|v| !v.is_null())?;
    found["median"].as_f64()
}
