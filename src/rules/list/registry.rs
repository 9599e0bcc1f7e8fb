//! The lists of a configuration while it is read. Lines and converters that name patterns stand anywhere; what they make is
//! gathered here, in the order of reading, which is the order of HAProxy's numbers. Outside of a reading they belong to nobody.
use super::edit::name_of;
use super::{Form, FormId, Handle, How, List, Lists};
use crate::rules::pattern::Index;
use crate::syntax::{FileId, SourceMap, Span};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::sync::Arc;

/// What has been gathered.
#[derive(Debug, Default)]
pub struct Registry {
    lists: Lists,
    /// Numbers given by `-u`, by place.
    numbers: BTreeMap<usize, u32>,
    /// Where the patterns of lines stand.
    lines: BTreeMap<(FileId, u32, u32), usize>,
    /// The present line.
    at: Option<(String, Span)>,
    names: BTreeMap<FileId, String>,
    /// Lines of `defaults` are read once more for a section.
    again: bool,
    /// The present line's files, told already.
    told: BTreeSet<usize>,
}

thread_local! {
    /// The reading that is under way on this thread.
    static OPEN: RefCell<Option<Registry>> = const { RefCell::new(None) };
}

impl Registry {
    /// Gathers from now on.
    pub fn open() {
        OPEN.set(Some(Registry::default()));
    }

    /// Ends it: all lists with their numbers.
    #[must_use]
    pub fn close() -> Lists {
        let Some(mut registry) = OPEN.take() else { return Lists::default() };
        let taken: BTreeSet<u32> = registry.numbers.values().copied().collect();
        let mut free = (0..).filter(|n| !taken.contains(n));
        for (at, list) in registry.lists.lists.iter_mut().enumerate() {
            let number = registry.numbers.get(&at).copied().or_else(|| free.next());
            Arc::make_mut(list).id = number.unwrap_or_default();
        }
        registry.lists.lists.sort_by_key(|list| list.id);
        registry.lists.changed = false;
        registry.lists
    }
}

fn with<T>(f: impl FnOnce(&mut Registry) -> T) -> Option<T> {
    OPEN.with_borrow_mut(|open| open.as_mut().map(f))
}

/// The line that is read now.
pub fn at(line: Span, map: &SourceMap) {
    with(|r| {
        let name = r.names.entry(line.file).or_insert_with(|| map.name(line.file).to_owned());
        r.at = Some((name.clone(), line));
        r.told.clear();
    });
}

/// Lines are read that were read before (`true`), or new ones.
pub fn again(again: bool) {
    with(|r| r.again = again);
}

/// How patterns are to be searched.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub how: How,
    /// The file's lines are pairs (`-M`, maps).
    pub pairs: bool,
    /// An `acl` line's.
    pub by_acl: bool,
}

impl Wanted {
    fn word(&self) -> &'static str {
        if self.pairs { "map" } else { "acl" }
    }
}

/// The patterns of a file, as one form. Files are read once; all who name them share the list.
///
/// # Errors
/// HAProxy's words for a file that can't be read or used so, and for an entry with its line.
pub fn file(path: &str, wanted: Wanted) -> Result<Handle, String> {
    let found = with(|r| {
        let at = match r.lists.of_file(path) {
            Some(at) => {
                compatible(&r.lists.lists[at], path, wanted)?;
                at
            }
            None => {
                let at = r.new_list(Some(name_of(path).to_owned()), String::new(), wanted.pairs);
                if let Err(e) = read_file(&mut r.lists, at, path, wanted.pairs) {
                    r.lists.lists.pop();
                    return Err(e);
                }
                at
            }
        };
        r.used(at, path, wanted);
        r.form(at, wanted)
    });
    match found {
        Some(found) => found,
        None => {
            Registry::open();
            let found = file(path, wanted);
            let _ = Registry::close();
            found.map(|map| Handle { form: FormId::NONE, ..map })
        }
    }
}

fn compatible(list: &List, path: &str, wanted: Wanted) -> Result<(), String> {
    let columns = |pairs| if pairs { "two" } else { "one" };
    if list.pairs == wanted.pairs {
        return Ok(());
    }
    let (was, is) = (columns(list.pairs), columns(wanted.pairs));
    Err(format!(
        "The file \"{path}\" is already used as {was} column file and cannot be used by as {is} column file."
    ))
}

/// Reads a file: one entry a line, leading white space dropped, `#` lines and empty ones left out. In pairs, the first word
/// is the key and the rest, without white space around it, the value.
fn read_file(lists: &mut Lists, at: usize, path: &str, pairs: bool) -> Result<(), String> {
    let bytes = match std::fs::read(name_of(path)) {
        // There is none to be read.
        _ if path.starts_with("virt@") => Vec::new(),
        Ok(bytes) => bytes,
        Err(e) if path.starts_with("opt@") && e.kind() == ErrorKind::NotFound => Vec::new(),
        Err(_) => return Err(format!("failed to open pattern file <{path}>")),
    };
    for (number, line) in bytes.split(|&b| b == b'\n').enumerate() {
        let blank = |b: &u8| matches!(b, b' ' | b'\t');
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let start = line.iter().position(|b| !blank(b)).unwrap_or(line.len());
        let line = &line[start..];
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let end = if pairs { line.iter().position(blank).unwrap_or(line.len()) } else { line.len() };
        let value = line[end..].trim_ascii();
        let added = lists.add(at, None, &line[..end], pairs.then_some(value));
        added.map_err(|e| format!("{e} at line {} of file '{path}'", number + 1))?;
    }
    Ok(())
}

