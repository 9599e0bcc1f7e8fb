//! Words of older HAProxy versions: 2.6 refuses them, and says what to write today. So do we.
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROWS: &[DirectiveRow] = &[
    gone("appsession", |_, words| {
        Err(Diag::alert(words[0].span, "'appsession' is not supported anymore since HAProxy 1.6."))
    }),
    gone("block", |_, words| {
        let text = "The 'block' directive is not supported anymore since HAProxy 2.1. Use 'http-request deny' which uses the \
                    exact same syntax.";
        Err(Diag::alert(words[0].span, text)
            .help(format!("write `http-request deny {}`", row::joined(&words[1..]))))
    }),
    gone("clitimeout", timeout),
    gone("contimeout", timeout),
    gone("monitor-net", |_, words| {
        let what = row::text(words, 1);
        let text = format!(
            "'monitor-net' doesn't exist anymore. Please use 'http-request return status 200 if {{ src {what} }}' instead."
        );
        Err(Diag::alert(words[0].span, text))
    }),
    gone("redisp", redispatch),
    gone("redispatch", redispatch),
    gone("reqadd", |_, words| since_2_1(words, "Use 'http-request add-header' instead.")),
    gone("reqallow", |_, words| since_2_1(words, "Use 'http-request allow' instead.")),
    gone("reqdel", |_, words| since_2_1(words, "Use 'http-request del-header' instead.")),
    gone("reqdeny", |_, words| not_2_1(words, "Use 'http-request deny' instead.")),
    gone("reqiallow", |_, words| since_2_1(words, "Use 'http-request allow' instead.")),
    gone("reqidel", |_, words| since_2_1(words, "Use 'http-request del-header' instead.")),
    gone("reqideny", |_, words| not_2_1(words, "Use 'http-request deny' instead.")),
    gone("reqipass", |_, words| not_2_1(words, "")),
    gone("reqirep", |_, words| since_2_1(words, REPLACE)),
    gone("reqitarpit", |_, words| since_2_1(words, "Use 'http-request tarpit' instead.")),
    gone("reqpass", |_, words| not_2_1(words, "")),
    gone("reqrep", |_, words| since_2_1(words, REPLACE)),
    gone("reqtarpit", |_, words| since_2_1(words, "Use 'http-request tarpit' instead.")),
    gone("rspadd", |_, words| since_2_1(words, "Use 'http-response add-header' instead.")),
    gone("rspdel", |_, words| since_2_1(words, "Use 'http-response del-header' .")),
    gone("rspdeny", |_, words| since_2_1(words, "Use 'http-response deny' instead.")),
    gone("rspidel", |_, words| since_2_1(words, "Use 'http-response del-header' instead.")),
    gone("rspideny", |_, words| since_2_1(words, "Use 'http-response deny' instead.")),
    gone("rspirep", |_, words| since_2_1(words, "Use 'http-response replace-header' instead.")),
    gone("rsprep", |_, words| since_2_1(words, "Use 'http-response replace-header' instead.")),
    gone("srvtimeout", timeout),
];

const REPLACE: &str =
    "Use 'http-request replace-path', 'http-request replace-uri' or 'http-request replace-header' instead.";

const fn gone(name: &'static str, parse: row::Parse) -> DirectiveRow {
    let doc = "A word of older versions of HAProxy, which HAProxy 2.6 refuses too; the message says what to write instead.";
    DirectiveRow { name, sections: row::PROXIES, no: false, doc, parse }
}

fn since_2_1(words: &[Word], instead: &str) -> Result<(), Diag> {
    let text =
        format!("The '{}' directive is not supported anymore since HAProxy 2.1. {instead}", words[0].text());
    Err(Diag::alert(words[0].span, text))
}

fn not_2_1(words: &[Word], instead: &str) -> Result<(), Diag> {
    let text = format!("The '{}' not supported anymore since HAProxy 2.1. {instead}", words[0].text());
    Err(Diag::alert(words[0].span, text.trim_end()))
}

fn redispatch(_: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let name = words[0].text();
    let text = format!(
        "keyword '{name}' directive is not supported anymore since HAProxy 2.1. Use 'option redispatch'."
    );
    Err(Diag::alert(words[0].span, text).help("write `option redispatch`"))
}

/// What 2.6 says about the three timeouts of 1.3.
pub fn timeout_text(name: &str) -> String {
    let today = today(name);
    format!("the '{name}' directive is not supported anymore since HAProxy 2.1. Use '{today}'.")
}

fn today(name: &str) -> &'static str {
    match name {
        "clitimeout" => "timeout client",
        "contimeout" => "timeout connect",
        _ => "timeout server",
    }
}

fn timeout(_: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let name = words[0].text();
    let value = words.get(1).map_or("5s", Word::text);
    Err(Diag::alert(words[0].span, timeout_text(name)).help(format!("write `{} {value}`", today(name))))
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{DEFAULTS, bench};

    #[test]
    fn the_message_shows_todays_form() {
        let said = bench(DEFAULTS, "clitimeout 50000");
        assert_eq!(
            said.says(),
            "the 'clitimeout' directive is not supported anymore since HAProxy 2.1. Use 'timeout client'."
        );
        assert_eq!(said.diags[0].help.as_deref(), Some("write `timeout client 50000`"));
        assert_eq!(
            bench(DEFAULTS, "redispatch").says(),
            "keyword 'redispatch' directive is not supported anymore since HAProxy 2.1. Use 'option redispatch'."
        );
    }
}
