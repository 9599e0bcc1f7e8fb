//! Which line is written at which step of an exchange (`log-profile`, `log-steps`, `do-log`: configuration manual of HAProxy
//! 3.1 and later).
use super::cx::Cx;
use super::format::Format;
use super::record::{Level, NOT_YET, Queued};
use crate::base::time::Tick;
use std::sync::Arc;

/// A step at which a line may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Step {
    /// The client's connection, or its next request, is there.
    Accept,
    /// The request's head is there.
    Request,
    /// There is a connection to the server.
    Connect,
    /// The answer's head is there.
    Response,
    /// The end.
    Close,
    /// No request could be read.
    Error,
    /// `tcp-request content do-log`.
    Content,
    /// `http-request do-log`.
    HttpRequest,
    /// `http-response do-log`.
    HttpResponse,
}

impl Step {
    /// Those of `log-steps` with their names.
    pub const OF_EXCHANGES: [(&'static str, Step); 5] = [
        ("accept", Step::Accept),
        ("request", Step::Request),
        ("connect", Step::Connect),
        ("response", Step::Response),
        ("close", Step::Close),
    ];
    /// Those that only `on` names.
    pub const FURTHER: [(&'static str, Step); 4] = [
        ("error", Step::Error),
        ("http-req", Step::HttpRequest),
        ("http-res", Step::HttpResponse),
        ("tcp-req-cont", Step::Content),
    ];
    /// HAProxy's names of steps at which Ringmain writes nothing.
    pub const UNBUILT: [&'static str; 5] =
        ["http-after-res", "quic-init", "tcp-req-conn", "tcp-req-sess", "tcp-res-cont"];
}

/// A set of steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps(u16);

impl Steps {
    /// With this one.
    #[must_use]
    pub const fn with(self, step: Step) -> Steps {
        Steps(self.0 | 1 << step as u8)
    }

    #[must_use]
    pub const fn has(self, step: Step) -> bool {
        self.0 & (1 << step as u8) != 0
    }
}

/// What holds at a step in place of the proxy's own formats.
#[derive(Debug, Default)]
pub struct Override {
    /// Nothing is written.
    pub drop: bool,
    pub format: Option<Format>,
    /// Structured data.
    pub structured: Option<Format>,
}

/// A `log-profile` as it holds in one proxy.
#[derive(Debug, Default)]
pub struct Profile {
    /// `None`: any step that has none of its own.
    pub steps: Vec<(Option<Step>, Override)>,
}

impl Profile {
    /// What holds at a step.
    #[must_use]
    pub fn at(&self, step: Step) -> Option<&Override> {
        let find = |wanted| self.steps.iter().find(|(at, _)| *at == wanted).map(|(_, o)| o);
        find(Some(step)).or_else(|| find(None))
    }

    /// The formats of a step's line, the proxy's own where the profile has none; `None`: no line.
    #[must_use]
    pub fn formats<'f>(
        &'f self,
        step: Step,
        format: Option<&'f Format>,
        structured: Option<&'f Format>,
    ) -> Option<(Option<&'f Format>, Option<&'f Format>)> {
        match self.at(step) {
            None => Some((format, structured)),
            Some(o) if o.drop => None,
            Some(o) => Some((o.format.as_ref().or(format), o.structured.as_ref().or(structured))),
        }
    }
}

/// Targets that share a profile.
#[derive(Clone, Debug)]
pub struct Group {
    /// Which set of log lines of the Plan.
    pub set: u32,
    pub profile: Option<Arc<Profile>>,
}

/// What `do-log` does in a frontend.
#[derive(Debug, Default)]
pub struct DoLog {
    pub groups: Vec<Group>,
    /// For rules that name a profile, by its name.
    pub named: Vec<(String, Group)>,
    pub format: Option<Format>,
    pub structured: Option<Format>,
}

impl DoLog {
    /// Writes the lines of a rule, of which the session hears once the rules have run.
    pub fn run(&self, step: Step, profile: Option<&str>, cx: &Cx<'_>) {
        let level = match cx.conn.record.look(|r| r.level) {
            None | Some(Level::Silent) => return,
            Some(Level::Of(level)) => level,
            Some(Level::Usual) => 6,
        };
        let now = cx.facts.wall_clock().duration_since(std::time::UNIX_EPOCH);
        let now = now.map_or(0, |d| d.as_nanos() as i64);
        // Timers to the end are timers to now.
        cx.conn.record.note(|r| r.closed = Tick(now.wrapping_sub(r.wall_at_zero) as u64));
        let named = profile.map(|name| self.named.iter().filter(move |(n, _)| n == name).map(|(_, g)| g));
        let groups: Vec<&Group> = match named {
            Some(named) => named.collect(),
            None => self.groups.iter().collect(),
        };
        for group in groups {
            let own = (self.format.as_ref(), self.structured.as_ref());
            let formats = match &group.profile {
                Some(profile) => profile.formats(step, own.0, own.1),
                None => Some(own),
            };
            let Some((format, structured)) = formats else { continue };
            let (mut message, mut data) = (Vec::new(), Vec::new());
            if let Some(format) = format {
                format.write(cx, &mut message);
            }
            if message.is_empty() {
                continue;
            }
            if let Some(structured) = structured {
                structured.write(cx, &mut data);
            }
            cx.conn.record.note(|r| r.queued.push(Queued { set: group.set, level, now, message, data }));
        }
        cx.conn.record.note(|r| r.closed = NOT_YET);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::format::Part;

    fn format(text: &str) -> Format {
        Format { parts: vec![Part::Text(text.as_bytes().to_vec())], ..Format::default() }
    }

    #[test]
    fn a_step_of_its_own_holds_before_any() {
        let any = Override { format: Some(format("any")), ..Override::default() };
        let data = Override { structured: Some(format("data")), ..Override::default() };
        let drop = Override { drop: true, ..Override::default() };
        let steps = vec![(None, any), (Some(Step::Close), data), (Some(Step::Request), drop)];
        let profile = Profile { steps };
        let own = format("own");
        let text = |step| {
            let (f, s) = profile.formats(step, Some(&own), None)?;
            let show = |f: Option<&Format>| {
                f.and_then(|f| f.constant()).map(|b| String::from_utf8_lossy(b).into_owned())
            };
            Some((show(f), show(s)))
        };
        assert_eq!(text(Step::Accept), Some((Some("any".into()), None)));
        assert_eq!(text(Step::Close), Some((Some("own".into()), Some("data".into()))));
        assert_eq!(text(Step::Request), None);
    }

    #[test]
    fn sets_of_steps() {
        let steps = Steps::default().with(Step::Accept).with(Step::Close);
        assert!(steps.has(Step::Accept) && steps.has(Step::Close) && !steps.has(Step::Request));
    }
}
