//! `tune.http.logurilen`, `tune.http.cookielen`: how much of an exchange goes into log lines (manual 3.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROWS: &[DirectiveRow] = &[
    DirectiveRow {
        name: "tune.http.logurilen",
        sections: row::GLOBAL,
        no: false,
        doc: "tune.http.logurilen <bytes>: how much of a request's line a log line has; 1023 when nothing is said.",
        parse: |cx, words| {
            cx.global().line_bytes = bytes(cx, words)?;
            Ok(())
        },
    },
    DirectiveRow {
        name: "tune.http.cookielen",
        sections: row::GLOBAL,
        no: false,
        doc: "tune.http.cookielen <bytes>: the most that `capture cookie` keeps, 63 when nothing is said.",
        parse: |cx, words| {
            cx.global().cookie_bytes = bytes(cx, words)?;
            Ok(())
        },
    },
];

fn bytes(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<usize, Diag> {
    cx.at_most(words, 1)?;
    let bytes = row::positive(row::integer(words)?).and_then(|n| usize::try_from(n).ok());
    bytes.ok_or_else(|| {
        let text = format!("'{}' expects a number of bytes, at least 1.", words[0].text());
        Diag::alert(words[1].span, text).help("e.g. 2048")
    })
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{GLOBAL, bench};

    #[test]
    fn lengths() {
        let global = bench(GLOBAL, "tune.http.logurilen 4096\ntune.http.cookielen 128").ok().global;
        assert_eq!((global.line_bytes, global.cookie_bytes), (4_096, 128));
        let global = bench(GLOBAL, "nbthread 1").ok().global;
        assert_eq!((global.line_bytes, global.cookie_bytes), (1_023, 63));
        let says = |text| bench(GLOBAL, text).says().to_owned();
        assert_eq!(says("tune.http.logurilen"), "'tune.http.logurilen' expects an integer argument.");
        assert_eq!(
            says("tune.http.cookielen x"),
            "'tune.http.cookielen' expects a number of bytes, at least 1."
        );
        assert_eq!(
            says("tune.http.logurilen 4 5"),
            "'tune.http.logurilen' cannot handle unexpected argument '5'."
        );
    }
}
