//! The demonstration's own load: a few keep-alive connections at a steady rate, and what they measured.
use crate::net::{ConnectTo, Core, IoMode, Stream};
use crate::proto::h1::{self, BodyReader, Parsed, RequestKind};
use crate::proto::http::ResponseHead;
use hdrhistogram::Histogram;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Requests a second over all connections.
pub const RATE: u64 = 400;
const CONNECTIONS: u64 = 16;
const PATHS: [&str; 4] = ["/", "/", "/", "/api/status"];

/// What was measured since the last line, and since the start.
struct Figures {
    latency: Histogram<u64>,
    window: Histogram<u64>,
    since: Instant,
    origins: BTreeMap<String, u64>,
    errors: u64,
}

/// A running load.
pub struct Load(Arc<Mutex<Figures>>);

/// Starts the load on its own thread.
pub fn start(target: SocketAddr) -> Load {
    let histogram = || Histogram::new_with_bounds(1, 60_000_000, 3).expect("bounds are sensible");
    let figures = Arc::new(Mutex::new(Figures {
        latency: histogram(),
        window: histogram(),
        since: Instant::now(),
        origins: BTreeMap::new(),
        errors: 0,
    }));
    let shared = figures.clone();
    std::thread::spawn(move || {
        let Ok(core) = Core::new(IoMode::Auto) else { return };
        for n in 0..CONNECTIONS {
            core.spawn(client(core.clone(), target, n, shared.clone()));
        }
        core.run();
    });
    Load(figures)
}

/// One connection after the other, a request at each of its turns in the schedule.
async fn client(core: Core, target: SocketAddr, number: u64, figures: Arc<Mutex<Figures>>) {
    let step = Duration::from_micros(1_000_000 * CONNECTIONS / RATE);
    let mut due = core.now() + Duration::from_micros(1_000_000 * number / RATE);
    let mut stream: Option<Stream> = None;
    let mut count = number;
    loop {
        core.sleep_until(due).await;
        let path = PATHS[(count % PATHS.len() as u64) as usize];
        count += 1;
        let origin = match stream.take() {
            Some(open) => request(open, path).await,
            None => match connect(&core, target).await {
                Ok(open) => request(open, path).await,
                Err(e) => Err(e),
            },
        };
        // From the time the schedule wanted it, not from when it was sent: waiting counts.
        let micros = core.now().since(due).as_micros() as u64;
        let mut figures = figures.lock().expect("no panic under this lock");
        match origin {
            Ok((open, origin)) => {
                stream = Some(open);
                figures.latency.saturating_record(micros);
                figures.window.saturating_record(micros);
                *figures.origins.entry(origin).or_default() += 1;
            }
            Err(_) => figures.errors += 1,
        }
        due = due + step;
    }
}

async fn connect(core: &Core, target: SocketAddr) -> io::Result<Stream> {
    let stream = core.connect(&ConnectTo::Inet(target), &Default::default())?;
    stream.connected().await?;
    Ok(stream)
}

/// Sends one request and reads its answer; gives the connection back and the origin's name.
async fn request(stream: Stream, path: &str) -> io::Result<(Stream, String)> {
    let broken = || io::Error::from(io::ErrorKind::InvalidData);
    stream.send(format!("GET {path} HTTP/1.1\r\nHost: demo\r\n\r\n").into_bytes()).await?;
    let mut bytes: Vec<u8> = Vec::new();
    let mut res = ResponseHead::default();
    let kind = RequestKind::default();
    loop {
        match h1::parse_response(&bytes, &h1::Limits::default(), &kind, &mut res) {
            Err(_) => return Err(broken()),
            Ok(Parsed::Complete { consumed }) => {
                bytes.drain(..consumed);
                break;
            }
            Ok(Parsed::Partial) => bytes.extend_from_slice(&stream.recv().await?.ok_or_else(broken)?),
        }
    }
    let mut reader = BodyReader::new(res.body);
    loop {
        let walk = reader.walk(&mut bytes).map_err(|_| broken())?;
        bytes.drain(..walk.consumed);
        if walk.done {
            break;
        }
        bytes.extend_from_slice(&stream.recv().await?.ok_or_else(broken)?);
    }
    let origin = res.head.get(b"x-origin").ok_or_else(broken)?;
    Ok((stream, String::from_utf8_lossy(origin).into_owned()))
}

impl Load {
    /// The figures since the last line.
    pub fn line(&self) -> String {
        let mut f = self.0.lock().expect("no panic under this lock");
        let seconds = f.since.elapsed().as_secs_f64().max(0.001);
        let line = format!(
            "{:>6.0} req/s   p50 {:>6} µs   p99 {:>6} µs   {}   errors {}",
            f.window.len() as f64 / seconds,
            f.window.value_at_quantile(0.5),
            f.window.value_at_quantile(0.99),
            shares(&f.origins),
            f.errors,
        );
        f.window.reset();
        f.since = Instant::now();
        line
    }

    /// The figures since the start.
    pub fn summary(&self) -> String {
        let f = self.0.lock().expect("no panic under this lock");
        format!(
            "In all {} requests, {} errors; p50 {} µs, p99 {} µs, largest {} µs; {}",
            f.latency.len(),
            f.errors,
            f.latency.value_at_quantile(0.5),
            f.latency.value_at_quantile(0.99),
            f.latency.max(),
            shares(&f.origins),
        )
    }
}

fn shares(origins: &BTreeMap<String, u64>) -> String {
    origins.iter().map(|(name, n)| format!("{name} {n}")).collect::<Vec<_>>().join("  ")
}
