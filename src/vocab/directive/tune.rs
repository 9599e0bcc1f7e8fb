//! `tune.*` (manual 3.2).
use crate::base::units::{TimeError, TimeUnit, leading_int, parse_size, parse_time};
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROWS: &[DirectiveRow] = &[
    row_of(
        "tune.bufsize",
        "tune.bufsize <bytes>: the size of a buffer, and of the largest request or answer head.",
        |cx, words| {
            cx.at_most(words, 1)?;
            let size = size(words)?;
            if size == 0 {
                return Err(expects(words, "a positive integer argument."));
            }
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
    inner("tune.buffers.limit", |cx, words| checked(cx, words, not_negative)),
    inner("tune.buffers.reserve", |cx, words| checked(cx, words, not_negative)),
    inner("tune.fd.edge-triggered", |cx, words| checked(cx, words, on_or_off)),
    inner("tune.idle-pool.shared", |cx, words| checked(cx, words, on_or_off)),
    inner("tune.idletimer", |cx, words| checked(cx, words, timer)),
    inner("tune.listener.multi-queue", |cx, words| checked(cx, words, on_fair_or_off)),
    inner("tune.maxpollevents", |cx, words| checked(cx, words, events)),
    inner("tune.pattern.cache-size", |cx, words| checked(cx, words, entries)),
    inner("tune.pipesize", |cx, words| checked(cx, words, |words| size(words).map(drop))),
    inner("tune.pool-high-fd-ratio", |cx, words| checked(cx, words, percent)),
    inner("tune.pool-low-fd-ratio", |cx, words| checked(cx, words, percent)),
    inner("tune.recv_enough", |cx, words| checked(cx, words, |words| size(words).map(drop))),
    inner("tune.runqueue-depth", |cx, words| checked(cx, words, |words| row::integer(words).map(drop))),
    inner("tune.sched.low-latency", |cx, words| checked(cx, words, on_or_off)),
];

const fn row_of(name: &'static str, doc: &'static str, parse: row::Parse) -> DirectiveRow {
    DirectiveRow { name, sections: row::GLOBAL, no: false, doc, parse }
}

/// Tunes a part of HAProxy's engine that Ringmain does not have.
const fn inner(name: &'static str, parse: row::Parse) -> DirectiveRow {
    let doc = "Tunes a part of HAProxy's engine that Ringmain does not have: accepted without effect.";
    row_of(name, doc, parse)
}

/// Notes such a word once its argument is what HAProxy takes.
fn checked(
    cx: &mut DirectiveCx<'_>,
    words: &[Word],
    check: fn(&[Word]) -> Result<(), Diag>,
) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    check(words)?;
    cx.pointless(&words[0]);
    Ok(())
}

/// `'tune.x' expects …`.
fn expects(words: &[Word], what: &str) -> Diag {
    Diag::alert(row::place(words, 1), format!("'{}' expects {what}", words[0].text()))
}

fn not_negative(words: &[Word]) -> Result<(), Diag> {
    let text = row::text(words, 1);
    if leading_int(text) < 0 {
        return Err(expects(words, &format!("a non-negative number but got '{text}'.")));
    }
    Ok(())
}

fn on_or_off(words: &[Word]) -> Result<(), Diag> {
    match row::text(words, 1) {
        "on" | "off" => Ok(()),
        other => Err(expects(words, &format!("either 'on' or 'off' but got '{other}'."))),
    }
}

fn on_fair_or_off(words: &[Word]) -> Result<(), Diag> {
    match row::text(words, 1) {
        "on" | "fair" | "off" => Ok(()),
        other => Err(expects(words, &format!("either 'on', 'fair', or 'off' but got '{other}'."))),
    }
}

fn timer(words: &[Word]) -> Result<(), Diag> {
    const MOST: u32 = 65_535;
    let (name, text) = (words[0].text(), row::text(words, 1));
    let range = || expects(words, &format!("a timer value between 0 and {MOST} ms."));
    if text.is_empty() {
        return Err(range());
    }
    match parse_time(text, TimeUnit::Millis) {
        Ok(time) if time.count <= MOST => Ok(()),
        Ok(_) => Err(range()),
        Err(TimeError::Unexpected { at, found }) => Err(Diag::alert(
            words[1].sub(at, 1),
            format!("unexpected character '{found}' in argument to <{name}>."),
        )),
        Err(_) => Err(Diag::alert(
            words[1].span,
            format!("timer overflow in argument <{text}> to <{name}>, maximum value is {MOST} ms."),
        )),
    }
}

fn events(words: &[Word]) -> Result<(), Diag> {
    if row::integer(words)? > 1_000_000 {
        return Err(expects(words, "an integer value lower than or equal to 1000000."));
    }
    Ok(())
}

fn entries(words: &[Word]) -> Result<(), Diag> {
    match words.get(1).map(|word| leading_int(word.text())) {
        Some(0..) => Ok(()),
        _ => Err(expects(words, "a positive numeric value")),
    }
}

fn percent(words: &[Word]) -> Result<(), Diag> {
    match words.get(1).map(|word| leading_int(word.text())) {
        Some(0..=100) => Ok(()),
        _ => Err(expects(words, "an integer argument between 0 and 100.")),
    }
}

/// A size, with a unit or without.
fn size(words: &[Word]) -> Result<u32, Diag> {
    row::integer(words)?;
    let word = &words[1];
    parse_size(word.text()).map_err(|e| {
        let rest = &word.text()[e.at..];
        let text = format!("unexpected '{rest}' after size passed to '{}'", words[0].text());
        Diag::alert(word.sub(e.at, rest.len()), text)
    })
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
        assert_eq!(bench(GLOBAL, "tune.bufsize 32k").ok().global.bufsize, Some(32_768));
        assert_eq!(
            bench(GLOBAL, "tune.bufsize 0").says(),
            "'tune.bufsize' expects a positive integer argument."
        );
        assert_eq!(
            bench(GLOBAL, "tune.http.maxhdr 0").says(),
            "'tune.http.maxhdr' expects a numeric value between 1 and 32767"
        );
    }

    /// What HAProxy 3.2.26 takes and says.
    #[test]
    fn words_without_meaning_are_checked() {
        let fine = "tune.buffers.limit\ntune.buffers.reserve 2\ntune.idle-pool.shared off\ntune.idletimer 65s\n\
                    tune.listener.multi-queue fair\ntune.maxpollevents 100\ntune.pattern.cache-size 0\n\
                    tune.pipesize 64k\ntune.pool-high-fd-ratio 100\ntune.recv_enough 10k\ntune.runqueue-depth x\n\
                    tune.sched.low-latency on";
        assert_eq!(bench(GLOBAL, fine).ok().pointless.len(), 12);
        for (line, want) in [
            ("tune.buffers.limit -1", "'tune.buffers.limit' expects a non-negative number but got '-1'."),
            (
                "tune.idle-pool.shared yes",
                "'tune.idle-pool.shared' expects either 'on' or 'off' but got 'yes'.",
            ),
            ("tune.sched.low-latency", "'tune.sched.low-latency' expects either 'on' or 'off' but got ''."),
            (
                "tune.listener.multi-queue 1",
                "'tune.listener.multi-queue' expects either 'on', 'fair', or 'off' but got '1'.",
            ),
            ("tune.idletimer 66s", "'tune.idletimer' expects a timer value between 0 and 65535 ms."),
            ("tune.idletimer 5k", "unexpected character 'k' in argument to <tune.idletimer>."),
            (
                "tune.maxpollevents 1000001",
                "'tune.maxpollevents' expects an integer value lower than or equal to 1000000.",
            ),
            ("tune.pattern.cache-size -1", "'tune.pattern.cache-size' expects a positive numeric value"),
            ("tune.pipesize 5s", "unexpected 's' after size passed to 'tune.pipesize'"),
            (
                "tune.pool-low-fd-ratio 101",
                "'tune.pool-low-fd-ratio' expects an integer argument between 0 and 100.",
            ),
            ("tune.recv_enough", "'tune.recv_enough' expects an integer argument."),
            ("tune.runqueue-depth", "'tune.runqueue-depth' expects an integer argument."),
        ] {
            assert_eq!(bench(GLOBAL, line).says(), want, "{line}");
        }
    }
}
