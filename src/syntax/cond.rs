//! The expressions of `.if` and `-cc` (manual, 2.4 "Conditional blocks"): integers, predicates, `!`, `&&`, `||` and
//! parentheses. Both sides are always parsed, so an error is found in whatever order the values come out.
use super::env::Env;
use super::lex::{self, LexError, is_space};
use std::cmp::Ordering;

/// The version whose configuration language and messages are ours: what `version_atleast()` compares with.
pub const COMPAT_VERSION: &str = "2.6.12";

/// HAProxy's nesting limit; a pair of parentheses takes three levels, `&&` and `||` one each.
const MAX_DEPTH: usize = 1024;

/// HAProxy's list of features (`haproxy -vv`), and whether we have them.
pub const FEATURES: &[(&str, bool)] = &[
    ("51DEGREES", false),
    ("ACCEPT4", true),
    ("BACKTRACE", false),
    ("CLOSEFROM", false),
    ("CPU_AFFINITY", true),
    ("CRYPT_H", false),
    ("DEVICEATLAS", false),
    ("DL", false),
    ("ENGINE", false),
    ("EPOLL", true),
    ("EVPORTS", false),
    ("GETADDRINFO", true),
    ("KQUEUE", false),
    ("LIBCRYPT", false),
    ("LINUX_SPLICE", false),
    ("LINUX_TPROXY", false),
    ("LUA", false),
    ("MEMORY_PROFILING", false),
    ("NETFILTER", false),
    ("NS", false),
    ("OBSOLETE_LINKER", false),
    ("OPENSSL", false),
    ("OT", false),
    ("PCRE", false),
    // Not the library: its language (look-around, back-references), by another engine. Files ask for the language.
    ("PCRE2", true),
    ("PCRE2_JIT", false),
    ("PCRE_JIT", false),
    ("POLL", false),
    ("PRCTL", false),
    ("PROCCTL", false),
    ("PROMEX", false),
    ("QUIC", false),
    ("RT", false),
    ("SLZ", false),
    ("STATIC_PCRE", false),
    ("STATIC_PCRE2", false),
    ("SYSTEMD", true),
    ("TFO", false),
    ("THREAD", true),
    ("THREAD_DUMP", false),
    ("TPROXY", false),
    ("WURFL", false),
    ("ZLIB", false),
];

/// What `enabled()` of newer versions reports unless the command line says otherwise.
pub const ENABLED: &[&str] = &["EPOLL", "GETADDRINFO", "REUSEPORT"];

/// What the predicates look at.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub env: &'a Env,
    /// The names for which `enabled()` is true.
    pub enabled: &'a [String],
}

/// An expression that can't be read: HAProxy's message, and the offset in the expression to point at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CondError {
    pub message: String,
    pub at: usize,
}

/// The names of the predicates, for suggestions.
pub fn predicates() -> impl Iterator<Item = &'static str> {
    PREDICATES.iter().map(|p| p.name)
}

/// Evaluates an expression; an empty one is false.
///
/// # Errors
/// It can't be parsed.
pub fn evaluate(text: &[u8], facts: &Facts<'_>) -> Result<bool, CondError> {
    if text.is_empty() {
        return Ok(false);
    }
    let mut parser = Parser { text, at: 0, facts };
    let Some(value) = parser.any(MAX_DEPTH)? else {
        return Err(error("expression", text, parser.at));
    };
    parser.blanks();
    match text.get(parser.at) {
        None => Ok(value),
        Some(b) => Err(CondError {
            message: format!(
                "unexpected character '{}' at the end of conditional expression '{}'",
                String::from_utf8_lossy(&[*b]),
                String::from_utf8_lossy(text)
            ),
            at: parser.at,
        }),
    }
}

