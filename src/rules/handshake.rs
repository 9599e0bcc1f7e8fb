//! What a connection may begin with before its own bytes: a header that says who the client of a relayed connection is.
use crate::proto::proxy_protocol::Header;
use std::cell::Cell;
use std::ops::BitOr;

/// Which headers must come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expect {
    /// `accept-proxy`, `tcp-request connection expect-proxy layer4`.
    pub proxy: bool,
    /// `accept-netscaler-cip`, `tcp-request connection expect-netscaler-cip layer4`.
    pub netscaler: bool,
}

impl Expect {
    /// Whether any.
    #[must_use]
    pub fn any(self) -> bool {
        self.proxy || self.netscaler
    }
}

impl BitOr for Expect {
    type Output = Expect;
    fn bitor(self, other: Expect) -> Expect {
        Expect { proxy: self.proxy || other.proxy, netscaler: self.netscaler || other.netscaler }
    }
}

/// What rules ask for at the beginning of a connection, and what came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handshake {
    /// Rules of `tcp-request connection` add to it.
    pub expect: Cell<Expect>,
    /// The PROXY header that was received.
    pub proxy: Option<Box<Header>>,
}
