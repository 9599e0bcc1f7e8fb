//! Answers that the control thread makes of the process's own state: ordered, and passed to the client piece by piece.
use super::http::{ClientBody, Next, Reply};
use super::local::Heads;
use super::outcome::Outcome;
use crate::base::service::{Owner, Service};
use crate::net::PoolBox;
use crate::plan::StatsPage;
use crate::plan::stats::Access;
use crate::proto::h1::Answer;
use crate::proto::http::{RequestHead, Version};
use crate::proto::size;
use crate::proto::text::FieldName;
use crate::rules::body::Arrived;
use crate::rules::{Cx, Verdict};
use crate::share::desk::Order;
use crate::share::sessions::Stage;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;

/// What the `stats` lines of a proxy say of a request: an answer where its page is meant.
pub(super) fn stats(page: Option<&Arc<StatsPage>>, owner: Owner, cx: &Cx<'_>) -> Option<Verdict> {
    let page = page?;
    let request = cx.request()?;
    if !page.is_meant(request.uri()) || !matches!(request.method(), b"GET" | b"HEAD" | b"POST") {
        return None;
    }
    Some(match page.access(cx) {
        Access::Allow => Verdict::Serve(Service::Stats { owner, admin: page.is_admin(cx) }),
        Access::Deny => Verdict::Deny { status: 403 },
        Access::Auth { realm } => {
            let bytes = unauthorized(realm.as_deref().unwrap_or(page.realm()));
            Verdict::Answer { status: 401, bytes, close: false }
        }
    })
}

/// HAProxy's page for who is not known yet; the realm as a quoted string (RFC 9110, 11.5).
fn unauthorized(realm: &str) -> Vec<u8> {
    let body = "<html><body><h1>401 Unauthorized</h1>\nYou need a valid user and password to access this content.\n</body></html>\n";
    let realm = realm.replace('\\', "\\\\").replace('"', "\\\"");
    Answer::new(401, b"Unauthorized")
        .length(body.len())
        .with(&FieldName::CACHE_CONTROL, b"no-cache")
        .with(&FieldName::CONTENT_TYPE, b"text/html")
        .with(&FieldName::known("www-authenticate"), format!("Basic realm=\"{realm}\"").as_bytes())
        .end(body.as_bytes())
}

/// Leaves with its owner: the maker is told that nobody waits any more.
struct Ordered(Arc<Order>);

