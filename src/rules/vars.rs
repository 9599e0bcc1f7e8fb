//! Variables (manual 4.2 `http-request set-var`, 7.3.2 `var`): a scope that says how long they live, and a name, which is a
//! number from the moment the file is read. A connection without variables has no memory for them.
use super::cx::{ConnInfo, Cx, Facts};
use super::sample::Sample;
use crate::base::xxh64::xxh64;
use crate::share::vars::{Value, Values};
use std::cell::{Cell, OnceCell, RefCell};

/// How long a variable lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VarScope {
    /// As long as the process.
    Proc,
    /// As long as the client's connection.
    Sess,
    /// Request and answer.
    Txn,
    Req,
    Res,
    /// A health check, which keeps its own.
    Check,
}

const SCOPES: [(&str, VarScope); 6] = [
    ("proc.", VarScope::Proc),
    ("sess.", VarScope::Sess),
    ("txn.", VarScope::Txn),
    ("req.", VarScope::Req),
    ("res.", VarScope::Res),
    ("check.", VarScope::Check),
];

/// What has begun on a connection: it decides which scopes exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// No request yet: rules of `tcp-request connection` and `session`.
    #[default]
    Before,
    Request,
    Answer,
}

/// The variables of a connection and of the request that is under way on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vars {
    stage: Cell<Stage>,
    lists: OnceCell<Box<Lists>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Lists {
    sess: RefCell<Values>,
    txn: RefCell<Values>,
    /// Those of the request, then those of the answer.
    now: RefCell<Values>,
}

impl Vars {
    /// A new request: what belonged to the last one goes.
    #[inline]
    pub fn begin_request(&self) {
        self.stage.set(Stage::Request);
        if let Some(lists) = self.lists.get() {
            lists.txn.borrow_mut().clear();
            lists.now.borrow_mut().clear();
        }
    }

    /// The request is on its way to a server: its own variables go, those of the answer begin.
    #[inline]
    pub fn begin_answer(&self) {
        self.stage.set(Stage::Answer);
        if let Some(lists) = self.lists.get() {
            lists.now.borrow_mut().clear();
        }
    }

    /// Whether a scope exists now.
    fn has(&self, scope: VarScope) -> bool {
        match (scope, self.stage.get()) {
            (VarScope::Sess, _) => true,
            (VarScope::Txn, stage) => stage != Stage::Before,
            (VarScope::Req, stage) => stage == Stage::Request,
            (VarScope::Res, stage) => stage == Stage::Answer,
            (VarScope::Proc | VarScope::Check, _) => false,
        }
    }

    fn list(lists: &Lists, scope: VarScope) -> &RefCell<Values> {
        match scope {
            VarScope::Sess => &lists.sess,
            VarScope::Txn => &lists.txn,
            _ => &lists.now,
        }
    }
}

/// What must be true for a variable to be set (manual 7.3.1 `set-var`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VarCondition {
    IfExists,
    IfNotExists,
    IfEmpty,
    IfNotEmpty,
    IfSet,
    IfNotSet,
    IfGreater,
    IfLess,
}

/// The names of the conditions.
const CONDITIONS: [(&str, VarCondition); 8] = [
    ("ifexists", VarCondition::IfExists),
    ("ifnotexists", VarCondition::IfNotExists),
    ("ifempty", VarCondition::IfEmpty),
    ("ifnotempty", VarCondition::IfNotEmpty),
    ("ifset", VarCondition::IfSet),
    ("ifnotset", VarCondition::IfNotSet),
    ("ifgt", VarCondition::IfGreater),
    ("iflt", VarCondition::IfLess),
];

impl VarCondition {
    /// By its name.
    ///
    /// # Errors
    /// HAProxy's words.
    pub fn parse(name: &str) -> Result<VarCondition, String> {
        let found = CONDITIONS.iter().find(|(n, _)| *n == name);
        found.map(|(_, c)| *c).ok_or_else(|| format!("unknown condition \"{name}\""))
    }

