//! Rings: the names that `log` lines give, the rings that `log tcp@…` makes, and what becomes of the sections (configuration
//! manual, 3.9 and 4.2 `log`). Messages are those of HAProxy's `sink.c`.
use crate::net::ConnectTo;
use crate::net::driver::ConnectOptions;
use crate::plan::draft::{Draft, PortSpec, ProxyDraft, ServerAddress, ServerDraft};
use crate::plan::global::{Log, LogTarget};
use crate::plan::ring::{self, OWN, Ring, SIZE, STANDARD, Server};
use crate::plan::{Plan, ServerAddr};
use crate::syntax::{Diag, Diags, Severity, SourceMap, Span, nearest};
use crate::vocab::address;
use std::time::Duration;

/// What HAProxy gives to a ring that it makes of a `log` line.
const CONNECT: Duration = Duration::from_secs(1);
const SERVER: Duration = Duration::from_secs(5);

/// The proxies that are more than `defaults`.
fn proxies(draft: &Draft) -> impl Iterator<Item = &ProxyDraft> {
    draft.proxies.iter().filter(|p| p.kind.has_frontend() || p.kind.has_backend())
}

/// Looks whether rings that are named are there, and what sections lack.
pub fn check(draft: &Draft, map: &SourceMap, diags: &mut Diags) {
    for section in &draft.rings {
        check_section(section, map, diags);
    }
    for log in &draft.global.logs {
        known(draft, log, None, map, diags);
    }
    for proxy in proxies(draft).filter(|p| !p.settings.disabled) {
        for log in &proxy.settings.logs {
            known(draft, log, Some(&proxy.name), map, diags);
        }
    }
}

fn known(draft: &Draft, log: &Log, proxy: Option<&str>, map: &SourceMap, diags: &mut Diags) {
    let LogTarget::Ring(name) = &log.target else { return };
    if name == OWN || draft.rings.iter().any(|r| r.name == *name) {
        return;
    }
    let place = format!("in file '{}' at line {}", map.name(log.at.file), log.at.line);
    let whose = match proxy {
        Some(proxy) => format!("log server declared in proxy section '{proxy}' {place}"),
        None => format!("global log server declared {place}"),
    };
    let standard = STANDARD.iter().any(|s| s.0 == name);
    // So HAProxy spells it.
    let what = if standard { "incomatible" } else { "unknown" };
    let diag = Diag::bare(Severity::Alert, Some(log.at), format!("{whose} uses {what} ring named '{name}'."));
    diags.push(match nearest(name, draft.rings.iter().map(|r| r.name.as_str())) {
        _ if standard => diag.help(format!("write `log {name}`")),
        Some(near) => diag.help(format!("did you mean `ring@{near}`?")),
        None => diag.help(format!("write a section `ring {name}`")),
    });
}

fn check_section(section: &ring::Draft, map: &SourceMap, diags: &mut Diags) {
    // One that nobody wrote is as long as there is room.
    if section.maxlen > section.size && section.maxlen != SIZE {
        let text = format!(
            "ring '{}' event max length '{}' exceeds size, forced to size '{}'.",
            section.name, section.maxlen, section.size
        );
        diags.push(Diag::bare(Severity::Warning, Some(section.at), text).help("write a smaller `maxlen`"));
    }
    let missing = |t: Option<Duration>| t.is_none_or(|t| t.is_zero());
    if !section.servers.is_empty() && (missing(section.connect) || missing(section.server)) {
        let text = format!(
            "missing timeouts for backend '{}'.\n   | While not properly invalid, you will certainly encounter various \
             problems\n   | with such a configuration. To fix this, please ensure that all following\n   | timeouts are set \
             to a non-zero value: 'client', 'connect', 'server'.",
            section.name
        );
        diags.push(
            Diag::bare(Severity::Warning, Some(section.at), text)
                .help("write `timeout connect 5s` and `timeout server 10s` in the ring"),
        );
    }
    for (i, server) in section.servers.iter().enumerate() {
        if let Some(first) = section.servers[..i].iter().find(|s| s.name == server.name) {
            let text = format!(
                "parsing [{}:{}] : backend '{}', another server named '{}' was already defined at line {}, please use \
                 distinct names.",
                map.name(server.at.file),
                server.at.line,
                section.name,
                server.name,
                first.at.line
            );
            diags.push(Diag::bare(Severity::Alert, Some(server.name_at), text).help("give it another name"));
        }
        if address_of(server).is_none() {
            let name = match &server.addr {
                ServerAddress::Host { name, .. } => name.as_str(),
                ServerAddress::Known(_) => "",
            };
            let text = format!(
                "[{}:{}] : 'server {}/{}' : could not resolve address '{name}'.",
                map.name(server.at.file),
                server.at.line,
                section.name,
                server.name
            );
            diags.push(Diag::bare(Severity::Alert, Some(server.at), text).help("write an IP address"));
        }
    }
}

