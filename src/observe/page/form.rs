//! The page's form: which servers of which backend, and what is to be done with them.
use crate::base::ids::{BackendId, ServerId};
use crate::world::World;

/// What may be chosen in the form: HAProxy's values and words.
pub const ACTIONS: [(&str, &str); 13] = [
    ("ready", "Set state to READY"),
    ("drain", "Set state to DRAIN"),
    ("maint", "Set state to MAINT"),
    ("dhlth", "Health: disable checks"),
    ("ehlth", "Health: enable checks"),
    ("hrunn", "Health: force UP"),
    ("hnolb", "Health: force NOLB"),
    ("hdown", "Health: force DOWN"),
    ("dagent", "Agent: disable checks"),
    ("eagent", "Agent: enable checks"),
    ("arunn", "Agent: force UP"),
    ("adown", "Agent: force DOWN"),
    ("shutdown", "Kill Sessions"),
];

/// A form that was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Filled {
    pub backend: Option<BackendId>,
    pub action: Option<&'static str>,
    pub servers: Vec<ServerId>,
    /// Names that no server of the backend has.
    pub unknown: usize,
}

/// Reads a form (`s=NAME&…&action=WORD&b=#ID`); the backend may come behind the servers.
#[must_use]
pub fn read(world: &World, form: &[u8]) -> Filled {
    let plan = &world.plan;
    let pairs: Vec<(String, String)> = form
        .split(|&b| b == b'&')
        .filter_map(|pair| {
            let at = pair.iter().position(|&b| b == b'=')?;
            Some((decoded(&pair[..at]), decoded(&pair[at + 1..])))
        })
        .collect();
    let value = |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let backend = value("b").and_then(|b| {
        let by_id = b.strip_prefix('#').and_then(|id| id.parse::<u32>().ok());
        plan.backends.iter().position(|p| !p.disabled && (Some(p.uuid) == by_id || p.name == b))
    });
    let backend = backend.map(BackendId::from);
    let mut filled = Filled {
        backend,
        action: value("action").and_then(|a| ACTIONS.iter().find(|(word, _)| *word == a)).map(|a| a.0),
        ..Filled::default()
    };
    let Some(backend) = backend else { return filled };
    for (_, name) in pairs.iter().filter(|(n, _)| n == "s") {
        match world.servers_of(backend).find(|(_, s)| s.name == *name) {
            Some((id, _)) => filled.servers.push(id),
            None => filled.unknown += 1,
        }
    }
    filled
}

/// Whether it names any server.
#[must_use]
pub fn names_servers(form: &[u8]) -> bool {
    form.split(|&b| b == b'&').any(|pair| pair.starts_with(b"s="))
}

/// The command of the runtime API for an action on a server.
#[must_use]
pub fn command(action: &str, server: &str) -> String {
    let set = |what: &str| format!("set server {server} {what}");
    match action {
        "dhlth" => format!("disable health {server}"),
        "ehlth" => format!("enable health {server}"),
        "hrunn" => set("health up"),
        "hnolb" => set("health stopping"),
        "hdown" => set("health down"),
        "dagent" => format!("disable agent {server}"),
        "eagent" => format!("enable agent {server}"),
        "arunn" => set("agent up"),
        "adown" => set("agent down"),
        "shutdown" => format!("shutdown sessions server {server}"),
        state => set(&format!("state {state}")),
    }
}

/// A form's text without its `%XX` and `+`.
fn decoded(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let hex = text.get(at + 1..at + 3).and_then(|h| std::str::from_utf8(h).ok());
        match (text[at], hex.and_then(|h| u8::from_str_radix(h, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_forms() {
        assert_eq!(decoded(b"a%23b+c%2"), "a#b c%2");
        assert_eq!(decoded(b"%zz%"), "%zz%");
    }
}
