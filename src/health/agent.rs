//! Agent checks (manual 5.2, `agent-check`): a program beside the server is asked, and its line of words is acted upon.
use super::probe::{self, Found};
use super::{Event, Watch, opening};
use crate::base::time::Tick;
use crate::net::driver::ConnectTo;
use crate::plan::ServerAddr;
use crate::plan::check::{Agent, Opening};
use crate::share::CheckStatus;
use crate::world::{Admin, Health};
use std::net::SocketAddr;
use std::time::Duration;

/// The longest line that is read.
const MAX_LINE: usize = 16_384;

impl Watch {
    /// Asks for as long as the Plan is in force; also in maintenance, since the agent may end it.
    pub(super) async fn run_agent(self, first: Tick) {
        let Some(agent) = &self.plan.server(self.id).watching.agent else { return };
        let mut next = first;
        let mut random = !(self.id.index() as u64) ^ self.core.now().0;
        loop {
            self.core.sleep_until(next).await;
            if self.is_over(&self.published.load()) {
                return;
            }
            // `disable agent`.
            if self.published.load().overrides(self.id).agent.off {
                next = self.core.now() + agent.inter;
                continue;
            }
            {
                let state = &mut self.shared.checks.server(self.id).agent;
                state.running = true;
                state.info.clear();
            }
            let began = self.core.now();
            let found = match self.ask(agent).await {
                Ok(line) => self.obey(&Said::read(&line)),
                Err(found) => found,
            };
            self.end_agent(found, self.core.now().since(began));
            next = self.core.now() + self.spread(agent.inter, &mut random);
        }
    }

    /// The agent's first line.
    async fn ask(&self, agent: &Agent) -> Result<String, Found> {
        let server = self.plan.server(self.id);
        let world = self.published.load();
        let now_is = world.overrides(self.id);
        let send = now_is.agent_send.as_ref().map_or(agent.send.as_slice(), |s| s.as_bytes());
        let ip = match (world.addr(self.id), now_is.agent.addr.or(agent.addr)) {
            (_, Some(ip)) => ip,
            (ServerAddr::Inet(addr), None) => addr.ip(),
            (ServerAddr::InetRelative(ip, _), None) => *ip,
            _ => return Err(Found::plain(CheckStatus::SocketError)),
        };
        let timeouts = &self.plan.backend(server.backend).timeouts;
        let deadline = match (timeouts.check, timeouts.connect) {
            (Some(_), Some(connect)) => self.core.now() + connect.min(agent.inter),
            _ => self.core.now() + agent.inter,
        };
        let to = ConnectTo::Inet(SocketAddr::new(ip, world.agent_port(self.id)));
        let opening = Opening { send_proxy: false, via_socks4: agent.via_socks4 };
        let stream = opening::connect(&self.core, server, &to, opening, false, deadline).await?;
        stream.reset_on_close();
        let deadline = timeouts.check.map_or(deadline, |t| self.core.now() + t);
        let exchange = async {
            if !send.is_empty() {
                stream.send(send.to_vec()).await.map_err(|e| Found::error(CheckStatus::SocketError, &e))?;
            }
            let mut line = Vec::new();
            loop {
                match stream.recv().await {
                    Ok(Some(chunk)) => line.extend_from_slice(&chunk),
                    Ok(None) if line.is_empty() => {
                        let info = "TCPCHK got an empty response at step 2".to_owned();
                        return Err(Found { info, ..Found::plain(CheckStatus::L7Response) });
                    }
                    // A line that never ends is not acted upon: its time runs out.
                    Ok(None) => std::future::pending().await,
                    Err(e) => return Err(Found::error(CheckStatus::SocketError, &e)),
                }
                if line.iter().any(|b| matches!(b, b'\r' | b'\n' | 0)) || line.len() >= MAX_LINE {
                    return Ok(line);
                }
            }
        };
        let line = match self.core.until(Some(deadline), exchange).await {
            Ok(line) => line?,
            Err(_) => return Err(Found::plain(CheckStatus::L7Timeout)),
        };
        let end = line.iter().position(|b| matches!(b, b'\r' | b'\n' | 0)).unwrap_or(line.len());
        Ok(String::from_utf8_lossy(&line[..end]).into_owned())
    }

    /// Does what the words say, all but the state of health, which [`Watch::end_agent`] counts.
    fn obey(&self, said: &Said) -> Found {
        if let Some(admin) = said.admin {
            self.change("", |s| s.admin = Admin { maint: admin.maint, drain: admin.drain, ..s.admin });
        }
        let mut warning = None;
        if let Some(weight) = &said.weight {
            let read = self.published.load().read_weight(self.id, weight);
            match read {
                Ok(weight) => self.change("", |s| s.weight = weight),
                Err(words) => warning = Some(words),
            }
        }
        if let Some(maxconn) = &said.maxconn {
            match maxconn.parse::<u32>() {
                Ok(limit) => self.limit(limit),
                Err(_) if maxconn.is_empty() => warning = Some("Require <maxconn>.\n"),
                Err(_) if maxconn.starts_with(|c: char| c.is_ascii_digit()) => {
                    warning = Some("Trailing garbage in maxconn string");
                }
                Err(_) => warning = Some("maxconn string empty or preceded by garbage"),
            }
        }
        said.found(warning)
    }

    /// As `set maxconn server`.
    fn limit(&self, limit: u32) {
        if self.published.load().maxconn(self.id) != Some(limit) {
            self.shared.servers[self.id.index()].set_limit(limit);
            let world =
                self.published.edit(|world| world.with_overrides(self.id, |o| o.maxconn = Some(limit)));
            (self.notify)(Event::World(world));
        }
    }

