//! Servers that come and go: what the control thread does for `add server` and `del server` beside the edits of the World.
use super::{State, say};
use crate::base::ids::{BackendId, ServerId};
use crate::config;
use crate::health;
use crate::syntax::Env;
use std::time::{Duration, Instant};

/// So long the cores may take to see that a server is in maintenance, and to close its idle connections.
const PATIENCE: Duration = Duration::from_millis(200);

impl State {
    /// `add server`. Everything that the cores share has room for it before a World tells of it.
    pub(super) fn add_server(&self, backend: BackendId, words: &[&str]) -> Result<String, String> {
        let world = self.published.load();
        let name = format!("'server {}/{}'", world.plan.backend(backend).name, words[0]);
        let (server, ready) = match config::added::server(&world, backend, words, &Env::from_process()) {
            Ok(made) => made,
            Err(wrong) => {
                // What is said before the words are read does not name the server.
                let early = words.len() < 2 || wrong.starts_with("character '");
                say::alert(if early { format!("CLI : {wrong}") } else { format!("CLI : {name} : {wrong}") });
                return Err(format!("{wrong}\n\n"));
            }
        };
        let id = server.id;
        self.shared.add_server(backend, id, server.backup);
        let gate = &self.shared.servers[id.index()];
        gate.set_limit(server.maxconn.unwrap_or(0));
        if let Some(least) = server.minconn {
            gate.set_ramp(least, world.plan.full_connections(backend, self.facts.maxconn));
        }
        world.plan.servers.append(server);
        let next = self.published.edit(|world| world.with_added(id, ready));
        health::init_server(&next, &self.shared, self.core.now(), id);
        if let Some(checks) = self.checks.get() {
            checks.add(id);
        }
        self.refresh();
        say::notice(format!("CLI : {name} : New server registered."));
        Ok("New server registered.\n\n".to_owned())
    }

    /// Why a server can't be deleted for now, where it ever can: it carries something, or the cores do not know yet that it
    /// is in maintenance.
    pub(super) fn hinders_deletion(&self, server: ServerId) -> Result<Option<&'static str>, String> {
        let world = self.published.load();
        let wrong = |text: &str| Err(text.to_owned());
        if world.is_named(server) {
            return wrong(
                "This server cannot be removed at runtime due to other configuration elements pointing to it.",
            );
        }
        if !world.server(server).admin.in_maint() {
            return wrong("Only servers in maintenance mode can be deleted.");
        }
        let backend = world.plan.server(server).backend;
        let behind = !self.shared.all_have_seen(world.generation);
        if behind {
            // Not every edit is told to them.
            self.refresh();
        }
        let busy = behind || self.shared.is_in_use(backend, server);
        Ok(busy.then_some(IN_USE))
    }

    /// `del server`: one that is in maintenance, is named by nothing and carries nothing.
    pub(super) fn del_server(&self, server: ServerId) -> Result<String, String> {
        // The cores are asked for what they do anyway; HAProxy stops its threads here.
        let until = Instant::now() + PATIENCE;
        while self.hinders_deletion(server)?.is_some() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        let backend = self.published.load().plan.server(server).backend;
        if self.shared.is_in_use(backend, server) {
            return Err(IN_USE.to_owned());
        }
        self.edit(|world| world.with_deleted(server));
        say::notice("CLI : Server deleted.");
        Ok("Server deleted.".to_owned())
    }
}

const IN_USE: &str = "Server still has connections attached to it, cannot remove it.";
