//! `source` (manual 4.2).
use crate::plan::draft::Settings;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use crate::vocab::{address, server};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "source",
    sections: row::BACKENDS,
    no: false,
    doc: "source <addr>[:<port>] [interface <name>]: the address that connections to the servers come from. `usesrc` is not \
          built yet.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(word) = words.get(1) else {
        let text =
            "'source' expects <addr>[:<port>], and optionally 'usesrc' <addr>, and 'interface' <name>.";
        return Err(Diag::alert(row::place(words, 1), text));
    };
    let addr = server::source_address(&address::expand(word.text(), cx.env))
        .map_err(|inner| Diag::alert(word.span, format!("'source {}' : {inner}\n", word.text())))?;
    let mut interface = None;
    match row::text(words, 2) {
        "" => {}
        "interface" => match words.get(3) {
            Some(name) => interface = Some(name.text().to_owned()),
            None => return Err(Diag::alert(row::place(words, 3), "'interface' : missing interface name.")),
        },
        "usesrc" => {
            return Err(row::not_built(words[2].span, "source usesrc", row::section_name(cx.section)));
        }
        _ => {
            let text = "'source' only supports optional keywords 'interface' and 'usesrc'.";
            return Err(Diag::alert(words[2].span, text));
        }
    }
    let settings: &mut Settings = &mut cx.proxy().settings;
    settings.source = addr;
    settings.source_interface = interface;
    Ok(())
}
