//! `log` of the process and of proxies (manual 3.1 and 4.2).
use crate::base::units::leading_int;
use crate::plan::ServerAddr;
use crate::plan::global::{Log, LogTarget};
use crate::syntax::{Diag, Word};
use crate::vocab::address::{self, Address, Host, Ports};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow, Polarity};
use std::net::SocketAddr;

pub const ROW: DirectiveRow = DirectiveRow {
    name: "log",
    sections: row::GLOBAL | row::PROXIES,
    no: true,
    doc: "log global, or log <target> [len <length>] [format <format>] [sample <ranges>:<size>] [profile <name>] <facility> \
          [<max level> [<min level>]]: where events are sent. `no log` takes back what the defaults said.",
    parse,
};

/// The default of `len`.
const MAX_SYSLOG_LEN: u32 = 1024;
const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "auth2", "ftp", "ntp",
    "audit", "alert", "cron2", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
    "local7",
];
pub const LEVELS: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
/// What `format` may say.
pub const FORMATS: [&str; 8] = ["local", "rfc3164", "rfc5424", "priority", "short", "timed", "iso", "raw"];

/// The number of a level's name.
pub fn level(name: &str) -> Option<u8> {
    LEVELS.iter().position(|l| *l == name).map(|i| i as u8)
}

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let global = cx.section == row::GLOBAL;
    if cx.polarity != Polarity::Plain {
        if let Some(extra) = words.get(1) {
            return Err(Diag::alert(extra.span, "log : 'no log' does not expect arguments"));
        }
        if global {
            cx.global().logs.clear();
        } else {
            let settings = &mut cx.proxy().settings;
            settings.log_global = false;
            settings.logs.clear();
        }
        return Ok(());
    }
    if row::text(words, 1) == "global" && words.len() == 2 {
        if global {
            let text = "log : 'global' is not supported for a global syslog server";
            return Err(Diag::alert(words[1].span, text));
        }
        let at = words[0].span;
        let settings = &mut cx.proxy().settings;
        settings.log_global = true;
        settings.log_at = Some(at);
        return Ok(());
    }
    let log = target(cx, words, global).map_err(|d| Diag { message: format!("log : {}", d.message), ..d })?;
    if global {
        cx.global().logs.push(log);
    } else {
        let at = words[0].span;
        let settings = &mut cx.proxy().settings;
        settings.logs.push(log);
        settings.log_at = Some(at);
    }
    Ok(())
}

/// Reads everything behind `log`.
fn target(cx: &DirectiveCx<'_>, words: &[Word], global: bool) -> Result<Log, Diag> {
    if words.len() < 3 {
        let or = if global { " " } else { " or global" };
        let text = format!("expects <address> and <facility>{or} as arguments");
        return Err(Diag::alert(row::place(words, words.len()), text).help("write `log 127.0.0.1 local0`"));
    }
    let mut log = Log {
        target: LogTarget::Fd(-1),
        profile: None,
        at: words[0].span,
        len: MAX_SYSLOG_LEN,
        format: String::new(),
        sample: None,
        facility: 0,
        level: 7,
        min_level: 0,
    };
    let next = parameters(&mut log, words)?;
    let index = |at: usize, list: &[&str], what: &str| {
        let name = row::text(words, at);
        let found = list.iter().position(|l| *l == name);
        found
            .map(|i| i as u8)
            .ok_or_else(|| Diag::alert(row::place(words, at), format!("unknown {what} '{name}'")))
    };
    log.facility = index(next, &FACILITIES, "log facility")?;
    if words.len() > next + 1 {
        log.level = index(next + 1, &LEVELS, "optional log level")?;
    }
    if words.len() > next + 2 {
        log.min_level = index(next + 2, &LEVELS, "optional minimum log level")?;
    }
    if let Some(extra) = words.get(next + 3) {
        return Err(Diag::alert(extra.span, format!("cannot handle unexpected argument '{}'", extra.text())));
    }
    log.target = address_of(cx, &words[1])?;
    Ok(log)
}

fn address_of(cx: &DirectiveCx<'_>, word: &Word) -> Result<LogTarget, Diag> {
    let expanded = address::expand(word.text(), cx.env);
    let text = expanded.as_str();
    match text {
        "stdout" => return Ok(LogTarget::Fd(1)),
        "stderr" => return Ok(LogTarget::Fd(2)),
        _ => {}
    }
    if let Some(ring) = text.strip_prefix("ring@") {
        return Ok(LogTarget::Ring(ring.to_owned()));
    }
    let error = |text: String| Diag::alert(word.span, text);
    if text.starts_with("backend@") {
        let text = format!("'{text}': Ringmain does not send log lines to backends of `mode log` yet");
        return Err(error(text).help("use `tcp@`, UDP, or a `ring` with a `server`"));
    }
    let (bare, stream) = kind(text);
    let port = |ports| match ports {
        Ports::Range(port, _) => port,
        _ => 514,
    };
    let target = match address::parse(&bare, address::PLAIN).map_err(error)? {
        Address::Unix(path) if stream => LogTarget::Stream(ServerAddr::Unix(path)),
        Address::Unix(path) => LogTarget::Unix(path),
        Address::Fd(fd) => LogTarget::Fd(fd),
        Address::Abstract(name) if stream => LogTarget::Stream(ServerAddr::Abstract(name)),
        Address::Abstract(_) => {
            return Err(error(format!("abstract sockets are not supported here in '{text}'")));
        }
        Address::Inet(host, ports) => {
            let ip = match host {
                Host::Ip(ip) => ip,
                Host::Name(name, family) => address::resolve(&name, family)
                    .ok_or_else(|| error(format!("invalid address: '{name}' in '{text}'\n")))?,
            };
            let addr = SocketAddr::new(ip, port(ports));
            if stream { LogTarget::Stream(ServerAddr::Inet(addr)) } else { LogTarget::Udp(addr) }
        }
    };
    Ok(target)
}

