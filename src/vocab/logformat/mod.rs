//! Log-format variables (`%ci`), the table of the configuration manual, 8.2.6. Those that tell of an exchange read its record.
pub mod httplog;
mod request;
mod write;

use crate::plan::logging::Needs;
use crate::rules::format::{Style, Variable, When};
use write::*;

/// One variable.
pub struct VariableRow {
    pub name: &'static str,
    /// What it stands for.
    pub doc: &'static str,
    /// When it is known: a line is written when all its variables are.
    pub when: When,
    /// It may write nothing at all.
    pub may_be_nothing: bool,
    /// `None`: HAProxy has it, Ringmain not yet.
    pub write: Option<Variable>,
}

macro_rules! variables {
    ($($name:literal $doc:literal $when:ident $(, $mark:ident)* => $write:expr;)*) => {
        /// Every variable, sorted by name.
        pub static ROWS: &[VariableRow] = &[$({
            #[allow(unused_mut)]
            let mut row = VariableRow {
                name: $name, doc: $doc, when: When::$when, may_be_nothing: false, write: $write,
            };
            $(row.$mark = true;)*
            row
        }),*];
    };
}

variables! {
    "B" "bytes to the client" End => Some(|cx, r, _, out| growing(cx, r, out, |r| r.bytes_out as i64));
    "CC" "captured cookie of the client" Answer => Some(|_, r, style, out| {
        text(out, style, r.map(|r| r.client_cookie.as_slice()));
    });
    "CS" "captured cookie of the server" Answer => Some(|_, r, style, out| {
        text(out, style, r.map(|r| r.server_cookie.as_slice()));
    });
    "H" "hostname" Answer => Some(|_, _, style, out| text(out, style, Some(hostname().as_bytes())));
    "HM" "method" Answer => Some(request::method);
    "HP" "path with the host of an absolute target" Answer => Some(request::path);
    "HPO" "path only" Answer => Some(request::path_only);
    "HQ" "query with its question mark" Answer => Some(request::query);
    "HU" "request target" Answer => Some(request::target);
    "HV" "version" Answer => Some(request::version);
    "ID" "unique id" End => Some(|_, r, style, out| text(out, style, r.and_then(|r| r.unique_id.as_deref())));
    "OG" "where the line comes from" Answer => None;
    "ST" "status" Answer => Some(|cx, r, _, out| {
        let answer = cx.response().map(|r| i32::from(r.status));
        number(out, i64::from(answer.or_else(|| r.map(|r| r.status)).unwrap_or(0)));
    });
    "T" "date in GMT" Answer => Some(|cx, r, _, out| date(cx, r, out, Zone::Gmt, |r| r.accepted));
    "Ta" "active time" End => Some(|cx, r, _, out| growing(cx, r, out, |r| r.ms(r.closed) - r.ms(r.first_byte).max(0)));
    "Tc" "connect time" End => Some(|cx, r, _, out| timer(cx, r, out, |r| r.between(r.placed, r.connected)));
    "Td" "data time" End => Some(|cx, r, _, out| timer(cx, r, out, |r| {
        let from = if r.answered == NOT_YET && r.line.is_empty() { r.connected } else { r.answered };
        if from == NOT_YET { -1 } else { r.ms(r.closed) - r.ms(from) }
    }));
    "Th" "handshake time" End => Some(|cx, r, _, out| timer(cx, r, out, |r| r.ms(r.greeted)));
    "Ti" "idle time" End => Some(|cx, r, _, out| timer(cx, r, out, |r| r.between(r.greeted, r.first_byte)));
    "Tl" "local date" Answer => Some(|cx, r, _, out| date(cx, r, out, Zone::Local, |r| r.accepted));
    "Tq" "request time with what was before it" End => Some(|cx, r, _, out| timer(cx, r, out, |r| r.to_head(r.accepted)));
    "TR" "time of the request" End => Some(|cx, r, _, out| timer(cx, r, out, |r| r.to_head(r.first_byte)));
    "Tr" "answer time" End => Some(|cx, r, _, out| timer(cx, r, out, |r| r.between(r.connected, r.answered)));
    "Ts" "seconds since 1970" Answer => Some(|cx, r, style, out| {
        let seconds = seconds(cx, r);
        if style.has(Style::HEX) { hex(out, seconds as u64, 4) } else { number(out, seconds) }
    });
    "Tt" "total time" End => Some(|cx, r, _, out| growing(cx, r, out, |r| r.ms(r.closed)));
    "Tu" "total time without the idle time" End => Some(|cx, r, _, out| {
        growing(cx, r, out, |r| r.ms(r.closed) - r.between(r.greeted, r.first_byte).max(0));
    });
    "Tw" "queue time" End => Some(|cx, r, _, out| timer(cx, r, out, |r| r.between(r.head, r.placed)));
    "U" "bytes from the client" End => Some(|cx, r, _, out| timer(cx, r, out, |r| r.bytes_in as i64));
    "ac" "connections of the process" End => Some(|cx, _, _, out| number(out, cx.facts.process_sessions() as i64));
    "b" "backend" Answer => Some(|cx, _, style, out| {
        let name = cx.backend.map_or_else(|| cx.facts.frontend_name(cx.conn.frontend), |b| cx.facts.backend_name(b));
        text(out, style, Some(name.as_bytes()));
    });
    "bc" "connections of the backend" End => Some(|cx, _, _, out| {
        number(out, cx.backend.map_or(0, |b| cx.facts.backend_sessions(b)) as i64);
    });
    "bi" "source address towards the server" Answer => Some(|_, r, style, out| address(r, style, out, |r| r.source_addr));
    "bp" "source port towards the server" Answer => Some(|_, r, style, out| port(r, style, out, |r| r.source_addr));
    "bq" "place in the backend's queue" End => Some(|cx, r, _, out| timer(cx, r, out, |r| i64::from(r.backend_queue)));
    "ci" "client address" Answer => Some(|cx, _, style, out| match cx.conn.src {
        Some(addr) => ip(out, style, addr.ip()),
        None => text(out, style, Some(b"unix")),
    });
    "cp" "client port" Answer => Some(|cx, _, style, out| match cx.conn.src {
        Some(addr) => port_number(out, style, addr.port()),
        None => number(out, i64::from(cx.conn.listener_id)),
    });
    "f" "frontend" Answer => Some(|cx, _, style, out| text(out, style, Some(cx.facts.frontend_name(cx.conn.frontend).as_bytes())));
    "fc" "connections of the frontend" End => Some(|cx, _, _, out| {
        number(out, cx.facts.frontend_sessions(cx.conn.frontend) as i64);
    });
    "fi" "frontend address" Answer => Some(|cx, _, style, out| match cx.conn.dst {
        Some(addr) => ip(out, style, addr.ip()),
        None => text(out, style, Some(b"unix")),
    });
    "fp" "frontend port" Answer => Some(|cx, _, style, out| match cx.conn.dst {
        Some(addr) => port_number(out, style, addr.port()),
        None => number(out, i64::from(cx.conn.listener_id)),
    });
    "ft" "frontend with its transport" Answer => Some(|cx, _, style, out| {
        text(out, style, Some(cx.facts.frontend_name(cx.conn.frontend).as_bytes()));
    });
    "hr" "captured fields of the request" Answer, may_be_nothing => Some(|_, r, style, out| captures(r, style, out, |r| &r.request_captures));
    "hrl" "captured fields of the request, one by one" Answer, may_be_nothing => Some(|_, r, style, out| capture_list(r, style, out, |r| &r.request_captures));
    "hs" "captured fields of the answer" Answer, may_be_nothing => Some(|_, r, style, out| captures(r, style, out, |r| &r.response_captures));
    "hsl" "captured fields of the answer, one by one" Answer, may_be_nothing => Some(|_, r, style, out| capture_list(r, style, out, |r| &r.response_captures));
    "lc" "number of the line" Answer => Some(|cx, r, _, out| timer(cx, r, out, |r| r.line_number as i64));
    "ms" "milliseconds of the date" Answer => Some(|cx, r, style, out| {
        let ms = accepted(cx, r).rem_euclid(1_000_000_000) / 1_000_000;
        if style.has(Style::HEX) { hex(out, ms as u64, 2) } else { out.extend_from_slice(&clock::milliseconds(ms)) }
    });
    "pid" "process id" Answer => Some(|_, _, style, out| {
        let pid = std::process::id();
        if style.has(Style::HEX) { hex(out, u64::from(pid), 4) } else { number(out, i64::from(pid)) }
    });
    "r" "request line" Answer => Some(request::line);
    "rc" "retries" End => Some(|cx, r, _, out| {
        if r.is_some_and(|r| r.redispatched) {
            out.push(b'+');
        }
        timer(cx, r, out, |r| i64::from(r.retries));
    });
    "rt" "number of the request" Answer => Some(|_, r, style, out| {
        let n = r.map(|r| r.number).unwrap_or(0);
        if style.has(Style::HEX) { hex(out, n, 4) } else { number(out, n as i64) }
    });
    "s" "server" Answer => Some(|cx, r, style, out| text(out, style, Some(server_name(cx, r).as_bytes())));
    "sc" "connections of the server" End => Some(|cx, r, _, out| {
        number(out, server(cx, r).map_or(0, |s| cx.facts.server_sessions(s)) as i64);
    });
    "si" "server address" Answer => Some(|_, r, style, out| address(r, style, out, |r| r.server_addr));
    "sp" "server port" Answer => Some(|_, r, style, out| port(r, style, out, |r| r.server_addr));
    "sq" "place in the server's queue" End => Some(|cx, r, _, out| timer(cx, r, out, |r| i64::from(r.server_queue)));
    "sslc" "TLS cipher" Answer => Some(|_, _, style, out| text(out, style, None));
    "sslv" "TLS version" Answer => Some(|_, _, style, out| text(out, style, None));
    "t" "date" Answer => Some(|cx, r, _, out| date(cx, r, out, Zone::Millis, |r| r.accepted));
    "tr" "date of the request" Answer => Some(|cx, r, _, out| date(cx, r, out, Zone::Millis, begun));
    "trg" "date of the request in GMT" Answer => Some(|cx, r, _, out| date(cx, r, out, Zone::Gmt, begun));
    "trl" "local date of the request" Answer => Some(|cx, r, _, out| date(cx, r, out, Zone::Local, begun));
    "ts" "termination state" End => Some(|_, r, _, out| {
        out.extend_from_slice(&r.map(crate::rules::Record::flags).unwrap_or(*b"--"));
    });
    "tsc" "termination state with the cookie's" Answer => Some(|_, r, _, out| {
        let of = |r: &crate::rules::Record| (r.flags(), r.cookie);
        let (flags, cookie) = r.map(of).unwrap_or((*b"--", *b"--"));
        out.extend_from_slice(&[flags[0], flags[1], cookie[0], cookie[1]]);
    });
}

