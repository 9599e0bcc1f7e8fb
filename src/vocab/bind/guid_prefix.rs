//! `bind … guid-prefix` (3.x manual, 5.1).
use super::{BindCx, BindRow, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::guid;

pub const ROW: BindRow = BindRow {
    name: "guid-prefix",
    arguments: 1,
    doc: "guid-prefix <prefix>: the names of the line's listeners in statistics files (`stats-file`): the prefix, `-`, and the \
          listener's place on the line, from 0. Only those that `option socket-stats` counts stand in one.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    let Some(word) = words.get(1) else {
        return Err(wrong(words, "'guid-prefix' : expects an argument".to_owned()));
    };
    for place in 0..cx.draft.addrs.len() {
        let name = format!("{}-{place}", word.text());
        guid::check(cx.line.draft, &name).map_err(|text| wrong(words, format!("'guid-prefix' : {text}")))?;
    }
    cx.draft.guid_prefix = Some(word.text().to_owned());
    Ok(())
}
