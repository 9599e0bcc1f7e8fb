//! A file without loss: every line with its indent, its words as they were written, its comment and its end. Tools edit
//! this form and write it back with all that they did not touch unchanged. No variable is expanded and nothing is judged.
use super::env::Env;
use super::lex::{self, Place, is_space};
use super::span::FileId;
use std::ops::Range;

/// A file's lines, in order. [`Document::to_bytes`] gives back exactly what was parsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    pub lines: Vec<RawLine>,
}

/// One line as it stands in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawLine {
    /// Spaces before the first word.
    pub indent: Vec<u8>,
    /// The words with their quotes and escapes, and the spaces between them.
    pub body: Vec<u8>,
    /// Spaces after the last word and the comment with its `#`.
    pub tail: Vec<u8>,
    /// `\n`, or nothing in an unfinished last line. (A `\r` before it is in `tail`.)
    pub end: Vec<u8>,
}

impl Document {
    /// Cuts a file; any bytes are a document.
    #[must_use]
    pub fn parse(text: &[u8]) -> Document {
        Document { lines: text.split_inclusive(|b| *b == b'\n').map(RawLine::parse).collect() }
    }

    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.lines.iter().flat_map(|l| [&l.indent, &l.body, &l.tail, &l.end]).flatten().copied().collect()
    }

    /// The sections as ranges of lines, each from its first line to before the next one; lines before the first section
    /// belong to none. `starts` tells whether a first word starts a section (this module knows no keyword).
    pub fn sections(&self, starts: impl Fn(&[u8]) -> bool) -> Vec<Range<usize>> {
        let mut heads: Vec<usize> =
            (0..self.lines.len()).filter(|i| self.lines[*i].first_word().is_some_and(&starts)).collect();
        heads.push(self.lines.len());
        heads.windows(2).map(|w| w[0]..w[1]).collect()
    }
}

impl RawLine {
    /// Cuts one line, with or without its LF.
    #[must_use]
    pub fn parse(line: &[u8]) -> RawLine {
        let (rest, end) = match line.strip_suffix(b"\n") {
            Some(rest) => (rest, &b"\n"[..]),
            None => (line, &b""[..]),
        };
        let words = places(rest);
        let blank = rest.iter().take_while(|b| is_space(**b)).count();
        // A line without words is all tail, so that its comment is found there.
        let (from, to) = match (words.first(), words.last()) {
            (Some(first), Some(last)) => (first.start, last.end),
            _ => (blank, blank),
        };
        RawLine {
            indent: rest[..from].to_vec(),
            body: rest[from..to].to_vec(),
            tail: rest[to..].to_vec(),
            end: end.to_vec(),
        }
    }

    /// The words as written, none for a blank line or a comment.
    #[must_use]
    pub fn words(&self) -> Vec<&[u8]> {
        places(&self.body).into_iter().map(|p| &self.body[p]).collect()
    }

    /// The first word as written.
    #[must_use]
    pub fn first_word(&self) -> Option<&[u8]> {
        self.words().first().copied()
    }

    /// The comment with its `#`.
    #[must_use]
    pub fn comment(&self) -> Option<&[u8]> {
        let at = memchr::memchr(b'#', &self.tail)?;
        Some(self.tail[at..].trim_ascii_end())
    }
}

/// Where the words of a line stand, without the values of variables; a line the lexer refuses is one word.
fn places(line: &[u8]) -> Vec<Range<usize>> {
    let place = Place { file: FileId(0), name: "", line: 0, section: "" };
    match lex::line(line, &place, &Env::empty()) {
        Ok(lexed) => lexed.places(),
        Err(_) => {
            let from = line.iter().position(|b| !is_space(*b)).unwrap_or(line.len());
            let to = line.iter().rposition(|b| !is_space(*b)).map_or(from, |last| last + 1);
            std::iter::once(from..to).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] =
        b"# head\n\nglobal   # first\n\tmaxconn 5 \r\nfrontend \"a # b\"\\ c\n  bind :80 'x y' # end\nno lf";

    #[test]
    fn everything_comes_back() {
        let document = Document::parse(TEXT);
        assert_eq!(document.to_bytes(), TEXT);
        assert_eq!(document.lines.len(), 7);
        assert_eq!(document.lines[0].comment(), Some(&b"# head"[..]));
        assert_eq!(document.lines[3].words(), [&b"maxconn"[..], b"5"]);
        assert_eq!(document.lines[4].words(), [&b"frontend"[..], b"\"a # b\"\\ c"]);
        assert_eq!(document.lines[5].comment(), Some(&b"# end"[..]));
        let sections = document.sections(|w| w == b"global" || w == b"frontend");
        assert_eq!(sections, [2..4, 4..7]);
    }

    #[test]
    fn an_edit_changes_its_own_bytes_only() {
        let mut document = Document::parse(TEXT);
        document.lines[3].body = b"maxconn 6".to_vec();
        let text = String::from_utf8(document.to_bytes()).unwrap();
        assert_eq!(text, String::from_utf8(TEXT.to_vec()).unwrap().replace("maxconn 5", "maxconn 6"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_come_back_and_the_words_are_in_them(text in proptest::collection::vec(proptest::sample::select(
            b"ab \t\"'\\${}[*]-.#x\r\n\0\xff".to_vec()), 0..40))
        {
            let document = Document::parse(&text);
            proptest::prop_assert_eq!(document.to_bytes(), text);
            for line in &document.lines {
                let words = line.words();
                proptest::prop_assert_eq!(words.is_empty(), line.body.is_empty());
                if let (Some(first), Some(last)) = (words.first(), words.last()) {
                    proptest::prop_assert!(line.body.starts_with(first) && line.body.ends_with(last));
                }
            }
        }
    }
}
