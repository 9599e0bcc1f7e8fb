//! What `-v`, `-vv` and the usage say.
use crate::base::limits::{BUFSIZE, MAX_THREADS, MAXREWRITE};
use crate::net::{IoMode, ring};
use crate::syntax::COMPAT_VERSION;
use crate::syntax::cond::FEATURES;
use std::fmt::Write;

/// Our own version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The lines of `-v`.
#[must_use]
pub fn short() -> String {
    let mut text = format!(
        "Ringmain version {VERSION}, HAProxy compatible {COMPAT_VERSION}\n\
         Status: reads HAProxy's configuration; a word that is not built yet is an error that says so.\n"
    );
    if let Ok(system) = nix::sys::utsname::uname() {
        let part = |s: &std::ffi::OsStr| s.to_string_lossy().into_owned();
        let (name, release) = (part(system.sysname()), part(system.release()));
        _ = writeln!(
            text,
            "Running on: {name} {release} {} {}",
            part(system.version()),
            part(system.machine())
        );
    }
    text
}

/// The lines of `-vv`. `wanted` is what `RINGMAIN_IO` asks for.
#[must_use]
pub fn full(wanted: IoMode, threads: usize) -> String {
    let mut text = short();
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    _ = writeln!(
        text,
        "Build options :\n  TARGET  = {}-linux\n  PROFILE = {profile}\n",
        std::env::consts::ARCH
    );
    let features: Vec<String> =
        FEATURES.iter().map(|(name, has)| format!("{}{name}", if *has { '+' } else { '-' })).collect();
    _ = writeln!(text, "Feature list : {}\n", features.join(" "));
    _ = writeln!(text, "Default settings :\n  bufsize = {BUFSIZE}, maxrewrite = {MAXREWRITE}\n");
    _ = writeln!(text, "Built with multi-threading support (MAX_THREADS={MAX_THREADS}, default={threads}).");
    _ = writeln!(text, "One thread per core: each with its own ring, listeners and connections.");
    _ = writeln!(text, "No TLS, compression or Lua in this version.\n");
    let probe = ring::probe();
    let result =
        probe.as_ref().map_or_else(|why| format!("not usable: {why}"), |()| "test result OK".to_owned());
    _ = writeln!(text, "Available I/O engines :\n   io_uring : {result}\n      epoll : test result OK");
    _ = writeln!(text, "Will use {}", choice(wanted, &probe));
    text
}

/// Which engine runs, and why.
fn choice(wanted: IoMode, probe: &Result<(), String>) -> String {
    match (wanted, probe) {
        (IoMode::Epoll, _) => "epoll (RINGMAIN_IO=epoll).".to_owned(),
        (IoMode::Uring, Ok(())) => "io_uring (RINGMAIN_IO=uring).".to_owned(),
        (IoMode::Uring, Err(_)) => "nothing: RINGMAIN_IO=uring, but io_uring is not usable here.".to_owned(),
        (IoMode::Auto, Ok(())) => "io_uring (the kernel has all we need).".to_owned(),
        (IoMode::Auto, Err(_)) => "epoll (io_uring is not usable here).".to_owned(),
    }
}

/// The usage, after the lines of `-v`.
#[must_use]
pub fn usage(program: &str) -> String {
    format!(
        "{}Usage : {program} [-f <cfgfile|cfgdir>]* [ -vdVD ] [ -n <maxconn> ] [ -N <maxpconn> ]
        [ -p <pidfile> ] [ -m <max megs> ] [ -C <dir> ] [-- <cfgfile>*]
        -v displays version ; -vv shows known build options.
        -d enters debug mode ; -db only disables background mode.
        -dM[<byte>,help,...] debug memory: accepted, has no effect
        -dt activate traces on stderr: accepted, has no effect
        -V enters verbose mode (disables quiet mode)
        -D goes daemon ; -C changes to <dir> before loading files.
        -W master-worker mode.
        -Ws master-worker mode with systemd notify support.
        -q quiet mode : don't display messages
        -c check mode : only check config files and exit
        -cc check condition : evaluate a condition and exit
        -4 force resolvers to consider IPv4 responses only: accepted, has no effect yet
        -n sets the maximum total # of connections (uses ulimit -n)
        -m limits the usable amount of memory (in MB)
        -N sets the default, per-proxy maximum # of connections (0)
        -L set local peer name (default to hostname)
        -p writes pids of all children to this file
        -de disables epoll() usage even when available
        -dp disables poll() usage even when available
        -dS disables splice usage (broken on old kernels)
        -dG disables getaddrinfo() usage: accepted, has no effect
        -dR disables SO_REUSEPORT usage
        -dL dumps loaded object files after config checks
        -dc dumps the list of selected and evicted CPUs
        -dr ignores server address resolution failures
        -dV disables SSL verify on servers side
        -dW fails if any warning is emitted
        -dD diagnostic mode : warn about suspicious configuration statements
        -dF, -dZ disable fast-forward and zero-copy forwarding: there is none
        -dI enable insecure fork
        -sf/-st [pid ]* finishes/terminates old pids.
        -x <unix_socket> get listening sockets from a unix socket
        -S <bind>[,<bind options>...] new master CLI
   or : {program} explain -f <cfgfile> \"GET http://host/path\" [--src <addr>] [--header 'N: V']*
        shows what the configuration does with a request
   or : {program} demo [--port <port>] [--seconds <n>]
        serves a demonstration

",
        short()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_is_named_with_its_reason() {
        let no = Err("x".to_owned());
        assert_eq!(choice(IoMode::Auto, &no), "epoll (io_uring is not usable here).");
        assert_eq!(choice(IoMode::Auto, &Ok(())), "io_uring (the kernel has all we need).");
        assert!(choice(IoMode::Uring, &no).starts_with("nothing"));
        let text = full(IoMode::Epoll, 2);
        assert!(
            text.contains("HAProxy compatible 2.6.12")
                && text.contains("Will use epoll (RINGMAIN_IO=epoll).")
        );
    }
}
