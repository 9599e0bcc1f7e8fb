//! Commands of the runtime API, one row a command (management manual, 9.3). A command sees the process only through
//! [`Steering`], which the control thread implements.
use crate::base::ids::{BackendId, FrontendId, ServerId};
use crate::base::units::leading_number;
use crate::share::Shared;
use crate::share::cores::CoreFigures;
use crate::share::log_ring::Mark;
use crate::share::sessions::{SessionId, Wanted};
use crate::world::{Health, Overrides, ServerState, World};
use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

/// The rows of a file: words, level, usage, what `help` says, and what runs.
macro_rules! command_rows {
    ($($words:expr, $level:ident, $usage:literal, $doc:literal, $run:expr;)*) => {
        /// The rows of this file.
        pub const ROWS: &[CommandRow] = &[$(CommandRow {
            words: &$words,
            usage: $usage,
            doc: $doc,
            level: Level::$level,
            run: $run,
        }),*];
    };
}

macro_rules! rows {
    ($($module:ident)*) => {
        $(mod $module;)*
        /// Every command, sorted by file.
        pub static ROWS: &[&[CommandRow]] = &[$($module::ROWS),*];
    };
}

rows! { cores dynamic_cookie dynamic_server errors events frontend limit list process rate_limit resolvers server session set_server show table trace var }

pub mod help;
mod refused;
pub mod severity;
mod talk;
mod wait;

pub use talk::Talk;
pub use wait::{Condition, Pause};

/// Text that rules or clients have put there, as part of a line: what would end the line, and what is no text, behind a
/// backslash. Everything else stays, so that patterns can be copied.
fn one_line(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains(char::is_control) => return Cow::Borrowed(text),
        _ => {}
    }
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() {
                byte_escapes(c.encode_utf8(&mut [0; 4]).as_bytes(), &mut out)
            } else {
                out.push(c)
            }
        }
        byte_escapes(chunk.invalid(), &mut out);
    }
    Cow::Owned(out)
}

/// Appends bytes as HAProxy's dumps show what cannot be printed.
fn byte_escapes(bytes: &[u8], out: &mut String) {
    for &b in bytes {
        match b {
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            0x1b => out.push_str("\\e"),
            b => _ = write!(out, "\\x{b:02X}"),
        }
    }
}

/// What a connection may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    User,
    Operator,
    Admin,
}

impl Level {
    /// The level's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Level::User => "user",
            Level::Operator => "operator",
            Level::Admin => "admin",
        }
    }
}

/// Stands before a payload, which is then the last argument.
pub const PAYLOAD: &str = "<<";

/// A pure change of the World.
pub type WorldEdit = Box<dyn FnOnce(&World) -> World>;

/// What commands may ask of the process.
pub trait Steering {
    fn world(&self) -> Arc<World>;
    /// `show info` with its arguments.
    fn info(&self, args: &[&str]) -> String;
    /// `show stat` with its arguments.
    ///
    /// # Errors
    /// What is wrong with the arguments.
    fn stat(&self, args: &[&str]) -> Result<String, String>;
    /// `dump stats-file`.
    fn stats_file(&self) -> String;
    /// `show servers state`.
    fn servers_state(&self, backend: Option<BackendId>) -> String;
    /// `show resolvers`, of one section or of all.
    ///
    /// # Errors
    /// There is no such section.
    fn resolvers(&self, name: Option<&str>) -> Result<String, String>;
    /// `show stat domain resolvers`.
    fn resolver_figures(&self) -> String;
    /// `show servers conn`.
    fn servers_conn(&self, backend: Option<BackendId>) -> String;
    /// Edits a server's state: maintenance, drain, weight.
    fn change_server(&self, server: ServerId, edit: &dyn Fn(&mut ServerState));
    /// Sets what the checks think of a server.
    fn force_health(&self, server: ServerId, health: Health);
    /// Sets what the agent thinks of a server.
    fn force_agent(&self, server: ServerId, up: bool);
    /// Edits what stands in place of a server line's words.
    fn override_server(&self, server: ServerId, edit: &dyn Fn(&mut Overrides));
    /// Looks a server with `resolvers` up by another name from now on.
    fn rename_server(&self, server: ServerId, name: &str);
    /// Ends what is under way with a server.
    fn shut_sessions(&self, server: ServerId);
    /// `show sess`: those that are asked for.
    fn sessions(&self, wanted: Wanted) -> String;
    /// All that is known of one session.
    fn session(&self, id: SessionId) -> Option<String>;
    /// Ends a session. False when there is none of this id.
    fn shut_session(&self, id: SessionId) -> bool;
    /// `show errors`: of a proxy by its id, or of all; only those of requests, only those of answers.
    fn errors(&self, proxy: Option<u32>, only_requests: bool, only_answers: bool) -> String;
    /// Pauses or resumes a frontend's listeners.
    fn set_paused(&self, frontend: FrontendId, paused: bool);
    /// Stops a frontend for good.
    fn shut_down(&self, frontend: FrontendId);
    fn set_frontend_maxconn(&self, frontend: FrontendId, maxconn: u32);
    fn set_server_maxconn(&self, server: ServerId, maxconn: u32);
    /// 0 restores what the process began with; false where it is more than that.
    fn set_global_maxconn(&self, maxconn: u32) -> bool;
    /// The rates of the process have changed: who waits for them looks again.
    fn rates_changed(&self);
    /// Why a server can't be deleted for now; nothing where it can.
    ///
    /// # Errors
    /// Why it never can.
    fn hinders_deletion(&self, server: ServerId) -> Result<Option<&'static str>, String>;
    /// The level of the answer where it is not the usual one of its command ([`severity::of`]).
    fn severity(&self) -> &std::cell::Cell<Option<severity::Kind>>;
    /// `add server`: the words from its name on.
    ///
    /// # Errors
    /// What is wrong with it.
    fn add_server(&self, backend: BackendId, words: &[&str]) -> Result<String, String>;
    /// `del server`.
    ///
    /// # Errors
    /// Why it stays.
    fn del_server(&self, server: ServerId) -> Result<String, String>;
    /// Puts an edit of the World into force.
    fn edit_world(&self, edit: WorldEdit);
    /// What the connection may do.
    fn level(&self) -> Level;
    /// Whether the connection is in experimental mode.
    fn is_experimental(&self) -> bool;
    /// Clears peaks, with `all` everything that was counted.
    fn clear_counters(&self, all: bool);
    /// What was said while the process started.
    fn startup_logs(&self) -> String;
    /// `show schema json`.
    fn schema(&self) -> &'static str;
    /// The answer goes on with the lines that come into a ring from this one on, until the client sends something.
    fn follow(&self, ring: usize, from: Mark);
    /// What each core says of itself; `None` where it does not answer.
    fn cores(&self) -> Vec<Option<CoreFigures>>;
    /// `show fd`, of one descriptor or of all.
    fn descriptors(&self, wanted: Option<i32>) -> String;
    /// What the cores share.
    fn shared(&self) -> Arc<Shared>;
}

