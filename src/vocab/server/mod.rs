//! The parameters of `server` and `default-server` lines (manual 5.2).
use super::known::{self, Kind};
use super::row::{self, DirectiveCx};
use crate::base::units::{TimeError, TimeUnit, leading_int, parse_time};
use crate::plan::draft::ServerSettings;
use crate::syntax::{Diag, Severity, Word};
use std::time::Duration;

/// One parameter.
#[derive(Debug)]
pub struct ServerRow {
    pub name: &'static str,
    /// How many words follow it at least.
    pub arguments: usize,
    /// Whether `default-server` takes it.
    pub default_server: bool,
    /// What the manual says, in one paragraph.
    pub doc: &'static str,
    /// Reads the parameter: its own word first, then the rest of the line. Gives the number of words it took behind
    /// [`ServerRow::arguments`]. The error is HAProxy's inner text, with its place.
    pub parse: fn(&mut ServerCx<'_, '_>, &[Word]) -> Result<usize, Diag>,
}

/// What a parameter sees.
pub struct ServerCx<'a, 'b> {
    pub line: &'a mut DirectiveCx<'b>,
    pub settings: &'a mut ServerSettings,
    pub id: &'a mut Option<u32>,
    /// The server's name; `default-server` on such a line.
    pub name: &'a str,
}

rows! { ServerRow:
    addr,
    cookie,
    error_limit,
    fall,
    hash_key,
    id,
    init_addr,
    init_state,
    max_reuse,
    maxconn,
    maxqueue,
    minconn,
    observe,
    on_error,
    port,
    resolve_net,
    resolve_opts,
    resolve_prefer,
    resolvers,
    rise,
    slowstart,
    track,
    weight;
    families: agent, check_opening, connection, intervals, on_marked, pool, proxy_protocol, source, switches, tls
}

/// Reads the parameters from word `first` on. `name` is `None` on a `default-server` line.
///
/// # Errors
/// What is wrong with the first that is wrong.
pub fn parameters(
    cx: &mut DirectiveCx<'_>,
    words: &[Word],
    first: usize,
    name: Option<&str>,
    settings: &mut ServerSettings,
) -> Result<Option<u32>, Diag> {
    let (mut at, mut id) = (first, None);
    while at < words.len() {
        let Some(row) = find(keyword(words[at].text())) else { return Err(unknown(cx, words, at, name)) };
        if name.is_none() && !row.default_server {
            let text = format!("'{}' option is not accepted in default-server sections", row.name);
            return Err(error(cx, None, Diag::alert(words[at].span, text)));
        }
        let mut inner = ServerCx {
            line: cx,
            settings: &mut *settings,
            id: &mut id,
            name: name.unwrap_or("default-server"),
        };
        let more = (row.parse)(&mut inner, &words[at..]);
        let more = more.map_err(|d| error(cx, name, Diag { message: format!("{}.", d.message), ..d }))?;
        at += 1 + row.arguments + more;
    }
    match (name, watched_wrong(settings, name.unwrap_or_default())) {
        (Some(name), Some(text)) => Err(error(cx, Some(name), Diag::alert(words[0].span, text))),
        _ => Ok(id),
    }
}

/// What is wrong with a server's agent or with whom it tracks, as far as its own line tells.
pub(super) fn watched_wrong(settings: &ServerSettings, name: &str) -> Option<String> {
    let watching = &settings.watching;
    if watching.agent && watching.agent_port.or(settings.check_port).is_none_or(|port| port == 0) {
        return Some(format!("server {name} does not have agent port. Agent check has been disabled."));
    }
    if watching.track.is_some() && watching.init_state.is_some() {
        return Some("unable to set init-state and tracking at the same time!".to_owned());
    }
    (watching.track.is_some() && settings.check)
        .then(|| "unable to enable checks and tracking at the same time!".to_owned())
}

/// The keyword of a parameter: one has an argument in parentheses.
fn keyword(word: &str) -> &str {
    match word.split_once('(') {
        Some((name @ "set-proxy-v2-tlv-fmt", _)) => name,
        _ => word,
    }
}

