//! `trace`, `show trace` (management manual, 9.3): Ringmain has no sources of traces.
use super::severity::{INFO, WARNING};
use super::{CommandRow, Level, told, wrong};

/// The rows of this file.
pub const ROWS: &[CommandRow] = &[
    CommandRow {
        words: &["show", "trace"],
        usage: "show trace [<module>]",
        doc: "show live tracing state",
        level: Level::User,
        run: |steering, args| match args.first() {
            None => told(steering, INFO, NONE),
            Some(_) => wrong(steering, NO_SUCH),
        },
    },
    CommandRow {
        words: &["trace"],
        usage: "trace [<module>|0] [cmd [args...]]",
        doc: "manage live tracing (empty to list, 0 to stop all)",
        level: Level::User,
        run: |steering, args| match args.first() {
            None => told(steering, WARNING, NONE),
            // All that there are have stopped.
            Some(&"0") => String::new(),
            Some(_) => wrong(steering, NO_SUCH),
        },
    },
];

const NO_SUCH: &str = "No such trace source";

const NONE: &str = "\
Supported trace sources and states (.=stopped, w=waiting, R=running) :
 [.] 0          : not a source, will immediately stop all traces
 # there are no trace sources: use perf, or strace on the epoll engine
";
