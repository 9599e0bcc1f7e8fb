//! The parameters of a `bind` line (manual 5.1).
use super::known::{self, Kind};
use super::row::{self, DirectiveCx};
use crate::plan::ListenerAddr;
use crate::plan::draft::BindDraft;
use crate::syntax::{Diag, Word};

/// One parameter.
#[derive(Debug)]
pub struct BindRow {
    pub name: &'static str,
    /// How many words follow it.
    pub arguments: usize,
    /// What the manual says, in one paragraph.
    pub doc: &'static str,
    /// Reads the parameter: its own word first. The error is HAProxy's inner text, with its place.
    pub parse: fn(&mut BindCx<'_, '_>, &[Word]) -> Result<(), Diag>,
}

/// What a parameter sees.
pub struct BindCx<'a, 'b> {
    pub line: &'a mut DirectiveCx<'b>,
    pub draft: &'a mut BindDraft,
}

rows! { BindRow:
    accept_netscaler_cip,
    accept_proxy,
    backlog,
    defer_accept,
    expose_fd,
    guid_prefix,
    id,
    interface,
    level,
    maxconn,
    mode,
    mss,
    name,
    namespace,
    nice,
    process,
    proto,
    severity_output,
    shards,
    tcp_md5sig,
    tcp_ut,
    tfo,
    thread,
    transparent,
    v4v6,
    v6only;
    families: identity, tls
}

/// How messages about parameters begin on the line that has them.
pub trait Wording {
    /// A parameter's own error.
    fn failed(&self, words: &[Word], inner: &str) -> String;
    /// A word that is no parameter.
    fn unknown(&self, words: &[Word], word: &str, near: Option<&str>) -> String;
}

/// On a `bind` line of a proxy section.
pub struct BindLine {
    pub section: &'static str,
}

impl Wording for BindLine {
    fn failed(&self, words: &[Word], inner: &str) -> String {
        format!("'bind {}' in section '{}' : {inner}", row::text(words, 1), self.section)
    }

    fn unknown(&self, words: &[Word], word: &str, near: Option<&str>) -> String {
        let near = near.map_or_else(|| ".".to_owned(), |n| format!("; did you mean '{n}' maybe ?"));
        format!(
            "'bind {}' in section '{}': unknown keyword '{word}'{near}",
            row::text(words, 1),
            self.section
        )
    }
}

/// Reads the parameters from word `first` on.
///
/// # Errors
/// What is wrong with the first that is wrong.
pub fn parameters(
    cx: &mut DirectiveCx<'_>,
    words: &[Word],
    first: usize,
    addrs: Vec<ListenerAddr>,
    wording: &dyn Wording,
) -> Result<BindDraft, Diag> {
    let mut draft = BindDraft::new(addrs, row::text(words, first - 1), words[0].span);
    let mut at = first;
    while at < words.len() {
        let Some(row) = find(words[at].text()) else { return Err(unknown(cx, words, at, wording)) };
        let end = (at + 1 + row.arguments).min(words.len());
        let mut inner = BindCx { line: cx, draft: &mut draft };
        (row.parse)(&mut inner, &words[at..end])
            .map_err(|d| Diag { message: wording.failed(words, &d.message), ..d })?;
        at = end;
    }
    Ok(draft)
}

fn unknown(cx: &DirectiveCx<'_>, words: &[Word], at: usize, wording: &dyn Wording) -> Diag {
    let word = words[at].text();
    if known::knows(Kind::Bind, word) {
        let section = row::section_name(cx.section);
        let diag = row::not_built(words[at].span, &format!("bind {word}"), section);
        return match known::needs_tls(word) {
            true => diag.help(
                "Ringmain has no TLS yet: forward the port in `mode tcp`, or keep it on HAProxy for now",
            ),
            false => diag,
        };
    }
    let near = known::haproxys_guess(Kind::Bind, word);
    let diag = Diag::alert(words[at].span, wording.unknown(words, word, near));
    diag.near(word, all().map(|r| r.name))
}

/// An error at the argument of a parameter.
fn wrong(words: &[Word], inner: String) -> Diag {
    Diag::alert(row::place(words, 1), inner)
}

/// The argument as `atol` reads it.
fn number(words: &[Word]) -> i64 {
    crate::base::units::leading_int(row::text(words, 1))
}

#[cfg(test)]
mod tests {
    use crate::plan::draft::BindDraft;
    use crate::vocab::row::{FRONTEND, bench};
    use std::time::Duration;

    pub fn bind(parameters: &str) -> BindDraft {
        bench(FRONTEND, &format!("bind :80 {parameters}")).ok().proxies[0].binds[0].clone()
    }

    pub fn says(parameters: &str) -> String {
        let said = bench(FRONTEND, &format!("bind :80 {parameters}"));
        said.says().replace("'bind :80' in section 'frontend'", "@")
    }

    #[test]
    fn every_parameter_has_its_own_place() {
        let all = bind(
            "name n id 7 maxconn 9 backlog 5 interface lo mode 640 uid 3 gid 4 v6only defer-accept tcp-ut 2s mss 900 tfo",
        );
        assert_eq!(
            (all.name.as_deref(), all.id, all.maxconn, all.backlog),
            (Some("n"), Some(7), Some(9), Some(5))
        );
        assert_eq!(
            (all.interface.as_deref(), all.mode, all.uid, all.gid),
            (Some("lo"), Some(0o640), Some(3), Some(4))
        );
        assert!(all.v6only && all.defer_accept && all.tfo && !all.transparent);
        assert_eq!((all.tcp_user_timeout, all.mss), (Some(Duration::from_secs(2)), Some(900)));
    }

    #[test]
    fn messages_are_haproxys() {
        for (parameters, text) in [
            ("frob", "@: unknown keyword 'frob'."),
            ("nams x", "@: unknown keyword 'nams'; did you mean 'name' maybe ?"),
            ("name", "@ : 'name' : missing name"),
            ("maxconn", "@ : 'maxconn' : missing value"),
            ("id 0", "@ : 'id' : custom id has to be > 0"),
            ("id x", "@ : 'id' : expects an integer argument, found 'x'"),
            ("mode 9", "@ : 'mode' : missing or invalid mode '9' (octal integer expected)"),
            ("user no-such", "@ : 'user' : unknown user name 'no-such'"),
            ("group no-such", "@ : 'group' : unknown group name 'no-such'"),
            ("mss 0", "@ : 'mss' : expects an MSS with and absolute value between 1 and 65535"),
            ("tcp-ut x", "@ : 'tcp-ut' : expects a positive delay in milliseconds"),
            ("interface", "@ : 'interface' : missing interface name"),
            ("backlog -1", "@ : 'backlog' : invalid value -1, must be > 0"),
            ("nice 9999", "@ : 'nice' : invalid value 9999, allowed range is -1024..1024"),
            ("shards x", "@ : 'shards' : invalid value 0, allowed range is 1..64 or 'by-thread'"),
            ("process 1", "@ : 'process 1' on 'bind' lines is deprecated and will be removed in 2.7."),
        ] {
            assert_eq!(says(parameters), text);
        }
        assert!(says("ssl crt x").ends_with("does not support this HAProxy keyword yet"));
    }
}
