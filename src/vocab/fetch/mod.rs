//! Sample fetches, one row a file (configuration manual, 7.3.2 to 7.3.6). The list below is the table of contents.
use crate::rules::Cx;
use crate::rules::places::{self, Places};
use crate::rules::sample::{Fetch, Kind, Names, Sample};
use std::fmt;
use std::net::IpAddr;
use std::ops::ControlFlow;

macro_rules! rows {
    ($($module:ident)*) => {
        $(mod $module;)*
        /// Every fetch, sorted by file.
        pub static ROWS: &[&[FetchRow]] = &[$($module::ROWS),*];
    };
}

rows! {
    always base be bool_ capture cook date dst env fc_pp fe hdr hostname http_first_req int_ ip_const method nbsrv path query queue
    rand rdp_cookie req_body req_payload req_ssl req_ver so_id src srv status str_ tls unique_id url url_param var wait_end
}

/// Where the data of a fetch exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Always: the connection, the proxy's own state, constants.
    Any,
    /// While the request's head is there.
    Request,
    /// From the request's head on, to its log line.
    Exchange,
    /// While the bytes of the request are in the buffer.
    Buffer,
    /// While the head of the one or the other is there.
    Either,
    /// Once the request was given to a backend.
    Backend,
    /// Once it has a server.
    Server,
    /// While the answer's head is there.
    Response,
    /// From the answer's head on, to the log line.
    Outcome,
}

impl Scope {
    /// Where an expression may read it.
    #[must_use]
    pub const fn places(self) -> Places {
        match self {
            Scope::Any => places::ALL,
            Scope::Request | Scope::Buffer => places::span(2, 10),
            Scope::Exchange => places::span(2, 18),
            Scope::Either => places::span(2, 17) | places::CHECK,
            Scope::Backend => places::span(6, 19),
            Scope::Server => places::span(10, 19),
            Scope::Response => places::span(11, 17) | places::CHECK,
            Scope::Outcome => places::span(11, 19),
        }
    }

    /// What HAProxy's messages call it.
    #[must_use]
    pub const fn needs(self) -> &'static str {
        match self {
            Scope::Any => "internal state",
            Scope::Request | Scope::Either => "HTTP request headers",
            Scope::Exchange => "HTTP request",
            Scope::Buffer => "request buffer",
            Scope::Backend => "backend",
            Scope::Server => "server",
            Scope::Response => "HTTP response headers",
            Scope::Outcome => "HTTP response",
        }
    }
}

/// What an argument has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arg {
    Text,
    Int,
    /// The name of a backend; the present one where it is left out.
    Backend,
    /// The name of a frontend; the present one where it is left out.
    Frontend,
    /// `backend/server`.
    Server,
}

/// How a fetch is made from its arguments.
pub enum Make {
    /// It has none.
    Plain(for<'c> fn(&'c Cx<'_>) -> Option<Sample<'c>>),
    With(fn(&[String]) -> Result<Box<dyn Fetch>, String>),
}

/// One word of the language.
pub struct FetchRow {
    pub name: &'static str,
    /// Other names of the same.
    pub aliases: &'static [&'static str],
    /// How many arguments it needs at least.
    pub required: usize,
    /// What each argument has to be.
    pub args: &'static [Arg],
    pub out: Kind,
    pub scope: Scope,
    /// One paragraph of manual.
    pub doc: &'static str,
    pub make: Make,
}

/// The row of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static FetchRow> {
    rows().find(|row| row.name == name || row.aliases.contains(&name))
}

/// Every row.
pub fn rows() -> impl Iterator<Item = &'static FetchRow> {
    ROWS.iter().flat_map(|rows| rows.iter())
}

/// All names, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    rows().flat_map(|row| [row.name].into_iter().chain(row.aliases.iter().copied()))
}

/// A fetch without arguments.
pub struct Plain(pub for<'c> fn(&'c Cx<'_>) -> Option<Sample<'c>>);

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plain")
    }
}

impl Fetch for Plain {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        (self.0)(cx)
    }
}