    /// Counts what was found. That the agent cannot be asked says nothing of the server.
    fn end_agent(&self, found: Found, took: Duration) {
        let state = {
            let state = &mut self.shared.checks.server(self.id).agent;
            state.running = false;
            state.status = found.status;
            state.result = found.status.result();
            state.code = found.code;
            state.info = found.info;
            state.duration = Some(took);
            match found.status {
                CheckStatus::L7Ok => state.health = 1,
                CheckStatus::L7Status => state.health = 0,
                _ => {}
            }
            state.clone()
        };
        let backend = self.plan.backend(self.plan.server(self.id).backend);
        match state.status {
            CheckStatus::L7Status => self.becomes(Health::Down, &state, backend.log_health_checks),
            CheckStatus::L7Ok if self.check_is_up() => {
                let now_is = self.published.load().server(self.id).health;
                if now_is == Health::Down {
                    self.becomes(Health::Up, &state, backend.log_health_checks);
                }
            }
            _ => {}
        }
    }
}

/// The words of an agent's line.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    /// The word, and whether it means up.
    health: Option<(String, bool)>,
    admin: Option<Admin>,
    weight: Option<String>,
    maxconn: Option<String>,
    /// The first word that nobody knows.
    unknown: Option<String>,
    /// What stands behind `#`.
    description: String,
}

impl Said {
    /// Words are parted by blanks and commas; of each kind the last one counts.
    fn read(line: &str) -> Said {
        let (words, description) = line.split_once('#').unwrap_or((line, ""));
        // Only a `#` that begins a word begins a description.
        let begins = words.is_empty() || words.ends_with([' ', '\t', ',']);
        let (words, description) = if begins { (words, description) } else { (line, "") };
        let mut said = Said { description: description.trim_start().to_owned(), ..Said::default() };
        for word in words.split([' ', '\t', ',']).filter(|w| !w.is_empty()) {
            said.word(word);
        }
        said
    }

    fn word(&mut self, word: &str) {
        let ready = Admin::default();
        match word.to_ascii_lowercase().as_str() {
            "up" => self.health = Some((word.to_owned(), true)),
            "down" | "stopped" | "fail" => self.health = Some((word.to_owned(), false)),
            "ready" => self.admin = Some(ready),
            "drain" => self.admin = Some(Admin { drain: true, ..ready }),
            "maint" => self.admin = Some(Admin { maint: true, ..ready }),
            lower => match lower.strip_prefix("maxconn:") {
                Some(maxconn) => self.maxconn = Some(maxconn.to_owned()),
                None if lower.starts_with("weight:") => {
                    self.weight = Some(word["weight:".len()..].to_owned())
                }
                None if word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('%') => {
                    self.weight = Some(word.to_owned());
                }
                None => _ = self.unknown.get_or_insert_with(|| word.to_owned()),
            },
        }
    }

    /// What the agent's columns show.
    fn found(&self, warning: Option<&str>) -> Found {
        let unknown = self.unknown.as_deref();
        let (status, info) = match (&self.health, unknown, warning) {
            (Some((word, up)), ..) => {
                let mut words = self.description.as_str();
                if words.is_empty() || *up {
                    words = unknown.or(warning).unwrap_or(words);
                }
                let tail = if words.is_empty() { String::new() } else { format!(" ({words})") };
                let status = if *up { CheckStatus::L7Ok } else { CheckStatus::L7Status };
                (status, format!("via agent : {word}{tail}"))
            }
            (None, Some(word), _) => (CheckStatus::Checked, format!("agent reports an error : {word}")),
            (None, None, Some(words)) => (CheckStatus::Checked, format!("agent warns : {words}")),
            (None, None, None) => (CheckStatus::Checked, String::new()),
        };
        Found { info: probe::cut(info), ..Found::plain(status) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_each_kind() {
        let said = Said::read("75% up,ready\tmaxconn:30 what #all well");
        assert_eq!(said.health, Some(("up".to_owned(), true)));
        assert_eq!(said.admin, Some(Admin::default()));
        assert_eq!((said.weight.as_deref(), said.maxconn.as_deref()), (Some("75%"), Some("30")));
        assert_eq!((said.unknown.as_deref(), said.description.as_str()), (Some("what"), "all well"));
        assert_eq!(said.found(None).info, "via agent : up (what)");
        assert_eq!(Said::read("DOWN # sad").found(None).info, "via agent : DOWN (sad)");
        assert_eq!(Said::read("").found(None).status, CheckStatus::Checked);
    }

    #[test]
    fn damaged_lines_are_read() {
        let examples: &[&[u8]] =
            &[b"75% up,ready\tmaxconn:30 what #all well", b"DOWN # sad", b"maint,drain 100%", b"fail#x"];
        crate::base::mutate::cases(100_000, examples, |bytes| {
            let said = Said::read(&String::from_utf8_lossy(bytes));
            let words = bytes.len() * 3;
            assert!(
                said.unknown.as_ref().is_none_or(|w| w.len() <= words) && said.description.len() <= words
            );
            let _ = said.found(None);
        });
    }

    #[test]
    fn a_weight_has_its_prefix_or_a_percent_sign() {
        for (line, weight) in [
            ("weight:50%", Some("50%")),
            ("WEIGHT:7", Some("7")),
            ("weight:", Some("")),
            ("50% weight:20%", Some("20%")),
            ("weight: 10%", Some("10%")),
            ("50", None),
        ] {
            assert_eq!(Said::read(line).weight.as_deref(), weight, "{line}");
        }
    }
}
