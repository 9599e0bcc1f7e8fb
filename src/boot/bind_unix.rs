//! Unix sockets, as HAProxy binds them: at a temporary name first, which then replaces the old socket in one step, so that
//! there is always one to connect to.
use super::bind::Error;
use nix::sys::stat::Mode;
use nix::unistd::{Gid, Uid};
use socket2::{Domain, SockAddr, Socket, Type};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};

/// An abstract name with what fills it up: HAProxy uses the whole of `sun_path`.
const ABSTRACT_LEN: usize = 107;

/// A bound socket that waits for its name. Dropped before that, it leaves nothing behind.
#[derive(Debug)]
pub struct Move {
    from: PathBuf,
    to: PathBuf,
}

impl Move {
    /// Gives the socket its name, in place of the one that had it.
    ///
    /// # Errors
    /// The directory does not allow it.
    pub fn commit(self) -> io::Result<()> {
        fs::rename(&self.from, &self.to).map_err(|e| {
            let text =
                format!("cannot switch final and temporary UNIX sockets ({e}) [{}]", self.to.display());
            io::Error::new(e.kind(), text)
        })
    }
}

impl Drop for Move {
    fn drop(&mut self) {
        // After `commit` there is nothing at this name any more.
        let _ = fs::remove_file(&self.from);
    }
}

/// A socket at a path, listening, whose name is still temporary.
pub fn path(
    path: &Path,
    mode: Option<u32>,
    uid: Option<u32>,
    gid: Option<u32>,
    backlog: u32,
) -> Result<(OwnedFd, Move), Error> {
    let mut temporary = OsString::from(path);
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = PathBuf::from(temporary);
    if let Err(e) = fs::remove_file(&temporary)
        && e.kind() == io::ErrorKind::PermissionDenied
    {
        return Err(Error("error when trying to unlink previous UNIX socket", Some(e)));
    }
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)
        .map_err(Error::because("cannot create receiving socket"))?;
    let address = SockAddr::unix(&temporary).map_err(|_| {
        Error("cannot bind UNIX socket", Some(io::Error::from_raw_os_error(libc::ENAMETOOLONG)))
    })?;
    // The socket must not be open to everybody before its mode is set.
    let umask = nix::sys::stat::umask(Mode::from_bits_truncate(0o077));
    let bound = socket.bind(&address);
    nix::sys::stat::umask(umask);
    bound.map_err(Error::because("cannot bind UNIX socket"))?;
    let name = Move { from: temporary, to: path.to_owned() };
    dress(&name.from, mode.unwrap_or(0o777 & !umask.bits()), uid, gid)?;
    socket
        .listen(i32::try_from(backlog).unwrap_or(i32::MAX))
        .map_err(Error::because("cannot listen to socket"))?;
    Ok((socket.into(), name))
}

fn dress(path: &Path, mode: u32, uid: Option<u32>, gid: Option<u32>) -> Result<(), Error> {
    if uid.is_some() || gid.is_some() {
        nix::unistd::chown(path, uid.map(Uid::from_raw), gid.map(Gid::from_raw))
            .map_err(io::Error::from)
            .map_err(Error::because("cannot change UNIX socket ownership"))?;
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(Error::because("cannot change UNIX socket ownership"))
}

/// An abstract socket, listening.
pub fn hidden(name: &[u8], backlog: u32) -> Result<OwnedFd, Error> {
    let mut whole = name.to_vec();
    whole.resize(ABSTRACT_LEN.max(name.len()), 0);
    let bind = || -> io::Result<OwnedFd> {
        Ok(UnixListener::bind_addr(&SocketAddr::from_abstract_name(&whole)?)?.into())
    };
    let fd = bind().map_err(Error::because("cannot bind UNIX socket"))?;
    socket2::SockRef::from(&fd)
        .listen(i32::try_from(backlog).unwrap_or(i32::MAX))
        .map_err(Error::because("cannot listen to socket"))?;
    Ok(fd)
}
