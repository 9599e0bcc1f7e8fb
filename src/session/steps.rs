//! Lines beside the one of the exchange: those at steps (`log-steps`) and those that rules write (`do-log`).
use super::Conn;
use super::local::View;
use super::record::{self, INFO};
use crate::plan::logging::{LogSetId, Recording};
use crate::rules::log_profile::Step;
use crate::rules::record::{Level, NOT_YET};

/// A step is reached: its line is written, where one is wanted.
#[inline]
pub(super) fn reached(conn: &Conn, view: &View, step: Step) {
    let Some(recording) = record::recording_of(conn, view) else { return };
    if recording.lines.as_ref().and_then(|l| l.steps).is_some_and(|steps| steps.has(step)) {
        line(conn, view, recording, step);
    }
}

fn line(conn: &Conn, view: &View, recording: &Recording, step: Step) {
    let Some(lines) = &recording.lines else { return };
    let level = match conn.info.record.look(|r| r.level) {
        None | Some(Level::Silent) => return,
        Some(Level::Of(level)) => level,
        Some(Level::Usual) => INFO,
    };
    // It is not over: what is counted to the end goes on.
    let closed = conn.info.record.look(|r| r.closed).unwrap_or(NOT_YET);
    record::write_at(conn, view, recording, lines, level, step);
    conn.info.record.note(|r| r.closed = closed);
}

/// Sends what rules have written, where any rule writes.
#[inline]
pub(super) fn queued(conn: &Conn, recording: &Recording) {
    if recording.do_log.is_some() {
        send_queued(conn);
    }
}

#[cold]
fn send_queued(conn: &Conn) {
    if conn.info.record.look(|r| r.queued.is_empty()) != Some(false) {
        return;
    }
    let mut lines = Vec::new();
    conn.info.record.note(|r| lines = std::mem::take(&mut r.queued));
    let local = &conn.local;
    let counter = &local.cells().frontends[conn.info.frontend.index()].logs;
    for line in &lines {
        counter.inc();
        let mut sender = local.logs.sender();
        sender.line(LogSetId(line.set), line.level, line.now, &line.data, &line.message);
    }
    local.core.ask_turns_end();
}
