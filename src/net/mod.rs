//! The network as a session sees it: one [`Core`] per thread with its tasks, timers, streams and listeners.
//!
//! The seam is [`driver::Driver`]: a handful of operations that complete later. `ring::Uring` and `ring::Epoll` are drivers
//! on the kernel, `sim::Sim` is one from a seed with virtual time. Everything above the seam (tasks, timers, the inbox of a
//! stream, back-pressure) is the same code in all three, so what the simulator finds is what runs.
//!
//! Two rules carry the design. *A wait may be dropped, an operation may not*: a stream owns its buffers and its operations,
//! futures only wait for them. And *a wake is the id of a task*: a leaf future notes which task is running and the driver's
//! completion makes that task ready; there is no waker to clone.
pub mod buffer;
pub mod combine;
mod core;
pub mod driver;
pub mod glance;
pub mod mailbox;
pub mod options;
pub mod pool_box;
pub mod ring;
pub mod sim;
mod stream;
mod timer;

pub use self::core::{Core, IoMode, TaskId};
pub use buffer::{Chunk, OutBuf};
pub use combine::{Elapsed, join, race};
pub use driver::ConnectTo;
pub use mailbox::Notifier;
pub use options::{Namespace, SocketOptions};
pub use pool_box::PoolBox;
pub use stream::{Listener, Stream};

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::net::TcpListener;
    use std::rc::Rc;
    use std::time::Duration;

    fn modes() -> Vec<IoMode> {
        if ring::probe().is_ok() { vec![IoMode::Uring, IoMode::Epoll] } else { vec![IoMode::Epoll] }
    }

    async fn collect(stream: &Stream) -> Vec<u8> {
        let mut all = Vec::new();
        while let Some(chunk) = stream.recv().await.unwrap() {
            all.extend_from_slice(&chunk);
        }
        all
    }

    #[test]
    fn bytes_go_both_ways_and_ends_are_seen() {
        for mode in modes() {
            let core = Core::new(mode).unwrap();
            let socket = TcpListener::bind("127.0.0.1:0").unwrap();
            let addr = socket.local_addr().unwrap();
            let listener = core.listen(socket.into()).unwrap();
            core.spawn(async move {
                let (stream, peer) = listener.accept().await.unwrap();
                assert!(peer.is_some());
                let got = collect(&stream).await;
                assert_eq!(got.len(), 3_000_000);
                assert!(got.iter().enumerate().all(|(i, b)| *b == (i % 251) as u8));
                stream.send(got).await.unwrap();
            });
            let c = core.clone();
            let n = core.block_on(async move {
                let stream = c.connect(&ConnectTo::Inet(addr), &Default::default()).unwrap();
                stream.connected().await.unwrap();
                let data: Vec<u8> = (0..3_000_000).map(|i| (i % 251) as u8).collect();
                stream.send(data).await.unwrap();
                stream.shutdown();
                collect(&stream).await.len()
            });
            assert_eq!(n, 3_000_000, "{mode:?}");
        }
    }

    #[test]
    fn a_refused_connection_is_an_error() {
        for mode in modes() {
            let core = Core::new(mode).unwrap();
            let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let c = core.clone();
            let error = core.block_on(async move {
                match c.connect(&ConnectTo::Inet(addr), &Default::default()) {
                    Ok(stream) => stream.connected().await.unwrap_err(),
                    Err(e) => e,
                }
            });
            assert_eq!(error.raw_os_error(), Some(libc::ECONNREFUSED), "{mode:?}");
        }
    }

    #[test]
    fn timers_and_letters_wake_a_sleeping_core() {
        for mode in modes() {
            let core = Core::new(mode).unwrap();
            let (c, start) = (core.clone(), core.now());
            core.block_on(async move { c.sleep_until(start + Duration::from_millis(20)).await });
            let slept = core.now().since(start);
            assert!(slept >= Duration::from_millis(20) && slept < Duration::from_secs(2), "{slept:?}");

            let notifier = core.notifier();
            let c = core.clone();
            core.block_on(async move {
                let task = c.current();
                std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(10));
                    notifier.wake(task);
                });
                let mut polled = 0;
                std::future::poll_fn(|_| {
                    polled += 1;
                    if polled == 2 { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
                })
                .await;
            });
        }
    }

    #[test]
    fn what_is_asked_for_at_the_end_of_turns_is_done_once_and_not_forgotten() {
        for mode in modes() {
            let core = Core::new(mode).unwrap();
            let (asked, done) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
            let (of_asked, of_done) = (asked.clone(), done.clone());
            core.at_turns_end(move || of_done.set(of_asked.get()));
            let c = core.clone();
            let (asked_by, seen) = (asked.clone(), done.clone());
            core.block_on(async move {
                for _ in 0..200 {
                    asked_by.set(asked_by.get() + 1);
                    c.ask_turns_end();
                    c.yield_now().await;
                }
                // Nothing else wakes the core: it does what was asked for by itself.
                c.sleep_until(c.now() + Duration::from_millis(20)).await;
                assert_eq!(seen.get(), 200);
                asked_by.set(201);
                c.ask_turns_end();
            });
            // The loop ends before the millisecond is over.
            core.run();
            assert_eq!(done.get(), 201, "{mode:?}");
        }
    }

    #[test]
    fn a_slow_reader_stops_the_receive_and_loses_nothing() {
        for mode in modes() {
            let core = Core::new(mode).unwrap();
            let socket = TcpListener::bind("127.0.0.1:0").unwrap();
            let addr = socket.local_addr().unwrap();
            let listener = core.listen(socket.into()).unwrap();
            let writer = std::thread::spawn(move || {
                use std::io::Write;
                let mut s = std::net::TcpStream::connect(addr).unwrap();
                let data: Vec<u8> = (0..8_000_000u32).map(|i| (i % 253) as u8).collect();
                s.write_all(&data).unwrap();
            });
            let c = core.clone();
            core.block_on(async move {
                let (stream, _) = listener.accept().await.unwrap();
                let first = stream.recv().await.unwrap().unwrap();
                c.sleep_until(c.now() + Duration::from_millis(30)).await;
                let held = c.pool().held();
                assert!(held <= stream::INBOX_LIMIT + 80, "{mode:?}: {held} buffers held");
                let mut at = first.len();
                drop(first);
                while let Some(chunk) = stream.recv().await.unwrap() {
                    assert!(chunk.iter().enumerate().all(|(i, b)| *b == ((at + i) % 253) as u8));
                    at += chunk.len();
                }
                assert_eq!(at, 8_000_000, "{mode:?}");
            });
            writer.join().unwrap();
        }
    }

    #[test]
    fn a_forgotten_send_arrives_or_is_told_later() {
        for mode in modes() {
            let core = Core::new(mode).unwrap();
            let socket = TcpListener::bind("127.0.0.1:0").unwrap();
            let addr = socket.local_addr().unwrap();
            let listener = core.listen(socket.into()).unwrap();
            let reader = std::thread::spawn(move || {
                use std::io::Read;
                let mut s = std::net::TcpStream::connect(addr).unwrap();
                std::thread::sleep(Duration::from_millis(30));
                let mut got = vec![0; 5_000_000];
                s.read_exact(&mut got).unwrap();
                assert!(got.iter().enumerate().all(|(i, b)| *b == (i / 1_000_000) as u8));
                // The rest is refused: closing with bytes unread resets.
            });
            let c = core.clone();
            core.block_on(async move {
                let (stream, _) = listener.accept().await.unwrap();
                for i in 0..5 {
                    stream.send_soon(vec![i; 1_000_000]).await.unwrap();
                }
                stream.flush().await.unwrap();
                assert!(!stream.is_sending());
                let told = c.now() + Duration::from_secs(5);
                while stream.send_soon(vec![9; 1_000_000]).await.is_ok() {
                    assert!(c.now() < told, "{mode:?}: nobody reads, and nothing says so");
                }
                assert!(stream.flush().await.is_err() || stream.recv().await.is_err());
            });
            reader.join().unwrap();
        }
    }

    #[test]
    fn a_dropped_wait_loses_no_bytes() {
        for mode in modes() {
            let core = Core::new(mode).unwrap();
            let (a, b) = std::os::unix::net::UnixStream::pair().unwrap();
            let stream = core.adopt(a.into()).unwrap();
            let c = core.clone();
            core.block_on(async move {
                use std::io::Write;
                let past = Some(c.now() + Duration::from_millis(1));
                assert!(c.until(past, stream.recv()).await.is_err());
                (&b).write_all(b"late").unwrap();
                c.sleep_until(c.now() + Duration::from_millis(5)).await;
                assert_eq!(&stream.recv().await.unwrap().unwrap()[..], b"late");
                drop(b);
                assert!(stream.recv().await.unwrap().is_none());
            });
        }
    }
}
