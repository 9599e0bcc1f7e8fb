//! Where a word stands, and the words themselves.
use std::fmt;

/// Index of a file in the [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u16);

/// A stretch of one line: `line` and `col` count from 1, `col` and `len` in bytes of the source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    pub file: FileId,
    pub line: u32,
    pub col: u32,
    pub len: u32,
}

/// One word of a line after quoting, escapes and variables were applied.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Word {
    text: String,
    /// The exact bytes where they are not UTF-8 (`\xff`).
    exact: Option<Box<[u8]>>,
    pub span: Span,
    /// The source has one pair of quotes around the word and nothing else differs when the lengths say so.
    quoted: bool,
}

impl Word {
    /// Makes a word; bytes that are not UTF-8 stay reachable by [`Word::bytes`].
    #[must_use]
    pub fn new(bytes: Vec<u8>, span: Span) -> Word {
        match String::from_utf8(bytes) {
            Ok(text) => Word { text, exact: None, span, quoted: false },
            Err(e) => {
                let bytes = e.into_bytes();
                Word {
                    text: String::from_utf8_lossy(&bytes).into_owned(),
                    exact: Some(bytes.into()),
                    span,
                    quoted: false,
                }
            }
        }
    }

    /// Says that the source began with a quote, which lets [`Word::sub`] look inside it.
    #[must_use]
    pub fn quoted(mut self, quoted: bool) -> Word {
        self.quoted = quoted;
        self
    }

    /// The word as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The word's exact bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.exact.as_deref().unwrap_or(self.text.as_bytes())
    }
}

impl Word {
    /// The place of `len` bytes from `start` of the word's value: exact when the word was written plainly or in one pair
    /// of quotes, otherwise the whole word (escapes and variables make value and source differ).
    #[must_use]
    pub fn sub(&self, start: usize, len: usize) -> Span {
        let value = self.bytes().len();
        let quotes = match (self.span.len as usize).checked_sub(value) {
            Some(0) => 0,
            Some(2) if self.quoted => 1,
            _ => return self.span,
        };
        let start = start.min(value);
        let len = len.min(value - start);
        Span { col: self.span.col + quotes + start as u32, len: len as u32, ..self.span }
    }
}

impl PartialEq<str> for Word {
    fn eq(&self, other: &str) -> bool {
        self.text == other
    }
}

impl PartialEq<&str> for Word {
    fn eq(&self, other: &&str) -> bool {
        self.text == *other
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@{}:{}", self.text, self.span.line, self.span.col)
    }
}

/// One line with at least one word.
#[derive(Clone, Debug)]
pub struct Line {
    pub words: Vec<Word>,
    /// From the first word's first byte to the last word's last.
    pub span: Span,
}

/// The files that were read, in order: their names as HAProxy prints them, and their lines for the carets.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<(String, Vec<String>)>,
}

impl SourceMap {
    /// Adds a file and gives its id. Bytes that are not UTF-8 become `?` one by one, so that columns stay true.
    pub fn add(&mut self, name: &str, text: &[u8]) -> FileId {
        let lines = text.split(|b| *b == b'\n').map(printable).collect();
        self.files.push((name.to_owned(), lines));
        FileId(u16::try_from(self.files.len() - 1).expect("more than 65,536 configuration files"))
    }

    /// How many files were added.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether no file was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The file's name as given on the command line.
    #[must_use]
    pub fn name(&self, file: FileId) -> &str {
        &self.files[usize::from(file.0)].0
    }

    /// Line `line` (from 1) without its end, empty when there is none.
    #[must_use]
    pub fn line(&self, file: FileId, line: u32) -> &str {
        self.files[usize::from(file.0)].1.get(line as usize - 1).map_or("", |l| l.trim_end_matches('\r'))
    }
}

/// A source line as text of the same length in bytes.
fn printable(line: &[u8]) -> String {
    let mut text = String::with_capacity(line.len());
    for chunk in line.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_survive_bytes_that_are_not_utf8() {
        let mut map = SourceMap::default();
        let id = map.add("x.cfg", b"a\xff\xfeb\r\nsecond");
        assert_eq!(map.line(id, 1), "a??b");
        assert_eq!(map.line(id, 2), "second");
        assert_eq!(map.line(id, 3), "");
    }

    #[test]
    fn a_part_of_a_word_has_its_own_place() {
        let span = |len| Span { file: FileId(0), line: 1, col: 5, len };
        let plain = Word::new(b"abcdef".to_vec(), span(6));
        assert_eq!((plain.sub(2, 3).col, plain.sub(2, 3).len), (7, 3));
        let quoted = Word::new(b"abcdef".to_vec(), span(8)).quoted(true);
        assert_eq!((quoted.sub(2, 30).col, quoted.sub(2, 30).len), (8, 4));
        let escaped = Word::new(b"abcdef".to_vec(), span(9));
        assert_eq!(escaped.sub(2, 3), span(9), "escapes inside: the whole word");
    }
}
