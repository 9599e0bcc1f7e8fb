//! What the proxies of this package share: their arguments, their listening socket, and where messages end. The proxies do
//! the same: a connection to the origin for each of a client, keep-alive on both sides, request and answer in turns, the
//! bytes as they came. Nothing of a head is looked at but its end and its Content-Length.
pub mod sys;

use socket2::{Domain, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};

/// Bytes a connection reads at a time.
pub const BUFFER: usize = 8_192;

/// `PROGRAM LISTEN ORIGIN`.
///
/// # Panics
/// When that is not what was given.
#[must_use]
pub fn addresses() -> (SocketAddr, SocketAddr) {
    let mut args = std::env::args().skip(1);
    let mut next = |what: &str| -> SocketAddr {
        let arg = args.next().unwrap_or_else(|| panic!("use: PROGRAM LISTEN ORIGIN ({what} is missing)"));
        arg.parse().unwrap_or_else(|e| panic!("{what} '{arg}': {e}"))
    };
    (next("LISTEN"), next("ORIGIN"))
}

/// A socket that listens.
///
/// # Errors
/// The system's.
pub fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&addr.into())?;
    socket.listen(4_096)?;
    Ok(socket.into())
}

/// The origin's side of a new client connection. It waits: on the loopback, and once a connection, that is nothing.
///
/// # Errors
/// The system's.
pub fn connect(origin: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(origin)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Where the messages of one direction end.
#[derive(Debug, Default)]
pub struct Framing {
    /// Bytes of the message that have not come yet.
    left: usize,
}

/// What may be sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// So many of the first bytes; 0 while a head is not whole.
    pub len: usize,
    /// The message ends with them.
    pub ends: bool,
}

impl Framing {
    /// Looks at bytes that came and were not passed on yet.
    ///
    /// # Errors
    /// A message without an end that could be found.
    pub fn ready(&mut self, bytes: &[u8]) -> io::Result<Ready> {
        if self.left == 0 {
            let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else {
                let fits = bytes.len() < BUFFER;
                return if fits { Ok(Ready { len: 0, ends: false }) } else { Err(bad("a head too long")) };
            };
            self.left = end + 4 + content_length(&bytes[..end + 2])?;
        }
        let len = self.left.min(bytes.len());
        self.left -= len;
        Ok(Ready { len, ends: self.left == 0 })
    }
}

fn bad(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// The value of Content-Length, 0 without one.
fn content_length(head: &[u8]) -> io::Result<usize> {
    const NAME: &[u8] = b"content-length:";
    for at in memchr::memchr_iter(b'\n', head) {
        let line = &head[at + 1..];
        if line.len() > NAME.len() && line[..NAME.len()].eq_ignore_ascii_case(NAME) {
            let digits = line[NAME.len()..].iter().skip_while(|b| **b == b' ').take_while(|b| **b != b'\r');
            return digits.into_iter().try_fold(0usize, |n, b| match b {
                b'0'..=b'9' => Ok(n * 10 + usize::from(b - b'0')),
                _ => Err(bad("a length that is no number")),
            });
        }
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_end_where_they_say() {
        let mut framing = Framing::default();
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        assert_eq!(framing.ready(&whole[..20]).unwrap(), Ready { len: 0, ends: false });
        assert_eq!(framing.ready(&whole[..41]).unwrap(), Ready { len: 41, ends: false });
        assert_eq!(framing.ready(&whole[41..]).unwrap(), Ready { len: whole.len() - 41, ends: true });
        let two = b"GET / HTTP/1.1\r\n\r\nGET";
        assert_eq!(framing.ready(two).unwrap(), Ready { len: 18, ends: true });
        assert!(framing.ready(b"A / B\r\ncontent-length: x\r\n\r\n").is_err());
    }
}
