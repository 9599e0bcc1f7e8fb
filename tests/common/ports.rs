//! Free ports, held until the test ends. A reserved port is bound with `SO_REUSEPORT` and does not listen: a proxy of
//! the same user may bind it too and gets every connection, and no other test run can be given it meanwhile.

use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

/// One reserved port. While no one listens, connections to it are refused.
pub struct Port {
    pub addr: SocketAddr,
    _held: Socket,
}

impl Port {
    /// Takes a port the kernel has free at `ip`.
    pub fn reserve(ip: IpAddr) -> Port {
        let socket = socket();
        socket.set_reuse_port(true).expect("SO_REUSEPORT");
        socket.bind(&SocketAddr::new(ip, 0).into()).expect("a free port");
        let addr = socket.local_addr().expect("bound").as_socket().expect("an IP address");
        Port { addr, _held: socket }
    }
}

/// A listener that never answers a SYN: its queue of one is full, so a connect to it can only time out.
pub struct Hole {
    pub addr: SocketAddr,
    _held: Vec<Socket>,
}

impl Hole {
    pub fn dig(ip: IpAddr) -> Hole {
        let listener = socket();
        listener.bind(&SocketAddr::new(ip, 0).into()).expect("a free port");
        listener.listen(0).expect("listen");
        let addr = listener.local_addr().expect("bound").as_socket().expect("an IP address");
        let mut held = vec![listener];
        for _ in 0..4 {
            let filler = socket();
            filler.set_nonblocking(true).expect("non-blocking");
            let _ = filler.connect(&addr.into());
            held.push(filler);
        }
        assert!(
            TcpStream::connect_timeout(&addr, Duration::from_millis(50)).is_err(),
            "the kernel accepted a connection beyond a full backlog"
        );
        Hole { addr, _held: held }
    }
}

fn socket() -> Socket {
    Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).expect("a TCP socket")
}
