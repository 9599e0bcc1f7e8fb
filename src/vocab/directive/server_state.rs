//! Where the servers' states of the process before are read from: `server-state-file`, `server-state-base` (manual 3.1),
//! `load-server-state-from-file`, `server-state-file-name` (manual 4.2).
use crate::plan::remembered::LoadState;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

/// The rows of this family.
pub const ROWS: &[DirectiveRow] = &[
    DirectiveRow {
        name: "load-server-state-from-file",
        sections: row::BACKENDS,
        no: false,
        doc: "load-server-state-from-file { global | local | none }: which file has the servers' states to start with.",
        parse: load,
    },
    DirectiveRow {
        name: "server-state-base",
        sections: row::GLOBAL,
        no: false,
        doc: "server-state-base <directory>: where state files without a leading slash stand.",
        parse: |cx, words| {
            let missing = "'server-state-base' expects one argument: a directory path.";
            if path(cx, words, missing, cx_base)? {
                cx.already(words);
            }
            Ok(())
        },
    },
    DirectiveRow {
        name: "server-state-file",
        sections: row::GLOBAL,
        no: false,
        doc: "server-state-file <file>: the state file of all backends that load it with `global`.",
        parse: |cx, words| {
            let missing = "'server-state-file' expect one argument: a file path.";
            if path(cx, words, missing, cx_file)? {
                cx.already(words);
            }
            Ok(())
        },
    },
    DirectiveRow {
        name: "server-state-file-name",
        sections: row::BACKENDS & !row::DEFAULTS,
        no: false,
        doc: "server-state-file-name [use-backend-name | <file>]: this backend's own state file, by default its name.",
        parse: name,
    },
];

type Place = Option<std::path::PathBuf>;

fn cx_base(global: &mut crate::plan::Global) -> &mut Place {
    &mut global.server_state_base
}

fn cx_file(global: &mut crate::plan::Global) -> &mut Place {
    &mut global.server_state_file
}

/// Notes a path; true where there is one already.
fn path(
    cx: &mut DirectiveCx<'_>,
    words: &[Word],
    missing: &str,
    place: fn(&mut crate::plan::Global) -> &mut Place,
) -> Result<bool, Diag> {
    let place = place(cx.global());
    if place.is_some() {
        return Ok(true);
    }
    let Some(word) = words.get(1) else { return Err(Diag::alert(row::place(words, 1), missing)) };
    *place = Some(word.text().into());
    Ok(false)
}

fn load(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.proxy().settings.load_state = match row::text(words, 1) {
        "global" => LoadState::Global,
        "local" => LoadState::Local,
        "none" => LoadState::None,
        other => {
            let text =
                format!("'load-server-state-from-file' expects 'global', 'local' or 'none'. Got '{other}'");
            return Err(Diag::alert(row::place(words, 1), text));
        }
    };
    Ok(())
}

fn name(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    let name = words.get(1).map(Word::text).filter(|name| *name != "use-backend-name");
    cx.proxy().settings.state_file = name.map(str::to_owned);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::row::{BACKEND, GLOBAL, bench};

    #[test]
    fn paths_and_sources_are_read() {
        let draft = bench(GLOBAL, "server-state-file a\nserver-state-base /b").ok();
        assert_eq!(draft.global.server_state_file, Some("a".into()));
        assert_eq!(draft.global.server_state_base, Some("/b".into()));
        let lines = "load-server-state-from-file local x\nserver-state-file-name f";
        let settings = bench(BACKEND, lines).ok().proxies[0].settings.clone();
        assert_eq!((settings.load_state, settings.state_file.as_deref()), (LoadState::Local, Some("f")));
        let own = bench(BACKEND, "server-state-file-name f\nserver-state-file-name use-backend-name").ok();
        assert_eq!(own.proxies[0].settings.state_file, None);
    }

    #[test]
    fn messages_are_haproxys() {
        for (section, line, says) in [
            (GLOBAL, "server-state-file", "'server-state-file' expect one argument: a file path."),
            (GLOBAL, "server-state-base", "'server-state-base' expects one argument: a directory path."),
            (
                BACKEND,
                "load-server-state-from-file x",
                "'load-server-state-from-file' expects 'global', 'local' or 'none'. Got 'x'",
            ),
            (
                BACKEND,
                "server-state-file-name a b",
                "'server-state-file-name' cannot handle unexpected argument 'b'.",
            ),
        ] {
            assert_eq!(bench(section, line).says(), says);
        }
    }
}
