//! Health checks: one task per checked server on the control core, the counters of rise and fall, and what a server's
//! change of state does to the World, to the records and to the operator's screen.
//!
//! Checks run once per server, not once per core. Intervals, the spread of the first checks, the counters and the words are
//! HAProxy's (configuration manual 5.2 `check`, `inter`, `rise`, `fall` …; its `check.c` and `server.c`).
mod agent;
mod answer;
mod ask;
mod change;
mod context;
mod count;
mod expect;
mod external;
mod force;
mod observed;
mod opening;
mod probe;
mod protocols;
mod script;
mod warm;

pub use change::{Message, change_server, init, init_server};
pub use force::{force_agent, force_health, restore};

use crate::base::ids::ServerId;
use crate::base::time::Tick;
use crate::net::{Core, TaskId};
use crate::plan::{Check, Plan};
use crate::share::{CheckResult, CheckState, CheckStatus, Shared};
use crate::world::{Health, Published, ServerState, World};
use count::Scale;
use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// What the checks tell the control thread.
#[derive(Clone, Debug)]
pub enum Event {
    /// This World was put into force: the shards are to be told.
    World(Arc<World>),
    /// A server with a name that is looked up could not be connected to: the name may have another address by now.
    Unreachable(ServerId),
    /// For the operator: standard error, and the log lines.
    Say(Message),
}

#[derive(Clone)]
/// The checks that run, for servers that come later.
pub struct Running {
    core: Core,
    published: Arc<Published>,
    shared: Arc<Shared>,
    notify: Rc<dyn Fn(Event)>,
    tasks: Rc<RefCell<Vec<TaskId>>>,
}

/// Starts the checks of all checked servers as tasks of `core`, the control thread's. They end by themselves when another
/// Plan is in force or their server was deleted. The records were set by [`init`]. Events come on that thread, in order.
pub fn run(
    core: &Core,
    published: Arc<Published>,
    shared: Arc<Shared>,
    notify: impl Fn(Event) + 'static,
) -> Running {
    let notify: Rc<dyn Fn(Event)> = Rc::new(notify);
    let plan = published.load().plan.clone();
    let tasks = Rc::new(RefCell::new(vec![TaskId::NONE; plan.servers.len()]));
    let running = Running { core: core.clone(), published, shared, notify, tasks };
    running.warm(plan.servers.iter());
    running.observe();
    for (id, of, delay) in first_checks(&plan) {
        running.watch(id, of, delay);
    }
    running
}

impl Running {
    /// Starts what a server needs that was added while running. Whether it is asked is for `enable health` and `enable agent`
    /// to say.
    pub fn add(&self, id: ServerId) {
        let plan = self.published.load().plan.clone();
        self.tasks.borrow_mut().resize(id.index() + 1, TaskId::NONE);
        let server = plan.server(id);
        self.warm(std::iter::once(server));
        if server.check.is_some() {
            self.watch(id, Of::Server, Duration::ZERO);
        }
        if server.watching.agent.is_some() {
            self.watch(id, Of::Agent, Duration::ZERO);
        }
    }

    fn watcher(&self, id: ServerId) -> Watch {
        Watch {
            core: self.core.clone(),
            published: self.published.clone(),
            shared: self.shared.clone(),
            notify: self.notify.clone(),
            plan: self.published.load().plan.clone(),
            id,
            tasks: self.tasks.clone(),
        }
    }

    fn watch(&self, id: ServerId, of: Of, delay: Duration) {
        let (watch, first) = (self.watcher(id), self.core.now() + delay);
        match of {
            Of::Server => self.core.spawn(watch.run(first)),
            Of::Agent => self.core.spawn(watch.run_agent(first)),
        };
    }
}

/// What is asked: the server itself, or the agent beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Server,
    Agent,
}

