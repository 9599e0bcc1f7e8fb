//! `retry-on` (manual 4.2).
use crate::plan::RetryOn;
use crate::plan::draft::ProxyKind;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "retry-on",
    sections: row::PROXIES,
    no: false,
    doc: "retry-on <keyword> …: after which failures a request is sent again: none, conn-failure (the default), \
          empty-response, junk-response, response-timeout, 0rtt-rejected, all-retryable-errors, or a status.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if cx.proxy().kind == ProxyKind::Frontend {
        let text = "'retry-on' only available in backend or listen section";
        return Err(Diag::alert(words[0].span, text).help("move it to the backend"));
    }
    let mut on = RetryOn::NONE;
    if words.len() < 2 {
        let text = "'retry-on' needs at least one keyword to specify when to retry";
        return Err(Diag::alert(row::place(words, 1), text));
    }
    for word in &words[1..] {
        match word.text() {
            "none" if words.len() == 2 => {}
            "none" => return Err(Diag::alert(word.span, "'retry-on' 'none' keyworld only usable alone")),
            "conn-failure" => on.conn_failure = true,
            "empty-response" => on.empty_response = true,
            "junk-response" => on.junk_response = true,
            "response-timeout" => on.response_timeout = true,
            // Early data comes with TLS; without it nothing of it can be rejected.
            "0rtt-rejected" => {}
            "all-retryable-errors" => {
                let statuses = on.statuses;
                on = RetryOn {
                    conn_failure: true,
                    empty_response: true,
                    junk_response: true,
                    response_timeout: true,
                    statuses,
                };
                for status in [500, 502, 503, 504] {
                    on.add_status(status);
                }
            }
            text if text.parse().is_ok_and(|status| on.add_status(status)) => {}
            text => {
                let known = ["none", "conn-failure", "empty-response", "junk-response", "response-timeout"]
                    .into_iter()
                    .chain(["0rtt-rejected", "all-retryable-errors"]);
                let diag = Diag::alert(word.span, format!("'retry-on': unknown keyword '{text}'"));
                return Err(diag.near(text, known));
            }
        }
    }
    cx.proxy().settings.retry_on = on;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn statuses_are_those_of_3_2() {
        let all = [401, 403, 404, 408, 421, 425, 429, 500, 501, 502, 503, 504];
        let line = all.iter().fold("retry-on".to_owned(), |line, status| format!("{line} {status}"));
        let draft = bench(BACKEND, &line).ok();
        let on = draft.proxies[0].settings.retry_on;
        assert!(all.iter().all(|status| on.has_status(*status)) && !on.has_status(400));
        assert_eq!(bench(BACKEND, "retry-on 400").says(), "'retry-on': unknown keyword '400'");
    }
}
