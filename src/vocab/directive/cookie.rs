//! `cookie` (manual 4.2).
use crate::base::units::{TimeError, TimeUnit, parse_time};
use crate::plan::persist::{Cookie, CookieMode};
use crate::syntax::{Diag, Severity, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "cookie",
    sections: row::BACKENDS,
    no: false,
    doc: "cookie <name> [ rewrite | insert | prefix ] [ indirect ] [ nocache ] [ postonly ] [ preserve ] [ httponly ] \
          [ secure ] [ domain <domain> ]* [ maxidle <idle> ] [ maxlife <life> ] [ dynamic ] [ attr <value> ]*: the cookie \
          that says which server a client belongs to.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(name) = words.get(1).filter(|w| !w.text().is_empty()) else {
        return Err(Diag::alert(row::place(words, 1), "'cookie' expects <cookie_name> as argument."));
    };
    // As in HAProxy a second line begins anew, but for the attributes.
    let attr = cx.proxy().settings.persistence.cookie.take().and_then(|before| before.attr);
    let mut cookie = Cookie { name: name.text().to_owned(), attr, ..Cookie::default() };
    // Which of the three modes were written: only one may be.
    let mut modes: Vec<CookieMode> = Vec::new();
    let mut at = 2;
    while let Some(word) = words.get(at) {
        match word.text() {
            "rewrite" => modes.push(CookieMode::Rewrite),
            "insert" => modes.push(CookieMode::Insert),
            "prefix" => modes.push(CookieMode::Prefix),
            "indirect" => cookie.indirect = true,
            "nocache" => cookie.nocache = true,
            "postonly" => cookie.postonly = true,
            "preserve" => cookie.preserve = true,
            "httponly" => cookie.httponly = true,
            "secure" => cookie.secure = true,
            "dynamic" => cookie.dynamic = true,
            "domain" => {
                let domain = domain(cx, words, at)?;
                add(&mut cookie.domain, "; domain=", domain);
                at += 1;
            }
            "attr" => {
                let attr = attribute(words, at)?;
                add(&mut cookie.attr, "; ", attr);
                at += 1;
            }
            "maxidle" => {
                cookie.max_idle = seconds(words, at, "'maxidle' expects <idletime> in seconds as argument.")?;
                at += 1;
            }
            "maxlife" => {
                cookie.max_life = seconds(words, at, "'maxlife' expects <lifetime> in seconds as argument.")?;
                at += 1;
            }
            _ => {
                let text = "'cookie' supports 'rewrite', 'insert', 'prefix', 'indirect', 'nocache', 'postonly', \
                            'domain', 'maxidle', 'dynamic', 'maxlife' and 'attr' options.";
                return Err(Diag::alert(word.span, text)
                    .help("HAProxy also takes 'preserve', 'httponly' and 'secure'"));
            }
        }
        at += 1;
    }
    modes.sort_by_key(|m| *m as u8);
    modes.dedup();
    cookie.mode = modes.first().copied().unwrap_or_default();
    compatible(cx, words, &cookie, &modes);
    cx.proxy().settings.persistence.cookie = Some(cookie);
    Ok(())
}

/// What can't go together; HAProxy tells each of these.
fn compatible(cx: &mut DirectiveCx<'_>, words: &[Word], cookie: &Cookie, modes: &[CookieMode]) {
    let rewrite = modes.contains(&CookieMode::Rewrite);
    if rewrite && cookie.indirect {
        let text = "cookie 'rewrite' and 'indirect' modes are incompatible.";
        cx.diags.push(Diag::alert(words[0].span, text).help("remove one of them"));
    }
    if modes.len() > 1 {
        let text = "cookie 'rewrite', 'insert' and 'prefix' modes are incompatible.";
        cx.diags.push(Diag::alert(words[0].span, text).help("keep one of them"));
    }
    if cookie.preserve && !(cookie.indirect || modes.contains(&CookieMode::Insert)) {
        let text = "cookie 'preserve' requires at least 'insert' or 'indirect'.";
        cx.diags.push(Diag::alert(words[0].span, text).help("remove 'preserve', or add 'insert'"));
    }
}

fn add(list: &mut Option<String>, between: &str, more: &str) {
    match list {
        Some(list) => {
            list.push_str(between);
            list.push_str(more);
        }
        None => *list = Some(more.to_owned()),
    }
}

/// A domain must have a dot inside, or browsers do not take the cookie.
fn domain<'w>(cx: &mut DirectiveCx<'_>, words: &'w [Word], at: usize) -> Result<&'w str, Diag> {
    let Some(word) = words.get(at + 1).filter(|w| !w.text().is_empty()) else {
        return Err(Diag::alert(row::place(words, at + 1), "'domain' expects <domain> as argument.").tight());
    };
    let domain = word.text();
    // As HAProxy: a first dot alone does.
    if !domain.starts_with('.') && !domain.contains('.') {
        let text = format!(
            "domain '{domain}' contains no embedded dot, this configuration may not work properly (see RFC6265#5.2.3)."
        );
        cx.diags.push(Diag { severity: Severity::Warning, ..Diag::alert(word.span, text) }.tight());
    }
    Ok(domain)
}

