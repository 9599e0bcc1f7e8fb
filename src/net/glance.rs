//! A look at streams and tasks from outside, for an operator: it changes nothing and holds nobody up.
use super::core::Core;
use super::driver::Key;
use super::stream::Slot;
use std::net::SocketAddr;
use std::os::fd::RawFd;

/// What is seen of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glance {
    pub fd: RawFd,
    /// It is not connected yet.
    pub connecting: bool,
    /// The peer has ended or broken its side.
    pub ended: bool,
    /// Bytes received that nobody has taken yet.
    pub unread: usize,
    /// Bytes of the send under way that the kernel has not taken yet, as far as is told.
    pub unsent: usize,
    /// Our end; `None` for unix sockets.
    pub local: Option<SocketAddr>,
}

/// What is seen of a descriptor that a core watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched {
    pub fd: RawFd,
    pub listens: bool,
    /// What it belongs to ([`super::Stream::set_label`]).
    pub label: u32,
    pub connecting: bool,
}

impl Core {
    /// All descriptors that are watched.
    #[must_use]
    pub fn watched(&self) -> Vec<Watched> {
        let mut slots = self.0.slots.borrow_mut();
        let seen = slots.iter_mut().filter_map(|slot| match slot {
            Slot::Stream(s) => Some(s.watched()),
            Slot::Listener(l) => {
                Some(Watched { fd: l.driver.fd, listens: true, label: 0, connecting: false })
            }
            Slot::Closing { .. } | Slot::Free { .. } => None,
        });
        seen.filter(|w| w.fd >= 0).collect()
    }

    /// Looks at a stream; `None` when it is closed.
    #[must_use]
    pub fn glance(&self, key: Key) -> Option<Glance> {
        let mut slots = self.0.slots.borrow_mut();
        let slot = slots.get_mut(key.slot as usize)?;
        if slot.generation() != key.generation {
            return None;
        }
        let stream = slot.stream_mut()?;
        let local = self.0.driver.borrow().local_addr(&stream.driver);
        Some(Glance { local, ..stream.glance() })
    }

    /// Ends one connected stream as if its peer had broken it: [`super::Stream::is_cut`] tells it from such an end. False
    /// when it has ended already.
    pub fn break_off(&self, key: Key) -> bool {
        let waiting = {
            let mut slots = self.0.slots.borrow_mut();
            let slot = slots.get_mut(key.slot as usize).filter(|s| s.generation() == key.generation);
            slot.and_then(Slot::stream_mut).and_then(|s| s.cut())
        };
        waiting.into_iter().flatten().for_each(|task| self.wake(task));
        waiting.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::Tick;
    use crate::net::{IoMode, TaskId};
    use std::cell::Cell;
    use std::os::unix::net::UnixStream;
    use std::rc::Rc;
    use std::time::Duration;

    #[test]
    fn a_stream_is_looked_at_and_broken_off() {
        let core = Core::new(IoMode::Epoll).expect("a core");
        let (ours, _theirs) = UnixStream::pair().expect("a pair");
        let stream = core.adopt(ours.into()).expect("a stream");
        let key = stream.key();
        let end = core.now() + Duration::from_secs(60);
        let (task, ended) = (Rc::new(Cell::new(TaskId::NONE)), Rc::new(Cell::new(false)));
        let (of_task, of_end, of_core) = (task.clone(), ended.clone(), core.clone());
        core.spawn(async move {
            of_task.set(of_core.current());
            let received = of_core.until(Some(end), stream.recv()).await;
            of_end.set(matches!(received, Ok(Err(_))) && stream.is_cut());
        });
        core.turn(Some(Tick::ZERO));
        let seen = core.glance(key).expect("it is open");
        assert_eq!((seen.connecting, seen.ended, seen.unread, seen.unsent), (false, false, 0, 0));
        assert_eq!(core.wakes_at(task.get()), Some(end));
        assert!(core.break_off(key) && !core.break_off(key));
        core.turn(Some(Tick::ZERO));
        assert!(ended.get());
        assert_eq!((core.glance(key), core.wakes_at(task.get())), (None, None));
        assert!(!core.break_off(key));
    }
}
