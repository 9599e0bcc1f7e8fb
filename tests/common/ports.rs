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
        Port::take(SocketAddr::new(ip, 0)).expect("a free port")
    }

    /// Takes `n` ports in a row.
    pub fn reserve_row(ip: IpAddr, n: u16) -> Vec<Port> {
        for _ in 0..100 {
            let first = Port::reserve(ip);
            let from = first.addr.port();
            let rest = (1..n).map(|i| Port::take(SocketAddr::new(ip, from.checked_add(i)?)).ok());
            if let Some(rest) = rest.collect::<Option<Vec<Port>>>() {
                return [first].into_iter().chain(rest).collect();
            }
        }
        panic!("no {n} free ports in a row at {ip}");
    }

    fn take(addr: SocketAddr) -> std::io::Result<Port> {
        let socket = socket(addr);
        socket.set_reuse_port(true)?;
        socket.bind(&addr.into())?;
        let addr = socket.local_addr()?.as_socket().expect("an IP address");
        Ok(Port { addr, _held: socket })
    }
}

/// A listener that never answers a SYN: its queue of one is full, so a connect to it can only time out.
pub struct Hole {
    pub addr: SocketAddr,
    _held: Vec<Socket>,
}

impl Hole {
    pub fn dig(ip: IpAddr) -> Hole {
        let addr = SocketAddr::new(ip, 0);
        let listener = socket(addr);
        listener.bind(&addr.into()).expect("a free port");
        listener.listen(0).expect("listen");
        let addr = listener.local_addr().expect("bound").as_socket().expect("an IP address");
        let mut held = vec![listener];
        for _ in 0..4 {
            let filler = socket(addr);
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

fn socket(addr: SocketAddr) -> Socket {
    Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP)).expect("a TCP socket")
}
