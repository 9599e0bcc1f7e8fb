//! Parameters of a server without arguments (manual 5.2).
use super::{ServerCx, ServerRow};
use crate::syntax::{Diag, Word};

pub const ROWS: &[ServerRow] = &[
    of("backup", "backup: takes requests only while no other server is up.", |cx, _| {
        cx.settings.backup = true;
        Ok(0)
    }),
    of("check", "check: the server's health is checked.", |cx, _| {
        cx.settings.check = true;
        Ok(0)
    }),
    of("disabled", "disabled: the server starts in maintenance.", |cx, _| {
        cx.settings.disabled = true;
        Ok(0)
    }),
    of("enabled", "enabled: takes back a disabled of default-server.", |cx, _| {
        cx.settings.disabled = false;
        Ok(0)
    }),
    of("no-backup", "no-backup: takes back a backup of default-server.", |cx, _| {
        cx.settings.backup = false;
        Ok(0)
    }),
    of("no-check", "no-check: takes back a check of default-server.", |cx, _| {
        cx.settings.check = false;
        Ok(0)
    }),
    of("non-stick", "non-stick: what goes to this server is not stored in stick tables.", |cx, _| {
        cx.settings.non_stick = true;
        Ok(0)
    }),
    of("stick", "stick: takes back a non-stick of default-server.", |cx, _| {
        cx.settings.non_stick = false;
        Ok(0)
    }),
    of("no-agent-check", "no-agent-check: takes back an agent-check of default-server.", |cx, _| {
        cx.settings.watching.agent = false;
        Ok(0)
    }),
    // What these take back is not built, and so is never on.
    of("no-check-ssl", "no-check-ssl: takes back a check-ssl of default-server.", |_, _| Ok(0)),
    of("no-ssl", "no-ssl: takes back an ssl of default-server.", |_, _| Ok(0)),
];

type Parse = fn(&mut ServerCx<'_, '_>, &[Word]) -> Result<usize, Diag>;

const fn of(name: &'static str, doc: &'static str, parse: Parse) -> ServerRow {
    ServerRow { name, arguments: 0, default_server: true, doc, parse }
}
