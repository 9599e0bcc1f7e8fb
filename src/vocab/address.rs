//! Addresses as `bind`, `server`, `log` and `source` lines write them (manual, 11 "Address formats"; `bind` in 4.2 and
//! `server` in 5.2). Messages are HAProxy's.
use crate::plan::draft::{Family, PortSpec, ServerAddress};
use crate::plan::{ListenerAddr, ServerAddr};
use crate::syntax::{Env, Span};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

/// The longest path of a Unix socket (Linux: `sun_path` less its NUL).
const MAX_PATH: usize = 107;

/// A host as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    Ip(IpAddr),
    Name(String, Family),
}

/// An address with its ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Inet(Host, Ports),
    Unix(PathBuf),
    /// Without its leading NUL.
    Abstract(Vec<u8>),
    Fd(i32),
}

/// What stands behind the last colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ports {
    None,
    Range(u16, u16),
    Offset(i32),
}

/// What a line allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allow {
    pub mandatory: bool,
    pub port: bool,
    pub range: bool,
    pub offset: bool,
}

/// `bind`: a port must be there, a range may.
pub const BIND: Allow = Allow { mandatory: true, port: true, range: true, offset: false };
/// `server`: a port or an offset may be there.
pub const SERVER: Allow = Allow { mandatory: false, port: true, range: false, offset: true };
/// `log`: a port may be there.
pub const PLAIN: Allow = Allow { mandatory: false, port: true, range: false, offset: false };
/// `source`, as HAProxy: a port or a range may be there.
pub const SOURCE: Allow = Allow { mandatory: false, port: true, range: true, offset: false };
/// `addr` of a server: no port of its own.
pub const NO_PORT: Allow = Allow { mandatory: false, port: false, range: false, offset: false };

/// Puts the values of variables into an address, as HAProxy does also outside of quotes: `fd@${NAME}`, `$HOST:80`.
#[must_use]
pub fn expand(text: &str, env: &Env) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        let (name, after) = match tail.strip_prefix('{') {
            Some(inner) => match inner.split_once('}') {
                Some(parts) => parts,
                None => return text.to_owned(),
            },
            None => tail
                .split_at(tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len())),
        };
        if let Some(value) = env.get(name) {
            out.push_str(&String::from_utf8_lossy(value));
        }
        rest = after;
    }
    out + rest
}

/// Reads one address.
///
/// # Errors
/// HAProxy's words.
pub fn parse(text: &str, allow: Allow) -> Result<Address, String> {
    if text.is_empty() {
        return Err("'' resolves to an empty address (environment variable missing?)".to_owned());
    }
    let bare = text.strip_prefix("stream+").unwrap_or(text);
    if let Some(path) = bare.strip_prefix("unix@").or_else(|| bare.strip_prefix("uxst@")) {
        return unix(path, text);
    }
    if let Some(name) = bare.strip_prefix("abns@") {
        return match name.len() {
            0..=MAX_PATH => Ok(Address::Abstract(name.as_bytes().to_vec())),
            _ => Err(format!("socket path '{text}' too long (max {MAX_PATH})")),
        };
    }
    if let Some(number) = bare.strip_prefix("fd@") {
        let wrong = || format!("file descriptor '{number}' is not a valid integer in '{text}'\n");
        return number.parse().map(Address::Fd).map_err(|_| wrong());
    }
    if let Some(kind) =
        ["uxdg@", "sockpair@", "udp@", "udp4@", "udp6@", "dgram+"].iter().find(|k| bare.starts_with(**k))
    {
        return Err(format!("address type '{kind}' is not supported here by Ringmain in '{text}'"));
    }
    if bare.starts_with('/') {
        return unix(bare, text);
    }
    let families = [
        ("ipv4@", Family::V4),
        ("ipv6@", Family::V6),
        ("tcp4@", Family::V4),
        ("tcp6@", Family::V6),
        ("tcp@", Family::Any),
        ("ip@", Family::Any),
    ];
    let family = families.iter().find_map(|(p, f)| bare.strip_prefix(p).map(|rest| (rest, *f)));
    let (rest, family) = family.unwrap_or((bare, Family::Any));
    inet(rest, family, text, allow)
}

fn unix(path: &str, text: &str) -> Result<Address, String> {
    if path.len() > MAX_PATH {
        return Err(format!("socket path '{text}' too long (max {MAX_PATH})"));
    }
    Ok(Address::Unix(path.into()))
}

