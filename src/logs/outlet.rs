//! One target of one core: lines are gathered and go out together, at the end of each turn of the loop.
#![allow(unsafe_code)]
use super::ring_end::RingEnd;
use crate::plan::LogTarget;
use socket2::{Domain, SockAddr, Socket, Type};
use std::io;
use std::os::fd::{AsRawFd, RawFd};

/// So many lines at most go out together.
pub const LINES: usize = 64;
/// So many bytes of lines are gathered at most, but for one line that is longer.
const BYTES: usize = 64 * 1_024;
/// What a pipe takes whole or not at all (`PIPE_BUF`).
const WHOLE: usize = 4_096;

/// A target and what is on its way to it.
pub struct Outlet {
    pub target: LogTarget,
    /// Where lines go that stay in the process.
    ring: Option<RingEnd>,
    socket: Option<Socket>,
    /// A descriptor is written to, not sent to.
    fd: Option<RawFd>,
    arena: Vec<u8>,
    ends: Vec<usize>,
    /// The rest of a line that a descriptor took only half of.
    half: Vec<u8>,
    /// When it last could not be opened: not tried again for every line.
    resting: u32,
    // Kept, so that sending allocates nothing.
    pieces: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
}

/// Lines that are not even tried after a target could not be reached.
const REST: u32 = 64;

impl Outlet {
    /// A target; nothing is opened before the first line.
    pub fn new(target: LogTarget) -> Outlet {
        Outlet {
            target,
            ring: None,
            socket: None,
            fd: None,
            arena: Vec::with_capacity(BYTES),
            ends: Vec::with_capacity(LINES),
            half: Vec::new(),
            resting: 0,
            pieces: Vec::with_capacity(LINES),
            headers: Vec::with_capacity(LINES),
        }
    }

    /// A ring.
    pub fn ring(target: LogTarget, ring: RingEnd) -> Outlet {
        Outlet { ring: Some(ring), ..Outlet::new(target) }
    }

    /// Where the next line is appended.
    pub fn arena(&mut self) -> &mut Vec<u8> {
        &mut self.arena
    }

    /// What was appended since the last one is a line. True: the batch is full and should go.
    pub fn line_ends(&mut self) -> bool {
        self.ends.push(self.arena.len());
        self.ends.len() >= LINES || self.arena.len() >= BYTES - WHOLE
    }

    /// Whether anything waits.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Sends what was gathered, without a wait. Says how many lines the target did not take.
    pub fn flush(&mut self) -> u64 {
        let lost = match (&self.target, &mut self.ring) {
            (LogTarget::Fd(fd), _) => self.write(*fd),
            (_, Some(ring)) => ring.put(&self.arena, &self.ends),
            _ => self.send(),
        };
        self.arena.clear();
        self.ends.clear();
        lost as u64
    }

    fn send(&mut self) -> usize {
        let count = self.ends.len();
        if self.resting > 0 && self.socket.is_none() {
            self.resting = self.resting.saturating_sub(count as u32);
            return count;
        }
        let (mut sent, mut again) = (0, true);
        while sent < count {
            if self.socket.is_none() {
                match open(&self.target) {
                    Ok(socket) => self.socket = Some(socket),
                    Err(_) => {
                        self.resting = REST;
                        break;
                    }
                }
            }
            let fd = self.socket.as_ref().map_or(-1, AsRawFd::as_raw_fd);
            match self.send_from(fd, sent) {
                Ok(n) => sent += n,
                Err(libc::EINTR) => {}
                // Full: the target is slow.
                Err(libc::EAGAIN | libc::ENOBUFS) => break,
                // Nobody was there for the last one; a socket file may be another one by now.
                Err(_) if again => {
                    again = false;
                    if !matches!(self.target, LogTarget::Udp(_)) {
                        self.socket = None;
                    }
                }
                Err(_) => break,
            }
        }
        count - sent
    }

    /// One call for the lines from `first` on; says how many went.
    fn send_from(&mut self, fd: RawFd, first: usize) -> Result<usize, i32> {
        self.pieces.clear();
        self.headers.clear();
        let mut from = first.checked_sub(1).map_or(0, |before| self.ends[before]);
        for &end in &self.ends[first..] {
            let line = &self.arena[from..end];
            self.pieces.push(libc::iovec { iov_base: line.as_ptr().cast_mut().cast(), iov_len: line.len() });
            from = end;
        }
        for piece in &mut self.pieces {
            // SAFETY: a header of zeroes is a valid one without a name and control data.
            let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
            header.msg_hdr.msg_iov = piece;
            header.msg_hdr.msg_iovlen = 1;
            self.headers.push(header);
        }
        let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
        let count = self.headers.len() as u32;
        // SAFETY: the headers name the pieces, the pieces the arena; none of them moves during the call.
        let n = unsafe { libc::sendmmsg(fd, self.headers.as_mut_ptr(), count, flags) };
        usize::try_from(n).map_err(|_| io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO))
    }

    /// Writes lines to a descriptor, as many at once as a pipe takes whole.
    fn write(&mut self, target: RawFd) -> usize {
        if self.fd.is_none() {
            set_nonblocking(target);
            self.fd = Some(target);
        }
        if !self.half.is_empty() {
            match write_some(target, &self.half) {
                Ok(n) if n == self.half.len() => self.half.clear(),
                Ok(n) => drop(self.half.drain(..n)),
                Err(_) => {}
            }
            if !self.half.is_empty() {
                return self.ends.len();
            }
        }
        let (mut done, mut from) = (0, 0);
        while done < self.ends.len() {
            let mut next = done + 1;
            while next < self.ends.len() && self.ends[next] - from <= WHOLE {
                next += 1;
            }
            let to = self.ends[next - 1];
            match write_some(target, &self.arena[from..to]) {
                Ok(n) if n == to - from => {}
                Ok(n) => {
                    // The line that was cut is finished before the next one; those behind it are lost.
                    let at = from + n;
                    let whole = self.ends[done..next].iter().filter(|&&end| end <= at).count();
                    let begun = done + whole;
                    if self.ends[begun] > at && (begun == 0 || self.ends[begun - 1] < at) {
                        self.half.extend_from_slice(&self.arena[at..self.ends[begun]]);
                        return self.ends.len() - begun - 1;
                    }
                    return self.ends.len() - begun;
                }
                Err(_) => return self.ends.len() - done,
            }
            (done, from) = (next, to);
        }
        0
    }
}

