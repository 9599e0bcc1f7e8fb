//! `unix-bind` (manual 3.1).
use super::identity;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "unix-bind",
    sections: row::GLOBAL,
    no: false,
    doc: "unix-bind [prefix <prefix>] [mode <mode>] [user <user>] [uid <uid>] [group <group>] [gid <gid>]: what every Unix \
          socket of a bind line gets.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let mut at = 1;
    while at < words.len() {
        let (name, value) = (words[at].text(), row::text(words, at + 1));
        let place = row::place(words, at + 1);
        let unknown = |what: &str| Diag::alert(place, format!("'unix-bind' : '{value}' unknown {what}."));
        let number = || row::positive(crate::base::units::leading_int(value)).unwrap_or(0);
        let unix = &mut cx.draft.unix_bind;
        match name {
            "prefix" => unix.prefix = Some(value.to_owned()),
            "mode" => unix.mode = Some(u32::from_str_radix(value, 8).unwrap_or(0)),
            "uid" => unix.uid = Some(number()),
            "gid" => unix.gid = Some(number()),
            "user" => unix.uid = Some(identity::user_id(value).ok_or_else(|| unknown("user"))?),
            "group" => unix.gid = Some(identity::group_id(value).ok_or_else(|| unknown("group"))?),
            _ => {
                let text = "'unix-bind' only supports the 'prefix', 'mode', 'uid', 'gid', 'user' and 'group' options.";
                return Err(Diag::alert(words[at].span, text));
            }
        }
        at += 2;
    }
    Ok(())
}
