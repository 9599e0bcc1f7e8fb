//! `log-format`, `log-format-sd`, `error-log-format`, `unique-id-format`, `unique-id-header` (manual 4.2). The formats are
//! read when the mode of their proxy is known.
use crate::plan::draft::LogFormat;
use crate::syntax::{Diag, Word};
use crate::vocab::option::set_log_format;
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROWS: &[DirectiveRow] = &[
    DirectiveRow {
        name: "error-log-format",
        sections: row::PROXIES,
        no: false,
        doc: "error-log-format <fmt>: the log line of a connection on which no request could be read.",
        parse: |cx, words| {
            let word = format(cx, words)?;
            cx.proxy().settings.logging.errors = Some(word);
            Ok(())
        },
    },
    DirectiveRow {
        name: "log-format",
        sections: row::PROXIES,
        no: false,
        doc: "log-format <fmt>: the log line of a session or request, in place of the formats of `option`.",
        parse: |cx, words| {
            let word = format(cx, words)?;
            set_log_format(cx, &words[0], "log-format", LogFormat::Own);
            cx.proxy().settings.logging.format = Some(word);
            Ok(())
        },
    },
    DirectiveRow {
        name: "log-format-sd",
        sections: row::PROXIES,
        no: false,
        doc: "log-format-sd <fmt>: the structured data of log lines in the format rfc5424.",
        parse: |cx, words| {
            let word = format(cx, words)?;
            cx.proxy().settings.logging.structured = Some(word);
            Ok(())
        },
    },
    DirectiveRow {
        name: "unique-id-format",
        sections: row::PROXIES,
        no: false,
        doc: "unique-id-format <fmt>: what a request's id is made of (%ID, unique-id).",
        parse: |cx, words| {
            let word = format(cx, words)?;
            cx.proxy().settings.logging.unique_id = Some(word);
            Ok(())
        },
    },
    DirectiveRow {
        name: "unique-id-header",
        sections: row::PROXIES,
        no: false,
        doc: "unique-id-header <name>: the header field in which a request's id goes to the server.",
        parse: |cx, words| {
            let Some(word) = words.get(1).filter(|w| !w.text().is_empty()) else {
                return Err(Diag::alert(row::place(words, 1), "unique-id-header expects an argument."));
            };
            cx.proxy().settings.logging.unique_id_header = Some(row::own_field(word, "unique-id-header")?);
            Ok(())
        },
    },
];

/// The one argument.
fn format(_: &mut DirectiveCx<'_>, words: &[Word]) -> Result<Word, Diag> {
    let name = words[0].text();
    let Some(word) = words.get(1).filter(|w| !w.text().is_empty()) else {
        return Err(Diag::alert(row::place(words, 1), format!("{name} expects an argument.")));
    };
    match words.get(2) {
        Some(extra) => {
            let text = format!("{name} expects only one argument, don't forget to escape spaces!");
            Err(Diag::alert(extra.span, text).help("put quotes around the whole format"))
        }
        None => Ok(word.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::row::{DEFAULTS, FRONTEND, bench};

    #[test]
    fn one_argument() {
        let draft = bench(FRONTEND, "option httplog\nlog-format \"%ci %r\"\nunique-id-header X-ID").ok();
        let settings = &draft.proxies[0].settings;
        assert_eq!(settings.log_format, Some(LogFormat::Own));
        assert_eq!(settings.logging.format.as_ref().unwrap().text(), "%ci %r");
        assert_eq!(settings.logging.unique_id_header, Some(crate::proto::text::FieldName::known("x-id")));
        assert_eq!(bench(FRONTEND, "log-format").says(), "log-format expects an argument.");
        assert_eq!(
            bench(FRONTEND, "error-log-format a b").says(),
            "error-log-format expects only one argument, don't forget to escape spaces!"
        );
        assert_eq!(
            bench(DEFAULTS, "option httplog\nlog-format a").says(),
            "'log-format' overrides previous 'option httplog' in 'defaults' section."
        );
    }
}
