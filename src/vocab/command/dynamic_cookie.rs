//! `enable|disable dynamic-cookie backend`, `set dynamic-cookie-key backend` (management manual, 9.3).
use super::{CommandRow, Level, Steering};
use crate::base::ids::BackendId;
use crate::world::cookies::DynamicCookie;

/// The rows of this file.
pub const ROWS: &[CommandRow] = &[
    CommandRow {
        words: &["disable", "dynamic-cookie", "backend"],
        usage: "disable dynamic-cookie backend <bk>",
        doc: "disable dynamic cookies on a specific backend",
        level: Level::Admin,
        run: |s, args| change(s, args, |d| d.on = false),
    },
    CommandRow {
        words: &["enable", "dynamic-cookie", "backend"],
        usage: "enable dynamic-cookie backend <bk>",
        doc: "enable dynamic cookies on a specific backend",
        level: Level::Admin,
        run: |s, args| change(s, args, |d| d.on = true),
    },
    CommandRow {
        words: &["set", "dynamic-cookie-key", "backend"],
        usage: "set dynamic-cookie-key backend <bk> <k>",
        doc: "change a backend secret key for dynamic cookies",
        level: Level::Admin,
        run: set_key,
    },
];

fn find(steering: &dyn Steering, args: &[&str]) -> Result<BackendId, String> {
    let Some(name) = args.first() else { return Err("A backend name is expected.\n".to_owned()) };
    let found = steering.world().plan.backends.iter().position(|b| b.name == *name);
    found.map(BackendId::from).ok_or_else(|| "No such backend.\n".to_owned())
}

fn change(steering: &dyn Steering, args: &[&str], edit: impl FnOnce(&mut DynamicCookie) + 'static) -> String {
    match find(steering, args) {
        Ok(id) => {
            steering.edit_world(Box::new(move |world| world.with_dynamic_cookie(id, edit)));
            String::new()
        }
        Err(e) => e,
    }
}

fn set_key(steering: &dyn Steering, args: &[&str]) -> String {
    let id = find(steering, args);
    match (id, args.get(1)) {
        (Err(e), _) => e,
        (Ok(_), None) => "String value expected.\n".to_owned(),
        (Ok(_), Some(key)) => {
            let key: std::sync::Arc<str> = (*key).into();
            change(steering, args, move |d| d.key = Some(key))
        }
    }
}
