//! One connection to the master (management manual, 9.4): lines in, answers out, its own or those of workers. Nothing here
//! waits: the master looks after signals and other connections meanwhile.
use super::commands::{self, Wants};
use super::{Kid, Master, cli};
use crate::vocab::command::{Level, PAYLOAD};
use nix::poll::{PollFd, PollFlags};
use nix::unistd::Pid;
use socket2::Socket;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::mem::take;
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::os::unix::net::UnixStream;

/// A line, or a payload, may be so long.
const LINE_LIMIT: usize = 1 << 20;
/// So much of an answer waits for a client that reads slowly.
const OUTPUT_LIMIT: usize = 64 << 10;

/// Whom commands go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Master,
    Worker(Pid),
}

/// One connection.
pub struct Talk {
    client: Socket,
    input: Vec<u8>,
    /// The client sends no more.
    over: bool,
    output: Vec<u8>,
    target: Target,
    level: Level,
    prompt: bool,
    expert: bool,
    experimental: bool,
    /// The last reload brought up no worker: the prompt says so.
    failed: bool,
    /// Commands of the present line that have not run yet.
    queue: VecDeque<String>,
    /// The first of them wants its payload, of which this is here.
    payload: Option<String>,
    worker: Option<Remote>,
    /// It ends when everything is sent.
    ends: bool,
    /// The client has closed both sides: what it sent still counts.
    gone: bool,
}

/// An exchange with a worker.
struct Remote {
    stream: UnixStream,
    output: Vec<u8>,
    /// Both sides talk as they like (`@@1`).
    direct: bool,
    /// Everything is sent that will be.
    told: bool,
}

impl Talk {
    pub fn new(client: Socket, level: Level) -> io::Result<Talk> {
        client.set_nonblocking(true)?;
        Ok(Talk {
            client,
            input: Vec::new(),
            over: false,
            output: Vec::new(),
            target: Target::Master,
            level,
            prompt: false,
            expert: false,
            experimental: false,
            failed: false,
            queue: VecDeque::new(),
            payload: None,
            worker: None,
            ends: false,
            gone: false,
        })
    }

    /// Its descriptors, which no worker may have.
    pub fn fds(&self) -> impl Iterator<Item = RawFd> {
        let worker = self.worker.as_ref().map(|w| w.stream.as_raw_fd());
        std::iter::once(self.client.as_raw_fd()).chain(worker)
    }

    /// The client was seen to have closed both sides.
    pub fn note_gone(&mut self) {
        self.gone = true;
    }

