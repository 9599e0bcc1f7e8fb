//! The directives that start with a dot: `.if .elif .else .endif`, and the messages `.alert .warning .notice .diag`
//! (manual, 2.4 "Conditional blocks").
use super::cond::{self, Facts};
use super::diag::{Diag, Diags, Severity};
use super::lex::{Lexed, Place};
use super::span::Word;
use super::suggest;

/// Levels of `.if` within each other, as HAProxy: the hundredth is refused.
pub const MAX_NESTED: usize = 100;

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is an ordinary line of an active block.
    Keep,
    /// It was a directive, or its block is not active.
    Skip,
    /// It has an error after which this file is read to its end, but no other.
    LastFile,
    /// Nothing more of this file is read, and no other file; an open `.if` is still reported.
    Break,
    /// The same, and nothing more is reported.
    Abort,
}

/// The conditional blocks around the current line.
#[derive(Debug, Default)]
pub struct Blocks {
    open: Vec<Block>,
}

#[derive(Clone, Copy, Debug)]
struct Block {
    branch: Branch,
    in_else: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Branch {
    /// The current branch is read.
    Active,
    /// No branch was true yet.
    Waiting,
    /// A branch was already read, or the whole `.if` stands in an inactive block.
    Over,
}

impl Blocks {
    /// Whether lines are read at this point.
    #[must_use]
    pub fn active(&self) -> bool {
        self.open.last().is_none_or(|b| b.branch == Branch::Active)
    }

    /// Whether an `.if` waits for its `.endif`.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Judges a line with at least one word; `line` is the same line as `words`.
    pub fn line(
        &mut self,
        words: &[Word],
        line: &Lexed,
        place: &Place<'_>,
        facts: &Facts<'_>,
        diags: &mut Diags,
    ) -> Verdict {
        let Some(first) = words.first() else { return Verdict::Skip };
        let result = match first.text() {
            ".if" => self.begin(first, line, place, facts),
            ".elif" => self.elif(first, line, place, facts),
            ".else" => self.otherwise(words),
            ".endif" => self.end(words),
            _ if !self.active() => Ok(Verdict::Skip),
            text if text.starts_with('.') => message(words, diags),
            _ => Ok(Verdict::Keep),
        };
        result.unwrap_or_else(|(verdict, diag)| {
            diags.push(diag.tight());
            verdict
        })
    }

    fn begin(&mut self, first: &Word, line: &Lexed, place: &Place<'_>, facts: &Facts<'_>) -> Judged {
        if self.open.len() + 1 >= MAX_NESTED {
            let text = format!("too many nested '.if', max is {MAX_NESTED}.");
            return Err((Verdict::Abort, Diag::alert(first.span, text)));
        }
        let branch = if self.active() { condition(first, line, place, facts)? } else { Branch::Over };
        self.open.push(Block { branch, in_else: false });
        Ok(Verdict::Skip)
    }

    fn elif(&mut self, first: &Word, line: &Lexed, place: &Place<'_>, facts: &Facts<'_>) -> Judged {
        let block = self.current(first)?;
        block.branch = match block.branch {
            Branch::Waiting => condition(first, line, place, facts)?,
            Branch::Active | Branch::Over => Branch::Over,
        };
        Ok(Verdict::Skip)
    }

    fn otherwise(&mut self, words: &[Word]) -> Judged {
        no_argument(words)?;
        let block = self.current(&words[0])?;
        block.in_else = true;
        block.branch = match block.branch {
            Branch::Waiting => Branch::Active,
            Branch::Active | Branch::Over => Branch::Over,
        };
        Ok(Verdict::Skip)
    }

    fn end(&mut self, words: &[Word]) -> Judged {
        no_argument(words)?;
        match self.open.pop() {
            Some(_) => Ok(Verdict::Skip),
            None => Err(lone(&words[0])),
        }
    }

