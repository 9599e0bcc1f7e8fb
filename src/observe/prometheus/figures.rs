//! What is seen of a frontend, a backend or a server, and the lines that are written of it.
use super::super::columns::{Col, NAMES};
use super::super::listeners;
use super::super::stat::{self, Proxy, View};
use super::super::{about, columns::Row};
use super::escaped;
use super::table::{self, Metric, Objects, Show};
use crate::base::ids::{BackendId, FrontendId, ListenerId, ServerId};
use crate::plan::Mode;
use crate::world::{Health, ServerState, World};
use std::fmt::Write;

/// The states of a server, in HAProxy's order.
const STATES: [&str; 5] = ["DOWN", "UP", "MAINT", "DRAIN", "NOLB"];
/// The states of a listener, in HAProxy's order.
const LISTENING: [&str; 3] = ["WAITING", "OPEN", "FULL"];
/// The ends of a check, in HAProxy's order.
const CHECKS: [&str; 16] = [
    "HANA", "SOCKERR", "L4OK", "L4TOUT", "L4CON", "L6OK", "L6TOUT", "L6RSP", "L7TOUT", "L7RSP", "L7OK",
    "L7OKC", "L7STS", "PROCERR", "PROCTOUT", "PROCOK",
];

/// An object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id {
    Frontend(FrontendId),
    Listener(ListenerId),
    Backend(BackendId),
    Server(ServerId),
}

/// An object with its labels.
#[derive(Debug)]
pub struct Object {
    pub id: Id,
    pub labels: String,
    pub http: bool,
}

/// What was seen: as little as possible of each of thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    Number(i64),
    Millis(i64),
    /// One of several states; none where it is beyond the list.
    State(u8),
    /// There is no figure.
    NaN,
    /// There is not even a line.
    Nowhere,
}

/// The objects of a kind, in the order of the configuration.
pub fn objects(world: &World, kind: Objects, no_maint: bool) -> Vec<Object> {
    let plan = &world.plan;
    let mut all = Vec::new();
    for proxy in stat::proxies(plan) {
        match proxy {
            Proxy::Frontend(id, f) if kind == table::F => {
                let labels = format!("proxy=\"{}\"", escaped(&f.name));
                all.push(Object { id: Id::Frontend(id), labels, http: f.mode == Mode::Http });
            }
            Proxy::Frontend(_, f) if kind == table::L => {
                all.extend(listeners::counted(plan, f).map(|(id, listener)| {
                    let name = listeners::name(listener);
                    let labels = format!("proxy=\"{}\",listener=\"{}\"", escaped(&f.name), escaped(&name));
                    Object { id: Id::Listener(id), labels, http: f.mode == Mode::Http }
                }));
            }
            Proxy::Backend(id, b) if kind == table::B => {
                let labels = format!("proxy=\"{}\"", escaped(&b.name));
                all.push(Object { id: Id::Backend(id), labels, http: b.mode == Mode::Http });
            }
            Proxy::Backend(id, b) if kind == table::S => {
                let shown =
                    world.servers_of(id).filter(|(s, _)| !(no_maint && world.server(*s).admin.in_maint()));
                all.extend(shown.map(|(server, s)| {
                    let labels = format!("proxy=\"{}\",server=\"{}\"", escaped(&b.name), escaped(&s.name));
                    Object { id: Id::Server(server), labels, http: b.mode == Mode::Http }
                }));
            }
            _ => {}
        }
    }
    all
}

/// Looks at an object once, for all its metrics.
pub fn look(view: &View<'_>, id: Id, metrics: &[Metric]) -> Box<[Value]> {
    let row = match id {
        Id::Frontend(id) => view.frontend(id),
        Id::Listener(id) => view.listener(id),
        Id::Backend(id) => view.backend(id, false),
        Id::Server(id) => view.server(id),
    };
    metrics.iter().map(|metric| value(view, id, &row, metric.show)).collect()
}

fn value(view: &View<'_>, id: Id, row: &Row, show: Show) -> Value {
    let number = |col| row.number(col).map_or(Value::NaN, Value::Number);
    let check = row.word(Col::CheckStatus);
    match show {
        Show::Number(col) | Show::Class(col, _) => number(col),
        Show::Millis(col) => row.number(col).map_or(Value::NaN, Value::Millis),
        Show::Extra(col, _) => row.number(col).map_or(Value::Nowhere, Value::Number),
        Show::Status => Value::State(match id {
            Id::Frontend(_) => u8::from(row.word(Col::Status) != "STOP"),
            Id::Listener(_) => LISTENING.iter().position(|s| *s == row.word(Col::Status)).unwrap_or(1) as u8,
            Id::Backend(_) => u8::from(row.word(Col::Status) == "UP"),
            Id::Server(id) => state(view.world.server(id)),
        }),
        // A backend without servers has nothing to count.
        Show::Servers | Show::Checks => match id {
            Id::Backend(id) if view.world.servers_of(id).next().is_none() => Value::Nowhere,
            _ => Value::Number(0),
        },
        Show::CheckStatus | Show::CheckCode if check.is_empty() => Value::Nowhere,
        Show::CheckStatus => Value::State(check_index(check)),
        Show::CheckCode => Value::Number(row.number(Col::CheckCode).unwrap_or(0)),
        Show::CheckDuration => match id {
            Id::Server(id) => last_check(view, id),
            Id::Frontend(_) | Id::Listener(_) | Id::Backend(_) => Value::Nowhere,
        },
    }
}

