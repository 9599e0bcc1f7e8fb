//! `option httplog` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::LogFormat;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: OptionRow = OptionRow {
    name: "httplog",
    sections: row::PROXIES,
    http: false,
    no: false,
    doc: "option httplog [clf]: log lines with all of a request and its timers.",
    effect: Effect::Parse(parse),
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let format = match words.get(2) {
        None => LogFormat::Http,
        Some(word) if word.text() == "clf" => LogFormat::Clf,
        Some(word) => return Err(Diag::alert(word.span, "keyword 'httplog' only supports option 'clf'.")),
    };
    cx.at_most_after(words, 1, 1)?;
    set_format(cx, words, format);
    Ok(())
}

/// Keeps the format of log lines; one `defaults` that names two of them, and a backend that names one, get a warning.
pub fn set_format(cx: &mut DirectiveCx<'_>, words: &[Word], format: LogFormat) {
    let name = format!("option {}", words[1].text());
    set_log_format(cx, &words[1], &name, format);
}

/// The same for any keyword.
pub fn set_log_format(cx: &mut DirectiveCx<'_>, word: &Word, name: &str, format: LogFormat) {
    let at = word.span;
    let before = cx.proxy().settings.log_format;
    if let Some(before) = before.filter(|b| cx.in_defaults() && b.name() != format.name()) {
        let clf = if format == LogFormat::Clf { " clf" } else { "" };
        let text = format!("'{name}{clf}' overrides previous '{}' in 'defaults' section.", before.name());
        cx.diags.push(Diag::warning(at, text).tight());
    }
    if cx.section == row::BACKEND {
        let proxy = cx.proxy_name();
        cx.warn(at, format!("{proxy} : '{name}' directive is ignored in backends."));
    }
    let settings = &mut cx.proxy().settings;
    settings.log_format = Some(format);
    settings.log_format_at = Some(at);
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, DEFAULTS, bench};

    #[test]
    fn one_format() {
        assert_eq!(
            bench(DEFAULTS, "option httplog\noption tcplog").says(),
            "'option tcplog' overrides previous 'option httplog' in 'defaults' section."
        );
        assert_eq!(
            bench(BACKEND, "option httplog").says(),
            "backend 'p' : 'option httplog' directive is ignored in backends."
        );
    }
}
