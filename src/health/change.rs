//! A server's change of state: the edit of the World, the records of since when and how often, and HAProxy's words for it.
//! Checks and operators' commands take the same way.
use super::BEFORE_FIRST;
use super::count::Scale;
use crate::base::ids::{BackendId, ServerId};
use crate::base::time::Tick;
use crate::plan::{Backend, Plan, Server};
use crate::share::checks::ServerRecord;
use crate::share::{CheckState, CheckStatus, Shared};
use crate::syntax::diag::Severity;
use crate::world::{Health, Published, ServerState, World};
use std::fmt::Write;
use std::sync::Arc;

/// Something to say: on standard error as `[WARNING]  (pid) : text`, and as a log line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub severity: Severity,
    /// The log level: 0 emerg, 1 alert, 5 notice.
    pub level: u8,
    /// The backend whose `log` targets get it.
    pub backend: BackendId,
    pub text: String,
}

impl Message {
    /// The text of the log line: HAProxy puts a proxy's name in quotes only on standard error.
    #[must_use]
    pub fn line(&self) -> std::borrow::Cow<'_, str> {
        if self.level == EMERG { self.text.replace('\'', "").into() } else { self.text.as_str().into() }
    }
}

const EMERG: u8 = 0;
const ALERT: u8 = 1;
const NOTICE: u8 = 5;
/// `rise` of a server without checks.
const DEFAULT_RISE: u32 = 2;

/// Sets the records of all servers and backends as they are at the start, or when a Plan comes into force.
pub fn init(world: &World, shared: &Shared, now: Tick) {
    for server in world.plan.servers.iter() {
        init_server(world, shared, now, server.id);
    }
    for index in 0..world.plan.backends.len() {
        shared.checks.backend(BackendId::from(index)).last_change = now;
    }
}

/// Where a server's checks begin to count (`init-state`).
fn at_first(server: &Server) -> u32 {
    server.check.as_ref().map_or(DEFAULT_RISE, |c| {
        let scale = Scale::of(c);
        server.watching.init_state.health(scale.rise, scale.fall)
    })
}

/// The same for one server.
pub fn init_server(world: &World, shared: &Shared, now: Tick, id: ServerId) {
    let server = world.plan.server(id);
    let mut record = shared.checks.server(id);
    *record = ServerRecord::default();
    record.life.last_change = now;
    record.check.status = BEFORE_FIRST;
    record.check.health = if world.server(id).admin.in_maint() { 0 } else { at_first(server) };
    record.agent.status = BEFORE_FIRST;
    record.agent.health = 1;
}

/// Edits one server and those that track it, keeps the records, and says what HAProxy would. `reason` is what a change of
/// `health` is put down to, as it stands in the message: `reason: Layer4 timeout`, `changed from CLI`, or empty. A server that
/// leaves maintenance is up, but going down on the first failed check. Returns the World then in force. Control thread only.
pub fn change_server(
    published: &Published,
    shared: &Shared,
    now: Tick,
    id: ServerId,
    reason: &str,
    edit: impl FnOnce(&mut ServerState),
) -> (Arc<World>, Vec<Message>) {
    let mut changing = Changing { published, shared, now, messages: Vec::new() };
    let reason = if reason.is_empty() { String::new() } else { format!(", {reason}") };
    changing.one(id, &reason, edit);
    (published.load(), changing.messages)
}

struct Changing<'a> {
    published: &'a Published,
    shared: &'a Shared,
    now: Tick,
    messages: Vec<Message>,
}

