//! Sessions: `show sess`, `shutdown session`, `shutdown sessions server` (management manual, 9.3; `older`, `susp` and the
//! options of `show sess` are those of HAProxy 3.x).
use super::{CommandRow, Level, Steering, backend, frontend, server, server_to_change, severity, told, wait};
use crate::share::sessions::{SessionId, Wanted};

/// The rows of this file.
pub const ROWS: &[CommandRow] = &[
    CommandRow {
        words: &["show", "sess"],
        usage: "show sess [id]",
        doc: "report the list of current sessions or dump this exact session",
        level: Level::Operator,
        run: show,
    },
    CommandRow {
        words: &["shutdown", "session"],
        usage: "shutdown session [id]",
        doc: "kill a specific session",
        level: Level::Admin,
        run: shut,
    },
    CommandRow {
        words: &["shutdown", "sessions", "server"],
        usage: "shutdown sessions server <bk>/<srv>",
        doc: "kill sessions on a server",
        level: Level::Admin,
        run: |steering, args| match server_to_change(steering, args.first()) {
            Ok((_, id)) => {
                steering.shut_sessions(id);
                String::new()
            }
            Err(e) => e,
        },
    },
];

const HELP: &str = "\
Usage: show sess [<id> | older <age> | susp | all] [<options>...]
Dumps active streams (formerly called 'sessions'). Available selectors:
   <id>         dump only this stream identifier (0x...)
   all          dump all stream in large format
   older <age>  only display stream older than <age>
   susp         report streams considered suspicious
Available options:
   backend <b>  only display streams attached to this backend
   frontend <f> only display streams attached to this frontend
   server <b/s> only display streams attached to this server
Without any argument, all streams are dumped in a shorter format.
";

/// A session's number: `0x…`, or decimal.
fn number(word: &str) -> Option<u64> {
    match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => word.parse().ok(),
    }
    .filter(|n| *n > 0)
}

fn show(steering: &dyn Steering, args: &[&str]) -> String {
    let mut wanted = Wanted::default();
    let options = match args {
        ["help", ..] => return HELP.to_owned(),
        ["all", rest @ ..] => {
            wanted.long = true;
            rest
        }
        ["susp", rest @ ..] => {
            (wanted.long, wanted.suspicious) = (true, true);
            rest
        }
        ["older"] => {
            return told(steering, severity::ERROR, "Expects a minimum age (in seconds by default).\n");
        }
        ["older", age, rest @ ..] => {
            let Some(age) = wait::delay(age, 1_000) else {
                return told(steering, severity::ERROR, "Invalid age.\n");
            };
            (wanted.long, wanted.older) = (true, Some(age));
            rest
        }
        [word, ..] if number(word).is_some() => {
            let id = number(word).and_then(SessionId::of);
            let found = id.and_then(|id| steering.session(id));
            return found.unwrap_or_else(|| "Session not found.\n".to_owned());
        }
        rest => rest,
    };
    match options_of(steering, options, &mut wanted) {
        Ok(()) => steering.sessions(wanted),
        Err(wrong) => told(steering, severity::ERROR, wrong),
    }
}

fn options_of(steering: &dyn Steering, mut words: &[&str], wanted: &mut Wanted) -> Result<(), String> {
    while let [word, rest @ ..] = words {
        let name = rest.first();
        match *word {
            "frontend" => wanted.frontend = Some(frontend::find(steering, name)?),
            "backend" => {
                let Some(name) = name else { return Err("Missing backend name.\n".to_owned()) };
                let found = backend(&steering.world(), name);
                wanted.backend = Some(found.ok_or("No such backend.\n")?);
            }
            "server" => wanted.server = Some(server(steering, name)?.1),
            "show-uri" => {
                return Err(
                    "'show sess … show-uri' is a HAProxy command that Ringmain does not support yet.\n"
                        .to_owned(),
                );
            }
            other => {
                return Err(format!("Unsupported option '{other}', try 'help' for more info.\n"));
            }
        }
        words = rest.get(1..).unwrap_or_default();
    }
    Ok(())
}

fn shut(steering: &dyn Steering, args: &[&str]) -> String {
    let Some(number) = args.first().and_then(|word| number(word)) else {
        return "Session pointer expected (use 'show sess').\n".to_owned();
    };
    match SessionId::of(number) {
        Some(id) if steering.shut_session(id) => String::new(),
        _ => "No such session (use 'show sess').\n".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn sessions_are_named_by_numbers() {
        assert_eq!((number("0x1f"), number("31"), number("0X1F")), (Some(31), Some(31), Some(31)));
        for word in ["", "zz", "0x", "0", "-1", "12a", "0x1g", "99999999999999999999999"] {
            assert_eq!(number(word), None, "{word}");
        }
    }
}