    /// What it waits for: of the client, then of a worker where there is room for its answer.
    pub fn polls(&self) -> Vec<PollFd<'_>> {
        let flag = |on: bool, flag: PollFlags| if on { flag } else { PollFlags::empty() };
        let reads = !self.over && self.input.len() < LINE_LIMIT;
        let client = flag(reads, PollFlags::POLLIN) | flag(!self.output.is_empty(), PollFlags::POLLOUT);
        let mut polls = vec![PollFd::new(self.client.as_fd(), client)];
        if let Some(worker) = self.worker.as_ref().filter(|_| self.output.len() < OUTPUT_LIMIT) {
            let events = PollFlags::POLLIN | flag(!worker.output.is_empty(), PollFlags::POLLOUT);
            polls.push(PollFd::new(worker.stream.as_fd(), events));
        }
        polls
    }

    /// Goes on as far as it can; what a command wants of the master, `None` when there is nothing to do for now.
    ///
    /// # Errors
    /// The connection has ended.
    pub fn go_on(&mut self, master: &Master<'_>) -> Result<Option<Wants>, Ended> {
        self.failed = master.failed > 0;
        loop {
            self.receive()?;
            self.exchange();
            if self.worker.is_none() && !self.ends {
                match self.step(master) {
                    Step::Done => continue,
                    Step::Wants(wants) => return Ok(Some(wants)),
                    Step::Waits => {}
                }
            }
            self.send()?;
            let over = self.ends && self.output.is_empty() && self.worker.is_none();
            return if over || self.gone { Err(Ended) } else { Ok(None) };
        }
    }

    /// An answer of the master itself.
    pub fn answer(&mut self, text: &str) {
        self.output.extend_from_slice(text.as_bytes());
        self.output.push(b'\n');
        self.show_prompt();
    }

    /// It ends when everything is sent.
    pub fn end(&mut self) {
        self.ends = true;
    }

    fn receive(&mut self) -> Result<(), Ended> {
        let mut room = [0; 4_096];
        while !self.over && self.input.len() < LINE_LIMIT {
            match (&self.client).read(&mut room) {
                Ok(0) => self.over = true,
                Ok(n) => self.input.extend_from_slice(&room[..n]),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Ended),
            }
        }
        Ok(())
    }

    fn send(&mut self) -> Result<(), Ended> {
        while !self.output.is_empty() {
            match (&self.client).write(&self.output) {
                Ok(n) => drop(self.output.drain(..n)),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Ended),
            }
        }
        Ok(())
    }

    /// Passes bytes between client and worker.
    fn exchange(&mut self) {
        let Some(worker) = &mut self.worker else { return };
        if worker.direct {
            worker.output.append(&mut self.input);
            worker.told |= self.over;
        }
        let gone = worker.tell().is_err();
        match worker.hear(&mut self.output) {
            Ok(()) if !gone => {}
            _ => {
                self.worker = None;
                self.show_prompt();
            }
        }
    }

    /// Runs the next command that is whole.
    fn step(&mut self, master: &Master<'_>) -> Step {
        if self.queue.is_empty() {
            let Some(line) = self.line() else {
                // A client that sends more than a line can be ends here too.
                self.ends = self.over || self.input.len() >= LINE_LIMIT;
                return Step::Waits;
            };
            self.queue = split(&line).into();
        }
        let wants_payload = self.queue.len() == 1
            && self.queue.front().is_some_and(|c| c.split_ascii_whitespace().next_back() == Some(PAYLOAD));
        if wants_payload && !self.gather() {
            self.ends = self.over || self.input.len() >= LINE_LIMIT;
            return Step::Waits;
        }
        let command = self.queue.pop_front().unwrap_or_default();
        let payload = self.payload.take();
        self.run(master, command.trim_start_matches([' ', '\t']), payload)
    }

    /// The next line, without its end. The last may have none.
    fn line(&mut self) -> Option<String> {
        let end = match self.input.iter().position(|b| *b == b'\n') {
            Some(at) => at + 1,
            None if self.over && !self.input.is_empty() => self.input.len(),
            None => return None,
        };
        let line: Vec<u8> = self.input.drain(..end).collect();
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        Some(String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned())
    }

    /// Gathers the lines of a payload, up to the empty one; whether it is whole. A prompt is shown for each.
    fn gather(&mut self) -> bool {
        if self.payload.is_none() {
            self.payload = Some(String::new());
            self.show("+ ");
        }
        while let Some(line) = self.line() {
            if line.is_empty() {
                return true;
            }
            self.show("+ ");
            let payload = self.payload.get_or_insert_default();
            payload.push_str(&line);
            payload.push('\n');
        }
        false
    }

    fn show(&mut self, text: &str) {
        if self.prompt {
            self.output.extend_from_slice(text.as_bytes());
        }
    }

    fn show_prompt(&mut self) {
        let name = match self.target {
            Target::Master => "master".to_owned(),
            Target::Worker(pid) => pid.to_string(),
        };
        let flags: String =
            [(self.experimental, 'x'), (self.expert, 'e')].iter().filter(|f| f.0).map(|f| f.1).collect();
        let flags = if flags.is_empty() { flags } else { format!("({flags})") };
        let failed = if self.failed && self.target == Target::Master { "[ReloadFailed]" } else { "" };
        self.show(&format!("{name}{failed}{flags}> "));
    }

    /// Runs a command: those about the connection here, others at the master or at a worker.
    fn run(&mut self, master: &Master<'_>, command: &str, payload: Option<String>) -> Step {
        let (mut command, mut target, mut direct) = (command, self.target, false);
        if let Some(rest) = command.strip_prefix('@') {
            let (name, behind) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
            let one = name.strip_prefix('@');
            let found = find(master, one.unwrap_or(name)).filter(|t| one.is_none() || *t != Target::Master);
            let Some(found) = found else {
                let text = format!("Can't find the target PID matching the prefix '@{name}'\n");
                self.output.extend_from_slice(text.as_bytes());
                self.show_prompt();
                return Step::Done;
            };
            (command, target, direct) = (behind.trim_start_matches([' ', '\t']), found, one.is_some());
            if command.is_empty() && !direct {
                self.target = target;
                self.show_prompt();
                return Step::Done;
            }
        } else if self.about_itself(command) {
            return Step::Done;
        }
        match target {
            Target::Master => {
                let words: Vec<&str> = command.split_ascii_whitespace().collect();
                match commands::run(master, self.level, &words) {
                    Wants::Answer(text) => self.answer(&text),
                    wants => return Step::Wants(wants),
                }
            }
            Target::Worker(pid) => self.forward(master, pid, command, payload, direct),
        }
        Step::Done
    }

    /// Sends a command to a worker.
    fn forward(
        &mut self,
        master: &Master<'_>,
        pid: Pid,
        command: &str,
        payload: Option<String>,
        direct: bool,
    ) {
        let kid = kids(master).find(|kid| kid.pid == pid);
        let stream = kid.map(cli::connect);
        let Some(Ok((stream, mut line))) = stream else {
            self.output.extend_from_slice(b"Can't connect to the target CLI!\n");
            self.show_prompt();
            return;
        };
        // What the client may do and is in goes before its command; no answer to that is seen.
        if self.expert {
            line.push_str("expert-mode on -;");
        }
        if self.experimental {
            line.push_str("experimental-mode on -;");
        }
        if self.level < Level::Admin {
            line.push_str(&format!("{} -;", self.level.name()));
        }
        match (direct, self.prompt) {
            (true, true) => line.push_str("prompt p -"),
            (true, false) => line.push_str("prompt i -"),
            (false, _) => {}
        }
        if direct {
            line.push('\n');
        }
        if !(direct && command.is_empty()) {
            line.push_str(command);
            line.push('\n');
        }
        if let Some(payload) = payload {
            line.push_str(&payload);
            line.push('\n');
        }
        self.worker = Some(Remote { stream, output: line.into_bytes(), direct, told: !direct });
    }

    /// Commands that change the connection; whether it was one.
    fn about_itself(&mut self, command: &str) -> bool {
        let words: Vec<&str> = command.split_ascii_whitespace().collect();
        let allowed = match words.first().copied().unwrap_or_default() {
            "prompt" => self.set_prompt(&words[1..]),
            "quit" => {
                self.ends = true;
                true
            }
            "operator" => self.lower(Level::Operator),
            "user" => self.lower(Level::User),
            "expert-mode" => {
                self.expert = words.get(1) == Some(&"on") && self.level == Level::Admin;
                self.level == Level::Admin
            }
            "experimental-mode" => {
                self.experimental = words.get(1) == Some(&"on") && self.level == Level::Admin;
                self.level == Level::Admin
            }
            "mcli-debug-mode" => {
                self.output.extend_from_slice(
                    b"'mcli-debug-mode' is a HAProxy command that Ringmain does not support yet: the master serves \
                      nothing that there is to look at.\n",
                );
                true
            }
            _ => return false,
        };
        if !allowed {
            self.output.extend_from_slice(b"Permission denied!\n");
        }
        self.show_prompt();
        true
    }

    /// A switch without a word; the words are HAProxy 3.x's.
    fn set_prompt(&mut self, words: &[&str]) -> bool {
        self.prompt = match words.first().copied() {
            Some("n" | "i") => false,
            Some("p") => true,
            _ => !self.prompt,
        };
        true
    }

    fn lower(&mut self, level: Level) -> bool {
        let falls = self.level >= level;
        self.level = self.level.min(level);
        if falls {
            (self.expert, self.experimental) = (false, false);
        }
        falls
    }
}

