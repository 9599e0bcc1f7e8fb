//! Regular expressions: linear time where the pattern allows it, backtracking only for look-around and back-references,
//! which HAProxy's PCRE knows and files use.
use std::fmt;

/// A compiled expression over bytes.
pub enum Regex {
    Linear(regex::bytes::Regex),
    /// Works on text in which each byte is one character, so that positions and bytes go over one to one.
    Backtracking(Box<fancy_regex::Regex>),
}

impl fmt::Debug for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Regex::Linear(r) => write!(f, "/{}/", r.as_str()),
            Regex::Backtracking(r) => write!(f, "/{}/", r.as_str()),
        }
    }
}

/// The groups of a match; group 0 is the whole.
pub type Groups = Vec<Option<(usize, usize)>>;

impl Regex {
    /// Compiles a pattern. Classes and case are ASCII, `.` is any byte but a line feed, as in HAProxy.
    ///
    /// # Errors
    /// What is wrong with the pattern.
    pub fn new(pattern: &str, ignore_case: bool) -> Result<Regex, String> {
        let linear = regex::bytes::RegexBuilder::new(pattern)
            .unicode(false)
            .case_insensitive(ignore_case)
            .size_limit(16 << 20)
            .build();
        if let Ok(linear) = linear {
            return Ok(Regex::Linear(linear));
        }
        let flags = if ignore_case { "(?i)" } else { "" };
        fancy_regex::Regex::new(&format!("{flags}{pattern}"))
            .map(|r| Regex::Backtracking(Box::new(r)))
            .map_err(|e| e.to_string())
    }

    /// Whether the expression matches anywhere. An expression that gives up (too much backtracking) does not match.
    #[must_use]
    pub fn is_match(&self, text: &[u8]) -> bool {
        match self {
            Regex::Linear(r) => r.is_match(text),
            Regex::Backtracking(r) => r.is_match(&latin1(text)).unwrap_or(false),
        }
    }

    /// The first match at or behind `from`.
    #[must_use]
    pub fn groups(&self, text: &[u8], from: usize) -> Option<Groups> {
        match self {
            Regex::Linear(r) => {
                let found = r.captures_at(text, from)?;
                Some((0..found.len()).map(|i| found.get(i).map(|m| (m.start(), m.end()))).collect())
            }
            Regex::Backtracking(r) => {
                let wide = latin1(text);
                let start = wide.char_indices().nth(from).map_or(wide.len(), |(at, _)| at);
                let found = r.captures_from_pos(&wide, start).ok()??;
                let narrow = |at: usize| wide[..at].chars().count();
                Some(
                    (0..found.len())
                        .map(|i| found.get(i).map(|m| (narrow(m.start()), narrow(m.end()))))
                        .collect(),
                )
            }
        }
    }

    /// Appends `text` with the first match (or all of them) replaced by `replacement`, in which `\1` to `\9` are groups.
    /// False, and nothing appended, when nothing matches.
    pub fn replace(&self, text: &[u8], replacement: &[u8], all: bool, out: &mut Vec<u8>) -> bool {
        let mut at = 0;
        let mut any = false;
        while at <= text.len() {
            let Some(groups) = self.groups(text, at) else { break };
            let Some((start, end)) = groups[0] else { break };
            any = true;
            out.extend_from_slice(&text[at..start]);
            expand(replacement, text, &groups, out);
            if end == start {
                // An empty match: the next byte goes over as it is.
                out.extend(text.get(end));
                at = end + 1;
            } else {
                at = end;
            }
            if !all {
                break;
            }
        }
        if any {
            out.extend_from_slice(text.get(at..).unwrap_or_default());
        }
        any
    }
}

fn latin1(text: &[u8]) -> String {
    text.iter().map(|&b| char::from(b)).collect()
}

/// Appends a replacement: `\0` to `\9` are groups, `\\` a backslash, `\xHH` a byte, as in HAProxy's `exp_replace`.
pub fn expand(replacement: &[u8], text: &[u8], groups: &Groups, out: &mut Vec<u8>) {
    let mut rest = replacement;
    while let Some((&b, tail)) = rest.split_first() {
        rest = tail;
        if b != b'\\' || rest.is_empty() {
            out.push(b);
            continue;
        }
        let escaped = rest[0];
        rest = &rest[1..];
        match escaped {
            b'0'..=b'9' => {
                if let Some(Some((start, end))) = groups.get(usize::from(escaped - b'0')) {
                    out.extend_from_slice(&text[*start..*end]);
                }
            }
            b'x' if rest.len() >= 2 => {
                let hex = std::str::from_utf8(&rest[..2]).ok().and_then(|h| u8::from_str_radix(h, 16).ok());
                if let Some(byte) = hex {
                    out.push(byte);
                    rest = &rest[2..];
                }
            }
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(pattern: &str, text: &str, by: &str, all: bool) -> Option<String> {
        let mut out = Vec::new();
        let any = Regex::new(pattern, false).unwrap().replace(text.as_bytes(), by.as_bytes(), all, &mut out);
        any.then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn groups_are_put_in() {
        assert_eq!(replaced("^/a/(.*)$", "/a/b?c", "/x/\\1", false).unwrap(), "/x/b?c");
        assert_eq!(replaced("o", "foo boo", "0", true).unwrap(), "f00 b00");
        assert_eq!(replaced("z", "foo", "0", true), None);
        assert_eq!(replaced("x*", "ab", "-", true).unwrap(), "-a-b-");
    }

    #[test]
    fn look_around_and_back_references_work_on_any_bytes() {
        let r = Regex::new(r"^(?!/private)/(\w+)/\1$", true).unwrap();
        assert!(matches!(r, Regex::Backtracking(_)));
        assert!(r.is_match(b"/Ab/aB"));
        assert!(!r.is_match(b"/private/private"));
        let r = Regex::new(r"(?<=\xe9)b", false).unwrap();
        assert_eq!(r.groups(b"\xe9b", 0).unwrap()[0], Some((1, 2)));
        assert!(Regex::new("(", false).is_err());
    }
}
