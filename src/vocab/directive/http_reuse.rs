//! `http-reuse` (manual 4.2).
use crate::plan::Reuse;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "http-reuse",
    sections: row::BACKENDS,
    no: false,
    doc: "http-reuse { never | safe | aggressive | always }: which requests may go over an idle server connection that \
          another client opened. safe, the default: not a client's first request.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.proxy().settings.reuse = match row::text(words, 1) {
        "never" => Reuse::Never,
        "safe" => Reuse::Safe,
        "aggressive" => Reuse::Aggressive,
        "always" => Reuse::Always,
        _ => {
            let text = "'http-reuse' only supports 'never', 'safe', 'aggressive', 'always'.";
            return Err(Diag::alert(row::place(words, 1), text));
        }
    };
    cx.at_most_after(words, 1, 0)
}

#[cfg(test)]
mod tests {
    use crate::plan::Reuse;
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn four_ways() {
        assert_eq!(bench(BACKEND, "http-reuse always").ok().proxies[0].settings.reuse, Reuse::Always);
        assert_eq!(
            bench(BACKEND, "http-reuse never x").says(),
            "'http-reuse never' cannot handle unexpected argument 'x'."
        );
    }
}