/// Evaluates the argument of `-cc`.
///
/// # Errors
/// HAProxy's message, without `[ALERT] (pid) : config : `.
pub fn evaluate_argument(text: &[u8], facts: &Facts<'_>) -> Result<bool, String> {
    let lexed = lex::argument(text, facts.env).map_err(|e| match e {
        LexError::Quote { .. } => "Syntax Error in condition: Unmatched quote.".to_owned(),
        LexError::Hex { .. } => {
            "Syntax Error in condition: Truncated or invalid hexadecimal sequence.".to_owned()
        }
        LexError::TooMany { .. } => "Error in condition: Too many words.".to_owned(),
        e => format!("Syntax Error in condition: {}", e.message().trim_end_matches(':')),
    })?;
    evaluate(&lexed.joined(0), facts).map_err(|e| format!("Failed to evaluate condition: {}", e.message))
}

struct Predicate {
    name: &'static str,
    arity: usize,
    eval: fn(&[Vec<u8>], &Facts<'_>) -> bool,
}

const PREDICATES: &[Predicate] = &[
    Predicate { name: "awslc_api_atleast", arity: 1, eval: |_, _| false },
    Predicate { name: "awslc_api_before", arity: 1, eval: |_, _| false },
    Predicate { name: "defined", arity: 1, eval: |a, f| f.env.get(&a[0]).is_some() },
    Predicate { name: "enabled", arity: 1, eval: |a, f| f.enabled.iter().any(|e| e.as_bytes() == a[0]) },
    Predicate { name: "feature", arity: 1, eval: |a, _| feature(&a[0]) },
    // There is no OpenSSL in this program: no version of it is old or new enough.
    Predicate { name: "openssl_version_atleast", arity: 1, eval: |_, _| false },
    Predicate { name: "openssl_version_before", arity: 1, eval: |_, _| false },
    Predicate { name: "ssllib_name_startswith", arity: 1, eval: |_, _| false },
    Predicate { name: "streq", arity: 2, eval: |a, _| a[0] == a[1] },
    Predicate { name: "strneq", arity: 2, eval: |a, _| a[0] != a[1] },
    Predicate { name: "version_atleast", arity: 1, eval: |a, _| version_order(&a[0]) != Ordering::Less },
    Predicate { name: "version_before", arity: 1, eval: |a, _| version_order(&a[0]) == Ordering::Less },
];

/// HAProxy looks for the name after a `+`; an empty name is found.
fn feature(name: &[u8]) -> bool {
    name.is_empty() || FEATURES.iter().any(|(n, has)| *has && n.as_bytes() == name)
}

/// How our version compares with another.
fn version_order(other: &[u8]) -> Ordering {
    version(COMPAT_VERSION.as_bytes()).cmp(&version(other))
}

/// A version as numbers that compare in its order: up to four numbers, the stage (`-dev` 0, `-pre` and `-rc` 1, none 2),
/// the stage's number, the commits after it. What can't be read counts as zero.
fn version(text: &[u8]) -> ([u64; 4], u8, u64, u64) {
    let mut rest = text;
    let mut numbers = [0; 4];
    for number in &mut numbers {
        *number = take_number(&mut rest);
        match rest.split_first() {
            Some((b'.', after)) => rest = after,
            _ => break,
        }
    }
    let mut stage = (2, 0);
    for (name, rank) in [(&b"-dev"[..], 0), (b"-pre", 1), (b"-rc", 1)] {
        if let Some(after) = rest.strip_prefix(name) {
            rest = after;
            stage = (rank, take_number(&mut rest));
        }
    }
    let commits = rest.strip_prefix(b"-").map_or(0, |mut after| take_number(&mut after));
    (numbers, stage.0, stage.1, commits)
}

fn take_number(rest: &mut &[u8]) -> u64 {
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let (number, after) = rest.split_at(digits);
    *rest = after;
    number.iter().fold(0u64, |n, b| n.saturating_mul(10).saturating_add(u64::from(b - b'0')))
}

fn error(kind: &str, text: &[u8], at: usize) -> CondError {
    CondError { message: format!("unparsable conditional {kind} '{}'", String::from_utf8_lossy(text)), at }
}

/// `Ok(None)` is HAProxy's "nothing here": the caller decides what that means.
type Parsed = Result<Option<bool>, CondError>;

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    facts: &'a Facts<'a>,
}

