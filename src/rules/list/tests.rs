use super::*;
use crate::rules::Sample;
use crate::rules::pattern::{Exact, Networks};
use crate::syntax::SourceMap;
use std::borrow::Cow;
use std::path::PathBuf;

fn wanted(method: &'static str, out: Option<Out>) -> Wanted {
    let make: fn(Flags) -> Box<dyn Index> = match method {
        "ip" => |flags| Box::new(Networks::new(flags.no_dns)),
        _ => |flags| Box::new(Exact::new(flags.ignore_case, false)),
    };
    let how = How { method, make, flags: Flags::default(), out };
    Wanted { how, pairs: out.is_some(), by_acl: out.is_none() }
}

fn written(name: &str, text: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("ringmain-list-{name}-{}", std::process::id()));
    std::fs::write(&path, text).unwrap();
    path
}

fn span(line: u32) -> Span {
    Span { file: FileId(0), line, col: 5, len: 4 }
}

use crate::syntax::{FileId, Span};

fn has(lists: &Lists, form: FormId, text: &str) -> bool {
    lists.form(form).unwrap().matches(&Sample::Str(Cow::Borrowed(text.as_bytes())))
}

/// A file that an ACL and two maps name, and the patterns of a line.
#[test]
fn files_are_shared_and_lines_have_their_own() {
    let mut map = SourceMap::default();
    map.add("h.cfg", b"");
    let path = written("shared", "# hosts\n a  one two \n\nb\t2\n");
    let path = path.to_str().unwrap();
    Registry::open();
    at(span(3), &map);
    let number = inline(span(3), "path", Some(0), &[b"x".to_vec()], wanted("str", None)).unwrap().0;
    let str_map = file(path, wanted("str", Some(Out::Str))).unwrap();
    at(span(4), &map);
    assert_eq!(file(path, wanted("str", Some(Out::Str))).unwrap().form, str_map.form);
    let key = Wanted { how: wanted("str", None).how, ..wanted("str", Some(Out::Str)) };
    let keys = file(path, key).unwrap();
    assert_ne!(keys.form, str_map.form);
    let e = file(path, wanted("str", None)).unwrap_err();
    assert!(e.contains("already used as two column file and cannot be used by as one column file"), "{e}");
    let e = file(path, wanted("str", Some(Out::Int))).unwrap_err();
    assert_eq!(e, format!("unable to parse 'one two' at line 2 of file '{path}'"));
    let lists = Registry::close();
    let described: Vec<(u32, &str)> = lists.all().map(|l| (l.id, l.description.as_str())).collect();
    let by = "by map at file 'h.cfg' line";
    let shared = format!("pattern loaded from file '{path}' used {by} 3, {by} 4, {by} 4, {by} 4");
    assert_eq!(described, [(0, "acl 'path' file 'h.cfg' line 3"), (1, shared.as_str())]);
    assert!(has(&lists, number, "x") && has(&lists, keys.form, "b") && !lists.changed());
    let item = lists.form(str_map.form).unwrap().find(&Sample::Str(Cow::Borrowed(b"a"))).unwrap();
    assert_eq!(item.value.as_deref(), Some(&b"one two"[..]));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_change_is_seen_by_the_copy_alone() {
    Registry::open();
    let form = inline(span(1), "src", None, &[b"10.0.0.0/8".to_vec()], wanted("ip", None)).unwrap().0;
    let before = Registry::close();
    let mut after = before.clone();
    after.add(0, None, b"192.0.2.0/24", None).unwrap();
    let error = after.add(0, None, b"nonsense", None).unwrap_err();
    assert_eq!(error, "'nonsense' is not a valid IPv4 or IPv6 address");
    assert!(after.delete(0, Key::Text(b"10.0.0.0/8")) && !after.delete(0, Key::Text(b"10.0.0.0/8")));
    assert!(has(&before, form, "10.1.1.1") && !has(&before, form, "192.0.2.1"));
    assert!(!has(&after, form, "10.1.1.1") && has(&after, form, "192.0.2.1") && after.changed());
    assert_eq!((before.list(0).count(), after.list(0).count()), (1, 1));
}

#[test]
fn versions_come_into_force_at_once() {
    Registry::open();
    let form = inline(span(1), "path", None, &[b"a".to_vec()], wanted("str", None)).unwrap().0;
    let mut lists = Registry::close();
    assert_eq!((lists.prepare(0), lists.prepare(0)), (1, 2));
    lists.add(0, Some(1), b"b", None).unwrap();
    lists.add(0, Some(2), b"c", None).unwrap();
    assert!(has(&lists, form, "a") && !has(&lists, form, "c"));
    assert_eq!(lists.list(0).count(), 3);
    assert!(!lists.commit(0, 0) && !lists.commit(0, 3) && lists.commit(0, 2));
    assert!(has(&lists, form, "c") && !has(&lists, form, "a") && !has(&lists, form, "b"));
    assert_eq!((lists.list(0).version, lists.list(0).newest, lists.list(0).count()), (2, 2, 1));
    lists.clear(0, None);
    assert!(!has(&lists, form, "c") && lists.list(0).count() == 0);
}

/// What rules do: nothing twice, and nothing with what is no pattern.
#[test]
fn edits_of_rules_change_what_is_not_so_already() {
    use crate::share::list_edits::{Change, ListEdit};
    let path = written("edits", "a one\na two\n");
    let path = path.to_str().unwrap();
    Registry::open();
    file(path, wanted("str", Some(Out::Int))).unwrap_err();
    let form = file(path, wanted("str", Some(Out::Str))).unwrap().form;
    let ips = inline(span(1), "src", None, &[], wanted("ip", None)).unwrap().0;
    let mut lists = Registry::close();
    let (map, acl) = (lists.of_file(path).unwrap(), usize::from(lists.of_file(path) == Some(0)));
    assert_eq!(lists.of_file("nowhere"), None);
    let set = |text: &str, value: &str| ListEdit {
        list: map,
        text: text.into(),
        change: Change::Set(value.into()),
    };
    let mut apply = |edit: ListEdit| {
        let changes = lists.would_change(&edit);
        lists.apply(&edit);
        (changes, lists.would_change(&edit))
    };
    assert_eq!(apply(set("a", "three")), (true, false), "both of them");
    assert_eq!(apply(set("a", "three")), (false, false));
    assert_eq!(apply(set("b", "x")), (true, false), "a new one");
    let delete = ListEdit { list: map, text: b"a".to_vec(), change: Change::Delete };
    assert_eq!(apply(delete.clone()), (true, false));
    assert_eq!(apply(delete), (false, false));
    let add = |text: &str| ListEdit { list: acl, text: text.into(), change: Change::Add };
    assert_eq!(apply(add("10.0.0.0/8")), (true, false));
    assert_eq!(apply(add("10.0.0.0/8")), (false, false));
    assert_eq!(apply(add("nonsense")), (true, true), "it is no pattern");
    assert!(has(&lists, form, "b") && !has(&lists, form, "a") && has(&lists, ips, "10.1.1.1"));
    std::fs::remove_file(path).unwrap();
}

/// The kinds of names of HAProxy 3.2: a prefix says whether the file must be there, and `virt@` that there is none.
#[test]
fn names_say_what_kind_of_file_it_is() {
    let path = written("kinds", "a one\n");
    let path = path.to_str().unwrap();
    Registry::open();
    let map = wanted("str", Some(Out::Str));
    let form = file(&format!("file@{path}"), map).unwrap().form;
    for other in [path.to_owned(), format!("opt@{path}")] {
        assert_eq!(file(&other, map).unwrap().form, form, "{other}");
    }
    file("opt@/nowhere/at-all", map).unwrap();
    assert_eq!(file("file@/nowhere", map).unwrap_err(), "failed to open pattern file <file@/nowhere>");
    file("virt@x", map).unwrap();
    let lists = Registry::close();
    assert_eq!((lists.of_file("virt@x"), lists.of_file("x")), (Some(2), None));
    assert_eq!(lists.list(2).count(), 0);
    assert_eq!(lists.of_file(&format!("opt@{path}")), Some(0));
    std::fs::remove_file(path).unwrap();
}
