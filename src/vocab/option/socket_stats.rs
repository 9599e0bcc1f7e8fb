//! `option socket-stats` (manual 4.2).
use super::{Effect, OptionRow};
use crate::plan::draft::Flag;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "socket-stats",
    sections: row::FRONTENDS,
    http: false,
    no: true,
    doc: "Each socket of the frontend is counted for itself and has a row of its own in the statistics.",
    effect: Effect::Flag(Flag::SocketStats),
};

#[cfg(test)]
mod tests {
    use crate::plan::draft::Flag;
    use crate::vocab::row::{FRONTEND, bench};

    #[test]
    fn it_is_on_or_off() {
        let on = |lines: &str| bench(FRONTEND, lines).ok().proxies[0].settings.flags.has(Flag::SocketStats);
        assert!(on("option socket-stats") && !on("option socket-stats\nno option socket-stats"));
    }
}
