//! `option httpclose`, `http-server-close`, `http-keep-alive` (manual 4.2): what becomes of a connection after an answer. The
//! last one wins.
use super::{Effect, OptionRow};
use crate::plan::ConnectionMode;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, Polarity};

pub const ROWS: &[OptionRow] = &[
    option("http-keep-alive", "Both connections stay open after an answer. It is the default."),
    option("http-server-close", "The server connection ends after each answer, the client's stays."),
    option("httpclose", "Both connections end after each answer."),
];

const fn option(name: &'static str, doc: &'static str) -> OptionRow {
    OptionRow { name, sections: row::PROXIES, http: false, no: true, doc, effect: Effect::Parse(parse) }
}

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most_after(words, 1, 0)?;
    let mode = match words[1].text() {
        "httpclose" => ConnectionMode::Close,
        "http-server-close" => ConnectionMode::ServerClose,
        _ => ConnectionMode::KeepAlive,
    };
    let plain = cx.polarity == Polarity::Plain;
    let slot = &mut cx.proxy().settings.connection_mode;
    if plain {
        *slot = mode;
    } else if *slot == mode {
        *slot = ConnectionMode::default();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::plan::ConnectionMode;
    use crate::vocab::row::{FRONTEND, bench};

    #[test]
    fn the_last_one_wins_and_no_takes_back_its_own() {
        let mode = |lines: &str| bench(FRONTEND, lines).ok().proxies[0].settings.connection_mode;
        assert_eq!(mode("option httpclose\noption http-server-close"), ConnectionMode::ServerClose);
        assert_eq!(mode("option httpclose\nno option http-server-close"), ConnectionMode::Close);
        assert_eq!(mode("option httpclose\nno option httpclose"), ConnectionMode::KeepAlive);
        assert_eq!(mode("option httpclose\noption http-keep-alive"), ConnectionMode::KeepAlive);
    }
}
