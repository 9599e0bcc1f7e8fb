//! `option forwarded` (manual 4.2).
use super::{Effect, OptionRow};
use crate::rules::forwarded::{Forwarded, Node, Value};
use crate::rules::places;
use crate::syntax::{Diag, Severity, Word};
use crate::vocab::expr;
use crate::vocab::row::{self, DirectiveCx, Polarity};
use std::sync::Arc;

pub const ROW: OptionRow = OptionRow {
    name: "forwarded",
    sections: row::BACKENDS,
    http: false,
    no: true,
    doc: "option forwarded [proto] [host | host-expr <expr>] [by | by-expr <expr>] [by_port | by_port-expr <expr>] [for | \
          for-expr <expr>] [for_port | for_port-expr <expr>]: adds the field of RFC 7239 to requests; without a word as with \
          `proto for`.",
    effect: Effect::Parse(parse),
};

const WORDS: &str = "'option forwarded' only supports optional values: 'proto', 'host', 'host-expr', 'by', 'by-expr', \
                     'by_port', 'by_port-expr', 'for', 'for-expr', 'for_port' and 'for_port-expr'.";

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if cx.section == row::FRONTEND {
        let text =
            format!("'option forwarded' ignored because {} has no backend capability.", cx.proxy_name());
        cx.diags.push(Diag::warning(words[1].span, text).help("move it to the backend, or remove it"));
        return Ok(());
    }
    if cx.polarity != Polarity::Plain {
        cx.proxy().settings.forwarded = None;
        return Ok(());
    }
    let mut found = Forwarded::default();
    let (mut by, mut by_port, mut client, mut client_port) = (None, None, None, None);
    let mut at = 2;
    while at < words.len() {
        let place = match words[at].text().trim_end_matches("-expr") {
            "proto" if words[at] == "proto" => {
                found.proto = true;
                at += 1;
                continue;
            }
            "host" => &mut found.host,
            "by" => &mut by,
            "by_port" => &mut by_port,
            "for" => &mut client,
            "for_port" => &mut client_port,
            _ => return Err(Diag::alert(words[at].span, WORDS)),
        };
        *place = Some(if words[at].text().ends_with("-expr") {
            at += 1;
            expression(cx, words, at)?
        } else {
            Value::Own
        });
        at += 1;
    }
    if words.len() == 2 {
        found.proto = true;
        client = Some(Value::Own);
    }
    for (node, port, name) in [(&by, &by_port, "by"), (&client, &client_port, "for")] {
        if node.is_none() && port.is_some() {
            let text = format!(
                "'option forwarded' : '{name}_port' will be ignored because both '{name}' and '{name}-expr' are unset"
            );
            cx.diags.push(Diag::warning(words[1].span, text));
        }
    }
    found.by = by.map(|name| Node { name, port: by_port });
    found.client = client.map(|name| Node { name, port: client_port });
    cx.proxy().settings.forwarded = Some(Arc::new(found));
    Ok(())
}

/// The expression behind a word, of what is there when a request goes to its server.
fn expression(cx: &mut DirectiveCx<'_>, words: &[Word], at: usize) -> Result<Value, Diag> {
    let Some(word) = words.get(at) else {
        let text = format!("'{}' expects <expr> as argument.", words[at - 1].text());
        return Err(Diag::alert(row::place(words, at), text).tight());
    };
    let title = format!("{} [{}]: ", cx.proxy_name(), cx.place(words[0].span));
    let parsed = expr::parse_expr(word, word.text(), 0, "sample").map_err(|d| {
        let said = d.message.trim_end_matches('.');
        let message =
            format!("{title}failed to parse 'option forwarded' expression '{}' in : {said}.", word.text());
        Diag { message, bare: true, ..d }
    })?;
    if parsed.expr.places & places::BE_REQUEST == 0 {
        let text = format!(
            "{title}in 'option forwarded' sample expression '{}' : some args extract information from '{}', none of which \
             is available here.",
            word.text(),
            parsed.scope.needs()
        );
        cx.diags.push(Diag::bare(Severity::Warning, Some(word.span), text));
    }
    Ok(Value::Expr(Arc::new(parsed.expr)))
}

#[cfg(test)]
mod tests {
    use crate::proto::h1;
    use crate::rules::Cx;
    use crate::vocab::expr::testing::with_cx;
    use crate::vocab::row::{BACKEND, bench};

