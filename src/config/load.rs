//! Files → lines. A [`Source`] is pulled line by line, because what a line does (`setenv` in `global`) changes how the
//! next ones are cut (manual, 2.2 to 2.4; management manual, 3 "Starting HAProxy", `-f`).
use crate::syntax::blocks::{Blocks, Verdict};
use crate::syntax::cond::{self, Facts};
use crate::syntax::lex::{self, Lexed, Place};
use crate::syntax::{Diag, Diags, Env, FileId, Line, Severity, SourceMap, Span, Word};
use std::collections::VecDeque;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Lines with errors after which HAProxy stops reading a file.
pub const MAX_ERRORS: usize = 50;
/// Files of one configuration.
pub const MAX_FILES: usize = 10_000;

/// The configuration's text, given line by line.
#[derive(Debug, Default)]
pub struct Source {
    /// The files that were read so far.
    pub map: SourceMap,
    /// The names for which `enabled()` is true (command-line switches such as `-de` remove some).
    pub enabled: Vec<String>,
    waiting: VecDeque<Input>,
    reading: Option<Reading>,
    section: String,
    aborted: bool,
}

/// A file still to be read: its name as HAProxy prints it, and where its text is.
#[derive(Debug)]
struct Input {
    name: String,
    from: From,
}

#[derive(Debug)]
enum From {
    Path(PathBuf),
    Stdin,
    Text(Vec<u8>),
}

/// The file being read.
#[derive(Debug)]
struct Reading {
    id: FileId,
    name: String,
    text: Vec<u8>,
    /// Where the next line starts.
    next: usize,
    /// The number of the last line read.
    line: u32,
    blocks: Blocks,
    /// The last line had no LF, or a NUL that ended it: its length up to there.
    unfinished: Option<usize>,
    stop: bool,
    errors: Errors,
}

/// Counts lines with errors by looking at what was pushed since.
#[derive(Debug, Default)]
struct Errors {
    seen: usize,
    lines: usize,
}

impl Errors {
    fn update(&mut self, diags: &Diags) {
        let new = diags.list.get(self.seen..).unwrap_or_default();
        self.lines += usize::from(new.iter().any(|d| d.severity == Severity::Alert));
        self.seen = diags.list.len();
    }
}

impl Source {
    /// Finds the files of `-f` arguments, in order: a directory stands for its files `*.cfg`, sorted by bytes, without
    /// hidden ones and its own directories; `-` is the standard input. Sets `HAPROXY_CFGFILES`. A path that can't be found
    /// is an error in `diags`, and then no line is given. No file at all (an empty directory) is for the caller to judge:
    /// see [`Source::is_empty`].
    pub fn open(paths: &[PathBuf], env: &mut Env, diags: &mut Diags) -> Source {
        let mut source = Source { enabled: defaults(), ..Source::default() };
        for path in paths {
            if let Err(message) = source.find(path) {
                source.fail(message, diags);
                return source;
            }
        }
        if source.waiting.len() > MAX_FILES {
            source.fail(format!("Cannot load more than {MAX_FILES} configuration files."), diags);
            return source;
        }
        let names: Vec<&str> = source.waiting.iter().map(|i| i.name.as_str()).collect();
        env.set("HAPROXY_CFGFILES", names.join(";"));
        source
    }

    /// A configuration that is already in memory, as files of (name, text).
    pub fn from_texts<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Source {
        let input =
            |(name, text): (&str, &[u8])| Input { name: name.to_owned(), from: From::Text(text.to_vec()) };
        Source {
            enabled: defaults(),
            waiting: files.into_iter().take(MAX_FILES).map(input).collect(),
            ..Source::default()
        }
    }

