//! Tools of PyPI: a Python environment that has them, made once for all test runs of this target directory.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// The Python of an environment of this name with these packages (`name==version`), without what they depend on.
pub fn environment(name: &str, packages: &[&str]) -> PathBuf {
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let place = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mark = place.join("packages");
    let wanted = packages.join("\n");
    if std::fs::read_to_string(&mark).is_ok_and(|had| had == wanted) {
        return place.join("bin/python");
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&place));
    let pip = place.join("bin/pip");
    run(Command::new(pip).args(["install", "--quiet", "--no-deps"]).args(packages));
    std::fs::write(mark, wanted).expect("a mark");
    place.join("bin/python")
}

/// Runs a command that has to succeed; gives what it printed.
pub fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } =
        command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}; run ./ci/test"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(status.success(), "{command:?}: {}{}", text(&stdout), text(&stderr));
    text(&stdout)
}
