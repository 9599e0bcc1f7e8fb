//! `bind-process` (manual 4.2): of the days of several processes; 2.6 warns that it has no effect.
use crate::syntax::{Diag, Word};
use crate::vocab::row::{DirectiveCx, DirectiveRow, PROXIES};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "bind-process",
    sections: PROXIES,
    no: false,
    doc: "bind-process [all | odd | even | <number>[-[<number>]]] …: had a meaning when there were several processes.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    for word in &words[1..] {
        let text = word.text();
        if matches!(text, "all" | "odd" | "even") {
            continue;
        }
        let number = |text: &str| text.parse::<i64>().ok();
        let (low, high) = match text.split_once('-') {
            Some((low, "")) => (number(low), Some(1)),
            Some((low, high)) => (number(low), number(high)),
            None => (number(text), number(text)),
        };
        let message = match (low, high) {
            (Some(1), Some(1)) => continue,
            (Some(_), Some(_)) => " It supports numbers from 1 to 1.\n",
            _ => "",
        };
        let text = format!("bind-process : '{text}' is not a valid number/range.{message}");
        return Err(Diag::alert(word.span, text).help("remove the line: there is one process"));
    }
    let text = "'bind-process' has no effect, is deprecated, and will be removed in version 2.7.";
    cx.diags.push(Diag::warning(words[0].span, text).tight().help("remove it"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn messages_are_haproxys() {
        let says = |line: &str| bench(BACKEND, line).says().to_owned();
        let idle = "'bind-process' has no effect, is deprecated, and will be removed in version 2.7.";
        for line in
            ["bind-process", "bind-process 1", "bind-process odd", "bind-process 1-", "bind-process all 1-1"]
        {
            assert_eq!(says(line), idle, "{line}");
        }
        assert_eq!(says("bind-process x"), "bind-process : 'x' is not a valid number/range.");
        assert_eq!(
            says("bind-process 1 2"),
            "bind-process : '2' is not a valid number/range. It supports numbers from 1 to 1.\n"
        );
    }
}
