//! `server … port` (manual 5.2).
use super::{ServerCx, ServerRow, number, wrong};
use crate::syntax::{Diag, Word};

pub const ROW: ServerRow = ServerRow {
    name: "port",
    arguments: 1,
    default_server: true,
    doc: "port <port>: checks go to this port.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    if words.len() < 2 {
        return Err(wrong(words, "'port' expects a port number as argument."));
    }
    cx.settings.check_port = match u16::try_from(number(words)) {
        Ok(0) => None,
        Ok(port) => Some(port),
        Err(_) => return Err(wrong(words, format!("'port' : invalid port '{}'.", words[1].text()))),
    };
    Ok(0)
}
