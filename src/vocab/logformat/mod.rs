//! Log-format variables (`%ci`), the table of the configuration manual, 8.2.4. Those of the log lines (timers, termination
//! flags) come with the logs.
use crate::proto::http::Version;
use crate::rules::format::Variable;
use std::io::Write;

/// One variable.
pub struct VariableRow {
    pub name: &'static str,
    /// What it stands for.
    pub doc: &'static str,
    /// `None`: HAProxy has it, Ringmain not yet.
    pub write: Option<Variable>,
}

macro_rules! variables {
    ($($name:literal $doc:literal $write:expr;)*) => {
        /// Every variable, sorted by name.
        pub static ROWS: &[VariableRow] = &[$(VariableRow { name: $name, doc: $doc, write: $write }),*];
    };
}

variables! {
    "B" "bytes read" None;
    "CC" "captured request cookie" None;
    "CS" "captured answer cookie" None;
    "H" "hostname" Some(|_, out| out.extend_from_slice(hostname().as_bytes()));
    "HM" "method" Some(|cx, out| out.extend_from_slice(cx.request().map_or(b"", |r| r.method())));
    "HP" "path" Some(|cx, out| out.extend_from_slice(cx.request().map_or(b"", |r| r.path())));
    "HPO" "path only" Some(|cx, out| out.extend_from_slice(cx.request().map_or(b"", |r| r.path())));
    "HQ" "query with its question mark" Some(|cx, out| {
        if let Some(query) = cx.request().and_then(|r| r.query()) {
            out.push(b'?');
            out.extend_from_slice(query);
        }
    });
    "HU" "request target" Some(|cx, out| out.extend_from_slice(cx.request().map_or(b"", |r| r.uri())));
    "HV" "version" Some(|cx, out| if let Some(r) = cx.request() { out.extend_from_slice(version(r.version)) });
    "ID" "unique id" None;
    "ST" "status" Some(|cx, out| {
        let _ = write!(out, "{}", cx.response().map_or(0, |r| r.status));
    });
    "T" "date in GMT" None;
    "Ta" "active time" None;
    "Tc" "connect time" None;
    "Td" "data time" None;
    "Th" "handshake time" None;
    "Ti" "idle time" None;
    "Tl" "local date" None;
    "Tq" "request time" None;
    "TR" "time of the request" None;
    "Tr" "answer time" None;
    "Ts" "seconds since 1970" Some(|cx, out| {
        let now = cx.facts.wall_clock().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let _ = write!(out, "{}", now.as_secs());
    });
    "Tt" "total time" None;
    "Tu" "total time with handshake" None;
    "Tw" "queue time" None;
    "U" "bytes uploaded" None;
    "ac" "connections of the process" Some(|cx, out| {
        let _ = write!(out, "{}", cx.facts.process_sessions());
    });
    "b" "backend" Some(|cx, out| out.extend_from_slice(cx.backend.map_or("", |b| cx.facts.backend_name(b)).as_bytes()));
    "bc" "connections of the backend" Some(|cx, out| {
        let _ = write!(out, "{}", cx.backend.map_or(0, |b| cx.facts.backend_sessions(b)));
    });
    "bi" "source address towards the server" None;
    "bp" "source port towards the server" None;
    "bq" "queue of the backend" None;
    "ci" "client address" Some(|cx, out| if let Some(a) = cx.src_ip() { let _ = write!(out, "{}", a.to_canonical()); });
    "cp" "client port" Some(|cx, out| if let Some(a) = cx.conn.src { let _ = write!(out, "{}", a.port()); });
    "f" "frontend" Some(|cx, out| out.extend_from_slice(cx.facts.frontend_name(cx.conn.frontend).as_bytes()));
    "fc" "connections of the frontend" Some(|cx, out| {
        let _ = write!(out, "{}", cx.facts.frontend_sessions(cx.conn.frontend));
    });
    "fi" "frontend address" Some(|cx, out| if let Some(a) = cx.conn.dst { let _ = write!(out, "{}", a.ip()); });
    "fp" "frontend port" Some(|cx, out| if let Some(a) = cx.conn.dst { let _ = write!(out, "{}", a.port()); });
    "ft" "frontend with its transport" Some(|cx, out| out.extend_from_slice(cx.facts.frontend_name(cx.conn.frontend).as_bytes()));
    "hr" "captured request headers" None;
    "hrl" "captured request headers, list" None;
    "hs" "captured answer headers" None;
    "hsl" "captured answer headers, list" None;
    "lc" "log counter" None;
    "ms" "milliseconds" None;
    "pid" "process id" Some(|_, out| { let _ = write!(out, "{}", std::process::id()); });
    "r" "request line" Some(|cx, out| if let Some(r) = cx.request() {
        out.extend_from_slice(&[r.method(), b" ", r.uri(), b" ", version(r.version)].concat());
    });
    "rc" "retries" None;
    "rt" "request counter" None;
    "s" "server" Some(|cx, out| out.extend_from_slice(cx.server.map_or("", |s| cx.facts.server_name(s)).as_bytes()));
    "sc" "connections of the server" Some(|cx, out| {
        let _ = write!(out, "{}", cx.server.map_or(0, |s| cx.facts.server_sessions(s)));
    });
    "si" "server address" None;
    "sp" "server port" None;
    "sq" "queue of the server" None;
    "sslc" "TLS cipher" None;
    "sslv" "TLS version" None;
    "t" "date" None;
    "trg" "date of the request in GMT" None;
    "trl" "local date of the request" None;
    "ts" "termination state" None;
    "tsc" "termination state with cookie" None;
}

fn version(version: Version) -> &'static [u8] {
    match version {
        Version::Http10 => b"HTTP/1.0",
        Version::Http11 => b"HTTP/1.1",
    }
}

fn hostname() -> &'static str {
    use std::sync::LazyLock;
    static NAME: LazyLock<String> = LazyLock::new(|| {
        nix::unistd::gethostname().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
    });
    &NAME
}

/// The longest variable that text begins with.
#[must_use]
pub fn find(text: &str) -> Option<&'static VariableRow> {
    ROWS.iter().filter(|row| text.starts_with(row.name)).max_by_key(|row| row.name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_wins() {
        assert_eq!(find("tsc rest").unwrap().name, "tsc");
        assert_eq!(find("b/").unwrap().name, "b");
        assert!(find("?").is_none());
        assert!(ROWS.iter().all(|r| !r.doc.is_empty()));
    }
}
