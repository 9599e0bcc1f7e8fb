//! `stick-table` (manual 4.2).
use crate::base::units::{TimeError, TimeUnit, leading_int, parse_size, parse_time};
use crate::plan::persist::StickTable;
use crate::share::table::{Column, KeyKind, Kind, Layout, Spec, Stored};
use crate::syntax::{Diag, Word};
use crate::vocab::expr::split_expr;
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use std::time::Duration;

pub const ROW: DirectiveRow = DirectiveRow {
    name: "stick-table",
    sections: row::PROXIES,
    no: false,
    doc: "stick-table type { ip | integer | string [len <length>] | binary [len <length>] | ipv6 } size <size> \
          [expire <expire>] [nopurge] [srvkey <srvkey>] [store <data_type>]*: the table of this section, shared by all cores. \
          Of the data the server of a key is used; the others are kept for rules that count.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if cx.in_defaults() {
        let text = "'stick-table' is not supported in 'defaults' section.";
        return Err(Diag::alert(words[0].span, text));
    }
    not_twice(cx, words)?;
    let mut table = Reader {
        key: None,
        size: 0,
        expire: None,
        nopurge: false,
        by_address: false,
        layout: Layout::default(),
    };
    let mut at = 1;
    while at < words.len() {
        at = table.word(cx, words, at)?;
    }
    if table.size == 0 {
        return Err(wrong(words, words.len(), "missing size."));
    }
    let Some(key) = table.key else { return Err(wrong(words, words.len(), "missing type.")) };
    overlaps(words, &table.layout)?;
    let Reader { size, expire, nopurge, by_address, layout, .. } = table;
    let spec = Spec { key, size: size as usize, expire, nopurge, layout };
    let proxy = cx.proxy();
    let name = proxy.name.clone();
    proxy.persistence.table = Some(StickTable { name, spec, by_address, at: words[0].span });
    Ok(())
}

fn wrong(words: &[Word], at: usize, text: impl std::fmt::Display) -> Diag {
    Diag::alert(row::place(words, at), format!("stick-table: {text}"))
}

/// Tables have the names of their proxies, and these must not be equal.
fn not_twice(cx: &DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let name = cx.draft.proxies.last().map_or("", |p| p.name.as_str());
    let other = cx.draft.proxies.iter().find(|p| p.name == name && p.persistence.table.is_some());
    let Some((proxy, table)) = other.and_then(|p| Some((p, p.persistence.table.as_ref()?))) else {
        return Ok(());
    };
    let text = format!(
        "stick-table name '{name}' conflicts with table declared in {} '{name}' at {}.",
        proxy.kind.type_name(),
        cx.place(table.at)
    );
    Err(Diag::alert(words[0].span, text).help("a section has one table"))
}

/// What the words said.
struct Reader {
    key: Option<KeyKind>,
    size: u32,
    expire: Option<Duration>,
    nopurge: bool,
    by_address: bool,
    layout: Layout,
}

impl Reader {
    /// Reads the word at `at` with its arguments; gives the place of the next.
    fn word(&mut self, cx: &mut DirectiveCx<'_>, words: &[Word], at: usize) -> Result<usize, Diag> {
        match words[at].text() {
            "size" => {
                let word = argument(words, at)?;
                self.size = parse_size(word.text()).map_err(|e| unexpected(word, e.at, e.found, "size"))?;
            }
            "expire" => {
                let time = expire(words, argument(words, at)?)?;
                self.expire = Some(time).filter(|t| !t.is_zero());
            }
            "nopurge" => {
                self.nopurge = true;
                return Ok(at + 1);
            }
            "type" => return self.key_type(words, at + 1),
            "store" => {
                if let Some(list) = words.get(at + 1) {
                    self.store(cx, list)?;
                }
            }
            "srvkey" => match row::text(words, at + 1) {
                "name" => self.by_address = false,
                "addr" => self.by_address = true,
                other => {
                    let text = format!("stick-table : unknown server key type '{other}'.");
                    return Err(Diag::alert(row::place(words, at + 1), text).help("`name` or `addr`"));
                }
            },
            word @ ("peers" | "write-to" | "recv-only" | "brates-factor") => {
                let what = format!("stick-table {word}");
                return Err(row::not_built(words[at].span, &what, row::section_name(cx.section)));
            }
            other => return Err(wrong(words, at, format!("unknown argument '{other}'."))),
        }
        Ok(at + 2)
    }

