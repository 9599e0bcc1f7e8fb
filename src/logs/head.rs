//! What stands before a message (`log … format`, `log-tag`, `log-send-hostname`).
use super::clock;
use crate::plan::global::Log;
use crate::plan::ring::Ring;

/// A line's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `<134>Nov 24 18:00:03 host tag[pid]: `.
    Rfc3164,
    /// `<134>1 2026-11-24T18:00:03.000000+00:00 host tag pid - data `.
    Rfc5424,
    /// `<134>`.
    Priority,
    /// `<6>`.
    Short,
    /// `<6>2026-11-24T18:00:03.000000+00:00 `.
    Timed,
    /// The same without the level.
    Iso,
    Raw,
}

/// The head of one `log` line's lines: what never changes is made once.
#[derive(Debug)]
pub struct Head {
    form: Form,
    facility: u8,
    /// Behind the time.
    tail: Vec<u8>,
    /// `<134>Nov 24 18:00:03` as it was written last, and for which second and level.
    kept: Vec<u8>,
    kept_for: (i64, u8),
}

impl Head {
    /// The head of a ring's lines: the ring's form holds, whatever the `log` line says.
    pub fn of_ring(ring: &Ring, log: &Log, tag: &str, hostname: Option<&str>) -> Head {
        Head::new(&Log { format: ring.format.clone(), ..log.clone() }, tag, hostname)
    }

    /// The head of a `log` line in a process whose lines carry this host name.
    pub fn new(log: &Log, tag: &str, hostname: Option<&str>) -> Head {
        let form = match log.format.as_str() {
            "rfc3164" | "local" | "" => Form::Rfc3164,
            "rfc5424" => Form::Rfc5424,
            "priority" => Form::Priority,
            "short" => Form::Short,
            "timed" => Form::Timed,
            "iso" => Form::Iso,
            _ => Form::Raw,
        };
        let pid = std::process::id();
        // RFC 3164 wants a host in any case.
        let hostname = hostname.or((log.format == "rfc3164").then_some("localhost"));
        let tail = match (form, hostname.filter(|_| log.format != "local")) {
            (Form::Rfc3164, Some(host)) => format!(" {host} {tag}[{pid}]: "),
            (Form::Rfc3164, None) => format!(" {tag}[{pid}]: "),
            (Form::Rfc5424, host) => format!(" {} {tag} {pid} - ", host.unwrap_or("-")),
            (Form::Timed | Form::Iso, _) => " ".to_owned(),
            _ => String::new(),
        };
        Head {
            form,
            facility: log.facility,
            tail: tail.into_bytes(),
            kept: Vec::new(),
            kept_for: (i64::MIN, 0),
        }
    }

    /// Appends the head of a line of this level at this time. `data` is the structured data. Says how many bytes stand
    /// before it: where it does not fit, nothing of it is written.
    pub fn write(&mut self, level: u8, now: i64, data: &[u8], out: &mut Vec<u8>) -> usize {
        let from = out.len();
        let seconds = clock::split(now).0;
        match self.form {
            Form::Rfc3164 => {
                if self.kept_for != (seconds, level) {
                    self.kept.clear();
                    priority(u32::from(self.facility) * 8 + u32::from(level), &mut self.kept);
                    self.kept.extend_from_slice(&clock::syslog(seconds));
                    self.kept.extend_from_slice(&self.tail);
                    self.kept_for = (seconds, level);
                }
                out.extend_from_slice(&self.kept);
                return self.kept.len();
            }
            Form::Rfc5424 => {
                priority(u32::from(self.facility) * 8 + u32::from(level), out);
                out.extend_from_slice(b"1 ");
                clock::iso(now, out);
                out.extend_from_slice(&self.tail);
                let before = out.len() - from;
                out.extend_from_slice(if data.is_empty() { b"-" } else { data });
                out.push(b' ');
                return before;
            }
            Form::Priority => priority(u32::from(self.facility) * 8 + u32::from(level), out),
            Form::Short => priority(u32::from(level), out),
            Form::Timed => {
                priority(u32::from(level), out);
                clock::iso(now, out);
            }
            Form::Iso => clock::iso(now, out),
            Form::Raw => {}
        }
        out.extend_from_slice(&self.tail);
        out.len() - from
    }
}

fn priority(n: u32, out: &mut Vec<u8>) {
    out.push(b'<');
    crate::rules::format::number(out, i64::from(n));
    out.push(b'>');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::LogTarget;

    fn head(format: &str, host: Option<&str>, data: &str) -> String {
        let log = Log {
            target: LogTarget::Fd(1),
            len: 1024,
            format: format.to_owned(),
            sample: None,
            facility: 16,
            profile: None,
            at: crate::syntax::Span { file: crate::syntax::FileId(0), line: 0, col: 0, len: 0 },
            level: 7,
            min_level: 0,
        };
        let mut out = Vec::new();
        Head::new(&log, "tag", host).write(6, 1_795_543_203_000_001_000, data.as_bytes(), &mut out);
        String::from_utf8(out).unwrap().replace(&std::process::id().to_string(), "PID")
    }

    #[test]
    fn each_form_is_haproxys() {
        let date = String::from_utf8(clock::syslog(1_795_543_203).to_vec()).unwrap();
        let mut iso = Vec::new();
        clock::iso(1_795_543_203_000_001_000, &mut iso);
        let iso = String::from_utf8(iso).unwrap();
        assert_eq!(head("", None, ""), format!("<134>{date} tag[PID]: "));
        assert_eq!(head("rfc3164", Some("h"), ""), format!("<134>{date} h tag[PID]: "));
        assert_eq!(head("rfc3164", None, ""), format!("<134>{date} localhost tag[PID]: "));
        assert_eq!(head("local", Some("h"), ""), format!("<134>{date} tag[PID]: "));
        assert_eq!(head("rfc5424", None, ""), format!("<134>1 {iso} - tag PID - - "));
        assert_eq!(head("rfc5424", Some("h"), "[a@1]"), format!("<134>1 {iso} h tag PID - [a@1] "));
        assert_eq!((head("priority", None, ""), head("short", None, "")), ("<134>".into(), "<6>".into()));
        assert_eq!(
            (head("timed", None, ""), head("iso", None, "")),
            (format!("<6>{iso} "), format!("{iso} "))
        );
        assert_eq!(head("raw", Some("h"), ""), "");
    }
}
