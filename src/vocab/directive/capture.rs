//! `capture cookie`, `capture request header`, `capture response header` (manual 4.2).
use crate::base::units::leading_int;
use crate::plan::logging::{Capture, CookieCapture};
use crate::syntax::{Diag, Severity, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "capture",
    sections: row::FRONTEND | row::LISTEN,
    no: false,
    doc: "capture cookie <name> len <length>, capture request|response header <name> len <length>: what log lines show of a \
          message.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    match (row::text(words, 1), row::text(words, 2)) {
        ("cookie", _) => cookie(cx, words),
        (direction @ ("request" | "response"), "header") => {
            if row::text(words, 3).is_empty()
                || row::text(words, 4) != "len"
                || row::text(words, 5).is_empty()
            {
                let text = format!("'capture {direction}' expects 'header' <header_name> 'len' <len>.");
                return Err(Diag::alert(row::place(words, 3), text));
            }
            cx.at_most_after(words, 1, 4)?;
            let capture = Capture { name: words[3].text().to_ascii_lowercase(), len: length(words, 5) };
            let captures = &mut cx.proxy().captures;
            let list = if direction == "request" { &mut captures.request } else { &mut captures.response };
            list.push(capture);
            Ok(())
        }
        _ => {
            let text = "'capture' expects 'cookie' or 'request header' or 'response header'.";
            Err(Diag::alert(row::place(words, 1), text))
        }
    }
}

fn length(words: &[Word], at: usize) -> usize {
    leading_int(row::text(words, at)).clamp(0, 1 << 20) as usize
}

fn cookie(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if row::text(words, 2).is_empty() || row::text(words, 3) != "len" || row::text(words, 4).is_empty() {
        let text = "'capture' expects 'cookie' <cookie_name> 'len' <len>.";
        return Err(Diag::alert(row::place(words, 2), text));
    }
    cx.at_most_after(words, 1, 3)?;
    let mut len = length(words, 4);
    let most = cx.global().cookie_bytes;
    if len > most {
        let text = format!("truncating capture length to {most} bytes for {}.", cx.proxy_name());
        cx.diags.push(Diag::bare(Severity::Warning, Some(words[4].span), text));
        len = most;
    }
    cx.proxy().captures.cookie = Some(CookieCapture { name: words[2].text().to_owned(), len });
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{FRONTEND, bench};

    #[test]
    fn what_is_captured() {
        let draft = bench(
            FRONTEND,
            "capture request header Host len 10\ncapture response header X len 0\ncapture cookie S= len 9",
        )
        .ok();
        let captures = &draft.proxies[0].captures;
        assert_eq!((captures.request[0].name.as_str(), captures.request[0].len), ("host", 10));
        assert_eq!((captures.response.len(), captures.cookie.as_ref().unwrap().len), (1, 9));
        let says = |line: &str| bench(FRONTEND, line).says().to_owned();
        assert_eq!(
            says("capture foo"),
            "'capture' expects 'cookie' or 'request header' or 'response header'."
        );
        assert_eq!(
            says("capture request header X"),
            "'capture request' expects 'header' <header_name> 'len' <len>."
        );
        assert_eq!(says("capture cookie X"), "'capture' expects 'cookie' <cookie_name> 'len' <len>.");
        assert_eq!(
            says("capture cookie X len 70"),
            "truncating capture length to 63 bytes for frontend 'p'."
        );
        assert_eq!(
            says("capture request header X len 10 y"),
            "'capture request' cannot handle unexpected argument 'y'."
        );
    }
}
