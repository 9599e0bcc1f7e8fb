//! `server … hash-key` (manual 3.5, 5.2).
use super::{ServerCx, ServerRow, wrong};
use crate::plan::draft::HashKey;
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: ServerRow = ServerRow {
    name: "hash-key",
    arguments: 1,
    default_server: true,
    doc: "hash-key <id|addr|addr-port>: what the places of the server on a ring (`hash-type consistent`) are made of, so that \
          several proxies with the servers in another order agree.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    cx.settings.hash_key = match row::text(words, 1) {
        "id" => HashKey::Id,
        "addr" => HashKey::Addr,
        "addr-port" => HashKey::AddrPort,
        "guid" => {
            let section = row::section_name(cx.line.section);
            return Err(row::not_built(words[1].span, "server hash-key guid", section));
        }
        "" => return Err(wrong(words, "'hash-key' expects 'id', 'addr', or 'addr-port' value")),
        _ => return Err(wrong(words, "'hash-key' has to be 'id', 'addr', or 'addr-port'")),
    };
    Ok(0)
}
