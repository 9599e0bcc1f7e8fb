//! The listening sockets, given to the process that comes next: HAProxy's `_getsocks` (management manual, 3, `-x`), the
//! other side of `boot::old_sockets`.
use super::State;
use crate::net::Stream;
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::atomic::Ordering;

/// Descriptors in one message at most, as HAProxy has it.
const MAX_SEND_FD: usize = 253;

/// Sends how many there are, then the sockets; between two messages the other side says that it goes on.
///
/// # Errors
/// The other side is gone.
pub(super) async fn give(state: &State, stream: &Stream) -> io::Result<()> {
    let (fds, records): (Vec<RawFd>, Vec<Vec<u8>>) = {
        let plan = &state.published.load().plan;
        let kept = state.kept.borrow();
        let each = kept.iter().map(|k| {
            let listener = &plan.listeners[k.id.index()];
            let namespace = listener.namespace.as_ref().map_or("", |n| n.name());
            (k.fd.as_raw_fd(), record(namespace, listener.interface.as_deref().unwrap_or_default()))
        });
        each.unzip()
    };
    let count = i32::try_from(fds.len()).unwrap_or(0).to_ne_bytes();
    send(stream, &count, &[])?;
    for (at, (fds, records)) in fds.chunks(MAX_SEND_FD).zip(records.chunks(MAX_SEND_FD)).enumerate() {
        if at > 0 && stream.recv().await?.is_none() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        send(stream, &records.concat(), fds)?;
    }
    state.shared.handed_over.store(true, Ordering::Relaxed);
    // The other side closes; until then nothing of what was sent may be lost.
    while stream.recv().await?.is_some() {}
    Ok(())
}

/// A socket's record: namespace and interface, each with its length before it, and four bytes that nobody reads.
fn record(namespace: &str, interface: &str) -> Vec<u8> {
    let part = |name: &str, most: usize| {
        let name = &name.as_bytes()[..name.len().min(most)];
        [&[name.len() as u8], name].concat()
    };
    [part(namespace, 255), part(interface, 15), vec![0; 4]].concat()
}

/// One message: a unix socket takes it whole or not at all.
fn send(stream: &Stream, bytes: &[u8], fds: &[RawFd]) -> io::Result<()> {
    let rights = [ControlMessage::ScmRights(fds)];
    let rights = if fds.is_empty() { &[][..] } else { &rights[..] };
    let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
    let sent = sendmsg::<()>(stream.fd(), &[IoSlice::new(bytes)], rights, flags, None)?;
    if sent == bytes.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

#[cfg(test)]
mod tests {
    use super::record;

    #[test]
    fn records() {
        assert_eq!(record("", ""), [0; 6]);
        assert_eq!(record("ns", "lo"), *b"\x02ns\x02lo\0\0\0\0");
    }
}
