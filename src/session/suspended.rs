//! A request whose rules wait (`do-resolve`, `set-map`): they go on behind the rule that waited.
use super::Conn;
use super::decide::{self, Decision, Resume, Scene};
use super::local::{LiveFacts, View};
use super::persist::Override;
use super::{list_edit, lookup};
use crate::proto::http::RequestHead;
use crate::rules::{Awaited, NoTrace, Verdict, Wishes};
use std::cell::Cell;

/// Waits as often as rules do; what they decide in the end.
pub(super) async fn resumed(
    conn: &Conn,
    view: &View,
    req: &mut RequestHead,
    body: &[u8],
    wishes: &Cell<Wishes>,
    (mut waits, mut over, mut at): (Decision, Override, Option<Resume>),
) -> (Decision, Override) {
    loop {
        let Decision::Ended { verdict: Verdict::Wait(awaited), .. } = waits else { return (waits, over) };
        wait(conn, view, *awaited).await;
        // What was waited for may have changed the World.
        let newest = conn.local.view();
        let facts = LiveFacts { world: &newest, shared: &conn.local.shared };
        let scene = Scene {
            first_request: conn.requests.get() <= 1,
            plan: &view.plan,
            conn: &conn.info,
            facts: &facts,
            persistence: Cell::new(over),
            wishes,
            resume: Cell::new(at),
        };
        waits = decide::request(&scene, req, body, &mut NoTrace);
        (at, over) = (scene.resume.get(), scene.persistence.get());
    }
}

/// Waits for one thing.
pub(super) async fn wait(conn: &Conn, view: &View, awaited: Awaited) {
    match awaited {
        Awaited::Address(lookup) => lookup::wait(conn, view, lookup).await,
        Awaited::ListEdit(edit) => list_edit::wait(conn, edit).await,
    }
}