/// One command.
pub struct CommandRow {
    /// Its first words.
    pub words: &'static [&'static str],
    /// The line that `help` shows: usage, then what it does.
    pub usage: &'static str,
    pub doc: &'static str,
    pub level: Level,
    /// Runs it; `args` are the words behind its own. Answers with text, without the empty line that ends it.
    pub run: fn(&dyn Steering, &[&str]) -> String,
}

/// Every row.
pub fn rows() -> impl Iterator<Item = &'static CommandRow> {
    ROWS.iter().flat_map(|rows| rows.iter())
}

/// Runs one command: the words of its line.
#[must_use]
pub fn run(steering: &dyn Steering, talk: &mut Talk, words: &[&str]) -> String {
    // An answer is told as the connection had it when the command came.
    let output = talk.severity;
    let (text, usual) = answer(steering, talk, words);
    severity::told(output, steering.severity().take().unwrap_or(usual), text)
}

/// The first words of every command that is known, also of those that are refused.
pub fn names() -> impl Iterator<Item = String> {
    let built = rows().map(|r| r.words.join(" ")).chain(talk::ROWS.iter().map(|r| r.words.join(" ")));
    built.chain(refused::all().map(str::to_owned))
}

/// The answer to a command, and what it usually is.
fn answer(steering: &dyn Steering, talk: &mut Talk, words: &[&str]) -> (String, severity::Kind) {
    if let Some(answer) = talk::run(talk, words) {
        return answer;
    }
    let row = rows().filter(|r| words.starts_with(r.words)).max_by_key(|r| r.words.len());
    if let Some(row) = row {
        if talk.level < row.level {
            return ("Permission denied\n".to_owned(), severity::ERROR);
        }
        return ((row.run)(steering, words_from(words, row.words.len())), severity::of(row));
    }
    match refused::why(words) {
        Some(text) => (text, severity::ERROR),
        None => (help::unknown(words), severity::INFO),
    }
}

/// An answer that tells what is wrong, of a command whose answers usually are data.
fn wrong(steering: &dyn Steering, text: impl Into<String>) -> String {
    told(steering, severity::ERROR, text)
}

/// An answer that is a message of another level than is usual.
fn told(steering: &dyn Steering, kind: severity::Kind, text: impl Into<String>) -> String {
    steering.severity().set(Some(kind));
    text.into()
}

/// The words behind the first `from`.
fn words_from<'w, 's>(words: &'w [&'s str], from: usize) -> &'w [&'s str] {
    words.get(from..).unwrap_or_default()
}

/// Whether a word names something: by its name, or by its number as `#12`.
fn is_named(word: &str, name: &str, uuid: u32) -> bool {
    word == name || word.strip_prefix('#').is_some_and(|n| n.parse() == Ok(uuid))
}

/// Finds a backend.
fn backend(world: &World, word: &str) -> Option<BackendId> {
    let found = world.plan.backends.iter().position(|b| is_named(word, &b.name, b.uuid));
    found.map(BackendId::from)
}

/// Finds `backend/server`.
fn server(steering: &dyn Steering, name: Option<&&str>) -> Result<(Arc<World>, ServerId), String> {
    let world = steering.world();
    let Some((in_backend, name)) = name.and_then(|n| n.split_once('/')) else {
        return Err("Require 'backend/server'.\n".to_owned());
    };
    let Some(id) = backend(&world, in_backend) else {
        return Err("No such backend.\n".to_owned());
    };
    let found = world.servers_of(id).find(|(_, s)| is_named(name, &s.name, s.uuid)).map(|(id, _)| id);
    found.map(|id| (world, id)).ok_or_else(|| "No such server.\n".to_owned())
}

/// Finds `backend/server` for a change, which a disabled backend refuses.
fn server_to_change(steering: &dyn Steering, name: Option<&&str>) -> Result<(Arc<World>, ServerId), String> {
    let (world, id) = server(steering, name)?;
    if world.plan.backend(world.plan.server(id).backend).disabled {
        return Err("Proxy is disabled.\n".to_owned());
    }
    Ok((world, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_unique_and_documented() {
        for row in rows() {
            assert_eq!(rows().filter(|r| r.words == row.words).count(), 1, "{:?}", row.words);
            assert!(row.usage.starts_with(row.words[0]) && !row.doc.is_empty(), "{:?}", row.words);
        }
    }
}
