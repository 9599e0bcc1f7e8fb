//! What comes back to a load process, and what that means for the next request.

use super::{Client, State, short, token};
use crate::answer::Step;
use crate::rng::surge;
use crate::sys;
use crate::wire::Pace;
use std::io;
use std::os::fd::AsRawFd;

impl Client {
    pub(super) fn on_event(&mut self, token: u64, events: u32) {
        let i = (token & 0xffff_ffff) as usize;
        if self.conns[i].life != (token >> 32) as u32 {
            return;
        }
        if self.conns[i].state == State::Connecting {
            let fd = self.conns[i].fd.as_ref().map_or(-1, AsRawFd::as_raw_fd);
            if events & (sys::OUT | sys::GONE) == 0 {
                return;
            }
            if let Some(e) = sys::socket_error(fd) {
                let kind = format!("connect: {}", short(&e));
                return self.fail(i, &kind);
            }
            return self.connected(i);
        }
        if events & sys::OUT != 0 && self.conns[i].unsent > 0 && self.body.is_some() {
            self.upload(i);
        }
        let slow = matches!(self.spec.pace, Pace::Slow { .. });
        if events & (sys::IN | sys::GONE) != 0 && (!slow || self.conns[i].state == State::Idle) {
            self.read_all(i, events & sys::GONE != 0);
        }
    }

    pub(super) fn connected(&mut self, i: usize) {
        let now = sys::now_ns();
        let conn = &mut self.conns[i];
        conn.state = State::Idle;
        let from = conn.from;
        if self.tick(now).is_some() {
            self.result.connects += 1;
        }
        let fd = self.conns[i].fd.as_ref().map_or(-1, AsRawFd::as_raw_fd);
        // Only who uploads needs to hear that there is room.
        if self.body.is_none() {
            let _ = self.epoll.change(fd, sys::IN | sys::EDGE | sys::RDHUP, token(i, self.conns[i].life));
        }
        if self.spec.prime && !self.conns[i].primed {
            match self.spec.pace {
                Pace::Slow { .. } => self.first_answer(i),
                _ => {
                    self.conns[i].from = now;
                    self.send(i, now);
                }
            }
            return;
        }
        match self.spec.pace {
            Pace::Open => self.free.push(i as u32),
            // The latency of a connection a request holds the connect.
            Pace::Closed if self.running(now) => {
                self.conns[i].from = from;
                self.send(i, now);
            }
            Pace::Users if self.running(now) => self.send_user(i, from),
            Pace::Slow { .. } => self.arm(i, now),
            Pace::Closed | Pace::Users => {}
        }
    }

    /// A connection has what the start asks for.
    pub(super) fn first_answer(&mut self, i: usize) {
        self.conns[i].primed = true;
        self.primed += 1;
        self.opening -= 1;
        if self.spec.pace == Pace::Open {
            self.free.push(i as u32);
        }
    }

    pub(super) fn read_all(&mut self, i: usize, gone: bool) {
        let life = self.conns[i].life;
        while (self.read(i, None) || gone) && self.conns[i].life == life {}
    }

    /// One read; tells whether there may be more.
    pub(super) fn read(&mut self, i: usize, limit: Option<usize>) -> bool {
        let conn = &mut self.conns[i];
        let Some(fd) = conn.fd.as_ref().map(AsRawFd::as_raw_fd) else { return false };
        let skip = conn.answer.discardable().min(self.waste.len() as u64) as usize;
        let (got, room, skipped) = if skip >= 16_384 && limit.is_none() {
            (sys::discard(fd, &mut self.waste[..skip]), skip, true)
        } else {
            let room = limit.unwrap_or(self.buffer.len());
            (sys::recv(fd, &mut self.buffer[..room]), room, false)
        };
        match got {
            Ok(0) => {
                self.on_end(i);
                false
            }
            Ok(n) => {
                let now = sys::now_ns();
                self.conns[i].sent_at = now;
                if let Some(t) = self.tick(now) {
                    self.result.received += n as u64;
                    self.result.ticks[t].1 += n as u64;
                }
                if skipped {
                    if let Some((status, close)) = self.conns[i].answer.discarded(n as u64) {
                        self.answered(i, status, close, now);
                    }
                } else {
                    self.fed(i, n, now);
                }
                n == room
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                // A broken connection says so by another error or by its end.
                false
            }
            Err(e) => {
                if self.conns[i].state == State::Busy {
                    let kind = format!("receive: {}", short(&e));
                    self.fail(i, &kind);
                } else {
                    self.fail(i, "closed while idle");
                }
                false
            }
        }
    }

