//! State files: what `show servers state` of the process before printed is read for the servers that are still there
//! (`load-server-state-from-file`, manual 4.2). A file that cannot be used is a warning and nothing more, in HAProxy's
//! words; one that is not there yet, or empty, a notice: so it is at the first start.
use crate::plan::draft::{Draft, ProxyDraft, ServerAddress, ServerDraft};
use crate::plan::remembered::{LoadState, Operational, Remembered};
use crate::plan::{Global, ServerAddr};
use crate::syntax::{Diag, Diags, Severity};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Fields of a line, at least: those behind it may be missing.
const LEAST_FIELDS: usize = 20;
/// HAProxy's statuses of checks end here (`HCHK_STATUS_SIZE`).
const STATUSES: i64 = 21;
const RESULTS: i64 = 5;
/// The flags that a check may have (`CHK_ST_*`): running, configured, enabled, paused, of an agent.
const CHECK_FLAGS: i64 = 0x1f;

/// The lines of a file, by backend and server; the first of a name counts.
type Lines<'t> = HashMap<(&'t str, &'t str), Vec<&'t str>>;

/// Reads the state files that the configuration names, and leaves with each server what is remembered of it.
pub fn read(draft: &mut Draft, diags: &mut Diags) {
    let uuids = super::compile::uuids(draft);
    let mut say = |severity, text: String| diags.push(Diag::bare(severity, None, text));
    let global = &draft.global;
    let text = global.server_state_file.as_ref().and_then(|file| {
        let path = placed(global, file);
        match open(&path) {
            Ok(text) => Some((path, text)),
            Err(e) => {
                let text = format!("config: Can't open global server state file '{}': {e}", path.display());
                say(unread(&path), text);
                None
            }
        }
    });
    let shared = text.as_ref().and_then(|(path, text)| of_all(path, text, &mut say));
    for (proxy, uuid) in draft.proxies.iter_mut().zip(uuids) {
        if !proxy.kind.has_backend() || proxy.settings.disabled {
            continue;
        }
        match proxy.settings.load_state {
            LoadState::None => {}
            LoadState::Global => {
                if global.server_state_file.is_none() {
                    let text = format!(
                        "backend '{}' configured to load server state file from global section 'server-state-file' \
                         directive. Unfortunately, 'server-state-file' is not set!",
                        proxy.name
                    );
                    say(Severity::Warning, text);
                }
                if let Some(lines) = &shared {
                    remember(proxy, lines, &mut |text| say(Severity::Warning, text));
                }
            }
            LoadState::Local => local(proxy, uuid, global, &mut say),
        }
    }
}

/// How serious it is that a file could not be opened.
fn unread(path: &Path) -> Severity {
    if path.exists() { Severity::Warning } else { Severity::Notice }
}

/// A path below `server-state-base`, unless it stands alone.
fn placed(global: &Global, file: &Path) -> PathBuf {
    global.server_state_base.as_ref().map_or_else(|| file.to_owned(), |base| base.join(file))
}

/// The text of a file, or the system's words.
pub(super) fn open(path: &Path) -> Result<String, String> {
    let words = |e: std::io::Error| match e.raw_os_error() {
        Some(e) => nix::errno::Errno::from_raw(e).desc().to_owned(),
        None => e.to_string(),
    };
    std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(words)
}

/// What is behind the version, which must be 1.
fn versioned(text: &str) -> Option<&str> {
    text.strip_prefix("1\n")
}

/// The file of `server-state-file`.
fn of_all<'t>(path: &Path, text: &'t str, say: &mut impl FnMut(Severity, String)) -> Option<Lines<'t>> {
    let path = path.display();
    if text.is_empty() {
        say(Severity::Notice, format!("config: Empty global server state file '{path}'."));
        return None;
    }
    let mut warn = |text| say(Severity::Warning, text);
    let Some(text) = versioned(text) else {
        warn(format!("config: Can't get version of the global server state file '{path}'."));
        return None;
    };
    match lines(text, |_, _| true) {
        Ok(lines) => Some(lines),
        Err(number) => {
            warn(format!("config: corrupted global server state file '{path}' at line {number}."));
            None
        }
    }
}

