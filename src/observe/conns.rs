//! `show servers conn` (management manual, 9.3).
use super::servers::{backends_in_order, shown_address};
use crate::base::ids::{BackendId, ServerId};
use crate::share::Shared;
use crate::world::World;
use std::fmt::Write;

/// The answer to `show servers conn [BACKEND]`: a server a line, ended by an empty line. What is idle counts as unsafe: we
/// do not keep apart which idle connection has proved that it can be used again.
#[must_use]
pub fn servers_conn(world: &World, shared: &Shared, backend: Option<BackendId>) -> String {
    let mut out = format!(
        "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb safe_nb idle_lim \
         idle_cur idle_per_thr[{}]\n",
        shared.shards.len()
    );
    for id in backends_in_order(&world.plan) {
        if backend.is_none_or(|wanted| wanted == id) {
            for (server, _) in world.servers_of(id) {
                line(world, shared, server, &mut out);
            }
        }
    }
    out.push('\n');
    out
}

fn line(world: &World, shared: &Shared, id: ServerId, out: &mut String) {
    let (server, i) = (world.plan.server(id), id.index());
    let backend = world.plan.backend(server.backend);
    let (addr, port) = shown_address(world.addr(id));
    let sid = if backend.disabled { 0 } else { server.uuid };
    let used = shared.sum_now(|s| &s.servers[i].sess_cur);
    let peak = shared.trends().servers[i].peak(shared.shards.iter().map(|s| &s.servers[i].sess_cur));
    let idle = shared.sum_now(|s| &s.servers[i].idle);
    let limit = server.pool_max_conn.map_or(-1, i64::from);
    let _ = write!(
        out,
        "{}/{} {}/{sid} {addr} {port} - {} {used} {peak} {peak} {idle} 0 {limit} {idle}",
        backend.name,
        server.name,
        backend.uuid,
        server.pool_purge_delay.as_millis(),
    );
    for shard in &shared.shards {
        let _ = write!(out, " {}", shard.servers[i].idle.get().max(0));
    }
    out.push('\n');
}
