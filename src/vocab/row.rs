//! What a row of the configuration language is, and what it sees of the line it reads.
use super::expr::AclScope;
use crate::base::units::{TimeError, TimeUnit, leading_int, parse_time};
use crate::plan::Global;
use crate::plan::draft::{Draft, ProxyDraft, ProxyKind};
use crate::proto::text::FieldName;
use crate::syntax::{Diag, Diags, Env, Severity, SourceMap, Span, Word};
use std::time::Duration;

/// A set of sections.
pub type Sections = u16;
pub const GLOBAL: Sections = 1;
pub const DEFAULTS: Sections = 2;
pub const FRONTEND: Sections = 4;
pub const BACKEND: Sections = 8;
pub const LISTEN: Sections = 16;
/// `resolvers` sections, whose lines have rows of their own.
pub const RESOLVERS: Sections = 32;
/// `http-errors` sections, which have one word.
pub const HTTP_ERRORS: Sections = 64;
/// `ring` sections, whose lines have rows of their own.
pub const RING: Sections = 128;
/// `log-profile` sections, which have two words.
pub const LOG_PROFILE: Sections = 256;
/// Sections with a frontend's half, and the defaults for them.
pub const FRONTENDS: Sections = DEFAULTS | FRONTEND | LISTEN;
/// Sections with a backend's half, and the defaults for them.
pub const BACKENDS: Sections = DEFAULTS | BACKEND | LISTEN;
/// Every proxy section.
pub const PROXIES: Sections = FRONTENDS | BACKENDS;

/// How a line with a row's word is read: its words from the keyword on (without `no` or `default`).
pub type Parse = fn(&mut DirectiveCx<'_>, &[Word]) -> Result<(), Diag>;

/// One word that a line of a section may begin with.
#[derive(Debug)]
pub struct DirectiveRow {
    pub name: &'static str,
    /// Where it may stand.
    pub sections: Sections,
    /// Whether `no` may stand before it.
    pub no: bool,
    /// What the manual says, in one paragraph.
    pub doc: &'static str,
    pub parse: Parse,
}

/// What stands before the keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarity {
    Plain,
    No,
    Default,
}

/// What a row sees and fills.
pub struct DirectiveCx<'a> {
    /// The section the line stands in.
    pub section: Sections,
    pub draft: &'a mut Draft,
    /// The named ACLs of this section.
    pub acls: &'a mut AclScope,
    /// `setenv` and its sisters change it for the lines that follow.
    pub env: &'a mut Env,
    /// Warnings go here; the row's error is its result.
    pub diags: &'a mut Diags,
    pub map: &'a SourceMap,
    pub line: Span,
    pub polarity: Polarity,
    /// Set where HAProxy stops reading; it then ends without `Fatal errors found in configuration.`
    pub aborted: &'a mut bool,
}

impl DirectiveCx<'_> {
    /// The proxy section the line stands in.
    ///
    /// # Panics
    /// In `global`.
    pub fn proxy(&mut self) -> &mut ProxyDraft {
        self.draft.proxies.last_mut().expect("a proxy row is only called within a proxy section")
    }

    /// The `global` section.
    pub fn global(&mut self) -> &mut Global {
        &mut self.draft.global
    }

    /// `file:line`, for messages that name a second place.
    #[must_use]
    pub fn place(&self, span: Span) -> String {
        format!("{}:{}", self.map.name(span.file), span.line)
    }

    /// `backend 'b'`: the proxy as HAProxy's messages name it.
    #[must_use]
    pub fn proxy_name(&self) -> String {
        self.draft.proxies.last().map_or_else(String::new, |p| format!("{} '{}'", p.kind.type_name(), p.name))
    }

    /// Whether the section is `defaults`.
    #[must_use]
    pub fn in_defaults(&self) -> bool {
        self.section == DEFAULTS
    }

    /// An error after which HAProxy stops reading.
    pub fn abort(&mut self, diag: Diag) -> Diag {
        *self.aborted = true;
        diag
    }

    /// A warning at a place.
    pub fn warn(&mut self, at: Span, message: impl Into<String>) {
        self.diags.push(Diag::warning(at, message));
    }

    /// Says, with `-dD` only, that something has no effect here: a warning would end a start with `zero-warning`.
    pub fn idle(&mut self, at: Span, message: impl Into<String>, help: &str) {
        self.diags.push(Diag::at(Severity::Diag, at, message).help(help));
    }

    /// Notes a word that has no meaning in this engine: all of them are told in one diagnostic.
    pub fn pointless(&mut self, word: &Word) {
        self.draft.note_pointless(word.text(), word.span);
    }

    /// Says that a word of which the first counts stands here again. HAProxy says so in an alert, but goes on, with
    /// `zero-warning` too.
    pub fn already(&mut self, words: &[Word]) {
        let text = format!("'{}' already specified. Continuing.", words[0].text());
        self.again(words, text);
    }

    /// The same in other words.
    pub fn again(&mut self, words: &[Word], text: impl Into<String>) {
        let diag = Diag::at(Severity::Notice, words[0].span, text);
        self.diags.push(diag.help("remove it: the first one counts"));
    }

    /// The same where HAProxy warns.
    pub fn warn_again(&mut self, words: &[Word]) {
        let text = format!("'{}' already specified. Continuing.", words[0].text());
        self.diags.push(Diag::warning(words[0].span, text).help("remove it: the first one counts"));
    }

    /// Refuses words behind the first `most` arguments (HAProxy's `alertif_too_many_args`).
    ///
    /// # Errors
    /// The first word too many.
    pub fn at_most(&mut self, words: &[Word], most: usize) -> Result<(), Diag> {
        self.at_most_after(words, 0, most)
    }

    /// The same where the keyword has `more` words of its own behind its first.
    ///
    /// # Errors
    /// The first word too many.
    pub fn at_most_after(&mut self, words: &[Word], more: usize, most: usize) -> Result<(), Diag> {
        let Some(extra) = words.get(more + most + 1) else { return Ok(()) };
        let keyword: Vec<&str> = words[..=more].iter().map(Word::text).collect();
        let text = format!("'{}' cannot handle unexpected argument '{}'.", keyword.join(" "), extra.text());
        Err(Diag::alert(extra.span, text).help("remove this word"))
    }
}

