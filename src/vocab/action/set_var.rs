//! `set-var(name[,condition…])`, `set-var-fmt(name[,condition…])`, `unset-var(name)` (manual 4.2).
use super::{ActionRow, CONNECTION, CONTENT, Cursor, REQUEST, RESPONSE, SESSION};
use crate::rules::sample::Names;
use crate::rules::vars::VarCondition;
use crate::rules::{Action, Cx, Format, Sample, SampleExpr, Variable, Verdict};
use crate::syntax::{Diag, Word};
use crate::vocab::expr::{available, parse_expr};
use std::borrow::Cow;

const WHERE: super::Rulesets = REQUEST | RESPONSE | CONNECTION | SESSION | CONTENT;

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[
    ActionRow {
        name: "set-var-fmt",
        rulesets: WHERE,
        doc: "Sets a variable to the text of a log-format string, where its conditions hold.",
        parse: |cursor| parse(cursor, "set-var-fmt"),
    },
    ActionRow {
        name: "set-var",
        rulesets: WHERE,
        doc: "Sets a variable to the value of an expression, where there is one and its conditions hold.",
        parse: |cursor| parse(cursor, "set-var"),
    },
    ActionRow {
        name: "unset-var",
        rulesets: WHERE,
        doc: "Takes a variable's value away.",
        parse: |cursor| parse(cursor, "unset-var"),
    },
];

#[derive(Debug)]
enum Source {
    Expr(SampleExpr),
    Format(Format),
    /// It is taken away.
    Nothing,
}

#[derive(Debug)]
struct SetVar {
    variable: Variable,
    conditions: Vec<VarCondition>,
    source: Source,
}

fn parse(cursor: &mut Cursor<'_>, action: &str) -> Result<Box<dyn Action>, Diag> {
    let word = cursor.name;
    let says = |text: String| Diag::alert(word.span, text);
    let (variable, conditions) = target(word, action).map_err(says)?;
    let source = match action {
        "unset-var" if word.text().contains(',') => {
            return Err(says(
                "unset-var does not expect parameters after the variable name. Only \"set-var\" and \"set-var-fmt\" manage \
                 conditions"
                    .to_owned(),
            ));
        }
        "unset-var" => Source::Nothing,
        "set-var-fmt" => Source::Format(cursor.format(|| "missing format".to_owned())?),
        _ => Source::Expr(expression(cursor)?),
    };
    Ok(Box::new(SetVar { variable, conditions, source }))
}

/// What stands in the parentheses behind the action's name.
fn target(word: &Word, action: &str) -> Result<(Variable, Vec<VarCondition>), String> {
    let text = word.text();
    let expects = "Expects 'set-var(<var-name>)', 'set-var-fmt(<var-name>)' or 'unset-var(<var-name>)'";
    let Some(inside) = text.strip_prefix(action).and_then(|t| t.strip_prefix('(')) else {
        return Err(format!("invalid or incomplete action '{text}'. {expects}"));
    };
    let Some(inside) = inside.strip_suffix(')') else {
        return Err(format!("incomplete argument after action '{text}'. {expects}"));
    };
    let (name, rest) = inside.split_once(',').map_or((inside, None), |(name, rest)| (name, Some(rest)));
    let behind = if rest.is_none() { ")" } else { "" };
    let variable = Variable::parse_before(name, behind)?;
    if action == "unset-var" {
        return Ok((variable, Vec::new()));
    }
    let conditions = rest.into_iter().flat_map(|r| r.split(',')).filter(|c| !c.is_empty());
    let conditions = conditions.map(VarCondition::parse).collect::<Result<_, _>>()?;
    Ok((variable, conditions))
}

/// The expression that has to follow, of what is there when the rule runs.
fn expression(cursor: &mut Cursor<'_>) -> Result<SampleExpr, Diag> {
    let word = cursor.expect(|| "missing fetch method".to_owned())?;
    let parsed = parse_expr(word, word.text(), 0, "sample")?;
    // HAProxy names the action where it means the fetch.
    available(cursor.places, word, cursor.name.text(), &parsed)?;
    Ok(parsed.expr)
}