fn inet(rest: &str, family: Family, text: &str, allow: Allow) -> Result<Address, String> {
    let missing = || format!("missing port specification in '{text}'");
    let (host, port) = match rest.rfind([':', ']']) {
        Some(at) if rest.as_bytes()[at] == b':' => {
            if !allow.port {
                return Err(format!("port specification not permitted here in '{text}'"));
            }
            (&rest[..at], &rest[at + 1..])
        }
        _ if allow.mandatory => return Err(missing()),
        _ => (rest, ""),
    };
    let ports = match port.as_bytes().first() {
        None if allow.mandatory => return Err(missing()),
        None => Ports::None,
        Some(b'0'..=b'9') => range(port, text, allow)?,
        Some(sign @ (b'+' | b'-')) => {
            if !allow.offset {
                return Err(format!("port offset not permitted here in '{text}'"));
            }
            let n =
                i32::try_from(crate::base::units::leading_int(&port[1..])).unwrap_or(i32::MAX).min(65_535);
            Ports::Offset(if *sign == b'-' { -n } else { n })
        }
        Some(_) => {
            let c = port.chars().next().unwrap_or('\0');
            return Err(format!("invalid character '{c}' in port number '{port}' in '{text}'\n"));
        }
    };
    Ok(Address::Inet(
        host_of(host, family).ok_or_else(|| format!("invalid address: '{host}' in '{text}'"))?,
        ports,
    ))
}

fn range(port: &str, text: &str, allow: Allow) -> Result<Ports, String> {
    let (low, high) = match port.split_once('-') {
        Some(_) if !allow.range => return Err(format!("port range not permitted here in '{text}'")),
        Some((low, high)) => (low, high),
        None => (port, port),
    };
    let least = i64::from(allow.mandatory);
    let number = |text: &str| {
        let n = crate::base::units::leading_int(text);
        match u16::try_from(n) {
            Ok(port) if n >= least => Ok(port),
            _ => Err(format!("invalid port '{text}'")),
        }
    };
    let (from, to) = (number(low)?, number(high)?);
    if from > to {
        return Err(format!("invalid port range '{from}-{to}'"));
    }
    Ok(Ports::Range(from, to))
}

/// The host part; `None` where it can be neither an address of the family nor a name.
fn host_of(text: &str, family: Family) -> Option<Host> {
    if text.is_empty() || text == "*" {
        let any =
            if family == Family::V6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
        return Some(Host::Ip(any));
    }
    let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    if let Ok(ip) = inner.unwrap_or(text).parse::<IpAddr>() {
        let fits = match family {
            Family::Any => true,
            Family::V4 => ip.is_ipv4(),
            Family::V6 => ip.is_ipv6(),
        };
        return fits.then_some(Host::Ip(ip));
    }
    (inner.is_none() && !text.contains(':')).then(|| Host::Name(text.to_owned(), family))
}

/// Looks a host name up with the C library, as HAProxy does at start: the first address of the family.
#[must_use]
pub fn resolve(name: &str, family: Family) -> Option<IpAddr> {
    let fits = |ip: &IpAddr| match family {
        Family::Any => true,
        Family::V4 => ip.is_ipv4(),
        Family::V6 => ip.is_ipv6(),
    };
    (name, 0).to_socket_addrs().ok()?.map(|a| a.ip()).find(fits)
}

/// The addresses of a comma-separated `bind` argument. `prefix` is that of `unix-bind`.
///
/// # Errors
/// HAProxy's words, with the byte offset and length of the part that is wrong.
pub fn listeners(text: &str, prefix: Option<&str>) -> Result<Vec<ListenerAddr>, (String, usize, usize)> {
    let mut all = Vec::new();
    let mut at = 0;
    for part in text.split(',') {
        if !part.is_empty() {
            one_listener(part, prefix, &mut all).map_err(|message| (message, at, part.len()))?;
        }
        at += part.len() + 1;
    }
    Ok(all)
}

fn one_listener(text: &str, prefix: Option<&str>, all: &mut Vec<ListenerAddr>) -> Result<(), String> {
    match parse(text, BIND)? {
        Address::Unix(path) => all.push(ListenerAddr::Unix(match prefix {
            Some(prefix) => format!("{prefix}{}", path.display()).into(),
            None => path,
        })),
        Address::Abstract(name) => all.push(ListenerAddr::Abstract(name)),
        Address::Fd(fd) => all.push(ListenerAddr::Fd(fd)),
        Address::Inet(host, ports) => {
            let Ports::Range(from, to) = ports else {
                return Err(format!("missing port specification in '{text}'"));
            };
            let ip = match host {
                Host::Ip(ip) => ip,
                Host::Name(name, family) => {
                    resolve(&name, family).ok_or_else(|| format!("invalid address: '{name}' in '{text}'"))?
                }
            };
            all.extend((from..=to).map(|port| ListenerAddr::Inet(SocketAddr::new(ip, port))));
        }
    }
    Ok(())
}

/// The address of a `server` line.
///
/// # Errors
/// HAProxy's words.
pub fn server(text: &str, at: Span) -> Result<ServerAddress, String> {
    Ok(match parse(text, SERVER)? {
        Address::Unix(path) => ServerAddress::Known(ServerAddr::Unix(path)),
        Address::Abstract(name) => ServerAddress::Known(ServerAddr::Abstract(name)),
        Address::Fd(_) => return Err(format!("a file descriptor is not acceptable here in '{text}'\n")),
        Address::Inet(host, ports) => {
            let port = match ports {
                Ports::None | Ports::Range(0, _) => PortSpec::Offset(0),
                Ports::Range(port, _) => PortSpec::Fixed(port),
                Ports::Offset(offset) => PortSpec::Offset(offset),
            };
            match host {
                Host::Ip(ip) => ServerAddress::Known(with_port(ip, port)),
                Host::Name(name, family) => ServerAddress::Host { name, port, family, at },
            }
        }
    })
}