/// A backend's own file.
fn local(proxy: &mut ProxyDraft, uuid: u32, global: &Global, say: &mut impl FnMut(Severity, String)) {
    let name = proxy.name.clone();
    let path = placed(global, Path::new(proxy.settings.state_file.as_deref().unwrap_or(&name)));
    let shown = path.display();
    let text = match open(&path) {
        Ok(text) => text,
        Err(e) => {
            return say(
                unread(&path),
                format!("Proxy '{name}': Can't open server state file '{shown}': {e}."),
            );
        }
    };
    if text.is_empty() {
        return say(Severity::Notice, format!("Proxy '{name}': Empty server state file '{shown}'."));
    }
    let warn = &mut |text| say(Severity::Warning, text);
    let Some(text) = versioned(&text) else {
        return warn(format!("Proxy '{name}': Can't get version of the server state file '{shown}'."));
    };
    let mut others = Vec::new();
    let mine = |id: &str, of: &str| {
        let mine = of == name;
        if mine && id.parse() != Ok(uuid) {
            others.push(id.to_owned());
        }
        mine
    };
    let lines = lines(text, mine);
    for id in others {
        warn(format!(
            "Proxy '{name}': backend ID mismatch: from server state file: '{id}', from running config '{uuid}'"
        ));
    }
    match lines {
        Ok(lines) => remember(proxy, &lines, warn),
        Err(number) => {
            warn(format!("Proxy '{name}': corrupted server state file '{shown}' at line {number}."))
        }
    }
}

/// The lines of those backends that are `wanted`, by number and name. The error is the number of a line that is too short,
/// counted from behind the version; nothing of such a file is used.
fn lines<'t>(text: &'t str, mut wanted: impl FnMut(&str, &str) -> bool) -> Result<Lines<'t>, usize> {
    let mut all = Lines::new();
    for (line, number) in text.lines().zip(1..) {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        if words.first().is_none_or(|w| w.starts_with('#')) {
            continue;
        }
        if words.len() < LEAST_FIELDS {
            return Err(number);
        }
        if wanted(words[0], words[1]) {
            all.entry((words[1], words[3])).or_insert(words);
        }
    }
    Ok(all)
}

/// Leaves with each server of a proxy what the lines say of it.
fn remember(proxy: &mut ProxyDraft, lines: &Lines<'_>, warn: &mut impl FnMut(String)) {
    for server in &mut proxy.servers {
        let Some(line) = lines.get(&(proxy.name.as_str(), server.name.as_str())) else { continue };
        match parse(&line[4..]) {
            Ok(mut remembered) => {
                if let Some(why) = places(&line[4..], server, &mut remembered) {
                    let name = format!("{}/{}", proxy.name, server.name);
                    warn(format!("server-state partially applied for server '{name}', {why}"));
                }
                server.remembered = Some(Box::new(remembered));
            }
            Err(wrong) => warn(format!(
                "server-state application failed for server '{}/{}', {}",
                proxy.name,
                server.name,
                wrong.join(", ")
            )),
        }
    }
}

/// Reads numbers and notes what is wrong with them.
struct Fields<'t> {
    words: &'t [&'t str],
    wrong: Vec<String>,
}

impl Fields<'_> {
    fn number(&mut self, at: usize, name: &str, good: impl Fn(i64) -> bool) -> i64 {
        let word = self.words[at];
        match crate::base::units::leading_number(word) {
            Some((n, _)) if good(n) => n,
            _ => {
                self.wrong.push(format!("invalid {name} value '{word}'"));
                0
            }
        }
    }
}

/// Checks the fields from the server's address on.
fn parse(words: &[&str]) -> Result<Remembered, Vec<String>> {
    let mut fields = Fields { words, wrong: Vec::new() };
    let operational = match fields.number(1, "srv_op_state", |n| (0..=3).contains(&n)) {
        0 => Operational::Stopped,
        1 => Operational::Starting,
        2 => Operational::Running,
        _ => Operational::Stopping,
    };
    // What is inherited or comes from names is found out anew; the rest allows one reason at a time beside `disabled`.
    let admin =
        fields.number(2, "srv_admin_state", |n| matches!(n as u8 & !0x72, 0 | 1 | 4 | 5 | 8 | 12)) as u8;
    let weight = fields.number(3, "srv_uweight", |n| (0..=256).contains(&n)) as u32;
    let initial_weight = fields.number(4, "srv_iweight", |n| (0..=256).contains(&n)) as u32;
    let since = fields.number(5, "srv_last_time_change", |_| true);
    let check_status = fields.number(6, "srv_check_status", |n| (0..STATUSES).contains(&n)) as u8;
    let check_result = fields.number(7, "srv_check_result", |n| (0..RESULTS).contains(&n)) as u8;
    let check_health = fields.number(8, "srv_check_health", |_| true);
    let check_state = fields.number(9, "srv_check_state", |n| n & !CHECK_FLAGS == 0);
    let agent_state = fields.number(10, "srv_agent_state", |n| n & !CHECK_FLAGS == 0);
    fields.number(11, "bk_f_forced_id", |n| n == 0 || n == 1);
    fields.number(12, "srv_f_forced_id", |n| n == 0 || n == 1);
    // Digits as far as they go, and zero where there are none.
    let digits = words[14].bytes().take_while(u8::is_ascii_digit);
    let port =
        digits.fold(0u32, |port, digit| port.saturating_mul(10).saturating_add(u32::from(digit - b'0')));
    let port = u16::try_from(port).unwrap_or_else(|_| {
        fields.wrong.push(format!("invalid srv_port value '{}'", words[14]));
        0
    });
    if !fields.wrong.is_empty() {
        return Err(fields.wrong);
    }
    let off = |state: i64| state & 2 != 0 && state & 4 == 0;
    Ok(Remembered {
        addr: words[0].parse().ok(),
        operational,
        maint: admin & 1 != 0,
        drain: admin & 8 != 0,
        disabled: admin & 4 != 0,
        weight,
        initial_weight,
        since_change: Duration::from_secs(u64::try_from(since).unwrap_or(0)),
        check_status,
        check_result,
        check_health: u32::try_from(check_health).unwrap_or(0),
        check_off: off(check_state),
        agent_off: off(agent_state),
        fqdn: (admin & 0x40 != 0 && words[13] != "-").then(|| words[13].to_owned()),
        port: i32::from(port),
        check_addr: None,
        check_port: None,
        agent_addr: None,
        agent_port: None,
    })
}

