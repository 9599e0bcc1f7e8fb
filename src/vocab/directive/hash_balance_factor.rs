//! `hash-balance-factor` (manual 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "hash-balance-factor",
    // HAProxy says nothing of it in a frontend.
    sections: row::PROXIES,
    no: false,
    doc: "hash-balance-factor <percent>: with `hash-type consistent`, no server carries more than so much of its share; what \
          is too much goes to the next on the ring. 0, the default: no matter.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let value = row::integer(words)?;
    cx.proxy().settings.balance.factor = match u32::try_from(value) {
        Ok(factor) if factor == 0 || factor > 100 => factor,
        _ => return Err(Diag::alert(words[1].span, "'hash-balance-factor' must be 0 or greater than 100.")),
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn more_than_a_hundred_or_nothing() {
        assert_eq!(bench(BACKEND, "hash-balance-factor 150").ok().proxies[0].settings.balance.factor, 150);
        for value in ["100", "-3", "1"] {
            let said = bench(BACKEND, &format!("hash-balance-factor {value}"));
            assert_eq!(said.says(), "'hash-balance-factor' must be 0 or greater than 100.");
        }
        assert_eq!(
            bench(BACKEND, "hash-balance-factor").says(),
            "'hash-balance-factor' expects an integer argument."
        );
    }
}
