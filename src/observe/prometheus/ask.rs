//! What a request for metrics asks for: the query of its target, as HAProxy's exporter reads it.
use std::collections::HashSet;

/// Whose metrics are wanted: a set of these.
pub type Scopes = u8;
pub const GLOBAL: Scopes = 1;
pub const FRONTEND: Scopes = 2;
/// Those that `option socket-stats` counts.
pub const LISTENER: Scopes = 4;
pub const BACKEND: Scopes = 8;
pub const SERVER: Scopes = 16;
pub const STICK_TABLE: Scopes = 32;
pub const ALL: Scopes = 63;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    pub scopes: Scopes,
    /// Servers in maintenance are left out.
    pub no_maint: bool,
    /// Also the columns that belong to single protocols.
    pub extra: bool,
    /// The only metrics that are wanted, by their whole names; `None` for all.
    only: Option<HashSet<String>>,
    /// Those that are not wanted.
    without: HashSet<String>,
}

impl Ask {
    /// Reads the query; `None` where it makes no sense, which is answered with 400.
    #[must_use]
    pub fn read(target: &[u8]) -> Option<Ask> {
        let mut ask = Ask { scopes: ALL, no_maint: false, extra: false, only: None, without: HashSet::new() };
        let Some(at) = memchr::memchr(b'?', target) else { return Some(ask) };
        let mut chosen = false;
        for pair in target[at + 1..].split(|&b| b == b'&').filter(|pair| !pair.is_empty()) {
            let (name, value) = match memchr::memchr(b'=', pair) {
                Some(at) => (&pair[..at], Some(&pair[at + 1..])),
                None => (pair, None),
            };
            let name = decoded(name)?;
            // What cannot be decoded is wrong, also where nobody asks for it.
            let value = match value {
                Some(value) => Some(decoded(value)?),
                None => None,
            };
            match name.as_slice() {
                b"scope" => {
                    // The first replaces "all"; an empty one takes back what was chosen.
                    ask.scopes = if std::mem::replace(&mut chosen, true) { ask.scopes } else { 0 };
                    let scope = scope(&value?)?;
                    ask.scopes = if scope == 0 { 0 } else { ask.scopes | scope };
                }
                b"no-maint" => ask.no_maint = true,
                b"extra-counters" => ask.extra = true,
                b"metrics" => ask.filter(&String::from_utf8_lossy(&value?)),
                _ => {}
            }
        }
        Some(ask)
    }

    /// `NAME,-NAME,…` (3.x).
    fn filter(&mut self, list: &str) {
        for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match name.strip_prefix('-') {
                Some(name) => _ = self.without.insert(name.to_owned()),
                None => _ = self.only.get_or_insert_default().insert(name.to_owned()),
            }
        }
    }

    /// Whether a metric is wanted, by its whole name.
    #[must_use]
    pub fn wants(&self, metric: &str) -> bool {
        !self.without.contains(metric) && self.only.as_ref().is_none_or(|only| only.contains(metric))
    }
}

fn scope(name: &[u8]) -> Option<Scopes> {
    Some(match name {
        b"" => 0,
        b"*" => ALL,
        b"global" => GLOBAL,
        b"frontend" => FRONTEND,
        b"listener" => LISTENER,
        b"backend" => BACKEND,
        b"server" => SERVER,
        b"sticktable" => STICK_TABLE,
        _ => return None,
    })
}

/// Undoes `%41` and `+`; `None` for what is no number.
fn decoded(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied();
    while let Some(byte) = rest.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                (digit()? * 16 + digit()?) as u8
            }
            byte => byte,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(target: &str) -> Option<Scopes> {
        Ask::read(target.as_bytes()).map(|ask| ask.scopes)
    }

    /// What HAProxy 2.6.12 did with the same targets.
    #[test]
    fn scopes_are_read_as_haproxy_reads_them() {
        for all in
            ["/m", "/m?", "/m?foo=1", "/m?=x", "/m?SCOPE=global", "/m?scope=*", "/m?scope=global&scope=*"]
        {
            assert_eq!(scopes(all), Some(ALL), "{all}");
        }
        for one in [
            "/m?scope=global",
            "/m?&&scope=global",
            "/m?sc%6fpe=glob%61l&",
            "/m?extra-counters=x&scope=global",
        ] {
            assert_eq!(scopes(one), Some(GLOBAL), "{one}");
        }
        assert_eq!(scopes("/m?scope=global&no-maint&%73cope=server"), Some(GLOBAL | SERVER));
        assert_eq!(scopes("/m?scope="), Some(0));
        assert_eq!(scopes("/m?scope=global&scope="), Some(0));
        for wrong in [
            "/m?scope",
            "/m?scope==",
            "/m?scope=bogus",
            "/m?scope=global+",
            "/m?scope=global;x",
            "/m?scope=%zz",
            "/m?bogus%zz=1",
            "/m?scope=*&scope=bogus",
            "/m?scope=global%26scope=server",
            "/m?x=%4",
        ] {
            assert_eq!(scopes(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn metrics_are_chosen_by_name() {
        let ask = |query: &str| Ask::read(format!("/m?{query}").as_bytes()).unwrap();
        assert!(ask("").wants("x") && ask("metrics=").wants("x"));
        let some = ask("metrics=a,b&metrics=-b,c");
        assert_eq!(["a", "b", "c", "d"].map(|name| some.wants(name)), [true, false, true, false]);
        let most = ask("metrics=-a");
        assert_eq!(["a", "b"].map(|name| most.wants(name)), [false, true]);
        assert_eq!(Ask::read(b"/m?metrics"), None);
    }

    #[test]
    fn bytes_of_any_kind_do_not_harm() {
        for target in [&b"/?%"[..], b"?%e", b"?\xff=\xfe&scope=\xff", b"?metrics=\xff,\xfe", b""] {
            let _ = Ask::read(target);
        }
    }
}
