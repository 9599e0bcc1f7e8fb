//! The system calls, each behind a safe function. All `unsafe` of this crate is here and in [`ring`].
#![allow(unsafe_code)]

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

pub mod ring;

fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

fn check_len(result: isize) -> io::Result<usize> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result as usize) }
}

/// Nanoseconds of the monotonic clock: the same in all processes of the machine.
pub fn now_ns() -> u64 {
    let mut ts = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `ts` is valid for writing.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut ts) };
    ts.tv_sec as u64 * 1_000_000_000 + ts.tv_nsec as u64
}

/// Sleeps until this time of [`now_ns`], or until a signal comes.
pub fn sleep_until(at: u64) {
    let now = now_ns();
    if at > now {
        let ts = timespec(at - now);
        // SAFETY: `ts` is valid, the remaining time is not asked for.
        unsafe { libc::nanosleep(&ts, std::ptr::null_mut()) };
    }
}

fn timespec(ns: u64) -> libc::timespec {
    libc::timespec { tv_sec: (ns / 1_000_000_000) as i64, tv_nsec: (ns % 1_000_000_000) as i64 }
}

fn raw_addr(addr: SocketAddrV4) -> libc::sockaddr_in {
    libc::sockaddr_in {
        sin_family: libc::AF_INET as u16,
        sin_port: addr.port().to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(addr.ip().octets()) },
        sin_zero: [0; 8],
    }
}

fn set_option(fd: RawFd, level: i32, name: i32, value: i32) -> io::Result<()> {
    // SAFETY: the value lives through the call and its size is given.
    check(unsafe { libc::setsockopt(fd, level, name, (&raw const value).cast(), 4) }).map(drop)
}

/// A TCP socket that does not block, with Nagle's delay off.
pub fn tcp_socket() -> io::Result<OwnedFd> {
    // SAFETY: no pointers; the descriptor is new and ours.
    let fd = unsafe {
        let fd = check(libc::socket(
            libc::AF_INET,
            libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC,
            0,
        ))?;
        OwnedFd::from_raw_fd(fd)
    };
    set_option(fd.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_NODELAY, 1)?;
    Ok(fd)
}

/// Connects without waiting, from `source` when given (the port is chosen by the kernel as late as it can).
pub fn connect(to: SocketAddrV4, source: Option<Ipv4Addr>, rcvbuf: Option<i32>) -> io::Result<OwnedFd> {
    let fd = tcp_socket()?;
    if let Some(size) = rcvbuf {
        set_option(fd.as_raw_fd(), libc::SOL_SOCKET, libc::SO_RCVBUF, size)?;
    }
    let size = size_of::<libc::sockaddr_in>() as u32;
    if let Some(ip) = source {
        set_option(fd.as_raw_fd(), libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT, 1)?;
        let raw = raw_addr(SocketAddrV4::new(ip, 0));
        // SAFETY: `raw` is a valid address of the given size.
        check(unsafe { libc::bind(fd.as_raw_fd(), (&raw const raw).cast(), size) })?;
    }
    let raw = raw_addr(to);
    // SAFETY: as above.
    match check(unsafe { libc::connect(fd.as_raw_fd(), (&raw const raw).cast(), size) }) {
        Ok(_) => Ok(fd),
        Err(e) if e.raw_os_error() == Some(libc::EINPROGRESS) => Ok(fd),
        Err(e) => Err(e),
    }
}

/// The error a connect ended with, if any.
pub fn socket_error(fd: RawFd) -> Option<io::Error> {
    let mut value = 0i32;
    let mut size = 4u32;
    // SAFETY: value and size are valid for writing.
    let got =
        unsafe { libc::getsockopt(fd, libc::SOL_SOCKET, libc::SO_ERROR, (&raw mut value).cast(), &mut size) };
    (got < 0 || value != 0).then(|| io::Error::from_raw_os_error(value))
}

/// A listening socket that does not block, with the longest backlog the kernel allows.
pub fn listen(addr: SocketAddrV4) -> io::Result<OwnedFd> {
    let fd = tcp_socket()?;
    set_option(fd.as_raw_fd(), libc::SOL_SOCKET, libc::SO_REUSEADDR, 1)?;
    let raw = raw_addr(addr);
    // SAFETY: `raw` is a valid address of the given size.
    unsafe {
        check(libc::bind(fd.as_raw_fd(), (&raw const raw).cast(), size_of::<libc::sockaddr_in>() as u32))?;
        check(libc::listen(fd.as_raw_fd(), 65535))?;
    }
    Ok(fd)
}

