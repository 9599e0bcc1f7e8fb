//! One name server: questions to it, answers from it. Datagrams go over one connected socket, so that the kernel drops what
//! comes from elsewhere; with `tcp@` they go over a connection, each behind its length (RFC 1035, 4.2.2).
use crate::net::driver::ConnectOptions;
use crate::net::{ConnectTo, Core, Listener, Stream};
use crate::plan::Nameserver;
use nix::sys::socket::{self, MsgFlags};
use std::cell::{Cell, RefCell};
use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::rc::Rc;
use std::time::Duration;

/// What `show resolvers` tells, in its order and with its names.
#[derive(Debug, Default)]
pub struct Counters {
    pub sent: Cell<u64>,
    pub snd_error: Cell<u64>,
    pub valid: Cell<u64>,
    pub update: Cell<u64>,
    pub cname_error: Cell<u64>,
    pub any_err: Cell<u64>,
    pub nx: Cell<u64>,
    pub refused: Cell<u64>,
    pub other: Cell<u64>,
    pub invalid: Cell<u64>,
    pub too_big: Cell<u64>,
    pub truncated: Cell<u64>,
    pub outdated: Cell<u64>,
}

/// Counts one more.
pub fn count(cell: &Cell<u64>) {
    cell.set(cell.get() + 1);
}

/// A server of a section, as it runs.
pub struct Running {
    pub name: String,
    pub counters: Counters,
    plan: Nameserver,
    core: Core,
    way: RefCell<Way>,
}

enum Way {
    /// No socket could be had, or none is there yet.
    None,
    Datagrams(Rc<UdpSocket>),
    Connection(Rc<Stream>),
}

/// The largest message.
const LARGEST: usize = 65_535;
/// A connection to a name server that does not come about is given up.
const CONNECT: Duration = Duration::from_secs(5);

impl Running {
    /// A server nobody has asked yet.
    #[must_use]
    pub fn new(core: &Core, plan: &Nameserver) -> Rc<Running> {
        Rc::new(Running {
            name: plan.name.clone(),
            counters: Counters::default(),
            plan: plan.clone(),
            core: core.clone(),
            way: RefCell::new(Way::None),
        })
    }

    /// Sends a question. Answers come to `answer`, on this core. Never waits.
    pub fn ask(self: &Rc<Running>, question: &[u8], answer: &Rc<dyn Fn(&[u8])>) {
        let sent = if self.plan.stream {
            self.over_connection(question, answer)
        } else {
            self.datagram(question, answer)
        };
        count(match sent {
            Ok(()) => &self.counters.sent,
            Err(_) => &self.counters.snd_error,
        });
    }

    fn datagram(self: &Rc<Running>, question: &[u8], answer: &Rc<dyn Fn(&[u8])>) -> io::Result<()> {
        let open = match &*self.way.borrow() {
            Way::Datagrams(socket) => Some(socket.clone()),
            _ => None,
        };
        let socket = match open {
            Some(socket) => socket,
            None => self.open(answer)?,
        };
        match send(&socket, question) {
            Ok(_) => Ok(()),
            // What an earlier question met: the socket is sound, the next one may arrive.
            Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => Err(e),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Err(e),
            Err(e) => {
                *self.way.borrow_mut() = Way::None;
                Err(e)
            }
        }
    }

    fn open(self: &Rc<Running>, answer: &Rc<dyn Fn(&[u8])>) -> io::Result<Rc<UdpSocket>> {
        // The kernel picks a port anew for each socket.
        let any = if self.plan.addr.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any)?;
        socket.connect(self.plan.addr)?;
        let watched = self.core.listen(socket.try_clone()?.into())?;
        let socket = Rc::new(socket);
        *self.way.borrow_mut() = Way::Datagrams(socket.clone());
        self.core.spawn(read_datagrams(self.clone(), socket.clone(), watched, answer.clone()));
        Ok(socket)
    }

    fn over_connection(self: &Rc<Running>, question: &[u8], answer: &Rc<dyn Fn(&[u8])>) -> io::Result<()> {
        let open = match &*self.way.borrow() {
            Way::Connection(stream) => Some(stream.clone()),
            _ => None,
        };
        let (stream, fresh) = match open {
            Some(stream) => (stream, false),
            None => {
                let to = ConnectTo::Inet(self.plan.addr);
                let stream = Rc::new(self.core.connect(&to, &ConnectOptions::default())?);
                *self.way.borrow_mut() = Way::Connection(stream.clone());
                (stream, true)
            }
        };
        let mut framed = (question.len() as u16).to_be_bytes().to_vec();
        framed.extend_from_slice(question);
        let (server, answer) = (self.clone(), answer.clone());
        self.core.spawn(async move {
            if fresh {
                let deadline = Some(server.core.now() + CONNECT);
                if !matches!(server.core.until(deadline, stream.connected()).await, Ok(Ok(()))) {
                    server.forget(&stream);
                    return;
                }
                server.core.spawn(read_connection(server.clone(), stream.clone(), answer));
            } else if stream.connected().await.is_err() {
                return;
            }
            if stream.send(framed).await.is_err() {
                server.forget(&stream);
            }
        });
        Ok(())
    }

    /// The connection is over; the next question makes another.
    fn forget(&self, stream: &Rc<Stream>) {
        let mut way = self.way.borrow_mut();
        if matches!(&*way, Way::Connection(s) if Rc::ptr_eq(s, stream)) {
            *way = Way::None;
        }
    }

    fn uses(&self, socket: &Rc<UdpSocket>) -> bool {
        matches!(&*self.way.borrow(), Way::Datagrams(s) if Rc::ptr_eq(s, socket))
    }
}

/// Sends without a wait. The engine may make a descriptor that it watches a blocking one, so each call says that it does not.
fn send(socket: &UdpSocket, bytes: &[u8]) -> io::Result<usize> {
    Ok(socket::send(socket.as_raw_fd(), bytes, MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL)?)
}

/// Receives a datagram without a wait.
fn receive(socket: &UdpSocket, into: &mut [u8]) -> io::Result<usize> {
    Ok(socket::recv(socket.as_raw_fd(), into, MsgFlags::MSG_DONTWAIT)?)
}

/// Answers until the socket is given up.
async fn read_datagrams(
    server: Rc<Running>,
    socket: Rc<UdpSocket>,
    watched: Listener,
    answer: Rc<dyn Fn(&[u8])>,
) {
    let mut buffer = vec![0; LARGEST];
    while server.uses(&socket) {
        watched.ready().await;
        loop {
            match receive(&socket, &mut buffer) {
                Ok(len) => answer(&buffer[..len]),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                // Nobody listens there: the question that follows will show whether somebody does by then.
                Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    *server.way.borrow_mut() = Way::None;
                    break;
                }
            }
        }
    }
}

/// Answers until the connection ends.
async fn read_connection(server: Rc<Running>, stream: Rc<Stream>, answer: Rc<dyn Fn(&[u8])>) {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = stream.recv().await {
        bytes.extend_from_slice(&chunk);
        while let Some(len) = whole(&bytes) {
            answer(&bytes[2..2 + len]);
            bytes.drain(..2 + len);
        }
    }
    server.forget(&stream);
}

/// The length of the first message, where all of it is there.
fn whole(bytes: &[u8]) -> Option<usize> {
    let len = usize::from(u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]));
    (bytes.len() >= 2 + len).then_some(len)
}
