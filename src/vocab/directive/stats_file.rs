//! `stats-file` (3.x manual, 3.1).
use crate::plan::StatsFile;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "stats-file",
    sections: row::GLOBAL,
    no: false,
    doc: "stats-file <path>: what `dump stats-file` of an earlier process printed: objects with the same `guid` count on from \
          there.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(word) = words.get(1) else {
        let text = "'stats-file' expects one argument: a file path.";
        return Err(
            Diag::alert(row::place(words, 1), text).help("write `stats-file /var/lib/ringmain/stats`")
        );
    };
    cx.at_most(words, 1)?;
    cx.global().stats_file = Some(StatsFile { path: word.text().into(), text: None });
    Ok(())
}
