//! The budget of the hot path: a keep-alive request allocates nothing once everything has grown, in both I/O modes.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};

use ringmain::base::ids::ListenerId;
use ringmain::config::{Options, build_texts};
use ringmain::net::IoMode;
use ringmain::shard::{self, ShardConfig};
use ringmain::share::Shared;
use ringmain::syntax::Env;
use ringmain::world::{Published, World};

/// Counts the allocations of threads that asked for it.
struct Counting;

static COUNT: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static COUNTED: Cell<bool> = const { Cell::new(false) };
}

#[allow(unsafe_code)]
// SAFETY: everything is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if COUNTED.try_with(Cell::get).unwrap_or(false) {
            COUNT.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if COUNTED.try_with(Cell::get).unwrap_or(false) {
            COUNT.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(ptr, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// An origin that answers each request of any number of connections with the same bytes.
fn origin() -> SocketAddr {
    let listener = TcpListener::bind("127.0.10.77:0").expect("bind");
    let addr = listener.local_addr().expect("address");
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || serve(stream));
        }
    });
    addr
}

fn serve(mut stream: TcpStream) {
    let mut buffer = [0; 4096];
    let mut seen = Vec::new();
    while let Ok(n @ 1..) = stream.read(&mut buffer) {
        seen.extend_from_slice(&buffer[..n]);
        while let Some(at) = seen.windows(4).position(|w| w == b"\r\n\r\n") {
            seen.drain(..at + 4);
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: test\r\n\r\nhello";
            if stream.write_all(answer).is_err() {
                return;
            }
        }
    }
}

fn requests(client: &mut TcpStream, count: usize) {
    let request =
        b"GET /img/a.png?x=1 HTTP/1.1\r\nHost: example.test\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n";
    let mut buffer = [0; 4096];
    for _ in 0..count {
        client.write_all(request).expect("send");
        let mut answer = Vec::new();
        while !answer.ends_with(b"hello") {
            let n = client.read(&mut buffer).expect("receive");
            assert!(n > 0, "closed: {}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(&buffer[..n]);
        }
    }
}

/// `logged`: every request is a line over UDP.
fn allocations_of(io: IoMode, logged: bool) -> u64 {
    let receiver = UdpSocket::bind("127.0.10.77:0").expect("bind");
    let log = match logged {
        true => format!("log {} local0\n    option httplog", receiver.local_addr().expect("bound")),
        false => String::new(),
    };
    let text = format!(
        "defaults
    {log}
    mode http
    timeout connect 5s
    timeout client 50s
    timeout server 50s
    http-reuse always
frontend site
    bind 127.0.10.77:1
    option forwardfor
    acl image path_beg /img/
    acl other url_sub example2
    http-request set-header x-seen yes if image
    use_backend none if other
    default_backend pages
backend none
backend pages
    server p1 {}
",
        origin()
    );
    let files = [("allocations.cfg", text.as_bytes())];
    let (plan, diags, _) = build_texts(&files, &Env::default(), &Options::default());
    let plan = Arc::new(plan.unwrap_or_else(|| panic!("a good file: {diags:?}")));
    let shared = Arc::new(Shared::new(1, plan.frontends.len(), plan.backends.len(), plan.servers.len()));
    let published = Arc::new(Published::new(World::new(plan)));
    let listener = TcpListener::bind("127.0.10.77:0").expect("bind");
    let addr = listener.local_addr().expect("address");
    let (tell, hear) = mpsc::channel();
    let config =
        ShardConfig { index: 0, io, listeners: vec![(ListenerId(0), listener.into())], published, shared };
    let shard = std::thread::spawn(move || {
        COUNTED.set(true);
        shard::run(config, |handle| tell.send(handle).expect("heard")).expect("a shard");
    });
    let handle = hear.recv().expect("started");
    let mut client = TcpStream::connect(addr).expect("connect");
    requests(&mut client, 300);
    let before = COUNT.load(Ordering::Relaxed);
    requests(&mut client, 1_000);
    let count = COUNT.load(Ordering::Relaxed) - before;
    if logged {
        let mut line = [0; 2_000];
        let n = receiver.recv(&mut line).expect("a line");
        assert!(line[..n].starts_with(b"<134>"), "{}", String::from_utf8_lossy(&line[..n]));
    }
    handle.hard_stop();
    shard.join().expect("ended");
    count
}

#[test]
fn a_keep_alive_request_allocates_nothing() {
    if ringmain::net::ring::probe().is_ok() {
        assert_eq!(allocations_of(IoMode::Uring, false), 0, "io_uring");
        assert_eq!(allocations_of(IoMode::Uring, true), 0, "io_uring, logged");
    }
    assert_eq!(allocations_of(IoMode::Epoll, false), 0, "epoll");
    assert_eq!(allocations_of(IoMode::Epoll, true), 0, "epoll, logged");
}
