//! The CSV of `show stat`, with its quotes.
use std::collections::BTreeMap;

/// The lines, each by the names of its columns.
pub fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = text.lines();
    let head = lines.next().unwrap_or_default().trim_start_matches("# ");
    let names = fields(head);
    let row = |line: &str| names.iter().cloned().zip(fields(line)).collect::<BTreeMap<_, _>>();
    lines.filter(|l| !l.is_empty()).map(row).filter(|r| r.len() == names.len()).collect()
}

fn fields(line: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => all.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    all
}
