//! What both drivers do with sockets by plain system calls.
use super::super::driver::{ConnectOptions, ConnectTo};
use super::super::options::within;
use super::dress;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io;
use std::mem::ManuallyDrop;
use std::net::SocketAddr;
use std::os::fd::{FromRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

/// Runs `f` on a descriptor that stays open.
pub fn borrow<T>(fd: RawFd, f: impl FnOnce(&Socket) -> T) -> T {
    // SAFETY: the descriptor is open while its stream lives, and is not closed here.
    let socket = ManuallyDrop::new(unsafe { Socket::from_raw_fd(fd) });
    f(&socket)
}

/// Bytes of `sun_path`.
const SUN_PATH: usize = 108;

/// The kernel's form of an address.
pub fn sock_addr(to: &ConnectTo) -> io::Result<SockAddr> {
    match to {
        ConnectTo::Inet(addr) => Ok(SockAddr::from(*addr)),
        ConnectTo::Unix(path) => SockAddr::unix(path),
        ConnectTo::Abstract(name) => {
            // HAProxy's names fill the whole of `sun_path`.
            let mut path = vec![0u8];
            path.extend_from_slice(name);
            path.resize(path.len().max(SUN_PATH), 0);
            SockAddr::unix(std::ffi::OsStr::from_bytes(&path))
        }
    }
}

/// A socket to connect with.
pub fn to_connect(to: &ConnectTo, options: &ConnectOptions, nonblocking: bool) -> io::Result<Socket> {
    let domain = match to {
        ConnectTo::Inet(SocketAddr::V4(_)) => Domain::IPV4,
        ConnectTo::Inet(SocketAddr::V6(_)) => Domain::IPV6,
        ConnectTo::Unix(_) | ConnectTo::Abstract(_) => Domain::UNIX,
    };
    let kind = if nonblocking { Type::STREAM.nonblocking() } else { Type::STREAM };
    let namespace = options.socket.as_ref().and_then(|o| o.namespace.as_ref());
    let socket = within(namespace, || {
        Socket::new(domain, kind.cloexec(), (domain != Domain::UNIX).then_some(Protocol::TCP))
    })?;
    if domain != Domain::UNIX {
        if options.bare {
            socket.set_tcp_quickack(false)?;
        } else {
            socket.set_tcp_nodelay(true)?;
        }
        if options.keepalive {
            socket.set_keepalive(true)?;
        }
        if let Some(interface) = &options.interface {
            socket.bind_device(Some(interface.as_bytes()))?;
        }
        if let (Some(rarer), ConnectTo::Inet(to)) = (&options.socket, to) {
            dress::dress(&socket, *to, rarer, options.keepalive)?;
        }
        dress::bind_source(&socket, options)?;
    }
    Ok(socket)
}

/// Sends what the socket takes at once; `EAGAIN` where that is nothing. `flags` are beside those of every send.
pub fn send_now(fd: RawFd, bytes: &[u8], flags: i32) -> Result<usize, i32> {
    let flags = libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT | flags;
    // SAFETY: the slice is valid for reading.
    let n = unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), flags) };
    usize::try_from(n).map_err(|_| io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO))
}

/// Whether bytes of the peer lie in the kernel that nobody has received.
pub fn has_unread(fd: RawFd) -> bool {
    let mut byte = 0u8;
    let flags = libc::MSG_PEEK | libc::MSG_DONTWAIT;
    // SAFETY: one byte of room, as said.
    unsafe { libc::recv(fd, (&raw mut byte).cast(), 1, flags) == 1 }
}

/// Ends the sending direction; a connection that is gone has ended anyway.
pub fn shutdown(fd: RawFd) {
    let _ = borrow(fd, |s| s.shutdown(std::net::Shutdown::Write));
}

/// Makes the next close a reset.
pub fn reset_on_close(fd: RawFd) {
    let _ = borrow(fd, |s| s.set_linger(Some(Duration::ZERO)));
}

/// The local address; `None` for unix sockets.
pub fn local_addr(fd: RawFd) -> Option<SocketAddr> {
    borrow(fd, |s| s.local_addr().ok().and_then(|a| a.as_socket()))
}

/// The peer's address; `None` for unix sockets.
pub fn peer_addr(fd: RawFd) -> Option<SocketAddr> {
    borrow(fd, |s| s.peer_addr().ok().and_then(|a| a.as_socket()))
}

/// Takes all connections that wait at a listening socket, which is not blocking afterwards.
pub fn accept_rest(fd: RawFd, flags: i32, each: &mut dyn FnMut(RawFd, Option<SocketAddr>)) {
    let _ = borrow(fd, |s| s.set_nonblocking(true));
    loop {
        match accept(fd, flags) {
            Ok((fd, peer)) => each(fd, peer),
            Err(libc::EINTR | libc::ECONNABORTED) => {}
            Err(_) => return,
        }
    }
}

/// Takes a connection from a listening socket; the error is an errno. `flags` are those of `accept4`.
pub fn accept(fd: RawFd, flags: i32) -> Result<(RawFd, Option<SocketAddr>), i32> {
    let mut accepted = -1;
    // SAFETY: `try_init` gives storage and length that live through the call; the kernel writes no more than that.
    let result = unsafe {
        SockAddr::try_init(|storage, len| {
            accepted = libc::accept4(fd, storage.cast(), len, flags);
            if accepted < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
        })
    };
    match result {
        Ok(((), addr)) => Ok((accepted, addr.as_socket())),
        Err(e) => Err(e.raw_os_error().unwrap_or(libc::EIO)),
    }
}
