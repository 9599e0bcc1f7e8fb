//! An operator who ends sessions (`shutdown session`), whatever they are doing.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use ringmain::net::Core;
use ringmain::net::sim::Rng;
use ringmain::session;
use ringmain::shard::Shard;

/// Ends one of the sessions that are under way, again and again; counts them.
pub async fn run(core: Core, shards: Vec<Rc<Shard>>, mut rng: Rng, killed: Rc<Cell<usize>>) {
    for _ in 0..120 {
        core.sleep_until(core.now() + Duration::from_millis(1 + rng.below(6) as u64)).await;
        let local = &shards[rng.below(shards.len())].local;
        let (found, more) = session::sessions(local, 0, core.now());
        assert!(more.is_none(), "a handful of clients make one piece");
        if found.is_empty() {
            continue;
        }
        let id = found[rng.below(found.len())].id;
        assert_eq!(session::session(local, id).map(|one| one.id), Some(id), "what is listed is found");
        assert!(session::shut(local, id), "what is listed is ended");
        assert!(session::session(local, id).is_none_or(|one| one.killed));
        killed.set(killed.get() + 1);
    }
}