    fn holds(self, old: Option<&Value>, new: &Value, process: bool) -> bool {
        let empty = match new {
            Value::Str(b) | Value::Bin(b) | Value::Method(b) => b.is_empty(),
            _ => false,
        };
        let numbers = match (old, new) {
            (Some(Value::Int(old)), Value::Int(new)) => Some((*old, *new)),
            _ => None,
        };
        match self {
            // Those of the process are there from the beginning.
            VarCondition::IfExists => process || old.is_some(),
            VarCondition::IfNotExists => !process && old.is_none(),
            VarCondition::IfSet => old.is_some(),
            VarCondition::IfNotSet => old.is_none(),
            VarCondition::IfEmpty => empty,
            VarCondition::IfNotEmpty => !empty,
            VarCondition::IfGreater => numbers.is_none_or(|(old, new)| old > new),
            VarCondition::IfLess => numbers.is_none_or(|(old, new)| old < new),
        }
    }
}

/// A variable as a line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub scope: VarScope,
    /// What its name is known by: a hash of 64 bits, as HAProxy does it.
    pub key: u64,
    pub name: String,
}

impl Variable {
    /// Reads `scope.name`.
    ///
    /// # Errors
    /// HAProxy's words.
    pub fn parse(text: &str) -> Result<Variable, String> {
        Variable::parse_before(text, "")
    }

    /// The same where `behind` stands behind the name: HAProxy's message shows it.
    ///
    /// # Errors
    /// HAProxy's words.
    pub fn parse_before(text: &str, behind: &str) -> Result<Variable, String> {
        if text.is_empty() {
            return Err("Empty variable name cannot be accepted".to_owned());
        }
        let found = SCOPES.iter().find_map(|(prefix, scope)| Some((*scope, text.strip_prefix(prefix)?)));
        let Some((scope, rest)) = found.filter(|(_, rest)| !rest.is_empty()) else {
            return Err(format!(
                "invalid variable name '{text}'. A variable name must be start by its scope. The scope can be 'proc', \
                 'sess', 'txn', 'req', 'res' or 'check'"
            ));
        };
        if let Some(at) = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')) {
            return Err(format!("invalid syntax at char '{}{behind}'", &rest[at..]));
        }
        Ok(Variable { scope, key: xxh64(rest.as_bytes(), 0), name: text.to_owned() })
    }

    /// Whether its scope exists now.
    #[must_use]
    pub fn is_reachable(&self, cx: &Cx<'_>) -> bool {
        match self.scope {
            VarScope::Proc => cx.facts.process_values().is_some(),
            scope => cx.conn.vars.has(scope),
        }
    }

    /// Its value now.
    #[must_use]
    pub fn get(&self, cx: &Cx<'_>) -> Option<Sample<'static>> {
        match self.scope {
            VarScope::Proc => cx.facts.process_values()?.read(|v| v.get(self.key).map(sample_of)),
            VarScope::Check => cx.facts.check_variable(&self.name).map(Sample::into_owned),
            scope if cx.conn.vars.has(scope) => {
                let lists = cx.conn.vars.lists.get()?;
                Vars::list(lists, scope).borrow().get(self.key).map(sample_of)
            }
            _ => None,
        }
    }

    /// Sets it where the conditions hold; says whether it was set.
    pub fn set(&self, cx: &Cx<'_>, value: &Sample<'_>, conditions: &[VarCondition]) -> bool {
        let process = self.scope == VarScope::Proc;
        self.change(cx, |values| {
            let (old, new) = (values.get(self.key), value_of(value));
            let set = conditions.iter().all(|c| c.holds(old, &new, process));
            if set {
                values.set(self.key, Some(new));
            }
            set
        })
        .unwrap_or(false)
    }

    /// Sets it where only the connection is at hand.
    pub fn keep(&self, conn: &ConnInfo, facts: &dyn Facts, value: &Sample<'_>) {
        self.with(conn, facts, |values| values.set(self.key, Some(value_of(value))));
    }

    /// Takes its value away; says whether its scope exists.
    pub fn unset(&self, cx: &Cx<'_>) -> bool {
        self.change(cx, |values| values.set(self.key, None)).is_some()
    }

    fn change<T>(&self, cx: &Cx<'_>, change: impl FnOnce(&mut Values) -> T) -> Option<T> {
        self.with(cx.conn, cx.facts, change)
    }

    fn with<T>(
        &self,
        conn: &ConnInfo,
        facts: &dyn Facts,
        change: impl FnOnce(&mut Values) -> T,
    ) -> Option<T> {
        match self.scope {
            VarScope::Proc => facts.process_values().map(|values| values.write(change)),
            scope if conn.vars.has(scope) => {
                let lists = conn.vars.lists.get_or_init(Box::default);
                Some(change(&mut Vars::list(lists, scope).borrow_mut()))
            }
            _ => None,
        }
    }
}

