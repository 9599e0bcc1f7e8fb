//! Clients and origins for simulated proxies, as plain tasks.
use ringmain::net::sim::Rng;
use ringmain::net::{ConnectTo, Core, Listener, Stream};
use ringmain::proto::h1::{self, BodyReader, Parsed, RequestKind};
use ringmain::proto::http::{RequestHead, ResponseHead};
use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

/// Bytes that a stream has given and nobody has used yet.
pub struct Inbox {
    pub stream: Stream,
    bytes: Vec<u8>,
}

/// The peer ended or broke, or sent what is no HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Before a byte of the message.
    Before,
    /// Within it.
    Within,
    /// It is no HTTP.
    Garbage,
}

impl Inbox {
    /// Over a stream.
    #[must_use]
    pub fn new(stream: Stream) -> Inbox {
        Inbox { stream, bytes: Vec::new() }
    }

    async fn more(&mut self) -> Result<(), Lost> {
        match self.stream.recv().await {
            Ok(Some(chunk)) => {
                self.bytes.extend_from_slice(&chunk);
                Ok(())
            }
            _ if self.bytes.is_empty() => Err(Lost::Before),
            _ => Err(Lost::Within),
        }
    }

    /// Reads one request with its body.
    ///
    /// # Errors
    /// How the connection was lost.
    pub async fn request(&mut self) -> Result<(RequestHead, Vec<u8>), Lost> {
        let mut head = RequestHead::default();
        loop {
            match h1::parse_request(&self.bytes, &h1::Limits::default(), &mut head) {
                Ok(Parsed::Complete { consumed }) => {
                    self.bytes.drain(..consumed);
                    break;
                }
                Ok(Parsed::Partial) => self.more().await?,
                Err(_) => return Err(Lost::Garbage),
            }
        }
        let body = self.body(BodyReader::stripping(head.body)).await?;
        Ok((head, body))
    }

    /// Reads one answer with its body; interim answers are passed over.
    ///
    /// # Errors
    /// How the connection was lost.
    pub async fn answer(&mut self, kind: &RequestKind) -> Result<(ResponseHead, Vec<u8>), Lost> {
        let mut head = ResponseHead::default();
        loop {
            match h1::parse_response(&self.bytes, &h1::Limits::default(), kind, &mut head) {
                Ok(Parsed::Complete { consumed }) => {
                    self.bytes.drain(..consumed);
                    if !(100..200).contains(&head.status) {
                        break;
                    }
                }
                Ok(Parsed::Partial) => self.more().await?,
                Err(_) => return Err(Lost::Garbage),
            }
        }
        let body = self.body(BodyReader::stripping(head.body)).await?;
        Ok((head, body))
    }

    async fn body(&mut self, mut reader: BodyReader) -> Result<Vec<u8>, Lost> {
        let mut body = Vec::new();
        loop {
            let walk = reader.walk(&mut self.bytes).map_err(|_| Lost::Garbage)?;
            body.extend_from_slice(&self.bytes[..walk.out_len]);
            self.bytes.drain(..walk.consumed);
            if walk.done {
                return Ok(body);
            }
            if self.more().await.is_err() {
                // The end of the connection is the end of some bodies.
                return reader.close().map(|()| body).map_err(|_| Lost::Within);
            }
        }
    }
}

/// The content that stands for `id`: what an origin answers and a client expects.
#[must_use]
pub fn content(id: u64, len: usize) -> Vec<u8> {
    let mut rng = Rng(id);
    (0..len).map(|_| rng.draw() as u8).collect()
}

/// Opens a connection.
///
/// # Errors
/// It could not be had.
pub async fn connect(core: &Core, to: SocketAddr) -> std::io::Result<Inbox> {
    let stream = core.connect(&ConnectTo::Inet(to), &Default::default())?;
    stream.connected().await?;
    Ok(Inbox::new(stream))
}

/// How an origin misbehaves, in thousandths.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manners {
    /// Closes instead of answering.
    pub silent: u32,
    /// Closes in the middle of an answer.
    pub half: u32,
    /// Answers only after half a minute.
    pub hangs: u32,
    /// Closes after an answer without saying so.
    pub leaves: u32,
}

/// How often each POST has reached an origin whole.
pub type Arrived = Rc<RefCell<HashMap<u64, u32>>>;

/// Serves `GET /ID/LEN` with [`content`], length-delimited or chunked as the seed has it; a request's body is checked
/// against `content(ID, …)` and a wrong one answered with 599.
pub async fn origin(core: Core, listener: Listener, seed: u64, manners: Manners, arrived: Arrived) {
    let mut rng = Rng(seed);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let seed = rng.draw();
                core.spawn(serve(core.clone(), Inbox::new(stream), seed, manners, arrived.clone()));
            }
            Err(_) => core.sleep_until(core.now() + Duration::from_millis(1)).await,
        }
    }
}

async fn serve(core: Core, mut inbox: Inbox, seed: u64, manners: Manners, arrived: Arrived) {
    let mut rng = Rng(seed);
    while let Ok((head, body)) = inbox.request().await {
        let path = String::from_utf8_lossy(head.path()).into_owned();
        let mut parts = path.trim_start_matches('/').split('/');
        let mut number = || parts.next().and_then(|p| p.parse::<u64>().ok()).unwrap_or(0);
        let (id, len) = (number(), number() as usize);
        if head.method() == b"POST" {
            *arrived.borrow_mut().entry(id).or_default() += 1;
        }
        if rng.chance(manners.silent) {
            return;
        }
        if rng.chance(manners.hangs) {
            core.sleep_until(core.now() + Duration::from_secs(30)).await;
        }
        let status = if body == content(id, body.len()) { 200 } else { 599 };
        let bytes = write_answer(&mut rng, status, head.method() == b"HEAD", &content(id, len));
        let cut = if rng.chance(manners.half) { rng.below(bytes.len()) } else { bytes.len() };
        if inbox.stream.send(bytes[..cut].to_vec()).await.is_err() || cut < bytes.len() {
            return;
        }
        if !head.keep_alive || rng.chance(manners.leaves) {
            return;
        }
    }
}

fn write_answer(rng: &mut Rng, status: u16, head: bool, body: &[u8]) -> Vec<u8> {
    let mut out = format!("HTTP/1.1 {status} OK\r\nX-Len: {}\r\n", body.len()).into_bytes();
    if rng.chance(500) {
        out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        if !head {
            out.extend_from_slice(body);
        }
        return out;
    }
    out.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
    if !head {
        out.extend_from_slice(&chunked(rng, body));
    }
    out
}

/// A body in chunks of random sizes.
#[must_use]
pub fn chunked(rng: &mut Rng, mut body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while !body.is_empty() {
        let n = 1 + rng.below(body.len().min(5_000));
        h1::chunk_header(n, &mut out);
        out.extend_from_slice(&body[..n]);
        out.extend_from_slice(h1::CHUNK_END);
        body = &body[n..];
    }
    out.extend_from_slice(h1::LAST_CHUNK);
    out
}
