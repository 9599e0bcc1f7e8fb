//! The floor on io_uring.
use crate::floor::Shape;
use std::io;
use std::net::SocketAddrV4;
use std::os::fd::OwnedFd;

pub fn run(_listener: &OwnedFd, _origin: SocketAddrV4, _shape: Shape) -> io::Result<()> {
    Err(io::Error::other("not built yet"))
}
