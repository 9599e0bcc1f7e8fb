//! Where in the life of a connection an expression may be evaluated: HAProxy's own list, in its order and with its names.

/// A set of places.
pub type Places = u32;

pub const FE_CONNECTION: Places = 1;
pub const FE_SESSION: Places = 1 << 1;
pub const FE_CONTENT: Places = 1 << 2;
pub const FE_REQUEST: Places = 1 << 3;
pub const FE_USE_BACKEND: Places = 1 << 5;
pub const BE_CONTENT: Places = 1 << 6;
pub const BE_REQUEST: Places = 1 << 7;
pub const BE_SERVER: Places = 1 << 9;
pub const BE_CONNECT: Places = 1 << 10;
pub const BE_RESPONSE: Places = 1 << 12;
pub const BE_STORE: Places = 1 << 14;
pub const FE_RESPONSE: Places = 1 << 16;
pub const LOG: Places = 1 << 18;
pub const CHECK: Places = 1 << 19;
/// While the answer is the message at hand.
pub const ANSWER: Places = span(11, 17);
pub const ALL: Places = (1 << 20) - 1;

const NAMES: [&str; 20] = [
    "frontend tcp-request connection rule",
    "frontend tcp-request session rule",
    "frontend tcp-request content rule",
    "frontend http-request header rule",
    "frontend http-request body rule",
    "frontend use-backend rule",
    "backend tcp-request content rule",
    "backend http-request header rule",
    "backend http-request body rule",
    "backend use-server, balance or stick-match rule",
    "server source selection",
    "backend tcp-response content rule",
    "backend http-response header rule",
    "backend http-response body rule",
    "backend stick-store rule",
    "frontend tcp-response content rule",
    "frontend http-response header rule",
    "frontend http-response body rule",
    "logs",
    "backend tcp-check rule",
];

/// HAProxy's name of a place, of several the first one's.
#[must_use]
pub fn name(places: Places) -> &'static str {
    NAMES.get(places.trailing_zeros() as usize).copied().unwrap_or_default()
}

/// The places from one to another, both included.
#[must_use]
pub const fn span(from: u32, to: u32) -> Places {
    (ALL >> (19 - to)) & (ALL << from)
}