impl Action for SetVar {
    fn run(&self, cx: &mut Cx<'_>) -> Verdict {
        match &self.source {
            Source::Expr(expr) => {
                if let Some(value) = expr.eval(cx) {
                    self.variable.set(cx, &value, &self.conditions);
                }
            }
            Source::Format(format) => {
                let mut text = Vec::new();
                format.write(cx, &mut text);
                self.variable.set(cx, &Sample::Str(Cow::Owned(text)), &self.conditions);
            }
            Source::Nothing => _ = self.variable.unset(cx),
        }
        Verdict::Continue
    }

    fn resolve(&self, names: &dyn Names) -> Result<(), String> {
        match &self.source {
            Source::Expr(expr) => expr.fetch.resolve(names),
            Source::Format(format) => format.resolve(names),
            Source::Nothing => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::expr::testing::{with_cx, words};
    use crate::vocab::expr::{AclScope, parse_http_request};

    fn run(cx: &mut Cx<'_>, line: &str) {
        let rule = parse_http_request(&mut AclScope::default(), &words(line)).expect("a good rule");
        assert_eq!(rule.action.run(cx), Verdict::Continue, "{line}");
    }

    fn value(cx: &Cx<'_>, name: &str) -> Option<String> {
        let mut out = Vec::new();
        Variable::parse(name).unwrap().get(cx)?.write_text(&mut out);
        Some(String::from_utf8(out).unwrap())
    }

    #[test]
    fn variables_are_set_kept_and_forgotten() {
        with_cx("GET /a HTTP/1.1\r\nHost: h\r\n\r\n", |cx| {
            run(cx, "set-var(txn.a) int(1)");
            assert_eq!(value(cx, "txn.a"), None, "there is no request yet");
            cx.conn.vars.begin_request();
            for line in ["set-var(sess.a) path", "set-var(txn.a) int(1)", "set-var-fmt(req.a) %[path]/%HM"] {
                run(cx, line);
            }
            run(cx, "set-var(res.a) int(9)");
            let all = |cx: &Cx<'_>| {
                ["sess.a", "txn.a", "req.a", "res.a"].map(|name| value(cx, name).unwrap_or_default())
            };
            assert_eq!(all(cx), ["/a", "1", "/a/GET", ""]);
            run(cx, "set-var(txn.a) req.hdr(none)");
            run(cx, "set-var(txn.a,ifnotexists) int(2)");
            run(cx, "set-var(txn.a,ifexists,ifgt) int(2)");
            assert_eq!(value(cx, "txn.a").as_deref(), Some("1"));
            run(cx, "set-var(txn.a,ifexists,iflt) int(2)");
            assert_eq!(value(cx, "txn.a").as_deref(), Some("2"));
            cx.conn.vars.begin_answer();
            run(cx, "set-var(res.a) int(9)");
            assert_eq!(all(cx), ["/a", "2", "", "9"]);
            run(cx, "unset-var(txn.a)");
            cx.conn.vars.begin_request();
            assert_eq!(all(cx), ["/a", "", "", ""]);
        });
    }

    #[test]
    fn what_is_wrong_is_said_in_haproxys_words() {
        for (line, want) in [
            ("set-var", "invalid or incomplete action 'set-var'. Expects 'set-var(<var-name>)'"),
            ("set-varx(txn.a) int(1)", "invalid or incomplete action 'set-varx(txn.a)'"),
            ("set-var() int(1)", "Empty variable name cannot be accepted"),
            ("set-var(txn.a", "incomplete argument after action 'set-var(txn.a'"),
            ("set-var(txn.a-b) int(1)", "invalid syntax at char '-b)'"),
            ("set-var(txn.a)", "missing fetch method"),
            ("set-var(txn.a,ifbad) int(1)", "unknown condition \"ifbad\""),
            (
                "set-var(txn.a) status",
                "fetch method 'set-var(txn.a)' extracts information from 'HTTP response', none",
            ),
            ("unset-var(txn.a,ifexists)", "unset-var does not expect parameters after the variable name."),
        ] {
            let e = parse_http_request(&mut AclScope::default(), &words(line)).unwrap_err();
            assert!(e.message.starts_with(want), "{line}: {}", e.message);
        }
    }
}