/// Reads where checks and the agent go, up to what cannot be used, and why it can't.
fn places(words: &[&str], server: &ServerDraft, remembered: &mut Remembered) -> Option<String> {
    let word = |at: usize, none: &str| words.get(at).copied().filter(|w| *w != none);
    let mapped = matches!(server.addr, ServerAddress::Known(ServerAddr::InetRelative(..)));
    let (port, addr) = (word(17, "0"), word(18, "-"));
    if port.is_some() || addr.is_some() {
        let enabled = server.settings.check && !remembered.check_off;
        match place(enabled, "health checks are not enabled on this server", addr, port, mapped) {
            Ok((addr, port)) => (remembered.check_addr, remembered.check_port) = (addr, port),
            // Nothing behind it is looked at then.
            Err(e) => return Some(e),
        }
    }
    let (addr, port) = (word(19, "-"), word(20, "0"));
    if port.is_some() || addr.is_some() {
        let enabled = server.settings.watching.agent && !remembered.agent_off;
        match place(enabled, "agent checks are not enabled on this server", addr, port, false) {
            Ok((addr, port)) => (remembered.agent_addr, remembered.agent_port) = (addr, port),
            Err(e) => return Some(e),
        }
    }
    None
}

type Place = (Option<std::net::IpAddr>, Option<u16>);

fn place(
    enabled: bool,
    none: &str,
    addr: Option<&str>,
    port: Option<&str>,
    mapped: bool,
) -> Result<Place, String> {
    if !enabled {
        return Err(none.to_owned());
    }
    let addr = addr.map(|a| a.parse().map_err(|_| format!("invalid addr '{a}'"))).transpose()?;
    let port = port.map(|p| match crate::base::units::leading_number(p) {
        Some((n, "")) => u16::try_from(n).map_err(|_| "provided port is invalid".to_owned()),
        _ => Err("provided port is not an integer".to_owned()),
    });
    match port.transpose()? {
        Some(0) if mapped => Err("can't unset 'port' since MAPPORTS is in use".to_owned()),
        port => Ok((addr, port)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing in a file can stop a start, and what is believed of it is within its limits.
    #[test]
    fn damaged_files_are_read_or_refused() {
        let good = b"1\n# be_id be_name srv_id srv_name srv_addr\n\
            3 farm 1 a 127.0.31.3 2 0 10 10 100 6 3 4 6 0 0 0 - 18402 - 0 0 - - 0\n\
            3 farm 2 b ::1 0 1 256 1 5 15 0 0 0 0 0 0 name.test 0 _web._tcp.test 0 99 127.0.0.9 - 0\n";
        let (mut read, mut refused, mut applied) = (0, 0, 0);
        crate::base::mutate::cases(50_000, &[good], |bytes| {
            let text = String::from_utf8_lossy(bytes);
            let Some(lines) = of_all(Path::new("file"), &text, &mut |_, _| refused += 1) else { return };
            for words in lines.values() {
                read += 1;
                if let Ok(remembered) = parse(&words[4..]) {
                    applied += 1;
                    assert!(remembered.weight <= 256 && remembered.initial_weight <= 256);
                }
            }
        });
        assert!(read > 10_000 && refused > 10_000 && applied > 5_000, "{read} {refused} {applied}");
    }
}