impl Parser<'_> {
    /// all [ `||` any ]
    fn any(&mut self, depth: usize) -> Parsed {
        if self.rest().is_empty() {
            return Ok(None);
        }
        if depth == 0 {
            return Err(error("expression", self.rest(), self.at));
        }
        let Some(left) = self.all(depth - 1)? else {
            return Err(error("expression", self.rest(), self.at));
        };
        let Some(right) = self.operator(b"||", |p| p.any(depth - 1))? else { return Ok(None) };
        Ok(Some(left | right.unwrap_or(false)))
    }

    /// term [ `&&` all ]
    fn all(&mut self, depth: usize) -> Parsed {
        if self.rest().is_empty() {
            return Ok(None);
        }
        let unparsable = |p: &Self| error("sub-expression", p.rest(), p.at);
        if depth == 0 {
            return Err(unparsable(self));
        }
        let Some(left) = self.term(depth - 1)? else { return Err(unparsable(self)) };
        let Some(right) = self.operator(b"&&", |p| p.all(depth - 1))? else { return Ok(None) };
        Ok(Some(left & right.unwrap_or(true)))
    }

    /// The operator and its right side: `Some(None)` when there is no operator, `None` when there is nothing behind it;
    /// then the parser stays before the operator, which is where HAProxy points.
    fn operator(
        &mut self,
        name: &[u8],
        right: impl FnOnce(&mut Self) -> Parsed,
    ) -> Result<Option<Option<bool>>, CondError> {
        self.blanks();
        if !self.rest().starts_with(name) {
            return Ok(Some(None));
        }
        let before = self.at;
        self.at += name.len();
        self.blanks();
        let value = right(self)?;
        if value.is_none() {
            self.at = before;
        }
        Ok(value.map(Some))
    }

    /// { `!` } ( integer | `(` any `)` | predicate )
    fn term(&mut self, depth: usize) -> Parsed {
        let blank = self.at;
        self.blanks();
        if self.rest().is_empty() {
            self.at = blank;
            return Ok(None);
        }
        let start = self.at;
        if depth == 0 {
            return Err(error("expression", &self.text[blank..], blank));
        }
        let mut negated = false;
        while self.rest().first() == Some(&b'!') {
            negated = !negated;
            self.at += 1;
            self.blanks();
        }
        let value = match self.integer() {
            Some(value) => Some(value),
            None if self.rest().first() == Some(&b'(') => self.parentheses(start, depth)?,
            None => self.predicate()?,
        };
        match value {
            Some(value) => Ok(Some(value ^ negated)),
            None => Err(error("expression", &self.text[blank..], blank)),
        }
    }

    fn parentheses(&mut self, start: usize, depth: usize) -> Parsed {
        self.at += 1;
        self.blanks();
        let Some(value) = self.any(depth - 1)? else { return Ok(None) };
        self.blanks();
        if self.rest().first() != Some(&b')') {
            let text = String::from_utf8_lossy(&self.text[start..]);
            return Err(CondError {
                message: format!("expected ')' after conditional expression '{text}'"),
                at: start,
            });
        }
        self.at += 1;
        self.blanks();
        Ok(Some(value))
    }

    /// C's `strtol` in base 0: decimal, `0x` hexadecimal, `0` octal; whether it is not zero.
    fn integer(&mut self) -> Option<bool> {
        let rest = self.rest();
        let mut at = rest.iter().take_while(|b| is_space(**b)).count();
        at += usize::from(matches!(rest.get(at), Some(b'+' | b'-')));
        let is_digit = |at: usize, radix| rest.get(at).is_some_and(|b| char::from(*b).is_digit(radix));
        let hex = rest.get(at) == Some(&b'0')
            && matches!(rest.get(at + 1), Some(b'x' | b'X'))
            && is_digit(at + 2, 16);
        let (first, radix) = match rest.get(at) {
            _ if hex => (at + 2, 16),
            Some(b'0') => (at, 8),
            _ => (at, 10),
        };
        let digits = rest[first.min(rest.len())..].iter().take_while(|b| char::from(**b).is_digit(radix));
        let len = digits.clone().count();
        if len == 0 {
            return None;
        }
        let value = digits.clone().any(|b| *b != b'0');
        self.at += first + len;
        Some(value)
    }

    /// `name(arg,arg)`, `Ok(None)` when no predicate has this name.
    fn predicate(&mut self) -> Parsed {
        let len = self.rest().iter().take_while(|b| !matches!(**b, b'(' | b' ' | b'\t')).count();
        let name = &self.rest()[..len];
        let Some(predicate) = PREDICATES.iter().find(|p| p.name.as_bytes() == name) else { return Ok(None) };
        self.at += len;
        let args = self.arguments(predicate.arity).map_err(|(number, message)| CondError {
            message: format!(
                "{message} in argument {number} of predicate '{}' used in conditional expression",
                predicate.name
            ),
            at: self.at,
        })?;
        Ok(Some((predicate.eval)(&args, self.facts)))
    }

    /// HAProxy's list of arguments, all strings. Without a parenthesis there is one argument, which is empty. An error
    /// has the number HAProxy gives for the argument.
    fn arguments(&mut self, arity: usize) -> Result<Vec<Vec<u8>>, (usize, String)> {
        let open = self.rest().first() == Some(&b'(');
        self.at += usize::from(open);
        let mut args = Vec::with_capacity(arity);
        loop {
            args.push(if open { self.one_argument(args.len())? } else { Vec::new() });
            let more = open && self.rest().first() == Some(&b',') && args.len() < arity;
            if !more {
                break;
            }
            self.at += 1;
        }
        if args.len() < arity {
            let message = format!("missing arguments (got {}/{arity}), type 'string' expected", args.len());
            return Err((1, message));
        }
        if open {
            match self.rest().first() {
                Some(b')') => self.at += 1,
                Some(_) => {
                    return Err((
                        1,
                        format!("expected ')' before '{}'", String::from_utf8_lossy(self.rest())),
                    ));
                }
                None => return Err((1, "expected ')'".to_owned())),
            }
        }
        Ok(args)
    }

    /// Up to a `,` or `)` outside quotes. Quotes that reach this level were escaped at the level of words.
    fn one_argument(&mut self, before: usize) -> Result<Vec<u8>, (usize, String)> {
        let mut arg = Vec::new();
        let mut quote = None;
        while let Some(&b) = self.rest().first() {
            let next = self.rest().get(1).copied();
            self.at += 1;
            match b {
                b'"' | b'\'' if quote.is_none() => quote = Some(b),
                _ if quote == Some(b) => quote = None,
                b'\\' if quote != Some(b'\'') && next.is_none() => {
                    self.at -= 1;
                    let text = String::from_utf8_lossy(&arg);
                    let message = format!("failed to parse '\\' after '{text}' as type 'string'");
                    return Err((before, format!("{message} at position {}", before + 1)));
                }
                b'\\' if quote != Some(b'\'') => {
                    let (byte, len) = match next {
                        Some(n @ (b'\\' | b' ' | b'"' | b'\'')) => (n, 1),
                        Some(b'r') => (b'\r', 1),
                        Some(b'n') => (b'\n', 1),
                        Some(b't') => (b'\t', 1),
                        _ => (b'\\', 0),
                    };
                    arg.push(byte);
                    self.at += len;
                }
                b',' | b')' if quote.is_none() => {
                    self.at -= 1;
                    break;
                }
                _ => arg.push(b),
            }
        }
        Ok(arg)
    }

    fn rest(&self) -> &[u8] {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at += self.rest().iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eval(text: &str) -> Result<bool, CondError> {
        let mut env = Env::empty();
        env.set("HOME", "/");
        evaluate(text.as_bytes(), &Facts { env: &env, enabled: &["EPOLL".to_owned()] })
    }

    #[test]
    fn values_as_haproxy_gives_them() {
        let yes = [
            "1",
            "0x1",
            "-1",
            "010",
            "99999999999999999999",
            "! ! 1",
            "!0",
            "1&&1||0",
            "(0||1)&&1",
            " 1 ",
            "1 || 0 && 0",
            "streq(a,a)",
            "streq(a b,a b)",
            "streq(,)",
            "strneq(a,b)",
            "defined(HOME)",
            "feature(THREAD)",
            "feature()",
            "!feature(OPENSSL)",
            "! ( 0 )",
            "streq('a,b',\"a,b\")",
            "streq(a\\ b,a b)",
            "enabled(EPOLL)",
            "!enabled(SPLICE)",
            "!ssllib_name_startswith(Open)",
            "!awslc_api_atleast(1)",
            "!openssl_version_atleast(1.1.1)",
            "!openssl_version_before(9)",
        ];
        for text in yes {
            assert_eq!(eval(text), Ok(true), "{text}");
        }
        let no = [
            "",
            "0",
            "0x0",
            "+0",
            "00",
            "!1",
            "1&&0",
            "0||1&&0",
            "!(1)",
            "defined( HOME)",
            "defined",
            "defined()",
            "feature(LUA)",
            "feature(thread)",
            "feature(-LUA)",
            "feature(THREA)",
            "streq(a,b)",
            "streq(\\a,b)",
        ];
        for text in no {
            assert_eq!(eval(text), Ok(false), "{text}");
        }
    }

    /// The messages and positions (from 1) were seen with HAProxy 2.6.12.
    #[test]
    fn errors_as_haproxy_words_them() {
        let pred =
            |m: &str, p: &str| format!("{m} in argument 1 of predicate '{p}' used in conditional expression");
        let cases = [
            ("foo bar", "unparsable conditional expression 'foo bar'".to_owned(), 1),
            ("1 x", "unexpected character 'x' at the end of conditional expression '1 x'".to_owned(), 3),
            ("1 &&", "unparsable conditional expression '&&'".to_owned(), 3),
            ("1 && ||", "unparsable conditional expression '||'".to_owned(), 6),
            ("1 || 2 || x ", "unparsable conditional expression 'x '".to_owned(), 11),
            ("1 ||", "unparsable conditional expression '1 ||'".to_owned(), 3),
            ("(1 ||", "unparsable conditional expression '(1 ||'".to_owned(), 1),
            ("(", "unparsable conditional expression '('".to_owned(), 1),
            ("!(", "unparsable conditional expression '!('".to_owned(), 1),
            ("()", "unparsable conditional expression ')'".to_owned(), 2),
            ("!", "unparsable conditional expression '!'".to_owned(), 1),
            (" x", "unparsable conditional expression ' x'".to_owned(), 1),
            (" ", "unparsable conditional sub-expression ' '".to_owned(), 1),
            ("(1", "expected ')' after conditional expression '(1'".to_owned(), 1),
            ("1 || (1 && 0 ", "expected ')' after conditional expression '(1 && 0 '".to_owned(), 6),
            ("! ( 0 ) && (1", "expected ')' after conditional expression '(1'".to_owned(), 12),
            ("1||foo", "unparsable conditional expression 'foo'".to_owned(), 4),
            ("0&&foo", "unparsable conditional expression 'foo'".to_owned(), 4),
            ("08", "unexpected character '8' at the end of conditional expression '08'".to_owned(), 2),
            ("--1", "unparsable conditional expression '--1'".to_owned(), 1),
            ("streq)a,a)", "unparsable conditional expression 'streq)a,a)'".to_owned(), 1),
            ("! streq!(a,a)", "unparsable conditional expression '! streq!(a,a)'".to_owned(), 1),
            ("streq(a", pred("missing arguments (got 1/2), type 'string' expected", "streq"), 8),
            ("streq(a)", pred("missing arguments (got 1/2), type 'string' expected", "streq"), 8),
            ("streq (a,a)", pred("missing arguments (got 1/2), type 'string' expected", "streq"), 6),
            ("streq(a,b,c)", pred("expected ')' before ',c)'", "streq"), 10),
            ("streq(a,b", pred("expected ')'", "streq"), 10),
            ("defined('ab\\", pred("expected ')'", "defined"), 13),
            (
                "streq(abc,de\\",
                pred("failed to parse '\\' after 'de' as type 'string' at position 2", "streq"),
                13,
            ),
        ];
        for (text, message, position) in cases {
            let e = eval(text).unwrap_err();
            assert_eq!((e.message.as_str(), e.at + 1), (message.as_str(), position), "{text}");
        }
    }

    #[test]
    fn versions_are_ordered() {
        let order = |v: &str| version_order(v.as_bytes());
        for older in
            ["2.6", "2.6.11", "2.6-dev99", "2", "abc", "", "2.6.12-dev1", "2.6.12-rc1", "2.x", "1.9.99"]
        {
            assert_eq!(order(older), Ordering::Greater, "{older}");
        }
        for same in ["2.6.12", "02.6.12", "2.6.12.", "2.6.12+x"] {
            assert_eq!(order(same), Ordering::Equal, "{same}");
        }
        for newer in
            ["2.6.13", "2.7", "2.7-dev1", "3", "3.0", "2.6.12-1", "2.6.12.1", "99999999999999999999999"]
        {
            assert_eq!(order(newer), Ordering::Less, "{newer}");
        }
        assert!(version(b"2.7-dev2") < version(b"2.7-rc1") && version(b"2.7-rc1") < version(b"2.7"));
    }

    #[test]
    fn nesting_is_limited_where_haproxy_limits_it() {
        let nested = |n: usize| eval(&format!("{}1{}", "(".repeat(n), ")".repeat(n)));
        assert_eq!(nested(340), Ok(true));
        assert!(nested(341).unwrap_err().message.starts_with("unparsable conditional sub-expression '1)"));
        let chain = |n: usize| eval(&format!("{}0", "1&&".repeat(n)));
        assert_eq!(chain(1021), Ok(false));
        assert_eq!(chain(1022).unwrap_err().message, "unparsable conditional expression '0'");
        assert_eq!(chain(1024).unwrap_err().message, "unparsable conditional expression '1&&1&&0'");
    }

    #[test]
    fn the_argument_of_cc() {
        let env = Env::empty();
        let check = |text: &str| evaluate_argument(text.as_bytes(), &Facts { env: &env, enabled: &[] });
        assert_eq!(check("streq(\"a b\",a b)"), Ok(true));
        assert_eq!(check(""), Ok(false));
        assert_eq!(
            check("1 # 1").unwrap_err(),
            "Failed to evaluate condition: unexpected character '#' at the end of conditional expression '1 # 1'"
        );
        assert_eq!(check("foo\"b").unwrap_err(), "Syntax Error in condition: Unmatched quote.");
        assert_eq!(
            check("\\xz").unwrap_err(),
            "Syntax Error in condition: Truncated or invalid hexadecimal sequence."
        );
    }

    #[test]
    fn features_are_sorted_and_unique() {
        assert!(FEATURES.windows(2).all(|w| w[0].0 < w[1].0));
        assert!(PREDICATES.windows(2).all(|w| w[0].name < w[1].name));
    }
}
