//! `expect-proxy layer4`, `expect-netscaler-cip layer4` of `tcp-request connection`.
use super::{ActionRow, CONNECTION, Cursor};
use crate::rules::{Action, Cx, Expect, Verdict};
use crate::syntax::Diag;

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[
    ActionRow {
        name: "expect-netscaler-cip",
        rulesets: CONNECTION,
        doc: "The connection begins with NetScaler's header, as with `accept-netscaler-cip`.",
        parse: |cursor| layer4(cursor, Expect { netscaler: true, ..Expect::default() }),
    },
    ActionRow {
        name: "expect-proxy",
        rulesets: CONNECTION,
        doc: "The connection begins with a PROXY header, as with `accept-proxy`.",
        parse: |cursor| layer4(cursor, Expect { proxy: true, ..Expect::default() }),
    },
];

fn layer4(cursor: &mut Cursor<'_>, expect: Expect) -> Result<Box<dyn Action>, Diag> {
    if cursor.accept("layer4") {
        return Ok(Box::new(Ask(expect)));
    }
    let name = cursor.name.text();
    let got = cursor.peek().map_or("", |w| w.text());
    let text = format!("'tcp-request connection {name}' only supports 'layer4' (got '{got}')");
    Err(Diag::alert(cursor.peek().map_or(cursor.name.span, |w| w.span), text))
}

#[derive(Debug)]
struct Ask(Expect);

impl Action for Ask {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        let expect = &cx.conn.handshake.expect;
        expect.set(expect.get() | self.0);
        Verdict::Continue
    }
}
