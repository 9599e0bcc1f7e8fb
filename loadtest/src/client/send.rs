//! What a load process sends, and when.

use super::{Client, State, short};
use crate::rng::surge;
use crate::sys;
use crate::wire::{Ask, ClientSpec, Pace};
use std::io;
use std::os::fd::AsRawFd;

impl Client {
    /// The open loop: what the schedule says is due, and what found no connection before.
    pub(super) fn send_due(&mut self, now: u64) {
        let Some(schedule) = &mut self.schedule else { return };
        let waiting = self.late.len();
        while let Some(due) = schedule.take(now) {
            self.late.push_back(due);
        }
        let mut sent = 0;
        while let Some(&due) = self.late.front() {
            // Any of the free ones: requests spread over all connections.
            let Some(i) = self.take_free() else { break };
            self.late.pop_front();
            let at = sys::now_ns();
            if sent >= waiting {
                self.behind(due, at);
            }
            sent += 1;
            self.conns[i].from = due;
            self.send(i, at);
        }
        // What has to wait for a connection from here on waits for the target, not for this client.
        for k in waiting.saturating_sub(sent)..self.late.len() {
            self.behind(self.late[k], now);
        }
    }

    /// A request left, or could have left, at this time: how far behind its schedule is this client's doing.
    fn behind(&mut self, due: u64, at: u64) {
        if self.tick(due).is_some() {
            self.lag.record(at.saturating_sub(due));
        }
    }

    pub(super) fn take_free(&mut self) -> Option<usize> {
        while !self.free.is_empty() {
            let k = self.rng.below(self.free.len());
            let i = self.free.swap_remove(k) as usize;
            if self.conns[i].state == State::Idle {
                return Some(i);
            }
        }
        None
    }

    pub(super) fn continue_closed(&mut self, i: usize) {
        let now = sys::now_ns();
        if !self.running(now) {
            return;
        }
        match self.conns[i].state {
            State::Idle => {
                self.conns[i].from = now;
                self.send(i, now);
            }
            State::Down if !self.conns[i].armed => {
                self.conns[i].from = now;
                self.open(i);
            }
            _ => {}
        }
    }

    pub(super) fn send_user(&mut self, i: usize, due: u64) {
        let now = sys::now_ns();
        if self.conns[i].files == 0 {
            self.conns[i].files = surge::objects(&mut self.rng);
        }
        self.conns[i].from = due;
        self.send(i, now);
    }

    pub(super) fn send(&mut self, i: usize, now: u64) {
        let built;
        let data = if self.spec.ask == Ask::Surge {
            built = request(&self.spec, Some(surge::size(&mut self.rng)));
            &built
        } else {
            &self.request
        };
        let conn = &mut self.conns[i];
        let Some(fd) = conn.fd.as_ref().map(AsRawFd::as_raw_fd) else { return };
        let upload = if let Ask::Post { bytes, .. } = self.spec.ask { bytes } else { 0 };
        conn.state = State::Busy;
        conn.owed = self.spec.depth.max(1);
        conn.sent_at = now;
        conn.unsent = upload;
        match sys::send(fd, data, upload > 0) {
            Ok(n) if n == data.len() => {}
            // A socket that does not take a head has a full buffer: only behind a stuck reader.
            Ok(_) => return self.fail(i, "send: only a part was taken"),
            Err(e) => {
                let kind = format!("send: {}", short(&e));
                return self.fail(i, &kind);
            }
        }
        if upload > 0 {
            self.upload(i);
        }
    }

    pub(super) fn upload(&mut self, i: usize) {
        let Some(file) = self.body.as_ref().map(AsRawFd::as_raw_fd) else { return };
        while self.conns[i].unsent > 0 {
            let Some(fd) = self.conns[i].fd.as_ref().map(AsRawFd::as_raw_fd) else { return };
            let n = self.conns[i].unsent.min(1 << 20) as usize;
            match sys::sendfile(fd, file, 0, n) {
                Ok(n) => {
                    let now = sys::now_ns();
                    self.conns[i].unsent -= n as u64;
                    self.conns[i].sent_at = now;
                    if let Some(t) = self.tick(now) {
                        self.result.sent += n as u64;
                        self.result.ticks[t].1 += n as u64;
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return,
                Err(e) => {
                    let kind = format!("send: {}", short(&e));
                    return self.fail(i, &kind);
                }
            }
        }
    }

    /// A step of a slow client: the next few bytes out, or the next few in.
    pub(super) fn slow(&mut self, i: usize, now: u64, at: u64) {
        let Pace::Slow { piece, every_ms, read } = self.spec.pace else { return };
        let next = at.max(now.saturating_sub(every_ms * 1_000_000)) + every_ms * 1_000_000;
        if self.conns[i].state == State::Idle {
            if !self.running(now) {
                return;
            }
            let conn = &mut self.conns[i];
            conn.state = State::Busy;
            conn.owed = 1;
            conn.from = now;
            conn.unsent = self.request.len() as u64;
        }
        self.conns[i].sent_at = now;
        let Some(fd) = self.conns[i].fd.as_ref().map(AsRawFd::as_raw_fd) else { return };
        let unsent = self.conns[i].unsent as usize;
        if unsent > 0 {
            let from = self.request.len() - unsent;
            match sys::send(fd, &self.request[from..from + piece.min(unsent)], false) {
                Ok(n) => self.conns[i].unsent -= n as u64,
                Err(e) => {
                    let kind = format!("send: {}", short(&e));
                    return self.fail(i, &kind);
                }
            }
        } else {
            self.read(i, Some(read));
        }
        if self.conns[i].fd.is_some() && !self.conns[i].armed {
            self.arm(i, next);
        }
    }
}

/// The bytes of one request.
pub(super) fn request(spec: &ClientSpec, size: Option<u64>) -> Vec<u8> {
    let close = if spec.close { "Connection: close\r\n" } else { "" };
    let tail = format!("Host: {}\r\nUser-Agent: loadtest\r\nAccept: */*\r\n{close}", spec.host);
    match (&spec.ask, size) {
        (Ask::Get { path }, _) => format!("GET {path} HTTP/1.1\r\n{tail}\r\n"),
        (Ask::Post { path, bytes }, _) => {
            format!("POST {path} HTTP/1.1\r\n{tail}Content-Length: {bytes}\r\n\r\n")
        }
        (Ask::Surge, size) => format!("GET /bytes/{} HTTP/1.1\r\n{tail}\r\n", size.unwrap_or(1)),
    }
    .into_bytes()
}
