//! A name server with a script: each name and type has its answer, which a test changes while the proxy runs.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What is said to a question.
#[derive(Clone, Debug)]
pub enum Say {
    /// Records: `10.0.0.1`, `::1`, `SRV <weight> <port> <target>`, `CNAME <name>`, `NEAR <name> <address>` (additional).
    Records(Vec<String>),
    Code(u8),
    Nothing,
    Garbage,
    /// The right answer with another id before it.
    Forged(Vec<String>),
}

/// Records.
pub fn records(list: &[&str]) -> Say {
    Say::Records(list.iter().map(|r| (*r).to_owned()).collect())
}

#[derive(Default)]
struct Script {
    answers: HashMap<(String, u16), Say>,
    asked: Vec<(String, u16)>,
}

/// The running server; it ends when dropped.
pub struct Dns {
    pub addr: SocketAddr,
    script: Arc<Mutex<Script>>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

pub const A: u16 = 1;
pub const AAAA: u16 = 28;
pub const SRV: u16 = 33;

impl Dns {
    /// Serves datagrams, and connections at the same port, at a free port of this address.
    pub fn start(ip: [u8; 4]) -> Dns {
        let (socket, listener) = (0..50)
            .find_map(|_| {
                let socket = UdpSocket::bind(SocketAddr::from((ip, 0))).ok()?;
                let listener = TcpListener::bind(socket.local_addr().ok()?).ok()?;
                Some((socket, listener))
            })
            .expect("a free port");
        let addr = socket.local_addr().expect("bound");
        let (script, stop) = (Arc::new(Mutex::new(Script::default())), Arc::new(AtomicBool::new(false)));
        socket.set_read_timeout(Some(Duration::from_millis(50))).expect("timeout");
        listener.set_nonblocking(true).expect("non-blocking");
        let (s, end) = (script.clone(), stop.clone());
        let datagrams = std::thread::spawn(move || {
            let mut buffer = [0; 4_096];
            while !end.load(Ordering::Relaxed) {
                let Ok((len, peer)) = socket.recv_from(&mut buffer) else { continue };
                for answer in answers(&s, &buffer[..len]) {
                    let _ = socket.send_to(&answer, peer);
                }
            }
        });
        let (s, end) = (script.clone(), stop.clone());
        let connections = std::thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                let Ok((mut stream, _)) = listener.accept() else {
                    std::thread::sleep(Duration::from_millis(20));
                    continue;
                };
                stream.set_nonblocking(false).expect("blocking");
                stream.set_read_timeout(Some(Duration::from_secs(2))).expect("timeout");
                let mut len = [0; 2];
                while !end.load(Ordering::Relaxed) && stream.read_exact(&mut len).is_ok() {
                    let mut question = vec![0; usize::from(u16::from_be_bytes(len))];
                    if stream.read_exact(&mut question).is_err() {
                        break;
                    }
                    for answer in answers(&s, &question) {
                        let mut framed = (answer.len() as u16).to_be_bytes().to_vec();
                        framed.extend(answer);
                        let _ = stream.write_all(&framed);
                    }
                }
            }
        });
        Dns { addr, script, stop, threads: vec![datagrams, connections] }
    }

    /// What is said from now on; all other names have no records.
    pub fn script(&self, answers: &[(&str, u16, Say)]) {
        let of = |(name, kind, say): &(&str, u16, Say)| (((*name).to_owned(), *kind), say.clone());
        self.script.lock().expect("script").answers = answers.iter().map(of).collect();
    }

    /// The questions since the last look.
    pub fn asked(&self) -> Vec<(String, u16)> {
        std::mem::take(&mut self.script.lock().expect("script").asked)
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn answers(script: &Mutex<Script>, question: &[u8]) -> Vec<Vec<u8>> {
    let Some((name, kind, end)) = read(question) else { return Vec::new() };
    let mut script = script.lock().expect("script");
    script.asked.push((name.clone(), kind));
    let say = script.answers.get(&(name, kind)).cloned().unwrap_or(Say::Records(Vec::new()));
    match say {
        Say::Nothing => Vec::new(),
        Say::Garbage => vec![[&question[..2], &[0x81, 0x80, 0, 1, 0, 9, 0xff, 0xff]].concat()],
        Say::Code(code) => vec![message(question, end, code, &[])],
        Say::Records(records) => vec![message(question, end, 0, &records)],
        Say::Forged(records) => {
            let mut forged = message(question, end, 0, &records);
            forged[0] ^= 0x55;
            forged[1] ^= 0x55;
            vec![forged]
        }
    }
}

/// The name, the type and where the question ends.
fn read(question: &[u8]) -> Option<(String, u16, usize)> {
    let (mut at, mut labels) = (12, Vec::new());
    loop {
        let len = usize::from(*question.get(at)?);
        if len == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(question.get(at + 1..at + 1 + len)?).into_owned());
        at += 1 + len;
    }
    let kind = u16::from_be_bytes([*question.get(at + 1)?, *question.get(at + 2)?]);
    Some((labels.join("."), kind, at + 5))
}

fn message(question: &[u8], end: usize, code: u8, records: &[String]) -> Vec<u8> {
    let (mut body, mut more) = (Vec::new(), Vec::new());
    let (mut count, mut beside) = (0u16, 0u16);
    for text in records {
        let words: Vec<&str> = text.split(' ').collect();
        match words[..] {
            ["SRV", weight, port, target] => {
                let mut data = vec![0, 1];
                for number in [weight, port] {
                    data.extend(number.parse::<u16>().expect("a number").to_be_bytes());
                }
                data.extend(wire(target));
                record(&mut body, &[0xc0, 12], SRV, &data);
                count += 1;
            }
            ["NEAR", name, address] => {
                record(&mut more, &wire(name), A, &address.parse::<Ipv4Addr>().expect("an address").octets());
                beside += 1;
            }
            [address] => {
                match address.parse::<Ipv4Addr>() {
                    Ok(ip) => record(&mut body, &[0xc0, 12], A, &ip.octets()),
                    Err(_) => {
                        let ip: Ipv6Addr = address.parse().expect("an address");
                        record(&mut body, &[0xc0, 12], AAAA, &ip.octets());
                    }
                }
                count += 1;
            }
            _ => panic!("no record: {text}"),
        }
    }
    let mut out = question[..2].to_vec();
    out.extend([0x81, 0x80 | code, 0, 1]);
    out.extend(count.to_be_bytes());
    out.extend([0, 0]);
    out.extend(beside.to_be_bytes());
    out.extend(&question[12..end]);
    out.extend(body);
    out.extend(more);
    out
}

fn record(out: &mut Vec<u8>, name: &[u8], kind: u16, data: &[u8]) {
    out.extend(name);
    out.extend(kind.to_be_bytes());
    out.extend([0, 1, 0, 0, 0, 60]);
    out.extend((data.len() as u16).to_be_bytes());
    out.extend(data);
}

fn wire(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for label in name.split('.') {
        out.push(label.len() as u8);
        out.extend(label.as_bytes());
    }
    out.push(0);
    out
}
