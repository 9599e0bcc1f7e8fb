//! One connection to the runtime API: lines in, answers out, as HAProxy's own (management manual, 9.3). Every answer ends
//! with an empty line; a connection ends after what was sent to it, unless `prompt` keeps it.
use super::cli::{Rights, Seat};
use super::pieces::Pieces;
use super::{State, hand_over};
use crate::net::combine::Either;
use crate::net::{Stream, race};
use crate::share::log_ring::Mark;
use crate::vocab::command::{self, PAYLOAD, Pause, Talk, severity};
use nix::sys::socket::MsgFlags;
use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// A command line may be so long.
const LINE_LIMIT: usize = 16_384;
/// Lines behind `<<` may be so long together.
const PAYLOAD_LIMIT: usize = 64 << 20;

/// So many bytes of a ring's lines are sent at once, about.
const FOLLOWED: usize = 64 << 10;

/// What the next line is.
enum Next {
    Line(String),
    /// The client has sent all it wanted to, or takes too long.
    End,
}

struct Input<'a> {
    state: &'a State,
    stream: &'a Stream,
    bytes: Vec<u8>,
    /// The client will send no more.
    over: bool,
}

/// Serves a connection to its end.
pub(super) async fn serve(state: Rc<State>, stream: Stream, rights: Rights, timeout: Duration) {
    let mut talk = Talk::new(rights.level, timeout, rights.severity);
    let mut input = Input { state: &state, stream: &stream, bytes: Vec::new(), over: false };
    if let Some(secret) = rights.secret {
        let Next::Line(line) = input.line(talk.timeout, LINE_LIMIT).await else { return };
        if line != format!("{secret:032x}") {
            return;
        }
    }
    loop {
        let Next::Line(line) = input.line(talk.timeout, LINE_LIMIT).await else { return };
        if line == "_getsocks" && rights.gives_listeners {
            // Whoever asked sees the end of the connection where it did not work.
            let deadline = Some(state.core.now() + timeout);
            let _ = state.core.until(deadline, hand_over::give(&state, &stream)).await;
            return;
        }
        let commands = split(&line);
        let last = commands.len() - 1;
        for (number, mut words) in commands.into_iter().enumerate() {
            if number == last && words.last().is_some_and(|w| w == PAYLOAD) {
                let Some(payload) = input.payload(&talk).await else { return };
                words.push(payload);
            }
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let seat = Seat {
                state: &state,
                level: talk.level,
                experimental: talk.experimental,
                rest: Cell::default(),
                severity: Cell::default(),
                follows: Cell::default(),
            };
            talk.bare = false;
            let mut answer = command::run(&seat, &mut talk, &words);
            let mut rest = seat.rest.take();
            while let Some(piece) = next_piece(&state, &mut rest).await {
                let before = std::mem::replace(&mut answer, piece);
                if !input.send(before, talk.timeout).await {
                    return;
                }
                state.core.yield_now().await;
            }
            if let Some((ring, from)) = seat.follows.take() {
                let before = std::mem::take(&mut answer);
                if !input.send(before, talk.timeout).await || !input.follow(ring, from, talk.timeout).await {
                    return;
                }
            }
            if let Some(pause) = talk.pause.take() {
                let (text, kind) = wait(&seat, &pause, &stream).await;
                answer = severity::told(talk.severity, kind, text);
            }
            if talk.quits {
                return;
            }
            close(&mut answer, &talk, &state);
            if !input.send(answer, talk.timeout).await {
                return;
            }
        }
        if !talk.interactive && input.bytes.is_empty() {
            return;
        }
    }
}

/// Between two looks at a condition.
const LOOK: Duration = Duration::from_millis(5);

/// Waits (`wait`); gives the answer. A client that is gone is waited for no longer.
async fn wait(seat: &Seat<'_>, pause: &Pause, stream: &Stream) -> (String, severity::Kind) {
    let core = &seat.state.core;
    let end = core.now() + pause.time;
    loop {
        if let Some(answer) = pause.until.as_ref().and_then(|condition| condition.look(seat)) {
            return answer;
        }
        if core.now() >= end || is_gone(stream) {
            return pause.over();
        }
        // A twentieth of the whole time is near enough, as long as it is not long.
        let next = core.now() + (pause.time / 20).clamp(LOOK, LOOK * 20);
        core.sleep_until(next.min(end)).await;
    }
}

/// Whether the other side of a unix socket is closed whole: who has only sent all it wanted to waits for the answer.
fn is_gone(stream: &Stream) -> bool {
    let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
    nix::sys::socket::send(stream.fd(), &[], flags) == Err(nix::errno::Errno::EPIPE)
}

async fn next_piece(state: &State, rest: &mut Option<Pieces>) -> Option<String> {
    rest.as_mut()?.next(state).await
}

