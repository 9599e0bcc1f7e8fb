//! `slowstart` (manual 5.2): the weight of a server that came up grows step by step.
use super::{Event, Running, change_server};
use crate::base::ids::ServerId;
use crate::plan::{Plan, Server};
use crate::rules::balance::SCALE;
use crate::world::ServerState;
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// How much of its weight a server has that has just come up; all of it where it does not start slowly, or where its
/// algorithm can't change weights.
pub(super) fn at_first(plan: &Plan, id: ServerId) -> u32 {
    let server = plan.server(id);
    let slow = server.slowstart.is_some() && plan.backend(server.backend).balance.is_dynamic();
    if slow { 1 } else { SCALE }
}

/// The same after some time (HAProxy's `server_recalc_eweight`, which counts whole seconds).
fn after(slowstart: Duration, up: Duration) -> u32 {
    let (all, up) = (slowstart.as_secs().max(1), up.as_secs());
    if up >= all { SCALE } else { ((u64::from(SCALE) * up + all) / all) as u32 }
}

/// Steps are a twentieth of the whole, or a second.
fn is_step(slowstart: Duration, up: Duration) -> bool {
    let step = (slowstart / 20).as_secs().max(1);
    up >= slowstart || up.as_secs().is_multiple_of(step)
}

impl Running {
    /// Starts the task that lets weights grow, where one of these servers starts slowly. It ends when another Plan is in force,
    /// or when all of its servers are gone.
    pub(super) fn warm<'s>(&self, servers: impl Iterator<Item = &'s Server>) {
        let slow: Vec<(ServerId, Duration)> = servers.filter_map(|s| Some((s.id, s.slowstart?))).collect();
        if slow.is_empty() {
            return;
        }
        let (plan, running) = (self.published.load().plan.clone(), self.clone());
        self.core.spawn(async move {
            let Running { core, published, shared, notify, .. } = running;
            let mut wait = SECOND;
            loop {
                core.sleep_until(core.now() + wait).await;
                wait = SECOND;
                let world = published.load();
                let over = slow.iter().all(|(id, _)| world.server(*id).deleted);
                if over || !Arc::ptr_eq(&world.plan, &plan) {
                    return;
                }
                for &(id, slowstart) in slow.iter().filter(|(id, _)| world.server(*id).warmth < SCALE) {
                    let up = core.now().since(shared.checks.server(id).life.last_change);
                    // Each server has seconds of its own, from when it came up.
                    wait = wait.min(Duration::from_secs(up.as_secs() + 1) - up);
                    if is_step(slowstart, up) {
                        let edit = |state: &mut ServerState| state.warmth = after(slowstart, up);
                        let (world, messages) = change_server(&published, &shared, core.now(), id, "", edit);
                        notify(Event::World(world));
                        messages.into_iter().for_each(|m| notify(Event::Say(m)));
                    }
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weight_grows_to_the_whole() {
        let of = |up| after(Duration::from_secs(10), Duration::from_secs(up));
        assert_eq!([0, 1, 5, 9, 10, 11].map(of), [1, 2, 9, 15, 16, 16]);
        let steps = |all, up| is_step(Duration::from_secs(all), Duration::from_secs(up));
        assert!(steps(10, 1) && steps(60, 3) && !steps(60, 4) && steps(60, 61));
    }
}
