//! `observe`: what so many errors of the traffic in a row do to a server (manual 5.2, `on-error`).
use super::probe::{self, Found};
use super::{Event, Scale, Watch};
use crate::net::{Core, TaskId};
use crate::plan::Plan;
use crate::plan::check::OnError;
use crate::share::observed::TooMany;
use crate::share::{CheckStatus, Shared};
use crate::world::Published;
use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

/// Starts the task that waits for what the cores tell, where any server is observed.
pub(super) fn start(
    core: &Core,
    published: &Arc<Published>,
    shared: &Arc<Shared>,
    notify: &Rc<dyn Fn(Event)>,
    plan: &Arc<Plan>,
    tasks: &Rc<RefCell<Vec<TaskId>>>,
) {
    if plan.servers.iter().all(|s| s.watching.observe.is_none()) {
        return;
    }
    let (own, published, shared) = (core.clone(), published.clone(), shared.clone());
    let (notify, plan, tasks) = (notify.clone(), plan.clone(), tasks.clone());
    core.spawn(async move {
        let (notifier, task) = (own.notifier(), own.current());
        shared.observed.set_wake(Box::new(move || notifier.wake(task)));
        while Arc::ptr_eq(&published.load().plan, &plan) {
            let told = poll_fn(|_| match shared.observed.take() {
                told if told.is_empty() => Poll::Pending,
                told => Poll::Ready(told),
            });
            for too_many in told.await {
                let watch = Watch {
                    core: own.clone(),
                    published: published.clone(),
                    shared: shared.clone(),
                    notify: notify.clone(),
                    plan: plan.clone(),
                    id: too_many.server,
                    tasks: tasks.clone(),
                };
                watch.too_many(&too_many);
            }
        }
    });
}

impl Watch {
    fn too_many(&self, told: &TooMany) {
        let server = self.plan.server(self.id);
        // Without checks nothing would bring the server back.
        let (Some(observe), Some(check)) = (&server.watching.observe, &server.check) else { return };
        if self.published.load().server(self.id).admin.in_maint() {
            return;
        }
        let rise = Scale::of(check).rise;
        {
            let state = &mut self.shared.checks.server(self.id).check;
            match observe.on_error {
                OnError::SuddenDeath if state.health > rise => state.health = rise + 1,
                OnError::MarkDown if state.health > rise => state.health = rise,
                _ => {}
            }
        }
        if observe.on_error != OnError::FastInter {
            let info = format!("Detected {} consecutive errors, last one was: {}", told.errors, told.last);
            let found = Found { info: probe::cut(info), ..Found::plain(CheckStatus::Analyze) };
            self.end(check, found, None);
        }
        if let Some(fast) = check.fastinter {
            self.shared.checks.server(self.id).hurry = Some(self.core.now() + fast);
            let task = self.tasks.borrow()[self.id.index()];
            self.core.wake(task);
        }
    }
}
