//! Drivers on the kernel: io_uring where it has all we need, else epoll.
#![allow(unsafe_code)]
pub mod dress;
mod epoll;
mod socket;
mod uring;

use super::buffer::Pool;
use super::core::IoMode;
use super::driver::Driver;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::rc::Rc;

/// Makes the driver of a core. `bell` is the eventfd that other threads ring.
pub(super) fn driver(mode: IoMode, bell: Option<RawFd>, pool: Rc<Pool>) -> io::Result<Box<dyn Driver>> {
    match mode {
        IoMode::Epoll => Ok(Box::new(epoll::Epoll::new(bell, pool)?)),
        IoMode::Uring => Ok(Box::new(uring::Uring::new(bell, pool)?)),
        IoMode::Auto => match probe() {
            Ok(()) => Ok(Box::new(uring::Uring::new(bell, pool)?)),
            Err(_) => Ok(Box::new(epoll::Epoll::new(bell, pool)?)),
        },
    }
}

/// Whether io_uring can be used here.
///
/// # Errors
/// Why not, in words for `-vv`.
pub fn probe() -> Result<(), String> {
    uring::probe()
}

/// An eventfd to wake a core with.
pub(super) fn bell() -> io::Result<OwnedFd> {
    // SAFETY: plain system call; the descriptor is checked and owned from here on.
    unsafe {
        let fd = libc::eventfd(0, libc::EFD_CLOEXEC);
        if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(OwnedFd::from_raw_fd(fd)) }
    }
}

/// Closes a descriptor that no stream owns yet.
pub(super) fn close_fd(fd: RawFd) {
    // Descriptors of the simulator are negative and not the kernel's.
    if fd >= 0 {
        // SAFETY: the caller owns the descriptor.
        unsafe { libc::close(fd) };
    }
}