    pub(super) fn fed(&mut self, i: usize, n: usize, now: u64) {
        let buffer = std::mem::take(&mut self.buffer);
        let mut at = 0;
        let life = self.conns[i].life;
        while at < n && self.conns[i].life == life {
            if self.conns[i].owed == 0 {
                self.fail(i, "an answer nobody asked for");
                break;
            }
            match self.conns[i].answer.feed(&buffer[at..n], &mut self.known) {
                Step::More => break,
                Step::Bad => {
                    self.fail(i, "not HTTP");
                    break;
                }
                Step::Done { used, status, close } => {
                    at += used;
                    self.answered(i, status, close, now);
                }
            }
        }
        self.buffer = buffer;
    }

    pub(super) fn on_end(&mut self, i: usize) {
        let conn = &mut self.conns[i];
        let owed = conn.owed;
        if let Some(status) = conn.answer.ended() {
            let now = sys::now_ns();
            self.answered(i, status, true, now);
        } else if owed > 0 {
            self.fail(i, "closed within an answer");
        } else if self.spec.close {
            self.drop_conn(i);
            self.continue_closed(i);
        } else {
            self.fail(i, "closed while idle");
        }
    }

    /// A complete answer.
    pub(super) fn answered(&mut self, i: usize, status: u16, close: bool, now: u64) {
        let conn = &mut self.conns[i];
        conn.owed = conn.owed.saturating_sub(1);
        self.answers_ever += 1;
        let from = conn.from;
        let rest = conn.owed;
        let priming = self.spec.prime && !conn.primed;
        let good = (200..400).contains(&status);
        if priming {
            if rest == 0 {
                self.first_answer(i);
            }
            if !good {
                self.count(&format!("status {status}"), 1);
            }
        } else if let Some(phase) = &self.phase {
            // What was due in the time is recorded when it comes, also behind the end: open loop.
            let counted = match self.spec.pace {
                Pace::Open => from >= phase.measure && from < phase.end,
                _ => now >= phase.measure && now < phase.end,
            };
            if !good {
                self.count(&format!("status {status}"), 1);
            } else if counted {
                self.latencies.record(now.saturating_sub(from));
            }
            if good && let Some(t) = self.tick(now) {
                self.result.answers += 1;
                self.result.ticks[t].0 += 1;
            }
        }
        if rest > 0 {
            return;
        }
        self.conns[i].state = State::Idle;
        if close || self.spec.close {
            self.drop_conn(i);
            match self.spec.pace {
                Pace::Closed => {}
                _ => self.arm(i, now),
            }
        }
        match self.spec.pace {
            Pace::Closed if !self.spec.prime || self.conns[i].primed => self.continue_closed(i),
            Pace::Open if !priming && self.conns[i].state == State::Idle => {
                self.free.push(i as u32);
                if !self.late.is_empty() {
                    self.send_due(now);
                }
            }
            Pace::Users => {
                let conn = &mut self.conns[i];
                conn.files = conn.files.saturating_sub(1);
                let pause = if conn.files > 0 {
                    surge::active_off(&mut self.rng)
                } else {
                    surge::inactive_off(&mut self.rng)
                };
                if !self.conns[i].armed && !priming {
                    self.arm(i, now + (pause * 1e9) as u64);
                }
            }
            _ => {}
        }
    }
}
