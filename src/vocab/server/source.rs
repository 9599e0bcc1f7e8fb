//! `server … source` (manual 5.2).
use super::{ServerCx, ServerRow, source_address, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::{address, row};

pub const ROW: ServerRow = ServerRow {
    name: "source",
    arguments: 1,
    default_server: true,
    doc: "source <addr>[:<port>] [interface <name>]: the address that connections to the server come from. \
          `usesrc` is not built yet.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    let Some(word) = words.get(1) else {
        let text = "'source' expects <addr>[:<port>[-<port>]], and optionally 'usesrc' <addr>, and 'interface' <name> as \
                    argument.";
        return Err(wrong(words, text));
    };
    let inner = |inner: String| wrong(words, format!("'source {}' : {inner}", word.text()));
    cx.settings.source = source_address(&address::expand(word.text(), cx.line.env)).map_err(inner)?;
    match (row::text(words, 2), words.get(3)) {
        ("interface", Some(name)) => cx.settings.interface = Some(name.text().to_owned()),
        ("interface", None) => {
            return Err(Diag::alert(row::place(words, 3), "'source' : missing interface name"));
        }
        ("usesrc", _) => {
            return Err(row::not_built(
                words[2].span,
                "server source usesrc",
                row::section_name(cx.line.section),
            ));
        }
        _ => return Ok(0),
    }
    Ok(2)
}