/// Where a server is; names are looked up once, at the start.
fn address_of(server: &ServerDraft) -> Option<ConnectTo> {
    match &server.addr {
        ServerAddress::Known(addr) => connect_to(addr),
        ServerAddress::Host { name, port: PortSpec::Fixed(port), family, .. } => {
            let ip = address::resolve(name, *family)?;
            Some(ConnectTo::Inet(std::net::SocketAddr::new(ip, *port)))
        }
        ServerAddress::Host { .. } => None,
    }
}

fn connect_to(addr: &ServerAddr) -> Option<ConnectTo> {
    match addr {
        ServerAddr::Inet(addr) => Some(ConnectTo::Inet(*addr)),
        ServerAddr::Unix(path) => Some(ConnectTo::Unix(path.clone())),
        ServerAddr::Abstract(name) => Some(ConnectTo::Abstract(name.clone())),
        ServerAddr::InetRelative(..) => None,
    }
}

/// Makes the Plan's rings, and names them in the `log` lines that make one of their own.
pub fn make(draft: &mut Draft, plan: &mut Plan, map: &SourceMap) {
    plan.rings = vec![ring::own()];
    plan.rings.extend(std::mem::take(&mut draft.rings).into_iter().map(of_section));
    let mut made: Vec<(Span, String)> = Vec::new();
    let proxies = draft.proxies.iter_mut().filter(|p| p.kind.has_frontend() || p.kind.has_backend());
    let logs = draft.global.logs.iter_mut().chain(proxies.flat_map(|p| &mut p.settings.logs));
    for log in logs {
        let LogTarget::Stream(addr) = &log.target else { continue };
        // A line that several proxies inherit is one line.
        let known = made.iter().find(|(at, _)| *at == log.at).map(|(_, name)| name.clone());
        let name = known.unwrap_or_else(|| {
            let name = format!("ring#{}", made.len() + 1);
            plan.rings.push(of_line(&name, log, addr, map));
            made.push((log.at, name.clone()));
            name
        });
        log.target = LogTarget::Ring(name);
    }
}

fn of_section(section: ring::Draft) -> Ring {
    let servers = section.servers.iter().filter_map(|server| {
        let settings = &server.settings;
        Some(Server {
            name: server.name.clone(),
            to: address_of(server)?,
            options: ConnectOptions {
                source: settings.source,
                interface: settings.interface.clone(),
                socket: Some(settings.line.socket.clone()),
                ..ConnectOptions::default()
            },
            octet_count: settings.line.octet_count,
        })
    });
    let real = |t: Option<Duration>| t.filter(|t| !t.is_zero());
    Ring {
        servers: servers.collect(),
        description: section.description.unwrap_or_else(|| section.name.clone()),
        name: section.name,
        format: section.format,
        maxlen: section.maxlen.min(section.size),
        size: section.size,
        file: section.file,
        connect: real(section.connect),
        server: real(section.server),
    }
}

fn of_line(name: &str, log: &Log, addr: &ServerAddr, map: &SourceMap) -> Ring {
    let place = format!("'{}' at line {}", map.name(log.at.file), log.at.line);
    let server = connect_to(addr).map(|to| Server {
        name: name.to_owned(),
        to,
        options: ConnectOptions::default(),
        octet_count: false,
    });
    Ring {
        name: name.to_owned(),
        description: format!("created from logserver declared into {place}"),
        format: log.format.clone(),
        maxlen: SIZE,
        size: SIZE,
        file: None,
        connect: Some(CONNECT),
        server: Some(SERVER),
        servers: server.into_iter().collect(),
    }
}
