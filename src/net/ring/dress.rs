//! Options of sockets that neither the standard library nor socket2 have.
use super::super::driver::ConnectOptions;
use super::super::options::{Probes, SocketOptions};
use socket2::{SockAddr, Socket};
use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::time::Duration;

/// `IP_BIND_ADDRESS_NO_PORT`: the port is chosen at the connect, when the destination is known.
const BIND_ADDRESS_NO_PORT: i32 = 24;

/// Sets an option whose value is one int.
pub fn set(socket: &impl AsRawFd, level: i32, name: i32, value: i32) -> io::Result<()> {
    // SAFETY: the option's value is one int, which lives until the call returns.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            (&raw const value).cast(),
            size_of::<i32>() as libc::socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// How a silent connection is probed.
pub fn probes(socket: &impl AsRawFd, probes: Probes) {
    let values = [
        (libc::TCP_KEEPCNT, probes.count),
        (libc::TCP_KEEPIDLE, probes.idle),
        (libc::TCP_KEEPINTVL, probes.interval),
    ];
    for (name, value) in values {
        if let Some(value) = value.and_then(|v| i32::try_from(v).ok()) {
            // Out of the kernel's range: it keeps its own.
            let _ = set(socket, libc::IPPROTO_TCP, name, value);
        }
    }
}

/// The key for the signatures of all segments to and from `peer`.
pub fn md5_key(socket: &impl AsRawFd, peer: SocketAddr, key: &[u8]) -> io::Result<()> {
    set_md5_key(socket, libc::TCP_MD5SIG, peer, 0, key)
}

/// The same for every peer of a listener's family.
pub fn md5_key_for_all(socket: &impl AsRawFd, listener: SocketAddr, key: &[u8]) -> io::Result<()> {
    let any: std::net::IpAddr = match listener {
        SocketAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    };
    // Where the peers are all of the family, their network has no bits.
    set_md5_key(socket, libc::TCP_MD5SIG_EXT, SocketAddr::new(any, 0), libc_md5::FLAG_PREFIX, key)
}

fn set_md5_key(socket: &impl AsRawFd, name: i32, peer: SocketAddr, flags: u8, key: &[u8]) -> io::Result<()> {
    // SAFETY: zeros are a value of this plain structure.
    let mut sig: libc_md5::TcpMd5Sig = unsafe { std::mem::zeroed() };
    let room = key.len().min(sig.key.len());
    sig.key[..room].copy_from_slice(&key[..room]);
    sig.keylen = room as u16;
    sig.flags = flags;
    let addr = SockAddr::from(peer);
    // SAFETY: an address is no longer than the storage it is copied to.
    unsafe {
        let into = (&raw mut sig.addr).cast::<u8>();
        std::ptr::copy_nonoverlapping(addr.as_ptr().cast::<u8>(), into, addr.len() as usize);
    }
    // SAFETY: the structure is the kernel's, and lives until the call returns.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            name,
            (&raw const sig).cast(),
            size_of::<libc_md5::TcpMd5Sig>() as libc::socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

mod libc_md5 {
    /// `TCP_MD5SIG_FLAG_PREFIX`: the key is for a whole network, here of no bits.
    pub const FLAG_PREFIX: u8 = 1;

    /// `struct tcp_md5sig` of `linux/tcp.h`.
    #[repr(C)]
    pub struct TcpMd5Sig {
        pub addr: libc::sockaddr_storage,
        pub flags: u8,
        pub prefixlen: u8,
        pub keylen: u16,
        pub ifindex: i32,
        pub key: [u8; 80],
    }
}

/// The options of a socket about to connect to `to`.
pub fn dress(socket: &Socket, to: SocketAddr, options: &SocketOptions, keepalive: bool) -> io::Result<()> {
    if keepalive {
        probes(socket, options.probes);
    }
    if let Some(time) = options.user_timeout {
        set(socket, libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT, millis(time))?;
    }
    if options.fast_open {
        // A kernel without it connects as ever.
        let _ = set(socket, libc::IPPROTO_TCP, libc::TCP_FASTOPEN_CONNECT, 1);
    }
    if let Some(key) = &options.md5_key {
        md5_key(socket, to, key)?;
    }
    Ok(())
}

/// A time as options have it.
pub fn millis(time: Duration) -> i32 {
    i32::try_from(time.as_millis()).unwrap_or(i32::MAX)
}

/// Gives the socket the address it is to come from.
pub fn bind_source(socket: &Socket, options: &ConnectOptions) -> io::Result<()> {
    if let Some(foreign) = options.foreign {
        // Somebody else's address: the kernel has to allow it, and to lead the answers here.
        make_transparent(socket, foreign)?;
        socket.set_reuse_address(true)?;
        return bind(socket, foreign);
    }
    let ports = options.socket.as_ref().and_then(|o| o.ports);
    match (options.source, ports) {
        (Some(source), Some((low, high))) => bind_in_range(socket, source, low, high),
        (Some(source), None) => {
            socket.set_reuse_address(true)?;
            bind(socket, source)
        }
        (None, _) => Ok(()),
    }
}

fn bind(socket: &Socket, addr: SocketAddr) -> io::Result<()> {
    if addr.port() == 0 {
        // An older kernel chooses the port now, from fewer.
        let _ = set(socket, libc::IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1);
    }
    socket.bind(&SockAddr::from(addr))
}

thread_local! {
    /// Where the last search for a port ended.
    static LAST_PORT: Cell<u16> = const { Cell::new(0) };
}

/// Takes a port of the range: one that nobody holds, else one that connections to other places hold.
fn bind_in_range(socket: &Socket, source: SocketAddr, low: u16, high: u16) -> io::Result<()> {
    let count = u32::from(high - low) + 1;
    let start = u32::from(LAST_PORT.get().wrapping_add(1));
    let mut result = Err(io::Error::from_raw_os_error(libc::EADDRNOTAVAIL));
    for shared in [false, true] {
        socket.set_reuse_address(shared)?;
        for step in 0..count {
            let port = low + ((start + step) % count) as u16;
            let addr = SocketAddr::new(source.ip(), port);
            result = socket.bind(&SockAddr::from(addr));
            match &result {
                Ok(()) => {
                    LAST_PORT.set(((start + step) % count) as u16);
                    return Ok(());
                }
                Err(e) if e.kind() == io::ErrorKind::AddrInUse => {}
                Err(_) => return result,
            }
        }
    }
    result
}

/// Lets a socket bind an address that is not ours.
pub fn make_transparent(socket: &Socket, addr: SocketAddr) -> io::Result<()> {
    if addr.is_ipv4() {
        return socket.set_ip_transparent_v4(true).or_else(|_| socket.set_freebind_v4(true));
    }
    set(socket, libc::IPPROTO_IPV6, libc::IPV6_TRANSPARENT, 1)
        .or_else(|_| set(socket, libc::IPPROTO_IPV6, libc::IPV6_FREEBIND, 1))
}
