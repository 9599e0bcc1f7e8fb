//! `mode` (manual 4.2).
use crate::plan::Mode;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "mode",
    sections: row::PROXIES,
    no: false,
    doc: "mode { tcp | http }: what the proxy understands of its connections. In tcp mode bytes pass unseen.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    let word = row::text(words, 1);
    cx.proxy().settings.mode = match word {
        "http" => Mode::Http,
        "tcp" => Mode::Tcp,
        "health" => {
            let text =
                "'mode health' doesn't exist anymore. Please use 'http-request return status 200' instead.";
            return Err(Diag::alert(words[1].span, text));
        }
        "haterm" | "log" | "spop" => {
            let section = row::section_name(cx.section);
            return Err(row::not_built(words[1].span, &format!("mode {word}"), section));
        }
        _ => {
            let diag = Diag::alert(row::place(words, 1), format!("unknown proxy mode '{word}'."));
            return Err(diag.help("write `mode http` or `mode tcp`").near(word, ["http", "tcp"].into_iter()));
        }
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::plan::Mode;
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn two_modes() {
        assert_eq!(bench(BACKEND, "mode http").ok().proxies[0].settings.mode, Mode::Http);
        assert_eq!(
            bench(BACKEND, "mode log").says(),
            "'mode log' in 'backend' section: Ringmain does not support this HAProxy keyword yet"
        );
        assert_eq!(bench(BACKEND, "mode htp").says(), "unknown proxy mode 'htp'.");
        assert_eq!(bench(BACKEND, "mode").says(), "unknown proxy mode ''.");
    }
}
