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
    expects(cx, words)?;
    let rule = expr::parse_tcp_request(cx.acls, &words[1..])?;
    rule_line::placed_after(cx, &words[0], "tcp-request", rule_line::Stage::TcpConnection);
    cx.proxy().rules.tcp_request_connection.push(rule);
    rule_line::keep(cx, words);
    Ok(())
}

/// `expect-proxy` and its sister name the layer, in messages of their own.
fn expects(cx: &DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let name = row::text(words, 2);
    if !matches!(name, "expect-proxy" | "expect-netscaler-cip") {
        return Ok(());
    }
    let (layer, next, proxy) = (row::text(words, 3), row::text(words, 4), cx.proxy_name());
    let frame = format!("'tcp-request connection {name}' only");
    let (at, text) = match layer {
        "layer4" if matches!(next, "" | "if" | "unless") => return Ok(()),
        "layer4" => (4, format!("{frame} accepts 'if' or 'unless', in {proxy} (got '{next}')")),
        _ => (3, format!("{frame} supports 'layer4' in {proxy} (got '{layer}')")),
    };
    Err(Diag::alert(row::place(words, at), text))
}