/// The patterns of a line: a list of its own, even where there are none.
///
/// # Errors
/// A word's index with what is wrong with it; an index behind all words for the number.
pub fn inline(
    span: Span,
    keyword: &str,
    number: Option<u32>,
    words: &[Vec<u8>],
    wanted: Wanted,
) -> Result<(FormId, Arc<dyn Index>), (usize, String)> {
    let found = with(|r| {
        let place = (span.file, span.line, span.col);
        if let Some(&at) = r.lines.get(&place).filter(|_| r.again) {
            return r.form(at, wanted).map_err(|e| (words.len(), e));
        }
        if number.is_some_and(|number| r.numbers.values().any(|n| *n == number)) {
            return Err((words.len(), "the id is already used".to_owned()));
        }
        let file = r.at.as_ref().map_or("", |(name, _)| name);
        let description = format!("acl '{keyword}' file '{file}' line {}", span.line);
        let forms = r.lists.forms.len();
        let at = r.new_list(None, description, false);
        let list = Arc::make_mut(&mut r.lists.lists[at]);
        list.by_acl = true;
        let made = r.form(at, wanted).map_err(|e| (words.len(), e)).and_then(|_| {
            words.iter().enumerate().try_for_each(|(i, w)| r.lists.add(at, None, w, None).map_err(|e| (i, e)))
        });
        if let Err(e) = made {
            r.lists.lists.pop();
            r.lists.forms.truncate(forms);
            return Err(e);
        }
        if let Some(number) = number {
            r.numbers.insert(at, number);
        }
        r.lines.insert(place, at);
        r.form(at, wanted).map_err(|e| (words.len(), e))
    });
    match found {
        Some(found) => found.map(|map| (map.form, map.first)),
        None => {
            Registry::open();
            let found = inline(span, keyword, number, words, wanted);
            let _ = Registry::close();
            found.map(|(_, index)| (FormId::NONE, index))
        }
    }
}

impl Registry {
    fn new_list(&mut self, file: Option<String>, description: String, pairs: bool) -> usize {
        self.lists.lists.push(Arc::new(List {
            id: 0,
            file,
            description,
            by_acl: false,
            by_map: false,
            pairs,
            forms: Vec::new(),
            version: 0,
            newest: 0,
            entries: super::Entries::default(),
            prepared: BTreeMap::new(),
        }));
        self.lists.lists.len() - 1
    }

    /// Notes who uses a file.
    fn used(&mut self, at: usize, path: &str, wanted: Wanted) {
        let list = Arc::make_mut(&mut self.lists.lists[at]);
        list.by_map |= wanted.pairs;
        list.by_acl |= wanted.by_acl;
        let Some((name, line)) = self.at.as_ref().filter(|_| !self.again) else { return };
        let by = format!("by {} at file '{name}' line {}", wanted.word(), line.line);
        if list.description.is_empty() {
            list.description = format!("pattern loaded from file '{path}' used {by}");
        } else {
            list.description.push_str(&format!(", {by}"));
        }
    }

    /// A list's form, made where it has none such.
    fn form(&mut self, at: usize, wanted: Wanted) -> Result<Handle, String> {
        let list = &self.lists.lists[at];
        if let Some(form) = list.forms.iter().find(|f| f.how.is(&wanted.how)) {
            let first = self.lists.forms[form.id.0 as usize].clone();
            return Ok(Handle { form: form.id, first });
        }
        let form = Form { id: FormId(self.lists.forms.len() as u32), how: wanted.how };
        let mut index = form.how.empty();
        for item in list.entries.after(0) {
            let value = item.value.as_deref().unwrap_or_default();
            let good = match wanted.how.out {
                Some(out) if !out.takes(value) => {
                    Err(format!("unable to parse '{}'", String::from_utf8_lossy(value)))
                }
                _ => index.insert(item),
            };
            good.map_err(|e| self.with_place(at, item.id, &e))?;
        }
        let first: Arc<dyn Index> = Arc::from(index);
        self.lists.forms.push(first.clone());
        Arc::make_mut(&mut self.lists.lists[at]).forms.push(form);
        Ok(Handle { form: form.id, first })
    }

    /// Adds the line of a file's entry to what is wrong with it.
    fn with_place(&self, at: usize, id: u64, error: &str) -> String {
        let list = &self.lists.lists[at];
        let Some(path) = &list.file else { return error.to_owned() };
        let number = list.entries.after(0).take_while(|item| item.id != id).count();
        let line = nth_line(path, number).unwrap_or(0);
        format!("{error} at line {line} of file '{path}'")
    }
}

/// The line of a file's n-th entry.
fn nth_line(path: &str, number: usize) -> Option<usize> {
    let bytes = std::fs::read(path).ok()?;
    let lines = bytes.split(|&b| b == b'\n').enumerate();
    let full = lines.filter(|(_, l)| {
        let l = l.trim_ascii_start();
        !l.is_empty() && !l.starts_with(b"#")
    });
    full.map(|(i, _)| i + 1).nth(number)
}

impl Handle {
    /// As a part of an `acl` line.
    #[must_use]
    pub fn part(self) -> (FormId, Arc<dyn Index>) {
        (self.form, self.first)
    }
}
