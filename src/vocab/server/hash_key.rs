//! `server … hash-key` (manual 3.5, 5.2).
use super::{ServerCx, ServerRow, wrong};
use crate::plan::draft::HashKey;
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: ServerRow = ServerRow {
    name: "hash-key",
    arguments: 1,
    default_server: true,
    doc: "hash-key <id|addr|addr-port|guid>: what the places of the server on a ring (`hash-type consistent`) are made of, so that \
          several proxies with the servers in another order agree. A server without an address, or without a guid, is as \
          with id.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    cx.settings.hash_key = match row::text(words, 1) {
        "id" => HashKey::Id,
        "addr" => HashKey::Addr,
        "addr-port" => HashKey::AddrPort,
        "guid" => HashKey::Guid,
        "" => return Err(wrong(words, "'hash-key' expects 'id', 'addr', 'addr-port', or 'guid' value")),
        _ => return Err(wrong(words, "'hash-key' has to be 'id', 'addr', 'addr-port', or 'guid'")),
    };
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn four_of_them() {
        let keys = [
            ("id", HashKey::Id),
            ("addr", HashKey::Addr),
            ("addr-port", HashKey::AddrPort),
            ("guid", HashKey::Guid),
        ];
        for (word, key) in keys {
            let draft = bench(BACKEND, &format!("server a 127.0.0.1:1 hash-key {word}")).ok();
            assert_eq!(draft.proxies[0].servers[0].settings.hash_key, key);
        }
        let says = |line: &str| bench(BACKEND, line).says().to_owned();
        assert!(
            says("server a 127.0.0.1:1 hash-key")
                .contains("'hash-key' expects 'id', 'addr', 'addr-port', or 'guid' value")
        );
        assert!(
            says("server a 127.0.0.1:1 hash-key x")
                .contains("'hash-key' has to be 'id', 'addr', 'addr-port', or 'guid'")
        );
    }
}