impl Changing<'_> {
    fn one(&mut self, id: ServerId, reason: &str, edit: impl FnOnce(&mut ServerState)) {
        let (shared, now) = (self.shared, self.now);
        let before = self.published.load();
        let was = *before.server(id);
        let mut is = was;
        edit(&mut is);
        if is == was {
            return;
        }
        let server = before.plan.server(id);
        let checked = server.check.as_ref();
        let (was_out, is_out) = (was.admin.in_maint(), is.admin.in_maint());
        is.fresh &= is_out;
        if was_out && !is_out && checked.is_some() {
            is.health = Health::at_first(server);
        }
        if was.alive() != is.alive() {
            is.warmth = if is.alive() {
                super::warm::at_first(&before.plan, id)
            } else {
                crate::rules::balance::SCALE
            };
        }
        let after = self.published.edit(|world| world.with_server(id, |state| *state = is));
        if was_out != is_out {
            let mut record = shared.checks.server(id);
            if !is_out {
                // Without a check nothing sets it again, as in HAProxy.
                record.check.health = checked.map_or(record.check.health, |_| at_first(server));
            } else if was.alive() {
                record.check.health = 0;
            }
        }
        let drains = was.admin.draining() != is.admin.draining() && !is.admin.in_maint();
        let stops = (was.health == Health::Stopping) != (is.health == Health::Stopping);
        if was.alive() != is.alive() || drains || stops {
            shared.checks.server(id).life.changed(now, was.alive(), is.alive());
        }
        let up = |world: &World| world.usable_servers(server.backend) > 0;
        let (was_up, is_up) = (up(&before), up(&after));
        if was_up != is_up {
            shared.checks.backend(server.backend).changed(now, was_up, is_up);
        }
        let (backend, queue) = (server.backend, &shared.queues[server.backend.index()]);
        let requeued = if is.openness() < was.openness() && after.plan.backend(backend).redistributes() {
            queue.release(id)
        } else if is.openness() > was.openness() {
            shared.serve_queue(backend, id, after.takes_any(id))
        } else {
            0
        };
        let words = Words { world: &after, shared, id, was, is, queue: (requeued, queue.len_of(id)) };
        words.of_change(reason, &mut self.messages);
        if was_up && !is_up {
            self.messages.push(no_server_left(&after.plan, server.backend));
        }
        self.followers(&after.plan, id, is);
    }

    /// Those that track a server become what it is.
    fn followers(&mut self, plan: &Plan, id: ServerId, is: ServerState) {
        let via = || {
            let server = plan.server(id);
            format!(" via {}/{}", plan.backend(server.backend).name, server.name)
        };
        let world = self.published.load();
        let follows = |s: &&Server| s.watching.track == Some(id) && !world.server(s.id).deleted;
        let followers: Vec<ServerId> = plan.servers.iter().filter(follows).map(|s| s.id).collect();
        // The last one is told first, as HAProxy has them in its list.
        for follower in followers.into_iter().rev() {
            self.one(follower, &via(), |state| {
                state.admin.tracked_maint = is.admin.in_maint();
                state.admin.tracked_drain = is.admin.draining();
                state.health = if is.health == Health::Unchecked { Health::Up } else { is.health };
            });
        }
    }
}

/// The reason that a check gives: `reason: Layer7 wrong status, code: 503, info: "Bye", check duration: 4ms`.
pub(super) fn reason_of_check(check: &CheckState) -> String {
    let mut out = format!("reason: {}", check.status.description());
    if check.status.has_code() {
        let _ = write!(out, ", code: {}", check.code);
    }
    if !check.info.is_empty() {
        let _ = write!(out, ", info: \"{}\"", readable(&check.info));
    }
    if let Some(took) = check.duration {
        let _ = write!(out, ", check duration: {}ms", took.as_millis());
    }
    out
}

/// What is said of a server that starts in drain.
pub(super) fn remains_in_drain(world: &World, backend: BackendId, id: ServerId) -> Message {
    let server = world.plan.server(id);
    let kind = if server.backup { "Backup " } else { "" };
    let name = &world.plan.backend(backend).name;
    let text = format!("{kind}Server {name}/{} remains in forced drain mode.", server.name);
    Message { severity: Severity::Warning, level: NOTICE, backend, text }
}

/// What `option log-health-checks` says of each check that changed something.
pub(super) fn logged_check(
    plan: &Plan,
    id: ServerId,
    check: &CheckState,
    scale: Scale,
    weight: u32,
) -> Message {
    let server = plan.server(id);
    let passed = match check.status {
        CheckStatus::L7OkConditional => "conditionally succeeded",
        status if status.result() == crate::share::CheckResult::Failed => "failed",
        _ => "succeeded",
    };
    let (at, of) = scale.shown(check.health);
    let state = match (check.health >= scale.rise, weight) {
        (false, _) => "DOWN",
        (true, 0) => "DRAIN",
        (true, _) => "UP",
    };
    let text = format!(
        "Health check for {}server {}/{} {passed}, {}, status: {at}/{of} {state}.",
        if server.backup { "backup " } else { "" },
        plan.backend(server.backend).name,
        server.name,
        reason_of_check(check),
    );
    Message { severity: Severity::Warning, level: NOTICE, backend: server.backend, text }
}

fn no_server_left(plan: &Plan, backend: BackendId) -> Message {
    let name = &plan.backend(backend).name;
    let kind = if is_listen(plan, plan.backend(backend)) { "proxy" } else { "backend" };
    let text = format!("{kind} '{name}' has no server available!");
    Message { severity: Severity::Alert, level: EMERG, backend, text }
}

/// A `listen` is a frontend and a backend of one name and id.
fn is_listen(plan: &Plan, backend: &Backend) -> bool {
    plan.frontends.iter().any(|f| f.uuid == backend.uuid && f.name == backend.name)
}

/// Bytes that are no plain text, and what would end the quotes, as `<2A>`.
fn readable(info: &str) -> String {
    let mut out = String::with_capacity(info.len());
    for b in info.bytes() {
        match b {
            b'"' | b'<' | b'>' => _ = write!(out, "<{b:02X}>"),
            b' '..=b'~' => out.push(char::from(b)),
            _ => _ = write!(out, "<{b:02X}>"),
        }
    }
    out
}

struct Words<'a> {
    world: &'a World,
    shared: &'a Shared,
    id: ServerId,
    was: ServerState,
    is: ServerState,
    /// How many requests were sent on, and how many still wait for it alone.
    queue: (u32, u32),
}

