//! Sets of patterns: what an ACL compares its values with. One type a kind of match; the rows of `vocab::matching` parse
//! the words into these.
use super::acl::Match;
use super::regex::Regex;
use super::sample::Sample;
use ahash::AHashSet;
use std::net::IpAddr;

/// `found`: there is a value at all.
#[derive(Debug)]
pub struct Found;

impl Match for Found {
    fn matches(&self, _sample: &Sample<'_>) -> bool {
        true
    }
}

/// `bool`: the value is not zero.
#[derive(Debug)]
pub struct True;

impl Match for True {
    fn matches(&self, sample: &Sample<'_>) -> bool {
        sample.as_int().is_some_and(|n| n != 0)
    }
}

/// Ranges of numbers, ends included.
#[derive(Debug, Default)]
pub struct Ranges(pub Vec<(i64, i64)>);

impl Ranges {
    fn contain(&self, n: i64) -> bool {
        self.0.iter().any(|&(low, high)| low <= n && n <= high)
    }
}

/// `int`.
#[derive(Debug, Default)]
pub struct Int(pub Ranges);

impl Match for Int {
    fn matches(&self, sample: &Sample<'_>) -> bool {
        sample.as_int().is_some_and(|n| self.0.contain(n))
    }
}

/// `len`: the length of the value as text.
#[derive(Debug, Default)]
pub struct Len(pub Ranges);

impl Match for Len {
    fn matches(&self, sample: &Sample<'_>) -> bool {
        let mut scratch = Vec::new();
        self.0.contain(sample.as_bytes(&mut scratch).len() as i64)
    }
}

/// `ip`: networks, sorted, nested ones removed: one binary search.
#[derive(Debug, Default)]
pub struct Networks {
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
    /// Masks that are not a prefix.
    odd: Vec<(u32, u32)>,
}

impl Networks {
    /// Adds `addr/len`; `len` is at most 32 or 128.
    pub fn add(&mut self, addr: IpAddr, len: u8) {
        match addr {
            IpAddr::V4(a) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(len)).unwrap_or(0);
                let low = u32::from(a) & mask;
                self.v4.push((low, low | !mask));
            }
            IpAddr::V6(a) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(len)).unwrap_or(0);
                let low = u128::from(a) & mask;
                self.v6.push((low, low | !mask));
            }
        }
    }

    /// Adds an IPv4 network by any mask.
    pub fn add_mask(&mut self, addr: u32, mask: u32) {
        if mask.leading_ones() + mask.trailing_zeros() == 32 {
            self.add(IpAddr::V4(addr.into()), mask.leading_ones() as u8);
        } else {
            self.odd.push((addr & mask, mask));
        }
    }

    /// Puts the networks into their order; call it once all are added.
    #[must_use]
    pub fn sorted(mut self) -> Networks {
        fn merge<T: Copy + Ord>(list: &mut Vec<(T, T)>) {
            list.sort_unstable();
            let mut last: Option<(T, T)> = None;
            list.retain(|&(low, high)| {
                let inside = last.is_some_and(|(l, h)| l <= low && high <= h);
                if !inside {
                    last = Some((low, high));
                }
                !inside
            });
        }
        merge(&mut self.v4);
        merge(&mut self.v6);
        self
    }

    /// Whether an address lies in one of them; IPv4 in IPv6 form counts as IPv4.
    #[must_use]
    pub fn contain(&self, addr: IpAddr) -> bool {
        fn find<T: Copy + Ord>(list: &[(T, T)], a: T) -> bool {
            let after = list.partition_point(|&(low, _)| low <= a);
            after > 0 && a <= list[after - 1].1
        }
        match addr.to_canonical() {
            IpAddr::V4(a) => {
                let a = u32::from(a);
                find(&self.v4, a) || self.odd.iter().any(|&(net, mask)| a & mask == net)
            }
            IpAddr::V6(a) => find(&self.v6, u128::from(a)),
        }
    }
}