/// What an attribute may hold (RFC 6265, 4.1.1): no control characters and no `;`.
fn attribute(words: &[Word], at: usize) -> Result<&str, Diag> {
    let Some(word) = words.get(at + 1).filter(|w| !w.text().is_empty()) else {
        return Err(Diag::alert(row::place(words, at + 1), "'attr' expects <value> as argument.").tight());
    };
    let bad = word.text().char_indices().find(|(_, c)| c.is_ascii_control() || *c == ';');
    match bad {
        None => Ok(word.text()),
        Some((i, c)) => {
            let text = format!("character '%x{:02X}' is not permitted in attribute value.", u32::from(c));
            Err(Diag::alert(word.sub(i, 1), text).tight())
        }
    }
}

fn seconds(words: &[Word], at: usize, missing: &str) -> Result<u32, Diag> {
    let keyword = words[at].text();
    let Some(word) = words.get(at + 1).filter(|w| !w.text().is_empty()) else {
        return Err(Diag::alert(row::place(words, at + 1), missing.to_owned()).tight());
    };
    parse_time(word.text(), TimeUnit::Seconds).map(|t| t.count).map_err(|e| match e {
        TimeError::Unexpected { at, found } => Diag::alert(
            word.sub(at, 1),
            format!("unexpected character '{found}' in argument to <{keyword}>."),
        )
        .tight(),
        TimeError::Overflow => Diag::alert(
            word.span,
            format!(
                "timer overflow in argument <{}> to <{keyword}>, maximum value is 2147483647 s (~68 years).",
                word.text()
            ),
        )
        .tight(),
        TimeError::Underflow => Diag::alert(
            word.span,
            format!(
                "timer underflow in argument <{}> to <{keyword}>, minimum non-null value is 1 s.",
                word.text()
            ),
        )
        .tight(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::row::{BACKEND, bench};

    fn cookie(words: &str) -> Cookie {
        let draft = bench(BACKEND, &format!("cookie {words}")).ok();
        draft.proxies[0].settings.persistence.cookie.clone().expect("a cookie")
    }

    #[test]
    fn every_option_has_its_own_place() {
        let c = cookie(
            "SRV insert indirect nocache postonly preserve httponly secure dynamic domain .a.example domain b.example \
             maxidle 30m maxlife 8h attr SameSite=Strict attr B",
        );
        let all = [c.indirect, c.nocache, c.postonly, c.preserve, c.httponly, c.secure, c.dynamic];
        assert_eq!((c.mode, all), (CookieMode::Insert, [true; 7]));
        assert_eq!(c.domain.as_deref(), Some(".a.example; domain=b.example"));
        assert_eq!((c.max_idle, c.max_life), (1_800, 28_800));
        assert_eq!(c.attr.as_deref(), Some("SameSite=Strict; B"));
        assert_eq!(cookie("SRV"), Cookie { name: "SRV".to_owned(), ..Cookie::default() });
        assert_eq!(cookie("SRV prefix indirect").mode, CookieMode::Prefix);
        assert_eq!(cookie("SRV rewrite rewrite").mode, CookieMode::Rewrite);
        assert_eq!(cookie("SRV insert maxidle 1ms").max_idle, 1, "rounded up");
    }

    #[test]
    fn messages_are_haproxys() {
        for (words, text) in [
            ("", "'cookie' expects <cookie_name> as argument."),
            ("X insert rewrite", "cookie 'rewrite', 'insert' and 'prefix' modes are incompatible."),
            ("X rewrite indirect", "cookie 'rewrite' and 'indirect' modes are incompatible."),
            ("X preserve", "cookie 'preserve' requires at least 'insert' or 'indirect'."),
            ("X insert domain", "'domain' expects <domain> as argument."),
            (
                "X insert domain foo",
                "domain 'foo' contains no embedded dot, this configuration may not work properly (see RFC6265#5.2.3).",
            ),
            ("X insert maxidle 5q", "unexpected character 'q' in argument to <maxidle>."),
            ("X insert maxlife", "'maxlife' expects <lifetime> in seconds as argument."),
            ("X insert attr a;b", "character '%x3B' is not permitted in attribute value."),
        ] {
            assert_eq!(bench(BACKEND, &format!("cookie {words}")).says(), text);
        }
        assert_eq!(bench(BACKEND, "cookie X rewrite prefix indirect").diags.len(), 2);
    }
}
