//! The other forms of `show info` and `show stat`: `typed`, `json`, `desc`, `float`; `show schema json` (management manual,
//! 9.2 and 9.3).
use super::about::{self, About};
use super::columns::Row;
use std::fmt::Write;

/// How figures are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pub typed: bool,
    pub json: bool,
    /// With a description behind each figure.
    pub desc: bool,
    /// Rates and times with their fractions.
    pub float: bool,
}

impl Form {
    /// Takes the words of a form; others are passed over, as by HAProxy.
    #[must_use]
    pub fn of(words: &[&str]) -> Form {
        let has = |word| words.contains(&word);
        Form { typed: has("typed"), json: has("json"), desc: has("desc"), float: has("float") }
    }
}

/// Whose figures a row has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    Frontend,
    Listener,
    Backend,
    Server,
}

impl Object {
    fn letter(self) -> char {
        match self {
            Object::Frontend => 'F',
            Object::Listener => 'L',
            Object::Backend => 'B',
            Object::Server => 'S',
        }
    }
}

/// The lines of `show info`: name and value.
pub fn info(lines: &[(&'static str, String)], form: Form) -> String {
    let mut out = String::from(if form.json { "[" } else { "" });
    let known = |name: &str| about::INFO.iter().find(|(_, known, _)| *known == name);
    for (name, value) in lines {
        let (number, _, about) = known(name).copied().unwrap_or((0, name, ("MGP", "str", "")));
        let about = if form.float && value.contains('.') && about.1 == "u32" || is_rate(about) && form.float {
            (about.0, "flt", about.2)
        } else {
            about
        };
        let _ = if form.json {
            let comma = if out.len() > 1 { "," } else { "" };
            write!(
                out,
                "{comma}{{\"field\":{{\"pos\":{number},\"name\":\"{name}\"}},{}}}",
                json(about, value)
            )
        } else if form.typed {
            writeln!(out, "{number}.{name}.1:{}:{}:{value}{}", about.0, about.1, described(about, form))
        } else {
            writeln!(out, "{name}: {value}{}", described(about, form))
        };
    }
    out.push_str(if form.json { "]\n" } else { "\n" });
    out
}

/// HAProxy gives all rates their fraction where one is wanted.
fn is_rate(about: About) -> bool {
    about.0 == "MRP" && about.1 == "u32"
}

fn described(about: About, form: Form) -> String {
    if form.desc { format!(":\"{}\"", about.2) } else { String::new() }
}

/// Writes rows of `show stat`, as typed lines or as JSON.
pub struct Rows {
    form: Form,
    out: String,
    /// There was one already.
    begun: bool,
}

impl Rows {
    /// None yet.
    #[must_use]
    pub fn new(form: Form) -> Rows {
        Rows { form, out: String::from(if form.json { "[" } else { "" }), begun: false }
    }

    /// Adds one row.
    pub fn add(&mut self, object: Object, row: &Row) {
        let whole =
            |name: &str| row.values().find(|(n, _)| *n == name).and_then(|(_, v)| v.number()).unwrap_or(0);
        let (proxy, id) = (whole("iid"), whole("sid"));
        if self.form.json {
            self.out.push_str(if self.begun { ",[" } else { "[" });
        }
        self.begun = true;
        let mut first = true;
        let all = row.values().zip(about::COLUMNS).filter(|((name, _), _)| *name != "-").enumerate();
        for (number, ((name, value), about)) in all {
            let Some(text) = value.text() else { continue };
            let about = seen_from(object, name, *about);
            let _ = if self.form.json {
                let comma = if first { "" } else { "," };
                write!(
                    self.out,
                    "{comma}{{\"objType\":\"{object:?}\",\"proxyId\":{proxy},\"id\":{id},\"field\":{{\"pos\":{number},\"name\":\"{name}\"}},{}}}",
                    json(about, &text)
                )
            } else {
                let letter = object.letter();
                writeln!(
                    self.out,
                    "{letter}.{proxy}.{id}.{number}.{name}.1:{}:{}:{text}{}",
                    about.0,
                    about.1,
                    described(about, self.form)
                )
            };
            first = false;
        }
        if self.form.json {
            self.out.push(']');
        }
    }

    /// What was written since the last time: a large answer goes out in pieces.
    #[must_use]
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.out)
    }

    /// The whole answer, or what is left of it, without its empty line at the end.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.out.push_str(if self.form.json { "]\n" } else { "" });
        self.out
    }
}

/// Some figures have other tags for a backend.
fn seen_from(object: Object, name: &str, about: About) -> About {
    match (object, name) {
        (Object::Backend, "act" | "bck" | "rate" | "rate_max") => ("MGP", about.1, about.2),
        _ => about,
    }
}

/// The part of a JSON object that all figures have.
fn json(about: About, value: &str) -> String {
    let [origin, nature, scope] = words_of(about.0);
    let value = match about.1 {
        "str" => format!("\"{}\"", escaped(value)),
        _ => value.to_owned(),
    };
    format!(
        "\"processNum\":1,\"tags\":{{\"origin\":\"{origin}\",\"nature\":\"{nature}\",\"scope\":\"{scope}\"}},\"value\":{{\"type\":\"{}\",\"value\":{value}}}",
        about.1
    )
}

fn words_of(tags: &str) -> [&'static str; 3] {
    let mut letters = tags.chars();
    let origin = match letters.next() {
        Some('M') => "Metric",
        Some('S') => "Status",
        Some('K') => "Key",
        Some('C') => "Config",
        Some('P') => "Product",
        _ => "Unknown",
    };
    let nature = match letters.next() {
        Some('G') => "Gauge",
        Some('L') => "Limit",
        Some('m') => "Min",
        Some('M') => "Max",
        Some('R') => "Rate",
        Some('C') => "Counter",
        Some('D') => "Duration",
        Some('A') => "Age",
        Some('T') => "Time",
        Some('N') => "Name",
        Some('O') => "Output",
        Some('a') => "Avg",
        _ => "Unknown",
    };
    let scope = match letters.next() {
        Some('C') => "Cluster",
        Some('P') => "Process",
        Some('S') => "Service",
        Some('s') => "System",
        _ => "Unknown",
    };
    [origin, nature, scope]
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c < ' ' => _ = write!(out, "\\u{:04x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out
}

/// `show schema json`.
pub const SCHEMA: &str = include_str!("schema.json");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        assert_eq!(escaped("a\"b\\\n\u{1}é"), "a\\\"b\\\\\\n\\u0001é");
        assert_eq!(words_of("KNS"), ["Key", "Name", "Service"]);
    }

    #[test]
    fn every_column_is_told_about() {
        assert_eq!(about::COLUMNS.len(), super::super::columns::NAMES.len());
        assert_eq!(about::COLUMNS[17], ("SGP", "str", about::COLUMNS[17].2), "the status");
    }

    #[test]
    fn info_has_its_forms() {
        let lines = [("Name", "Ringmain".to_owned()), ("Pid", "7".to_owned())];
        assert_eq!(info(&lines, Form::default()), "Name: Ringmain\nPid: 7\n\n");
        assert_eq!(
            info(&lines, Form { typed: true, desc: true, ..Form::default() }),
            "0.Name.1:POS:str:Ringmain:\"Product name\"\n6.Pid.1:SGP:u32:7:\"This worker process identifier for the system\"\n\n"
        );
    }
}
