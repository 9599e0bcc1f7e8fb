//! `log` of the process and of proxies (manual 3.1 and 4.2).
use crate::base::units::leading_int;
use crate::plan::global::{Log, LogTarget};
use crate::syntax::{Diag, Word};
use crate::vocab::address::{self, Address, Host, Ports};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow, Polarity};
use std::net::SocketAddr;

pub const ROW: DirectiveRow = DirectiveRow {
    name: "log",
    sections: row::GLOBAL | row::PROXIES,
    no: true,
    doc: "log global, or log <target> [len <length>] [format <format>] [sample <ranges>:<size>] <facility> [<max level> \
          [<min level>]]: where events are sent. `no log` takes back what the defaults said.",
    parse,
};

/// The default of `len`.
const MAX_SYSLOG_LEN: u32 = 1024;
const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "auth2", "ftp", "ntp",
    "audit", "alert", "cron2", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
    "local7",
];
const LEVELS: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
const FORMATS: [&str; 8] = ["local", "rfc3164", "rfc5424", "priority", "short", "timed", "iso", "raw"];

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
        let text = format!("ring '{ring}': Ringmain does not support `ring` sections yet");
        return Err(Diag::alert(word.span, text));
    }
    let error = |text: String| Diag::alert(word.span, text);
    // A stream, through a ring of its own.
    if let Some(kind) = ["tcp@", "tcp4@", "tcp6@", "stream+"].iter().find(|k| text.starts_with(**k)) {
        return Err(error(format!(
            "'{kind}' in '{text}': Ringmain does not send log lines over streams yet"
        ))
        .help("use UDP, or a Unix socket of a syslog daemon that passes them on"));
    }
    let text = text.strip_prefix("udp@").unwrap_or(text);
    Ok(match address::parse(text, address::PLAIN).map_err(error)? {
        Address::Unix(path) => LogTarget::Unix(path),
        Address::Fd(fd) => LogTarget::Fd(fd),
        Address::Abstract(_) => {
            return Err(error(format!("abstract sockets are not supported here in '{text}'")));
        }
        Address::Inet(host, ports) => {
            let ip = match host {
                Host::Ip(ip) => ip,
                Host::Name(name, family) => address::resolve(&name, family)
                    .ok_or_else(|| error(format!("invalid address: '{name}' in '{text}'\n")))?,
            };
            let port = match ports {
                Ports::Range(port, _) => port,
                _ => 514,
            };
            LogTarget::Udp(SocketAddr::new(ip, port))
        }
    })
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
