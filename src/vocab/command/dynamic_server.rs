//! `add server`, `del server` (management manual, 9.3).
use super::{CommandRow, Level, Steering, backend, server, severity, told};

pub const ROWS: &[CommandRow] = &[
    CommandRow {
        words: &["add", "server"],
        usage: "add server <bk>/<srv>",
        doc: "create a new server",
        level: Level::Admin,
        run: add,
    },
    CommandRow {
        words: &["del", "server"],
        usage: "del server <bk>/<srv>",
        doc: "remove a dynamically added server",
        level: Level::Admin,
        run: |steering, args| match server(steering, args.first()) {
            Ok((_, id)) => outcome(steering, steering.del_server(id)),
            // No end of line here: HAProxy's answers are one empty line shorter than those of its other commands.
            Err(e) => e.trim_end().to_owned(),
        },
    },
];

fn add(steering: &dyn Steering, args: &[&str]) -> String {
    let found = args.first().and_then(|n| n.split_once('/')).filter(|(_, name)| !name.is_empty());
    let Some((in_backend, name)) = found else {
        return "Require 'backend/server'.".to_owned();
    };
    let world = steering.world();
    let Some(id) = backend(&world, in_backend) else { return "No such backend.".to_owned() };
    let plan = world.plan.backend(id);
    // One that is disabled has no algorithm at all.
    if !plan.balance.is_dynamic() || plan.disabled {
        return "Backend must use a dynamic load balancing to support dynamic servers.".to_owned();
    }
    let words: Vec<&str> = std::iter::once(name).chain(args[1..].iter().copied()).collect();
    outcome(steering, steering.add_server(id, &words))
}

fn outcome(steering: &dyn Steering, done: Result<String, String>) -> String {
    done.map_or_else(|wrong| wrong, |text| told(steering, severity::INFO, text))
}