impl Match for Networks {
    fn matches(&self, sample: &Sample<'_>) -> bool {
        sample.as_addr().is_some_and(|a| self.contain(a))
    }
}

/// Where a text has to stand in the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Begin,
    End,
    Inside,
    /// A whole word between these delimiters.
    Word(&'static [u8]),
}

/// Values up to this length are compared without case on the stack.
const SHORT: usize = 256;

/// `beg`, `end`, `sub`, `dir`, `dom`.
#[derive(Debug)]
pub struct Texts {
    place: Place,
    ignore_case: bool,
    texts: Vec<Finder>,
}

#[derive(Debug)]
struct Finder {
    text: Vec<u8>,
    search: memchr::memmem::Finder<'static>,
}

impl Texts {
    /// A set of texts.
    #[must_use]
    pub fn new(place: Place, ignore_case: bool, texts: impl IntoIterator<Item = Vec<u8>>) -> Texts {
        let texts = texts
            .into_iter()
            .map(|mut text| {
                if ignore_case {
                    text.make_ascii_lowercase();
                }
                if let Place::Word(delimiters) = place {
                    text = trim_word(&text, delimiters).to_vec();
                }
                Finder { search: memchr::memmem::Finder::new(&text).into_owned(), text }
            })
            .collect();
        Texts { place, ignore_case, texts }
    }
}

fn trim_word<'t>(mut text: &'t [u8], delimiters: &[u8]) -> &'t [u8] {
    while let [first, rest @ ..] = text
        && delimiters.contains(first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && delimiters.contains(last)
    {
        text = rest;
    }
    text
}

/// Whether `word` stands in `text` between delimiters or ends (HAProxy's `match_word`).
fn has_word(text: &[u8], finder: &Finder, delimiters: &[u8]) -> bool {
    let is_edge = |at: Option<&u8>| at.is_none_or(|b| delimiters.contains(b));
    let mut from = 0;
    while let Some(found) = finder.search.find(&text[from..]) {
        let (start, end) = (from + found, from + found + finder.text.len());
        let before = start == 0 || delimiters.contains(&text[start - 1]);
        if before && is_edge(text.get(end)) {
            return true;
        }
        from = start + 1;
        if from > text.len() {
            break;
        }
    }
    false
}

impl Match for Texts {
    fn matches(&self, sample: &Sample<'_>) -> bool {
        let mut scratch = Vec::new();
        let (mut short, mut long) = ([0; SHORT], Vec::new());
        let mut text = sample.as_bytes(&mut scratch);
        if self.ignore_case && self.place != Place::Begin && self.place != Place::End {
            // Nearly every value is short: no memory is asked for.
            let lower = match short.get_mut(..text.len()) {
                Some(lower) => {
                    lower.copy_from_slice(text);
                    lower
                }
                None => {
                    long.extend_from_slice(text);
                    &mut long[..]
                }
            };
            lower.make_ascii_lowercase();
            text = lower;
        }
        let same = |a: &[u8], b: &[u8]| if self.ignore_case { a.eq_ignore_ascii_case(b) } else { a == b };
        self.texts.iter().any(|f| {
            let n = f.text.len();
            match self.place {
                Place::Begin => text.len() >= n && same(&text[..n], &f.text),
                Place::End => text.len() >= n && same(&text[text.len() - n..], &f.text),
                Place::Inside => f.search.find(text).is_some(),
                Place::Word(delimiters) => has_word(text, f, delimiters),
            }
        })
    }
}

/// `str` and `bin`: the whole value is one of them.
#[derive(Debug)]
pub struct Exact {
    ignore_case: bool,
    values: AHashSet<Box<[u8]>>,
}

impl Exact {
    /// A set of values.
    #[must_use]
    pub fn new(ignore_case: bool, values: impl IntoIterator<Item = Vec<u8>>) -> Exact {
        let fold = |mut v: Vec<u8>| {
            if ignore_case {
                v.make_ascii_lowercase();
            }
            v.into_boxed_slice()
        };
        Exact { ignore_case, values: values.into_iter().map(fold).collect() }
    }
}

