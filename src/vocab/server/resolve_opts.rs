//! `server … resolve-opts` (manual 5.2).
use super::{ServerCx, ServerRow, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: ServerRow = ServerRow {
    name: "resolve-opts",
    arguments: 1,
    default_server: true,
    doc: "resolve-opts <option>[,<option>]: allow-dup-ip (servers of a backend may share an address), prevent-dup-ip \
          (they may not, the default), ignore-weight (of SRV records).",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    for option in row::text(words, 1).split(',').filter(|o| !o.is_empty()) {
        let wishes = &mut cx.settings.wishes;
        match option {
            "allow-dup-ip" => wishes.duplicates = true,
            "prevent-dup-ip" => wishes.duplicates = false,
            "ignore-weight" => wishes.ignore_weight = true,
            other => {
                let text = format!(
                    "'resolve-opts' : unknown resolve-opts option '{other}', supported methods are 'allow-dup-ip', \
                     'ignore-weight', and 'prevent-dup-ip'."
                );
                return Err(wrong(words, text));
            }
        }
    }
    Ok(0)
}
