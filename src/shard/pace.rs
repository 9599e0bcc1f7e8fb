//! Accepting no faster than `maxconnrate`, `maxsessrate` and `rate-limit sessions` allow (manual 3.2 and 4.2): whoever comes too
//! early waits in the kernel.
use super::{Shard, Wanted, wanted};
use crate::base::ids::{FrontendId, ListenerId};
use crate::base::time::Tick;
use crate::net::Listener;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// Waits until the process and the frontend let one more connection in. False when the listener is to stop.
pub(super) async fn in_time(
    shard: &Rc<Shard>,
    id: ListenerId,
    frontend: FrontendId,
    listener: &Listener,
) -> bool {
    let shared = &shard.local.shared;
    let limit = shard.local.view().plan.frontend(frontend).manners.rate_limit;
    let own = |now| match limit {
        0 => Ok(()),
        limit => shared.rates[frontend.index()].enter(limit, now),
    };
    // In this order, as HAProxy: the session is counted where the connection may come.
    wait(shard, id, listener, |now| shared.paces.connections.enter(now)).await
        && wait(shard, id, listener, |now| shared.paces.sessions.enter(now)).await
        && wait(shard, id, listener, own).await
}

/// Asks until it may enter. Whatever wakes the task may have changed the limit: then it asks at once.
async fn wait(
    shard: &Rc<Shard>,
    id: ListenerId,
    listener: &Listener,
    enter: impl Fn(Tick) -> Result<(), Duration>,
) -> bool {
    let core = &shard.local.core;
    loop {
        let Err(wait) = enter(core.now()) else { return true };
        if wanted(shard, id) == Wanted::Stop {
            return false;
        }
        listener.pause();
        let mut sleep = pin!(core.sleep_until(core.now() + wait));
        let mut asleep = false;
        poll_fn(|cx| {
            let over = sleep.as_mut().poll(cx).is_ready() || asleep;
            asleep = true;
            if over { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}
