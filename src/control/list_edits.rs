//! Edits of lists that rules have asked for: all that have come meanwhile are one edit of the World. The cores are not told:
//! each looks whether there is a newer World before it uses one.
use super::State;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

/// Makes them for as long as the control thread runs.
pub(super) fn start(state: &Rc<State>) {
    let state = state.clone();
    state.core.clone().spawn(async move {
        let (notifier, task) = (state.core.notifier(), state.core.current());
        let edits = &state.shared.list_edits;
        edits.serve(Box::new(move || notifier.wake(task)));
        loop {
            let letters = poll_fn(|_| match edits.take() {
                none if none.is_empty() => Poll::Pending,
                letters => Poll::Ready(letters),
            });
            let letters = letters.await;
            state.published.edit(|world| {
                let mut lists = (*world.lists).clone();
                letters.iter().for_each(|letter| lists.apply(&letter.edit));
                world.with_lists(Arc::new(lists))
            });
            letters.iter().for_each(|letter| letter.finish());
        }
    });
}
