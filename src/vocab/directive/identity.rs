//! `user`, `group`, `uid`, `gid` (manual 3.1): who the process becomes.
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROWS: &[DirectiveRow] = &[
    row_of("gid", "gid <number>: the group the process changes to.", gid),
    row_of("group", "group <name>: as gid, by name.", group),
    row_of("uid", "uid <number>: the user the process changes to; it must be started as root.", uid),
    row_of("user", "user <name>: as uid, by name.", user),
];

const fn row_of(name: &'static str, doc: &'static str, parse: row::Parse) -> DirectiveRow {
    DirectiveRow { name, sections: row::GLOBAL, no: false, doc, parse }
}

fn user(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    if std::mem::replace(&mut cx.draft.uid_given, true) {
        cx.again(words, "user/uid already specified. Continuing.");
        return Ok(());
    }
    cx.global().uid = Some(user_id(row::text(words, 1)).ok_or_else(|| unknown(words, "user"))?);
    Ok(())
}

fn group(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    if std::mem::replace(&mut cx.draft.gid_given, true) {
        cx.again(words, "gid/group was already specified. Continuing.");
        return Ok(());
    }
    cx.global().gid = Some(group_id(row::text(words, 1)).ok_or_else(|| unknown(words, "group"))?);
    Ok(())
}

fn uid(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    if std::mem::replace(&mut cx.draft.uid_given, true) {
        cx.again(words, "user/uid already specified. Continuing.");
        return Ok(());
    }
    cx.global().uid = Some(number(cx, words, "user")?);
    Ok(())
}

fn gid(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    if std::mem::replace(&mut cx.draft.gid_given, true) {
        cx.again(words, "group/gid already specified. Continuing.");
        return Ok(());
    }
    cx.global().gid = Some(number(cx, words, "group")?);
    Ok(())
}

/// The id of a user's name.
pub fn user_id(name: &str) -> Option<u32> {
    nix::unistd::User::from_name(name).ok().flatten().map(|u| u.uid.as_raw())
}

/// The id of a group's name.
pub fn group_id(name: &str) -> Option<u32> {
    nix::unistd::Group::from_name(name).ok().flatten().map(|g| g.gid.as_raw())
}

fn unknown(words: &[Word], what: &str) -> Diag {
    let text = format!("cannot find {what} id for '{}' (0:Success)", row::text(words, 1));
    Diag::alert(row::place(words, 1), text).help(format!("no {what} of this system has that name"))
}

/// HAProxy takes the number before other characters and warns.
fn number(cx: &mut DirectiveCx<'_>, words: &[Word], by_name: &str) -> Result<u32, Diag> {
    let value = row::integer(words)?;
    let text = row::text(words, 1);
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        let message = format!(
            " {}: string '{text}' is not a number.\n   | You might want to use the '{by_name}' parameter to use a system \
             {by_name} name.",
            words[0].text()
        );
        cx.warn(words[1].span, message);
    }
    u32::try_from(value).map_err(|_| Diag::alert(words[1].span, format!("'{text}' is no {} id", by_name)))
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{GLOBAL, bench};

    #[test]
    fn by_number_and_by_name() {
        let draft = bench(GLOBAL, "user root\ngroup root").ok();
        assert_eq!((draft.global.uid, draft.global.gid), (Some(0), Some(0)));
        assert_eq!(bench(GLOBAL, "uid 99\nuid 98").says(), "user/uid already specified. Continuing.");
        assert_eq!(
            bench(GLOBAL, "user no-such-user").says(),
            "cannot find user id for 'no-such-user' (0:Success)"
        );
    }
}
