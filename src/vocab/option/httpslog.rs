//! `option httpslog` (manual 4.2).
use super::{Effect, OptionRow, httplog};
use crate::plan::draft::LogFormat;
use crate::vocab::row;

pub const ROW: OptionRow = OptionRow {
    name: "httpslog",
    sections: row::PROXIES,
    http: false,
    no: false,
    doc: "option httpslog: as option httplog, with what is known of TLS behind it.",
    effect: Effect::Parse(|cx, words| {
        httplog::set_format(cx, words, LogFormat::Https);
        Ok(())
    }),
};
