//! ACLs' and maps' patterns: `show|add|del|clear|get|prepare|commit acl|map`, `set map` (management manual, 9.3). A command is
//! one edit of the World, also with a payload of many entries.
use super::{CommandRow, Level, PAYLOAD, Steering, one_line, severity, told, wrong};
use crate::rules::Sample;
use crate::rules::list::{Entries, Form, Key, List, Lists};
use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

macro_rules! commands {
    ($($first:literal $second:literal $level:ident $usage:literal $doc:literal $run:ident;)*) => {
        /// The rows of this file.
        pub const ROWS: &[CommandRow] = &[$(CommandRow {
            words: &[$first, $second],
            usage: $usage,
            doc: $doc,
            level: Level::$level,
            run: |steering, args| $run(&Site::new(steering, $second), args).unwrap_or_else(|e| wrong(steering, e)),
        }),*];
    };
}

commands! {
    "add" "acl" Operator "add acl [@<ver>] <acl> <pattern>" "add an acl entry" add;
    "add" "map" Operator "add map [@<ver>] <map> <key> <val>"
        "add a map entry (payload supported instead of key/val)" add;
    "clear" "acl" Operator "clear acl [@<ver>] <acl>" "clear the contents of this acl" clear;
    "clear" "map" Operator "clear map [@<ver>] <map>" "clear the contents of this map" clear;
    "commit" "acl" Operator "commit acl @<ver> <acl>" "commit the ACL at this version" commit;
    "commit" "map" Operator "commit map @<ver> <map>" "commit the map at this version" commit;
    "del" "acl" Operator "del acl <acl> [<key>|#<ref>]" "delete acl entries matching <key>" delete;
    "del" "map" Operator "del map <map> [<key>|#<ref>]" "delete map entries matching <key>" delete;
    "get" "acl" User "get acl <acl> <value>" "report the patterns matching a sample for an ACL" get;
    "get" "map" User "get map <acl> <value>" "report the keys and values matching a sample for a map" get;
    "prepare" "acl" Operator "prepare acl <acl>" "prepare a new version for atomic ACL replacement" prepare;
    "prepare" "map" Operator "prepare map <acl>" "prepare a new version for atomic map replacement" prepare;
    "set" "map" Operator "set map <map> [<key>|#<ref>] <value>" "modify a map entry" set;
    "show" "acl" User "show acl [@<ver>] <acl>]" "report available acls or dump an acl's contents" show;
    "show" "map" User "show map [@ver] [map]" "report available maps or dump a map's contents" show;
}

/// What a command works on.
struct Site<'a> {
    steering: &'a dyn Steering,
    lists: Arc<Lists>,
    /// `map`, not `acl`.
    map: bool,
}

impl<'a> Site<'a> {
    fn new(steering: &'a dyn Steering, word: &str) -> Site<'a> {
        Site { steering, lists: steering.world().lists.clone(), map: word == "map" }
    }

    /// The kind in messages.
    fn name(&self) -> &'static str {
        if self.map { "map" } else { "ACL" }
    }

    /// The kind in commands.
    fn word(&self) -> &'static str {
        if self.map { "map" } else { "acl" }
    }

    fn shows(&self, list: &List) -> bool {
        if self.map { list.by_map } else { list.by_acl }
    }

    fn unknown(&self) -> String {
        format!("Unknown {} identifier. Please use #<id> or <file>.\n", self.name())
    }

    /// The place of a list named by its number or its file.
    fn any(&self, name: Option<&&str>) -> Result<usize, String> {
        let name = name.ok_or_else(|| self.unknown())?;
        let number = name.strip_prefix('#').map(|n| if n.is_empty() { Ok(0) } else { n.parse::<u32>() });
        let found = match number {
            Some(number) => number.ok().and_then(|n| self.lists.all().position(|l| l.id == n)),
            None => self.lists.of_file(name),
        };
        found.ok_or_else(|| self.unknown())
    }

    /// The same, of this kind only.
    fn own(&self, name: Option<&&str>) -> Result<usize, String> {
        self.any(name).ok().filter(|at| self.shows(self.lists.list(*at))).ok_or_else(|| self.unknown())
    }

    /// Puts changed lists into force.
    fn publish(&self, lists: Lists) {
        let lists = Arc::new(lists);
        self.steering.edit_world(Box::new(move |world| world.with_lists(lists)));
    }
}