/// The bytes in the buffer, where they are a connection's own.
fn raw<'c>(cx: &'c Cx<'_>) -> Option<&'c [u8]> {
    cx.conn.inspect.is_raw().then_some(cx.req_body)
}

/// What a reader of first bytes finds in them; where they are not whole, that is noted.
fn whole<'c, T>(
    cx: &'c Cx<'_>,
    read: impl FnOnce(&'c [u8]) -> Result<T, crate::proto::first_bytes::Not>,
) -> Option<T> {
    let found = read(raw(cx)?);
    if matches!(found, Err(crate::proto::first_bytes::Not::Yet)) {
        cx.conn.inspect.may_change();
    }
    found.ok()
}

/// A constant.
#[derive(Debug)]
pub struct Constant(pub Sample<'static>);

impl Fetch for Constant {
    fn fetch<'c>(&'c self, _cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        Some(self.0.clone())
    }
}

/// What never has a value.
#[derive(Debug)]
struct Nothing;

impl Fetch for Nothing {
    fn fetch<'c>(&'c self, _cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        None
    }
}

/// How the state of a backend is read.
type GetBackend = for<'c> fn(&'c Cx<'_>, crate::base::ids::BackendId) -> Option<Sample<'c>>;

/// The state of a backend, named or the present one.
struct OfBackend {
    name: Option<String>,
    id: std::sync::OnceLock<crate::base::ids::BackendId>,
    get: GetBackend,
}

impl fmt::Debug for OfBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OfBackend({:?})", self.name)
    }
}

impl Fetch for OfBackend {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let id = self.id.get().copied().or(cx.backend)?;
        (self.get)(cx, id)
    }

    fn resolve(&self, names: &dyn Names) -> Result<(), String> {
        let found = match &self.name {
            Some(name) => Some(
                names
                    .backend(name)
                    .ok_or_else(|| format!("unable to find backend '{name}' referenced in arg 1"))?,
            ),
            None => names.own_backend(),
        };
        if let Some(id) = found {
            let _ = self.id.set(id);
        }
        Ok(())
    }
}

/// Makes a fetch of a backend's state.
fn of_backend(args: &[String], get: GetBackend) -> Box<dyn Fetch> {
    let name = args.first().filter(|a| !a.is_empty()).cloned();
    Box::new(OfBackend { name, id: std::sync::OnceLock::new(), get })
}

/// Looks at one comma-separated element after the other.
fn each_element<'c>(value: &'c [u8], visit: &mut dyn FnMut(&'c [u8]) -> ControlFlow<()>) -> ControlFlow<()> {
    let mut rest = value;
    loop {
        let (element, tail) = next_element(rest);
        visit(element.trim_ascii())?;
        match tail {
            Some(tail) => rest = tail,
            None => return ControlFlow::Continue(()),
        }
    }
}

/// The bytes before the next comma outside of quotes, and those behind it.
fn next_element(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let (mut quoted, mut escaped) = (false, false);
    for (i, &b) in text.iter().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return (&text[..i], Some(&text[i + 1..])),
            _ => {}
        }
    }
    (text, None)
}

/// An address in text, with or without a port behind it.
fn addr_of(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    text.parse()
        .ok()
        .or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|a| a.ip()))
        .or_else(|| text.trim_start_matches('[').trim_end_matches(']').parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_documented() {
        let mut all: Vec<&str> = names().collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "a name stands twice");
        for row in rows() {
            assert!(row.doc.len() > 15 && row.doc.ends_with('.'), "{} has no doc", row.name);
            assert!(row.required <= row.args.len(), "{}", row.name);
            assert!(!matches!(row.make, Make::Plain(_)) || row.args.is_empty(), "{}", row.name);
        }
    }

    #[test]
    fn elements_end_at_commas_outside_of_quotes() {
        let mut seen = Vec::new();
        let _ = each_element(br#"a, "b,c" ,d"#, &mut |e| {
            seen.push(String::from_utf8_lossy(e).into_owned());
            ControlFlow::Continue(())
        });
        assert_eq!(seen, ["a", "\"b,c\"", "d"]);
    }
}
