//! Listening sockets of the process before: taken over instead of bound anew, so that no connection waiting in the kernel
//! is lost. The protocol is HAProxy's `_getsocks` (management manual, 3, `-x`), so that a HAProxy can hand over too.
use crate::plan::ListenerAddr;
use nix::cmsg_space;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, send};
use std::ffi::OsStr;
use std::fmt;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Descriptors in one message at most.
const MAX_SEND_FD: usize = 253;
/// The most sockets we take.
const MAX_SOCKETS: usize = 65_536;
/// How long the old process may take for each message.
const PATIENCE: Duration = Duration::from_secs(5);
/// A socket's record: the lengths and texts of namespace and interface, and four bytes that are no longer used.
const MAX_RECORD: usize = 1 + 4_096 + 1 + 16 + 4;

/// Sockets that wait for a `bind` line that wants them; what is left is closed.
#[derive(Debug, Default)]
pub struct OldSockets {
    sockets: Vec<Old>,
}

#[derive(Debug)]
struct Old {
    fd: OwnedFd,
    addr: ListenerAddr,
    namespace: String,
    interface: String,
}

impl OldSockets {
    /// Asks the process that answers at this unix socket.
    ///
    /// # Errors
    /// It can't be reached, refuses, or ends in between.
    pub fn from_path(path: &Path) -> io::Result<OldSockets> {
        OldSockets::from_stream(&UnixStream::connect(path)?)
    }

    /// Asks the process at the other end.
    ///
    /// # Errors
    /// As `from_path`.
    pub fn from_stream(stream: &UnixStream) -> io::Result<OldSockets> {
        stream.set_read_timeout(Some(PATIENCE))?;
        say(stream, b"_getsocks\n")?;
        let mut count = [0; 4];
        let got = receive(stream.as_raw_fd(), &mut count, &mut Vec::new())?;
        let count = usize::try_from(i32::from_ne_bytes(count)).unwrap_or(0);
        if got != 4 || count > MAX_SOCKETS {
            return Err(io::Error::other("it does not give its sockets away"));
        }
        let (mut fds, mut places) = (Vec::new(), Vec::new());
        let mut buffer = vec![0; MAX_SEND_FD * MAX_RECORD];
        while fds.len() < count {
            let before = fds.len();
            let got = receive(stream.as_raw_fd(), &mut buffer, &mut fds)?;
            let records = records(&buffer[..got], fds.len() - before)
                .ok_or_else(|| io::Error::other("it sent something else than sockets"))?;
            places.extend(records);
            if fds.len() < count {
                say(stream, &0i32.to_ne_bytes())?;
            }
        }
        let sockets = fds.into_iter().zip(places).filter_map(|(fd, (namespace, interface))| {
            let addr = address(&fd)?;
            Some(Old { fd, addr, namespace, interface })
        });
        Ok(OldSockets { sockets: sockets.collect() })
    }

    /// Takes all sockets at this address, interface and namespace.
    pub fn take(
        &mut self,
        addr: &ListenerAddr,
        interface: Option<&str>,
        namespace: Option<&str>,
    ) -> Vec<OwnedFd> {
        let wanted = |old: &mut Old| {
            old.addr == *addr
                && old.interface == interface.unwrap_or_default()
                && old.namespace == namespace.unwrap_or_default()
        };
        self.sockets.extract_if(.., wanted).map(|old| old.fd).collect()
    }
}

impl fmt::Display for OldSockets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sockets", self.sockets.len())
    }
}

/// Does something again when a signal came in between: a system call with a timeout is not begun anew by the kernel.
fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

fn say(to: &UnixStream, what: &[u8]) -> io::Result<usize> {
    uninterrupted(|| Ok(send(to.as_raw_fd(), what, MsgFlags::MSG_NOSIGNAL)?))
}

fn receive(from: RawFd, into: &mut [u8], fds: &mut Vec<OwnedFd>) -> io::Result<usize> {
    uninterrupted(|| receive_once(from, into, fds))
}

/// One message and the descriptors that came with it.
fn receive_once(from: RawFd, into: &mut [u8], fds: &mut Vec<OwnedFd>) -> io::Result<usize> {
    let mut room = cmsg_space!([RawFd; MAX_SEND_FD]);
    let mut parts = [IoSliceMut::new(into)];
    let message = recvmsg::<()>(from, &mut parts, Some(&mut room), MsgFlags::MSG_CMSG_CLOEXEC)?;
    for part in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(got) = part {
            // SAFETY: the kernel just made these descriptors for us.
            #[allow(unsafe_code)]
            fds.extend(got.into_iter().map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }));
        }
    }
    match message.bytes {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        n => Ok(n),
    }
}

/// Namespace and interface of so many records.
fn records(mut bytes: &[u8], count: usize) -> Option<Vec<(String, String)>> {
    let text = |bytes: &mut &[u8]| {
        let (len, rest) = bytes.split_first()?;
        let (text, rest) = rest.split_at_checked(usize::from(*len))?;
        *bytes = rest;
        Some(String::from_utf8_lossy(text).into_owned())
    };
    let mut places = Vec::new();
    for _ in 0..count {
        places.push((text(&mut bytes)?, text(&mut bytes)?));
        bytes = bytes.get(4..)?;
    }
    (count > 0 && bytes.is_empty()).then_some(places)
}

/// Where a socket is bound.
pub fn address(fd: &OwnedFd) -> Option<ListenerAddr> {
    let socket = socket2::SockRef::from(fd);
    let addr = socket.local_addr().ok()?;
    let inet: Option<SocketAddr> = addr.as_socket();
    if let Some(inet) = inet {
        return Some(ListenerAddr::Inet(inet));
    }
    if let Some(path) = addr.as_pathname() {
        return Some(ListenerAddr::Unix(final_name(path)));
    }
    let name = addr.as_abstract_namespace()?;
    let len = name.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1);
    Some(ListenerAddr::Abstract(name[..len].to_vec()))
}

/// Unix sockets are bound as `path.PID.tmp` and renamed; the kernel keeps telling the first name.
fn final_name(path: &Path) -> PathBuf {
    let bytes = path.as_os_str().as_bytes();
    let cut = bytes.strip_suffix(b".tmp").and_then(|rest| {
        let dot = rest.iter().rposition(|b| *b == b'.')?;
        let pid = &rest[dot + 1..];
        (!pid.is_empty() && pid.iter().all(u8::is_ascii_digit)).then_some(&rest[..dot])
    });
    cut.map_or_else(|| path.to_owned(), |name| PathBuf::from(OsStr::from_bytes(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn final_names() {
        for (bound, name) in
            [("/a.sock.12.tmp", "/a.sock"), ("/a.tmp", "/a.tmp"), ("/a.x.tmp", "/a.x.tmp"), ("/a", "/a")]
        {
            assert_eq!(final_name(Path::new(bound)), Path::new(name));
        }
    }

    #[test]
    fn records_of_namespace_and_interface() {
        assert_eq!(records(&[0, 0, 0, 0, 0, 0], 1), Some(vec![(String::new(), String::new())]));
        let two = [&[2, b'n', b's', 2, b'l', b'o', 0, 0, 0, 0][..], &[0, 0, 0, 0, 0, 0]].concat();
        assert_eq!(
            records(&two, 2),
            Some(vec![("ns".to_owned(), "lo".to_owned()), (String::new(), String::new())])
        );
        for wrong in [&two[..two.len() - 1], &[][..], &[9, 1]] {
            assert_eq!(records(wrong, 2), None, "{wrong:?}");
        }
        assert_eq!(records(&[], 0), None);
    }
}
