//! `observe`: what so many errors of the traffic in a row do to a server (manual 5.2, `on-error`).
use super::probe::{self, Found};
use super::{Running, Scale, Watch};
use crate::plan::check::OnError;
use crate::share::CheckStatus;
use crate::share::observed::TooMany;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

impl Running {
    /// Starts the task that waits for what the cores tell.
    pub(super) fn observe(&self) {
        let plan = self.published.load().plan.clone();
        let running = self.clone();
        self.core.spawn(async move {
            let (notifier, task) = (running.core.notifier(), running.core.current());
            running.shared.observed.set_wake(Box::new(move || notifier.wake(task)));
            while Arc::ptr_eq(&running.published.load().plan, &plan) {
                let told = poll_fn(|_| match running.shared.observed.take() {
                    told if told.is_empty() => Poll::Pending,
                    told => Poll::Ready(told),
                });
                for too_many in told.await {
                    running.watcher(too_many.server).too_many(&too_many);
                }
            }
        });
    }
}

impl Watch {
    fn too_many(&self, told: &TooMany) {
        let server = self.plan.server(self.id);
        // Without checks nothing would bring the server back.
        let (Some(observe), Some(check)) = (&server.watching.observe, &server.check) else { return };
        let now_is = *self.published.load().server(self.id);
        if now_is.admin.in_maint() || now_is.deleted {
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
