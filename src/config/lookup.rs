//! Names of servers: their first addresses (`init-addr`), and the `resolvers` that look after them later (manual 5.2, 5.3).
//! Messages are HAProxy's.
use super::Options;
use crate::plan::draft::{Draft, Family, InitAddr, ServerAddress, ServerDraft};
use crate::plan::resolvers::{DEFAULT, is_service};
use crate::plan::{Lookup, Resolvers};
use crate::syntax::{Diag, Diags, FileId, Severity, SourceMap, Span, nearest};
use crate::vocab::address;
use crate::vocab::resolvers::parse_resolv_conf;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What is wrong with `resolvers` sections, and servers that name one that is not there.
pub fn check(draft: &Draft, map: &SourceMap, diags: &mut Diags) {
    for section in draft.resolvers.iter().filter(|r| r.nameservers.is_empty()) {
        let place = format!("{}:{}", map.name(section.at.file), section.at.line);
        let text = format!("resolvers '{}' [{place}] has no nameservers configured!", section.name);
        diags.push(Diag::bare(Severity::Warning, Some(section.at), text).help("add a `nameserver`"));
    }
    for proxy in draft.proxies.iter().filter(|p| p.kind.has_backend()) {
        for server in &proxy.servers {
            let Some(name) = &server.settings.resolvers else { continue };
            if draft.resolvers.iter().any(|r| r.name == *name) || (name == DEFAULT && host_has_any(server.at))
            {
                continue;
            }
            let text = format!(
                "{} '{}', server '{}': unable to find required resolvers '{name}'",
                proxy.kind.type_name(),
                proxy.name,
                server.name
            );
            let diag = Diag::bare(Severity::Alert, Some(server.at), text);
            let near = nearest(name, draft.resolvers.iter().map(|r| r.name.as_str()));
            diags.push(match near {
                Some(near) => diag.help(format!("did you mean `{near}`?")),
                None => diag,
            });
        }
    }
}

/// Whether a name means the name servers of the host, where no section has it.
#[must_use]
pub fn is_default(name: &str, at: Span) -> bool {
    name == DEFAULT && host_has_any(at)
}

fn host_has_any(at: Span) -> bool {
    !parse_resolv_conf::of_the_host(at).is_empty()
}

/// The sections, and behind them that of the host's own name servers where no section has its name.
#[must_use]
pub fn with_default(mut sections: Vec<Resolvers>) -> Vec<Resolvers> {
    if sections.iter().all(|r| r.name != DEFAULT) {
        let at = Span { file: FileId(0), line: 0, col: 0, len: 0 };
        let nameservers = parse_resolv_conf::of_the_host(at);
        if !nameservers.is_empty() {
            sections.push(Resolvers { nameservers, ..Resolvers::new(DEFAULT, at) });
        }
    }
    sections
}

/// Whether a server takes its address from the records of an SRV label.
#[must_use]
pub fn has_service(server: &ServerDraft) -> bool {
    matches!(&server.addr, ServerAddress::Host { name, .. } if is_service(name))
}

/// How a server's address is looked up while running. One without a name may get one over the statistics socket.
#[must_use]
pub fn of(server: &ServerDraft, sections: &[Resolvers]) -> Option<Lookup> {
    let wanted = server.settings.resolvers.as_ref()?;
    let resolvers = sections.iter().position(|r| r.name == *wanted)?;
    let service = server.hostname.clone().filter(|name| is_service(name));
    Some(Lookup { resolvers, service, wishes: server.settings.wishes.clone() })
}

/// Looks up the host names of servers, as `init-addr` says. Gives false where one can't be found: the messages are complete
/// then.
#[must_use]
pub fn addresses(draft: &mut Draft, options: &Options, map: &SourceMap, diags: &mut Diags) -> bool {
    let mut failed = false;
    for proxy in &mut draft.proxies {
        for server in &mut proxy.servers {
            let ServerAddress::Host { name, port, family, at } = &server.addr else { continue };
            let (found, tried) = first_address(server, name, *family);
            let found = found.or_else(|| options.ignore_resolution.then_some(None));
            let (file, line) = (map.name(server.at.file), server.at.line);
            let place = format!("[{file}:{line}] : 'server {}/{}'", proxy.name, server.name);
            let Some(ip) = found else {
                failed = true;
                let why = if tried { "could not" } else { "no method found to" };
                let text = format!("{place} : {why} resolve address '{name}'.");
                diags.push(
                    Diag::bare(Severity::Alert, Some(*at), text).help("the name must be known when starting"),
                );
                continue;
            };
            if ip.is_none() && tried {
                let text = format!("{place} : could not resolve address '{name}', disabling server.");
                diags.push(Diag::bare(Severity::Warning, Some(*at), text));
            }
            server.unresolved = ip.is_none();
            server.hostname = Some(name.clone());
            server.addr =
                ServerAddress::Known(address::with_port(ip.unwrap_or_else(|| unknown(*family)), *port));
        }
    }
    if failed {
        diags.push(Diag::bare(Severity::Alert, None, "Failed to initialize server(s) addr."));
    }
    !failed
}

/// The first address by the methods of `init-addr`: `None` where none worked, `Some(None)` where the server may wait for one.
/// Beside it, whether the C library was asked. An SRV label has no address of its own.
fn first_address(server: &ServerDraft, name: &str, family: Family) -> (Option<Option<IpAddr>>, bool) {
    let default: &[InitAddr] = match server.settings.resolvers {
        Some(_) => &[InitAddr::Last, InitAddr::Libc, InitAddr::None],
        None => &[InitAddr::Last, InitAddr::Libc],
    };
    let mut tried = false;
    for method in server.settings.init_addr.as_deref().unwrap_or(default) {
        match method {
            InitAddr::Libc if !is_service(name) => {
                tried = true;
                if let Some(ip) = address::resolve(name, family) {
                    return (Some(Some(ip)), tried);
                }
            }
            InitAddr::Ip(ip) => return (Some(Some(*ip)), tried),
            InitAddr::None => return (Some(None), tried),
            InitAddr::Last => {
                if let Some(ip) = server.remembered.as_ref().and_then(|r| r.addr) {
                    return (Some(Some(ip)), tried);
                }
            }
            InitAddr::Libc => {}
        }
    }
    (None, tried)
}

fn unknown(family: Family) -> IpAddr {
    match family {
        Family::V6 => Ipv6Addr::UNSPECIFIED.into(),
        _ => Ipv4Addr::UNSPECIFIED.into(),
    }
}
