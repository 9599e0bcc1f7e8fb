//! `stats show-modules`: what HAProxy counts by module, a cell for each.
use super::super::about;
use super::super::columns::Row;
use super::cells::{Cell, grouped};

/// The modules: what their columns' names begin with.
pub const NAMES: [&str; 3] = ["ssl", "h2", "h1"];

/// A cell for each module; an empty one where the row has no figure of it.
pub fn cells(row: &Row) -> impl Iterator<Item = Cell> {
    NAMES.into_iter().map(|module| {
        let figures =
            row.values().zip(about::COLUMNS).filter(|((name, _), _)| name.split('_').next() == Some(module));
        let tip: Vec<_> =
            figures.filter_map(|((_, value), about)| Some((about.2, grouped(value.number()?)))).collect();
        Cell { text: if tip.is_empty() { String::new() } else { module.to_owned() }, tip }
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::columns::Col;
    use super::*;

    #[test]
    fn figures_stand_with_their_module() {
        let mut row = Row::new();
        row.num(Col::SslSess, 1).num(Col::H1TotalStreams, 2_000);
        let all: Vec<Cell> = cells(&row).collect();
        assert_eq!(all.iter().map(|c| c.text.as_str()).collect::<Vec<_>>(), ["ssl", "", "h1"]);
        assert_eq!(all[2].tip, [("Total number of streams", "2\u{202f}000".to_owned())]);
    }
}
