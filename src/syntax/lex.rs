//! One line of text → words, byte for byte as HAProxy cuts it (manual 2.2 "Quoting and escaping", 2.3 "Environment
//! variables").
//!
//! The lexer keeps what HAProxy keeps: the words one after the other, each ended by a NUL, because a few messages count
//! in that form (`.if` joins its words again). Beside every byte stands the column it came from, for the carets.
use super::env::Env;
use super::span::{FileId, Span, Word};
use crate::base::limits::MAX_LINE_ARGS;
use std::ops::Range;

/// What HAProxy's parser of lines is told besides the text.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub file: FileId,
    /// The file's name: `.FILE`.
    pub name: &'a str,
    /// From 1: `.LINE`.
    pub line: u32,
    /// The name of the section the line is in, or its type when it has none, or empty before the first: `.SECTION`.
    pub section: &'a str,
}

impl Place<'_> {
    /// The span of `len` bytes from offset `at` (from 0) of the line.
    #[must_use]
    pub fn span(&self, at: usize, len: usize) -> Span {
        Span { file: self.file, line: self.line, col: clamp(at) + 1, len: clamp(len) }
    }
}

/// A line that can't be cut. The texts are HAProxy's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LexError {
    /// A quote that is never closed; the offset is that of the opening quote.
    Quote { at: usize },
    /// `"${NAME` without its `}`; the offset is that of `{`.
    Brace { at: usize },
    /// `"$9"`, `"${}"`, `"$.UNKNOWN"`; the offset is that of the name.
    Variable { at: usize },
    /// `\x` without two hexadecimal digits.
    Hex { at: usize },
    /// `"${NAME[` not followed by `*]`; the offset is that of `[`.
    Expansion { at: usize },
    /// More than [`MAX_LINE_ARGS`] words: the last one that fits, its position in the cut line (from 1), and the offset
    /// of the first that does not.
    TooMany { last: Vec<u8>, position: usize, at: usize },
}

impl LexError {
    /// HAProxy's message for a line of a file.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            LexError::Quote { at } => format!("unmatched quote at position {}:", at + 1),
            LexError::Brace { at } => {
                format!("unmatched brace in environment variable name at position {}:", at + 1)
            }
            LexError::Variable { at } => {
                format!("forbidden first char in environment variable name at position {}:", at + 1)
            }
            LexError::Hex { at } => {
                format!("truncated or invalid hexadecimal sequence at position {}:", at + 1)
            }
            LexError::Expansion { at } => {
                format!("truncated or invalid word expansion sequence at position {}:", at + 1)
            }
            LexError::TooMany { last, position, .. } => format!(
                "too many words, truncating after word {MAX_LINE_ARGS}, position {position}: <{}>.",
                String::from_utf8_lossy(last)
            ),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            LexError::Quote { .. } => {
                "this quote is never closed; write \\\" or \\' for the character itself"
            }
            LexError::Brace { .. } => "this brace is never closed: \"${NAME}\", \"${NAME-default}\"",
            LexError::Variable { .. } => {
                "a name starts with a letter or '_' (or is .FILE, .LINE, .SECTION); write \\$ for a dollar"
            }
            LexError::Hex { .. } => {
                "two hexadecimal digits must follow, as in \\x20; write \\\\x for the characters"
            }
            LexError::Expansion { .. } => "only [*] may follow a name: \"${NAME[*]}\"",
            LexError::TooMany { .. } => "split the line in two",
        }
    }

    /// The offset (from 0) in the line to point at.
    #[must_use]
    pub fn at(&self) -> usize {
        match self {
            LexError::Quote { at }
            | LexError::Brace { at }
            | LexError::Variable { at }
            | LexError::Hex { at }
            | LexError::Expansion { at }
            | LexError::TooMany { at, .. } => *at,
        }
    }
}

/// A line cut into words.
#[derive(Debug, Default)]
pub struct Lexed {
    /// The words' bytes, each word followed by a NUL.
    out: Vec<u8>,
    /// For each byte of `out`, the offset in the line it came from.
    origin: Vec<u32>,
    /// The stretch of the line each word came from, and where the word starts in `out`.
    pieces: Vec<Piece>,
    /// A carriage return inside the line, where HAProxy stops reading: its offset, when more text follows it.
    pub cut_at_cr: Option<usize>,
    /// A `\x00`, where HAProxy ends the word: the offset of its escape.
    pub cut_at_nul: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    out: usize,
    from: usize,
    to: usize,
}

