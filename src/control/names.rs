//! Names of servers as the control thread serves them: edits of the World, and HAProxy's words for them.
use super::{State, events, say};
use crate::base::ids::{BackendId, ServerId};
use crate::health;
use crate::names::{self, Host};
use crate::world::{ServerState, World};
use std::rc::Rc;
use std::sync::Arc;

impl State {
    /// Starts the `resolvers` sections.
    pub(super) fn start_names(self: &Rc<State>) {
        let names = names::run(&self.core, Rc::new(self.clone()));
        names::serve(&self.core, &names, &self.shared);
        assert!(self.names.set(names).is_ok(), "names are started once");
    }

    /// A check could not connect to a server.
    pub(super) fn doubt_name(&self, server: ServerId) {
        if let Some(names) = self.names.get() {
            names.doubt(server);
        }
    }

    /// `set server … fqdn`.
    pub(super) fn rename(&self, server: ServerId, name: &str) {
        self.edit(|world| world.with_overrides(server, |o| o.fqdn = Some(name.to_owned())));
        let world = self.published.load();
        if let (Some(names), Some(lookup)) = (self.names.get(), &world.plan.server(server).lookup) {
            names.rename(&self.core, lookup, server, name);
        }
    }

    /// The answer to `show resolvers`.
    ///
    /// # Errors
    /// There is no such section.
    pub(super) fn show_resolvers(&self, name: Option<&str>) -> Result<String, String> {
        self.names.get().map_or_else(|| Ok(String::new()), |names| names::show(names, name))
    }
}

impl State {
    /// The answer to `show stat domain resolvers`.
    pub(super) fn resolver_figures(&self) -> String {
        self.names.get().map_or_else(String::new, names::csv)
    }
}

impl Host for Rc<State> {
    fn world(&self) -> Arc<World> {
        self.published.load()
    }

    fn change(&self, server: ServerId, reason: &str, edit: &dyn Fn(&mut ServerState)) {
        let now = self.core.now();
        let (_, messages) = health::change_server(&self.published, &self.shared, now, server, reason, edit);
        for message in messages {
            self.tell_event(&message);
        }
        self.refresh();
    }

    fn edit(&self, edit: &dyn Fn(&World) -> World) {
        State::edit(self, edit);
    }

    fn say(&self, backend: BackendId, text: String) {
        let set = self.published.load().plan.backend(backend).log_set;
        say::warning(&text);
        self.log(set, events::NOTICE, &text);
    }
}