type Answer = Result<String, String>;

/// Takes `@<ver>` off the front.
fn version<'w, 's>(args: &'w [&'s str]) -> (Option<u32>, &'w [&'s str]) {
    match args {
        [first, rest @ ..] if first.starts_with('@') => {
            let digits = first[1..].bytes().take_while(u8::is_ascii_digit).count();
            (Some(first[1..=digits].parse().unwrap_or(0)), rest)
        }
        _ => (None, args),
    }
}

/// `@0` and what is no number stand for the version in force.
fn some_version(version: Option<u32>) -> Option<u32> {
    version.filter(|v| *v != 0)
}

fn key(word: &str) -> Key<'_> {
    let number = word.strip_prefix('#').map(|n| n.strip_prefix("0x").unwrap_or(n));
    match number {
        // What is no number names nothing.
        Some(number) => Key::Id(u64::from_str_radix(number, 16).unwrap_or(0)),
        None => Key::Text(word.as_bytes()),
    }
}

fn show(site: &Site<'_>, args: &[&str]) -> Answer {
    let (version, args) = version(args);
    if args.is_empty() && version.is_none() {
        let mut out = String::from("# id (file) description\n");
        for list in site.lists.all().filter(|l| site.shows(l)) {
            let file = list.file.as_deref().unwrap_or_default();
            let (current, newest) = (list.version, list.newest);
            let count = list.count();
            let _ = writeln!(
                out,
                "{} ({file}) {}. curr_ver={current} next_ver={newest} entry_cnt={count}",
                list.id, list.description
            );
        }
        return Ok(out);
    }
    let list = site.lists.list(site.own(args.first())?);
    let mut out = String::new();
    for item in list.entries(version).into_iter().flat_map(|e: &Entries| e.after(0)) {
        let _ = write!(out, "{:#x} {}", item.id, one_line(&item.text));
        if let Some(value) = &item.value {
            let _ = write!(out, " {}", one_line(value));
        }
        out.push('\n');
    }
    Ok(out)
}

fn add(site: &Site<'_>, args: &[&str]) -> Answer {
    let (version, args) = version(args);
    let usage = || match site.map {
        true => "'add map' expects three parameters (map identifier, key and value) or one parameter (map \
                 identifier) and a payload\n"
            .to_owned(),
        false => "'add acl' expects two parameters: ACL identifier and pattern.\n".to_owned(),
    };
    let (words, payload) = match args {
        [words @ .., PAYLOAD, payload] => (words, Some(*payload)),
        words => (words, None),
    };
    let good = match (site.map, payload) {
        (true, None) => words.len() >= 3,
        (true, Some(_)) => !words.is_empty(),
        (false, _) => words.len() >= 2,
    };
    if !good {
        return Err(usage());
    }
    let at = site.any(words.first())?;
    let list = site.lists.list(at);
    if list.pairs && !site.map {
        return Err(
            "This ACL is shared with a map containing samples. You must use the command 'add map' to \
                    add values.\n"
                .to_owned(),
        );
    }
    let version = some_version(version);
    if version.is_some_and(|v| v > list.newest) {
        return Err(format!("Version number in the future, please use 'prepare {}' before.\n", site.word()));
    }
    let mut lists = (*site.lists).clone();
    let mut error = String::new();
    match payload.filter(|_| site.map) {
        // The lines before a wrong one stay.
        Some(payload) => error = add_lines(&mut lists, at, version, payload).err().unwrap_or_default(),
        None => {
            let value = words.get(2).filter(|_| site.map).map(|v| v.as_bytes());
            lists.add(at, version, words[1].as_bytes(), value).map_err(|e| format!("{e}.\n"))?;
        }
    }
    site.publish(lists);
    Ok(error)
}

/// Adds a payload: on each line a key and, behind white space, its value.
fn add_lines(lists: &mut Lists, at: usize, version: Option<u32>, payload: &str) -> Result<(), String> {
    for line in payload.lines() {
        let line = line.trim_start_matches([' ', '\t']);
        let end = line.find([' ', '\t']).unwrap_or(line.len());
        let (key, value) = (&line[..end], line[end..].trim_start_matches([' ', '\t']));
        if value.is_empty() {
            return Err(format!("Missing value for key '{key}'.\n"));
        }
        lists.add(at, version, key.as_bytes(), Some(value.as_bytes())).map_err(|e| format!("{e}.\n"))?;
    }
    Ok(())
}

