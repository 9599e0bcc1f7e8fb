//! Messages as text: HAProxy's first line, which tools match, then the source line, a caret and the suggestion.
use super::diag::{Diag, Severity};
use super::span::{SourceMap, Span};
use std::fmt::Write;

/// The longest stretch of a source line that is shown.
const MAX_SHOWN: usize = 120;

/// `[ALERT]    (pid) : `, the start of every line HAProxy prints about itself.
#[must_use]
pub fn prefix(severity: Severity, pid: u32) -> String {
    let level = match severity {
        Severity::Alert => "[ALERT]   ",
        Severity::Warning => "[WARNING] ",
        Severity::Notice => "[NOTICE]  ",
        Severity::Diag => "[DIAG]    ",
    };
    format!("{level} ({pid}) : ")
}

/// What HAProxy prints once, before its first alert or warning; ends with a LF.
#[must_use]
pub fn prelude(program: &str, version: &str, path: &str, pid: u32) -> String {
    let prefix = prefix(Severity::Notice, pid);
    format!("{prefix}{program} version is {version}\n{prefix}path to executable is {path}\n")
}

/// HAProxy's own text of a message, without a final LF. Some messages have several lines.
#[must_use]
pub fn first_line(diag: &Diag, map: &SourceMap, pid: u32) -> String {
    let mut text = prefix(diag.severity, pid) + "config : ";
    if let Some(span) = diag.span.filter(|_| !diag.bare) {
        let space = if diag.tight { "" } else { " " };
        _ = write!(text, "parsing [{}:{}]{space}: ", map.name(span.file), span.line);
    }
    text + &diag.message
}

/// The whole message; ends with a LF.
///
/// ```text
/// [ALERT]    (4711) : config : parsing [edge.cfg:14] : unknown keyword 'blance' in 'backend' section
///   --> edge.cfg:14:5
/// 14 |     blance roundrobin
///    |     ^^^^^^ did you mean `balance`?
/// ```
#[must_use]
pub fn render(diag: &Diag, map: &SourceMap, pid: u32) -> String {
    let mut text = first_line(diag, map, pid);
    text.push('\n');
    match diag.span {
        Some(span) => source(&mut text, span, diag.help.as_deref(), map),
        None => {
            if let Some(help) = &diag.help {
                _ = writeln!(text, "   = {help}");
            }
        }
    }
    text
}

fn source(text: &mut String, span: Span, help: Option<&str>, map: &SourceMap) {
    _ = writeln!(text, "  --> {}:{}:{}", map.name(span.file), span.line, span.col);
    let line = map.line(span.file, span.line);
    let number = span.line.to_string();
    let from = boundary(line, span.col.saturating_sub(1) as usize);
    let to = boundary(line, from.saturating_add(span.len as usize));
    let (start, end) = window(line, from, to);
    let dots = |cut: bool| if cut { "..." } else { "" };
    let shown = clean(&line[start..end]);
    let (left, right) = (dots(start > 0), dots(end < line.len()));
    _ = writeln!(text, "{number} | {left}{shown}{right}");
    let indent: String =
        left.chars().chain(line[start..from].chars()).map(|c| if c == '\t' { c } else { ' ' }).collect();
    let carets = line[from..to.min(end).max(from)].chars().count().max(1);
    _ = write!(text, "{:w$} | {indent}{}", "", "^".repeat(carets), w = number.len());
    match help {
        Some(help) => _ = writeln!(text, " {help}"),
        None => text.push('\n'),
    }
}

/// The nearest character boundary at or before `at`.
fn boundary(line: &str, at: usize) -> usize {
    (0..=at.min(line.len())).rev().find(|i| line.is_char_boundary(*i)).unwrap_or(0)
}

/// The part of a long line to show: all of a short one, else a stretch around the word.
fn window(line: &str, from: usize, to: usize) -> (usize, usize) {
    if line.len() <= MAX_SHOWN {
        return (0, line.len());
    }
    let spare = MAX_SHOWN.saturating_sub(to - from) / 2;
    let start = boundary(line, from.saturating_sub(spare));
    (start, boundary(line, start + MAX_SHOWN))
}