impl Lexed {
    /// The words. None for a blank line, a comment, and a line whose first word is empty (`"" bind :80`: HAProxy skips
    /// it, which some files use to switch a line off by a variable). Empty words at the end are dropped, since HAProxy
    /// cannot tell them from words that are not there.
    #[must_use]
    pub fn words(&self, source: &[u8], place: &Place<'_>) -> Vec<Word> {
        let mut words: Vec<Word> = self.pieces.iter().map(|p| self.word(*p, source, place)).collect();
        if words.first().is_none_or(|w| w.bytes().is_empty()) {
            return Vec::new();
        }
        while words.last().is_some_and(|w| w.bytes().is_empty()) {
            words.pop();
        }
        words
    }

    /// Where the words stand in the line, as byte ranges in order; words out of one variable are one range, and nothing
    /// stands for the end of the line.
    #[must_use]
    pub fn places(&self) -> Vec<Range<usize>> {
        let mut places: Vec<Range<usize>> = Vec::new();
        for piece in self.pieces.iter().filter(|p| p.from < p.to) {
            match places.last_mut().filter(|last| piece.from < last.end) {
                Some(last) => last.end = last.end.max(piece.to),
                None => places.push(piece.from..piece.to),
            }
        }
        places
    }

    /// Whether there is text, but HAProxy skips it because its first word is empty.
    #[must_use]
    pub fn switched_off(&self) -> bool {
        self.pieces.len() > 1 && self.out.first() == Some(&0)
    }

    /// The words from the given one on, joined by single spaces: the expression of `.if`. An empty word at the end
    /// (there is one after trailing spaces) counts.
    #[must_use]
    pub fn joined(&self, from: usize) -> Vec<u8> {
        let Some(piece) = self.pieces.get(from) else { return Vec::new() };
        let words = &self.out[piece.out..self.out.len() - 1];
        words.iter().map(|b| if *b == 0 { b' ' } else { *b }).collect()
    }

    /// The offset in the line of byte `at` of [`Lexed::joined`].
    #[must_use]
    pub fn joined_origin(&self, from: usize, at: usize) -> usize {
        let start = self.pieces.get(from).map_or(0, |p| p.out);
        let index = (start + at).min(self.origin.len().saturating_sub(1));
        self.origin.get(index).map_or(0, |o| *o as usize)
    }

    fn word(&self, piece: Piece, source: &[u8], place: &Place<'_>) -> Word {
        let bytes = &self.out[piece.out..];
        let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
        let raw = &source[piece.from..piece.to];
        let quoted = matches!(raw, [b'"', .., b'"'] | [b'\'', .., b'\'']);
        Word::new(bytes[..end].to_vec(), place.span(piece.from, piece.to - piece.from)).quoted(quoted)
    }
}

/// Cuts a line of a configuration file (without its LF) into words.
///
/// # Errors
/// The line is malformed: nothing of it can be used.
pub fn line(text: &[u8], place: &Place<'_>, env: &Env) -> Result<Lexed, LexError> {
    Lexer::new(text, place, env, true).run()
}

/// Cuts the argument of `-cc`: the same, but `#` is an ordinary character.
///
/// # Errors
/// As for [`line`].
pub fn argument(text: &[u8], env: &Env) -> Result<Lexed, LexError> {
    let place = Place { file: FileId(0), name: "", line: 0, section: "" };
    Lexer::new(text, &place, env, false).run()
}

