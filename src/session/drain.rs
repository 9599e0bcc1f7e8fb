//! The rest of a request's body that nobody wants: an error page, a rule or the server has answered before it was there. It is
//! read and dropped, since most clients look for an answer only once they have sent everything.
use super::Conn;
use crate::proto::h1::BodyReader;
use std::time::Duration;

/// How many bytes are read away, and for how long: not less than an upload that is let through may take.
const MAX_BYTES: u64 = 1 << 30;
const MAX_TIME: Duration = Duration::from_secs(300);

/// Whether its end may come within the bound.
pub(super) fn is_worth_it(reader: &BodyReader) -> bool {
    reader.remaining().is_none_or(|left| left <= MAX_BYTES)
}

/// Reads the rest away, each packet within `timeout client`; whether it came whole. What is behind it is the next request's.
pub(super) async fn rest(conn: &Conn, reader: &mut BodyReader, timeout: Option<Duration>) -> bool {
    let core = &conn.local.core;
    let end = core.now() + MAX_TIME;
    let mut left = MAX_BYTES;
    while !reader.is_done() {
        if left == 0 || !is_worth_it(reader) {
            return false;
        }
        let deadline = timeout.map_or(end, |t| end.min(core.now() + t));
        let Ok(Ok(Some(mut chunk))) = core.until(Some(deadline), conn.stream.recv()).await else {
            return false;
        };
        let Ok(walk) = reader.walk(&mut chunk) else { return false };
        left = left.saturating_sub(walk.consumed as u64);
        if walk.consumed < chunk.len() {
            chunk.advance(walk.consumed);
            conn.stream.unread(chunk);
        }
    }
    true
}
