//! `set-dst`, `set-dst-port` (manual 4.2): another destination, which a server `0.0.0.0:0` connects to.
use super::{ActionRow, CONNECTION, CONTENT, Cursor, REQUEST, SESSION};
use crate::rules::{Action, Cx, SampleExpr, Verdict};
use crate::syntax::Diag;
use crate::vocab::expr::{available, parse_expr};

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[
    ActionRow {
        name: "set-dst",
        rulesets: REQUEST | CONNECTION | SESSION | CONTENT,
        doc: "Sets the destination address to that of an expression; the port stays.",
        parse: |cursor| parse(cursor, false),
    },
    ActionRow {
        name: "set-dst-port",
        rulesets: REQUEST | CONNECTION | SESSION | CONTENT,
        doc: "Sets the destination port to the number of an expression; the address stays.",
        parse: |cursor| parse(cursor, true),
    },
];

#[derive(Debug)]
struct SetDst {
    expr: SampleExpr,
    port: bool,
    /// Holds for one request, not for the whole connection.
    request: bool,
}

fn parse(cursor: &mut Cursor<'_>, port: bool) -> Result<Box<dyn Action>, Diag> {
    let word = cursor.expect(|| "missing fetch method".to_owned())?;
    let parsed = parse_expr(word, word.text(), 0, "sample")?;
    let request = cursor.ruleset & (REQUEST | CONTENT) != 0;
    let name = word.text().split(['(', ',']).next().unwrap_or_default();
    available(cursor.places, word, name, &parsed)?;
    Ok(Box::new(SetDst { expr: parsed.expr, port, request }))
}

impl Action for SetDst {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        let now = cx.conn.dst();
        let Some(value) = self.expr.eval(cx) else { return Verdict::Continue };
        if self.port {
            if let Some(port) = value.as_int() {
                // As HAProxy writes it into 16 bits.
                cx.conn.redirected.set_port(port as u16, self.request, now);
            }
        } else if let Some(ip) = value.as_addr() {
            cx.conn.redirected.set_ip(ip, self.request, now);
        }
        Verdict::Continue
    }

    fn resolve(&self, names: &dyn crate::rules::sample::Names) -> Result<(), String> {
        self.expr.fetch.resolve(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::action::find_in;
    use crate::vocab::expr::testing::{with_cx, words};

    fn run(cx: &mut Cx<'_>, line: &str) -> Option<String> {
        let words = words(line);
        let row = find_in(words[0].text(), REQUEST).unwrap();
        let action =
            (row.parse)(&mut Cursor::new(&words[0], &words[1..], REQUEST, crate::rules::places::ALL))
                .unwrap();
        assert_eq!(action.run(cx), Verdict::Continue);
        cx.conn.dst().map(|a| a.to_string())
    }

    #[test]
    fn address_and_port_are_set_one_by_one_and_forgotten() {
        with_cx("GET / HTTP/1.1\r\nHost: a\r\nX-Dst: 192.0.2.7\r\n\r\n", |cx| {
            let before = cx.conn.dst().unwrap();
            let ip = |text: &str| format!("{text}:{}", before.port());
            assert_eq!(run(cx, "set-dst hdr(x-dst)"), Some(ip("192.0.2.7")));
            assert_eq!(run(cx, "set-dst hdr(none)"), Some(ip("192.0.2.7")), "nothing there, nothing done");
            assert_eq!(run(cx, "set-dst-port int(4000)").as_deref(), Some("192.0.2.7:4000"));
            assert_eq!(run(cx, "set-dst str(::1)").as_deref(), Some("[::1]:4000"));
            cx.conn.redirected.forget_request();
            assert_eq!(cx.conn.dst(), Some(before));
        });
    }
}