    /// The field that an option adds to a request from 192.0.2.1:4711 to 127.0.0.1:80.
    fn field(arguments: &str, host: &str) -> String {
        let draft = bench(BACKEND, &format!("option forwarded {arguments}")).ok();
        let option = draft.proxies[0].settings.forwarded.clone().expect("the option");
        let text = format!("GET / HTTP/1.1\r\n{host}\r\n");
        let mut req = crate::proto::http::RequestHead::default();
        h1::parse_request(text.as_bytes(), &h1::Limits::default(), &mut req).expect("a good request");
        with_cx("GET / HTTP/1.1\r\n\r\n", |cx| {
            option.add(&mut Cx { req: Some(&mut req), res: None, ..*cx });
        });
        String::from_utf8(req.head.get(b"forwarded").unwrap_or(b"-").to_vec()).expect("text")
    }

    /// What HAProxy 3.2.26 was seen to send.
    #[test]
    fn fields_are_those_of_haproxy_3_2() {
        const HOST: &str = "Host: h.test:81\r\n";
        for (arguments, want) in [
            ("", "proto=http;for=192.0.2.1"),
            ("proto", "proto=http"),
            ("host", "host=\"h.test:81\""),
            ("by by_port", "by=\"127.0.0.1:80\""),
            (
                "for for_port by host proto by_port",
                "proto=http;host=\"h.test:81\";by=\"127.0.0.1:80\";for=\"192.0.2.1:4711\"",
            ),
            ("for-expr req.hdr(none)", "for=unknown"),
            ("for-expr str(_abc)", "for=_abc"),
            ("for-expr str(abc)", "for=_abc"),
            ("for-expr str(_)", "for=__"),
            ("for-expr str(unknown)", "for=unknown"),
            ("for-expr str(a:5)", "for=unknown"),
            ("for-expr str(1.2.3.4)", "for=1.2.3.4"),
            ("for-expr str(1.2.3.4.5)", "for=_1.2.3.4.5"),
            ("for-expr str(::1)", "for=unknown"),
            ("for-expr str([::1])", "for=\"[::1]\""),
            ("for-expr ipv6(::1) for_port-expr int(5)", "for=\"[::1]:5\""),
            ("for-expr src,ipmask(24)", "for=192.0.2.0"),
            ("for-expr int(5)", "for=_5"),
            ("for-expr str(_x) for_port-expr str(_y)", "for=\"_x:_y\""),
            ("for for_port-expr int(0)", "for=\"192.0.2.1:_0\""),
            ("for for_port-expr int(70000)", "for=\"192.0.2.1:_70000\""),
            ("for for_port-expr int(-1)", "for=\"192.0.2.1:_-1\""),
            ("for for_port-expr str(080)", "for=\"192.0.2.1:080\""),
            ("for for_port-expr str(a:b)", "for=\"192.0.2.1\""),
            ("for_port for-expr str(x)", "for=\"_x:4711\""),
            ("host-expr str(host.com) by-expr str(_haproxy)", "host=\"host.com\";by=_haproxy"),
            ("host-expr str(a:b)", "host=\"\""),
            ("host-expr int(5)", "host=\"5\""),
            ("host-expr ipv6(::1)", "host=\"\""),
            ("host-expr str(a) host", "host=\"h.test:81\""),
        ] {
            assert_eq!(field(arguments, HOST), want, "{arguments}");
        }
        assert_eq!(field("host", ""), "host=\"\"");
        for (host, good) in
            [("[::1]:80", true), ("1.2.3.4:99999", false), ("a_b", false), ("x:", false), ("x\"y", false)]
        {
            let want = if good { host } else { "" };
            let got = field("host-expr req.hdr(x)", &format!("Host: h\r\nX: {host}\r\n"));
            assert_eq!(got, format!("host=\"{want}\""));
        }
    }

    #[test]
    fn messages_are_haproxys() {
        let says = |line: &str| bench(BACKEND, line).says().to_owned();
        assert_eq!(says("option forwarded frob"), super::WORDS);
        assert_eq!(says("option forwarded proto-expr src"), super::WORDS);
        assert_eq!(says("option forwarded by-expr"), "'by-expr' expects <expr> as argument.");
        assert!(says("option forwarded for-expr nope").ends_with(
            "failed to parse 'option forwarded' expression 'nope' in : unknown fetch method 'nope'."
        ));
        assert!(says("option forwarded for_port").contains("'for_port' will be ignored because both 'for'"));
        let draft = bench(BACKEND, "option forwarded\nno option forwarded").ok();
        assert!(draft.proxies[0].settings.forwarded.is_none());
    }
}