/// The next connection, not blocking; TCP_NODELAY comes from the listener.
pub fn accept(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: no address is asked for; the descriptor is new and ours.
    unsafe {
        let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        Ok(OwnedFd::from_raw_fd(check(libc::accept4(fd, std::ptr::null_mut(), std::ptr::null_mut(), flags))?))
    }
}

pub fn send(fd: RawFd, data: &[u8], more: bool) -> io::Result<usize> {
    let flags = libc::MSG_NOSIGNAL | if more { libc::MSG_MORE } else { 0 };
    // SAFETY: pointer and length are those of `data`.
    check_len(unsafe { libc::send(fd, data.as_ptr().cast(), data.len(), flags) })
}

pub fn recv(fd: RawFd, into: &mut [u8]) -> io::Result<usize> {
    // SAFETY: pointer and length are those of `into`.
    check_len(unsafe { libc::recv(fd, into.as_mut_ptr().cast(), into.len(), 0) })
}

/// Takes up to `into.len()` bytes from the socket without copying them (TCP's MSG_TRUNC).
pub fn discard(fd: RawFd, into: &mut [u8]) -> io::Result<usize> {
    // SAFETY: pointer and length are those of `into`; the kernel need not write there.
    check_len(unsafe { libc::recv(fd, into.as_mut_ptr().cast(), into.len(), libc::MSG_TRUNC) })
}

/// Reads what is there, for pipes.
pub fn read(fd: RawFd, into: &mut [u8]) -> io::Result<usize> {
    // SAFETY: pointer and length are those of `into`.
    check_len(unsafe { libc::read(fd, into.as_mut_ptr().cast(), into.len()) })
}

/// Sends from a file, at `offset`.
pub fn sendfile(fd: RawFd, file: RawFd, offset: u64, len: usize) -> io::Result<usize> {
    let mut at = offset as libc::off_t;
    // SAFETY: `at` is valid for reading and writing.
    check_len(unsafe { libc::sendfile(fd, file, &mut at, len) })
}

/// A file in memory of `len` bytes `x`.
pub fn memory_file(len: usize) -> io::Result<std::fs::File> {
    use std::io::Write;
    // SAFETY: the name is a C string; the descriptor is new and ours.
    let mut file = unsafe {
        std::fs::File::from_raw_fd(check(libc::memfd_create(c"body".as_ptr(), libc::MFD_CLOEXEC))?)
    };
    let block = vec![b'x'; 1 << 16];
    let mut left = len;
    while left > 0 {
        let n = left.min(block.len());
        file.write_all(&block[..n])?;
        left -= n;
    }
    Ok(file)
}

pub fn set_nonblocking(fd: RawFd) -> io::Result<()> {
    // SAFETY: no pointers.
    unsafe {
        let flags = check(libc::fcntl(fd, libc::F_GETFL))?;
        check(libc::fcntl(fd, libc::F_SETFL, flags | libc::O_NONBLOCK)).map(drop)
    }
}

/// An epoll set; tokens are the caller's.
pub struct Epoll {
    fd: OwnedFd,
    events: Vec<libc::epoll_event>,
}

pub const IN: u32 = libc::EPOLLIN as u32;
pub const OUT: u32 = libc::EPOLLOUT as u32;
pub const EDGE: u32 = libc::EPOLLET as u32;
pub const GONE: u32 = (libc::EPOLLRDHUP | libc::EPOLLHUP | libc::EPOLLERR) as u32;
pub const RDHUP: u32 = libc::EPOLLRDHUP as u32;

impl Epoll {
    pub fn new() -> io::Result<Self> {
        // SAFETY: the descriptor is new and ours.
        let fd = unsafe { OwnedFd::from_raw_fd(check(libc::epoll_create1(libc::EPOLL_CLOEXEC))?) };
        Ok(Self { fd, events: vec![libc::epoll_event { events: 0, u64: 0 }; 1024] })
    }

    fn control(&self, op: i32, fd: RawFd, events: u32, token: u64) -> io::Result<()> {
        let mut event = libc::epoll_event { events, u64: token };
        // SAFETY: `event` lives through the call.
        check(unsafe { libc::epoll_ctl(self.fd.as_raw_fd(), op, fd, &mut event) }).map(drop)
    }

