//! What traffic tells of a server's health (`observe`, manual 5.2). Nothing is counted for servers without the word.
use super::Local;
use super::local::View;
use crate::base::ids::ServerId;
use crate::plan::check::Observe;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Connected,
    NotConnected,
    /// An answer's status.
    Answered(u16),
    BadAnswer,
    NoAnswerInTime,
    /// The server reset the connection.
    ReadError,
}

/// Counts it, where the server is observed.
#[inline]
pub fn note(local: &Local, view: &View, server: ServerId, event: Event) {
    if let Some(observe) = &view.plan.server(server).watching.observe {
        count(local, server, observe, event);
    }
}

fn count(local: &Local, server: ServerId, observe: &Observe, event: Event) {
    let observed = &local.shared.observed;
    let bad = |words| observed.bad(server, observe.limit, words);
    match event {
        Event::Connected if observe.layer7 => {}
        Event::NotConnected => bad("L4 unsuccessful connection"),
        Event::Connected => observed.good(server),
        _ if !observe.layer7 => {}
        Event::Answered(100..=499 | 501 | 505) => observed.good(server),
        Event::Answered(_) => bad("Wrong http response"),
        Event::BadAnswer => bad("Invalid http response (headers)"),
        Event::NoAnswerInTime => bad("Read timeout (http)"),
        Event::ReadError => bad("Read error (http)"),
    }
}