/// The workers, the present one first.
fn kids<'a>(master: &'a Master<'_>) -> impl Iterator<Item = &'a Kid> {
    master.current.iter().chain(&master.former)
}

/// Whom a prefix means: `@` and `@master`, `@1` the present worker, `@!<pid>` any.
fn find(master: &Master<'_>, name: &str) -> Option<Target> {
    let kid = match name {
        "" | "master" => return Some(Target::Master),
        "1" => master.current.as_ref(),
        name => {
            let pid: i32 = name.strip_prefix('!')?.parse().ok()?;
            kids(master).find(|kid| kid.pid.as_raw() == pid)
        }
    };
    kid.map(|kid| Target::Worker(kid.pid))
}

/// What came of trying to run a command.
enum Step {
    Done,
    /// It is the master's to do.
    Wants(Wants),
    /// None is whole.
    Waits,
}

/// The connection is over.
#[derive(Debug)]
pub struct Ended;

impl Remote {
    /// Sends what there is to send.
    fn tell(&mut self) -> io::Result<()> {
        while !self.output.is_empty() {
            match self.stream.write(&self.output) {
                Ok(n) => drop(self.output.drain(..n)),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        if take(&mut self.told) {
            // Whoever answers knows that there is no more.
            let _ = self.stream.shutdown(Shutdown::Write);
        }
        Ok(())
    }

    /// Takes what has come, as much as there is room for.
    ///
    /// # Errors
    /// There is no more.
    fn hear(&mut self, into: &mut Vec<u8>) -> Result<(), Ended> {
        let mut room = [0; 4_096];
        while into.len() < OUTPUT_LIMIT {
            match self.stream.read(&mut room) {
                Ok(0) => return Err(Ended),
                Ok(n) => into.extend_from_slice(&room[..n]),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Ended),
            }
        }
        Ok(())
    }
}

/// The commands of a line as they stand there: `;` divides them, a backslash protects it.
fn split(line: &str) -> Vec<String> {
    let mut commands = vec![String::new()];
    let mut protected = false;
    for c in line.chars() {
        match c {
            ';' if !protected => commands.push(String::new()),
            c => commands.last_mut().expect("never empty").push(c),
        }
        protected = c == '\\' && !protected;
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn semicolons_divide_commands_and_backslashes_stay() {
        assert_eq!(split("@1 a; b"), ["@1 a", " b"]);
        assert_eq!(split(r"a\;b;c"), [r"a\;b", "c"]);
        assert_eq!(split(r"a\\;b"), [r"a\\", "b"]);
        assert_eq!(split(""), [""]);
    }
}