/// A server's address once its host is known.
#[must_use]
pub fn with_port(ip: IpAddr, port: PortSpec) -> ServerAddr {
    match port {
        PortSpec::Fixed(port) => ServerAddr::Inet(SocketAddr::new(ip, port)),
        PortSpec::Offset(offset) => ServerAddr::InetRelative(ip, offset),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(text: &str) -> Vec<String> {
        let show = |a: &ListenerAddr| match a {
            ListenerAddr::Inet(a) => a.to_string(),
            other => format!("{other:?}"),
        };
        listeners(text, None).unwrap().iter().map(show).collect()
    }

    #[test]
    fn every_form_of_bind() {
        assert_eq!(bound("*:80"), ["0.0.0.0:80"]);
        assert_eq!(bound(":80"), ["0.0.0.0:80"]);
        assert_eq!(
            bound("0.0.0.0:80,127.0.0.1:81-83"),
            ["0.0.0.0:80", "127.0.0.1:81", "127.0.0.1:82", "127.0.0.1:83"]
        );
        assert_eq!(bound("[::]:443"), ["[::]:443"]);
        assert_eq!(bound(":::443"), ["[::]:443"], "the last colon parts the port");
        assert_eq!(bound("ipv4@:80,ipv6@:80,ipv6@*:81"), ["0.0.0.0:80", "[::]:80", "[::]:81"]);
        assert_eq!(bound("unix@/a"), ["Unix(\"/a\")"]);
        assert_eq!(bound("/b.sock,abns@x,fd@3"), ["Unix(\"/b.sock\")", "Abstract([120])", "Fd(3)"]);
        assert_eq!(listeners("/b", Some("/run")).unwrap(), [ListenerAddr::Unix("/run/b".into())]);
    }

    #[test]
    fn messages_are_haproxys() {
        for (text, says) in [
            ("127.0.10.1", "missing port specification in '127.0.10.1'"),
            ("127.0.10.1:", "missing port specification in '127.0.10.1:'"),
            ("127.0.10.1:70000", "invalid port '70000'"),
            ("127.0.10.1:0", "invalid port '0'"),
            ("127.0.10.1:9-8", "invalid port range '9-8'"),
            ("127.0.10.1:+5", "port offset not permitted here in '127.0.10.1:+5'"),
            ("127.0.10.1:x", "invalid character 'x' in port number 'x' in '127.0.10.1:x'\n"),
            ("[::1", "invalid address: '[:' in '[::1'"),
            ("[::1]", "missing port specification in '[::1]'"),
            ("ipv4@[::1]:80", "invalid address: '[::1]' in 'ipv4@[::1]:80'"),
            ("fd@x", "file descriptor 'x' is not a valid integer in 'fd@x'\n"),
        ] {
            assert_eq!(listeners(text, None).unwrap_err().0, says);
        }
        assert_eq!(listeners("127.0.0.1:1,x", None).unwrap_err().1, 12, "where the wrong part begins");
    }

    #[test]
    fn variables_in_addresses() {
        let mut env = Env::empty();
        env.set("FD", "7");
        for (text, is) in [
            ("fd@${FD}", "fd@7"),
            ("$FD:80", "7:80"),
            ("a${NONE}b", "ab"),
            ("${FD", "${FD"),
            ("*:80", "*:80"),
        ] {
            assert_eq!(expand(text, &env), is);
        }
    }

    #[test]
    fn every_form_of_server() {
        let span = Span { file: crate::syntax::FileId(0), line: 1, col: 1, len: 1 };
        let known = |t: &str| match server(t, span) {
            Ok(ServerAddress::Known(a)) => a,
            other => panic!("{other:?}"),
        };
        let ip = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(known("127.0.0.1:80"), ServerAddr::Inet(SocketAddr::new(ip, 80)));
        assert_eq!(known("127.0.0.1"), ServerAddr::InetRelative(ip, 0));
        assert_eq!(known("127.0.0.1:+100"), ServerAddr::InetRelative(ip, 100));
        assert_eq!(known("127.0.0.1:-5"), ServerAddr::InetRelative(ip, -5));
        assert_eq!(known("/x.sock"), ServerAddr::Unix("/x.sock".into()));
        assert!(matches!(
            server("app.test:80", span),
            Ok(ServerAddress::Host { port: PortSpec::Fixed(80), .. })
        ));
        assert_eq!(
            server("127.0.0.1:1-5", span).unwrap_err(),
            "port range not permitted here in '127.0.0.1:1-5'"
        );
    }
}
