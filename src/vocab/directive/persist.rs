//! `persist rdp-cookie` (manual 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "persist",
    sections: row::BACKENDS,
    no: false,
    doc: "persist rdp-cookie[(<name>)]: the cookie of a Remote Desktop connection, msts by default, leads to the server whose \
          address and port it holds.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(word) = words.get(1) else {
        return Err(Diag::alert(row::place(words, 1), "missing persist method."));
    };
    let Some(rest) = word.text().strip_prefix("rdp-cookie") else {
        return Err(Diag::alert(word.span, "unknown persist method.").help("write `persist rdp-cookie`"));
    };
    let name = match rest.strip_prefix('(') {
        None => "msts",
        Some(inside) => match inside.split_once(')') {
            Some((name, _)) if !name.is_empty() => name,
            _ => {
                return Err(Diag::alert(word.span, "persist rdp-cookie(name)' requires an rdp cookie name."));
            }
        },
    };
    cx.proxy().settings.persistence.rdp_cookie = Some(name.to_owned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn a_cookie_and_haproxys_messages() {
        let name = |line: &str| bench(BACKEND, line).ok().proxies[0].settings.persistence.rdp_cookie.clone();
        assert_eq!(name("persist rdp-cookie").as_deref(), Some("msts"));
        assert_eq!(name("persist rdp-cookie(other)").as_deref(), Some("other"));
        for (line, text) in [
            ("persist", "missing persist method."),
            ("persist foo", "unknown persist method."),
            ("persist rdp-cookie()", "persist rdp-cookie(name)' requires an rdp cookie name."),
        ] {
            let bench = bench(BACKEND, line);
            assert_eq!(bench.says(), text);
        }
    }
}
