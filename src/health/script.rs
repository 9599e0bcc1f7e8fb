//! A check that speaks with its server: the steps one after the other, and the words for what goes wrong in them.
use super::context::Context;
use super::expect::{self, Judged, Received};
use super::probe::{self, Found};
use super::{Watch, ask, opening};
use crate::base::time::Tick;
use crate::net::{Chunk, Stream};
use crate::plan::Check;
use crate::plan::check::{
    Action, Connect, ConnectPort, Expect, Family, Opening, Payload, Script, Step, What,
};
use crate::proto::h1::RequestKind;
use crate::share::CheckStatus;
use std::io;
use std::time::UNIX_EPOCH;

/// What a server may send before it is taken as it is (`tune.bufsize`).
const MAX_INPUT: usize = 16_384;

/// Runs a check's steps.
pub async fn run(watch: &Watch, check: &Check, script: &Script) -> Found {
    let context = Context::new(watch);
    let deadline = watch.core.now() + check.inter;
    let mut run =
        Run { watch, check, script, context, stream: None, deadline, received: Received::default() };
    let mut last = None;
    for step in &script.steps {
        if let Err(found) = run.step(step).await {
            return found;
        }
        if !matches!(*step.action, Action::Set(..) | Action::SetFormat(..) | Action::Unset(_)) {
            last = Some(step);
        }
    }
    run.passed(last)
}

/// One check under way.
pub(super) struct Run<'a> {
    pub watch: &'a Watch,
    pub check: &'a Check,
    pub script: &'a Script,
    pub context: Context<'a>,
    stream: Option<Stream>,
    deadline: Tick,
    pub received: Received,
}

impl Run<'_> {
    /// Does one step; the error is how the check ends.
    async fn step(&mut self, step: &Step) -> Result<(), Found> {
        match &*step.action {
            Action::Connect(connect) => self.connect(step, connect).await,
            Action::Send(payload) => {
                let Some(bytes) = self.bytes(payload) else {
                    let info =
                        format!("tcp-check send : failed to build log-format string at step {}", step.number);
                    return Err(Found { info, ..Found::plain(CheckStatus::L7Response) });
                };
                self.send(step, bytes).await
            }
            Action::Ask(ask) => {
                let bytes = ask::write(self, ask);
                let head = ask.method.as_deref() == Some("HEAD");
                self.received.kind = RequestKind { head, ..RequestKind::default() };
                self.send(step, bytes).await
            }
            Action::Expect(expect) => self.expect(step, expect).await,
            Action::Set(name, expr) => {
                let value = self.context.eval(expr);
                self.context.set(name, value);
                Ok(())
            }
            Action::SetFormat(name, format) => {
                let text = self.context.text(format);
                self.context.set(name, Some(crate::rules::Sample::Str(text.into())));
                Ok(())
            }
            Action::Unset(name) => {
                self.context.set(name, None);
                Ok(())
            }
            Action::Comment(_) => Ok(()),
        }
    }

    async fn connect(&mut self, step: &Step, connect: &Connect) -> Result<(), Found> {
        self.stream = None;
        self.forget_input();
        let server = self.watch.plan.server(self.watch.id);
        let port = match &connect.port {
            Some(ConnectPort::Fixed(port)) => Some(*port),
            Some(ConnectPort::Expr(expr)) => {
                self.context.eval(expr).and_then(|s| s.as_int()).and_then(|n| u16::try_from(n).ok())
            }
            None => None,
        };
        let port = port.or(connect.addr_port);
        let core = &self.watch.core;
        let Some(to) = probe::target(&self.watch.published.load(), self.watch.id, connect.addr, port) else {
            return Err(Found {
                info: "No port to check".to_owned(),
                ..Found::plain(CheckStatus::SocketError)
            });
        };
        let timeouts = &self.watch.plan.backend(server.backend).timeouts;
        let deadline = probe::connect_deadline(core.now(), self.check, timeouts);
        let own = if connect.default { self.check.opening } else { Opening::default() };
        let opening = Opening {
            send_proxy: connect.send_proxy || own.send_proxy,
            via_socks4: connect.via_socks4 || own.via_socks4,
        };
        let stream = opening::connect(core, server, &to, opening, false, deadline).await;
        let stream = stream.map_err(|found| self.at(step, found))?;
        if !connect.linger {
            // A reset leaves no TIME_WAIT behind: many checks would use up the ports.
            stream.reset_on_close();
        }
        self.stream = Some(stream);
        self.deadline = timeouts.check.map_or(deadline.max(core.now()), |t| core.now() + t);
        if timeouts.check.is_none() {
            self.deadline = deadline;
        }
        Ok(())
    }

    fn bytes(&self, payload: &Payload) -> Option<Vec<u8>> {
        match payload {
            Payload::Bytes(bytes) => Some(bytes.clone()),
            Payload::Format(format) => {
                let text = self.context.text(format);
                (!text.is_empty()).then_some(text)
            }
            Payload::HexFormat(format) => expect::unhex(&self.context.text(format)).filter(|b| !b.is_empty()),
            Payload::SslHello => Some(ssl_hello()),
        }
    }

    async fn send(&mut self, step: &Step, bytes: Vec<u8>) -> Result<(), Found> {
        self.forget_input();
        let Some(stream) = &self.stream else { return Err(Found::plain(CheckStatus::SocketError)) };
        match self.watch.core.until(Some(self.deadline), stream.send(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(e)) => Err(self.at(step, Found::error(CheckStatus::SocketError, &e))),
            Err(_) => Err(self.at(step, Found::plain(CheckStatus::L7Timeout))),
        }
    }

    fn forget_input(&mut self) {
        self.context.input.clear();
        self.context.head = None;
        self.received = Received { kind: self.received.kind, ..Received::default() };
    }

    /// Waits until what was received decides.
    async fn expect(&mut self, step: &Step, expect: &Expect) -> Result<(), Found> {
        let http = self.script.family == Family::Http;
        // What is there already is looked at once a first receive has brought it.
        while self.context.input.is_empty() && !self.received.ended {
            self.receive(step, expect).await?;
        }
        loop {
            let judged =
                if http { expect::http(self, step, expect) } else { expect::tcp(self, step, expect) };
            match judged {
                Judged::Good => return Ok(()),
                Judged::Bad(found) => return Err(found),
                Judged::More => self.receive(step, expect).await?,
            }
        }
    }

    async fn receive(&mut self, step: &Step, expect: &Expect) -> Result<(), Found> {
        let Some(stream) = &self.stream else { return Err(Found::plain(CheckStatus::SocketError)) };
        match self.watch.core.until(Some(self.deadline), stream.recv()).await {
            Ok(received) => self.take(step, received),
            Err(_) => {
                let status = expect.timeout_status.unwrap_or(CheckStatus::L7Timeout);
                Err(self.at(step, Found::plain(status)))
            }
        }
    }

    fn take(&mut self, step: &Step, received: io::Result<Option<Chunk>>) -> Result<(), Found> {
        match received {
            Ok(Some(chunk)) => {
                let room = MAX_INPUT - self.context.input.len().min(MAX_INPUT);
                self.context.input.extend_from_slice(&chunk[..chunk.len().min(room)]);
                self.received.ended |= chunk.len() >= room;
            }
            Ok(None) => self.received.ended = true,
            Err(e) if self.context.input.is_empty() => {
                return Err(self.at(step, Found::error(CheckStatus::SocketError, &e)));
            }
            Err(_) => self.received.ended = true,
        }
        Ok(())
    }

    /// Every step is done.
    fn passed(&mut self, last: Option<&Step>) -> Found {
        let tcp = self.script.family == Family::Tcp;
        let info = if tcp { "(tcp-check)".to_owned() } else { String::new() };
        match last.map(|s| &*s.action) {
            Some(Action::Connect(_)) | None => Found { info, ..Found::plain(CheckStatus::L4Ok) },
            Some(Action::Expect(expect)) => {
                let code = self.received.code;
                if self.script.disable_on_404 && code == 404 && self.watch.is_up() {
                    return Found { code, ..Found::plain(CheckStatus::L7OkConditional) };
                }
                let info = expect::said(self, expect.on_success.as_ref()).unwrap_or(info);
                let code = expect::code(self, expect);
                Found { status: expect.ok_status.unwrap_or(CheckStatus::L7Ok), code, info: probe::cut(info) }
            }
            Some(_) => Found { info, ..Found::plain(CheckStatus::L7Ok) },
        }
    }

    /// A connection's failure with the words for where it happened.
    fn at(&self, step: &Step, found: Found) -> Found {
        if self.script.family != Family::Tcp {
            return found;
        }
        let mut place = if step.number == 0 {
            " at initial connection step of tcp-check".to_owned()
        } else {
            format!(" at step {} of tcp-check{}", step.number, doing(&step.action))
        };
        if let Some(comment) = &step.comment
            && step.number > 0
        {
            place.push_str(&format!(" comment: '{comment}'"));
        }
        Found { info: probe::cut(format!("{}{place}", found.info)), ..found }
    }
}

