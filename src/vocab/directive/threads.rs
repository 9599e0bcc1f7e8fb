//! The other words about processes and threads (manual 3.1).
use crate::base::units::leading_int;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROWS: &[DirectiveRow] = &[
    DirectiveRow {
        name: "nbproc",
        sections: row::GLOBAL,
        no: false,
        doc: "nbproc: gone since HAProxy 2.5; threads took its place.",
        parse: |_, words| {
            let text = "nbproc is not supported any more since HAProxy 2.5. Threads will automatically be used on \
                        multi-processor machines if available.";
            Err(Diag::alert(words[0].span, text).help("write `nbthread` with that number, or nothing"))
        },
    },
    DirectiveRow {
        name: "numa-cpu-mapping",
        sections: row::GLOBAL,
        no: true,
        doc: "[no] numa-cpu-mapping: whether HAProxy keeps to one CPU socket by itself. Ringmain uses every core it may.",
        parse: |cx, words| {
            // HAProxy passes over what stands behind it.
            cx.pointless(&words[0]);
            Ok(())
        },
    },
    DirectiveRow {
        name: "thread-groups",
        sections: row::GLOBAL,
        no: false,
        doc: "thread-groups <number>: groups of threads. Ringmain has one group, which is also HAProxy's default.",
        parse: thread_groups,
    },
];

fn thread_groups(_: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let text = row::text(words, 1);
    let at = row::place(words, 1);
    match text.parse::<i64>() {
        Err(_) => Err(Diag::alert(
            at,
            format!("'thread-groups' passed a missing or unparsable integer value in '{text}'"),
        )),
        Ok(1) => Ok(()),
        Ok(_) if leading_int(text) <= 0 => {
            Err(Diag::alert(at, format!("'thread-groups' value must be between 1 and 1 (was {text})")))
        }
        Ok(_) => Err(Diag::alert(at, "'thread-groups': Ringmain has one group of threads")
            .help("write `thread-groups 1`")),
    }
}