/// HAProxy's frame of messages about servers: `[file:line] : 'server b/s' : …`, without `parsing`.
#[must_use]
pub fn error(cx: &DirectiveCx<'_>, name: Option<&str>, diag: Diag) -> Diag {
    let place = cx.place(cx.line);
    let proxy = match cx.section {
        row::RING => cx.draft.rings.last().map_or("", |r| r.name.as_str()),
        _ => cx.draft.proxies.last().map_or("", |p| p.name.as_str()),
    };
    let server = name.map_or_else(String::new, |n| format!("'server {proxy}/{n}' : "));
    Diag { bare: true, message: format!("[{place}] : {server}{}", diag.message), ..diag }
}

fn unknown(cx: &DirectiveCx<'_>, words: &[Word], at: usize, name: Option<&str>) -> Diag {
    let word = words[at].text();
    if known::knows(Kind::Server, keyword(word)) {
        let what = if name.is_some() { "server" } else { "default-server" };
        let section = row::section_name(cx.section);
        let diag = row::not_built(words[at].span, &format!("{what} {word}"), section);
        return match known::needs_tls(word) {
            true => {
                diag.help("Ringmain has no TLS yet: connect in `mode tcp`, or keep it on HAProxy for now")
            }
            false => diag,
        };
    }
    let near = known::haproxys_guess(Kind::Server, word);
    let tail = match (near, name) {
        (Some(near), _) => format!("; did you mean '{near}' maybe ?"),
        (None, Some(_)) => ".".to_owned(),
        (None, None) => ". Hint: no address was expected for this server.".to_owned(),
    };
    let diag = error(cx, name, Diag::alert(words[at].span, format!("unknown keyword '{word}'{tail}")));
    diag.near(word, all().map(|r| r.name))
}

/// An error at the argument of a parameter.
fn wrong(words: &[Word], inner: impl Into<String>) -> Diag {
    Diag::alert(row::place(words, 1), inner)
}

/// The argument as `atol` reads it.
fn number(words: &[Word]) -> i64 {
    leading_int(row::text(words, 1))
}

/// The argument as a time. `what` is how HAProxy names it where a character is unexpected.
fn time(cx: &ServerCx<'_, '_>, words: &[Word], what: &str) -> Result<Duration, Diag> {
    let (keyword, name) = (words[0].text(), cx.name);
    let Some(word) = words.get(1) else {
        return Err(wrong(words, format!("'{keyword}' expects a delay as argument.")));
    };
    let time = parse_time(word.text(), TimeUnit::Millis).map_err(|e| match e {
        TimeError::Unexpected { at, found } => {
            Diag::alert(word.sub(at, 1), format!("unexpected character '{found}' in '{what}' argument of server {name}."))
        }
        _ => wrong(
            words,
            format!(
                "timer overflow in argument <{}> to <{keyword}> of server {name}, maximum value is 2147483647 ms \
                 (~24.8 days).",
                word.text()
            ),
        ),
    })?;
    Ok(time.duration())
}