/// An error that HAProxy does not have: a word it knows and Ringmain has not built yet.
#[must_use]
pub fn not_built(at: Span, what: &str, section: &str) -> Diag {
    Diag::alert(
        at,
        format!("'{what}' in '{section}' section: Ringmain does not support this HAProxy keyword yet"),
    )
    .help("remove it, or keep this proxy on HAProxy for now")
}

/// The text of a word, empty where the line ended: HAProxy's arguments behind the last are empty.
#[must_use]
pub fn text(words: &[Word], at: usize) -> &str {
    words.get(at).map_or("", Word::text)
}

/// A field's name.
///
/// # Errors
/// HAProxy warns of a name that is none, and writes it; a message with it would be none.
pub fn field_name(word: &Word) -> Result<FieldName, Diag> {
    FieldName::new(word.bytes()).map_err(|odd| match odd {
        None => Diag::alert(word.span, "expects a header name that is not empty"),
        Some((at, byte)) => {
            let shown = char::from(byte).escape_default();
            let text = format!("header name '{}' contains forbidden character '{shown}'", word.text());
            let help = match word.text().strip_suffix(':') {
                Some(name) if at == name.len() => format!("write `{name}` without the colon"),
                _ => "names of header fields have letters, digits and !#$%&'*+-.^_`|~".to_owned(),
            };
            Diag::alert(word.span, text).help(help)
        }
    })
}

/// The name of a field of our own, in a line that begins with `what`: none that frames messages.
///
/// # Errors
/// As [`field_name`], and for a field that belongs to the connection.
pub fn own_field(word: &Word, what: &str) -> Result<FieldName, Diag> {
    let name = field_name(word)?;
    if name.frames() || matches!(name.as_bytes(), b"te" | b"host") && what != "http-send-name-header" {
        let text = format!("'{what} {}' would make invalid requests.", word.text());
        return Err(
            Diag::alert(word.span, text).help("choose a header field that is not the connection's own")
        );
    }
    Ok(name)
}

/// The place of a word, or of the end of the line.
#[must_use]
pub fn place(words: &[Word], at: usize) -> Span {
    match words.get(at) {
        Some(word) => word.span,
        None => words
            .last()
            .map_or(crate::syntax::Span { file: crate::syntax::FileId(0), line: 1, col: 1, len: 0 }, |w| {
                Span { col: w.span.col + w.span.len, len: 0, ..w.span }
            }),
    }
}

/// The first argument as C's `atol` reads it.
///
/// # Errors
/// Where there is none.
pub fn integer(words: &[Word]) -> Result<i64, Diag> {
    match words.get(1) {
        Some(word) => Ok(leading_int(word.text())),
        None => {
            Err(Diag::alert(place(words, 1), format!("'{}' expects an integer argument.", words[0].text())))
        }
    }
}

/// A number as the Plan has it: `None` where it sets no limit.
#[must_use]
pub fn positive(value: i64) -> Option<u32> {
    u32::try_from(value.min(i64::from(u32::MAX))).ok().filter(|v| *v > 0)
}

/// Words as one text.
#[must_use]
pub fn joined(words: &[Word]) -> String {
    words.iter().map(Word::text).collect::<Vec<_>>().join(" ")
}

/// The first argument as a time, with the wording of HAProxy's older parsers.
///
/// # Errors
/// Where there is none or it is no time.
pub fn old_time(words: &[Word], keyword: &str, unit: TimeUnit) -> Result<Duration, Diag> {
    let Some(word) = words.get(1) else {
        return Err(Diag::alert(place(words, 1), format!("'{keyword}' expects <time> as argument.\n")));
    };
    match parse_time(word.text(), unit) {
        Ok(time) => Ok(time.duration()),
        Err(TimeError::Unexpected { at, found }) => {
            let text = format!("unexpected character '{found}' in argument to <{keyword}>.\n");
            Err(Diag::alert(word.sub(at, 1), text).help("write a number with a unit, as `30s`"))
        }
        Err(TimeError::Overflow) => {
            let text = format!(
                "timer overflow in argument <{}> to <{keyword}>, maximum value is 2147483647 ms (~24.8 days).\n",
                word.text()
            );
            Err(Diag::alert(word.span, text))
        }
        Err(TimeError::Underflow) => {
            let text = format!(
                "timer underflow in argument <{}> to <{keyword}>, minimum non-null value is 1 ms.\n",
                word.text()
            );
            Err(Diag::alert(word.span, text))
        }
    }
}

