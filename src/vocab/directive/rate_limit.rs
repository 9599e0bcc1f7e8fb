//! `rate-limit sessions` (manual 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "rate-limit",
    sections: row::PROXIES,
    no: false,
    doc: "rate-limit sessions <rate>: how many new connections a frontend accepts in a second; the others wait in the \
          kernel.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let what = row::text(words, 1);
    if what != "sessions" {
        let text = format!("'rate-limit' only supports 'sessions' (got '{what}')");
        return Err(Diag::alert(row::place(words, 1), text).help("write `rate-limit sessions 100`"));
    }
    let Some(word) = words.get(2) else {
        let text = "'rate-limit sessions' expects expects an integer value (in sessions/second)";
        return Err(Diag::alert(row::place(words, 2), text));
    };
    // HAProxy takes a negative number for a very large one.
    let bare =
        word.text().strip_prefix('-').unwrap_or(word.text()).trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = word.text().len() - bare.len();
    if let Some(found) = word.text()[digits..].chars().next() {
        let text = format!(
            "'rate-limit sessions' : unexpected character '{found}' in integer value '{}'",
            word.text()
        );
        return Err(Diag::alert(word.sub(digits, 1), text));
    }
    let before = cx.proxy().settings.rate_limit;
    if cx.section & row::FRONTENDS == 0 {
        let text = format!(
            "rate-limit sessions will be ignored because {} has no frontend capability",
            cx.proxy_name()
        );
        cx.warn(words[0].span, text);
    } else if before.is_some_and(|n| n > 0) && before != inherited(cx) && !cx.in_defaults() {
        cx.warn(words[0].span, "overwriting rate-limit sessions which was already specified");
    }
    cx.proxy().settings.rate_limit = Some(word.text().parse().unwrap_or(u32::MAX));
    Ok(())
}

/// What the defaults said: to replace it is no mistake.
fn inherited(cx: &mut DirectiveCx<'_>) -> Option<u32> {
    let from = cx.proxy().from?;
    cx.draft.proxies[from].settings.rate_limit
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, FRONTEND, bench};

    #[test]
    fn the_last_one_counts_and_messages_are_haproxys() {
        assert_eq!(
            bench(FRONTEND, "rate-limit sessions 10 11").ok().proxies[0].settings.rate_limit,
            Some(10)
        );
        let says = |line: &str| bench(FRONTEND, line).says().to_owned();
        assert_eq!(
            says("rate-limit sessions"),
            "'rate-limit sessions' expects expects an integer value (in sessions/second)"
        );
        assert_eq!(
            says("rate-limit sessions x"),
            "'rate-limit sessions' : unexpected character 'x' in integer value 'x'"
        );
        assert_eq!(says("rate-limit foo 1"), "'rate-limit' only supports 'sessions' (got 'foo')");
        assert_eq!(
            says("rate-limit sessions 10\nrate-limit sessions 11"),
            "overwriting rate-limit sessions which was already specified"
        );
        assert_eq!(
            bench(BACKEND, "rate-limit sessions 10").says(),
            "rate-limit sessions will be ignored because backend 'p' has no frontend capability"
        );
    }
}