/// The variables that say the same without a record of the exchange.
const WITHOUT_RECORD: [&str; 16] =
    ["H", "ac", "b", "bc", "ci", "cp", "f", "fc", "fi", "fp", "ft", "pid", "s", "sc", "sslc", "sslv"];

/// What a variable wants of a record where it stands in a rule.
#[must_use]
pub fn needs(name: &str) -> Needs {
    Needs {
        record: !WITHOUT_RECORD.contains(&name),
        number: name == "rt",
        line_number: name == "lc",
        addresses: matches!(name, "si" | "sp" | "bi" | "bp"),
    }
}

/// The variable of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static VariableRow> {
    ROWS.iter().find(|row| row.name == name)
}

/// The variables that are numbers (the manual's column `type`).
const NUMBERS: [&str; 30] = [
    "B", "ST", "Ta", "Tc", "Td", "Th", "Ti", "Tq", "TR", "Tr", "Ts", "Tt", "Tu", "Tw", "U", "ac", "bc", "bp",
    "bq", "cp", "fc", "fp", "lc", "ms", "pid", "rc", "rt", "sc", "sp", "sq",
];

/// Whether a variable is a number.
#[must_use]
pub fn is_number(name: &str) -> bool {
    NUMBERS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_documented_and_unique() {
        assert!(ROWS.iter().all(|r| !r.doc.is_empty()));
        let mut names: Vec<&str> = ROWS.iter().map(|r| r.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ROWS.len());
        assert_eq!(find("tsc").unwrap().name, "tsc");
        assert!(find("?").is_none());
        assert!(WITHOUT_RECORD.iter().all(|name| find(name).is_some()));
    }
}
