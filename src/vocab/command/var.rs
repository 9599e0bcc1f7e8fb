//! Variables of the process: `get var`, `set var` (management manual, 9.3).
use super::{CommandRow, Level, Steering, one_line, severity, told, wrong};
use crate::rules::Variable;
use crate::rules::vars::VarScope;
use crate::share::vars::Value;
use crate::vocab::directive::set_process_value;

/// The rows of this file.
pub const ROWS: &[CommandRow] = &[
    CommandRow {
        words: &["get", "var"],
        usage: "get var <name>",
        doc: "retrieve contents of a process-wide variable",
        level: Level::Operator,
        run: get,
    },
    CommandRow {
        words: &["set", "var"],
        usage: "set var <name> {expr|fmt} <value>",
        doc: "set variable from an expression or a format (experimental mode)",
        level: Level::Operator,
        run: set,
    },
];

const NO_NAME: &str = "Missing process-wide variable identifier.\n";

fn get(steering: &dyn Steering, args: &[&str]) -> String {
    let Some(name) = args.first() else { return wrong(steering, NO_NAME) };
    let value = Variable::parse(name)
        .ok()
        .filter(|variable| variable.scope == VarScope::Proc)
        .and_then(|variable| steering.shared().values.read(|values| values.get(variable.key).cloned()));
    let Some(value) = value else { return wrong(steering, "Variable not found.\n") };
    let bytes = |b: &[u8]| one_line(b).into_owned();
    let (kind, text) = match value {
        Value::Bool(b) => ("bool", u8::from(b).to_string()),
        Value::Int(n) => ("sint", n.to_string()),
        Value::Addr(addr) => (if addr.is_ipv4() { "ipv4" } else { "ipv6" }, addr.to_string()),
        Value::Str(b) => ("str", bytes(&b)),
        Value::Bin(b) => ("bin", bytes(&b)),
        Value::Method(b) => ("meth", bytes(&b)),
    };
    // As in HAProxy, the line's end is that of the answer.
    told(steering, severity::INFO, format!("{name}: type={kind} value=<{text}>"))
}

fn set(steering: &dyn Steering, args: &[&str]) -> String {
    if !steering.is_experimental() {
        return "This command is restricted to experimental mode only.\n".to_owned();
    }
    let Some((name, rest)) = args.split_first() else { return NO_NAME.to_owned() };
    let (text, format) = match rest {
        ["fmt", format, ..] => (*format, true),
        ["expr", expr, ..] | [expr, ..] => (*expr, false),
        [] => return "Missing either 'expr', 'fmt' or expression.\n".to_owned(),
    };
    let shared = steering.shared();
    match set_process_value(shared.values.read(Clone::clone), name, text, format) {
        Ok((key, value)) => {
            shared.values.write(|values| values.set(key, value));
            String::new()
        }
        Err(error) => error,
    }
}
