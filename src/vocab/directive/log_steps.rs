//! `log-steps` (manual of HAProxy 3.1, 4.2).
use crate::rules::log_profile::{Step, Steps};
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "log-steps",
    sections: row::FRONTENDS,
    no: false,
    doc: "log-steps all|<step>,…: a log line at each of these steps (accept, request, connect, response, close) in place of \
          one for the whole.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    let Some(word) = words.get(1) else {
        return Err(Diag::alert(row::place(words, 1), "'log-steps' expects 'all' or a list of steps."));
    };
    let mut steps = Steps::default();
    let mut from = 0;
    for name in word.text().split(',') {
        if name == "all" {
            steps = Step::OF_EXCHANGES.iter().fold(steps, |all, (_, step)| all.with(*step));
        } else if let Some((_, step)) = Step::OF_EXCHANGES.iter().find(|(known, _)| *known == name) {
            steps = steps.with(*step);
        } else {
            let diag = Diag::alert(
                word.sub(from, name.len().max(1)),
                format!("'log-steps' : unknown step '{name}'."),
            );
            return Err(diag
                .help("accept, request, connect, response and close are steps")
                .near(name, Step::OF_EXCHANGES.iter().map(|s| s.0)));
        }
        from += name.len() + 1;
    }
    cx.proxy().settings.logging.steps = Some(steps);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::row::{FRONTEND, bench};

    #[test]
    fn steps_by_name() {
        let steps = |text: &str| bench(FRONTEND, text).ok().proxies[0].settings.logging.steps.unwrap();
        let some = steps("log-steps accept,close");
        assert!(some.has(Step::Accept) && some.has(Step::Close) && !some.has(Step::Connect));
        assert!(steps("log-steps all").has(Step::Response));
        assert_eq!(bench(FRONTEND, "log-steps closed").says(), "'log-steps' : unknown step 'closed'.");
        assert_eq!(bench(FRONTEND, "log-steps").says(), "'log-steps' expects 'all' or a list of steps.");
    }
}
