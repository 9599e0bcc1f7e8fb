//! `hash-type` (manual 4.2).
use crate::rules::balance::{Function, HashType, Method};
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "hash-type",
    sections: row::BACKENDS,
    no: false,
    doc: "hash-type <map-based|consistent> [<sdbm|djb2|wt6|crc32|none>] [avalanche]: how a hash finds its server, the \
          function, and whether its result is spread once more.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let wrong = |at: usize, text: &str| Err(Diag::alert(row::place(words, at), text));
    let method = match row::text(words, 1) {
        // An avalanche is what a ring needs when nobody says which function.
        "consistent" => Method::Consistent,
        "map-based" => Method::MapBased,
        "avalanche" => {
            return wrong(
                1,
                "experimental feature 'hash-type avalanche' is not supported anymore, please use 'hash-type map-based \
                 sdbm avalanche' instead.",
            );
        }
        _ => return wrong(1, "'hash-type' only supports 'consistent' and 'map-based'."),
    };
    let (function, avalanche) = match row::text(words, 2) {
        "" => (Function::Sdbm, method == Method::Consistent),
        "sdbm" => (Function::Sdbm, false),
        "djb2" => (Function::Djb2, false),
        "wt6" => (Function::Wt6, false),
        "crc32" => (Function::Crc32, false),
        "none" => (Function::None, false),
        _ => return wrong(2, "'hash-type' only supports 'sdbm', 'djb2', 'crc32', or 'wt6' hash functions."),
    };
    let avalanche = match row::text(words, 3) {
        "" => avalanche,
        "avalanche" => true,
        _ => return wrong(3, "'hash-type' only supports 'avalanche' as a modifier for hash functions."),
    };
    cx.proxy().settings.balance.hash_type = HashType { method, function, avalanche };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn method_function_and_modifier() {
        let read = |line: &str| bench(BACKEND, line).ok().proxies[0].settings.balance.hash_type;
        let of = |method, function, avalanche| HashType { method, function, avalanche };
        assert_eq!(read("hash-type map-based"), of(Method::MapBased, Function::Sdbm, false));
        assert_eq!(read("hash-type consistent"), of(Method::Consistent, Function::Sdbm, true));
        assert_eq!(read("hash-type consistent wt6"), of(Method::Consistent, Function::Wt6, false));
        assert_eq!(read("hash-type map-based none avalanche"), of(Method::MapBased, Function::None, true));
        for (line, text) in [
            ("hash-type", "'hash-type' only supports 'consistent' and 'map-based'."),
            (
                "hash-type consistent x",
                "'hash-type' only supports 'sdbm', 'djb2', 'crc32', or 'wt6' hash functions.",
            ),
            (
                "hash-type consistent wt6 x",
                "'hash-type' only supports 'avalanche' as a modifier for hash functions.",
            ),
        ] {
            assert_eq!(bench(BACKEND, line).says(), text);
        }
        assert!(bench(BACKEND, "hash-type avalanche").says().starts_with("experimental feature"));
    }
}