    fn key_type(&mut self, words: &[Word], at: usize) -> Result<usize, Diag> {
        let unknown = |at: usize| wrong(words, at, format!("unknown type '{}'.", row::text(words, at)));
        let (mut len, mut next) = (32, at + 1);
        let name = row::text(words, at);
        if matches!(name, "string" | "binary") && row::text(words, next) == "len" {
            len = usize::try_from(leading_int(row::text(words, next + 1)))
                .ok()
                .filter(|len| (1..=65_536).contains(len))
                .ok_or_else(|| unknown(next + 1))?;
            next += 2;
        }
        self.key = Some(match name {
            "ip" | "ipv4" => KeyKind::Ip,
            "ipv6" => KeyKind::Ipv6,
            "integer" => KeyKind::Integer,
            "string" => KeyKind::String(len),
            "binary" => KeyKind::Binary(len),
            _ => return Err(unknown(at)),
        });
        Ok(next)
    }

    /// `conn_rate(3s),gpc0`.
    fn store(&mut self, cx: &mut DirectiveCx<'_>, list: &Word) -> Result<(), Diag> {
        let say = |text: String| Diag::alert(list.span, format!("stick-table: {text}"));
        let Ok(calls) = split_expr(list.text()) else {
            return Err(say(format!("unknown store option '{}'.", list.text())));
        };
        for call in calls {
            let name = call.name.as_str();
            if matches!(name, "glitch_cnt" | "glitch_rate") {
                // They count what is odd in HTTP/2.
                let section = row::section_name(cx.section);
                return Err(row::not_built(list.span, &format!("stick-table store {name}"), section));
            }
            let Some(kind) = Kind::ALL.iter().copied().find(|k| k.name() == name) else {
                return Err(say(format!("unknown store option '{name}'.")));
            };
            let column = column(kind, call.args.as_deref().unwrap_or_default()).map_err(say)?;
            if !self.layout.add(column) {
                let text = format!("stick-table: store option '{name}' already enabled, ignored.");
                cx.diags.push(Diag::warning(list.span, text).tight());
            }
        }
        Ok(())
    }
}

/// A kind with its arguments: how many, and in which time.
fn column(kind: Kind, args: &[String]) -> Result<Column, String> {
    let name = kind.name();
    let wanted = usize::from(kind.is_array()) + usize::from(kind.stored() == Stored::Rate);
    match args.len() {
        n if n < wanted => return Err(format!("missing argument to store option '{name}'.")),
        n if n > wanted => return Err(format!("unexpected argument to store option '{name}'.")),
        _ => {}
    }
    let mut args = args.iter();
    let mut column = Column { kind, count: 1, period: Duration::ZERO };
    if kind.is_array() {
        let count = leading_int(args.next().map_or("", String::as_str));
        column.count = usize::try_from(count).ok().filter(|n| (1..=100).contains(n)).ok_or_else(|| {
            format!("array size is out of allowed range (1-100) for store option '{name}'.")
        })?;
    }
    if kind.stored() == Stored::Rate {
        let period = parse_time(args.next().map_or("", String::as_str), TimeUnit::Millis);
        let time = period.ok().map(|t| t.duration()).filter(|t| !t.is_zero());
        column.period = time.ok_or_else(|| format!("error when processing store option '{name}'."))?;
    }
    Ok(column)
}