    /// The innermost block, for `.elif` and `.else`.
    fn current(&mut self, first: &Word) -> Result<&mut Block, (Verdict, Diag)> {
        let block = self.open.last_mut().ok_or_else(|| lone(first))?;
        if block.in_else {
            let text = format!("'{}' after '.else' is not permitted.", first.text());
            return Err((Verdict::Abort, Diag::alert(first.span, text)));
        }
        Ok(block)
    }
}

type Judged = Result<Verdict, (Verdict, Diag)>;

fn lone(first: &Word) -> (Verdict, Diag) {
    let text = format!("lone '{}' with no matching '.if'.", first.text());
    (Verdict::Abort, Diag::alert(first.span, text))
}

fn no_argument(words: &[Word]) -> Result<(), (Verdict, Diag)> {
    // An empty argument is none for HAProxy.
    match words.get(1).filter(|w| !w.bytes().is_empty()) {
        None => Ok(()),
        Some(extra) => {
            let text = format!("Unexpected argument '{}' for '{}'.", extra.text(), words[0].text());
            Err((Verdict::Break, Diag::alert(extra.span, text)))
        }
    }
}

fn condition(
    first: &Word,
    line: &Lexed,
    place: &Place<'_>,
    facts: &Facts<'_>,
) -> Result<Branch, (Verdict, Diag)> {
    let text = line.joined(1);
    match cond::evaluate(&text, facts) {
        Ok(true) => Ok(Branch::Active),
        Ok(false) => Ok(Branch::Waiting),
        Err(e) => {
            let message = format!("{} in '{}' at position {}:", e.message, first.text(), e.at + 1);
            let (start, name) = name_at(&text, e.at);
            let at = place.span(line.joined_origin(1, e.at), 1);
            let near = suggest::nearest(name, cond::predicates()).filter(|near| *near != name);
            Err((
                Verdict::Abort,
                match near {
                    Some(near) => {
                        let name = place.span(line.joined_origin(1, start), name.len());
                        Diag::alert(name, message).help(format!("did you mean `{near}(...)`?"))
                    }
                    None => Diag::alert(at, message),
                },
            ))
        }
    }
}

/// The name that starts at an offset of an expression, after `!` and blanks, and its own offset.
fn name_at(text: &[u8], at: usize) -> (usize, &str) {
    let rest = &text[at.min(text.len())..];
    let skipped = rest.iter().take_while(|b| matches!(b, b'!' | b' ' | b'\t')).count();
    let len = rest[skipped..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    (at + skipped, std::str::from_utf8(&rest[skipped..skipped + len]).unwrap_or_default())
}

/// `.alert`, `.warning`, `.notice`, `.diag`.
fn message(words: &[Word], diags: &mut Diags) -> Judged {
    let first = &words[0];
    let severity = match first.text() {
        ".alert" => Severity::Alert,
        ".warning" => Severity::Warning,
        ".notice" => Severity::Notice,
        ".diag" => Severity::Diag,
        name => {
            let known = [".if", ".elif", ".else", ".endif", ".alert", ".warning", ".notice", ".diag"];
            let diag = Diag::alert(first.span, format!("unknown directive '{name}'."));
            let diag = match suggest::nearest(name, known.into_iter()) {
                Some(near) => diag.help(format!("did you mean `{near}`?")),
                None => diag,
            };
            return Err((Verdict::Skip, diag));
        }
    };
    if let Some(extra) = words.get(2).filter(|w| !w.bytes().is_empty()) {
        let text = format!(
            "Unexpected argument '{}' for '{}'. Use quotes if the message should contain spaces.",
            extra.text(),
            first.text()
        );
        return Err((Verdict::Skip, Diag::alert(extra.span, text)));
    }
    let (span, text) = words.get(1).map_or((first.span, ""), |w| (w.span, w.text()));
    diags.push(Diag::at(severity, span, format!("'{text}'.")).tight());
    Ok(if severity == Severity::Alert { Verdict::Abort } else { Verdict::Skip })
}
