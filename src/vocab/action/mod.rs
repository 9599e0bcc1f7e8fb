//! Actions of `http-request`, `http-response` and `tcp-request`, one row a file (configuration manual, 4.2).
use crate::proto::text::FieldName;
use crate::rules::places::Places;
use crate::rules::{Action, Format};
use crate::syntax::{Diag, Word};
use crate::vocab::expr::{Place, parse_format_at};
use crate::vocab::row::field_name;

macro_rules! rows {
    ($($module:ident)*) => {
        $(mod $module;)*
        /// Every action, sorted by file.
        pub static ROWS: &[&[ActionRow]] = &[$($module::ROWS),*];
    };
}

rows! {
    accept allow capture deny do_log do_resolve expect_proxy header list path redirect replace return_ set_dst set_log_level set_status
    set_var silent_drop strict_mode tarpit use_service wishes
}

#[cfg(test)]
mod one_message;
mod reply;

pub use redirect::parse as parse_redirect;

/// Where an action may stand: a set of these.
pub type Rulesets = u8;
pub const REQUEST: Rulesets = 1;
pub const RESPONSE: Rulesets = 2;
pub const CONNECTION: Rulesets = 4;
/// The `redirect` line, which is older than log-format strings.
pub const REDIRECT: Rulesets = 8;
/// `tcp-request session` and `tcp-request content`.
pub const SESSION: Rulesets = 16;
pub const CONTENT: Rulesets = 32;

/// One action.
pub struct ActionRow {
    pub name: &'static str,
    pub rulesets: Rulesets,
    /// One paragraph of manual.
    pub doc: &'static str,
    /// Reads the arguments; what is left in the cursor is the condition.
    pub parse: fn(&mut Cursor<'_>) -> Result<Box<dyn Action>, Diag>,
}

/// Actions whose arguments stand in parentheses: what begins with their names is theirs, as in HAProxy.
const WITH_PARENTHESES: &[&str] =
    &["add-acl", "del-acl", "del-map", "do-resolve", "set-map", "set-var", "set-var-fmt", "unset-var"];

/// The row of a name in a set of rules.
#[must_use]
pub fn find_in(name: &str, ruleset: Rulesets) -> Option<&'static ActionRow> {
    let is = |row: &ActionRow| {
        row.name == name || (WITH_PARENTHESES.contains(&row.name) && name.starts_with(row.name))
    };
    rows().find(|row| is(row) && row.rulesets & ruleset != 0)
}

/// The row of a name, wherever it may stand.
#[must_use]
pub fn find(name: &str) -> Option<&'static ActionRow> {
    rows().find(|row| row.name == name)
}

/// Every row.
pub fn rows() -> impl Iterator<Item = &'static ActionRow> {
    ROWS.iter().flat_map(|rows| rows.iter())
}

/// The words of a rule behind its action's name.
pub struct Cursor<'a> {
    words: &'a [Word],
    at: usize,
    /// The action's name, for places of what is missing.
    pub name: &'a Word,
    pub ruleset: Rulesets,
    /// What is to be said of the rule, which is good all the same.
    pub warnings: Vec<Diag>,
    /// Where the rule will run.
    pub places: Places,
}