/// Arrays take the place of the counters of the same name.
fn overlaps(words: &[Word], layout: &Layout) -> Result<(), Diag> {
    let has = |kind: Kind| layout.find(kind).is_some();
    let (new, old) = if has(Kind::Gpt) && has(Kind::Gpt0) {
        ("gpt", "gpt0")
    } else if has(Kind::Gpc) && (has(Kind::Gpc0) || has(Kind::Gpc1)) {
        ("gpc", "gpc[0/1]")
    } else if has(Kind::GpcRate) && (has(Kind::Gpc0Rate) || has(Kind::Gpc1Rate)) {
        ("gpc_rate", "gpc[0/1]_rate")
    } else {
        return Ok(());
    };
    let text = format!(
        "simultaneous usage of '{new}' and '{old}' in a same table is not permitted as '{new}' overrides '{old}'."
    );
    Err(wrong(words, 0, text))
}

fn argument(words: &[Word], at: usize) -> Result<&Word, Diag> {
    let missing = || wrong(words, at + 1, format!("missing argument after '{}'.", words[at].text()));
    words.get(at + 1).filter(|w| !w.text().is_empty()).ok_or_else(missing)
}

fn unexpected(word: &Word, at: usize, found: char, keyword: &str) -> Diag {
    let text = format!("stick-table: unexpected character '{found}' in argument of '{keyword}'.");
    Diag::alert(word.sub(at, 1), text)
}

fn expire(words: &[Word], word: &Word) -> Result<Duration, Diag> {
    parse_time(word.text(), TimeUnit::Millis).map(|t| t.duration()).map_err(|e| match e {
        TimeError::Unexpected { at, found } => unexpected(word, at, found, "expire"),
        _ => {
            let text = format!(
                "timer overflow in argument <{}> to <expire>, maximum value is 2147483647 ms (~24.8 days).",
                word.text()
            );
            Diag { span: Some(word.span), ..wrong(words, 0, text) }.tight()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::row::{BACKEND, bench};

    fn table(words: &str) -> Spec {
        let draft = bench(BACKEND, &format!("stick-table {words}")).ok();
        draft.proxies[0].persistence.table.clone().expect("a table").spec
    }

    #[test]
    fn every_word_has_its_own_place() {
        let t = table("type string len 9 size 2k expire 3s nopurge store gpc0,conn_rate(5s) store gpt(3)");
        assert_eq!((t.key, t.size, t.nopurge), (KeyKind::String(9), 2_048, true));
        assert_eq!(t.expire, Some(Duration::from_secs(3)));
        let columns: Vec<(&str, usize)> = t.layout.columns().map(|c| (c.kind.name(), c.count)).collect();
        assert_eq!(columns, [("gpc0", 1), ("conn_rate", 1), ("gpt", 3)]);
        assert_eq!(table("type binary size 1").key, KeyKind::Binary(32));
        assert_eq!(table("type ip size 1 expire 0").expire, None);
        assert_eq!(table("type ipv4 size 1").key, KeyKind::Ip);
        let refused = bench(BACKEND, "stick-table type ip size 1 store glitch_rate(1s)");
        assert!(
            refused
                .says()
                .contains("'stick-table store glitch_rate' in 'backend' section: Ringmain does not")
        );
    }

    /// The golden file `stick-words` has them all.
    #[test]
    fn messages_are_haproxys() {
        for (words, text) in [
            ("type ip", "stick-table: missing size."),
            ("size 5k", "stick-table: missing type."),
            ("type string len 0 size 5k", "stick-table: unknown type '0'."),
            ("type ip size 5k store conn_rate", "stick-table: missing argument to store option 'conn_rate'."),
            ("type ip size 5k store gpc0,gpc0", "stick-table: store option 'gpc0' already enabled, ignored."),
        ] {
            assert_eq!(bench(BACKEND, &format!("stick-table {words}")).says(), text);
        }
        let said = bench(BACKEND, "stick-table type ip size 5k peers p");
        assert!(said.says().ends_with("does not support this HAProxy keyword yet"));
    }
}
