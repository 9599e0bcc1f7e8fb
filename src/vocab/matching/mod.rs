//! Pattern matching methods (`-m`), one row a file (configuration manual, 7.1.1 to 7.1.6).
use crate::rules::acl::Match;
use crate::rules::sample::Kind;

macro_rules! rows {
    ($($module:ident)*) => {
        $(mod $module;)*
        /// Every method, sorted by file.
        pub static ROWS: &[MatchRow] = &[$($module::ROW),*];
    };
}

rows! { beg bin bool_ dir dom end found int ip len reg str_ sub }

/// The words of an `acl` line that a method turns into patterns.
pub struct Patterns<'a> {
    pub words: &'a [Vec<u8>],
    /// `-i`.
    pub ignore_case: bool,
    /// `-n`: no names are looked up.
    pub no_dns: bool,
}

/// A pattern that could not be read: its index, and why.
pub type Refused = (usize, String);

/// One method.
pub struct MatchRow {
    pub name: &'static str,
    /// One paragraph of manual.
    pub doc: &'static str,
    /// The types it can be used on.
    pub takes: &'static [Kind],
    /// It wants no patterns.
    pub bare: bool,
    pub make: fn(&Patterns<'_>) -> Result<Box<dyn Match>, Refused>,
}

/// Types that have a text.
const TEXTS: &[Kind] = &[Kind::Str, Kind::Bin, Kind::Method, Kind::Int, Kind::Bool, Kind::Addr];

/// The row of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static MatchRow> {
    ROWS.iter().find(|row| row.name == name)
}

/// The method that a value of this type is matched with where the line names none.
#[must_use]
pub fn default_for(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "bool",
        Kind::Int => "int",
        Kind::Addr => "ip",
        Kind::Str | Kind::Method | Kind::Any | Kind::Same => "str",
        Kind::Bin => "bin",
    }
}

/// Reads ranges of numbers: `5`, `1:9`, `:9`, `1:`, with `eq ge gt le lt` before them, which holds on.
fn ranges(patterns: &Patterns<'_>) -> Result<crate::rules::pattern::Ranges, Refused> {
    let mut list = Vec::new();
    let mut operator = "eq";
    for (i, word) in patterns.words.iter().enumerate() {
        let text = String::from_utf8_lossy(word);
        if let Some(known) = ["eq", "ge", "gt", "le", "lt"].into_iter().find(|o| *o == text) {
            operator = known;
            continue;
        }
        let number = |t: &str| t.trim().parse::<i64>().map_err(|_| (i, format!("'{text}' is not a number")));
        let range = match (operator, text.split_once(':')) {
            ("eq", Some((low, high))) => {
                let low = if low.is_empty() { i64::MIN } else { number(low)? };
                let high = if high.is_empty() { i64::MAX } else { number(high)? };
                if low > high {
                    return Err((i, format!("'{text}' is not a valid number range")));
                }
                (low, high)
            }
            ("eq", None) => (number(&text)?, number(&text)?),
            ("ge", None) => (number(&text)?, i64::MAX),
            ("gt", None) => (number(&text)?.saturating_add(1), i64::MAX),
            ("le", None) => (i64::MIN, number(&text)?),
            ("lt", None) => (i64::MIN, number(&text)?.saturating_sub(1)),
            (other, _) => return Err((i, format!("'{other}' does not go with the range '{text}'"))),
        };
        list.push(range);
    }
    Ok(crate::rules::pattern::Ranges(list))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Result<Vec<(i64, i64)>, Refused> {
        let words: Vec<Vec<u8>> = words.iter().map(|w| w.as_bytes().to_vec()).collect();
        ranges(&Patterns { words: &words, ignore_case: false, no_dns: false }).map(|r| r.0)
    }

    #[test]
    fn operators_hold_for_what_follows() {
        assert_eq!(of(&["1:3", "7", ":0", "9:"]).unwrap(), [(1, 3), (7, 7), (i64::MIN, 0), (9, i64::MAX)]);
        assert_eq!(of(&["gt", "5", "lt", "-2"]).unwrap(), [(6, i64::MAX), (i64::MIN, -3)]);
        assert_eq!(of(&["ge", "1:2"]).unwrap_err().0, 1);
        assert_eq!(of(&["1", "x"]).unwrap_err(), (1, "'x' is not a number".to_owned()));
    }

    #[test]
    fn every_row_is_documented_and_unique() {
        for row in ROWS {
            assert!(row.doc.ends_with('.'), "{}", row.name);
            assert_eq!(ROWS.iter().filter(|r| r.name == row.name).count(), 1);
        }
    }
}