/// When each checked server and each agent is asked first: spread over the shortest interval, so that a start is no burst.
fn first_checks(plan: &Plan) -> Vec<(ServerId, Of, Duration)> {
    /// Shorter intervals start on their own and shorten nobody's spread (`SRV_CHK_INTER_THRES`).
    const THRESHOLD: Duration = Duration::from_secs(1);
    let mut checked: Vec<(ServerId, Of, Duration)> = Vec::new();
    for server in plan.servers.iter().filter(|s| !plan.backend(s.backend).disabled) {
        if let Some(check) = &server.check {
            checked.push((server.id, Of::Server, Scale::of(check).interval(check, check.rise, true)));
        }
        if let Some(agent) = &server.watching.agent {
            checked.push((server.id, Of::Agent, agent.inter));
        }
    }
    let shortest = checked.iter().map(|c| c.2).filter(|&i| i >= THRESHOLD).min().unwrap_or_default();
    let count = checked.len() as u32;
    let delay = |position: u32, inter: Duration| {
        let over = inter.max(shortest);
        let over = plan.global.max_spread_checks.map_or(over, |most| over.min(most));
        over * position / count
    };
    checked.iter().zip(0..).map(|(&(id, of, inter), position)| (id, of, delay(position, inter))).collect()
}

/// The checks of one server.
struct Watch {
    core: Core,
    published: Arc<Published>,
    shared: Arc<Shared>,
    notify: Rc<dyn Fn(Event)>,
    plan: Arc<Plan>,
    id: ServerId,
    /// The tasks of all servers' checks, to be woken when one is wanted sooner.
    tasks: Rc<RefCell<Vec<TaskId>>>,
}

impl Watch {
    async fn run(self, first: Tick) {
        let Some(check) = &self.plan.server(self.id).check else { return };
        let mut next = first;
        let mut random = self.id.index() as u64 ^ self.core.now().0;
        loop {
            self.sleep(&mut next).await;
            let world = self.published.load();
            if self.is_over(&world) {
                return;
            }
            if world.server(self.id).admin.in_maint() || world.overrides(self.id).check.off {
                next = self.core.now() + check.inter;
                continue;
            }
            self.begin();
            let began = self.core.now();
            let found = probe::probe(&self, check).await;
            let interval = self.end(check, found, Some(self.core.now().since(began)));
            next = together(self.core.now() + self.spread(interval, &mut random), interval);
        }
    }

    /// Whether there is nothing to be asked any more.
    fn is_over(&self, world: &World) -> bool {
        !Arc::ptr_eq(&world.plan, &self.plan) || world.server(self.id).deleted
    }

    /// Sleeps until the next check, or until the time that `hurry` asks for in the meantime.
    async fn sleep(&self, next: &mut Tick) {
        self.tasks.borrow_mut()[self.id.index()] = self.core.current();
        loop {
            let hurried = poll_fn(|_| match self.shared.checks.server(self.id).hurry.take() {
                Some(at) if at < *next => Poll::Ready(at),
                _ => Poll::Pending,
            });
            match self.core.until(Some(*next), hurried).await {
                Ok(at) => *next = at,
                Err(_) => return,
            }
        }
    }

    /// Whether the server is not down: what a 404 means depends on it.
    fn is_up(&self) -> bool {
        self.published.load().server(self.id).health != Health::Down
    }

    /// The server's state as `http-check send-state` tells it.
    fn state_words(&self, world: &World) -> String {
        let Some(check) = &self.plan.server(self.id).check else { return "no check".to_owned() };
        let scale = Scale::of(check);
        let health = self.shared.checks.server(self.id).check.health;
        let (at, of) = scale.shown(health);
        let name = match world.server(self.id).health {
            Health::Stopping => "NOLB",
            Health::Down => "DOWN",
            _ => "UP",
        };
        let settled = if name == "DOWN" { health == 0 } else { health == scale.full() };
        if settled { name.to_owned() } else { format!("{name} {at}/{of}") }
    }

    fn begin(&self) {
        let state = &mut self.shared.checks.server(self.id).check;
        state.running = true;
        state.result = CheckResult::Unknown;
        state.info.clear();
    }

