//! Names of servers, looked up while running (manual 5.3): a task per `resolvers` section on the control core asks its name
//! servers and tells the [`Host`] which addresses servers get, and which have none.
//!
//! [`resolution`] knows when one name is asked for, [`pick`] which of its addresses a server takes, [`service`] which server
//! gets which record of an SRV label, [`nameserver`] how questions and answers travel. Nothing here ever makes traffic wait.
mod asked;
mod nameserver;
mod pick;
mod resolution;
mod section;
mod service;
mod show;

pub use asked::serve;
pub use show::{csv, show};

use crate::base::ids::{BackendId, ServerId};
use crate::net::Core;
use crate::world::{ServerState, World};
use section::Section;
use std::rc::Rc;
use std::sync::Arc;

/// What the process does for the names: it is the only writer of Worlds.
pub trait Host {
    fn world(&self) -> Arc<World>;
    /// Another state of a server, with HAProxy's words for it.
    fn change(&self, server: ServerId, reason: &str, edit: &dyn Fn(&mut ServerState));
    /// Any other edit.
    fn edit(&self, edit: &dyn Fn(&World) -> World);
    /// A line for the operator, and for the backend's log.
    fn say(&self, backend: BackendId, text: String);
}

/// The sections as they run.
pub struct Names {
    sections: Vec<Rc<Section>>,
}

/// Starts the sections that some server uses; the others only show their figures.
pub fn run(core: &Core, host: Rc<dyn Host>) -> Names {
    let plan = host.world().plan.clone();
    let sections: Vec<Rc<Section>> =
        (0..plan.resolvers.len()).map(|index| Section::new(core, &plan, index, host.clone())).collect();
    for section in sections.iter().filter(|s| s.is_used()) {
        section.start(core);
    }
    Names { sections }
}

impl Names {
    /// A check of a server got no connection: its address may be another's by now (manual 5.3.1).
    pub fn doubt(&self, server: ServerId) {
        self.sections.iter().for_each(|section| section.doubt(server));
    }

    /// A server is to be looked up by another name (`set server … fqdn`). It keeps its address until the new name has one.
    pub fn rename(&self, core: &Core, lookup: &crate::plan::Lookup, server: ServerId, name: &str) {
        let Some(section) = self.sections.get(lookup.resolvers) else { return };
        section.want(name, server);
        // One that nobody used has no task yet.
        if section.is_used() && !section.runs() {
            core.spawn(section::run(section.clone()));
        }
    }
}
