//! `bind … user`, `group`, `uid`, `gid` (manual 5.1): who owns a Unix socket.
use super::{BindCx, BindRow, number, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::directive::identity::{group_id, user_id};
use crate::vocab::row;

pub const ROWS: &[BindRow] = &[
    BindRow { name: "gid", arguments: 1, doc: "gid <number>: the group of a Unix socket.", parse: gid },
    BindRow { name: "group", arguments: 1, doc: "group <name>: the group of a Unix socket.", parse: group },
    BindRow { name: "uid", arguments: 1, doc: "uid <number>: the owner of a Unix socket.", parse: uid },
    BindRow { name: "user", arguments: 1, doc: "user <name>: the owner of a Unix socket.", parse: user },
];

fn gid(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    cx.draft.gid = Some(id(words)?);
    Ok(())
}

fn uid(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    cx.draft.uid = Some(id(words)?);
    Ok(())
}

fn group(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    let name = name(words)?;
    let unknown = || wrong(words, format!("'group' : unknown group name '{name}'"));
    cx.draft.gid = Some(group_id(name).ok_or_else(unknown)?);
    Ok(())
}

fn user(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    let name = name(words)?;
    let unknown = || wrong(words, format!("'user' : unknown user name '{name}'"));
    cx.draft.uid = Some(user_id(name).ok_or_else(unknown)?);
    Ok(())
}

fn name(words: &[Word]) -> Result<&str, Diag> {
    match row::text(words, 1) {
        "" => Err(wrong(words, format!("'{}' : missing {} name", words[0].text(), words[0].text()))),
        name => Ok(name),
    }
}

fn id(words: &[Word]) -> Result<u32, Diag> {
    if words.len() < 2 {
        return Err(wrong(words, format!("'{}' : missing value", words[0].text())));
    }
    u32::try_from(number(words)).map_err(|_| wrong(words, format!("'{}' : not an id", words[0].text())))
}
