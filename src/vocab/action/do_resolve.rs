//! `do-resolve(var,resolvers[,ipv4|ipv6])` (manual 4.2): a name is looked up, its address becomes a variable.
use super::{ActionRow, CONTENT, Cursor, REQUEST};
use crate::rules::sample::Names;
use crate::rules::{Action, Awaited, Cx, Lookup, SampleExpr, Variable, Verdict};
use crate::syntax::Diag;
use crate::vocab::expr::{available, parse_expr};

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[ActionRow {
    name: "do-resolve",
    rulesets: REQUEST | CONTENT,
    doc: "Looks the value of an expression up by a resolvers section, and sets a variable to the address; nothing happens where \
          there is none. The rules wait meanwhile.",
    parse,
}];

#[derive(Debug)]
struct DoResolve {
    variable: Variable,
    resolvers: String,
    v4: bool,
    name: SampleExpr,
}

fn parse(cursor: &mut Cursor<'_>) -> Result<Box<dyn Action>, Diag> {
    let word = cursor.name;
    let refused = |what: &str| {
        let text = format!(
            "Can't parse '{what}'. Expects 'do-resolve(<varname>,<resolvers>[,<options>]) <expr>'. Available options are \
             'ipv4' and 'ipv6'"
        );
        Diag::alert(word.span, text)
    };
    let inside = word.text().strip_prefix("do-resolve(").and_then(|t| t.strip_suffix(')'));
    let args: Vec<&str> = inside.map(|t| t.split(',').collect()).unwrap_or_default();
    let (variable, resolvers, v4) = match args[..] {
        [variable, resolvers] | [variable, resolvers, "ipv6"] => (variable, resolvers, false),
        [variable, resolvers, "ipv4"] => (variable, resolvers, true),
        _ => return Err(refused(word.text())),
    };
    let Some(value) = cursor.take() else { return Err(refused("")) };
    let parsed = parse_expr(value, value.text(), 0, "sample")?;
    let called = value.text().split(['(', ',']).next().unwrap_or_default();
    available(cursor.places, value, called, &parsed)?;
    let variable = Variable::parse(variable).map_err(|e| Diag::alert(word.span, e))?;
    Ok(Box::new(DoResolve { variable, resolvers: resolvers.to_owned(), v4, name: parsed.expr }))
}

impl Action for DoResolve {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        let Some(value) = self.name.eval(cx) else { return Verdict::Continue };
        let mut name = Vec::new();
        value.write_text(&mut name);
        let (variable, resolvers) = (self.variable.clone(), self.resolvers.clone());
        Verdict::Wait(Box::new(Awaited::Address(Lookup { variable, resolvers, v4: self.v4, name })))
    }

    fn resolve(&self, names: &dyn Names) -> Result<(), String> {
        self.name.fetch.resolve(names)
    }

    fn resolvers(&self) -> Option<&str> {
        Some(&self.resolvers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::expr::testing::{with_cx, words};
    use crate::vocab::expr::{AclScope, parse_http_request};

    #[test]
    fn a_name_is_asked_for_and_the_rules_wait() {
        let line = "do-resolve(txn.ip,dns,ipv4) req.hdr(host),field(1,:)";
        let rule = parse_http_request(&mut AclScope::default(), &words(line)).unwrap();
        with_cx("GET / HTTP/1.1\r\nHost: a.test:80\r\n\r\n", |cx| {
            let Verdict::Wait(awaited) = rule.action.run(cx) else { panic!("it does not wait") };
            let Awaited::Address(lookup) = *awaited else { panic!("it waits for {awaited:?}") };
            assert_eq!((lookup.name.as_slice(), lookup.v4), (&b"a.test"[..], true));
        });
        with_cx("GET / HTTP/1.0\r\n\r\n", |cx| assert_eq!(rule.action.run(cx), Verdict::Continue));
    }

    #[test]
    fn what_is_wrong_is_said_in_haproxys_words() {
        for (line, want) in [
            ("do-resolve", "Can't parse 'do-resolve'. Expects"),
            ("do-resolve(txn.a) src", "Can't parse 'do-resolve(txn.a)'."),
            ("do-resolve(txn.a,d)", "Can't parse ''."),
            ("do-resolve(txn.a,d,ipv5) src", "Can't parse 'do-resolve(txn.a,d,ipv5)'."),
            ("do-resolve(txn.a,d) status", "fetch method 'status' extracts information from 'HTTP response'"),
        ] {
            let e = parse_http_request(&mut AclScope::default(), &words(line)).unwrap_err();
            assert!(e.message.starts_with(want), "{line}: {}", e.message);
        }
    }
}
