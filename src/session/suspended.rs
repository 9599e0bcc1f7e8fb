//! A request whose rules wait (`do-resolve`): they go on behind the rule that waited.
use super::Conn;
use super::decide::{self, Decision, Resume, Scene};
use super::local::{LiveFacts, View};
use super::lookup;
use super::persist::Override;
use crate::proto::http::RequestHead;
use crate::rules::{NoTrace, Verdict, Wishes};
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
        let Decision::Ended { verdict: Verdict::Wait(question), .. } = waits else { return (waits, over) };
        lookup::wait(conn, view, *question).await;
        let facts = LiveFacts { world: view, shared: &conn.local.shared };
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
