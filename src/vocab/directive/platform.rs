//! Switches of HAProxy's own engine and platform (manual 3.2) that have no counterpart in Ringmain's: they are accepted,
//! and told of in one diagnostic.
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow, Polarity};

pub const ROWS: &[DirectiveRow] = &[
    switch("busy-polling", true),
    switch("insecure-setuid-wanted", false),
    switch("no-memory-trimming", false),
    switch("noepoll", false),
    switch("noevports", false),
    switch("nogetaddrinfo", false),
    switch("nokqueue", false),
    switch("nopoll", false),
    switch("noreuseport", false),
    switch("nosplice", false),
    DirectiveRow {
        name: "set-dumpable",
        sections: row::GLOBAL,
        no: true,
        doc: "set-dumpable [ on | off ]: whether HAProxy may leave a core dump behind. Accepted without effect.",
        parse: set_dumpable,
    },
];

fn set_dumpable(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    // HAProxy looks no further behind `no`.
    if cx.polarity != Polarity::No {
        cx.at_most(words, 1)?;
        if !matches!(row::text(words, 1), "" | "on" | "off") {
            let text = format!(
                "'set-dumpable' only supports 'on' and 'off' as an argument, found '{}'.",
                words[1].text()
            );
            return Err(Diag::alert(words[1].span, text));
        }
    }
    cx.pointless(&words[0]);
    Ok(())
}

const fn switch(name: &'static str, no: bool) -> DirectiveRow {
    let doc = "A switch of HAProxy's own event loop or process. Ringmain has no such part: accepted without effect.";
    DirectiveRow {
        name,
        sections: row::GLOBAL,
        no,
        doc,
        parse: |cx, words| {
            cx.at_most(words, 0)?;
            cx.pointless(&words[0]);
            Ok(())
        },
    }
}
