//! The floor: a relay that makes the socket calls of a proxy and reads nothing. What no proxy can go below.
//!
//! A request is what one read of a client brings, an answer what one read of the origin brings; the connections to
//! the origin are shared, as a proxy with `http-reuse always` shares them. [`Shape::Stream`] ties the two connections
//! together instead, for bodies and streams that come in many pieces. [`Shape::Once`] closes after an answer.
//! This file is the loop on epoll; [`crate::sys::ring`] does the same on io_uring.

use crate::sys::{self, Epoll};
use std::io;
use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Requests,
    Once,
    Stream,
}

impl Shape {
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "requests" => Self::Requests,
            "once" => Self::Once,
            "stream" => Self::Stream,
            _ => return None,
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Once => "once",
            Self::Stream => "stream",
        }
    }
}

pub fn main(port: u16, origin: SocketAddrV4, shape: Shape, epoll: bool) -> Result<(), String> {
    sys::raise_descriptors();
    let listener = sys::listen(SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, port));
    let listener = listener.map_err(|e| format!("floor on port {port}: {e}"))?;
    let result = if epoll {
        Relay::new(origin, shape).and_then(|mut r| r.run(&listener))
    } else {
        sys::ring::run(&listener, origin, shape)
    };
    result.map_err(|e| format!("floor on port {port}: {e}"))
}

const LISTENER: u64 = u64::MAX;
const NONE: usize = usize::MAX;

#[derive(Debug)]
struct Side {
    fd: Option<OwnedFd>,
    client: bool,
    peer: usize,
    life: u32,
    /// What the peer read and this socket did not take.
    unsent: Vec<u8>,
}

struct Relay {
    epoll: Epoll,
    sides: Vec<Side>,
    free: Vec<usize>,
    idle: Vec<usize>,
    origin: SocketAddrV4,
    shape: Shape,
    buffer: Vec<u8>,
}

impl Relay {
    fn new(origin: SocketAddrV4, shape: Shape) -> io::Result<Self> {
        Ok(Self {
            epoll: Epoll::new()?,
            sides: Vec::new(),
            free: Vec::new(),
            idle: Vec::new(),
            origin,
            shape,
            buffer: vec![0; 1 << 16],
        })
    }

    fn run(&mut self, listener: &OwnedFd) -> io::Result<()> {
        self.epoll.add(listener.as_raw_fd(), sys::IN, LISTENER)?;
        loop {
            let n = self.epoll.wait(None)?;
            for e in 0..n {
                let (events, token) = self.epoll.event(e);
                if token == LISTENER {
                    for _ in 0..256 {
                        let Ok(fd) = sys::accept(listener.as_raw_fd()) else { break };
                        self.add(fd, true)?;
                    }
                    continue;
                }
                let i = (token & 0xffff_ffff) as usize;
                if self.sides[i].life != (token >> 32) as u32 {
                    continue;
                }
                if events & sys::OUT != 0 && !self.sides[i].unsent.is_empty() {
                    self.flush(i);
                }
                if events & (sys::IN | sys::GONE) != 0 {
                    self.read(i, events & sys::GONE != 0);
                }
            }
        }
    }

    fn add(&mut self, fd: OwnedFd, client: bool) -> io::Result<usize> {
        let i = self.free.pop().unwrap_or_else(|| {
            self.sides.push(Side { fd: None, client, peer: NONE, life: 0, unsent: Vec::new() });
            self.sides.len() - 1
        });
        let life = self.sides[i].life.wrapping_add(1);
        let token = u64::from(life) << 32 | i as u64;
        self.epoll.add(fd.as_raw_fd(), sys::IN | sys::OUT | sys::EDGE | sys::RDHUP, token)?;
        self.sides[i] = Side { fd: Some(fd), client, peer: NONE, life, unsent: Vec::new() };
        Ok(i)
    }

    fn close(&mut self, i: usize) {
        let side = &mut self.sides[i];
        if side.fd.take().is_none() {
            return;
        }
        side.life = side.life.wrapping_add(1);
        let peer = std::mem::replace(&mut side.peer, NONE);
        self.free.push(i);
        if let Some(k) = self.idle.iter().position(|&k| k == i) {
            self.idle.swap_remove(k);
        }
        if peer != NONE {
            self.sides[peer].peer = NONE;
            self.close(peer);
        }
    }

    fn fd(&self, i: usize) -> Option<RawFd> {
        self.sides[i].fd.as_ref().map(AsRawFd::as_raw_fd)
    }

    /// The side that gets what this one says.
    fn peer(&mut self, i: usize) -> Option<usize> {
        if self.sides[i].peer == NONE && self.sides[i].client {
            let server = match self.idle.pop() {
                Some(server) => server,
                None => {
                    let fd = sys::connect(self.origin, None, None).ok()?;
                    self.add(fd, false).ok()?
                }
            };
            self.sides[server].peer = i;
            self.sides[i].peer = server;
        }
        let peer = self.sides[i].peer;
        (peer != NONE).then_some(peer)
    }

    fn read(&mut self, i: usize, gone: bool) {
        loop {
            let Some(fd) = self.fd(i) else { return };
            let peer = self.sides[i].peer;
            if peer != NONE && !self.sides[peer].unsent.is_empty() {
                return;
            }
            match sys::recv(fd, &mut self.buffer) {
                Ok(0) => return self.close(i),
                Ok(n) => {
                    let Some(peer) = self.peer(i) else { return self.close(i) };
                    let Some(to) = self.fd(peer) else { return self.close(i) };
                    let sent = match sys::send(to, &self.buffer[..n], false) {
                        Ok(sent) => sent,
                        Err(e) if matches!(e.raw_os_error(), Some(libc::EAGAIN | libc::ENOTCONN)) => 0,
                        Err(_) => return self.close(i),
                    };
                    if sent < n {
                        self.sides[peer].unsent.extend_from_slice(&self.buffer[sent..n]);
                        return;
                    }
                    self.answered(i, peer);
                    if n < self.buffer.len() && !gone {
                        return;
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => return self.close(i),
            }
        }
    }

    /// The origin's answer has gone: its connection is free for another client.
    fn answered(&mut self, from: usize, to: usize) {
        if self.sides[from].client || self.shape == Shape::Stream {
            return;
        }
        self.sides[from].peer = NONE;
        self.sides[to].peer = NONE;
        self.idle.push(from);
        if self.shape == Shape::Once {
            self.close(to);
        }
    }

    fn flush(&mut self, i: usize) {
        let Some(fd) = self.fd(i) else { return };
        match sys::send(fd, &self.sides[i].unsent, false) {
            Ok(n) => drop(self.sides[i].unsent.drain(..n)),
            Err(e) if matches!(e.raw_os_error(), Some(libc::EAGAIN | libc::ENOTCONN)) => return,
            Err(_) => return self.close(i),
        }
        let peer = self.sides[i].peer;
        if self.sides[i].unsent.is_empty() && peer != NONE {
            self.answered(peer, i);
            // Its edge has come while nobody could read.
            self.read(peer, false);
        }
    }
}
