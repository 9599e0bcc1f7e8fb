//! The statistics socket: one connection a command, as `socat` has it.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::PATIENCE;

/// The answer to a command; `None` where nobody takes it.
pub fn try_ask(socket: &Path, command: &str) -> Option<String> {
    let mut stream = UnixStream::connect(socket).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(format!("{command}\n").as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// The same where there must be one.
pub fn ask(socket: &Path, command: &str) -> String {
    try_ask(socket, command).unwrap_or_else(|| panic!("no answer to '{command}' from {}", socket.display()))
}
