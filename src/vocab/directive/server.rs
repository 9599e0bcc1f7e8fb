//! `server` (manual 4.2 and 5.2): its name and address; the parameters are rows of `vocab/server`.
use crate::plan::ServerAddr;
use crate::plan::draft::{ServerAddress, ServerDraft};
use crate::syntax::{Diag, Word};
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
    let wrong = |cx: &DirectiveCx<'_>, text: String| {
        server::error(cx, Some(name.text()), Diag::alert(addr.span, text))
    };
    let address = address::server(&address::expand(addr.text(), cx.env), addr.span)
        .map_err(|inner| wrong(cx, inner))?;
    if let ServerAddress::Known(ServerAddr::Inet(a)) = &address
        && a.ip().is_unspecified()
    {
        let text =
            format!("'{}': Ringmain does not connect to the client's destination address yet", addr.text());
        return Err(wrong(cx, text).help("name the server's own address"));
    }
    let mut settings = cx.proxy().settings.default_server.clone();
    let id = server::parameters(cx, words, 3, Some(name.text()), &mut settings)?;
    let at = words[0].span;
    let draft = ServerDraft {
        name: name.text().to_owned(),
        at,
        name_at: name.span,
        addr: address,
        hostname: None,
        settings,
        id,
        remembered: None,
    };
    cx.proxy().servers.push(draft);
    Ok(())
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