    /// Counts a result and puts a change of state into force. Returns the interval to the next check.
    fn end(&self, check: &Check, found: probe::Found, took: Option<Duration>) -> Duration {
        if matches!(found.status, CheckStatus::L4Timeout | CheckStatus::L4Connection)
            && self.plan.server(self.id).lookup.is_some()
        {
            (self.notify)(Event::Unreachable(self.id));
        }
        let scale = Scale::of(check);
        let before = self.shared.checks.server(self.id).check.status;
        let (counted, state) = {
            let state = &mut self.shared.checks.server(self.id).check;
            let counted = note(state, scale, found, took);
            (counted, state.clone())
        };
        let backend = self.plan.backend(self.plan.server(self.id).backend);
        if backend.log_health_checks && (counted || before != state.status) {
            let weight = self.published.load().server(self.id).weight;
            (self.notify)(Event::Say(change::logged_check(&self.plan, self.id, &state, scale, weight)));
        }
        let conditional = state.result == CheckResult::ConditionallyPassed;
        let now_is = self.published.load().server(self.id).health;
        let health = match state.health >= scale.rise {
            false => Health::Down,
            true if !self.agent_is_up() => now_is,
            true if conditional => Health::Stopping,
            // A failure on the way down does not bring back one that wants no new clients.
            true if state.result == CheckResult::Failed => now_is,
            true => Health::Up,
        };
        let settled = health != Health::Down || state.health == 0;
        if settled {
            self.becomes(health, &state, backend.log_health_checks);
        }
        let up = settled && health != Health::Down || !settled && now_is != Health::Down;
        scale.interval(check, state.health, up)
    }

    /// Puts a change of health into force; nothing where it is so already.
    fn becomes(&self, health: Health, state: &CheckState, logged: bool) {
        if self.published.load().server(self.id).health == health {
            return;
        }
        let reason = if logged { String::new() } else { change::reason_of_check(state) };
        self.change(&reason, |s| s.health = health);
    }

    /// Edits the server, and tells.
    fn change(&self, reason: &str, edit: impl FnOnce(&mut ServerState)) {
        let now = self.core.now();
        let (world, messages) = change_server(&self.published, &self.shared, now, self.id, reason, edit);
        (self.notify)(Event::World(world));
        messages.into_iter().for_each(|m| (self.notify)(Event::Say(m)));
    }

    /// Whether no agent has said that the server is down.
    fn agent_is_up(&self) -> bool {
        self.plan.server(self.id).watching.agent.is_none()
            || self.shared.checks.server(self.id).agent.health > 0
    }

    /// Whether no check has found that the server is down.
    fn check_is_up(&self) -> bool {
        let check = self.plan.server(self.id).check.as_ref();
        check.is_none_or(|c| self.shared.checks.server(self.id).check.health >= Scale::of(c).rise)
    }

    /// `spread-checks`: the interval moved to and fro by up to so many percent.
    fn spread(&self, interval: Duration, random: &mut u64) -> Duration {
        let percent = u64::from(self.plan.global.spread_checks.min(50));
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let most = interval * percent as u32 / 100;
        interval - most + most.mul_f64(2.0 * (*random >> 40) as f64 / (1u64 << 24) as f64)
    }
}

/// Moves a check's time to one that it shares with others: many checks in one turn cost far less than each a turn. A turn of them is
/// short, and no interval changes by more than a two hundredth.
fn together(at: Tick, interval: Duration) -> Tick {
    const LONGEST: Duration = Duration::from_millis(5);
    let step = (interval / 200).min(LONGEST).as_nanos() as u64;
    if step == 0 { at } else { Tick(at.0.next_multiple_of(step)) }
}

/// Writes a check's end into its record; whether it counted.
fn note(state: &mut CheckState, scale: Scale, found: probe::Found, took: Option<Duration>) -> bool {
    state.running = false;
    state.status = found.status;
    state.result = found.status.result();
    state.code = found.code;
    state.info = found.info;
    state.duration = took;
    let passed = matches!(state.result, CheckResult::Passed | CheckResult::ConditionallyPassed);
    let health = scale.after(state.health, passed);
    let counted = health != state.health;
    if counted && !passed {
        state.failed += 1;
    }
    state.health = health;
    counted
}

/// The status a server shows before its first check.
const BEFORE_FIRST: CheckStatus = CheckStatus::Initializing;

#[cfg(test)]
mod tests;
