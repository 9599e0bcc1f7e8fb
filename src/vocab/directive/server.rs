//! `server` (manual 4.2 and 5.2): its name and address; the parameters are rows of `vocab/server`.
use crate::plan::draft::{ServerAddress, ServerDraft, ServerSettings};
use crate::syntax::{Diag, Span, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use crate::vocab::{address, server};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "server",
    sections: row::BACKEND | row::LISTEN,
    no: false,
    doc: "server <name> <address>[:<port>] [<parameters>]: a server of the backend.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let [_, name, addr, ..] = words else { return Err(server::too_short(cx, words)) };
    let address = address(cx, name.text(), addr)?;
    let mut settings = cx.proxy().settings.default_server.clone();
    let id = server::parameters(cx, words, 3, Some(name.text()), &mut settings)?;
    let draft = draft(words[0].span, name.span, name.text().to_owned(), address, settings, id);
    cx.proxy().servers.push(draft);
    Ok(())
}

/// A server as its line says.
pub fn draft(
    at: Span,
    name_at: Span,
    name: String,
    addr: ServerAddress,
    settings: ServerSettings,
    id: Option<u32>,
) -> ServerDraft {
    ServerDraft { name, at, name_at, addr, hostname: None, settings, id, unresolved: false, remembered: None }
}

/// Reads a server's address.
///
/// # Errors
/// HAProxy's words.
pub fn address(cx: &DirectiveCx<'_>, name: &str, addr: &Word) -> Result<ServerAddress, Diag> {
    let wrong =
        |cx: &DirectiveCx<'_>, text: String| server::error(cx, Some(name), Diag::alert(addr.span, text));
    let address = address::server(&address::expand(addr.text(), cx.env), addr.span)
        .map_err(|inner| wrong(cx, inner))?;
    Ok(address)
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, FRONTEND, bench};

    #[test]
    fn messages_are_haproxys() {
        let says = |line: &str| bench(BACKEND, line).says().to_owned();
        let short = "[x.cfg:1] : 'server' expects <name> and <addr>[:<port>] as arguments.";
        assert_eq!((says("server").as_str(), says("server t").as_str()), (short, short));
        assert_eq!(
            says("server t 127.0.0.1:1-5"),
            "[x.cfg:1] : 'server p/t' : port range not permitted here in '127.0.0.1:1-5'"
        );
        assert_eq!(
            bench(FRONTEND, "server t 127.0.0.1:1").says(),
            "[x.cfg:1] : parsing [x.cfg:1] : 'server' not allowed because frontend 'p' has no backend capability."
        );
    }
}
