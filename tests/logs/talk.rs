//! What a client does, step by step.

use crate::common::{self, client};
use socket2::SockRef;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::thread::sleep;
use std::time::{Duration, Instant};

#[derive(Clone, Debug)]
pub enum Act {
    Send(Vec<u8>),
    Pause(u64),
    /// Reads until nothing more comes for a moment, or the end.
    Read,
    /// Reads so many bytes.
    Take(usize),
    Fin,
    /// Closes by a reset.
    Reset,
}

/// What both programs get.
pub struct Row {
    pub id: &'static str,
    /// Which listener, 1 for `F1`.
    pub front: usize,
    pub acts: Vec<Act>,
    /// Another client that does this meanwhile, and begins before.
    pub beside: Vec<Act>,
    /// How long lines are awaited.
    pub wait: u64,
    pub differs: Option<Differs>,
}

/// Ringmain writes one line that shows this instead.
pub struct Differs {
    pub why: &'static str,
    pub shows: &'static str,
}

/// A row whose client sends `text` and reads the answer. `|` ends a line; a first line without a version is shorthand for
/// a whole request.
pub fn row(id: &'static str, text: &str) -> Row {
    let acts = if text.is_empty() { Vec::new() } else { vec![Act::Send(spell(text)), Act::Read] };
    Row { id, front: 1, acts, beside: Vec::new(), wait: 60, differs: None }
}

/// Rows of one listener.
pub fn on(front: usize, rows: impl IntoIterator<Item = Row>) -> Vec<Row> {
    rows.into_iter().map(|row| Row { front, ..row }).collect()
}

impl Row {
    pub fn acts(mut self, acts: impl IntoIterator<Item = Act>) -> Row {
        self.acts = acts.into_iter().collect();
        self
    }

    pub fn then(mut self, text: &str) -> Row {
        self.acts.extend([Act::Send(spell(text)), Act::Read]);
        self
    }

    pub fn pause(mut self, ms: u64) -> Row {
        self.acts.push(Act::Pause(ms));
        self
    }

    pub fn beside(mut self, text: &str) -> Row {
        self.beside = vec![Act::Send(spell(text)), Act::Read];
        self
    }

    pub fn wait(mut self, ms: u64) -> Row {
        self.wait = ms;
        self
    }

    pub fn differs(mut self, why: &'static str, shows: &'static str) -> Row {
        self.differs = Some(Differs { why, shows });
        self
    }
}

pub fn send(text: &str) -> Act {
    Act::Send(spell(text))
}

/// Turns a row's text into bytes.
pub fn spell(text: &str) -> Vec<u8> {
    let first = text.split('|').next().unwrap_or_default();
    let shorthand = !first.contains(" HTTP/") && first.split(' ').count() == 2;
    if !shorthand {
        return text.replace('|', "\r\n").into_bytes();
    }
    let fields = text[first.len()..].replace('|', "\r\n");
    let host = if fields.to_ascii_lowercase().contains("\r\nhost:") { "" } else { "\r\nHost: example.test" };
    format!("{first} HTTP/1.1{host}{fields}\r\n\r\n").into_bytes()
}

/// Silence of so long ends an answer.
const QUIET: Duration = Duration::from_millis(60);
const PATIENCE: Duration = Duration::from_secs(3);

/// Does it; gives what came back.
pub fn talk(to: SocketAddr, acts: &[Act]) -> Vec<u8> {
    let mut stream = client::connect(to, common::CLIENT).expect("connect");
    let (mut came, mut room) = (Vec::new(), [0; 65_536]);
    for act in acts {
        match act {
            Act::Send(bytes) => drop(stream.write_all(bytes)),
            Act::Pause(ms) => sleep(Duration::from_millis(*ms)),
            Act::Read => {
                let (until, before) = (Instant::now() + PATIENCE, came.len());
                while Instant::now() < until {
                    stream.set_read_timeout(Some(QUIET)).expect("set");
                    match stream.read(&mut room) {
                        Ok(0) => break,
                        Ok(n) => came.extend_from_slice(&room[..n]),
                        Err(_) if came.len() > before => break,
                        Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {}
                        Err(_) => break,
                    }
                }
            }
            Act::Take(count) => {
                stream.set_read_timeout(Some(PATIENCE)).expect("set");
                let mut bytes = vec![0; *count];
                if stream.read_exact(&mut bytes).is_ok() {
                    came.extend_from_slice(&bytes);
                }
            }
            Act::Fin => drop(stream.shutdown(Shutdown::Write)),
            Act::Reset => {
                SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("set");
                return came;
            }
        }
    }
    came
}