fn open(target: &LogTarget) -> io::Result<Socket> {
    let (domain, addr) = match target {
        LogTarget::Udp(addr) => (Domain::for_address(*addr), SockAddr::from(*addr)),
        LogTarget::Unix(path) => (Domain::UNIX, SockAddr::unix(path)?),
        LogTarget::Fd(_) | LogTarget::Ring(_) | LogTarget::Stream(_) => {
            return Err(io::ErrorKind::Unsupported.into());
        }
    };
    let socket = Socket::new(domain, Type::DGRAM, None)?;
    socket.set_nonblocking(true)?;
    // Nothing is ever received.
    let _ = socket.shutdown(std::net::Shutdown::Read);
    socket.connect(&addr)?;
    Ok(socket)
}

fn set_nonblocking(fd: RawFd) {
    // SAFETY: plain calls on a descriptor's number; one that is not open is an error, which is none of ours.
    unsafe {
        let flags = libc::fcntl(fd, libc::F_GETFL);
        if flags >= 0 {
            libc::fcntl(fd, libc::F_SETFL, flags | libc::O_NONBLOCK);
        }
    }
}

fn write_some(fd: RawFd, bytes: &[u8]) -> io::Result<usize> {
    loop {
        // SAFETY: the bytes are ours during the call.
        let n = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(n) {
            Ok(n) => return Ok(n),
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::UdpSocket;
    use std::os::unix::net::{UnixDatagram, UnixStream};

    fn put(outlet: &mut Outlet, line: &str) -> bool {
        outlet.arena().extend_from_slice(line.as_bytes());
        outlet.line_ends()
    }

    #[test]
    fn lines_go_out_together_over_udp() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut outlet = Outlet::new(LogTarget::Udp(socket.local_addr().unwrap()));
        let full: Vec<bool> = (0..LINES).map(|i| put(&mut outlet, &format!("line {i}"))).collect();
        assert!(full[LINES - 1] && !full[LINES - 2]);
        assert_eq!(outlet.flush(), 0);
        assert!(outlet.is_empty());
        let mut room = [0; 100];
        for i in 0..LINES {
            let n = socket.recv(&mut room).unwrap();
            assert_eq!(&room[..n], format!("line {i}").as_bytes());
        }
    }

    #[test]
    fn a_target_that_is_gone_loses_lines_and_one_that_comes_back_gets_them() {
        let gone = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut outlet = Outlet::new(LogTarget::Udp(gone));
        let mut lost = 0;
        for _ in 0..10 {
            put(&mut outlet, "x");
            lost += outlet.flush();
        }
        assert!(lost <= 10);
        let dir = std::env::temp_dir().join(format!("ringmain-outlet-{}", std::process::id()));
        let _ = std::fs::remove_file(&dir);
        let mut outlet = Outlet::new(LogTarget::Unix(dir.clone()));
        put(&mut outlet, "lost");
        assert_eq!(outlet.flush(), 1);
        let socket = UnixDatagram::bind(&dir).unwrap();
        let mut came = 0;
        for _ in 0..REST + 2 {
            put(&mut outlet, "here");
            came += 1 - outlet.flush();
        }
        assert_eq!(came, 2, "it rests for so many lines");
        drop(socket);
        std::fs::remove_file(&dir).unwrap();
        let socket = UnixDatagram::bind(&dir).unwrap();
        put(&mut outlet, "again");
        assert_eq!(outlet.flush(), 0, "another receiver at the same place");
        let mut room = [0; 10];
        assert_eq!(socket.recv(&mut room).unwrap(), 5);
        std::fs::remove_file(&dir).unwrap();
    }

    #[test]
    fn a_full_pipe_loses_whole_lines_only() {
        let (mut reader, writer) = UnixStream::pair().unwrap();
        let mut outlet = Outlet::new(LogTarget::Fd(writer.as_raw_fd()));
        let line = format!("{}\n", "a".repeat(2_999));
        let (mut sent, mut lost) = (0u64, 0);
        for _ in 0..200 {
            put(&mut outlet, &line);
            put(&mut outlet, &line);
            sent += 2;
            lost += outlet.flush();
        }
        assert!(lost > 0 && lost < sent, "{lost} of {sent}");
        reader.set_nonblocking(true).unwrap();
        let mut all = Vec::new();
        let mut room = vec![0; 1 << 20];
        while let Ok(n @ 1..) = reader.read(&mut room) {
            all.extend_from_slice(&room[..n]);
            // The rest of a line that was cut goes first.
            outlet.arena.clear();
            outlet.flush();
        }
        assert_eq!(all.len() % 3_000, 0);
        assert_eq!(all.len() as u64 / 3_000, sent - lost);
        drop(writer);
    }
}