/// The address without what only says whether datagrams or a stream go there; true for a stream.
fn kind(text: &str) -> (String, bool) {
    let datagrams =
        [("udp@", ""), ("dgram+", ""), ("uxdg@", "unix@"), ("udp4@", "ipv4@"), ("udp6@", "ipv6@")];
    for (prefix, plain) in datagrams {
        if let Some(rest) = text.strip_prefix(prefix) {
            return (format!("{plain}{rest}"), false);
        }
    }
    let stream = ["tcp@", "tcp4@", "tcp6@", "uxst@", "stream+"].iter().any(|p| text.starts_with(p));
    (text.to_owned(), stream)
}

/// `sample <ranges>:<size>`: the ranges lie in the size and do not overlap.
fn sample(value: &str) -> Result<(String, u32), String> {
    let (ranges, size) = value.rsplit_once(':').ok_or("Missing sample size")?;
    let mut all = Vec::new();
    for text in ranges.split(',') {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        let range = from.parse::<u32>().ok().zip(to.parse::<u32>().ok());
        let range = range.filter(|(from, to)| *from > 0 && from <= to);
        all.push(range.ok_or_else(|| format!("wrong sample range '{text}'"))?);
    }
    all.sort_unstable();
    if all.windows(2).any(|pair| pair[0].1 >= pair[1].0) {
        return Err("ranges are overlapping".to_owned());
    }
    let wrong = || format!("wrong sample size '{size}' for sample range '{ranges}'");
    let number = size.parse::<u32>().ok().filter(|n| *n > 0).ok_or_else(wrong)?;
    let most = all.last().map_or(0, |range| range.1);
    if number < most {
        return Err(format!(
            "sample size {number} should be greater or equal to {most} the maximum of the high ranges limits"
        ));
    }
    Ok((ranges.to_owned(), number))
}

/// `len`, `format`, `sample`; gives the index of the facility.
fn parameters(log: &mut Log, words: &[Word]) -> Result<usize, Diag> {
    let mut at = 2;
    loop {
        let (value, place) = (row::text(words, at + 1), row::place(words, at + 1));
        match row::text(words, at) {
            "len" => {
                let len = leading_int(value);
                if !(80..=65_535).contains(&len) {
                    let text = format!("invalid log length '{value}', must be between 80 and 65535");
                    return Err(Diag::alert(place, text));
                }
                log.len = len as u32;
            }
            "format" if FORMATS.contains(&value) => value.clone_into(&mut log.format),
            "format" => return Err(Diag::alert(place, format!("unknown log format '{value}'"))),
            "sample" => {
                let sample = sample(value).map_err(|text| Diag::alert(place, text))?;
                log.sample = Some(sample);
            }
            "profile" if value.is_empty() => return Err(Diag::alert(place, "expects a log-profile's name")),
            "profile" => log.profile = Some(value.to_owned()),
            _ => return Ok(at),
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::row::{FRONTEND, GLOBAL, bench};

    #[test]
    fn targets_and_levels() {
        let logs =
            bench(GLOBAL, "log 127.0.0.1 local0 info\nlog /dev/log len 200 format rfc5424 daemon err alert")
                .ok();
        let logs = logs.global.logs;
        assert_eq!(logs[0].target, LogTarget::Udp("127.0.0.1:514".parse().unwrap()));
        assert_eq!((logs[0].facility, logs[0].level, logs[0].min_level), (16, 6, 0));
        assert_eq!(logs[1].target, LogTarget::Unix("/dev/log".into()));
        assert_eq!((logs[1].len, logs[1].format.as_str(), logs[1].min_level), (200, "rfc5424", 1));
    }

    #[test]
    fn kinds_of_targets() {
        let target =
            |text: &str| bench(GLOBAL, &format!("log {text} local0")).ok().global.logs.remove(0).target;
        let inet = |text: &str| ServerAddr::Inet(text.parse().unwrap());
        assert_eq!(target("tcp@192.0.2.1"), LogTarget::Stream(inet("192.0.2.1:514")));
        assert_eq!(target("tcp6@[::1]:6514"), LogTarget::Stream(inet("[::1]:6514")));
        assert_eq!(target("uxst@/run/log"), LogTarget::Stream(ServerAddr::Unix("/run/log".into())));
        assert_eq!(target("uxdg@/run/log"), LogTarget::Unix("/run/log".into()));
        assert_eq!(target("udp4@192.0.2.1:5"), LogTarget::Udp("192.0.2.1:5".parse().unwrap()));
        assert_eq!(target("ring@r"), LogTarget::Ring("r".into()));
        let says = bench(GLOBAL, "log backend@b local0");
        assert!(says.says().contains("'backend@b'"), "{}", says.says());
    }

    #[test]
    fn of_a_proxy() {
        let draft = bench(FRONTEND, "log 127.0.0.1 local0\nlog global\nno log").ok();
        assert!(!draft.proxies[0].settings.log_global && draft.proxies[0].settings.logs.is_empty());
        let says = |line: &str| bench(FRONTEND, line).says().to_owned();
        assert_eq!(says("log"), "log : expects <address> and <facility> or global as arguments");
        assert_eq!(says("log global x"), "log : unknown log facility 'x'");
        assert_eq!(says("log 127.0.0.1 local0 bar"), "log : unknown optional log level 'bar'");
        assert_eq!(
            says("log 127.0.0.1 len x local0"),
            "log : invalid log length 'x', must be between 80 and 65535"
        );
        assert_eq!(says("no log x"), "log : 'no log' does not expect arguments");
    }
}
