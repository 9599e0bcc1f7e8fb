//! A rule that changes a list of patterns (`http-request set-map`, …): the edit goes to the keeper of the lists, and the rules go on
//! when it is in force.
use super::Conn;
use crate::share::list_edits::{Letter, ListEdit};
use std::future::poll_fn;
use std::task::Poll;

/// Waits until an edit is in force: the newest World has it then.
pub(super) async fn wait(conn: &Conn, edit: ListEdit) {
    let core = &conn.local.core;
    let (notifier, task) = (core.notifier(), core.current());
    let letter = Letter::new(edit, Box::new(move || notifier.wake(task)));
    conn.local.shared.list_edits.send(letter.clone());
    poll_fn(|_| if letter.is_done() { Poll::Ready(()) } else { Poll::Pending }).await;
}
