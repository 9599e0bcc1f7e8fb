//! Another destination for a connection or a request (`set-dst`, `set-dst-port`; manual 4.2).
use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The destinations that rules have set; nothing, and without an allocation, where no rule does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redirected(RefCell<Option<Box<Set>>>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Set {
    connection: Option<SocketAddr>,
    request: Option<SocketAddr>,
}

impl Redirected {
    /// The destination in force, where one was set.
    #[must_use]
    pub fn get(&self) -> Option<SocketAddr> {
        self.0.borrow().as_ref().and_then(|set| set.request.or(set.connection))
    }

    /// Sets the address and leaves the port. `request`: until the next request. `now` is the present destination.
    pub fn set_ip(&self, ip: IpAddr, request: bool, now: Option<SocketAddr>) {
        self.set(SocketAddr::new(ip, now.map_or(0, |a| a.port())), request);
    }

    /// Sets the port and leaves the address.
    pub fn set_port(&self, port: u16, request: bool, now: Option<SocketAddr>) {
        let ip = now.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |a| a.ip());
        self.set(SocketAddr::new(ip, port), request);
    }

    fn set(&self, addr: SocketAddr, request: bool) {
        let mut set = self.0.borrow_mut();
        let set = set.get_or_insert_default();
        *if request { &mut set.request } else { &mut set.connection } = Some(addr);
    }

    /// A new request begins with the connection's destination.
    #[inline]
    pub fn forget_request(&self) {
        if let Some(set) = &mut *self.0.borrow_mut() {
            set.request = None;
        }
    }
}
