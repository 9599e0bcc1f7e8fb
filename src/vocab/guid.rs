//! Names that stay with an object whatever the file calls it: `guid` of proxies and servers, `guid-prefix` of `bind` (3.x). No two
//! objects have the same.
use crate::plan::draft::Draft;

const LONGEST: usize = 127;

/// Whether a name may be one and is nobody else's yet.
///
/// # Errors
/// What is wrong with it.
pub fn check(draft: &Draft, name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_:.".contains(c);
    if name.is_empty() || name.len() > LONGEST || !name.chars().all(allowed) {
        return Err(
            "GUID contains forbidden characters. Allowed are alphanumeric, '-', '_', '.' and ':'".to_owned()
        );
    }
    match owner(draft, name) {
        Some(owner) => Err(format!("GUID '{name}' already used by {owner}")),
        None => Ok(()),
    }
}

/// Who has a name.
fn owner(draft: &Draft, name: &str) -> Option<String> {
    for proxy in &draft.proxies {
        if proxy.guid.as_deref() == Some(name) {
            return Some(format!("proxy '{}'", proxy.name));
        }
        if let Some(server) = proxy.servers.iter().find(|s| s.settings.line.guid.as_deref() == Some(name)) {
            return Some(format!("server '{}'", server.name));
        }
        if proxy.binds.iter().any(|bind| has(bind.guid_prefix.as_deref(), bind.addrs.len(), name)) {
            return Some(format!("a listener of proxy '{}'", proxy.name));
        }
    }
    None
}

/// Whether one of `count` listeners is called so: by the prefix and its place on the line, from 0.
fn has(prefix: Option<&str>, count: usize, name: &str) -> bool {
    let place = prefix.and_then(|p| name.strip_prefix(p)?.strip_prefix('-'));
    place.is_some_and(|n| n.parse::<usize>().is_ok_and(|at| at < count && at.to_string() == n))
}

#[cfg(test)]
mod tests {
    use super::has;
    use crate::vocab::row::{BACKEND, FRONTEND, GLOBAL, bench};

    #[test]
    fn names_are_unique_over_all_kinds() {
        let says = |lines: &str| bench(BACKEND, lines).says().to_owned();
        assert!(says("guid a\nserver s 127.0.0.1:1 guid a").contains("GUID 'a' already used by proxy 'p'"));
        assert!(says("server s 127.0.0.1:1 guid a\nguid a").contains("GUID 'a' already used by server 's'"));
        assert!(says("guid").contains("'guid' : expects an argument"));
        assert!(says("guid a/b").contains("forbidden characters"));
        let front = bench(FRONTEND, "bind :80-82 guid-prefix web\nguid web-2").says().to_owned();
        assert!(front.contains("GUID 'web-2' already used by a listener of proxy"), "{front}");
        bench(FRONTEND, "bind :80-82 guid-prefix web\nguid web-3").ok();
    }

    #[test]
    fn listeners_are_numbered() {
        assert!(has(Some("x"), 2, "x-1") && !has(Some("x"), 2, "x-2") && !has(Some("x"), 20, "x-01"));
        assert!(!has(None, 2, "x-1") && !has(Some("x"), 2, "x1"));
    }

    #[test]
    fn the_file_is_named_in_global() {
        let draft = bench(GLOBAL, "stats-file /tmp/x").ok();
        assert_eq!(draft.global.stats_file.as_ref().map(|f| f.path.to_str()), Some(Some("/tmp/x")));
        assert!(bench(GLOBAL, "stats-file").says().contains("'stats-file' expects"));
        let shared = bench(GLOBAL, "shm-stats-file /dev/shm/x").says().to_owned();
        assert!(shared.contains("'shm-stats-file'") && shared.contains("does not support"), "{shared}");
    }
}
