//! An operator who adds servers and deletes them while requests run, as the control thread does it.
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use ringmain::base::ids::{BackendId, ServerId};
use ringmain::config::added;
use ringmain::net::Core;
use ringmain::net::sim::Rng;
use ringmain::shard::Shard;
use ringmain::share::Shared;
use ringmain::syntax::Env;
use ringmain::world::Published;

/// Adds up to four servers at a time, takes them out of service and deletes them once nothing uses them.
pub async fn run(
    core: Core,
    published: Arc<Published>,
    shared: Arc<Shared>,
    shards: Vec<Rc<Shard>>,
    mut rng: Rng,
) {
    let mut there: Vec<ServerId> = Vec::new();
    for turn in 0..60 {
        core.sleep_until(core.now() + Duration::from_millis(1 + rng.below(20) as u64)).await;
        if there.len() < 4 && rng.chance(600) {
            there.push(add(&published, &shared, turn, &mut rng));
        } else if !there.is_empty() {
            let at = rng.below(there.len());
            let server = there[at];
            let world = published.load();
            if !world.server(server).admin.maint {
                published.edit(|world| world.with_server(server, |state| state.admin.maint = true));
            } else if shared.all_have_seen(world.generation) && !shared.is_in_use(BackendId(0), server) {
                published.edit(|world| world.with_deleted(server));
                there.swap_remove(at);
            }
        }
        shards.iter().for_each(|shard| shard.refresh());
    }
}

fn add(published: &Published, shared: &Shared, turn: usize, rng: &mut Rng) -> ServerId {
    let world = published.load();
    let addr = ["127.0.0.2:8000", "127.0.0.3:8000", "127.0.0.9:8000"][rng.below(3)];
    let limit: &[&str] =
        [&[][..], &["maxconn", "1"], &["maxconn", "2", "weight", "5"], &["backup"]][rng.below(4)];
    let name = format!("n{turn}");
    let words: Vec<&str> = [name.as_str(), addr].into_iter().chain(limit.iter().copied()).collect();
    let (server, _) = added::server(&world, BackendId(0), &words, &Env::empty()).expect("words of a server");
    shared.add_server(BackendId(0), server.id, server.backup);
    shared.servers[server.id.index()].set_limit(server.maxconn.unwrap_or(0));
    let id = ServerId::from(world.plan.servers.append(server));
    published.edit(|world| world.with_added(id, true));
    id
}
