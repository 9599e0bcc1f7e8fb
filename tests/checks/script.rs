//! A server that does over each connection what its script says, and keeps what it got over the first one.
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::BACK;

/// One thing a server does.
#[derive(Clone, Copy, Debug)]
pub enum Do {
    /// Waits for bytes.
    Read,
    /// Waits until what came ends with these bytes.
    Until(&'static [u8]),
    Send(&'static [u8]),
    /// Keeps the connection open for longer than a check lasts.
    Hold,
}

/// A running server; its thread ends with the test's process.
pub struct Scripted {
    pub addr: SocketAddr,
    got: Arc<Mutex<Vec<u8>>>,
}

impl Scripted {
    pub fn start(script: &'static [Do]) -> Scripted {
        let listener = TcpListener::bind((BACK, 0)).expect("bind");
        let addr = listener.local_addr().expect("an address");
        let got: Arc<Mutex<Vec<u8>>> = Arc::default();
        let first = got.clone();
        std::thread::spawn(move || {
            let mut first = Some(first);
            for stream in listener.incoming().map_while(Result::ok) {
                let keep = first.take();
                std::thread::spawn(move || play(stream, script, keep));
            }
        });
        Scripted { addr, got }
    }

    /// What came over the first connection; bytes that are no text as `<7F>`.
    pub fn first(&self) -> String {
        let got = self.got.lock().expect("lock");
        // The greeting of `ssl-hello-chk` has the time in it.
        let mut bytes = got.clone();
        if bytes.starts_with(&[0x16, 0x03]) && bytes.len() > 15 {
            bytes[11..15].fill(0);
        }
        let port = self.addr.port();
        if let Some(at) = bytes.windows(2).position(|w| w == port.to_be_bytes()).filter(|_| bytes[0] == 4) {
            bytes[at..at + 2].copy_from_slice(b"PP");
        }
        let shown = |b: &u8| match b {
            b' '..=b'~' => char::from(*b).to_string(),
            other => format!("<{other:02X}>"),
        };
        let text: String = bytes.iter().map(shown).collect();
        without_own_port(&text.replace(&port.to_string(), "PORT"))
    }
}

/// A PROXY line has the port that the check came from, which is another each time.
fn without_own_port(text: &str) -> String {
    let Some(at) = text.find("PROXY TCP") else { return text.to_owned() };
    let line = text[at..].find("<0D>").map_or(text.len(), |n| at + n);
    let mut words: Vec<&str> = text[at..line].split(' ').collect();
    if let Some(own) = words.get_mut(4) {
        *own = "OWN";
    }
    format!("{}{}{}", &text[..at], words.join(" "), &text[line..])
}

fn play(mut stream: TcpStream, script: &[Do], keep: Option<Arc<Mutex<Vec<u8>>>>) {
    let _ = stream.set_nodelay(true);
    for step in script {
        match step {
            Do::Read => {
                if read(&mut stream, keep.as_ref()).is_none() {
                    return;
                }
            }
            Do::Until(end) => {
                let mut came = Vec::new();
                while !came.ends_with(end) {
                    let Some(more) = read(&mut stream, keep.as_ref()) else { return };
                    came.extend(more);
                }
            }
            Do::Send(bytes) => {
                if stream.write_all(bytes).is_err() {
                    return;
                }
            }
            Do::Hold => std::thread::sleep(Duration::from_secs(2)),
        }
    }
    std::thread::sleep(Duration::from_millis(30));
}

/// What arrives next, which is kept; `None` at the end.
fn read(stream: &mut TcpStream, keep: Option<&Arc<Mutex<Vec<u8>>>>) -> Option<Vec<u8>> {
    let mut room = [0; 4096];
    let n = stream.read(&mut room).ok().filter(|n| *n > 0)?;
    if let Some(keep) = keep {
        keep.lock().expect("lock").extend_from_slice(&room[..n]);
    }
    Some(room[..n].to_vec())
}
