//! `show events`: the lines of rings (management manual, 9.3).
use super::{CommandRow, Level, Steering};
use crate::plan::ring::STANDARD;
use std::fmt::Write;

/// The rows of this file.
pub const ROWS: &[CommandRow] = &[CommandRow {
    words: &["show", "events"],
    usage: "show events [<sink>] [-w] [-n]",
    doc: "show event sink state",
    level: Level::User,
    run,
}];

fn run(steering: &dyn Steering, args: &[&str]) -> String {
    let Some((name, options)) = args.split_first() else { return list(steering) };
    let world = steering.world();
    if STANDARD.iter().any(|s| s.0 == *name) {
        return "Nothing to report for this sink\n".to_owned();
    }
    let Some(at) = world.plan.rings.iter().position(|r| r.name == *name) else {
        return "No such event sink\n".to_owned();
    };
    let (mut wait, mut new) = (false, false);
    for option in options {
        match *option {
            "-w" => wait = true,
            "-n" => new = true,
            "-wn" | "-nw" => (wait, new) = (true, true),
            _ => return "unknown option\n".to_owned(),
        }
    }
    let shared = steering.shared();
    let Some(ring) = shared.rings.get(at) else { return String::new() };
    let mut text = Vec::new();
    let end = if new {
        ring.end()
    } else {
        ring.read(ring.oldest(), usize::MAX, |line| {
            text.extend_from_slice(line);
            text.push(b'\n');
        })
    };
    if wait {
        steering.follow(at, end);
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn list(steering: &dyn Steering) -> String {
    let mut text =
        String::from("Supported events sinks are listed below. Add -w(wait), -n(new). Any key to stop\n");
    let mut add = |name: &str, kind: &str, lost: u64, description: &str| {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "    {name:<10} : type={kind}, {lost} dropped, {description}");
    };
    for (name, description) in STANDARD {
        add(name, "fd", 0, description);
    }
    let (world, shared) = (steering.world(), steering.shared());
    for (ring, lines) in world.plan.rings.iter().zip(&shared.rings) {
        add(&ring.name, "buffer", lines.lost(), &ring.description);
    }
    text
}