/// What a step was doing.
fn doing(action: &Action) -> String {
    let text = |t: &[u8]| String::from_utf8_lossy(t).into_owned();
    match action {
        Action::Connect(Connect { port: Some(ConnectPort::Fixed(port)), .. }) => {
            format!(" (connect port {port})")
        }
        Action::Connect(_) => " (connect)".to_owned(),
        Action::Send(_) | Action::Ask(_) => " (send)".to_owned(),
        Action::Expect(expect) => match &expect.what {
            What::Text(t) => format!(" (expect string '{}')", text(t)),
            What::Binary(t) => format!(" (expect binary '{}')", text(t)),
            What::Regex(_) => " (expect regex)".to_owned(),
            What::BinaryRegex(_) => " (expect binary regex)".to_owned(),
            What::Format(_) => " (expect log-format string)".to_owned(),
            What::BinaryFormat(_) => " (expect log-format binary)".to_owned(),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

/// An SSLv3 client's greeting, as HAProxy sends it.
fn ssl_hello() -> Vec<u8> {
    let now = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() as u32;
    let mut hello = vec![0x16, 0x03, 0x00, 0x00, 0x79, 0x01, 0x00, 0x00, 0x75, 0x03, 0x00];
    hello.extend_from_slice(&now.to_be_bytes());
    hello.extend_from_slice(b"HAPROXYSSLCHK\nHAPROXYSSLCHK\n");
    // No session to resume; the ciphers 1 to 27 and 47 to 58; no compression.
    hello.extend_from_slice(&[0x00, 0x00, 0x4e]);
    for cipher in (0x01..=0x1b).chain(0x2f..=0x3a) {
        hello.extend_from_slice(&[0x00, cipher]);
    }
    hello.extend_from_slice(&[0x01, 0x00]);
    hello
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ssl_greeting_has_the_length_it_says() {
        let hello = ssl_hello();
        assert_eq!(hello.len(), 5 + 0x79);
        assert_eq!(hello[11 + 4..][..28], *b"HAPROXYSSLCHK\nHAPROXYSSLCHK\n");
    }
}
