//! `dynamic-cookie-key` (manual 4.2).
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "dynamic-cookie-key",
    sections: row::BACKENDS,
    no: false,
    doc: "dynamic-cookie-key <string>: the secret that dynamic cookies are made with.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(key) = words.get(1).filter(|w| !w.text().is_empty()) else {
        return Err(Diag::alert(
            row::place(words, 1),
            "'dynamic-cookie-key' expects <secret_key> as argument.",
        ));
    };
    let key = key.text().to_owned();
    cx.proxy().settings.persistence.dynamic_key = Some(key);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn needs_a_key() {
        let key = |l: &str| bench(BACKEND, l).ok().proxies[0].settings.persistence.dynamic_key.clone();
        assert_eq!(key("dynamic-cookie-key a b").as_deref(), Some("a"));
        let said = bench(BACKEND, "dynamic-cookie-key");
        assert_eq!(said.says(), "'dynamic-cookie-key' expects <secret_key> as argument.");
    }
}
