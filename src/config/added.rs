//! A server that is added while running (`add server`): words → a server of the Plan, with the checks that the files' servers
//! go through. The words of what is wrong are HAProxy's.
use super::compile;
use crate::base::ids::{BackendId, ServerId};
use crate::plan::draft::{Draft, ProxyDraft, ProxyKind, ServerAddress, Settings};
use crate::plan::{Server, ServerAddr};
use crate::syntax::{Diags, Env, SourceMap, Span, lex};
use crate::vocab::address;
use crate::vocab::dynamic_server::{self, Added};
use crate::vocab::expr::AclScope;
use crate::vocab::opening::permitted;
use crate::vocab::row::{BACKEND, DirectiveCx, Polarity};
use crate::world::World;
use std::net::{IpAddr, Ipv4Addr};

/// Reads a server for a backend; `words` begin with its name. Beside it, whether it takes requests at once. Its id is the next
/// of the Plan's list, to which the caller appends it.
///
/// # Errors
/// What is wrong.
pub fn server(
    world: &World,
    backend: BackendId,
    words: &[&str],
    env: &Env,
) -> Result<(Server, bool), String> {
    if let Some(c) = words.first().and_then(|name| name.chars().find(|c| !permitted(*c))) {
        return Err(format!("character '{c}' is not permitted in server name '{}'.", words[0]));
    }
    let Added { server: mut draft, ready } = read(world, backend, words, env)?;
    let uuid = match draft.id {
        Some(id) => unique(world, backend, id)?,
        None => world.free_number(backend),
    };
    if let ServerAddress::Host { name, port, .. } = &draft.addr {
        // As with `init-addr none`: it waits in maintenance for an address.
        let relative = address::with_port(IpAddr::V4(Ipv4Addr::UNSPECIFIED), *port);
        (draft.hostname, draft.unresolved) = (Some(name.clone()), true);
        draft.addr = ServerAddress::Known(relative);
    }
    let name = &world.plan.backend(backend).name;
    let relative = matches!(draft.addr, ServerAddress::Known(ServerAddr::InetRelative(..)));
    let lacks_port = || world.plan.backend(backend).mould.check.lacks_port().is_some();
    if draft.settings.check && relative && draft.settings.check_port.is_none() && lacks_port() {
        return Err(format!(
            "config: backend '{name}': server '{}' has neither service port nor check port nor tcp_check rule 'connect' \
             with port information.",
            draft.name
        ));
    }
    let track = match &draft.settings.watching.track {
        Some(target) => Some(tracked(world, name, target)?),
        None => None,
    };
    if let Some(guid) = draft.settings.line.guid.as_deref() {
        let same = |s: &&Server| s.line.as_ref().is_some_and(|l| l.guid.as_deref() == Some(guid));
        let alive = world.plan.servers.iter().filter(|s| !world.server(s.id).deleted);
        if let Some(other) = alive.into_iter().find(same) {
            return Err(format!("GUID '{guid}' already used by server '{}'", other.name));
        }
    }
    if world.servers_of(backend).any(|(_, s)| s.name == draft.name) {
        return Err("Already exists a server with the same name in backend.".to_owned());
    }
    let id = ServerId::from(world.plan.servers.len());
    let mould = &world.plan.backend(backend).mould;
    let mut server = compile::server(id, backend, &draft, uuid, mould, &world.plan.resolvers);
    server.watching.track = track;
    Ok((server, ready))
}

/// Reads the words as a line of the backend's section.
fn read(world: &World, backend: BackendId, words: &[&str], env: &Env) -> Result<Added, String> {
    // Quoted, so that each word stays one and as it is.
    let quoted: Vec<String> = words.iter().map(|w| format!("'{}'", w.replace('\'', "'\\''"))).collect();
    let line = quoted.join(" ");
    let mut map = SourceMap::default();
    let file = map.add("CLI", line.as_bytes());
    let at = Span { file, line: 1, col: 1, len: 1 };
    let place = lex::Place { file, name: "CLI", line: 1, section: "" };
    let (mut draft, mut acls, mut env) = (Draft::default(), AclScope::default(), env.clone());
    let (mut diags, mut aborted) = (Diags::default(), false);
    let lexed = lex::line(line.as_bytes(), &place, &env).map_err(|e| e.message())?;
    let words = lexed.words(line.as_bytes(), &place);
    let plan = world.plan.backend(backend);
    let settings = Settings { mode: plan.mode, ..Settings::default() };
    draft.proxies.push(ProxyDraft::new(ProxyKind::Backend, &plan.name, at, settings));
    let mut cx = DirectiveCx {
        section: BACKEND,
        draft: &mut draft,
        acls: &mut acls,
        env: &mut env,
        diags: &mut diags,
        map: &map,
        line: at,
        polarity: Polarity::Plain,
        aborted: &mut aborted,
    };
    dynamic_server::read(&mut cx, &words)
}

/// A number that no other server of the backend has.
fn unique(world: &World, backend: BackendId, id: u32) -> Result<u32, String> {
    match world.servers_of(backend).find(|(_, s)| s.uuid == id) {
        None => Ok(id),
        Some((_, other)) => {
            let place = place(world, other);
            Err(format!("'id' : custom id {id} already used at {place} ('server {}').", other.name))
        }
    }
}

fn place(world: &World, server: &Server) -> String {
    // One that came while running stands in no file.
    let in_file = world.plan.backend(server.backend).servers.contains(&server.id.0);
    if !in_file {
        return "CLI:1".to_owned();
    }
    format!("{}:{}", world.plan.sources.name(server.at.file), server.at.line)
}

/// The server that a new one tracks: one of the files, so that no chain breaks when servers go.
fn tracked(world: &World, own: &str, target: &str) -> Result<ServerId, String> {
    let (backend, name) = target.split_once('/').unwrap_or((own, target));
    let plan = &world.plan;
    let Some(at) = plan.backends.iter().position(|b| b.name == backend).map(BackendId::from) else {
        return Err(format!("unable to find required proxy '{backend}' for tracking."));
    };
    let Some((id, other)) = world.servers_of(at).find(|(_, s)| s.name == name) else {
        return Err(format!("unable to find required server '{name}' for tracking."));
    };
    if !plan.backend(at).servers.contains(&id.0) {
        return Err(format!("unable to use {backend}/{name} for tracking as it is a dynamic server."));
    }
    if other.check.is_none() && other.watching.agent.is_none() && other.watching.track.is_none() {
        return Err(format!(
            "unable to use {backend}/{name} for tracking as it does not have any check nor agent enabled."
        ));
    }
    Ok(id)
}
