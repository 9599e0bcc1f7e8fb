//! `tune.*` (manual 3.2).
use crate::base::units::leading_int;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROWS: &[DirectiveRow] = &[
    row_of(
        "tune.bufsize",
        "tune.bufsize <bytes>: the size of a buffer, and of the largest request or answer head.",
        |cx, words| {
            cx.at_most(words, 1)?;
            let value = row::integer(words)?;
            let Some(size) = row::positive(value) else {
                return Err(Diag::alert(
                    words[1].span,
                    "'tune.bufsize' expects a positive integer argument.",
                ));
            };
            cx.global().bufsize = Some(size);
            Ok(())
        },
    ),
    row_of(
        "tune.http.maxhdr",
        "tune.http.maxhdr <1..32767>: the most header fields in one message.",
        |cx, words| {
            cx.at_most(words, 1)?;
            match leading_int(row::text(words, 1)) {
                n @ 1..=32_767 => cx.global().max_headers = Some(n as u32),
                _ => {
                    let text = "'tune.http.maxhdr' expects a numeric value between 1 and 32767";
                    return Err(Diag::alert(row::place(words, 1), text));
                }
            }
            Ok(())
        },
    ),
    row_of(
        "tune.maxaccept",
        "tune.maxaccept <number>: the most connections accepted in one turn; -1 is no limit.",
        |cx, words| {
            cx.at_most(words, 1)?;
            let value = row::integer(words)?;
            match i32::try_from(value) {
                Ok(n @ -1..) => {
                    cx.global().maxaccept = Some(n);
                    cx.pointless(&words[0]);
                }
                _ => {
                    let text = "'tune.maxaccept' expects -1 or an integer from 0 to INT_MAX.";
                    return Err(Diag::alert(words[1].span, text));
                }
            }
            Ok(())
        },
    ),
    row_of(
        "tune.maxrewrite",
        "tune.maxrewrite <bytes>: the room kept in a buffer for added headers.",
        |cx, words| {
            cx.at_most(words, 1)?;
            let value = row::integer(words)?;
            let Some(size) = row::positive(value) else {
                return Err(Diag::alert(
                    words[1].span,
                    "'tune.maxrewrite' expects a positive integer argument.",
                ));
            };
            cx.global().maxrewrite = Some(size);
            Ok(())
        },
    ),
    inner("tune.buffers.limit"),
    inner("tune.buffers.reserve"),
    inner("tune.fd.edge-triggered"),
    inner("tune.idle-pool.shared"),
    inner("tune.idletimer"),
    inner("tune.listener.multi-queue"),
    inner("tune.maxpollevents"),
    inner("tune.pattern.cache-size"),
    inner("tune.pipesize"),
    inner("tune.pool-high-fd-ratio"),
    inner("tune.pool-low-fd-ratio"),
    inner("tune.recv_enough"),
    inner("tune.runqueue-depth"),
    inner("tune.sched.low-latency"),
];

const fn row_of(name: &'static str, doc: &'static str, parse: row::Parse) -> DirectiveRow {
    DirectiveRow { name, sections: row::GLOBAL, no: false, doc, parse }
}

/// Tunes a part of HAProxy's engine that Ringmain does not have.
const fn inner(name: &'static str) -> DirectiveRow {
    let doc = "Tunes a part of HAProxy's engine that Ringmain does not have: accepted without effect.";
    row_of(name, doc, pointless)
}

fn pointless(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    if words.len() < 2 {
        return Err(Diag::alert(row::place(words, 1), format!("'{}' expects an argument.", words[0].text())));
    }
    cx.pointless(&words[0]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{GLOBAL, bench};

    #[test]
    fn limits_and_words_without_meaning() {
        let draft =
            bench(GLOBAL, "tune.bufsize 32768\ntune.http.maxhdr 256\ntune.maxaccept -1\ntune.idletimer 5")
                .ok();
        assert_eq!(draft.global.bufsize, Some(32_768));
        assert_eq!((draft.global.max_headers, draft.global.maxaccept), (Some(256), Some(-1)));
        assert_eq!(draft.pointless[1].0, "tune.idletimer");
        assert_eq!(
            bench(GLOBAL, "tune.bufsize 0").says(),
            "'tune.bufsize' expects a positive integer argument."
        );
        assert_eq!(
            bench(GLOBAL, "tune.http.maxhdr 0").says(),
            "'tune.http.maxhdr' expects a numeric value between 1 and 32767"
        );
    }
}
