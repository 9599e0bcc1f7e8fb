//! What could not be read is kept for operators (management manual 9.3, `show errors`). Off the usual way: whoever comes
//! here gets an error page.
use super::Conn;
use crate::base::ids::{BackendId, ServerId};
use crate::base::limits::BUFSIZE;
use crate::proto::h1::{BodyError, BodyErrorKind, HeadError, HeadErrorKind as Kind};
use crate::share::errors::Snapshot;
use std::time::SystemTime;

/// Keeps a request's head.
#[cold]
pub(super) fn request(conn: &Conn, bytes: &[u8], error: &HeadError) {
    keep(conn, None, bytes, error);
}

/// Keeps an answer's head.
#[cold]
pub(super) fn answer(conn: &Conn, backend: BackendId, server: ServerId, bytes: &[u8], error: &HeadError) {
    keep(conn, Some((backend, server)), bytes, error);
}

/// Keeps the piece of a body whose framing is wrong: a client's, or that of a server's answer. What came before it is gone.
#[cold]
pub(super) fn body(conn: &Conn, server: Option<(BackendId, ServerId)>, bytes: &[u8], error: BodyError) {
    let state = match error.kind {
        BodyErrorKind::NoCrlf => "MSG_CHUNK_CRLF(28)",
        BodyErrorKind::Trailer | BodyErrorKind::FramingTrailer | BodyErrorKind::TrailersTooLong => {
            "MSG_TRAILERS(29)"
        }
        _ => "MSG_CHUNK_SIZE(26)",
    };
    snapshot(conn, server, bytes, error.at, state, error.kind.text());
}

fn keep(conn: &Conn, server: Option<(BackendId, ServerId)>, bytes: &[u8], error: &HeadError) {
    // What is wrong behind a CR is what stands there in place of LF.
    let position = error.at + usize::from(error.kind == Kind::BareCr);
    snapshot(conn, server, bytes, position, state(bytes, error, server.is_some()), error.kind.text());
}

fn snapshot(
    conn: &Conn,
    server: Option<(BackendId, ServerId)>,
    bytes: &[u8],
    position: usize,
    state: &'static str,
    why: &'static str,
) {
    let plan = &conn.local.view().plan;
    conn.local.shared.errors.keep(Snapshot {
        number: 0,
        at: SystemTime::now(),
        frontend: conn.info.frontend,
        server,
        src: conn.info.src,
        listener: conn.info.listener_id,
        bytes: bytes.to_vec(),
        position,
        room: plan.global.bufsize.map_or(BUFSIZE, |b| b as usize),
        state,
        why,
    });
}

/// Where HAProxy's parser stands when it meets this error: its word for it and its number (`h1m_state_str`), as its reports of
/// the same bytes have it.
fn state(bytes: &[u8], error: &HeadError, answer: bool) -> &'static str {
    let before = &bytes[..error.at.min(bytes.len())];
    let begun = before.iter().any(|b| !matches!(b, b'\r' | b'\n'));
    let in_start_line = !before.trim_ascii_start().contains(&b'\n');
    let at = bytes.get(error.at).copied();
    match error.kind {
        Kind::Method | Kind::BareCr | Kind::BareLf if !begun && !answer => match error.at {
            0 => "MSG_RQBEFORE(0)",
            _ => "MSG_RQBEFORE_CR(1)",
        },
        Kind::Version if answer && !at.is_some_and(|b| begun || b.is_ascii_alphanumeric()) => {
            "MSG_RPBEFORE(8)"
        }
        Kind::BareCr if before.ends_with(b"\n") => "MSG_LAST_LF(25)",
        Kind::BareCr if in_start_line => {
            if answer {
                "MSG_RPLINE_END(15)"
            } else {
                "MSG_RQLINE_END(7)"
            }
        }
        Kind::BareCr => "MSG_HDR_L2_LF(23)",
        // A line without a target is read to its end before it is judged.
        Kind::Method if matches!(at, Some(b'\r' | b'\n')) => "MSG_DATA(27)",
        Kind::Method => "MSG_RQMETH(2)",
        Kind::Target if at.is_some_and(|b| b == b'#' || !(0x21..0x7f).contains(&b)) => "MSG_RQURI(4)",
        Kind::Target => "MSG_LAST_LF(25)",
        Kind::Version if answer => "MSG_RPVER(10)",
        Kind::Version if at == Some(b' ') => "MSG_RQVER(6)",
        Kind::Version | Kind::Http2Preface => "MSG_DATA(27)",
        Kind::Status => "MSG_RPCODE(12)",
        Kind::Name | Kind::SpaceBeforeColon => "MSG_HDR_NAME(17)",
        Kind::Fold => "MSG_HDR_FIRST(16)",
        Kind::TooLong | Kind::Nul | Kind::BareLf => "MSG_HDR_VAL(22)",
        Kind::Length | Kind::RepeatedLength | Kind::RepeatedHost | Kind::NotChunked | Kind::TooManyFields => {
            "MSG_HDR_L2_LWS(24)"
        }
        Kind::Host
        | Kind::HostMismatch
        | Kind::LengthAndCoding
        | Kind::CodingInHttp10
        | Kind::CodingBeforeChunked
        | Kind::ConnectBody
        | Kind::PayloadInHttp10
        | Kind::WebSocket
        | Kind::UnaskedUpgrade => "MSG_LAST_LF(25)",
    }
}
