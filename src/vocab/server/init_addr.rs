//! `server … init-addr` (manual 5.2).
use super::{ServerCx, ServerRow, wrong};
use crate::plan::draft::InitAddr;
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: ServerRow = ServerRow {
    name: "init-addr",
    arguments: 1,
    default_server: true,
    doc: "init-addr { last | libc | none | <ip> }[,...]: how a server's host name gets its first address; \
          last,libc by default (and none, where the server has resolvers). With none the server starts in maintenance.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    let mut methods = Vec::new();
    for method in row::text(words, 1).split(',') {
        methods.push(match method {
            "last" => InitAddr::Last,
            "libc" => InitAddr::Libc,
            "none" => InitAddr::None,
            other => InitAddr::Ip(other.parse().map_err(|_| {
                let text = format!(
                    "'init-addr' : unknown init-addr method '{other}', supported methods are 'libc', 'last', 'none'."
                );
                wrong(words, text)
            })?),
        });
    }
    cx.settings.init_addr = Some(methods);
    Ok(0)
}