impl Drop for Ordered {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// Answers a request by a service.
pub(super) fn serve<'a, 'b>(
    reply: &'a mut Reply<'b>,
    service: Service,
    heads: &'a mut Heads,
    body: &'a mut ClientBody,
) -> PoolBox<impl Future<Output = Next> + use<'a, 'b>> {
    PoolBox::new(async move {
        let (conn, view) = (reply.conn, reply.view);
        let req = &heads.req;
        let mut form = None;
        if req.method() == b"POST" {
            let mut bytes = Vec::new();
            let framing = req.body;
            if let Err(outcome) = super::form::whole(conn, view, body, &mut bytes).await {
                return reply.error(outcome, body).await;
            }
            let content = Arrived::of(framing, &bytes).content.into_owned();
            // Too large a form is not done in part.
            form = Some(if body.done { content } else { Vec::new() });
        }
        let forged = form.is_some() && is_forged(&heads.req);
        let service = match service {
            Service::Stats { owner, .. } if forged => Service::Stats { owner, admin: false },
            service => service,
        };
        let (notifier, task) = (conn.local.core.notifier(), conn.local.core.current());
        let wake = Box::new(move || notifier.wake(task));
        let ordered = Ordered(Order::new(service, heads.req.uri().to_vec(), form, wake));
        if !conn.local.shared.desk.leave(ordered.0.clone()) {
            return reply.error(Outcome::NoServer, body).await;
        }
        let fe = &conn.local.cells().frontends[conn.info.frontend.index()];
        let by_frontend = match service {
            Service::Stats { owner, .. } => matches!(owner, Owner::Frontend(_)),
            Service::Prometheus => reply.backend.is_none(),
        };
        if by_frontend {
            fe.intercepted.inc();
        }
        pieces(reply, &ordered.0, body).await
    })
}

/// Whether a form was sent by another site's page: servers are not changed by it. Browsers say where a request comes from
/// (Fetch Metadata, `Origin`); programs say nothing.
fn is_forged(req: &RequestHead) -> bool {
    if let Some(site) = req.head.get(b"sec-fetch-site") {
        return !matches!(site, b"same-origin" | b"none");
    }
    let Some(origin) = req.head.get(b"origin") else { return false };
    let host = req.head.get(b"host").unwrap_or(b"");
    let at = memchr::memmem::find(origin, b"://").map_or(origin.len(), |at| at + 3);
    !origin[at..].eq_ignore_ascii_case(host)
}

/// Passes the pieces on: the first is the answer's head without an end, the others are its body.
async fn pieces(reply: &mut Reply<'_>, order: &Order, body: &mut ClientBody) -> Next {
    let conn = reply.conn;
    let next_piece = || poll_fn(|_| order.next().map_or(Poll::Pending, Poll::Ready));
    let Some(mut head) = next_piece().await else {
        return reply.error(Outcome::NoServer, body).await;
    };
    conn.waits(Stage::Body, None);
    let chunked = reply.version != Version::Http10;
    let has_length = memchr::memmem::find(&head, b"content-length").is_some();
    let closes = memchr::memmem::find(&head, b"connection: close\r\n").is_some();
    reply.keep &= !closes && (chunked || has_length);
    let next = reply.behind(body);
    if closes {
        // The maker has said it.
    } else if !next.keeps() {
        head.extend_from_slice(b"connection: close\r\n");
    } else if reply.version == Version::Http10 {
        head.extend_from_slice(b"connection: keep-alive\r\n");
    }
    if chunked && !has_length {
        head.extend_from_slice(b"transfer-encoding: chunked\r\n");
    }
    head.extend_from_slice(b"\r\n");
    let status = status_of(&head);
    reply.count(status, size::of_stored(&head, true));
    if !reply.send(head, false).await {
        return Next::Close;
    }
    if reply.head {
        return next;
    }
    while let Some(piece) = next_piece().await {
        reply.count_bytes(piece.len() as u64);
        let out = if chunked && !has_length { framed(&piece) } else { piece };
        match conn.unless_killed(reply.send(out, false)).await {
            Some(true) if !conn.is_killed() => {}
            Some(false) => return Next::Close,
            // An operator has ended it.
            Some(true) | None => {
                conn.note(|r| r.end = Some(*b"KD"));
                return Next::Drop;
            }
        }
    }
    if chunked && !has_length && !reply.send(b"0\r\n\r\n".to_vec(), next.ends_at_once()).await {
        return Next::Close;
    }
    next
}

fn framed(piece: &[u8]) -> Vec<u8> {
    let mut out = format!("{:x}\r\n", piece.len()).into_bytes();
    out.extend_from_slice(piece);
    out.extend_from_slice(b"\r\n");
    out
}

fn status_of(head: &[u8]) -> u16 {
    let digits = head.get(9..12).and_then(|d| std::str::from_utf8(d).ok());
    digits.and_then(|d| d.parse().ok()).unwrap_or(200)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forged(fields: &[(&str, &str)]) -> bool {
        let mut req = RequestHead::default();
        req.head.add(&FieldName::HOST, b"lb.example:8080");
        fields.iter().for_each(|(n, v)| req.head.add(&FieldName::new(n.as_bytes()).unwrap(), v.as_bytes()));
        is_forged(&req)
    }

    #[test]
    fn another_sites_form_is_seen() {
        assert!(!forged(&[]), "programs say nothing");
        assert!(!forged(&[("origin", "http://lb.example:8080"), ("sec-fetch-site", "same-origin")]));
        assert!(!forged(&[("origin", "https://LB.example:8080")]));
        for fields in [
            &[("origin", "http://evil.example")][..],
            &[("origin", "null")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", "http://lb.example:8080")],
        ] {
            assert!(forged(fields), "{fields:?}");
        }
    }

    #[test]
    fn a_realm_is_quoted() {
        let text = String::from_utf8(unauthorized("a \"b\" \\")).unwrap();
        assert!(text.contains("realm=\"a \\\"b\\\" \\\\\"\r\n"), "{text}");
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())));
    }

    #[test]
    fn pieces_are_framed() {
        assert_eq!(framed(b"0123456789abcdefg"), b"11\r\n0123456789abcdefg\r\n");
        assert_eq!(status_of(b"HTTP/1.1 303 See Other\r\n"), 303);
    }
}
