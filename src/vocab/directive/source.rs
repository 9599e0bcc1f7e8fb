//! `source`, `usesrc` (manual 4.2).
use crate::plan::draft::Settings;
use crate::syntax::{Diag, Word};
use crate::vocab::address;
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use crate::vocab::server::source as server;

pub const ROWS: &[DirectiveRow] = &[
    DirectiveRow {
        name: "source",
        sections: row::BACKENDS,
        no: false,
        doc: "source <addr>[:<port>] [usesrc { <addr>[:<port>] | client | clientip | hdr_ip(<name>[,<occ>]) }] [interface \
              <name>]: where connections to the servers come from.",
        parse,
    },
    DirectiveRow {
        name: "usesrc",
        sections: row::PROXIES,
        no: false,
        doc: "usesrc: only behind a source.",
        parse: |_, words| {
            Err(Diag::alert(words[0].span, "'usesrc' only allowed after a 'source' statement."))
        },
    },
];

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(word) = words.get(1) else {
        let text =
            "'source' expects <addr>[:<port>], and optionally 'usesrc' <addr>, and 'interface' <name>.";
        return Err(Diag::alert(row::place(words, 1), text));
    };
    let (addr, _) = server::source(&address::expand(word.text(), cx.env), address::PLAIN)
        .map_err(|inner| Diag::alert(word.span, format!("'source {}' : {inner}\n", word.text())))?;
    let (mut interface, mut usesrc) = (None, None);
    for pair in words[2..].chunks(2) {
        match (pair[0].text(), pair.get(1)) {
            ("interface", Some(name)) => interface = Some(name.text().to_owned()),
            ("interface", None) => {
                return Err(Diag::alert(
                    row::place(words, words.len()),
                    "'source' : missing interface name.",
                ));
            }
            ("usesrc", Some(name)) => {
                let text = address::expand(name.text(), cx.env);
                usesrc = Some(
                    server::usesrc(&text).map_err(|inner| Diag::alert(name.span, format!("{inner}\n")))?,
                );
            }
            ("usesrc", None) => {
                let text = "'usesrc' expects <addr>[:<port>], 'client', or 'clientip' as argument.";
                return Err(Diag::alert(row::place(words, words.len()), text));
            }
            _ => {
                let text = "'source' only supports optional keywords 'interface' and 'usesrc'.";
                return Err(Diag::alert(pair[0].span, text));
            }
        }
    }
    let settings: &mut Settings = &mut cx.proxy().settings;
    settings.source = addr;
    settings.source_interface = interface;
    settings.usesrc = usesrc;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::plan::line::UseSource;
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn values_and_messages() {
        let s = bench(BACKEND, "source 1.2.3.4 interface lo usesrc client").ok().proxies.remove(0).settings;
        assert_eq!((s.usesrc, s.source_interface.as_deref()), (Some(UseSource::Client), Some("lo")));
        for (line, text) in [
            (
                "source",
                "'source' expects <addr>[:<port>], and optionally 'usesrc' <addr>, and 'interface' <name>.",
            ),
            ("source 1.2.3.4 foo", "'source' only supports optional keywords 'interface' and 'usesrc'."),
            ("source 1.2.3.4:1-5", "'source 1.2.3.4:1-5' : port range not permitted here in '1.2.3.4:1-5'\n"),
            (
                "source 1.2.3.4 usesrc",
                "'usesrc' expects <addr>[:<port>], 'client', or 'clientip' as argument.",
            ),
            (
                "source 1.2.3.4 usesrc 1.2.3.5:80-90",
                "'usesrc 1.2.3.5:80-90' : port range not permitted here in '1.2.3.5:80-90'\n",
            ),
            ("source 1.2.3.4 interface", "'source' : missing interface name."),
            ("usesrc x", "'usesrc' only allowed after a 'source' statement."),
        ] {
            assert_eq!(bench(BACKEND, line).says(), text);
        }
    }
}
