//! What must be true of the source itself: which module may use which.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules by row: a module may use what stands in a lower row. `world → logs → plan → rules` is a row each.
const ROWS: [&[&str]; 9] = [
    &["base"],
    &["syntax", "proto", "net", "share"],
    &["rules"],
    &["plan"],
    &["logs"],
    &["world"],
    &["vocab", "session", "health", "names", "observe"],
    &["shard", "config"],
    &["boot", "control", "explain", "demo", "top"],
];

/// Uses inside one row that are allowed: the birth of the process knows everything.
const ALSO: [(&str, &str); 3] = [("boot", "control"), ("boot", "explain"), ("boot", "demo")];

fn row_of(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

#[test]
fn modules_use_only_what_stands_below_them() {
    let mut wrong = Vec::new();
    for (module, path) in sources() {
        let Some(row) = row_of(&module) else {
            wrong.push(format!("{}: module '{module}' has no row in this test", path.display()));
            continue;
        };
        let text = fs::read_to_string(&path).expect("read");
        for (line, used) in uses(&text) {
            let below = row_of(&used).is_some_and(|r| r < row);
            if used != module && !below && !ALSO.contains(&(module.as_str(), used.as_str())) {
                wrong.push(format!("{}:{line}: '{module}' may not use '{used}'", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Every source file but the two roots, with its top module.
fn sources() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).expect("read the directory").map_while(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let below = path.strip_prefix(&root).expect("below src");
                let top = below.iter().next().expect("a name").to_string_lossy();
                let module = top.trim_end_matches(".rs").to_owned();
                if module != "lib" && module != "main" {
                    found.push((module, path));
                }
            }
        }
    }
    found.sort();
    found
}

/// The modules named behind `crate::`, with their lines; comments and the tests at the end of a file do not count.
fn uses(text: &str) -> Vec<(usize, String)> {
    let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut plain = String::new();
    for line in code.lines() {
        plain.push_str(line.split("//").next().unwrap_or_default());
        plain.push('\n');
    }
    let mut found = BTreeMap::new();
    for (at, word) in plain.match_indices("crate::") {
        // `$crate::` of a macro names what the macro's own module uses.
        let line = plain[..at].matches('\n').count() + 1;
        let rest = &plain[at + word.len()..];
        let names = match rest.strip_prefix('{') {
            Some(group) => top_names(group),
            None => vec![ident(rest)],
        };
        for name in names.into_iter().filter(|n| n.starts_with(|c: char| c.is_ascii_lowercase())) {
            found.entry((line, name)).or_insert(());
        }
    }
    found.into_keys().collect()
}

/// The first names of a `use` group: `a::b, c::{d, e}}` gives `a`, `c`.
fn top_names(group: &str) -> Vec<String> {
    let (mut names, mut depth, mut fresh) = (Vec::new(), 0, true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if fresh && depth == 0 && c.is_alphabetic() => {
                names.push(ident(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

fn ident(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn the_reader_of_uses_reads() {
    let text = "use crate::{base::{a, b}, syntax::Span};\n// crate::boot\nfn f() { crate::net::g(); crate::Error }\n";
    let found: Vec<(usize, String)> = uses(text);
    let wanted = [(1, "base"), (1, "syntax"), (3, "net")];
    assert_eq!(found, wanted.map(|(l, n)| (l, n.to_owned())));
}