    /// Whether there is no file to read: HAProxy then prints its usage.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.reading.is_none() && self.map.is_empty()
    }

    /// Whether reading ended before the end of the files; HAProxy then exits without `Fatal errors found in
    /// configuration.`.
    #[must_use]
    pub fn aborted(&self) -> bool {
        self.aborted
    }

    /// Ends reading after the current line, as HAProxy does for some errors of keywords.
    pub fn abort(&mut self) {
        self.aborted = true;
        if let Some(reading) = &mut self.reading {
            reading.stop = true;
        }
    }

    /// Tells which section the following lines are in, for `.SECTION`: its name, or its type where it has none. It is
    /// forgotten at the end of the file.
    pub fn set_section(&mut self, name: &str) {
        name.clone_into(&mut self.section);
    }

    /// The next line that has words and stands in an active block; `None` at the end of the last file. Messages about
    /// lines that can't be read, `.if` blocks and whole files go to `diags`; errors that the caller pushed there since
    /// the last call count as errors of that line. Each file starts anew: a section does not continue in the next file
    /// (the lines' spans tell the files apart).
    pub fn next_line(&mut self, env: &Env, diags: &mut Diags) -> Option<Line> {
        loop {
            if self.reading.is_none() {
                if self.aborted {
                    return None;
                }
                let input = self.waiting.pop_front()?;
                self.reading = self.begin(input, diags);
                continue;
            }
            match self.step(env, diags) {
                Step::Line(line) => return Some(line),
                Step::Nothing => {}
                Step::End => self.end(diags),
            }
        }
    }

    fn fail(&mut self, message: String, diags: &mut Diags) {
        diags.push(Diag::bare(Severity::Alert, None, message));
        self.aborted = true;
        self.waiting.clear();
    }

    /// Adds the file, or the files of the directory.
    fn find(&mut self, path: &Path) -> Result<(), String> {
        let name = path.to_string_lossy().into_owned();
        if path.as_os_str() == "-" && !path.exists() {
            self.waiting.push_back(Input { name, from: From::Stdin });
            return Ok(());
        }
        let wrong =
            |e: &io::Error| format!("Cannot open configuration file/directory {name} : {}", reason(e));
        if !std::fs::metadata(path).map_err(|e| wrong(&e))?.is_dir() {
            self.waiting.push_back(Input { name, from: From::Path(path.to_owned()) });
            return Ok(());
        }
        for file in directory(path, &name)? {
            let name = format!("{name}/{}", file.file_name().unwrap_or_default().to_string_lossy());
            self.waiting.push_back(Input { name, from: From::Path(file) });
        }
        Ok(())
    }

    fn begin(&mut self, input: Input, diags: &mut Diags) -> Option<Reading> {
        let text = match input.from {
            From::Path(path) => std::fs::read(path),
            From::Text(text) => Ok(text),
            From::Stdin => {
                let mut text = Vec::new();
                io::stdin().lock().read_to_end(&mut text).map(|_| text)
            }
        };
        let text = match text {
            Ok(text) => text,
            Err(e) => {
                self.fail(
                    format!("Could not open configuration file {} : {}", input.name, reason(&e)),
                    diags,
                );
                return None;
            }
        };
        Some(Reading {
            id: self.map.add(&input.name, &text),
            name: input.name,
            text,
            next: 0,
            line: 0,
            blocks: Blocks::default(),
            unfinished: None,
            stop: false,
            errors: Errors { seen: diags.list.len(), lines: 0 },
        })
    }

    /// Reads one line of the current file.
    fn step(&mut self, env: &Env, diags: &mut Diags) -> Step {
        let Some(reading) = &mut self.reading else { return Step::End };
        reading.errors.update(diags);
        if reading.stop || reading.next >= reading.text.len() {
            return Step::End;
        }
        if let Some(at) = reading.unfinished.take() {
            let text = format!("Stray NUL character at position {}.", at + 1);
            diags.push(Diag::alert(reading.place("").span(at, 1), text).tight());
            return Step::End;
        }
        reading.line += 1;
        if reading.errors.lines >= MAX_ERRORS {
            let text = format!("too many fatal errors ({}), stopping now.", reading.errors.lines);
            diags.push(Diag::alert(reading.place("").span(0, 0), text).tight());
            return Step::End;
        }
        let range = reading.take_line();
        let text = &reading.text[range];
        let place =
            Place { file: reading.id, name: &reading.name, line: reading.line, section: &self.section };
        let facts = Facts { env, enabled: &self.enabled };
        let (line, verdict) = read(text, &place, &facts, &mut reading.blocks, diags);
        match verdict {
            Verdict::Keep => return line.map_or(Step::Nothing, Step::Line),
            Verdict::Skip => {}
            Verdict::LastFile => self.aborted = true,
            Verdict::Break => self.abort(),
            Verdict::Abort => {
                reading.blocks = Blocks::default();
                reading.unfinished = None;
                self.abort();
            }
        }
        Step::Nothing
    }

    /// What HAProxy says at the end of a file.
    fn end(&mut self, diags: &mut Diags) {
        let Some(mut reading) = self.reading.take() else { return };
        self.section.clear();
        let place = reading.place("");
        let last = diags.list.len();
        if let Some(at) = reading.unfinished {
            let text =
                format!("Missing LF on last line, file might have been truncated at position {}.", at + 1);
            diags.push(
                Diag::alert(place.span(at, 0), text).tight().help("end the last line with a line feed"),
            );
        }
        if reading.blocks.is_open() && reading.line > 0 {
            let diag = Diag::alert(place.span(0, 0), "non-terminated '.if' block.");
            diags.push(diag.tight().help("write `.endif` after the last line of the block"));
            self.aborted = true;
        }
        reading.errors.update(diags);
        if reading.errors.lines > 0 || diags.list.len() > last {
            let text = format!("Error(s) found in configuration file : {}", reading.name);
            diags.push(Diag::bare(Severity::Alert, None, text));
        }
    }
}

