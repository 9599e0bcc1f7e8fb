//! `option forwarded`: the field of RFC 7239 goes in where a request goes to its backend.
use crate::base::ids::BackendId;
use crate::proto::http::RequestHead;
use crate::rules::forwarded::Forwarded;
use crate::rules::{ConnInfo, Cx, Facts, Wishes};

/// Adds the field.
#[cold]
pub fn add(
    forwarded: &Forwarded,
    conn: &ConnInfo,
    facts: &dyn Facts,
    backend: BackendId,
    first_request: bool,
    req: &mut RequestHead,
) {
    forwarded.add(&mut Cx {
        conn,
        req: Some(req),
        res: None,
        req_body: b"",
        first_request,
        backend: Some(backend),
        server: None,
        facts,
        wishes: Wishes::default(),
    });
}
