//! Asks a statistics socket (management manual, 9.3): one connection a question, as `socat` would.
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::time::Duration;

/// A process that does not answer is not waited for longer than this.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest answer that is read: tens of thousands of servers.
const MOST: u64 = 256 * 1_024 * 1_024;

/// Where to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Client {
    Unix(String),
    /// An abstract socket's name.
    Abstract(Vec<u8>),
    Tcp(String),
}

impl Client {
    /// What a socket's name means: `@name` or `abns@name` is abstract, `host:port` TCP, all else a path.
    #[must_use]
    pub fn of(name: &str) -> Client {
        let name = name.strip_prefix("unix@").unwrap_or(name);
        if let Some(rest) = name.strip_prefix("abns@").or_else(|| name.strip_prefix('@')) {
            return Client::Abstract(rest.as_bytes().to_vec());
        }
        let port = name.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        if port && !name.contains('/') { Client::Tcp(name.to_owned()) } else { Client::Unix(name.to_owned()) }
    }

    /// The answer to one command.
    ///
    /// # Errors
    /// Nobody listens there, we may not, or the answer does not come within five seconds.
    pub fn ask(&self, command: &str) -> io::Result<String> {
        match self {
            Client::Unix(path) => exchange(UnixStream::connect(path)?, UnixStream::set_read_timeout, command),
            Client::Abstract(name) => {
                let to = SocketAddr::from_abstract_name(name)?;
                exchange(UnixStream::connect_addr(&to)?, UnixStream::set_read_timeout, command)
            }
            Client::Tcp(name) => {
                let to = name.to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?;
                exchange(TcpStream::connect_timeout(&to, PATIENCE)?, TcpStream::set_read_timeout, command)
            }
        }
    }
}

fn exchange<S: Read + Write>(
    mut stream: S,
    patience: impl Fn(&S, Option<Duration>) -> io::Result<()>,
    command: &str,
) -> io::Result<String> {
    patience(&stream, Some(PATIENCE))?;
    stream.write_all(format!("{command}\n").as_bytes())?;
    let mut answer = Vec::new();
    stream.take(MOST).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sockets() {
        assert_eq!(Client::of("/run/a:80"), Client::Unix("/run/a:80".into()));
        assert_eq!(Client::of("127.0.0.1:9999"), Client::Tcp("127.0.0.1:9999".into()));
        assert_eq!(Client::of("[::1]:9999"), Client::Tcp("[::1]:9999".into()));
        assert_eq!(Client::of("@x"), Client::Abstract(b"x".to_vec()));
        assert_eq!(Client::of("sock"), Client::Unix("sock".into()));
    }
}
