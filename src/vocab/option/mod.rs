//! What may follow `option` in a proxy section (manual 4.2).
use super::row::{self, DirectiveCx, Sections};
use crate::plan::draft::Flag;
use crate::syntax::{Diag, Word};

/// One option.
#[derive(Debug)]
pub struct OptionRow {
    pub name: &'static str,
    /// Where it may stand.
    pub sections: Sections,
    /// Whether it needs `mode http`: HAProxy warns where it stands in another mode.
    pub http: bool,
    /// Whether `no` may stand before `option`.
    pub no: bool,
    /// What the manual says, in one paragraph.
    pub doc: &'static str,
    pub effect: Effect,
}

/// What an option does.
#[derive(Clone, Copy, Debug)]
pub enum Effect {
    /// On or off.
    Flag(Flag),
    /// Ringmain always behaves so.
    Always,
    /// It tunes a part of HAProxy that Ringmain does not have: one warning tells all of these.
    Pointless,
    /// It has arguments: reads the whole line.
    Parse(row::Parse),
}

rows! { OptionRow:
    abortonclose,
    allbackups,
    checkcache,
    clitcpka,
    contstats,
    disable_h2_upgrade,
    dontlog_normal,
    dontlognull,
    external_check,
    forwarded,
    forwardfor,
    http_ignore_probes,
    http_no_delay,
    http_pretend_keepalive,
    httpchk,
    httplog,
    httpslog,
    ldap_check,
    log_health_checks,
    log_separate_errors,
    logasap,
    mysql_check,
    nolinger,
    originalto,
    persist,
    pgsql_check,
    prefer_last_server,
    redis_check,
    redispatch,
    smtpchk,
    socket_stats,
    splice_auto,
    splice_request,
    splice_response,
    srvtcpka,
    ssl_hello_chk,
    tcp_check,
    tcp_smart_accept,
    tcp_smart_connect,
    tcpka,
    tcplog;
    families: connection
}

pub use httplog::set_log_format;

/// Whether the option stands where its half of a proxy is missing; HAProxy then warns and ignores it.
pub fn misplaced(cx: &mut DirectiveCx<'_>, row: &OptionRow, word: &Word) -> bool {
    if row.sections & cx.section != 0 {
        return false;
    }
    let missing = if row.sections & row::FRONTEND != 0 { "frontend" } else { "backend" };
    let text = format!("'{}' ignored because {} has no {missing} capability.", row.name, cx.proxy_name());
    cx.diags.push(Diag::warning(word.span, text).help(format!("move it to the {missing}, or remove it")));
    true
}
