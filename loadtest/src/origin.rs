//! The origin behind the proxies: an HTTP/1.1 server on one thread, written to cost little.
//!
//! `GET /bytes/N` answers with N bytes, `?delay=MS` waits before it. Bodies of requests are read and thrown away.

use crate::sys::{self, Epoll};
use memchr::memmem;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsRawFd, OwnedFd};

const LISTENER: u64 = u64::MAX;
const FILE: u64 = 8 << 20;
/// Answers up to this size leave in one call, with the head.
const SMALL: u64 = 16 << 10;

#[derive(Debug, Default)]
struct Conn {
    fd: Option<OwnedFd>,
    partial: Vec<u8>,
    /// Bytes of the request's body still to come.
    body: u64,
    /// The request whose body is on its way.
    asked: Option<Asked>,
    /// Waits for its time.
    delayed: bool,
    /// What the socket did not take yet: rest of a head or small answer, and bytes of the file.
    unsent: Vec<u8>,
    file: u64,
    close: bool,
    life: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    bytes: u64,
    delay_ms: u64,
    body: u64,
    close: bool,
}

struct Origin {
    epoll: Epoll,
    conns: Vec<Conn>,
    free: Vec<usize>,
    file: std::fs::File,
    buffer: Vec<u8>,
    waste: Vec<u8>,
    /// The last request seen and its answer: most are the same.
    known: (Vec<u8>, Asked),
    ready: (u64, Vec<u8>),
    timers: BinaryHeap<Reverse<(u64, usize, u32)>>,
    keep: bool,
}

/// Serves for ever. With `keep`, `Connection: close` in a request changes nothing.
pub fn main(port: u16, keep: bool) -> Result<(), String> {
    sys::raise_descriptors();
    serve(port, keep).map_err(|e| format!("origin on port {port}: {e}"))
}

fn serve(port: u16, keep: bool) -> io::Result<()> {
    let listener = sys::listen(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))?;
    let mut origin = Origin {
        epoll: Epoll::new()?,
        conns: Vec::new(),
        free: Vec::new(),
        file: sys::memory_file(FILE as usize)?,
        buffer: vec![0; 1 << 16],
        waste: vec![0; 1 << 20],
        known: (Vec::new(), Asked { bytes: 0, delay_ms: 0, body: 0, close: false }),
        ready: (u64::MAX, Vec::new()),
        timers: BinaryHeap::new(),
        keep,
    };
    origin.epoll.add(listener.as_raw_fd(), sys::IN, LISTENER)?;
    loop {
        let until = origin.timers.peek().map(|Reverse((at, ..))| *at);
        let n = origin.epoll.wait(until)?;
        for e in 0..n {
            let (events, token) = origin.epoll.event(e);
            if token == LISTENER {
                while let Ok(fd) = sys::accept(listener.as_raw_fd()) {
                    origin.admit(fd)?;
                }
                continue;
            }
            let i = (token & 0xffff_ffff) as usize;
            if origin.conns[i].life != (token >> 32) as u32 {
                continue;
            }
            if events & sys::OUT != 0 {
                origin.push(i);
            }
            if events & (sys::IN | sys::GONE) != 0 {
                origin.read(i, events & sys::GONE != 0);
            }
        }
        origin.fire();
    }
}

impl Origin {
    fn admit(&mut self, fd: OwnedFd) -> io::Result<()> {
        let i = self.free.pop().unwrap_or_else(|| {
            self.conns.push(Conn::default());
            self.conns.len() - 1
        });
        let life = self.conns[i].life.wrapping_add(1);
        let token = u64::from(life) << 32 | i as u64;
        self.epoll.add(fd.as_raw_fd(), sys::IN | sys::OUT | sys::EDGE | sys::RDHUP, token)?;
        self.conns[i] = Conn { fd: Some(fd), life, ..Conn::default() };
        Ok(())
    }

    fn drop_conn(&mut self, i: usize) {
        let life = self.conns[i].life.wrapping_add(1);
        self.conns[i] = Conn { life, ..Conn::default() };
        self.free.push(i);
    }

