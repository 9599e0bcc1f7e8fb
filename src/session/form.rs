//! A form that `balance url_param` looks into: it is awaited before a server is chosen, as HAProxy does.
use super::Conn;
use super::http::{ClientBody, head_limits};
use super::local::View;
use super::outcome::Outcome;
use crate::plan::Backend;
use crate::proto::http::{Body, RequestHead};
use crate::rules::balance::{Algorithm, Key};
use std::borrow::Cow;

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

/// What has arrived of the body, without the framing of chunks.
pub(super) fn content(body: Body, bytes: &[u8]) -> Cow<'_, [u8]> {
    if body != Body::Chunked {
        return Cow::Borrowed(bytes);
    }
    let (mut content, mut rest) = (Vec::new(), bytes);
    // The framing was checked when the bytes came.
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let digits = rest[..end].trim_ascii();
        let size = std::str::from_utf8(digits).ok().and_then(|d| usize::from_str_radix(d, 16).ok());
        rest = &rest[end + 1..];
        let size = size.unwrap_or(0).min(rest.len());
        if size == 0 {
            break;
        }
        content.extend_from_slice(&rest[..size]);
        rest = rest[size..].strip_prefix(b"\r\n").unwrap_or_default();
    }
    Cow::Owned(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_lose_their_frames() {
        let of = |text: &'static str| content(Body::Chunked, text.as_bytes()).into_owned();
        assert_eq!(of("3\r\nid=\r\n1\r\n7\r\n0\r\n\r\n"), b"id=7");
        assert_eq!(of("a\r\nid="), b"id=");
        assert_eq!((of("3\r\nid=\r\n5"), of(""), of("x")), (b"id=".to_vec(), vec![], vec![]));
        assert_eq!(content(Body::Length(4), b"id=7"), &b"id=7"[..]);
    }
}