fn state(state: &ServerState) -> u8 {
    match state.health {
        _ if state.admin.in_maint() => 2,
        Health::Stopping => 4,
        Health::Down => 0,
        Health::Up | Health::Unchecked if state.admin.draining() => 3,
        Health::Up | Health::Unchecked => 1,
    }
}

/// The place of a check's end in the list; behind it while none has ended.
fn check_index(status: &str) -> u8 {
    let status = status.trim_start_matches("* ");
    CHECKS.iter().position(|name| *name == status).unwrap_or(CHECKS.len()) as u8
}

/// How long the last check took: told also while there are none any more.
fn last_check(view: &View<'_>, id: ServerId) -> Value {
    let record = view.shared.checks.server(id);
    if !record.check.status.is_final() {
        return Value::Nowhere;
    }
    Value::Millis(record.check.duration.map_or(0, |took| took.as_millis() as i64))
}

/// Columns of single protocols, for `extra-counters`: those of HAProxy's modules.
pub fn extra(kind: Objects) -> impl Iterator<Item = Metric> {
    let last =
        if kind & (table::S | table::L) != 0 { Col::SslFailedHandshake } else { Col::H1SplicedBytesOut };
    (Col::SslSess as usize..=last as usize).map(move |at| {
        let (name, col) = (NAMES[at], table::PROTOCOLS[at - Col::SslSess as usize]);
        let module = name.split('_').next().unwrap_or_default();
        // The second letter of the tags says what kind of figure it is.
        let counter = about::COLUMNS[at].0.as_bytes()[1] == b'C';
        Metric::extra(kind, name, counter, Show::Extra(col, module))
    })
}

/// Writes an object's lines of a metric.
pub fn write(metric: &Metric, object: &Object, value: Value, name: &str, out: &mut String) {
    let labels = &object.labels;
    let class = match metric.show {
        Show::Class(_, code) => format!(",code=\"{code}\""),
        Show::Extra(_, module) => format!(",mod=\"{module}\""),
        _ => String::new(),
    };
    let _ = match value {
        Value::Number(n) => writeln!(out, "{name}{{{labels}{class}}} {n}"),
        Value::Millis(n) => writeln!(out, "{name}{{{labels}}} {}.{:03}000", n / 1_000, n % 1_000),
        Value::NaN => writeln!(out, "{name}{{{labels}{class}}} NaN"),
        Value::State(at) => {
            let states: &[&str] = match (metric.show, object.id) {
                (Show::CheckStatus, _) => &CHECKS,
                (_, Id::Server(_)) => &STATES,
                (_, Id::Listener(_)) => &LISTENING,
                _ => &STATES[..2],
            };
            let count = |i: usize| u32::from(i == usize::from(at));
            return states_of(states.iter().enumerate().map(|(i, s)| (*s, count(i))), name, labels, out);
        }
        Value::Nowhere => Ok(()),
    };
}

/// How many servers of a backend are in each state, or had their last checks end so.
pub fn sums(view: &View<'_>, id: BackendId, show: Show, name: &str, labels: &str, out: &mut String) {
    let world = view.world;
    let mut counts = [0_u32; CHECKS.len()];
    let names: &[&str] = if show == Show::Checks { &CHECKS } else { &STATES };
    for (server, plan) in world.servers_of(id) {
        let of = world.server(server);
        let at = if show != Show::Checks {
            state(of)
        } else if plan.check.is_some() && !world.overrides(server).check.off && !of.admin.in_maint() {
            check_index(view.shared.checks.server(server).check.status.name())
        } else {
            continue;
        };
        if let Some(count) = counts.get_mut(usize::from(at)) {
            *count += 1;
        }
    }
    states_of(names.iter().copied().zip(counts), name, labels, out);
}

fn states_of<'a>(all: impl Iterator<Item = (&'a str, u32)>, name: &str, labels: &str, out: &mut String) {
    for (state, count) in all {
        let _ = writeln!(out, "{name}{{{labels},state=\"{state}\"}} {count}");
    }
}