    fn fire(&mut self) {
        while let Some(&Reverse((at, i, life))) = self.timers.peek() {
            if at > sys::now_ns() {
                break;
            }
            self.timers.pop();
            if self.conns[i].life == life {
                self.conns[i].delayed = false;
                if let Some(asked) = self.conns[i].asked.take() {
                    self.answer(i, asked);
                }
                self.read(i, false);
            }
        }
    }

    fn read(&mut self, i: usize, gone: bool) {
        loop {
            let conn = &mut self.conns[i];
            let Some(fd) = conn.fd.as_ref().map(AsRawFd::as_raw_fd) else { return };
            if conn.delayed {
                return;
            }
            if conn.body > 0 {
                let room = conn.body.min(self.waste.len() as u64) as usize;
                match sys::discard(fd, &mut self.waste[..room]) {
                    Ok(0) => return self.drop_conn(i),
                    Ok(n) => {
                        conn.body -= n as u64;
                        if conn.body == 0
                            && let Some(asked) = conn.asked.take()
                        {
                            self.answer(i, asked);
                        } else if n < room && !gone {
                            return;
                        }
                    }
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => return,
                    Err(_) => return self.drop_conn(i),
                }
                continue;
            }
            match sys::recv(fd, &mut self.buffer) {
                Ok(0) => return self.drop_conn(i),
                Ok(n) => {
                    if !self.requests(i, n) {
                        return self.drop_conn(i);
                    }
                    if n < self.buffer.len() && !gone && self.conns[i].body == 0 {
                        return;
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => return self.drop_conn(i),
            }
        }
    }

    /// Takes the requests out of the `n` bytes just read; false: not HTTP, or over.
    fn requests(&mut self, i: usize, n: usize) -> bool {
        let buffer = std::mem::take(&mut self.buffer);
        let joined;
        let mut data = &buffer[..n];
        if !self.conns[i].partial.is_empty() {
            let mut all = std::mem::take(&mut self.conns[i].partial);
            all.extend_from_slice(data);
            joined = all;
            data = &joined;
        }
        let good = self.each(i, data);
        self.buffer = buffer;
        good
    }

    fn each(&mut self, i: usize, mut data: &[u8]) -> bool {
        let life = self.conns[i].life;
        while !data.is_empty() {
            if self.conns[i].delayed {
                self.conns[i].partial = data.to_vec();
                return true;
            }
            let asked = if !self.known.0.is_empty() && data.starts_with(&self.known.0) {
                data = &data[self.known.0.len()..];
                self.known.1
            } else {
                let Some(end) = memmem::find(data, b"\r\n\r\n") else {
                    self.conns[i].partial = data.to_vec();
                    return data.len() < 1 << 16;
                };
                let (head, rest) = data.split_at(end + 4);
                let Some(asked) = parse(head) else { return false };
                self.known = (head.to_vec(), asked);
                data = rest;
                asked
            };
            if asked.body > data.len() as u64 {
                self.conns[i].body = asked.body - data.len() as u64;
                self.conns[i].asked = Some(asked);
                return true;
            }
            data = &data[asked.body as usize..];
            self.answer_or_wait(i, asked);
            if self.conns[i].life != life {
                return true;
            }
        }
        true
    }

    fn answer_or_wait(&mut self, i: usize, asked: Asked) {
        if asked.delay_ms > 0 {
            let conn = &mut self.conns[i];
            conn.delayed = true;
            conn.asked = Some(Asked { delay_ms: 0, ..asked });
            self.timers.push(Reverse((sys::now_ns() + asked.delay_ms * 1_000_000, i, conn.life)));
        } else {
            self.answer(i, asked);
        }
    }

    fn answer(&mut self, i: usize, asked: Asked) {
        if asked.delay_ms > 0 {
            return self.answer_or_wait(i, asked);
        }
        let close = asked.close && !self.keep;
        let (mut first, mut file) = (&self.ready.1, 0);
        let built;
        if close || asked.bytes > SMALL {
            built = head(asked.bytes, close);
            first = &built;
            file = asked.bytes;
        } else if self.ready.0 != asked.bytes {
            let mut all = head(asked.bytes, false);
            all.resize(all.len() + asked.bytes as usize, b'x');
            self.ready = (asked.bytes, all);
            first = &self.ready.1;
        }
        let conn = &mut self.conns[i];
        conn.close |= close;
        let waits = !conn.unsent.is_empty() || conn.file > 0;
        if waits {
            // A pipeline whose reader is slower than its writer: the bodies go the slow way.
            let zeros = conn.file as usize;
            conn.unsent.resize(conn.unsent.len() + zeros, b'x');
            conn.unsent.extend_from_slice(first);
            conn.file = file;
            return;
        }
        let Some(fd) = conn.fd.as_ref().map(AsRawFd::as_raw_fd) else { return };
        let sent = match sys::send(fd, first, file > 0) {
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => 0,
            Err(_) => return self.drop_conn(i),
        };
        conn.unsent.extend_from_slice(&first[sent..]);
        conn.file = file;
        if sent < first.len() || file > 0 || close {
            self.push(i);
        }
    }

    /// Sends what waits, as far as the socket takes it.
    fn push(&mut self, i: usize) {
        loop {
            let conn = &mut self.conns[i];
            let Some(fd) = conn.fd.as_ref().map(AsRawFd::as_raw_fd) else { return };
            let sent = if !conn.unsent.is_empty() {
                sys::send(fd, &conn.unsent, conn.file > 0).inspect(|&n| drop(conn.unsent.drain(..n)))
            } else if conn.file > 0 {
                let n = conn.file.min(FILE).min(1 << 20) as usize;
                sys::sendfile(fd, self.file.as_raw_fd(), 0, n).inspect(|&n| conn.file -= n as u64)
            } else {
                if conn.close {
                    self.drop_conn(i);
                }
                return;
            };
            match sent {
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => return self.drop_conn(i),
            }
        }
    }
}

fn head(bytes: u64, close: bool) -> Vec<u8> {
    let close = if close { "Connection: close\r\n" } else { "" };
    format!(
        "HTTP/1.1 200 OK\r\nServer: origin\r\nContent-Type: application/octet-stream\r\nCache-Control: no-store\r\n\
         {close}Content-Length: {bytes}\r\n\r\n"
    )
    .into_bytes()
}

/// None: not a request this origin understands.
fn parse(head: &[u8]) -> Option<Asked> {
    let text = std::str::from_utf8(head).ok()?;
    let mut lines = text.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (_method, target) = (first.next()?, first.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let number = |t: &str| t.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<u64>().ok();
    let bytes = path.split_once("/bytes/").and_then(|(_, n)| number(n)).unwrap_or(2);
    let delay_ms = query.split('&').find_map(|p| p.strip_prefix("delay=")).and_then(number).unwrap_or(0);
    let mut asked = Asked { bytes, delay_ms, body: 0, close: first.next()? == "HTTP/1.0" };
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            asked.body = value.trim().parse().ok()?;
        } else if name.eq_ignore_ascii_case("connection") {
            asked.close = value.trim().eq_ignore_ascii_case("close");
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            return None;
        }
    }
    Some(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_understood() {
        let asked = |t: &str| parse(t.as_bytes());
        assert_eq!(
            asked("GET /bytes/1000?delay=20 HTTP/1.1\r\nHost: x\r\n\r\n"),
            Some(Asked { bytes: 1000, delay_ms: 20, body: 0, close: false })
        );
        assert_eq!(
            asked("POST /up HTTP/1.1\r\ncontent-length: 77\r\nConnection: close\r\n\r\n"),
            Some(Asked { bytes: 2, delay_ms: 0, body: 77, close: true })
        );
        assert_eq!(asked("nonsense\r\n\r\n"), None);
    }
}
