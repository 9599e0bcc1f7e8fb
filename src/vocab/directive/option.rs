//! `option` (manual 4.2): finds the row in `vocab/option`.
use crate::syntax::{Diag, Word, nearest};
use crate::vocab::known::{self, Kind};
use crate::vocab::option::{self, Effect};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow, Polarity};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "option",
    sections: row::PROXIES,
    no: true,
    doc: "[no] option <name>: switches a behaviour on, or off where the defaults had it on.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(name) = words.get(1) else {
        return Err(Diag::alert(row::place(words, 1), "'option' expects an option name.").tight());
    };
    let Some(row) = option::find(name.text()) else { return unknown(cx, name) };
    if cx.polarity != Polarity::Plain && !row.no {
        let text = format!("negation/default is not supported for option '{}'.", row.name);
        return Err(Diag::alert(name.span, text).tight());
    }
    match row.effect {
        Effect::Flag(flag) => {
            cx.at_most_after(words, 1, 0)?;
            if option::misplaced(cx, row, name) {
                return Ok(());
            }
            let on = cx.polarity == Polarity::Plain;
            cx.proxy().settings.flags.set(flag, on);
            Ok(())
        }
        Effect::Always => {
            cx.at_most_after(words, 1, 0)?;
            option::misplaced(cx, row, name);
            Ok(())
        }
        Effect::Pointless => {
            cx.at_most_after(words, 1, 0)?;
            if !option::misplaced(cx, row, name) && cx.polarity == Polarity::Plain {
                cx.draft.note_pointless(&format!("option {}", row.name), name.span);
            }
            Ok(())
        }
        Effect::Parse(read) => read(cx, words),
    }
}

fn unknown(cx: &DirectiveCx<'_>, name: &Word) -> Result<(), Diag> {
    let text = name.text();
    if let Some(gone) = gone(text) {
        return Err(Diag::alert(
            name.span,
            format!("option '{text}' is not supported any more since HAProxy {gone}"),
        )
        .tight());
    }
    if known::knows(Kind::Option, text) {
        if cx.polarity != Polarity::Plain {
            // What is not built is off.
            return Ok(());
        }
        return Err(row::not_built(name.span, &format!("option {text}"), row::section_name(cx.section)));
    }
    if cx.polarity != Polarity::Plain {
        let message = format!("negation/default is not supported for option '{text}'.");
        return Err(Diag::alert(name.span, message).tight());
    }
    let maybe = known::haproxys_guess(Kind::Option, text)
        .map_or_else(|| ".".to_owned(), |near| format!("; did you mean '{near}' maybe ?"));
    let diag = Diag::alert(name.span, format!("unknown option '{text}'{maybe}"));
    Err(match nearest(text, option::all().map(|r| r.name)) {
        Some(near) => diag.help(format!("did you mean `option {near}`?")),
        None => diag,
    })
}

/// What HAProxy says about options of older versions, behind "since HAProxy ".
fn gone(name: &str) -> Option<&'static str> {
    Some(match name {
        "forceclose" => "2.0, please just remove it, or use 'option httpclose' if absolutely needed.",
        "http-tunnel" => "2.1, please just remove it, it shouldn't be needed.",
        "http_proxy" => {
            "2.5. This option stopped working in HAProxy 1.9 and usually had nasty side effects. It can be more reliably \
             implemented with combinations of 'http-request set-dst' and 'http-request set-uri', and even 'http-request \
             do-resolve' if DNS resolution is desired."
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::plan::draft::Flag;
    use crate::vocab::row::{BACKEND, FRONTEND, bench};

    #[test]
    fn on_and_off() {
        let flags = |lines: &str| bench(FRONTEND, lines).ok().proxies[0].settings.flags;
        assert!(flags("option dontlognull").has(Flag::DontLogNull));
        assert!(!flags("option dontlognull\nno option dontlognull").has(Flag::DontLogNull));
    }

    #[test]
    fn messages_are_haproxys() {
        let says = |line: &str| bench(BACKEND, line).says().to_owned();
        assert_eq!(says("option"), "'option' expects an option name.");
        assert_eq!(says("option httpcloze"), "unknown option 'httpcloze'; did you mean 'httpclose' maybe ?");
        assert_eq!(says("option frob"), "unknown option 'frob'.");
        assert_eq!(says("no option frob"), "negation/default is not supported for option 'frob'.");
        assert_eq!(
            says("no option forwardfor"),
            "negation/default is not supported for option 'forwardfor'."
        );
        assert_eq!(
            says("option dontlognull"),
            "'dontlognull' ignored because backend 'p' has no frontend capability."
        );
        assert_eq!(says("option httpclose x"), "'option httpclose' cannot handle unexpected argument 'x'.");
        assert!(
            says("option forceclose")
                .starts_with("option 'forceclose' is not supported any more since HAProxy 2.0,")
        );
        assert!(says("option spop-check").ends_with("does not support this HAProxy keyword yet"));
    }
}