/// What a section is called in messages and for `unknown keyword`.
#[must_use]
pub const fn section_name(section: Sections) -> &'static str {
    match section {
        GLOBAL => "global",
        DEFAULTS => "defaults",
        FRONTEND => "frontend",
        BACKEND => "backend",
        RESOLVERS => "resolvers",
        RING => "ring",
        LOG_PROFILE => "log-profile",
        _ => "listen",
    }
}

/// The bit of a proxy section.
#[must_use]
pub const fn section_of(kind: ProxyKind) -> Sections {
    match kind {
        ProxyKind::Defaults => DEFAULTS,
        ProxyKind::Frontend => FRONTEND,
        ProxyKind::Backend => BACKEND,
        ProxyKind::Listen => LISTEN,
    }
}

/// Asserts that a folder's list is sorted, unique, whole, and that every file with one row has the row's name.
#[cfg(test)]
pub fn check_list(list: &str, files: &[&str], families: &[&str], names: impl Iterator<Item = &'static str>) {
    let plain = |s: &str| s.trim_start_matches("r#").to_owned();
    let files: Vec<String> = files.iter().map(|f| plain(f)).collect();
    let families: Vec<String> = families.iter().map(|f| plain(f)).collect();
    for list in [&files, &families] {
        assert!(list.is_sorted() && list.windows(2).all(|w| w[0] != w[1]), "sort this list: {list:?}");
    }
    for (file, name) in files.iter().zip(names) {
        assert_eq!(*file, name.replace(['-', '.'], "_"), "a file is named as its word");
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(list);
    let mut found: Vec<String> = std::fs::read_dir(folder.parent().expect("a folder"))
        .expect("read the folder")
        .map(|e| e.expect("entry").file_name().to_string_lossy().into_owned())
        .filter_map(|f| f.strip_suffix(".rs").map(str::to_owned))
        .filter(|f| f != "mod")
        .collect();
    found.sort();
    let mut listed: Vec<String> = files.into_iter().chain(families).collect();
    listed.sort();
    assert_eq!(found, listed, "files of the folder and its list");
}

/// What one line did, for the tests of rows.
#[cfg(test)]
pub struct Bench {
    pub draft: Draft,
    pub diags: Vec<Diag>,
    pub env: Env,
}

/// Reads lines in a section of their own.
#[cfg(test)]
pub fn bench(section: Sections, lines: &str) -> Bench {
    use crate::plan::draft::Settings;
    use crate::syntax::lex;
    let kind = match section {
        DEFAULTS => ProxyKind::Defaults,
        FRONTEND => ProxyKind::Frontend,
        BACKEND => ProxyKind::Backend,
        _ => ProxyKind::Listen,
    };
    let mut map = SourceMap::default();
    let file = map.add("x.cfg", lines.as_bytes());
    let (mut draft, mut acls, mut env) = (Draft::default(), AclScope::default(), Env::empty());
    let (mut diags, mut aborted) = (Diags::default(), false);
    let at = Span { file, line: 1, col: 1, len: 1 };
    if section == RESOLVERS {
        draft.resolvers.push(crate::plan::Resolvers::new("r", at));
    } else if section == LOG_PROFILE {
        let (name, on) = ("p".to_owned(), Vec::new());
        draft.log_profiles.push(crate::plan::logging::ProfileDraft { name, at, tag: None, on });
    } else if section == RING {
        draft.rings.push(crate::plan::ring::Draft::new("r", at));
    } else if section != GLOBAL {
        draft.proxies.push(ProxyDraft::new(kind, "p", at, Settings::default()));
    }
    for (number, line) in lines.lines().enumerate() {
        let place = lex::Place { file, name: "x.cfg", line: number as u32 + 1, section: "" };
        let words = lex::line(line.as_bytes(), &place, &env).expect("lex").words(line.as_bytes(), &place);
        let mut cx = DirectiveCx {
            section,
            draft: &mut draft,
            acls: &mut acls,
            env: &mut env,
            diags: &mut diags,
            map: &map,
            line: words[0].span,
            polarity: Polarity::Plain,
            aborted: &mut aborted,
        };
        if let Err(diag) = super::directive::read(&mut cx, &words) {
            diags.push(diag);
        }
    }
    Bench { draft, diags: diags.list, env }
}

#[cfg(test)]
impl Bench {
    /// The draft, when nothing was said.
    pub fn ok(self) -> Draft {
        assert!(self.diags.is_empty(), "{:?}", self.diags);
        self.draft
    }

    /// The one message.
    pub fn says(&self) -> &str {
        assert_eq!(self.diags.len(), 1, "{:?}", self.diags);
        &self.diags[0].message
    }
}
