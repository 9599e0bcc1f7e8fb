//! Switches of HAProxy's own engine and platform (manual 3.2) that have no counterpart in Ringmain's: they are accepted,
//! and told of in one diagnostic.
use crate::vocab::row::{self, DirectiveRow};

pub const ROWS: &[DirectiveRow] = &[
    switch("busy-polling", true),
    switch("insecure-fork-wanted", true),
    switch("insecure-setuid-wanted", false),
    switch("no-memory-trimming", false),
    switch("noepoll", false),
    switch("noevports", false),
    switch("nogetaddrinfo", false),
    switch("nokqueue", false),
    switch("nopoll", false),
    switch("noreuseport", false),
    switch("nosplice", false),
    switch("set-dumpable", true),
];

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
