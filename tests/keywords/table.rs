//! The table in `docs/compat-keywords.md`: reading it, looking for a keyword, writing the last column.
use super::{NO_EFFECT, REFUSED, WORKS};
use std::path::{Path, PathBuf};

/// What a keyword belongs to, and where its example stands when nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    Proxy,
    Bind,
    Server,
    Resolvers,
    Log,
}

/// Which versions of HAProxy have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// 2.6 takes the example.
    Now,
    Later,
    Gone,
    /// Debian's build lacks it, or it needs more than a line.
    Build,
}

/// One keyword.
pub struct Row {
    pub family: Family,
    pub keyword: String,
    /// Lines with the place that was named before them.
    pub example: Vec<(String, String)>,
    pub since: Since,
    /// The last column.
    pub status: String,
    line: usize,
}

pub struct Table {
    path: PathBuf,
    lines: Vec<String>,
    pub rows: Vec<Row>,
    changed: bool,
}

impl Table {
    pub fn read(path: &Path) -> Table {
        let text = std::fs::read_to_string(path).expect("read the table");
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let (mut rows, mut family) = (Vec::new(), Family::Proxy);
        for (number, line) in lines.iter().enumerate() {
            if let Some(title) = line.strip_prefix("## ") {
                family = match title.split(':').next().unwrap() {
                    "Bind lines" => Family::Bind,
                    "Server lines" => Family::Server,
                    "Name servers" => Family::Resolvers,
                    title if title.starts_with("Log ") => Family::Log,
                    _ => Family::Proxy,
                };
            } else if line.starts_with("| `") {
                rows.push(row(family, line, number));
            }
        }
        assert!(rows.len() > 500, "{} rows", rows.len());
        Table { path: path.to_owned(), lines, rows, changed: false }
    }

    /// Whether a row is about the word, or about a form of it.
    pub fn has(&self, family: Family, word: &str) -> bool {
        self.rows.iter().any(|r| {
            r.family == family
                && (r.keyword == word
                    || r.keyword.strip_prefix(word).is_some_and(|rest| rest.starts_with(' ')))
        })
    }

    /// Whether a row is about a heading of the manual, which may go on with words of its own (`switch-mode http`).
    pub fn has_heading(&self, family: Family, heading: &str) -> bool {
        let longer = |r: &Row| heading.strip_prefix(&r.keyword).is_some_and(|rest| rest.starts_with(' '));
        self.has(family, heading) || self.rows.iter().any(|r| r.family == family && longer(r))
    }

    /// Whether a list of rules has the action.
    pub fn has_action(&self, action: &str) -> bool {
        self.rows
            .iter()
            .filter(|r| r.keyword.starts_with("http-") || r.keyword.starts_with("tcp-"))
            .any(|r| r.keyword.split_whitespace().skip(1).any(|w| w == action))
    }

    /// Writes the status of a row, where the environment asks for it.
    pub fn bless(&mut self, at: usize, status: &str) -> bool {
        if std::env::var_os("RINGMAIN_BLESS").is_none() {
            return false;
        }
        let line = &mut self.lines[self.rows[at].line];
        let column = line.trim_end_matches(" |").rfind(" | ").expect("a column") + 3;
        line.truncate(column);
        line.push_str(status);
        line.push_str(" |");
        self.changed = true;
        true
    }

    pub fn write(&self) {
        if self.changed {
            std::fs::write(&self.path, self.lines.join("\n") + "\n").expect("write the table");
        }
    }
}

fn row(family: Family, line: &str, number: usize) -> Row {
    let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
    let [keyword, example, since, status] = cells[..] else { panic!("four columns: {line}") };
    let since = match since {
        "2.6" => Since::Now,
        "later" => Since::Later,
        "gone" => Since::Gone,
        "build" => Since::Build,
        other => panic!("{other}: {line}"),
    };
    let known = [WORKS, NO_EFFECT, REFUSED].contains(&status) || status.starts_with("works, differs: [");
    assert!(known || std::env::var_os("RINGMAIN_BLESS").is_some(), "{line}: no such status");
    let keyword = keyword.trim_matches('`').to_owned();
    Row { family, keyword, example: example_of(example), since, status: status.to_owned(), line: number }
}

/// Code is a line of the file; what stands before it says where.
fn example_of(cell: &str) -> Vec<(String, String)> {
    let (mut place, mut found) = (String::new(), Vec::new());
    for (number, part) in cell.split('`').enumerate() {
        if number % 2 == 1 {
            found.push((place.clone(), part.to_owned()));
        } else if !part.trim().is_empty() {
            place = part.trim().to_owned();
        }
    }
    assert!(!found.is_empty(), "an example without code: {cell}");
    found
}
