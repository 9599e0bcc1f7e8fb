use super::*;
use std::borrow::Cow;

fn text(t: &str) -> Sample<'_> {
    Sample::Str(Cow::Borrowed(t.as_bytes()))
}

fn item(id: u64, text: &str) -> Arc<Item> {
    Arc::new(Item { id, text: text.as_bytes().into(), value: None })
}

fn filled<I: Index>(mut index: I, list: &[&str]) -> I {
    for (id, text) in list.iter().enumerate() {
        index.insert(&item(id as u64 + 1, text)).unwrap();
    }
    index
}

fn texts(place: Place, icase: bool, list: &[&str]) -> Texts {
    filled(Texts::new(place, icase), list)
}

#[test]
fn words_stand_between_delimiters() {
    let dir = texts(Place::Word(b"/?"), false, &["/img/"]);
    for (t, want) in [("/img/a", true), ("/x/img", true), ("/imgs/a", false), ("/a?img", true), ("", false)] {
        assert_eq!(dir.matches(&text(t)), want, "{t}");
    }
    let dom = texts(Place::Word(b"/?.:"), true, &["Example"]);
    for (t, want) in [("www.example.com:80", true), ("examples.com", false), ("EXAMPLE", true)] {
        assert_eq!(dom.matches(&text(t)), want, "{t}");
    }
}

#[test]
fn beginnings_ends_and_insides_with_and_without_case() {
    assert!(filled(Prefixes::new(), &["/a", "/b"]).matches(&text("/bc")));
    assert!(!filled(Prefixes::new(), &["/B"]).matches(&text("/bc")));
    assert!(texts(Place::Begin, true, &["/B"]).matches(&text("/bc")));
    assert!(texts(Place::End, true, &[".PNG"]).matches(&text("x.png")));
    assert!(texts(Place::Inside, true, &["AmP"]).matches(&text("exAMPle")));
    assert!(!texts(Place::Inside, false, &["amp"]).matches(&text("exAMPle")));
    for length in [SHORT - 1, SHORT, SHORT + 1] {
        let value = format!("{}AMP", "x".repeat(length - 3));
        assert!(texts(Place::Inside, true, &["amp"]).matches(&text(&value)), "{length}");
        assert!(!texts(Place::Inside, true, &["ampx"]).matches(&text(&value)), "{length}");
    }
}

const SHORT: usize = 256;

#[test]
fn exact_values_fold_case_on_request() {
    let many: Vec<String> = (0..20).map(|i| format!("Host{i}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(filled(Exact::new(true, false), &many).matches(&text("hOST7")));
    assert!(!filled(Exact::new(false, false), &many).matches(&text("host7")));
    let long = "X".repeat(SHORT + 10);
    assert!(filled(Exact::new(true, false), &[&long]).matches(&text(&long.to_lowercase())));
    assert!(filled(Exact::new(false, true), &["6869"]).matches(&text("hi")));
}

/// Put in and taken out at random, with duplicates, each time against a walk over all of them.
#[test]
fn sets_are_what_came_and_did_not_go() {
    let mut seed = 11u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let (mut exact, mut begins) = (Exact::new(false, false), Prefixes::new());
    let mut model: Vec<Arc<Item>> = Vec::new();
    let mut old: Option<(Box<dyn Index>, Vec<Arc<Item>>)> = None;
    for id in 1..8_000 {
        let word = |n: u64| format!("{:b}", n % 1_024);
        if next(5) < 3 || model.is_empty() {
            let item = item(id, &word(next(1_024)));
            exact.insert(&item).unwrap();
            begins.insert(&item).unwrap();
            model.push(item);
        } else {
            let item = model.swap_remove(next(model.len() as u64) as usize);
            exact.remove(&item);
            begins.remove(&item);
        }
        let probe = word(next(1_024));
        let first =
            |all: &[Arc<Item>]| all.iter().filter(|i| *i.text == *probe.as_bytes()).map(|i| i.id).min();
        assert_eq!(exact.find(&text(&probe)).map(|i| i.id), first(&model));
        let longest = model
            .iter()
            .filter(|i| probe.as_bytes().starts_with(&i.text))
            .max_by_key(|i| (i.text.len(), u64::MAX - i.id));
        assert_eq!(begins.find(&text(&probe)).map(|i| i.id), longest.map(|i| i.id));
        if let Some((copy, then)) = &old {
            assert_eq!(copy.find(&text(&probe)).map(|i| i.id), first(then), "a copy stays");
        }
        if id % 500 == 0 {
            old = Some((exact.copy(), model.clone()));
        }
    }
    model.iter().for_each(|item| exact.remove(item));
    assert!(exact.is_empty());
}
