//! One row: what the client sends, and whether Ringmain deliberately answers otherwise.

use std::net::IpAddr;
use std::time::Duration;

use crate::common::client::{End, Exchange, Step};

/// One request (or exchange) that both programs get.
pub struct Row {
    /// Unique over all files: the name of this row in messages and in `docs/compat.md`.
    pub id: &'static str,
    /// Which of the file's listeners, 1 for `F1`.
    pub front: usize,
    pub exchange: Exchange,
    /// Compare also which request came on which connection.
    pub connections: bool,
    pub differs: Option<Differs>,
}

/// A deliberate difference, with what Ringmain does instead.
pub struct Differs {
    pub why: &'static str,
    pub statuses: &'static [u16],
    pub end: End,
    /// Requests that reach an origin.
    pub passed: usize,
}

/// A row of one request to listener 1. In `text` a `|` ends a line. A first line without a version is shorthand: it
/// gets ` HTTP/1.1`, a `Host: example.test` when there is none, and the blank line. With a version nothing is added.
pub fn row(id: &'static str, text: &str) -> Row {
    let row = Row { id, front: 1, exchange: Exchange::default(), connections: false, differs: None };
    row.send(text)
}

/// Rows of the same listener.
pub fn on(front: usize, rows: impl IntoIterator<Item = Row>) -> Vec<Row> {
    rows.into_iter().map(|row| Row { front, ..row }).collect()
}

impl Row {
    /// Sends this too, without waiting.
    pub fn send(self, text: &str) -> Row {
        self.bytes(spell(text))
    }

    /// Sends these bytes as they are, in the same segment as what stands before them.
    pub fn bytes(mut self, bytes: impl AsRef<[u8]>) -> Row {
        match self.exchange.steps.last_mut() {
            Some(Step::Send(before)) => before.extend_from_slice(bytes.as_ref()),
            _ => self.exchange.steps.push(Step::Send(bytes.as_ref().to_vec())),
        }
        self.exchange.methods = methods(&self.exchange.steps);
        self
    }

    /// Sends this when `heads` heads have come (1xx ones counted).
    pub fn after(mut self, heads: usize, text: &str) -> Row {
        self.exchange.steps.push(Step::AwaitHeads(heads));
        self.send(text)
    }

    /// Waits for `heads` heads and one more moment, then sends: the request does not meet the connection's close.
    pub fn then(mut self, text: &str) -> Row {
        let heads = self.exchange.answers;
        self.exchange.answers += 1;
        self.after(heads, text)
    }

    pub fn pause(mut self, ms: u64) -> Row {
        self.exchange.steps.push(Step::Pause(Duration::from_millis(ms)));
        self
    }

    /// Closes the sending half.
    pub fn fin(mut self) -> Row {
        self.exchange.steps.push(Step::Fin);
        self
    }

    /// How many final answers there should be.
    pub fn answers(mut self, n: usize) -> Row {
        self.exchange.answers = n;
        self
    }

    /// Bytes to expect behind a 101.
    pub fn tunnel(mut self, n: usize) -> Row {
        self.exchange.tunnel = n;
        self
    }

    /// Not HTTP for the client: all bytes until the end.
    pub fn opaque(mut self) -> Row {
        self.exchange.opaque = true;
        self
    }

    /// Watches an open connection for so long.
    pub fn linger(mut self, ms: u64) -> Row {
        self.exchange.linger = Duration::from_millis(ms);
        self
    }

    pub fn from(mut self, ip: [u8; 4]) -> Row {
        self.exchange.from = IpAddr::from(ip);
        self
    }

    pub fn connections(mut self) -> Row {
        self.connections = true;
        self
    }

    pub fn differs(mut self, why: &'static str, statuses: &'static [u16], end: End, passed: usize) -> Row {
        self.differs = Some(Differs { why, statuses, end, passed });
        self
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "F{} from {}:", self.front, self.exchange.from)?;
        for step in &self.exchange.steps {
            match step {
                Step::Send(bytes) => write!(f, " {:?}", crate::common::text(bytes))?,
                other => write!(f, " {other:?}")?,
            }
        }
        Ok(())
    }
}

/// Turns a row's text into bytes.
fn spell(text: &str) -> Vec<u8> {
    let first = text.split('|').next().unwrap_or_default();
    let shorthand = !first.contains(" HTTP/") && first.split(' ').count() == 2;
    if !shorthand {
        return text.replace('|', "\r\n").into_bytes();
    }
    let fields = text[first.len()..].replace('|', "\r\n");
    let host = if fields.to_ascii_lowercase().contains("\r\nhost:") { "" } else { "\r\nHost: example.test" };
    format!("{first} HTTP/1.1{host}{fields}\r\n\r\n").into_bytes()
}

/// The methods of all requests in what is sent, in order.
fn methods(steps: &[Step]) -> Vec<String> {
    let sent: Vec<u8> = steps
        .iter()
        .flat_map(|s| if let Step::Send(bytes) = s { bytes.as_slice() } else { &[] })
        .copied()
        .collect();
    crate::common::text(&sent)
        .lines()
        .filter(|l| l.ends_with(" HTTP/1.1") || l.ends_with(" HTTP/1.0"))
        .filter_map(|l| l.split(' ').next().map(str::to_owned))
        .collect()
}
