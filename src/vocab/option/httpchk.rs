//! `option httpchk` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::check::{Ask, CheckOption, HttpOption, Text};
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};
use std::sync::Arc;

pub const ROW: OptionRow = OptionRow {
    name: "httpchk",
    sections: row::BACKENDS,
    http: false,
    no: false,
    doc: "option httpchk [<method>] [<uri>] [<version>]: health checks ask by HTTP, and 2xx and 3xx are good. OPTIONS / \
          HTTP/1.0 by default.",
    effect: Effect::Parse(parse),
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    if super::misplaced(cx, &ROW, &words[1]) {
        return Ok(());
    }
    cx.at_most_after(words, 1, 3)?;
    let arguments: Vec<&str> = words[2..].iter().map(Word::text).collect();
    let (method, uri) = match arguments.as_slice() {
        [] => ("OPTIONS", "/"),
        [uri] => ("OPTIONS", *uri),
        [method, uri, ..] => (*method, *uri),
    };
    let version = arguments.get(2).copied().unwrap_or("HTTP/1.0");
    // Before 2.2 header fields were hidden in the version: "HTTP/1.1\r\nHost:\ www". HAProxy still takes them.
    let (version, rest) = version.split_once("\r\n").unwrap_or((version, ""));
    let (fields, body) = rest.split_once("\r\n\r\n").unwrap_or((rest, ""));
    if !rest.is_empty() {
        let text = "'option httpchk' : hiding headers or body at the end of the version string is deprecated. Please, \
                    consider to use 'http-check send' directive instead.";
        cx.diags.push(Diag::warning(words[4].span, text).tight());
    }
    let text = |t: &str| Arc::new(Text::Plain(t.to_owned()));
    let headers = fields
        .lines()
        .filter_map(|l| l.split_once(':'))
        .map(|(n, v)| (n.to_ascii_lowercase(), text(v.trim())));
    let ask = Ask {
        method: Some(method.to_owned()),
        uri: Some(text(uri)),
        version: Some(version.to_owned()),
        headers: headers.collect(),
        body: (!body.is_empty()).then(|| text(body)),
    };
    let owner = cx.proxy().at;
    let checks = &mut cx.proxy().settings.check;
    let before = if checks.http.owner == Some(owner) { checks.http.steps.len() } else { 0 };
    checks.option = CheckOption::Http(HttpOption { ask, owner, before });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::row::{BACKEND, bench};

    fn of(line: &str) -> (String, String, String, usize) {
        match bench(BACKEND, line).draft.proxies[0].settings.check.option.clone() {
            CheckOption::Http(HttpOption { ask, .. }) => {
                let uri = match ask.uri.as_deref() {
                    Some(Text::Plain(uri)) => uri.clone(),
                    other => panic!("{other:?}"),
                };
                (ask.method.unwrap(), uri, ask.version.unwrap(), ask.headers.len())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_form() {
        let is = |m: &str, u: &str, v: &str, n| (m.to_owned(), u.to_owned(), v.to_owned(), n);
        assert_eq!(of("option httpchk"), is("OPTIONS", "/", "HTTP/1.0", 0));
        assert_eq!(of("option httpchk /up"), is("OPTIONS", "/up", "HTTP/1.0", 0));
        assert_eq!(of("option httpchk GET /up HTTP/1.1"), is("GET", "/up", "HTTP/1.1", 0));
        assert_eq!(of("option httpchk HEAD / HTTP/1.1\\r\\nHost:\\ www"), is("HEAD", "/", "HTTP/1.1", 1));
    }
}
