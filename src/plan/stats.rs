//! `stats …` lines of a proxy (manual 4.2): its statistics page.
use crate::rules::{Condition, Cx};
use std::time::Duration;

/// What `defaults` pass on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatsSettings {
    /// Any `stats` line makes the page.
    pub enabled: bool,
    /// `stats uri`: what a request's target begins with.
    pub uri: Option<String>,
    /// `stats realm`.
    pub realm: Option<String>,
    /// `stats auth`: names and passwords.
    pub users: Vec<(String, String)>,
    /// `stats refresh`.
    pub refresh: Option<Duration>,
    /// `stats scope`: the only proxies to be shown; `.` is the one with the page.
    pub scopes: Vec<String>,
    /// `stats show-desc`: `Some(None)` is the description of `global`.
    pub description: Option<Option<String>>,
    /// `stats show-node`, the same way.
    pub node: Option<Option<String>>,
    /// `stats show-legends`.
    pub legends: bool,
    /// `stats show-modules`.
    pub modules: bool,
    /// `stats hide-version`.
    pub hide_version: bool,
}

/// Where the page is when no `stats uri` says it.
pub const DEFAULT_URI: &str = "/haproxy?stats";
/// What the browser asks a password for.
pub const DEFAULT_REALM: &str = "HAProxy Statistics";

/// What a `stats http-request` line does with a request for the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    Allow,
    Deny,
    /// Asks for a name and a password.
    Auth {
        realm: Option<String>,
    },
}

/// One `stats http-request` line.
#[derive(Clone, Debug)]
pub struct AccessRule {
    pub access: Access,
    pub condition: Option<Condition>,
}

/// The page of a proxy.
#[derive(Debug, Default)]
pub struct StatsPage {
    pub settings: StatsSettings,
    /// `stats admin`: where one holds, servers may be changed from the page.
    pub admin: Vec<Condition>,
    pub rules: Vec<AccessRule>,
}

impl StatsPage {
    /// What requests for it begin with.
    #[must_use]
    pub fn uri(&self) -> &str {
        self.settings.uri.as_deref().unwrap_or(DEFAULT_URI)
    }

    /// Whether a request's target is this page.
    #[must_use]
    pub fn is_meant(&self, target: &[u8]) -> bool {
        target.starts_with(self.uri().as_bytes())
    }

    /// Whether the request may see it.
    #[must_use]
    pub fn access(&self, cx: &Cx<'_>) -> Access {
        let holds = |rule: &&AccessRule| rule.condition.as_ref().is_none_or(|c| c.holds(cx));
        if let Some(rule) = self.rules.iter().find(holds) {
            return rule.access.clone();
        }
        let users = &self.settings.users;
        if users.is_empty() {
            return Access::Allow;
        }
        let given = cx.request().and_then(|r| r.head.get(b"authorization")).and_then(credentials);
        let known = given.is_some_and(|given| {
            // Every one is compared whole, so that the time taken tells nothing.
            users.iter().fold(false, |found, (name, password)| {
                found | same(&given, format!("{name}:{password}").as_bytes())
            })
        });
        if known { Access::Allow } else { Access::Auth { realm: None } }
    }

    /// Whether the request may change servers.
    #[must_use]
    pub fn is_admin(&self, cx: &Cx<'_>) -> bool {
        self.admin.iter().any(|c| c.holds(cx))
    }

    /// The realm that a rule without one of its own names.
    #[must_use]
    pub fn realm(&self) -> &str {
        self.settings.realm.as_deref().unwrap_or(DEFAULT_REALM)
    }

    /// Whether the page shows a proxy; `own` is the one it belongs to.
    #[must_use]
    pub fn shows(&self, name: &str, own: &str) -> bool {
        let scopes = &self.settings.scopes;
        scopes.is_empty() || scopes.iter().any(|s| s == name || (s == "." && name == own))
    }
}

/// `name:password` of an `Authorization: Basic …` field (RFC 7617).
fn credentials(field: &[u8]) -> Option<Vec<u8>> {
    let space = field.iter().position(|&b| b == b' ')?;
    let (scheme, value) = field.split_at(space);
    scheme.eq_ignore_ascii_case(b"basic").then(|| crate::base::base64::decode(value.trim_ascii()))?
}

/// Whether two texts are the same, in a time that depends on the length alone.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (x, y)| differ | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_found_by_its_prefix() {
        let page = StatsPage::default();
        assert!(page.is_meant(b"/haproxy?stats;csv") && !page.is_meant(b"/haproxy"));
    }

    #[test]
    fn scopes() {
        let mut page = StatsPage::default();
        assert!(page.shows("a", "own"));
        page.settings.scopes = vec![".".into(), "b".into()];
        assert_eq!(["own", "b", "c"].map(|n| page.shows(n, "own")), [true, true, false]);
    }

    #[test]
    fn credentials_are_read() {
        assert_eq!(credentials(b"Basic YTpi").as_deref(), Some(&b"a:b"[..]));
        assert_eq!(credentials(b"basic  YTpi").as_deref(), Some(&b"a:b"[..]));
        for bad in [&b"Basic"[..], b"Digest YTpi", b"Basic \xff", b""] {
            assert_eq!(credentials(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn comparing_takes_every_byte() {
        assert!(same(b"abc", b"abc") && !same(b"abc", b"abd") && !same(b"abc", b"ab"));
    }
}