impl Words<'_> {
    /// `reason` stands behind what happened, with what parts it: `, reason: …` or ` via …`.
    fn of_change(&self, reason: &str, out: &mut Vec<Message>) {
        if self.was.admin.unresolved != self.is.admin.unresolved {
            return self.of_name(reason.strip_prefix(", ").unwrap_or(reason), out);
        }
        let (was, is) = (&self.was, &self.is);
        let via = if reason.starts_with(" via") { reason } else { "" };
        let stops = |s: &ServerState| s.health == Health::Stopping;
        if !was.admin.in_maint() && !is.admin.in_maint() {
            match (was.alive(), is.alive()) {
                (_, true) if !stops(was) && stops(is) => {
                    out.push(self.say(NOTICE, &format!("is stopping{reason}{}", self.online())));
                }
                (true, true) if stops(was) && !stops(is) => {
                    out.push(self.say(NOTICE, &format!("is UP{reason}{}", self.online())));
                }
                (true, false) => out.push(self.say(ALERT, &format!("is DOWN{reason}{}", self.left()))),
                (false, true) => out.push(self.say(NOTICE, &format!("is UP{reason}{}", self.online()))),
                _ => {}
            }
        }
        match (was.admin.in_maint(), is.admin.in_maint()) {
            (false, true) if was.alive() => {
                out.push(self.say(ALERT, &format!("is going DOWN for maintenance{via}{}", self.left())));
            }
            (false, true) => {
                out.push(self.say(NOTICE, &format!("was DOWN and now enters maintenance{via}")));
            }
            (true, false) => {
                let (state, mode) = (self.up_or_down(), if is.admin.draining() { "DRAIN" } else { "READY" });
                let forced = if was.admin.maint { "forced " } else { "" };
                out.push(self.say(NOTICE, &format!("is {state}/{mode} (leaving {forced}maintenance)")));
            }
            _ => {}
        }
        if is.admin.in_maint() {
            return;
        }
        let reweighted = was.weight != is.weight;
        match (was.admin.draining(), is.admin.draining()) {
            (false, true) if was.admin.in_maint() => {
                out.push(self.say(NOTICE, "remains in forced drain mode"))
            }
            (false, true) => {
                let counts = if is.alive() { self.online() } else { self.left() };
                out.push(self.say(NOTICE, &format!("enters drain state{via}{counts}")));
            }
            (true, true) if was.admin.in_maint() || reweighted => {
                out.push(self.say(NOTICE, "remains in forced drain mode"));
            }
            (true, false) => {
                out.push(self.say(NOTICE, &format!("is {} (leaving forced drain)", self.up_or_down())));
            }
            _ => {}
        }
    }

    /// A server's name lost its address or has one again (manual 5.3).
    fn of_name(&self, reason: &str, out: &mut Vec<Message>) {
        let (was, is) = (self.was.admin, self.is.admin);
        if is.unresolved {
            match (was.in_maint(), self.was.alive()) {
                (true, _) => {}
                (_, true) => {
                    let text = format!("is going DOWN for maintenance ({reason}){}", self.left());
                    out.push(self.say(ALERT, &text));
                }
                _ => out.push(self.say(NOTICE, &format!("was DOWN and now enters maintenance ({reason})"))),
            }
            return;
        }
        let name = self.world.fqdn(self.id).unwrap_or_default();
        let text = if is.in_maint() {
            format!("('{name}') resolves again but remains in maintenance")
        } else {
            let mode = if is.draining() { "DRAIN" } else { "READY" };
            format!("('{name}') is {}/{mode} (resolves again)", self.up_or_down())
        };
        out.push(self.say(NOTICE, &text));
    }

    fn up_or_down(&self) -> &'static str {
        if self.is.alive() { "UP" } else { "DOWN" }
    }

    fn say(&self, level: u8, what: &str) -> Message {
        let server = self.world.plan.server(self.id);
        let text = format!(
            "{}Server {}/{} {what}.",
            if server.backup { "Backup " } else { "" },
            self.world.plan.backend(server.backend).name,
            server.name
        );
        Message { severity: Severity::Warning, level, backend: server.backend, text }
    }

    fn left(&self) -> String {
        let (active, backup, on_backup) = self.counts();
        let sessions: i64 =
            self.shared.shards.iter().map(|s| s.servers[self.id.index()].sess_cur.get()).sum();
        let (requeued, left) = self.queue;
        format!(
            ". {active} active and {backup} backup servers left.{on_backup} {sessions} sessions active, {requeued} \
             requeued, {left} remaining in queue"
        )
    }

    fn online(&self) -> String {
        let (active, backup, on_backup) = self.counts();
        let (requeued, left) = self.queue;
        format!(
            ". {active} active and {backup} backup servers online.{on_backup} {requeued} sessions requeued, {left} total \
             in queue"
        )
    }

    fn counts(&self) -> (u32, u32, &'static str) {
        let (active, backup) = self.world.usable_counts(self.world.plan.server(self.id).backend);
        (active, backup, if active == 0 && backup > 0 { " Running on backup." } else { "" })
    }
}
