//! `declare capture` (manual 4.2).
use crate::base::units::leading_int;
use crate::plan::logging::Capture;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "declare",
    sections: row::FRONTEND | row::LISTEN,
    no: false,
    doc: "declare capture request|response len <length>: a place that `http-request capture … id` fills.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let error = |at: usize, text: &str| Err(Diag::alert(row::place(words, at), text));
    match row::text(words, 1) {
        "capture" => {}
        "" => {
            let text = "'declare' needs a second keyword that specify the type of declaration ('capture')";
            return error(1, text);
        }
        other => {
            return error(1, &format!("unknown declaration type '{other}' (supports 'capture')"));
        }
    }
    let response = match row::text(words, 2) {
        "request" => false,
        "response" => true,
        _ => return error(2, "'declare capture' requires a direction ('request' or 'response')"),
    };
    if row::text(words, 3) != "len" {
        return error(3, "'declare capture' requires a capture length ('len')");
    }
    let Some(len) = words.get(4).filter(|w| !w.text().is_empty()) else {
        let text = "'declare capture': 'len' requires a numeric value that represents the capture length";
        return error(4, text);
    };
    let len = leading_int(len.text());
    if len <= 0 {
        return error(4, "length must be > 0");
    }
    cx.at_most_after(words, 1, 3)?;
    let captures = &mut cx.proxy().captures;
    let list = if response { &mut captures.response } else { &mut captures.request };
    list.push(Capture { name: String::new(), len: len.min(1 << 20) as usize });
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{FRONTEND, bench};

    #[test]
    fn places() {
        let draft = bench(FRONTEND, "declare capture request len 10\ndeclare capture response len 4").ok();
        let captures = &draft.proxies[0].captures;
        assert_eq!((captures.request[0].len, captures.response[0].len), (10, 4));
        let says = |line: &str| bench(FRONTEND, line).says().to_owned();
        assert_eq!(says("declare capture request len 0"), "length must be > 0");
        assert_eq!(says("declare foo"), "unknown declaration type 'foo' (supports 'capture')");
        assert_eq!(
            says("declare capture foo len 1"),
            "'declare capture' requires a direction ('request' or 'response')"
        );
    }
}