    pub fn add(&self, fd: RawFd, events: u32, token: u64) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, events, token)
    }

    pub fn change(&self, fd: RawFd, events: u32, token: u64) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_MOD, fd, events, token)
    }

    /// Waits until something is there or `until` has come (none: for ever), and gives how many events there are.
    pub fn wait(&mut self, until: Option<u64>) -> io::Result<usize> {
        let left = until.map(|at| timespec(at.saturating_sub(now_ns())));
        let limit = left.as_ref().map_or(std::ptr::null(), |t| t as *const _);
        // SAFETY: the list of events is valid for its length; the time lives through the call.
        let got = unsafe {
            libc::syscall(
                libc::SYS_epoll_pwait2,
                self.fd.as_raw_fd(),
                self.events.as_mut_ptr(),
                self.events.len(),
                limit,
                std::ptr::null::<libc::sigset_t>(),
                8usize,
            )
        };
        match check_len(got as isize) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Ok(0),
            other => other,
        }
    }

    /// The event `i` of the last wait: what happened, and the token.
    pub fn event(&self, i: usize) -> (u32, u64) {
        let e = self.events[i];
        (e.events, e.u64)
    }
}

/// Timers as exact as they get, for the process that keeps a schedule.
pub fn exact_timers() {
    // SAFETY: no pointers.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1usize) };
}

/// Raises the limit of descriptors to the hard limit and gives it.
pub fn raise_descriptors() -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is valid for reading and writing.
    unsafe {
        libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit);
        limit.rlim_cur = limit.rlim_max;
        libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
        libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit);
    }
    limit.rlim_cur
}

/// The cores this process may run on.
pub fn allowed_cores() -> Vec<usize> {
    // SAFETY: the set is plain data, valid for writing.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        if libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &mut set) < 0 {
            return vec![0];
        }
        (0..libc::CPU_SETSIZE as usize).filter(|&c| libc::CPU_ISSET(c, &set)).collect()
    }
}

fn core_set(cores: &[usize]) -> libc::cpu_set_t {
    // SAFETY: the set is plain data; `cores` are below CPU_SETSIZE.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        for &core in cores.iter().filter(|&&c| c < libc::CPU_SETSIZE as usize) {
            libc::CPU_SET(core, &mut set);
        }
        set
    }
}

/// Keeps this process to these cores.
pub fn pin(cores: &[usize]) -> io::Result<()> {
    let set = core_set(cores);
    // SAFETY: the set is valid for its size.
    check(unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set) }).map(drop)
}

/// The child runs on these cores only, enters these groups (open `cgroup.procs` files), dies with us, and does not get
/// the terminal's Ctrl-C.
pub fn child_on(command: &mut Command, cores: &[usize], groups: &[RawFd]) {
    let set = core_set(cores);
    let groups = groups.to_vec();
    command.process_group(0);
    // SAFETY: only system calls that are safe after fork.
    unsafe {
        command.pre_exec(move || {
            for &group in &groups {
                check_len(libc::write(group, c"0".as_ptr().cast(), 1))?;
            }
            check(libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set))?;
            check(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL))?;
            Ok(())
        });
    }
}

pub fn kill(pid: u32, signal: i32) {
    // SAFETY: no pointers.
    unsafe { libc::kill(pid as i32, signal) };
}

static STOP: AtomicBool = AtomicBool::new(false);

extern "C" fn on_stop(_: libc::c_int) {
    // The second Ctrl-C ends at once.
    if STOP.swap(true, Ordering::SeqCst) {
        // SAFETY: `_exit` may be called in a signal handler.
        unsafe { libc::_exit(130) };
    }
}

/// From now on Ctrl-C and SIGTERM only set what [`stopped`] reads.
pub fn catch_stop() {
    // SAFETY: the handler only touches an atomic and `_exit`.
    unsafe {
        for signal in [libc::SIGINT, libc::SIGTERM] {
            libc::signal(signal, on_stop as extern "C" fn(libc::c_int) as libc::sighandler_t);
        }
    }
}

pub fn stopped() -> bool {
    STOP.load(Ordering::SeqCst)
}

/// Clock ticks a second, the unit of /proc/PID/stat.
pub fn ticks_per_second() -> f64 {
    // SAFETY: no pointers.
    unsafe { libc::sysconf(libc::_SC_CLK_TCK) as f64 }
}

pub fn is_root() -> bool {
    // SAFETY: no pointers.
    unsafe { libc::geteuid() == 0 }
}