impl<'a> Cursor<'a> {
    /// Over the words behind `name`.
    #[must_use]
    pub fn new(name: &'a Word, words: &'a [Word], ruleset: Rulesets, places: Places) -> Cursor<'a> {
        Cursor { words, at: 0, name, ruleset, warnings: Vec::new(), places }
    }

    /// The next word, unless a condition begins there.
    #[must_use]
    pub fn peek(&self) -> Option<&'a Word> {
        self.words.get(self.at).filter(|w| *w != "if" && *w != "unless")
    }

    /// Takes the next word.
    pub fn take(&mut self) -> Option<&'a Word> {
        let word = self.peek()?;
        self.at += 1;
        Some(word)
    }

    /// Takes the next word when it is this one.
    pub fn accept(&mut self, text: &str) -> bool {
        let found = self.peek().is_some_and(|w| w == text);
        self.at += usize::from(found);
        found
    }

    /// Takes a word that has to be there.
    ///
    /// # Errors
    /// What is missing.
    pub fn expect(&mut self, message: impl FnOnce() -> String) -> Result<&'a Word, Diag> {
        // Whatever stands in an argument's place is the argument, also `if`.
        let word = self.words.get(self.at).ok_or_else(|| Diag::alert(self.name.span, message()))?;
        self.at += 1;
        Ok(word)
    }

    /// Takes a format of what goes into a head.
    ///
    /// # Errors
    /// As [`format`](Self::format).
    pub fn head_format(&mut self, message: impl FnOnce() -> String) -> Result<Format, Diag> {
        let word = self.expect(message)?;
        self.head_format_of(word)
    }

    /// Reads a word as a format of what goes into a head.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn head_format_of(&self, word: &Word) -> Result<Format, Diag> {
        parse_format_at(word, Place { at: self.places, ..Place::HEAD })
    }

    /// Takes a format that has to be there.
    ///
    /// # Errors
    /// What is missing, or wrong with it.
    pub fn format(&mut self, message: impl FnOnce() -> String) -> Result<Format, Diag> {
        let word = self.expect(message)?;
        self.format_of(word)
    }

    /// Reads a word as a format.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn format_of(&self, word: &Word) -> Result<Format, Diag> {
        parse_format_at(word, Place { at: self.places, ..Place::RULE })
    }

    /// Takes a field's name that has to be there.
    ///
    /// # Errors
    /// What is missing, or why it is no name.
    pub fn field_name(&mut self, message: impl FnOnce() -> String) -> Result<FieldName, Diag> {
        field_name(self.expect(message)?)
    }

    /// Warns of a word.
    pub fn warn(&mut self, word: &Word, text: String) {
        self.warnings.push(Diag::warning(word.span, text));
    }

    /// The words that are left.
    #[must_use]
    pub fn rest(&self) -> &'a [Word] {
        &self.words[self.at..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::h1;
    use crate::rules::{NoTrace, Program, Verdict};
    use crate::vocab::expr::testing::{with_cx, words};
    use crate::vocab::expr::{AclScope, parse_http_request, parse_redirect};

    const REQUEST: &str = "GET /a/b?q=1 HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nX-B: one, two\r\nX-A: 2\r\n\r\n";

    /// Runs rules (without `http-request`) on the request; gives the verdict and the request as it would go out.
    fn run(rules: &[&str]) -> (Verdict, String) {
        let mut scope = AclScope::default();
        let rules = rules
            .iter()
            .map(|line| {
                let words = words(line);
                if words[0] == "redirect" && words.len() > 1 && words[1] == "*" {
                    return parse_redirect(&mut scope, &words[2..]).unwrap();
                }
                parse_http_request(&mut scope, &words).unwrap_or_else(|e| panic!("{line}: {}", e.message))
            })
            .collect();
        let program = Program { rules };
        with_cx(REQUEST, |cx| {
            let verdict = program.run(cx, &mut NoTrace);
            let mut out = Vec::new();
            h1::write_request(cx.request().unwrap(), &mut out);
            (verdict, String::from_utf8(out).unwrap())
        })
    }

    #[test]
    fn header_actions_change_the_head() {
        for (rule, present, absent) in [
            ("set-header X-A %[path]", "x-a: /a/b\r\n", "x-a: 1"),
            ("add-header X-A 3", "x-a: 2\r\nx-a: 3\r\n", "\0"),
            ("del-header X-A", "x-b: one, two\r\n", "x-a"),
            ("del-header x- -m beg", "host: h\r\n", "x-"),
            ("del-header ^x-[b] -m reg", "x-a: 1\r\n", "x-b"),
            ("replace-header X-A (.) <\\1>", "x-a: <1>\r\n", "x-a: 1"),
            ("replace-value X-B ^(o.*)$ [\\1]", "x-b: [one], two\r\n", "\0"),
            ("set-path /z", "GET /z?q=1 HTTP/1.1\r\n", "\0"),
            ("set-pathq /z?y", "GET /z?y HTTP/1.1\r\n", "\0"),
            ("set-query x=%[src_port]", "GET /a/b?x=4711 HTTP/1.1\r\n", "\0"),
            ("set-uri /other", "GET /other HTTP/1.1\r\n", "\0"),
            ("set-method POST", "POST /a/b?q=1 HTTP/1.1\r\n", "\0"),
            ("replace-path ^/a/(.*) /\\1", "GET /b?q=1 HTTP/1.1\r\n", "\0"),
            ("replace-pathq ([^?]*)(.*) \\1x\\2", "GET /a/bx?q=1 HTTP/1.1\r\n", "\0"),
            ("replace-uri ^/a /A", "GET /A/b?q=1 HTTP/1.1\r\n", "\0"),
            ("set-header X-A 9 if { path /none }", "x-a: 1\r\n", "x-a: 9"),
        ] {
            let (verdict, out) = run(&[rule]);
            assert_eq!(verdict, Verdict::Continue, "{rule}");
            assert!(out.contains(present) && !out.contains(absent), "{rule}:\n{out}");
        }
    }

    #[test]
    fn verdicts_end_the_program() {
        assert_eq!(run(&["deny", "set-header a b"]).0, Verdict::Deny { status: 403 });
        assert_eq!(run(&["deny deny_status 429"]).0, Verdict::Deny { status: 429 });
        assert_eq!(run(&["allow", "deny"]).0, Verdict::Allow);
        assert_eq!(run(&["silent-drop"]).0, Verdict::Drop);
        assert_eq!(run(&["deny unless { path_beg /a }"]).0, Verdict::Continue);
        let Verdict::Answer { status, bytes, close } =
            run(&["return status 200 content-type text/plain string hi hdr X-Y %[path]"]).0
        else {
            panic!()
        };
        assert_eq!((status, close), (200, false));
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "HTTP/1.1 200 OK\r\nx-y: /a/b\r\ncontent-length: 2\r\ncontent-type: text/plain\r\n\r\nhi"
        );
    }

    #[test]
    fn redirects_are_written_as_haproxy_writes_them() {
        let answer = |rule: &str| match run(&[rule]).0 {
            Verdict::Answer { bytes, .. } => String::from_utf8(bytes).unwrap(),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            answer("redirect * location /x"),
            "HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: /x\r\ncache-control: no-cache\r\n\r\n"
        );
        assert_eq!(
            answer("redirect prefix http://n code 301 drop-query set-cookie S=1"),
            "HTTP/1.1 301 Moved Permanently\r\ncontent-length: 0\r\nlocation: http://n/a/b\r\nset-cookie: S=1; path=/;\r\n\r\n"
        );
        assert!(answer("redirect scheme https").contains("location: https://h/a/b?q=1\r\n"));
        assert!(answer("redirect * prefix / append-slash drop-query").contains("location: /a/b/\r\n"));
    }

    #[test]
    fn wrong_rules_are_refused() {
        for (rule, want) in [
            ("deny deny_status 999", "999"),
            ("set-header X", "expects"),
            ("nonsense", "nonsense"),
            ("set-nice 5", "does not support"),
            ("deny if", "missing condition"),
            ("redirect to /", "(was 'to')"),
            ("set-path /a extra", "extra"),
            ("replace-path ( x", "regex"),
        ] {
            let e = parse_http_request(&mut AclScope::default(), &words(rule)).unwrap_err();
            assert!(e.message.contains(want), "{rule}: {}", e.message);
        }
    }

    #[test]
    fn every_row_is_documented() {
        for row in rows() {
            assert!(row.doc.ends_with('.') && row.rulesets != 0, "{}", row.name);
        }
    }
}