/// What stands in place of a `server` or `default-server` line that is too short.
#[must_use]
pub fn too_short(cx: &DirectiveCx<'_>, words: &[Word]) -> Diag {
    let text = format!(
        "[{}] : '{}' expects <name> and <addr>[:<port>] as arguments.",
        cx.place(cx.line),
        words[0].text()
    );
    Diag::bare(Severity::Alert, Some(row::place(words, words.len())), text)
        .help("write `server s1 192.0.2.1:80`")
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, bench};

    fn server(parameters: &str) -> crate::plan::draft::ServerDraft {
        bench(BACKEND, &format!("server t 127.0.0.1:1 {parameters}")).ok().proxies[0].servers[0].clone()
    }

    #[test]
    fn every_parameter_has_its_own_place() {
        let s = server(
            "check inter 3s fastinter 1s downinter 5s rise 4 fall 5 port 81 addr 127.0.0.9 weight 9 backup disabled \
             maxconn 7 maxqueue 8 cookie c id 33 source 127.0.0.5 pool-max-conn 6 pool-low-conn 2 pool-purge-delay 9s \
             max-reuse 11",
        );
        let (id, s) = (s.id, s.settings);
        assert_eq!(id, Some(33));
        assert!(s.check && s.backup && s.disabled);
        assert_eq!(
            (s.inter.as_secs(), s.fastinter.unwrap().as_secs(), s.downinter.unwrap().as_secs()),
            (3, 1, 5)
        );
        assert_eq!((s.rise, s.fall, s.check_port, s.weight), (4, 5, Some(81), 9));
        assert_eq!((s.maxconn, s.maxqueue, s.cookie.as_deref()), (Some(7), Some(8), Some("c")));
        assert_eq!(s.source, Some("127.0.0.5:0".parse().unwrap()));
        assert_eq!((s.pool_max_conn, s.pool_low_conn, s.pool_purge_delay.as_secs()), (Some(6), 2, 9));
        assert_eq!(s.max_reuse, Some(11));
        assert_eq!(s.check_addr, Some([127, 0, 0, 9].into()));
    }

    #[test]
    fn default_server_passes_on_and_no_takes_back() {
        let lines = "default-server check weight 5 backup\nserver a 127.0.0.1:1\nserver b 127.0.0.1:2 no-check no-backup weight 1";
        let servers = bench(BACKEND, lines).ok().proxies[0].servers.clone();
        assert!(servers[0].settings.check && servers[0].settings.backup && servers[0].settings.weight == 5);
        assert!(!servers[1].settings.check && !servers[1].settings.backup && servers[1].settings.weight == 1);
    }

    #[test]
    fn messages_are_haproxys() {
        let says = |parameters: &str| {
            let said = bench(BACKEND, &format!("server t 127.0.0.1:1 {parameters}"));
            said.says().replace("[x.cfg:1] : 'server p/t' : ", "")
        };
        for (parameters, text) in [
            ("chek", "unknown keyword 'chek'; did you mean 'check' maybe ?"),
            ("foo,bar", "unknown keyword 'foo,bar'."),
            ("weight 300", "weight of server t is not within 0 and 256 (300).."),
            ("fall 0", "'fall' has to be > 0.."),
            ("rise up", "'rise' has to be > 0.."),
            ("fall", "'fall' expects an integer argument.."),
            ("inter", "'inter' expects a delay as argument.."),
            ("inter 0", "invalid value 0 for argument 'inter' of server t.."),
            ("inter 2q", "unexpected character 'q' in 'agent-inter' argument of server t.."),
            ("id 0", "'id' : custom id has to be > 0."),
            ("addr", "'addr' expects <ipv4|ipv6> as argument.."),
            ("cookie", "'cookie' expects <value> as argument.."),
            ("port", "'port' expects a port number as argument.."),
            ("pool-max-conn -5", "'pool-max-conn' must be >= -1."),
            ("pool-purge-delay x", "unexpected character 'x' in argument to <pool-purge-delay>.."),
            ("error-limit 0", "error-limit has to be > 0.."),
            (
                "init-addr foo",
                "'init-addr' : unknown init-addr method 'foo', supported methods are 'libc', 'last', 'none'..",
            ),
        ] {
            assert_eq!(says(parameters), text);
        }
        assert!(says("ssl verify none").ends_with("does not support this HAProxy keyword yet"));
        assert!(
            bench(BACKEND, "server t 127.0.0.1:1 weight\nserver u 127.0.0.1:1 maxconn -1").diags.is_empty()
        );
        assert_eq!(
            bench(BACKEND, "default-server 1.2.3.4:5").says(),
            "[x.cfg:1] : unknown keyword '1.2.3.4:5'. Hint: no address was expected for this server."
        );
        assert_eq!(
            bench(BACKEND, "default-server id 5").says(),
            "[x.cfg:1] : 'id' option is not accepted in default-server sections"
        );
        assert_eq!(
            bench(BACKEND, "server t 127.0.0.1:1 id 1\nserver u 127.0.0.1:1 id 1").says(),
            "[x.cfg:2] : 'server p/u' : 'id' : custom id 1 already used at x.cfg:1 ('server t')."
        );
    }
}
