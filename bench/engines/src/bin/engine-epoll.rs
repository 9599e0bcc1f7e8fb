//! The proxy on bare epoll: edge-triggered, each socket registered once, reads and writes at once where they can be.
use engines::{BUFFER, Framing, addresses, connect, listen};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

const LISTENER: u64 = u64::MAX;

/// A client and its origin.
struct Conn {
    streams: [TcpStream; 2],
    readable: [bool; 2],
    /// Whose message is on its way: 0 the client's.
    turn: usize,
    framing: Framing,
    buffer: Box<[u8; BUFFER]>,
    /// Bytes in the buffer, those ready to be sent, those sent.
    have: usize,
    ready: usize,
    sent: usize,
    ends: bool,
}

impl Conn {
    /// Does what can be done; `false` when the connection is over.
    fn pump(&mut self) -> io::Result<bool> {
        loop {
            while self.sent < self.ready {
                match self.streams[1 - self.turn].write(&self.buffer[self.sent..self.ready]) {
                    Ok(n) => self.sent += n,
                    Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(true),
                    Err(e) => return Err(e),
                }
            }
            if self.ready > 0 {
                self.buffer.copy_within(self.ready..self.have, 0);
                self.have -= self.ready;
                (self.ready, self.sent) = (0, 0);
                if std::mem::take(&mut self.ends) {
                    self.turn = 1 - self.turn;
                }
                // One buffer serves both directions: a client that does not wait for its answer is refused.
                if self.have > 0 && self.turn == 1 {
                    return Err(io::Error::new(ErrorKind::Unsupported, "pipelining"));
                }
            } else {
                if !self.readable[self.turn] {
                    return Ok(true);
                }
                let room = &mut self.buffer[self.have..];
                let len = room.len();
                match self.streams[self.turn].read(room) {
                    Ok(0) => return Ok(false),
                    Ok(n) => {
                        self.have += n;
                        self.readable[self.turn] = n == len;
                    }
                    Err(e) if e.kind() == ErrorKind::WouldBlock => {
                        self.readable[self.turn] = false;
                        return Ok(true);
                    }
                    Err(e) => return Err(e),
                }
            }
            if self.have > 0 {
                let found = self.framing.ready(&self.buffer[..self.have])?;
                (self.ready, self.ends) = (found.len, found.ends);
            }
        }
    }
}

fn main() -> io::Result<()> {
    let (addr, origin) = addresses();
    let listener = listen(addr)?;
    listener.set_nonblocking(true)?;
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.add(&listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))?;
    let mut conns: Vec<Option<Conn>> = Vec::new();
    let mut free: Vec<usize> = Vec::new();
    let mut events = vec![EpollEvent::empty(); 1_024];
    loop {
        let count = match epoll.wait(&mut events, EpollTimeout::NONE) {
            Err(nix::errno::Errno::EINTR) => continue,
            other => other?,
        };
        for event in &events[..count] {
            if event.data() == LISTENER {
                while let Ok((client, _)) = listener.accept() {
                    let server = connect(origin)?;
                    let key = free.pop().unwrap_or_else(|| {
                        conns.push(None);
                        conns.len() - 1
                    });
                    let flags = EpollFlags::EPOLLIN
                        | EpollFlags::EPOLLOUT
                        | EpollFlags::EPOLLRDHUP
                        | EpollFlags::EPOLLET;
                    client.set_nodelay(true)?;
                    for (side, stream) in [(0, &client), (1, &server)] {
                        stream.set_nonblocking(true)?;
                        epoll.add(stream, EpollEvent::new(flags, (key as u64) << 1 | side))?;
                    }
                    conns[key] = Some(Conn {
                        streams: [client, server],
                        readable: [false; 2],
                        turn: 0,
                        framing: Framing::default(),
                        buffer: Box::new([0; BUFFER]),
                        have: 0,
                        ready: 0,
                        sent: 0,
                        ends: false,
                    });
                }
                continue;
            }
            let (key, side) = ((event.data() >> 1) as usize, (event.data() & 1) as usize);
            // An event of a connection that ended in this very turn.
            let Some(conn) = &mut conns[key] else { continue };
            conn.readable[side] |= event.events() != EpollFlags::EPOLLOUT;
            if !conn.pump().unwrap_or(false) {
                conns[key] = None;
                free.push(key);
            }
        }
    }
}