enum Step {
    Line(Line),
    Nothing,
    End,
}

impl Reading {
    fn place<'a>(&'a self, section: &'a str) -> Place<'a> {
        Place { file: self.id, name: &self.name, line: self.line, section }
    }

    /// The range of the next line, without its LF, ended by a NUL as C's strings are.
    fn take_line(&mut self) -> std::ops::Range<usize> {
        let start = self.next;
        let rest = &self.text[start..];
        let lf = memchr::memchr(b'\n', rest);
        let len = lf.unwrap_or(rest.len());
        self.next = start + len + usize::from(lf.is_some());
        let nul = memchr::memchr(0, &rest[..len]);
        let end = nul.unwrap_or(len);
        self.unfinished = (nul.is_some() || lf.is_none()).then_some(end);
        start..start + end
    }
}

/// Cuts one line and applies what starts with a dot or a bracket.
fn read(
    text: &[u8],
    place: &Place<'_>,
    facts: &Facts<'_>,
    blocks: &mut Blocks,
    diags: &mut Diags,
) -> (Option<Line>, Verdict) {
    let indent = text.iter().take_while(|b| lex::is_space(**b)).count();
    if text.get(indent) == Some(&b'[') {
        return (None, scope(text, indent, place, diags));
    }
    let lexed = match lex::line(text, place, facts.env) {
        Ok(lexed) => lexed,
        Err(e) => {
            diags.push(Diag::alert(place.span(e.at(), 1), e.message()).tight().help(e.help()));
            return (None, Verdict::Skip);
        }
    };
    let words = lexed.words(text, place);
    if blocks.active() {
        losses(&lexed, text, place, diags);
    }
    let verdict = blocks.line(&words, &lexed, place, facts, diags);
    (if verdict == Verdict::Keep { whole(words) } else { None }, verdict)
}

/// Says what HAProxy drops without a word.
fn losses(lexed: &Lexed, text: &[u8], place: &Place<'_>, diags: &mut Diags) {
    if let Some(at) = lexed.cut_at_cr {
        let diag =
            Diag::warning(place.span(at, 1), "a carriage return ends the line, the rest of it is ignored.");
        diags.push(diag.tight().help("end the line here, or write \\r"));
    }
    if let Some(at) = lexed.cut_at_nul {
        let diag =
            Diag::warning(place.span(at, 4), "a NUL character ends the word, the rest of it is ignored.");
        diags.push(diag.tight());
    }
    if lexed.switched_off() {
        let at = text.iter().take_while(|b| lex::is_space(**b)).count();
        let text = "the first word is empty, the line is ignored.";
        diags.push(Diag::at(Severity::Diag, place.span(at, 1), text).tight());
    }
}

fn whole(words: Vec<Word>) -> Option<Line> {
    let (first, last) = (words.first()?.span, words.last()?.span);
    let len = (last.col + last.len).saturating_sub(first.col);
    Some(Line { span: Span { len, ..first }, words })
}

/// A line `[name]`: it starts a scope for files that several programs share (SPOE). HAProxy's own sections are in every
/// scope, so only its form is checked. Its errors are found in inactive blocks too.
fn scope(text: &[u8], open: usize, place: &Place<'_>, diags: &mut Diags) -> Verdict {
    let mut refuse = |at: usize, message: String, abort: bool| {
        diags.push(Diag::alert(place.span(at, 1), message));
        if abort { Verdict::LastFile } else { Verdict::Skip }
    };
    let Some(len) = memchr::memchr(b']', &text[open..]).filter(|len| *len > 1) else {
        return refuse(open, "empty scope name is forbidden.".to_owned(), false);
    };
    let name = &text[open + 1..open + len];
    let permitted = |b: &u8| b.is_ascii_alphanumeric() || b"-_.:".contains(b);
    if let Some(at) = name.iter().position(|b| !permitted(b)) {
        let message = format!("character '{}' is not permitted in a scope name.", char_at(name, at));
        return refuse(open + 1 + at, message, true);
    }
    let after = open + len + 1;
    let blank = text[after..].iter().take_while(|b| lex::is_space(**b)).count();
    match text.get(after + blank) {
        None | Some(b'#' | b'\n' | b'\r') => Verdict::Skip,
        Some(_) => {
            let found = char_at(text, after + blank);
            let message = format!("character '{found}' is not permitted after scope declaration.");
            refuse(after + blank, message, true)
        }
    }
}

