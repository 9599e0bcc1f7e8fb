//! The proxy on a loop of its own over the `io-uring` crate: multishot accept and receive, provided buffers, sends from the
//! buffer that was received into, one system call a turn. With `REGISTERED` in the environment the descriptors are
//! registered with the ring.
use engines::sys::{Bytes, Chunk, File, Ring, accepted};
use engines::{Framing, addresses, connect, listen};
use std::collections::VecDeque;
use std::io;
use std::net::TcpStream;
use std::os::fd::AsRawFd;

const ACCEPT: u8 = 0;
const SEND: u8 = 3;

/// A client and its origin. Tags 1 and 2 are receives of the client's and the origin's side.
struct Conn {
    /// What the operations are on.
    files: [File; 2],
    streams: [TcpStream; 2],
    inbox: [VecDeque<Chunk>; 2],
    /// Whose message is on its way: 0 the client's.
    turn: usize,
    framing: Framing,
    /// The start of a head that was not whole.
    partial: Vec<u8>,
    sending: bool,
    /// The message ends with what is being sent.
    ends: bool,
    /// Receives that have not ended.
    armed: u8,
    dead: bool,
}

impl Conn {
    fn end(&mut self) {
        if !std::mem::replace(&mut self.dead, true) {
            for stream in &self.streams {
                let _ = stream.shutdown(std::net::Shutdown::Both);
            }
        }
    }

    fn finished(&self) -> bool {
        self.dead && self.armed == 0 && !self.sending
    }

    /// Sends on what is there to be sent.
    fn pump(&mut self, ring: &mut Ring, key: u32) -> io::Result<()> {
        while !self.sending && !self.dead {
            let Some(mut chunk) = self.inbox[self.turn].pop_front() else { return Ok(()) };
            let to = self.files[1 - self.turn];
            if self.partial.is_empty() {
                let ready = self.framing.ready(ring.bytes(&chunk))?;
                if ready.len == 0 {
                    self.partial.extend_from_slice(ring.bytes(&chunk));
                    ring.recycle(chunk);
                    continue;
                }
                (self.sending, self.ends) = (true, ready.ends);
                if ready.len == chunk.len() {
                    ring.send(to, Bytes::Chunk(chunk), ready.len, SEND, key);
                } else {
                    let bytes = ring.bytes(&chunk)[..ready.len].to_vec();
                    chunk.advance(ready.len);
                    self.inbox[self.turn].push_front(chunk);
                    ring.send(to, Bytes::Owned(bytes), ready.len, SEND, key);
                }
            } else {
                self.partial.extend_from_slice(ring.bytes(&chunk));
                let ready = self.framing.ready(&self.partial)?;
                let was = self.partial.len() - chunk.len();
                if ready.len == 0 {
                    ring.recycle(chunk);
                    continue;
                }
                chunk.advance(ready.len - was);
                if chunk.is_empty() {
                    ring.recycle(chunk);
                } else {
                    self.inbox[self.turn].push_front(chunk);
                }
                (self.sending, self.ends) = (true, ready.ends);
                ring.send(to, Bytes::Owned(std::mem::take(&mut self.partial)), ready.len, SEND, key);
            }
        }
        Ok(())
    }
}

fn main() -> io::Result<()> {
    let (addr, origin) = addresses();
    let listener = listen(addr)?;
    let mut ring = Ring::new(engines::BUFFER)?;
    let registered = std::env::var_os("REGISTERED").is_some();
    if registered {
        ring.register_files()?;
    }
    let mut conns: Vec<Option<Conn>> = Vec::new();
    let mut free: Vec<u32> = Vec::new();
    ring.accept(listener.as_raw_fd(), ACCEPT, 0);
    loop {
        ring.turn(|ring, event| {
            let key = event.key;
            if event.tag == ACCEPT {
                if !event.more {
                    ring.accept(listener.as_raw_fd(), ACCEPT, 0);
                }
                if event.result >= 0 {
                    let client = accepted(event.result);
                    let Ok(server) = client.set_nodelay(true).and_then(|()| connect(origin)) else { return };
                    let key = free.pop().unwrap_or_else(|| {
                        conns.push(None);
                        conns.len() as u32 - 1
                    });
                    let fds = [client.as_raw_fd(), server.as_raw_fd()];
                    let mut files = fds.map(File::Fd);
                    if registered && ring.register(2 * key, &fds).is_ok() {
                        files = [File::Registered(2 * key), File::Registered(2 * key + 1)];
                    }
                    ring.receive(files[0], 1, key);
                    ring.receive(files[1], 2, key);
                    conns[key as usize] = Some(Conn {
                        files,
                        streams: [client, server],
                        inbox: Default::default(),
                        turn: 0,
                        framing: Framing::default(),
                        partial: Vec::new(),
                        sending: false,
                        ends: false,
                        armed: 2,
                        dead: false,
                    });
                }
                return;
            }
            let slot = &mut conns[key as usize];
            let conn = slot.as_mut().expect("a connection lives until its operations have ended");
            if event.tag == SEND {
                if let Some(Bytes::Chunk(chunk)) = ring.sent(key) {
                    ring.recycle(chunk);
                }
                conn.sending = false;
                if event.result < 0 {
                    conn.end();
                } else if conn.ends {
                    conn.turn = 1 - conn.turn;
                }
            } else {
                let side = usize::from(event.tag - 1);
                match event.chunk {
                    Some(chunk) if event.result > 0 => conn.inbox[side].push_back(chunk),
                    Some(chunk) => ring.recycle(chunk),
                    None => {}
                }
                if !event.more {
                    let again = !conn.dead && (event.result > 0 || event.result == -libc::ENOBUFS);
                    if again {
                        ring.receive(conn.files[side], event.tag, key);
                    } else {
                        conn.armed -= 1;
                        conn.end();
                    }
                }
            }
            if conn.pump(ring, key).is_err() {
                conn.end();
            }
            if conn.finished() {
                for chunk in conn.inbox.iter_mut().flat_map(|i| i.drain(..)) {
                    ring.recycle(chunk);
                }
                if registered {
                    // A place that was never filled is as empty afterwards.
                    let _ = ring.register(2 * key, &[-1, -1]);
                }
                *slot = None;
                free.push(key);
            }
        })?;
    }
}
