//! `http-request tarpit`: the client waits before it is refused.
use super::Conn;
use super::http::ClientBody;
use super::local::View;
use crate::base::ids::BackendId;
use crate::share::sessions::Stage;

/// Lets the client wait, and reads its body away meanwhile. False when it is gone before the time is over, or before an
/// operator ends it.
pub(super) async fn wait(
    conn: &Conn,
    view: &View,
    backend: Option<BackendId>,
    body: &mut ClientBody,
) -> bool {
    let timeout = match backend {
        Some(id) => view.plan.backend(id).timeouts.tarpit,
        None => view.plan.frontend(conn.info.frontend).timeouts.tarpit,
    };
    let Some(timeout) = timeout else { return true };
    let core = &conn.local.core;
    let until = core.now() + timeout;
    conn.waits(Stage::Tarpit, None);
    let mut away = core.take_vec();
    while !body.done {
        away.clear();
        if body.take_first(conn, &mut away).is_err() {
            break;
        }
        if body.done {
            break;
        }
        match conn.unless_killed(core.until(Some(until), conn.stream.recv())).await {
            Some(Ok(Ok(Some(chunk)))) => body.rest = Some(chunk),
            // It has only said that it sends no more.
            Some(Ok(Ok(None))) => break,
            Some(Ok(Err(_))) => return false,
            Some(Err(_)) | None => return true,
        }
    }
    core.give_back(away.into());
    conn.unless_killed(core.sleep_until(until)).await;
    true
}
