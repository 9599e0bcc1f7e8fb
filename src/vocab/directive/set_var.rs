//! `set-var`, `set-var-fmt` (manual 3.1): variables of the process, set once while the file is read, in the order of the lines.
use crate::base::ids::{BackendId, FrontendId, ServerId};
use crate::base::time::Tick;
use crate::rules::vars::VarScope;
use crate::rules::{ConnInfo, Cx, Facts, Sample, Variable, Wishes};
use crate::share::vars::{ProcessValues, Value, Values};
use crate::syntax::{Diag, FileId, Span, Word};
use crate::vocab::expr;
use crate::vocab::fetch::Scope;
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use std::borrow::Cow;
use std::time::SystemTime;

pub const ROWS: &[DirectiveRow] = &[
    DirectiveRow {
        name: "set-var",
        sections: row::GLOBAL,
        no: false,
        doc: "set-var proc.<name> <expression>: sets a variable of the process.",
        parse: |cx, words| parse(cx, words, false),
    },
    DirectiveRow {
        name: "set-var-fmt",
        sections: row::GLOBAL,
        no: false,
        doc: "set-var-fmt proc.<name> <format>: the same by a log-format string.",
        parse: |cx, words| parse(cx, words, true),
    },
];

/// Fetches that need no client and no state of the proxy.
const CONSTANT: &[&str] = &[
    "always_false",
    "always_true",
    "bin",
    "bool",
    "date",
    "date_us",
    "env",
    "hostname",
    "int",
    "ipv4",
    "ipv6",
    "meth",
    "rand",
    "str",
    "var",
];

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word], format: bool) -> Result<(), Diag> {
    let (name, value) = match words {
        [_, name, value, ..] => (name, value),
        _ => {
            let what = if format { "format string" } else { "sample expression" };
            let text = format!(
                "'{}' requires a process-wide variable name ('proc.<name>') and a {what}.",
                words[0].text()
            );
            return Err(Diag::alert(row::place(words, words.len()), text));
        }
    };
    let variable = Variable::parse(name.text()).map_err(|e| Diag::alert(name.span, e))?;
    if variable.scope != VarScope::Proc {
        let text = format!(
            "'{}': cannot set variable '{}', only scope 'proc' is permitted in the global section.",
            words[0].text(),
            name.text()
        );
        return Err(Diag::alert(name.span, text));
    }
    let values = std::mem::take(&mut cx.global().values);
    let still = Still { values: ProcessValues::new(values) };
    let done = with_cx(&still, |inner| {
        if format { by_format(inner, &variable, value) } else { by_expression(inner, &variable, value) }
    });
    cx.global().values = still.values.read(Values::clone);
    done
}

/// What `set var` of the runtime API makes of a name and an expression or format, given the values there are: the name's
/// number and its value.
///
/// # Errors
/// HAProxy's words.
pub fn set_process_value(
    values: Values,
    name: &str,
    text: &str,
    format: bool,
) -> Result<(u64, Option<Value>), String> {
    let variable = Variable::parse(name)?;
    if variable.scope != VarScope::Proc {
        return Err(format!("'set var': cannot set variable '{name}', only scope 'proc' is permitted here."));
    }
    let word = Word::new(text.into(), Span { file: FileId(0), line: 0, col: 0, len: 0 });
    let still = Still { values: ProcessValues::new(values) };
    with_cx(&still, |cx| {
        if format { by_format(cx, &variable, &word) } else { by_expression(cx, &variable, &word) }
    })
    .map_err(|diag| diag.message)?;
    Ok((variable.key, still.values.read(|values| values.get(variable.key).cloned())))
}

fn by_format(cx: &Cx<'_>, variable: &Variable, word: &Word) -> Result<(), Diag> {
    let format = expr::parse_format(word)?;
    for part in &format.parts {
        if let Some(expr) = part.expr()
            && let Some(what) = missing(&expr.text)
        {
            let text = format!(
                "sample fetch <{}]> may not be reliably used here because it needs '{what}' which is not available here",
                expr.text
            );
            return Err(Diag::alert(word.span, text));
        }
    }
    let mut text = Vec::new();
    format.write(cx, &mut text);
    variable.set(cx, &Sample::Str(Cow::Owned(text)), &[]);
    Ok(())
}

fn by_expression(cx: &Cx<'_>, variable: &Variable, word: &Word) -> Result<(), Diag> {
    let parsed = expr::parse_expr(word, word.text(), 0, "sample")?;
    if let Some(what) =
        missing(word.text()).or((parsed.scope != Scope::Any).then_some("HTTP request headers"))
    {
        let text = format!(
            "fetch method 'set-var({})' extracts information from '{what}', none of which is available here",
            variable.name
        );
        return Err(Diag::alert(word.span, text));
    }
    if let Some(value) = parsed.expr.eval(cx) {
        variable.set(cx, &value, &[]);
    }
    Ok(())
}

