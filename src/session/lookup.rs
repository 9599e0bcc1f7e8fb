//! A rule that waits for an address (`do-resolve`): the question goes to the core that looks names up, the request sleeps, and
//! the answer becomes a variable.
use super::Conn;
use super::local::{LiveFacts, View};
use crate::rules::{Lookup, Sample};
use crate::share::lookups::Question;
use std::future::poll_fn;
use std::task::Poll;

/// Waits for the answer, and keeps it. Without one the variable stays as it is.
pub(super) async fn wait(conn: &Conn, view: &View, lookup: Lookup) {
    let core = &conn.local.core;
    let (notifier, task) = (core.notifier(), core.current());
    // As HAProxy: names are asked for in lower case.
    let Ok(name) = String::from_utf8(lookup.name.to_ascii_lowercase()) else { return };
    let wake = Box::new(move || notifier.wake(task));
    let question = Question::new(&lookup.resolvers, name, lookup.v4, wake);
    let shared = &conn.local.shared;
    shared.lookups.ask(question.clone());
    let address = poll_fn(|_| question.answer().map_or(Poll::Pending, Poll::Ready)).await;
    if let Some(ip) = address {
        let facts = LiveFacts { world: view, shared };
        lookup.variable.keep(&conn.info, &facts, &Sample::Addr(ip));
    }
}
