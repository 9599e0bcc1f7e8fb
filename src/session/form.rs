//! A form that `balance url_param` looks into: it is awaited before a server is chosen, as HAProxy does.
use super::Conn;
use super::http::{ClientBody, head_limits};
use super::local::View;
use super::outcome::Outcome;
use crate::plan::Backend;
use crate::proto::http::RequestHead;
use crate::rules::balance::{Algorithm, Key};

/// Whether the body says where the request goes. A client that asks for leave to send it gets none from us.
#[inline]
pub(super) fn is_asked(plan: &Backend, req: &RequestHead) -> bool {
    plan.balance.is_hash()
        && matches!(plan.balance.algorithm, Algorithm::Hash(Key::UrlParam { .. }))
        && req.method() == b"POST"
        && !req.expect_continue
}

/// A whole form, what is here of it already counted; `body.done` is false where it is larger than a buffer.
pub(super) async fn whole(
    conn: &Conn,
    view: &View,
    body: &mut ClientBody,
    into: &mut Vec<u8>,
) -> Result<(), Outcome> {
    body.take_first(conn, into)?;
    wait(conn, view, body, into).await
}

/// Reads on until the body is whole or a buffer is full.
pub(super) async fn wait(
    conn: &Conn,
    view: &View,
    body: &mut ClientBody,
    into: &mut Vec<u8>,
) -> Result<(), Outcome> {
    let timeouts = &view.plan.frontend(conn.info.frontend).timeouts;
    let core = &conn.local.core;
    let deadline = timeouts.http_request.or(timeouts.client).map(|t| core.now() + t);
    let most = head_limits(&view.plan).max_head;
    while !body.done && into.len() < most {
        match core.until(deadline, conn.stream.recv()).await {
            Ok(Ok(Some(chunk))) => body.rest = Some(chunk),
            Ok(_) => return Err(Outcome::ClientGoneInHead),
            Err(_) => return Err(Outcome::RequestTimeout),
        }
        body.take_first(conn, into)?;
    }
    Ok(())
}