/// What an expression reads that is not there while a file is read.
fn missing(text: &str) -> Option<&'static str> {
    let name = text.split(['(', ',']).next().unwrap_or_default();
    let row = crate::vocab::fetch::find(name)?;
    match row.scope {
        _ if CONSTANT.contains(&row.name) => None,
        Scope::Any if ["src", "dst", "fc_", "so_"].iter().any(|p| name.starts_with(p)) => {
            Some("client address")
        }
        scope => Some(scope.needs()),
    }
}

fn with_cx<T>(facts: &Still, f: impl FnOnce(&Cx<'_>) -> T) -> T {
    let conn = ConnInfo::at(FrontendId(0), 0, Tick::ZERO);
    f(&Cx {
        conn: &conn,
        req: None,
        res: None,
        req_body: &[],
        first_request: true,
        backend: None,
        server: None,
        facts,
        wishes: Wishes::default(),
    })
}

/// The facts of a process that does not run yet: its variables, and nothing else.
struct Still {
    values: ProcessValues,
}

impl Facts for Still {
    fn process_values(&self) -> Option<&ProcessValues> {
        Some(&self.values)
    }
    fn usable_servers(&self, _: BackendId) -> u32 {
        0
    }
    fn server_up(&self, _: ServerId) -> bool {
        false
    }
    fn backend_sessions(&self, _: BackendId) -> u64 {
        0
    }
    fn frontend_sessions(&self, _: FrontendId) -> u64 {
        0
    }
    fn server_sessions(&self, _: ServerId) -> u64 {
        0
    }
    fn backend_queued(&self, _: BackendId) -> u64 {
        0
    }
    fn connection_slots(&self, _: BackendId) -> Option<u64> {
        None
    }
    fn process_sessions(&self) -> u64 {
        0
    }
    fn frontend_name(&self, _: FrontendId) -> &str {
        ""
    }
    fn backend_name(&self, _: BackendId) -> &str {
        ""
    }
    fn server_name(&self, _: ServerId) -> &str {
        ""
    }
    fn frontend_uuid(&self, _: FrontendId) -> u32 {
        0
    }
    fn backend_uuid(&self, _: BackendId) -> u32 {
        0
    }
    fn server_uuid(&self, _: ServerId) -> u32 {
        0
    }
    fn wall_clock(&self) -> SystemTime {
        SystemTime::now()
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::Variable;
    use crate::share::vars::Value;
    use crate::vocab::row::{GLOBAL, bench};

    #[test]
    fn values_follow_one_another() {
        let lines =
            "set-var proc.a int(7)\nset-var proc.b int(1),add(proc.a)\nset-var-fmt proc.c <%[var(proc.b)]>";
        let bench = bench(GLOBAL, lines);
        let values = &bench.ok().global.values;
        let of = |name: &str| values.get(Variable::parse(name).unwrap().key).cloned();
        assert_eq!((of("proc.b"), of("proc.c")), (Some(Value::Int(8)), Some(Value::Str(b"<8>"[..].into()))));
    }

    #[test]
    fn what_is_wrong_is_said_in_haproxys_words() {
        for (line, want) in [
            (
                "set-var proc.a",
                "'set-var' requires a process-wide variable name ('proc.<name>') and a sample expression.",
            ),
            (
                "set-var-fmt proc.a",
                "'set-var-fmt' requires a process-wide variable name ('proc.<name>') and a format string.",
            ),
            (
                "set-var txn.a int(1)",
                "'set-var': cannot set variable 'txn.a', only scope 'proc' is permitted in the global section.",
            ),
            (
                "set-var proc.a src",
                "fetch method 'set-var(proc.a)' extracts information from 'client address', none of which is available here",
            ),
            (
                "set-var proc.a path",
                "fetch method 'set-var(proc.a)' extracts information from 'HTTP request headers', none of which is available here",
            ),
            (
                "set-var proc.a nbsrv(b)",
                "fetch method 'set-var(proc.a)' extracts information from 'internal state', none of which is available here",
            ),
            (
                "set-var-fmt proc.a x%[src]",
                "sample fetch <src]> may not be reliably used here because it needs 'client address' which is not available here",
            ),
        ] {
            let bench = bench(GLOBAL, line);
            assert_eq!(bench.says(), want, "{line}");
        }
    }
}
