//! What the process says on standard error, in HAProxy's form: `[WARNING]  (pid) : text`.
//!
//! The state is the process's own: whether it is quiet, and whether the two lines that name the program were printed.
use crate::syntax::diag::Severity;
use crate::syntax::render;
use std::fmt::Display;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// `-q`, `quiet`, or a daemon that has left its terminal.
static QUIET: AtomicBool = AtomicBool::new(false);
/// The lines that name the program were printed, or are not wanted any more.
static NAMED: AtomicBool = AtomicBool::new(false);

/// What was said before the start was over (`show startup-logs`).
static EARLY: Mutex<String> = Mutex::new(String::new());
/// More than this is not kept.
const EARLY_LIMIT: usize = 64 << 10;
static STARTED: AtomicBool = AtomicBool::new(false);

/// What was said while the process started.
#[must_use]
pub fn startup_logs() -> String {
    EARLY.lock().map_or_else(|_| String::new(), |early| early.clone())
}

/// Keeps what another process has said while it started.
pub fn keep(text: &str) {
    if let Ok(mut early) = EARLY.lock()
        && early.len() + text.len() <= EARLY_LIMIT
    {
        early.push_str(text);
    }
}

/// A new start begins: what was said before is no part of it.
pub fn forget_startup_logs() {
    if let Ok(mut early) = EARLY.lock() {
        early.clear();
    }
}

/// Sets whether anything is printed at all.
pub fn set_quiet(quiet: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
}

/// Whether nothing is printed.
#[must_use]
pub fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// The start is over: messages are no longer preceded by the program's name and path.
pub fn started() {
    NAMED.store(true, Ordering::Relaxed);
    STARTED.store(true, Ordering::Relaxed);
}

/// An error.
pub fn alert(text: impl Display) {
    message(Severity::Alert, text);
}

/// A warning.
pub fn warning(text: impl Display) {
    message(Severity::Warning, text);
}

/// Something worth knowing.
pub fn notice(text: impl Display) {
    message(Severity::Notice, text);
}

/// A message of any level. `text` may have several lines; a final LF is added.
pub fn message(severity: Severity, text: impl Display) {
    let prefix = render::prefix(severity, std::process::id());
    whole(severity, &format!("{prefix}{text}\n"));
}

/// A message that has its prefix and its LF already.
pub fn whole(severity: Severity, text: &str) {
    let early = !STARTED.load(Ordering::Relaxed);
    if is_quiet() && !early {
        return;
    }
    let mut all = String::new();
    if severity >= Severity::Warning && !NAMED.swap(true, Ordering::Relaxed) {
        let path = std::env::current_exe().unwrap_or_default();
        all = render::prelude(
            "ringmain",
            env!("CARGO_PKG_VERSION"),
            &path.to_string_lossy(),
            std::process::id(),
        );
    }
    all.push_str(text);
    if early
        && let Ok(mut kept) = EARLY.lock()
        && kept.len() + all.len() <= EARLY_LIMIT
    {
        kept.push_str(&all);
    }
    if is_quiet() {
        return;
    }
    // One write, so that lines of several processes do not mix. A closed standard error is nobody's concern.
    let _ = std::io::stderr().lock().write_all(all.as_bytes());
}