/// C's `isspace` in the "C" locale.
#[must_use]
pub fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn clamp(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

struct Lexer<'a> {
    text: &'a [u8],
    place: &'a Place<'a>,
    env: &'a Env,
    comments: bool,
    at: usize,
    /// The open quote: which, and where.
    quote: Option<(u8, usize)>,
    done: Lexed,
    /// Where the current word starts, in the line and in `out`.
    word: (usize, usize),
    /// The offset of the first word too many.
    excess: Option<usize>,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a [u8], place: &'a Place<'a>, env: &'a Env, comments: bool) -> Lexer<'a> {
        let at = text.iter().take_while(|b| is_space(**b)).count();
        let done = Lexed::default();
        Lexer { text, place, env, comments, at, quote: None, done, word: (at, 0), excess: None }
    }

    fn run(mut self) -> Result<Lexed, LexError> {
        while let Some(b) = self.peek(0) {
            let quote = self.quote.map(|(q, _)| q);
            match b {
                0 | b'\n' | b'\r' => {
                    self.note_cr(b);
                    break;
                }
                b'#' if self.comments && quote.is_none() => break,
                b'"' | b'\'' if quote.is_none() => {
                    self.quote = Some((b, self.at));
                    self.at += 1;
                }
                b'"' | b'\'' if quote == Some(b) => {
                    self.quote = None;
                    self.at += 1;
                }
                b'\\' if quote != Some(b'\'') => self.escape(quote == Some(b'"'))?,
                b'$' if quote == Some(b'"') => self.variable()?,
                _ if is_space(b) && quote.is_none() => self.separator(),
                _ => {
                    self.emit(b, self.at);
                    self.at += 1;
                }
            }
        }
        self.finish()
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    fn emit(&mut self, b: u8, from: usize) {
        self.done.out.push(b);
        self.done.origin.push(clamp(from));
    }

    /// Ends the current word, whose source ends at `to`; the next one starts at `next`.
    fn end_word(&mut self, to: usize, next: usize) {
        self.done.pieces.push(Piece { out: self.word.1, from: self.word.0, to });
        self.emit(0, to);
        self.word = (next, self.done.out.len());
        if self.done.pieces.len() >= MAX_LINE_ARGS {
            self.excess.get_or_insert(next);
        }
    }

    fn separator(&mut self) {
        let to = self.at;
        self.at += self.text[to..].iter().take_while(|b| is_space(**b)).count();
        self.end_word(to, self.at);
    }

    fn note_cr(&mut self, b: u8) {
        let more = self.text[self.at..].iter().any(|b| !is_space(*b));
        if b == b'\r' && more {
            self.done.cut_at_cr = Some(self.at);
        }
    }

    /// `\` and what follows: the escapes of the manual's table; any other backslash is itself.
    fn escape(&mut self, in_double: bool) -> Result<(), LexError> {
        let from = self.at;
        let (byte, len) = match self.peek(1) {
            Some(b @ (b' ' | b'\\' | b'"' | b'\'')) => (b, 2),
            Some(b'#') if self.comments => (b'#', 2),
            Some(b'$') if in_double => (b'$', 2),
            Some(b't') => (b'\t', 2),
            Some(b'n') => (b'\n', 2),
            Some(b'r') => (b'\r', 2),
            Some(b'x') => {
                let digit = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
                let (Some(high), Some(low)) = (digit(self.peek(2)), digit(self.peek(3))) else {
                    return Err(LexError::Hex { at: from });
                };
                ((high * 16 + low) as u8, 4)
            }
            _ => (b'\\', 1),
        };
        if byte == 0 {
            self.done.cut_at_nul.get_or_insert(from);
        }
        self.emit(byte, from);
        self.at += len;
        Ok(())
    }

    /// `$NAME`, `${NAME}`, `${NAME-default}`, `${NAME[*]}` within double quotes.
    fn variable(&mut self) -> Result<(), LexError> {
        let dollar = self.at;
        self.at += 1;
        let brace = (self.peek(0) == Some(b'{')).then_some(self.at);
        self.at += usize::from(brace.is_some());
        let value = self.variable_value()?;
        let mut expand = false;
        if brace.is_some() && self.peek(0) == Some(b'[') {
            if !self.text[self.at..].starts_with(b"[*]") {
                return Err(LexError::Expansion { at: self.at });
            }
            expand = true;
            self.at += 3;
        }
        let value = match brace {
            Some(brace) => self.closing_brace(brace, value)?,
            None => value,
        };
        self.expand(&value.unwrap_or_default(), expand, dollar);
        Ok(())
    }

    /// Reads the name and gives the variable's value, `None` when it does not exist.
    fn variable_value(&mut self) -> Result<Option<Vec<u8>>, LexError> {
        let start = self.at;
        let dot = self.peek(0) == Some(b'.');
        let first = self.peek(0).unwrap_or(0);
        if !(first.is_ascii_alphabetic() || first == b'_' || dot) {
            return Err(LexError::Variable { at: start });
        }
        self.at += usize::from(dot);
        let name = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_';
        self.at += self.text[self.at..].iter().take_while(name).count();
        match &self.text[start..self.at] {
            b".FILE" => Ok(Some(self.place.name.as_bytes().to_vec())),
            b".LINE" => Ok(Some(self.place.line.to_string().into_bytes())),
            b".SECTION" => Ok(Some(self.place.section.as_bytes().to_vec())),
            _ if dot => Err(LexError::Variable { at: start }),
            name => Ok(self.env.get(name).map(<[u8]>::to_vec)),
        }
    }

    /// Passes the `}`; what stands after a `-` replaces a value that does not exist. Nothing in the default is special.
    fn closing_brace(&mut self, brace: usize, value: Option<Vec<u8>>) -> Result<Option<Vec<u8>>, LexError> {
        let rest = &self.text[self.at..];
        match rest.first() {
            Some(b'}') => {
                self.at += 1;
                Ok(value)
            }
            Some(b'-') => {
                let end = memchr::memchr2(b'}', 0, rest).filter(|end| rest[*end] == b'}');
                let Some(end) = end else { return Err(LexError::Brace { at: brace }) };
                self.at += end + 1;
                Ok(value.or_else(|| Some(rest[1..end].to_vec())))
            }
            _ => Err(LexError::Brace { at: brace }),
        }
    }

    /// Emits a value; with `[*]` its spaces separate words.
    fn expand(&mut self, value: &[u8], expand: bool, dollar: usize) {
        let mut bytes = value.iter().copied().take_while(|b| *b != 0).peekable();
        while let Some(b) = bytes.next() {
            if expand && is_space(b) {
                while bytes.peek().is_some_and(|b| is_space(*b)) {
                    bytes.next();
                }
                self.end_word(self.at, dollar);
            } else {
                self.emit(b, dollar);
            }
        }
    }

    fn finish(mut self) -> Result<Lexed, LexError> {
        if let Some((_, at)) = self.quote {
            return Err(LexError::Quote { at });
        }
        if let Some(at) = self.excess {
            let last = self.done.pieces[MAX_LINE_ARGS - 1];
            let bytes = &self.done.out[last.out..];
            let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
            return Err(LexError::TooMany { last: bytes[..end].to_vec(), position: last.out + 1, at });
        }
        self.done.pieces.push(Piece { out: self.word.1, from: self.word.0, to: self.at });
        self.emit(0, self.at);
        Ok(self.done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place { file: FileId(0), name: "x.cfg", line: 7, section: "web" };

    fn env() -> Env {
        let mut env = Env::empty();
        env.set("A", "a b  c");
        env.set("E", "");
        env.set("X", "1");
        env
    }

    fn cut(text: &str) -> Vec<String> {
        words(text).iter().map(|w| w.text().to_owned()).collect()
    }

    fn words(text: &str) -> Vec<Word> {
        line(text.as_bytes(), &PLACE, &env()).unwrap().words(text.as_bytes(), &PLACE)
    }

    /// Every result was seen with HAProxy 2.6.12, which prints the argument of `.alert`.
    #[test]
    fn words_as_haproxy_cuts_them() {
        let cases: &[(&str, &[&str])] = &[
            (r"  mode   http # comment", &["mode", "http"]),
            ("\tlog\t1 \x0b2", &["log", "1", "2"]),
            (r#"a "b c" 'd "e' f"#, &["a", "b c", "d \"e", "f"]),
            (r#""a"b'c'd"#, &["abcd"]),
            (r#"a\ b \#c \\ \' \" \q \1 x\"#, &["a b", "#c", r"\", "'", "\"", r"\q", r"\1", r"x\"]),
            (r#"'\x41 \\ $X' \x41\n\tb"#, &[r"\x41 \\ $X", "A\n\tb"]),
            (r#"a#b "c#d" e"#, &["a"]),
            (r#""c#d" e"#, &["c#d", "e"]),
            (r"$X ${X} \$X", &["$X", "${X}", r"\$X"]),
            (r#""$X" "${X}y" "$X.y $X-z" "\$X""#, &["1", "1y", "1.y 1-z", "$X"]),
            (r#"<"$A">"#, &["<a b  c>"]),
            (r#""<${A[*]}>""#, &["<a", "b", "c>"]),
            (r#""$A[*]""#, &["a b  c[*]"]),
            (r#""<${U-d e"f}>""#, &["<d e\"f>"]),
            (r#""<${U-\"$X\"}>""#, &[r#"<\"$X\">"#]),
            (r#""<${E-def}>""#, &["<>"]),
            (r#""<${U[*]-d e}>""#, &["<d", "e>"]),
            (r#"x"$U"y"#, &["xy"]),
            (r#""${.FILE}:$.LINE:${.SECTION}" "${.FILE-no}""#, &["x.cfg:7:web", "x.cfg"]),
            ("mode http\r", &["mode", "http"]),
            (r#"a "" b"#, &["a", "", "b"]),
            (r#"a b "" """#, &["a", "b"]),
            (r#""" a"#, &[]),
            (r#""$E" a"#, &[]),
            ("", &[]),
            ("   ", &[]),
            ("# x", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(cut(text), *expected, "{text}");
        }
    }

    #[test]
    fn the_rest_of_a_line_is_never_lost_in_silence() {
        let lexed = |text: &str| line(text.as_bytes(), &PLACE, &env()).unwrap();
        assert_eq!(lexed("mode\rhttp").cut_at_cr, Some(4));
        assert_eq!(lexed("mode http\r").cut_at_cr, None);
        assert_eq!(lexed(r"a b\x00c d").cut_at_nul, Some(3));
        assert_eq!(cut(r"a b\x00c d"), ["a", "b", "d"], "the word ends, not the line");
        assert!(lexed(r#""$E" bind"#).switched_off());
        assert!(!lexed("bind x").switched_off() && !lexed("").switched_off());
    }

    /// Positions (from 1) as HAProxy 2.6.12 prints them.
    #[test]
    fn errors_are_haproxys_and_point_to_the_byte() {
        let cases: &[(&str, &str)] = &[
            ("  maxconn 5 \"abc", "unmatched quote at position 13:"),
            ("  maxconn \"${ab\"", "unmatched brace in environment variable name at position 13:"),
            ("  maxconn \"$1\"", "forbidden first char in environment variable name at position 13:"),
            ("  maxconn \"\\xz1\"", "truncated or invalid hexadecimal sequence at position 12:"),
            ("  maxconn \"${A[x]}\"", "truncated or invalid word expansion sequence at position 15:"),
            ("  maxconn \"$.FOO\"", "forbidden first char in environment variable name at position 13:"),
            (".alert \"a\\", "unmatched quote at position 8:"),
            (".alert \"${A", "unmatched brace in environment variable name at position 10:"),
            (".alert \"${A-b", "unmatched brace in environment variable name at position 10:"),
            (".alert \"$\"", "forbidden first char in environment variable name at position 10:"),
            (".alert \"${}\"", "forbidden first char in environment variable name at position 11:"),
            (".alert \"${A]}\"", "unmatched brace in environment variable name at position 10:"),
            (".alert \"${A[*}\"", "truncated or invalid word expansion sequence at position 12:"),
            (".alert \"${.FOO-x}\"", "forbidden first char in environment variable name at position 11:"),
            (".alert \\x4g", "truncated or invalid hexadecimal sequence at position 8:"),
            ("foo \"$X\" \"unk", "unmatched quote at position 10:"),
            (" maxconn \"a\rx\"", "unmatched quote at position 10:"),
        ];
        for (text, message) in cases {
            assert_eq!(line(text.as_bytes(), &PLACE, &env()).unwrap_err().message(), *message, "{text:?}");
        }
    }

    #[test]
    fn sixty_four_words_are_the_most() {
        let many = |n: usize| (1..=n).map(|i| i.to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(cut(&format!("  {}", many(64))).len(), 64);
        let text = format!("  {}", many(65));
        let e = line(text.as_bytes(), &PLACE, &env()).unwrap_err();
        assert_eq!(e.message(), "too many words, truncating after word 64, position 181: <64>.");
        assert_eq!(&text[e.at()..], "65");
    }

    #[test]
    fn words_know_their_place() {
        let spans: Vec<(u32, u32)> =
            words(r#"  acl x "a b" "${A[*]}" \ z"#).iter().map(|w| (w.span.col, w.span.len)).collect();
        assert_eq!(spans, [(3, 3), (7, 1), (9, 5), (15, 8), (16, 7), (16, 8), (25, 3)]);
        let word = &words(r#"x "path,lower""#)[1];
        assert_eq!((word.sub(5, 5).col, word.sub(5, 5).len), (9, 5));
        assert_eq!(words(r#"x "pa\x41h""#)[1].sub(1, 1).len, 9, "escapes: the whole word");
    }

    #[test]
    fn an_expression_is_its_words_with_single_spaces() {
        let text = ".if  1  ||   x # c";
        let lexed = line(text.as_bytes(), &PLACE, &env()).unwrap();
        assert_eq!(lexed.joined(1), b"1 || x ");
        assert_eq!(&text[lexed.joined_origin(1, 5)..], "x # c");
        assert_eq!(line(b".if", &PLACE, &env()).unwrap().joined(1), b"");
    }

    proptest::proptest! {
        #[test]
        fn no_line_panics_and_every_span_is_inside(text in proptest::collection::vec(proptest::sample::select(
            b"ab \t\"'\\${}[*]-.#x4\r\0AX\xff".to_vec()), 0..40))
        {
            if let Ok(lexed) = line(&text, &PLACE, &env()) {
                for w in lexed.words(&text, &PLACE) {
                    proptest::prop_assert!((w.span.col - 1 + w.span.len) as usize <= text.len());
                }
                proptest::prop_assert!(lexed.joined_origin(1, 99) <= text.len());
            }
        }
    }
}