fn sample_of(value: &Value) -> Sample<'static> {
    match value {
        Value::Bool(b) => Sample::Bool(*b),
        Value::Int(n) => Sample::Int(*n),
        Value::Addr(a) => Sample::Addr(*a),
        Value::Str(b) => Sample::Str(b.to_vec().into()),
        Value::Bin(b) => Sample::Bin(b.to_vec().into()),
        Value::Method(b) => Sample::Method(b.to_vec().into()),
    }
}

/// A sample as it is kept.
#[must_use]
pub fn value_of(sample: &Sample<'_>) -> Value {
    match sample {
        Sample::Bool(b) => Value::Bool(*b),
        Sample::Int(n) => Value::Int(*n),
        Sample::Addr(a) => Value::Addr(*a),
        Sample::Str(b) => Value::Str(b[..].into()),
        Sample::Bin(b) => Value::Bin(b[..].into()),
        Sample::Method(b) => Value::Method(b[..].into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_haproxy_reads_them() {
        let of = |text: &str| Variable::parse(text).map(|v| v.scope);
        assert_eq!(of("txn.a"), Ok(VarScope::Txn));
        assert_eq!(of("sess.a.b_C9"), Ok(VarScope::Sess));
        assert!(of("").unwrap_err().starts_with("Empty variable name"));
        assert!(of("txn.").unwrap_err().starts_with("invalid variable name 'txn.'"));
        assert!(of("foo.a").unwrap_err().starts_with("invalid variable name 'foo.a'"));
        assert_eq!(of("txn.a-b"), Err("invalid syntax at char '-b'".to_owned()));
        let key = |text: &str| Variable::parse(text).unwrap().key;
        assert!(key("txn.a") == key("req.a") && key("txn.a") != key("txn.b"));
    }

    #[test]
    fn conditions_are_those_of_the_manual() {
        let (five, seven) = (Value::Int(5), Value::Int(7));
        let (empty, text) = (Value::Str(b""[..].into()), Value::Str(b"x"[..].into()));
        for (condition, old, new, process, holds) in [
            ("ifexists", None, &five, false, false),
            ("ifexists", None, &five, true, true),
            ("ifexists", Some(&five), &five, false, true),
            ("ifnotexists", None, &five, false, true),
            ("ifnotexists", None, &five, true, false),
            ("ifempty", None, &empty, false, true),
            ("ifempty", None, &five, false, false),
            ("ifnotempty", None, &empty, false, false),
            ("ifnotempty", None, &five, false, true),
            ("ifset", None, &five, true, false),
            ("ifnotset", Some(&five), &five, false, false),
            ("ifgt", Some(&seven), &five, false, true),
            ("ifgt", Some(&five), &seven, false, false),
            ("iflt", Some(&five), &seven, false, true),
            ("iflt", Some(&five), &five, false, false),
            ("iflt", Some(&text), &five, false, true),
            ("ifgt", None, &five, false, true),
        ] {
            let parsed = VarCondition::parse(condition).unwrap();
            assert_eq!(parsed.holds(old, new, process), holds, "{condition} {old:?} {new:?}");
        }
        assert_eq!(VarCondition::parse("ifbad"), Err("unknown condition \"ifbad\"".to_owned()));
    }
}