fn char_at(text: &[u8], at: usize) -> String {
    String::from_utf8_lossy(&text[at..=at]).into_owned()
}

fn defaults() -> Vec<String> {
    cond::ENABLED.iter().map(|s| (*s).to_owned()).collect()
}

/// The files of a directory that HAProxy reads, sorted by bytes.
fn directory(path: &Path, name: &str) -> Result<Vec<PathBuf>, String> {
    let cannot = |what: &str, name: &str, e: &io::Error| {
        format!("Cannot open configuration {what} {name} : {}", reason(e))
    };
    let entries = std::fs::read_dir(path).map_err(|e| cannot("directory", name, &e))?;
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| cannot("directory", name, &e))?;
        let file = entry.file_name();
        if !is_config(file.as_bytes()) {
            continue;
        }
        let full = entry.path();
        let meta = std::fs::metadata(&full).map_err(|e| cannot("file", &full.to_string_lossy(), &e))?;
        if meta.is_file() {
            files.push(full);
        }
    }
    files.sort_by(|a, b| a.as_os_str().as_bytes().cmp(b.as_os_str().as_bytes()));
    Ok(files)
}

/// Not hidden, and its first `.cfg` is its end: HAProxy does not take `a.cfg.cfg`.
fn is_config(name: &[u8]) -> bool {
    !name.starts_with(b".") && memchr::memmem::find(name, b".cfg").is_some_and(|at| at + 4 == name.len())
}

