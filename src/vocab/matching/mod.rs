//! Pattern matching methods (`-m`), one row a file (configuration manual, 7.1.1 to 7.1.6).
use crate::rules::list::Flags;
use crate::rules::pattern::Index;
use crate::rules::sample::Kind;

macro_rules! rows {
    ($($module:ident)*) => {
        $(mod $module;)*
        /// Every method, sorted by file.
        pub static ROWS: &[MatchRow] = &[$($module::ROW),*];
    };
}

rows! { beg bin bool_ dir dom end found int ip len reg str_ sub }

/// One method.
pub struct MatchRow {
    pub name: &'static str,
    /// One paragraph of manual.
    pub doc: &'static str,
    /// The types it can be used on.
    pub takes: &'static [Kind],
    /// It wants no patterns.
    pub bare: bool,
    /// An empty set.
    pub make: fn(Flags) -> Box<dyn Index>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_documented_and_unique() {
        for row in ROWS {
            assert!(row.doc.ends_with('.'), "{}", row.name);
            assert_eq!(ROWS.iter().filter(|r| r.name == row.name).count(), 1);
        }
    }
}
