//! The CSV of `show stat`, with its quotes; a quoted field may hold a line's end.
use std::collections::BTreeMap;

/// The lines, each by the names of its columns.
pub fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = fields(text.trim_start_matches("# ")).into_iter();
    let names = lines.next().unwrap_or_default();
    let row = |line: Vec<String>| names.iter().cloned().zip(line).collect::<BTreeMap<_, _>>();
    lines.map(row).filter(|r| r.len() == names.len()).collect()
}

fn fields(text: &str) -> Vec<Vec<String>> {
    let (mut all, mut line) = (Vec::new(), Vec::new());
    let mut field = String::new();
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => line.push(std::mem::take(&mut field)),
            '\n' if !quoted => all.push(std::mem::take(&mut line)),
            c => field.push(c),
        }
    }
    all
}