/// C's `strerror`.
fn reason(e: &io::Error) -> String {
    match e.raw_os_error() {
        Some(code) => nix::errno::Errno::from_raw(code).desc().to_owned(),
        None => e.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::render::first_line;

    /// Reads everything; errors of keywords are played by the words `bad` and `fatal`.
    fn load(files: &[(&str, &[u8])]) -> (Vec<String>, Vec<String>, bool) {
        let mut env = Env::empty();
        env.set("A", "1");
        let (mut diags, mut lines) = (Diags::default(), Vec::new());
        let mut source = Source::from_texts(files.iter().copied());
        while let Some(line) = source.next_line(&env, &mut diags) {
            let words: Vec<&str> = line.words.iter().map(Word::text).collect();
            match words[0] {
                "bad" => diags.push(Diag::alert(line.span, "bad")),
                "setenv" => env.set(words[1], words[2]),
                "global" | "frontend" => source.set_section(words.get(1).unwrap_or(&words[0])),
                _ => {}
            }
            lines.push(words.join(" "));
        }
        let said = diags.list.iter().map(|d| first_line(d, &source.map, 1));
        let said = said.map(|l| l.replace("[ALERT]    (1) : config : ", "")).collect();
        (lines, said, source.aborted())
    }

    fn messages(text: &str) -> Vec<String> {
        load(&[("x.cfg", text.as_bytes())]).1
    }

    #[test]
    fn setenv_is_seen_by_the_next_line() {
        let text = b"global\n setenv B \"$A\"\n setenv A 2\n use \"$A$B ${.SECTION} ${.LINE}\"\nfrontend f\n x \"$.SECTION\"\n";
        let (lines, said, _) = load(&[("x.cfg", text), ("y.cfg", b"y \"<$.SECTION>\" \"$.FILE\"\r\n")]);
        assert_eq!(
            lines,
            ["global", "setenv B 1", "setenv A 2", "use 21 global 4", "frontend f", "x f", "y <> y.cfg"]
        );
        assert!(said.is_empty(), "{said:?}");
    }

    #[test]
    fn blocks_choose_one_branch() {
        let text = b".if streq(\"$A\",1)\n a\n .if 0\n b\n .elif 1\n c\n .elif nonsense\n d\n .else\n e\n .endif\n.else\n f\n .if 1\n g\n .else\n h\n .endif\n.endif\ni\n";
        let (lines, said, aborted) = load(&[("x.cfg", text)]);
        assert_eq!(
            (lines, said.len(), aborted),
            (vec!["a".to_owned(), "c".to_owned(), "i".to_owned()], 0, false)
        );
        let late = b"global\nsetenv Z 1\n.if defined(Z) && enabled(EPOLL)\n x\n.endif\n";
        assert_eq!(load(&[("x.cfg", late)]).0.last().unwrap(), "x");
    }

    /// Each of these was compared with HAProxy 2.6.12, which prints the same lines in the same order (`bad` stands for
    /// any wrong keyword).
    #[test]
    fn what_haproxy_says_about_a_file() {
        let found = "Error(s) found in configuration file : x.cfg";
        let cases: &[(&str, &[&str])] = &[
            (
                "global\n  maxconn 5",
                &[
                    "parsing [x.cfg:2]: Missing LF on last line, file might have been truncated at position 12.",
                    found,
                ],
            ),
            (
                "global\n#x",
                &[
                    "parsing [x.cfg:2]: Missing LF on last line, file might have been truncated at position 3.",
                    found,
                ],
            ),
            (
                " bad\0o\nfoo",
                &["parsing [x.cfg:1] : bad", "parsing [x.cfg:1]: Stray NUL character at position 5.", found],
            ),
            (
                "global\n maxconn\0x\n",
                &[
                    "parsing [x.cfg:2]: Missing LF on last line, file might have been truncated at position 9.",
                    found,
                ],
            ),
            (
                ".if 0\n foo",
                &[
                    "parsing [x.cfg:2]: Missing LF on last line, file might have been truncated at position 5.",
                    "parsing [x.cfg:2]: non-terminated '.if' block.",
                    found,
                ],
            ),
            (".else\nbad\n.if 1\n", &["parsing [x.cfg:1]: lone '.else' with no matching '.if'.", found]),
            (".endif\nbad\n", &["parsing [x.cfg:1]: lone '.endif' with no matching '.if'.", found]),
            (".elif 0\nbad\n", &["parsing [x.cfg:1]: lone '.elif' with no matching '.if'.", found]),
            (
                ".if 1\n.else\n.else\nbad\n",
                &["parsing [x.cfg:3]: '.else' after '.else' is not permitted.", found],
            ),
            (
                ".if 1\n.else\n.elif 1\n",
                &["parsing [x.cfg:3]: '.elif' after '.else' is not permitted.", found],
            ),
            (
                ".if 1\n.else x\nbad\n",
                &[
                    "parsing [x.cfg:2]: Unexpected argument 'x' for '.else'.",
                    "parsing [x.cfg:2]: non-terminated '.if' block.",
                    found,
                ],
            ),
            (
                ".if\n.endif foo\n.endif\n",
                &[
                    "parsing [x.cfg:2]: Unexpected argument 'foo' for '.endif'.",
                    "parsing [x.cfg:2]: non-terminated '.if' block.",
                    found,
                ],
            ),
            (
                ".if foo\nbad\n",
                &[
                    "parsing [x.cfg:1]: unparsable conditional expression 'foo' in '.if' at position 1:",
                    found,
                ],
            ),
            (
                ".if 0\n.elif foo\n",
                &[
                    "parsing [x.cfg:2]: unparsable conditional expression 'foo' in '.elif' at position 1:",
                    found,
                ],
            ),
            (".alert \"x\"\n.notice a b\n", &["parsing [x.cfg:1]: 'x'.", found]),
            (
                ".notice x\n.warning y\n.notice a b\n bad\n",
                &[
                    "[NOTICE]   (1) : config : parsing [x.cfg:1]: 'x'.",
                    "[WARNING]  (1) : config : parsing [x.cfg:2]: 'y'.",
                    "parsing [x.cfg:3]: Unexpected argument 'b' for '.notice'. Use quotes if the message should contain spaces.",
                    "parsing [x.cfg:4] : bad",
                    found,
                ],
            ),
            (
                ".warning\n.diag x\n",
                &[
                    "[WARNING]  (1) : config : parsing [x.cfg:1]: ''.",
                    "[DIAG]     (1) : config : parsing [x.cfg:2]: 'x'.",
                ],
            ),
            (
                "[foo\nbad\n",
                &["parsing [x.cfg:1] : empty scope name is forbidden.", "parsing [x.cfg:2] : bad", found],
            ),
            ("[]\n[foo]#x\n[a:b-c.d_e]\n", &["parsing [x.cfg:1] : empty scope name is forbidden.", found]),
            (
                ".if 0\n \"abc\n [x\n .foo\n .alert x\n .endif\n",
                &[
                    "parsing [x.cfg:2]: unmatched quote at position 2:",
                    "parsing [x.cfg:3] : empty scope name is forbidden.",
                    found,
                ],
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(messages(text), *expected, "{text:?}");
        }
    }

    #[test]
    fn limits() {
        let deep = messages(&".if 1\n".repeat(120));
        assert_eq!(deep[0], "parsing [x.cfg:100]: too many nested '.if', max is 100.");
        let fine = ".if 1\n".repeat(99) + "ok\n" + &".endif\n".repeat(99);
        assert_eq!(load(&[("x.cfg", fine.as_bytes())]).0, ["ok"]);
        let many = messages(&"bad\n".repeat(60));
        assert_eq!(many.len(), 52);
        assert_eq!(many[50], "parsing [x.cfg:51]: too many fatal errors (50), stopping now.");
        let long = format!("a {}\n", "b".repeat(100_000));
        assert_eq!(load(&[("x.cfg", long.as_bytes())]).0[0].len(), 100_002);
    }

    /// Here HAProxy stops reading; we find the other errors too.
    #[test]
    fn an_unknown_directive_hides_no_other_error() {
        let said = messages(".foo\nbad\n");
        assert_eq!(said[..2], ["parsing [x.cfg:1]: unknown directive '.foo'.", "parsing [x.cfg:2] : bad"]);
    }

    #[test]
    fn what_is_fatal_for_the_other_files() {
        let two = |first: &[u8]| load(&[("x.cfg", first), ("y.cfg", b"y\n")]);
        assert_eq!(two(b"bad\n").0, ["bad", "y"], "an error does not keep the next file from being read");
        assert_eq!(
            two(b".alert x\n"),
            (
                vec![],
                vec!["parsing [x.cfg:1]: 'x'.".into(), "Error(s) found in configuration file : x.cfg".into()],
                true
            )
        );
        let (lines, said, aborted) = two(b"[fo o]\nbad\n");
        assert_eq!((lines, aborted), (vec!["bad".to_owned()], true));
        assert_eq!(said[0], "parsing [x.cfg:1] : character ' ' is not permitted in a scope name.");
    }

    #[test]
    fn nothing_is_dropped_in_silence() {
        let said = messages("mode\rhttp\n a b\\x00c\n \"\" off\n");
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(
            said[0].starts_with("[WARNING]")
                && said[1].starts_with("[WARNING]")
                && said[2].starts_with("[DIAG]")
        );
    }

    #[test]
    fn directories_and_missing_files() {
        let dir = std::env::temp_dir().join(format!("ringmain-load-{}", std::process::id()));
        std::fs::create_dir_all(dir.join("sub.cfg")).unwrap();
        for (name, text) in [
            ("b.cfg", "b\n"),
            ("a.cfg", "a\n"),
            ("B.cfg", "B\n"),
            (".h.cfg", "h\n"),
            ("x.txt", "x\n"),
            ("c.cfg.cfg", "c\n"),
        ] {
            std::fs::write(dir.join(name), text).unwrap();
        }
        let (mut env, mut diags, mut got) = (Env::empty(), Diags::default(), Vec::new());
        let mut source = Source::open(std::slice::from_ref(&dir), &mut env, &mut diags);
        let d = dir.display();
        let files = format!("{d}/B.cfg;{d}/a.cfg;{d}/b.cfg");
        assert_eq!(env.get("HAPROXY_CFGFILES"), Some(files.as_bytes()));
        while let Some(line) = source.next_line(&env, &mut diags) {
            got.push(line.words[0].text().to_owned());
        }
        assert_eq!(got, ["B", "a", "b"]);
        let empty = Source::open(&[dir.join("sub.cfg")], &mut env, &mut diags);
        assert!(empty.is_empty() && diags.list.is_empty());
        let mut none = Source::open(&[dir.join("none"), dir.join("a.cfg")], &mut env, &mut diags);
        assert!(none.next_line(&env, &mut diags).is_none() && none.aborted());
        assert_eq!(
            first_line(&diags.list[0], &none.map, 1),
            format!(
                "[ALERT]    (1) : config : Cannot open configuration file/directory {d}/none : No such file or directory"
            )
        );
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