/// Characters that would move the cursor, replaced one by one; tabs stay, since the line below has them too.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::span::FileId;
    use super::*;

    fn one(source: &str, col: u32, len: u32) -> (SourceMap, Span) {
        let mut map = SourceMap::default();
        let file = map.add("edge.cfg", source.as_bytes());
        let line = source.split('\n').count() as u32;
        (map, Span { file, line, col, len })
    }

    #[test]
    fn the_example_of_the_design() {
        let source = format!("{}    blance roundrobin", "\n".repeat(13));
        let (map, span) = one(&source, 5, 6);
        let diag = Diag::alert(
            span,
            "unknown keyword 'blance' in 'backend' section; did you mean 'balance' maybe ?",
        )
        .help("did you mean `balance`?");
        assert_eq!(
            render(&diag, &map, 4711),
            "[ALERT]    (4711) : config : parsing [edge.cfg:14] : unknown keyword 'blance' in 'backend' section; \
             did you mean 'balance' maybe ?\n\
             \u{20} --> edge.cfg:14:5\n\
             14 |     blance roundrobin\n\
             \u{20}  |     ^^^^^^ did you mean `balance`?\n"
        );
    }

    #[test]
    fn first_lines_of_every_kind() {
        let (map, span) = one("x", 1, 1);
        let line = |d: &Diag| first_line(d, &map, 7);
        assert_eq!(line(&Diag::warning(span, "w")), "[WARNING]  (7) : config : parsing [edge.cfg:1] : w");
        assert_eq!(
            line(&Diag::alert(span, "a").tight()),
            "[ALERT]    (7) : config : parsing [edge.cfg:1]: a"
        );
        assert_eq!(line(&Diag::bare(Severity::Notice, Some(span), "n")), "[NOTICE]   (7) : config : n");
        assert_eq!(line(&Diag::bare(Severity::Diag, None, "d")), "[DIAG]     (7) : config : d");
        assert_eq!(
            render(&Diag::bare(Severity::Alert, None, "a").help("h"), &map, 7),
            "[ALERT]    (7) : config : a\n   = h\n"
        );
    }

    #[test]
    fn carets_stand_under_their_word() {
        let caret = |source: &str, col, len| {
            let (map, span) = one(source, col, len);
            let text = render(&Diag::alert(span, "m"), &map, 1);
            text.lines().skip(2).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(caret("\tmode x", 7, 1), ["1 | \tmode x", "  | \t     ^"]);
        assert_eq!(caret("é \u{1b}x", 5, 1), ["1 | é ?x", "  |    ^"]);
        assert_eq!(caret("abc", 4, 0), ["1 | abc", "  |    ^"], "the end of the line");
        assert_eq!(caret("abc", 90, 5), ["1 | abc", "  |    ^"], "beyond the end");
        assert_eq!(caret("", 1, 0), ["1 | ", "  | ^"]);
        assert_eq!(caret("é", 2, 1).len(), 2, "within a character");
    }

    #[test]
    fn long_lines_are_cut_around_the_word() {
        let source = format!("{}word{}", "a".repeat(500), "b".repeat(500));
        let (map, span) = one(&source, 501, 4);
        let text = render(&Diag::alert(span, "m"), &map, 1);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[2].len() < 140 && lines[2].starts_with("1 | ...a") && lines[2].ends_with("b..."));
        assert_eq!(lines[3].find("^^^^"), lines[2].find("word"));
        let (map, span) = one(&"c".repeat(1000), 1, 1000);
        assert!(render(&Diag::alert(span, "m"), &map, 1).len() < 400);
    }

    #[test]
    fn the_prelude() {
        assert_eq!(
            prelude("haproxy", "2.6.12", "/usr/sbin/haproxy", 9),
            "[NOTICE]   (9) : haproxy version is 2.6.12\n[NOTICE]   (9) : path to executable is /usr/sbin/haproxy\n"
        );
        let mut map = SourceMap::default();
        assert_eq!(map.add("a", b""), FileId(0));
    }
}
