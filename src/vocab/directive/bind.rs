//! `bind` (manual 4.2): its addresses; the parameters are rows of `vocab/bind`.
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use crate::vocab::{address, bind};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "bind",
    sections: row::FRONTEND | row::LISTEN,
    no: false,
    doc: "bind [<address>]:<port range> [, ...] [<parameters>], bind /<path> [, ...] [<parameters>]: where the frontend \
          listens.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(word) = words.get(1).filter(|w| !w.text().is_empty()) else {
        let text = "'bind' expects {<path>|[addr1]:port1[-end1]}{,[addr]:port[-end]}... as arguments.";
        return Err(Diag::alert(row::place(words, 1), text).help("write `bind :80`"));
    };
    let addrs = addresses(cx, word)?;
    let section = row::section_name(cx.section);
    let draft = bind::parameters(cx, words, 2, addrs, &bind::BindLine { section })?;
    cx.proxy().binds.push(draft);
    Ok(())
}

/// The addresses of one word.
fn addresses(cx: &DirectiveCx<'_>, word: &Word) -> Result<Vec<crate::plan::ListenerAddr>, Diag> {
    let prefix = cx.draft.unix_bind.prefix.as_deref();
    address::listeners(&address::expand(word.text(), cx.env), prefix).map_err(|(inner, at, len)| {
        let diag = Diag::alert(word.sub(at, len), format!("'bind' : {inner}"));
        if inner.starts_with("missing port") { diag.help("add a port, as `:80`") } else { diag }
    })
}

/// What HAProxy 1.3 allowed on the line of a section: `frontend NAME addr:port`.
///
/// # Errors
/// As `bind`.
pub fn on_section_line(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let (word, section) = (&words[2], words[0].text());
    let addrs = addresses(cx, word)?;
    let today = format!("write `bind {}` as a line of the section", row::joined(&words[2..]));
    let text = format!(
        "please use the 'bind' keyword for listening addresses: '{section} {}' takes only a name today.",
        words[1].text()
    );
    cx.diags.push(Diag::warning(word.span, text).help(today));
    let section = row::section_name(cx.section);
    let draft = bind::parameters(cx, words, 3, addrs, &bind::BindLine { section })?;
    cx.proxy().binds.push(draft);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, FRONTEND, bench};

    #[test]
    fn addresses_and_messages() {
        assert_eq!(bench(FRONTEND, "bind :80,:81-83 name x").ok().proxies[0].binds[0].addrs.len(), 4);
        let says = |line: &str| bench(FRONTEND, line).says().to_owned();
        assert_eq!(
            says("bind"),
            "'bind' expects {<path>|[addr1]:port1[-end1]}{,[addr]:port[-end]}... as arguments."
        );
        assert_eq!(says("bind 127.0.0.1"), "'bind' : missing port specification in '127.0.0.1'");
        assert_eq!(
            bench(BACKEND, "bind :80").says(),
            "'bind' ignored because backend 'p' has no frontend capability."
        );
    }
}