impl Match for Exact {
    fn matches(&self, sample: &Sample<'_>) -> bool {
        let mut scratch = Vec::new();
        let text = sample.as_bytes(&mut scratch);
        if self.ignore_case {
            // Short sets are compared in place, long ones by one folded copy.
            if self.values.len() <= 8 {
                return self.values.iter().any(|v| v.eq_ignore_ascii_case(text));
            }
            return self.values.contains(text.to_ascii_lowercase().as_slice());
        }
        self.values.contains(text)
    }
}

/// `reg`.
#[derive(Debug)]
pub struct Regexes(pub Vec<Regex>);

impl Match for Regexes {
    fn matches(&self, sample: &Sample<'_>) -> bool {
        let mut scratch = Vec::new();
        let text = sample.as_bytes(&mut scratch);
        self.0.iter().any(|r| r.is_match(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    fn text(t: &str) -> Sample<'_> {
        Sample::Str(Cow::Borrowed(t.as_bytes()))
    }

    fn texts(place: Place, icase: bool, list: &[&str]) -> Texts {
        Texts::new(place, icase, list.iter().map(|t| t.as_bytes().to_vec()))
    }

    #[test]
    fn words_stand_between_delimiters() {
        let dir = texts(Place::Word(b"/?"), false, &["/img/"]);
        for (t, want) in
            [("/img/a", true), ("/x/img", true), ("/imgs/a", false), ("/a?img", true), ("", false)]
        {
            assert_eq!(dir.matches(&text(t)), want, "{t}");
        }
        let dom = texts(Place::Word(b"/?.:"), true, &["Example"]);
        for (t, want) in [("www.example.com:80", true), ("examples.com", false), ("EXAMPLE", true)] {
            assert_eq!(dom.matches(&text(t)), want, "{t}");
        }
    }

    #[test]
    fn beginnings_ends_and_insides_with_and_without_case() {
        assert!(texts(Place::Begin, false, &["/a", "/b"]).matches(&text("/bc")));
        assert!(!texts(Place::Begin, false, &["/B"]).matches(&text("/bc")));
        assert!(texts(Place::End, true, &[".PNG"]).matches(&text("x.png")));
        assert!(texts(Place::Inside, true, &["AmP"]).matches(&text("exAMPle")));
        assert!(!texts(Place::Inside, false, &["amp"]).matches(&text("exAMPle")));
        for length in [SHORT - 1, SHORT, SHORT + 1] {
            let value = format!("{}AMP", "x".repeat(length - 3));
            assert!(texts(Place::Inside, true, &["amp"]).matches(&text(&value)), "{length}");
            assert!(!texts(Place::Inside, true, &["ampx"]).matches(&text(&value)), "{length}");
        }
    }

    #[test]
    fn networks_nest_and_odd_masks_hold() {
        let mut n = Networks::default();
        n.add("10.0.0.0".parse().unwrap(), 8);
        n.add("10.1.0.0".parse().unwrap(), 16);
        n.add("192.0.2.7".parse().unwrap(), 32);
        n.add("2001:db8::".parse().unwrap(), 32);
        n.add_mask(0x0a00_0001, 0xff00_00ff);
        let n = n.sorted();
        for (a, want) in [
            ("10.255.0.1", true),
            ("11.0.0.1", false),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("::ffff:10.1.2.3", true),
            ("2001:db8:1::", true),
            ("2001:db9::", false),
        ] {
            assert_eq!(n.contain(a.parse().unwrap()), want, "{a}");
        }
    }

    #[test]
    fn exact_values_fold_case_on_request() {
        let many: Vec<Vec<u8>> = (0..20).map(|i| format!("Host{i}").into_bytes()).collect();
        assert!(Exact::new(true, many.clone()).matches(&text("hOST7")));
        assert!(!Exact::new(false, many).matches(&text("host7")));
    }
}
