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
}

impl Word {
    /// Makes a word; bytes that are not UTF-8 stay reachable by [`Word::bytes`].
    #[must_use]
    pub fn new(bytes: Vec<u8>, span: Span) -> Word {
        match String::from_utf8(bytes) {
            Ok(text) => Word { text, exact: None, span },
            Err(e) => {
                let bytes = e.into_bytes();
                Word { text: String::from_utf8_lossy(&bytes).into_owned(), exact: Some(bytes.into()), span }
            }
        }
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
#[derive(Debug, Default)]
pub struct SourceMap {
    files: Vec<(String, Vec<String>)>,
}

impl SourceMap {
    /// Adds a file and gives its id.
    pub fn add(&mut self, name: &str, text: &[u8]) -> FileId {
        let lines = String::from_utf8_lossy(text).split('\n').map(str::to_owned).collect();
        self.files.push((name.to_owned(), lines));
        FileId(u16::try_from(self.files.len() - 1).expect("more than 65,536 configuration files"))
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