/// Ends an answer: an empty line, and the prompt where it is wanted.
fn close(answer: &mut String, talk: &Talk, state: &State) {
    // Some tables bring their empty line along.
    if answer.ends_with("\n\n") {
        answer.pop();
    }
    if !talk.bare {
        answer.push('\n');
    }
    if talk.shows_prompt && talk.shows_time {
        let up = state.core.now().since(state.born).as_secs();
        let (days, hours, minutes) = (up / 86_400, up / 3_600 % 24, up / 60 % 60);
        answer.push_str(&format!("[{days}:{hours:02}:{minutes:02}:{:02}]> ", up % 60));
    } else if talk.shows_prompt {
        answer.push_str("> ");
    }
}

impl Input<'_> {
    /// The next line without its end; what is left at the end of the connection counts as one.
    async fn line(&mut self, timeout: Duration, limit: usize) -> Next {
        let mut seen = 0;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.bytes[seen..]) {
                let line: Vec<u8> = self.bytes.drain(..=seen + at).collect();
                let line = line[..line.len() - 1].strip_suffix(b"\r").unwrap_or(&line[..line.len() - 1]);
                return Next::Line(String::from_utf8_lossy(line).into_owned());
            }
            seen = self.bytes.len();
            if seen > limit {
                return Next::End;
            }
            if self.over {
                let rest = std::mem::take(&mut self.bytes);
                let empty = rest.is_empty();
                return if empty {
                    Next::End
                } else {
                    Next::Line(String::from_utf8_lossy(&rest).into_owned())
                };
            }
            let deadline = Some(self.state.core.now() + timeout);
            match self.state.core.until(deadline, self.stream.recv()).await {
                Ok(Ok(Some(chunk))) => self.bytes.extend_from_slice(&chunk),
                Ok(Ok(None)) => self.over = true,
                Ok(Err(_)) | Err(_) => return Next::End,
            }
        }
    }

    /// The lines behind `<<`, up to the empty one. HAProxy shows another prompt for each.
    async fn payload(&mut self, talk: &Talk) -> Option<String> {
        let mut payload = String::new();
        loop {
            if talk.shows_prompt && !self.send("+ ".to_owned(), talk.timeout).await {
                return None;
            }
            match self.line(talk.timeout, PAYLOAD_LIMIT - payload.len().min(PAYLOAD_LIMIT)).await {
                Next::End => return None,
                Next::Line(line) if line.is_empty() => return Some(payload),
                Next::Line(line) => {
                    payload.push_str(&line);
                    payload.push('\n');
                }
            }
        }
    }

    /// Sends lines of a ring as they come until the client sends something, which is thrown away, or goes. A client that
    /// is too slow loses lines: it holds up no log server. False: it could not be sent.
    async fn follow(&mut self, ring: usize, mut from: Mark, timeout: Duration) -> bool {
        let state = self.state;
        let Some(lines) = state.shared.rings.get(ring) else { return true };
        let (notifier, task) = (state.core.notifier(), state.core.current());
        let key = lines.watch(Box::new(move || notifier.wake(task)));
        let mut sound = true;
        // What has come behind the command already is input too.
        while sound && !self.over && self.bytes.is_empty() {
            let more = poll_fn(|_| if lines.awaits(from) { Poll::Ready(()) } else { Poll::Pending });
            match race(self.stream.recv(), more).await {
                Either::Left(Ok(Some(_))) => break,
                Either::Left(_) => self.over = true,
                Either::Right(()) => {
                    let mut text = Vec::new();
                    from = lines.read(from, FOLLOWED, |line| {
                        text.extend_from_slice(line);
                        text.push(b'\n');
                    });
                    sound = self.send_bytes(text, timeout).await;
                }
            }
        }
        self.bytes.clear();
        lines.unwatch(key);
        sound
    }

    /// Whether it could be sent.
    async fn send(&self, text: String, timeout: Duration) -> bool {
        self.send_bytes(text.into_bytes(), timeout).await
    }

    async fn send_bytes(&self, bytes: Vec<u8>, timeout: Duration) -> bool {
        let deadline = Some(self.state.core.now() + timeout);
        let sent = self.state.core.until(deadline, self.stream.send(bytes)).await;
        matches!(sent, Ok(Ok(())))
    }
}

/// The commands of a line, each as its words: `;` divides commands, blanks divide words, a backslash protects either.
fn split(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word = String::new();
    let mut chars = line.chars();
    let end = |word: &mut String, commands: &mut Vec<Vec<String>>| {
        if !word.is_empty() {
            commands.last_mut().expect("never empty").push(std::mem::take(word));
        }
    };
    while let Some(c) = chars.next() {
        match c {
            ';' => {
                end(&mut word, &mut commands);
                commands.push(Vec::new());
            }
            ' ' | '\t' => end(&mut word, &mut commands),
            '\\' => word.extend(chars.next()),
            c => word.push(c),
        }
    }
    end(&mut word, &mut commands);
    commands
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn semicolons_divide_commands_and_blanks_words() {
        assert_eq!(split("show info; show\t stat"), [["show", "info"], ["show", "stat"]]);
        assert_eq!(split(r"a\;b c\ d"), [["a;b", "c d"]]);
        assert_eq!(split("a;;b").len(), 3);
        assert_eq!(split(""), [Vec::<String>::new()]);
    }
}
