//! Names that requests want looked up (manual 4.2 `http-request do-resolve`): each joins the names of its section for as long as
//! somebody waits for it, and the last good answer holds for `hold valid`.
use super::Names;
use super::pick::{Pick, pick};
use super::section::Section;
use crate::net::Core;
use crate::plan::draft::Family;
use crate::plan::resolvers::Wishes;
use crate::share::Shared;
use crate::share::lookups::Question;
use std::future::poll_fn;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

/// Answers the questions of all cores.
pub fn serve(core: &Core, names: &Names, shared: &Arc<Shared>) {
    let (sections, asked) = (names.sections.clone(), shared.clone());
    let inner = core.clone();
    let task = core.spawn(async move {
        poll_fn(|_| {
            for question in asked.lookups.take() {
                match sections.iter().find(|s| s.plan().name == question.resolvers) {
                    Some(section) => ask(&inner, section, question),
                    None => question.tell(None),
                }
            }
            Poll::<()>::Pending
        })
        .await;
    });
    let notifier = core.notifier();
    shared.lookups.serve(Box::new(move || notifier.wake(task)));
}

fn ask(core: &Core, section: &Rc<Section>, question: Arc<Question>) {
    if section.servers.is_empty() {
        return question.tell(None);
    }
    section.start(core);
    section.ask(question);
}

/// Answers those who wait for a name.
pub fn tell(waiting: Vec<Arc<Question>>, addresses: &[IpAddr]) {
    for question in waiting {
        let family = if question.v4 { Family::V4 } else { Family::V6 };
        // The same address may be given to each.
        let wishes = Wishes { family, duplicates: true, ..Wishes::default() };
        let picked = pick(addresses.iter().copied(), &wishes, None, |_| false);
        question.tell(match picked {
            Pick::Other(ip) => Some(ip),
            Pick::Same | Pick::None => None,
        });
    }
}