fn delete(site: &Site<'_>, args: &[&str]) -> Answer {
    let [name, word, ..] = args else {
        return Err(format!("This command expects two parameters: {} identifier and key.\n", site.name()));
    };
    // HAProxy says `map` for both.
    let unknown = |_| "Unknown map identifier. Please use #<id> or <file>.\n".to_owned();
    let at = site.own(Some(name)).map_err(unknown)?;
    let mut lists = (*site.lists).clone();
    if !lists.delete(at, key(word)) {
        return Err("Key not found.\n".to_owned());
    }
    site.publish(lists);
    Ok(String::new())
}

fn set(site: &Site<'_>, args: &[&str]) -> Answer {
    let [name, word, value, ..] = args else {
        return Err("'set map' expects three parameters: map identifier, key and value.\n".to_owned());
    };
    let at = site.any(Some(name))?;
    let mut lists = (*site.lists).clone();
    let found = lists.set(at, key(word), value.as_bytes()).map_err(|e| format!("{e}.\n"))?;
    if !found {
        let which = if word.starts_with('#') { "key or pattern not found" } else { "entry not found" };
        return Err(format!("{which}.\n"));
    }
    site.publish(lists);
    Ok(String::new())
}

fn clear(site: &Site<'_>, args: &[&str]) -> Answer {
    let (version, args) = version(args);
    if args.is_empty() {
        return Err(format!("Missing {} identifier.\n", site.name()));
    }
    let at = site.own(args.first())?;
    let mut lists = (*site.lists).clone();
    lists.clear(at, some_version(version));
    site.publish(lists);
    Ok(String::new())
}

fn prepare(site: &Site<'_>, args: &[&str]) -> Answer {
    let at = site.own(args.first())?;
    let mut lists = (*site.lists).clone();
    let number = lists.prepare(at);
    site.publish(lists);
    Ok(told(site.steering, severity::INFO, format!("New version created: {number}\n")))
}

fn commit(site: &Site<'_>, args: &[&str]) -> Answer {
    let (Some(version), args) = version(args) else {
        return Err("Missing version number.\n".to_owned());
    };
    if args.is_empty() {
        return Err(format!("Missing {} identifier.\n", site.name()));
    }
    let at = site.own(args.first())?;
    let mut lists = (*site.lists).clone();
    if !lists.commit(at, version) {
        return Err("Version number out of range.\n".to_owned());
    }
    site.publish(lists);
    Ok(String::new())
}

fn get(site: &Site<'_>, args: &[&str]) -> Answer {
    let [name, value, ..] = args else {
        return Err(format!("Missing {} identifier and/or key.\n", site.name()));
    };
    let at = site.any(Some(name))?;
    let sample = Sample::Str(Cow::Borrowed(value.as_bytes()));
    let forms = &site.lists.list(at).forms;
    Ok(forms.iter().map(|form| found(site, form, &sample)).collect())
}

/// What one form of a list says of a value.
fn found(site: &Site<'_>, form: &Form, sample: &Sample<'_>) -> String {
    let case = if form.how.flags.ignore_case { "insensitive" } else { "sensitive" };
    let mut out = format!("type={}, case={case}", form.how.method);
    let index = site.lists.form(form.id);
    let item = index.and_then(|index| index.find(sample));
    let word = if site.map { "found" } else { "match" };
    let (Some(item), Some(index)) = (item, index) else {
        out.push_str(&format!(", {word}=no\n"));
        return out;
    };
    let _ = write!(out, ", {word}=yes, idx={}", index.kind());
    if !site.map {
        let _ = writeln!(out, ", pattern=\"{}\"", one_line(&item.text));
        return out;
    }
    let _ = write!(out, ", key=\"{}\"", one_line(&item.text));
    let _ = match (form.how.out, &item.value) {
        (Some(kind), Some(value)) => {
            writeln!(out, ", value=\"{}\", type=\"{}\"", one_line(value), kind.name())
        }
        _ => writeln!(out, ", value=none"),
    };
    out
}
