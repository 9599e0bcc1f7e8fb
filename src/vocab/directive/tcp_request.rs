//! `tcp-request` (manual 4.2): its `connection` rules; the others are not built yet.
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use crate::vocab::{expr, rule_line};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "tcp-request",
    sections: row::PROXIES,
    no: false,
    doc: "tcp-request connection { accept | reject } [if | unless <condition>]: what to do with a connection as soon as it \
          was accepted.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    rule_line::only_named_defaults(cx, words)?;
    let what = row::text(words, 1);
    match what {
        "connection" => {}
        "content" | "session" | "inspect-delay" => {
            let section = row::section_name(cx.section);
            return Err(row::not_built(words[1].span, &format!("tcp-request {what}"), section));
        }
        _ => {
            let text = format!(
                "'tcp-request' expects 'inspect-delay', 'connection', 'session' or 'content' in {} (got '{what}')",
                cx.proxy_name()
            );
            return Err(Diag::alert(row::place(words, 1), text));
        }
    }
    if cx.section == row::BACKEND {
        let proxy = cx.proxy_name();
        let text = format!("'tcp-request connection' not allowed because {proxy} is not a frontend");
        return Err(Diag::alert(words[1].span, text));
    }
    let rule = expr::parse_tcp_request(cx.acls, &words[1..])?;
    rule_line::placed_after(cx, &words[0], "tcp-request", rule_line::Stage::TcpConnection);
    cx.proxy().rules.tcp_request_connection.push(rule);
    rule_line::keep(cx, words);
    Ok(())
}
