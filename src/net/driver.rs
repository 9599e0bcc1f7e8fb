//! The seam between a core and what moves its bytes.
use super::buffer::{Chunk, OutBuf, Pool};
use crate::base::time::Tick;
use std::io;
use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::path::PathBuf;
use std::rc::Rc;

/// A stream or a listener of a core: slot and generation, so that a late completion never meets a newer owner of the slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub slot: u32,
    pub generation: u32,
}

/// Bits of a generation that a driver keeps beside an operation's kind.
pub const GENERATION_BITS: u32 = 28;

/// Where to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectTo {
    Inet(SocketAddr),
    Unix(PathBuf),
    /// Without the leading NUL.
    Abstract(Vec<u8>),
}

/// How a connection is to be made.
#[derive(Clone, Debug, Default)]
pub struct ConnectOptions {
    pub source: Option<SocketAddr>,
    pub interface: Option<String>,
    pub keepalive: bool,
    /// Comes from here instead of `source`, although it is not ours (`usesrc`).
    pub foreign: Option<SocketAddr>,
    /// Nothing is to be sent, and the connection is reset once it is there: the kernel need not even acknowledge it.
    pub bare: bool,
    /// The rarer options, where there are any.
    pub socket: Option<std::sync::Arc<super::options::SocketOptions>>,
}

/// Something that was started has happened.
#[derive(Debug)]
pub enum Completion {
    /// A listener took a connection.
    Accepted { key: Key, fd: RawFd, peer: Option<SocketAddr> },
    /// A listener's accept ended by itself and has to be armed again (`error` is an errno, 0 for none).
    AcceptEnded { key: Key, error: i32 },
    /// Bytes arrived. `armed` says whether the receive goes on.
    Received { key: Key, chunk: Chunk, armed: bool },
    /// The receive ended: 0 is the peer's end of stream, `ECANCELED` our own stop, `ENOBUFS` no buffer, else an errno.
    ReceiveEnded { key: Key, error: i32 },
    /// A send ended: how many bytes, or an errno. The core sends the rest.
    Sent { key: Key, result: Result<usize, i32> },
    /// A connect ended with this errno, 0 for success.
    Connected { key: Key, error: i32 },
    /// Another thread left letters.
    Notified,
    /// A descriptor that was only watched is readable.
    Readable { key: Key },
}

/// What a driver keeps of a descriptor, beside the core's own state.
#[derive(Clone, Copy, Debug, Default)]
pub struct DriverState {
    pub fd: RawFd,
    /// More bytes follow what is sent next.
    pub more: bool,
    /// The next receive brings one piece and ends: a connection that may be closed behind its first request then has no
    /// lasting one to take back.
    pub once: bool,
}

/// Operations under way when a descriptor is closed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pending {
    pub receive: bool,
    pub send: bool,
    pub connect: bool,
    /// An accept or a watch.
    pub listen: bool,
}

impl Pending {
    /// How many they are.
    pub fn count(self) -> u8 {
        u8::from(self.receive) + u8::from(self.send) + u8::from(self.connect) + u8::from(self.listen)
    }
}

/// Moves bytes. Operations complete by a [`Completion`] from a later `turn`, also after their stream was closed.
pub trait Driver {
    /// A short name for `-vv` and `show info`.
    fn name(&self) -> &'static str;
    /// The clock, read once a turn by the core.
    fn now(&mut self) -> Tick;
    /// The buffers that `Received` chunks come from.
    fn pool(&self) -> &Rc<Pool>;
    /// Submits what was started and collects what has completed. Waits for the first completion until `until`
    /// (`None`: for ever), or not at all where `until` is past.
    fn turn(&mut self, until: Option<Tick>, out: &mut Vec<Completion>);
    /// Takes a descriptor in: a listener, a stream, or one that is only watched. `accepted`: it came from this driver.
    fn register(&mut self, key: Key, state: &mut DriverState, accepted: bool) -> io::Result<()>;
    fn accept(&mut self, key: Key, state: &mut DriverState);
    fn stop_accept(&mut self, key: Key, state: &mut DriverState);
    /// Takes the connections that the kernel holds for a listener about to be closed, without a wait: closing it would
    /// reset them.
    fn accept_rest(&mut self, state: &mut DriverState, each: &mut dyn FnMut(RawFd, Option<SocketAddr>));
    /// Watches a descriptor until it is readable, once.
    fn watch(&mut self, key: Key, state: &mut DriverState);
    /// Starts the lasting receive.
    fn receive(&mut self, key: Key, state: &mut DriverState);
    /// Ends it; a last `Received` and a `ReceiveEnded` may follow.
    fn stop_receive(&mut self, key: Key, state: &mut DriverState);
    /// Sends `bytes[from..]`; they stay where they are until `Sent` came. `Some` when it was done at once.
    fn send(
        &mut self,
        key: Key,
        state: &mut DriverState,
        bytes: &OutBuf,
        from: usize,
    ) -> Option<Result<usize, i32>>;
    /// Makes a socket and connects it; `state.fd` is set. `Err` when not even a socket could be had.
    fn connect(
        &mut self,
        key: Key,
        state: &mut DriverState,
        to: &ConnectTo,
        options: &ConnectOptions,
    ) -> io::Result<()>;
    /// Ends the sending direction.
    fn shutdown(&mut self, state: &mut DriverState);
    /// Closes, cancelling the `pending` operations under way. Says for how many of them a completion still comes.
    /// `reset`: the peer gets a RST.
    fn close(&mut self, key: Key, state: &mut DriverState, pending: Pending, reset: bool) -> u8;
    /// Whether bytes of the peer have arrived that no receive has taken.
    fn has_unread(&self, state: &DriverState) -> bool;
    /// The local address of a socket.
    fn local_addr(&self, state: &DriverState) -> Option<SocketAddr>;
}
