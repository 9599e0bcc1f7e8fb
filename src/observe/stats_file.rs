//! Statistics files (3.x management manual, "Stats-file"): what has been counted of the objects that have a `guid`, written by
//! `dump stats-file` and counted on by a process that starts with global's `stats-file`. Columns are found by their names in
//! the head lines: what one version counts and another does not is passed over.
use crate::base::ids::{BackendId, FrontendId, ListenerId, ServerId};
use crate::plan::Plan;
use crate::share::counters::ListenerCells;
use crate::share::{BackendCells, Counter, FrontendCells, ServerCells, Shared};
use crate::world::World;
use std::collections::HashMap;
use std::fmt::Write;

/// Where an object of a kind has a figure; `None`: it has none.
type Of<C> = Option<fn(&C) -> &Counter>;

macro_rules! columns {
    ($($name:literal: $($one:ident $(. $rest:tt)* $([$at:literal])?)? | $($other:ident $(. $tail:tt)* $([$place:literal])?)?;)*) => {
        &[$((
            $name,
            columns!(@of $($one $(. $rest)* $([$at])?)?),
            columns!(@of $($other $(. $tail)* $([$place])?)?),
        )),*]
    };
    (@of) => { None };
    (@of $($path:tt)+) => { Some(|cells| &cells.$($path)+) };
}

/// Columns of frontends and of listeners, in HAProxy's order.
const FRONT: &[(&str, Of<FrontendCells>, Of<ListenerCells>)] = columns! {
    "stot": sess_tot | conn_tot;
    "bin": bytes_in | bytes_in;
    "bout": bytes_out | bytes_out;
    "dreq": denied_req | denied_req;
    "dresp": denied_resp | denied_resp;
    "ereq": failed_req | failed_req;
    "hrsp_1xx": status[1] | ;
    "hrsp_2xx": status[2] | ;
    "hrsp_3xx": status[3] | ;
    "hrsp_4xx": status[4] | ;
    "hrsp_5xx": status[5] | ;
    "hrsp_other": status[0] | ;
    "req_tot": req_tot | ;
    "conn_tot": conn_tot | ;
    "intercepted": intercepted | ;
    "dcon": denied_conn | denied_conn;
    "dses": denied_sess | denied_sess;
};

/// Columns of backends and of servers, in HAProxy's order.
const BACK: &[(&str, Of<BackendCells>, Of<ServerCells>)] = columns! {
    "stot": sess_tot | sess_tot;
    "bin": bytes_in | bytes_in;
    "bout": bytes_out | bytes_out;
    "dreq": denied_req | ;
    "dresp": denied_resp | denied_resp;
    "econ": failed_conns | failed_conns;
    "eresp": failed_resp | failed_resp;
    "wretr": retries | retries;
    "wredis": redispatches | redispatches;
    "lbtot": lb_total | lb_total;
    "hrsp_1xx": status[1] | status[1];
    "hrsp_2xx": status[2] | status[2];
    "hrsp_3xx": status[3] | status[3];
    "hrsp_4xx": status[4] | status[4];
    "hrsp_5xx": status[5] | status[5];
    "hrsp_other": status[0] | status[0];
    "req_tot": req_tot | req_tot;
    "cli_abrt": client_aborts | client_aborts;
    "srv_abrt": server_aborts | server_aborts;
    "connect": connect | connect;
    "reuse": reuse | reuse;
};

/// What a head line says of the lines below it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Domain {
    Front,
    Back,
}

/// The answer to `dump stats-file`: a head line and a line for each frontend, backend, server and counted listener that has a
/// `guid`. A figure that an object does not have is empty.
#[must_use]
pub fn dump(world: &World, shared: &Shared) -> String {
    let plan = &world.plan;
    let mut out = String::new();
    head("#fe", FRONT.iter().map(|c| c.0), &mut out);
    for (i, frontend) in plan.frontends.iter().enumerate() {
        if let Some(guid) = &frontend.guid {
            let figures = FRONT.iter().map(|(_, of, _)| of.map(|of| shared.sum(|s| of(&s.frontends[i]))));
            line(guid, figures, &mut out);
        }
        for (id, listener) in super::listeners::counted(plan, frontend) {
            let Some(guid) = &listener.guid else { continue };
            let figures =
                FRONT.iter().map(|(_, _, of)| of.map(|of| shared.sum(|s| of(&s.listeners[id.index()]))));
            line(guid, figures, &mut out);
        }
    }
    head("#be", BACK.iter().map(|c| c.0), &mut out);
    for (i, backend) in plan.backends.iter().enumerate() {
        if let Some(guid) = &backend.guid {
            let figures = BACK.iter().map(|(_, of, _)| of.map(|of| shared.sum(|s| of(&s.backends[i]))));
            line(guid, figures, &mut out);
        }
        for (id, server) in world.servers_of(BackendId::from(i)) {
            let Some(guid) = server.line.as_ref().and_then(|l| l.guid.as_ref()) else { continue };
            let figures =
                BACK.iter().map(|(_, _, of)| of.map(|of| shared.sum(|s| of(&s.servers[id.index()]))));
            line(guid, figures, &mut out);
        }
    }
    out
}

fn head<'n>(kind: &str, names: impl Iterator<Item = &'n str>, out: &mut String) {
    let _ = write!(out, "{kind} guid,");
    names.for_each(|name| _ = write!(out, "{name},"));
    out.push('\n');
}

fn line(guid: &str, figures: impl Iterator<Item = Option<u64>>, out: &mut String) {
    let _ = write!(out, "{guid},");
    for figure in figures {
        figure.iter().for_each(|n| _ = write!(out, "{n}"));
        out.push(',');
    }
    out.push('\n');
}

/// Whose figures a line of a file has.
#[derive(Clone, Copy)]
enum Object {
    Frontend(FrontendId),
    Listener(ListenerId),
    Backend(BackendId),
    Server(ServerId),
}

/// Counts on from where a file ends. Call it before the shards run: they are the counters' writers. `path` is for the
/// warnings, which are the result: in a file that can be read nothing else is wrong.
pub fn load(path: &str, text: &str, plan: &Plan, shared: &Shared) -> Vec<String> {
    let mut warnings = Vec::new();
    let objects = objects(plan);
    let mut domain = None;
    let mut names: Vec<&str> = Vec::new();
    for (number, line) in text.lines().enumerate().map(|(i, line)| (i + 1, line.trim_ascii())) {
        if line.is_empty() {
            continue;
        }
        if let Some(head) = line.strip_prefix('#') {
            domain = kind_of(head).map(|(domain, columns)| {
                names = columns.split(',').collect();
                domain
            });
            if domain.is_none() {
                warnings.push(format!("config: Ignored stats-file header line '{number}' in file '{path}'."));
            }
            continue;
        }
        let Some(domain) = domain else {
            if warnings.is_empty() {
                // It begins with something else: no line of it can be trusted.
                warnings.push(format!("config: Invalid stats-file format in file '{path}'."));
                return warnings;
            }
            // Below a head line that was not understood.
            continue;
        };
        if take(domain, &names, line, &objects, shared).is_none() {
            warnings.push(format!("config: Ignored stats-file line {number} in file '{path}'."));
        }
    }
    shared.count_on();
    warnings
}

/// The kind of a head line's objects, and its columns behind the first.
fn kind_of(head: &str) -> Option<(Domain, &str)> {
    let (kind, columns) = head.split_once(' ')?;
    let columns = columns.trim_ascii().strip_prefix("guid,")?;
    match kind {
        "fe" => Some((Domain::Front, columns)),
        "be" => Some((Domain::Back, columns)),
        _ => None,
    }
}

/// Adds a line's figures; `None` where they are no figures. An object that is not there any more is passed over.
fn take(
    domain: Domain,
    names: &[&str],
    line: &str,
    objects: &HashMap<&str, Vec<Object>>,
    shared: &Shared,
) -> Option<()> {
    let (guid, figures) = line.split_once(',')?;
    // So far that nothing overflows by what is counted on top.
    let number = |text: &str| text.parse::<u64>().ok().filter(|n| *n <= u64::MAX / 4);
    let figures: Option<Vec<(&str, u64)>> = names
        .iter()
        .zip(figures.split(','))
        .filter(|(name, text)| !name.is_empty() && !text.is_empty())
        .map(|(name, text)| number(text).map(|n| (*name, n)))
        .collect();
    for &object in objects.get(guid).into_iter().flatten() {
        for (name, n) in figures.iter().flatten() {
            if let Some(counter) = counter(domain, object, name, shared) {
                counter.add(*n);
            }
        }
    }
    figures.map(|_| ())
}

/// The counter of a column, on the first shard.
fn counter<'s>(domain: Domain, object: Object, name: &str, shared: &'s Shared) -> Option<&'s Counter> {
    let cells = shared.shards.first()?;
    let front = || FRONT.iter().find(|column| column.0 == name);
    let back = || BACK.iter().find(|column| column.0 == name);
    Some(match (domain, object) {
        (Domain::Front, Object::Frontend(id)) => front()?.1?(&cells.frontends[id.index()]),
        (Domain::Front, Object::Listener(id)) => front()?.2?(cells.listeners.get(id.index())?),
        (Domain::Back, Object::Backend(id)) => back()?.1?(&cells.backends[id.index()]),
        (Domain::Back, Object::Server(id)) => back()?.2?(&cells.servers[id.index()]),
        _ => return None,
    })
}

/// What has a `guid`; both halves of a `listen` have the same.
fn objects(plan: &Plan) -> HashMap<&str, Vec<Object>> {
    let mut all: HashMap<&str, Vec<Object>> = HashMap::new();
    for (i, frontend) in plan.frontends.iter().enumerate() {
        if let Some(guid) = &frontend.guid {
            all.entry(guid).or_default().push(Object::Frontend(FrontendId::from(i)));
        }
        for (id, listener) in super::listeners::counted(plan, frontend) {
            if let Some(guid) = &listener.guid {
                all.entry(guid).or_default().push(Object::Listener(id));
            }
        }
    }
    for (i, backend) in plan.backends.iter().enumerate() {
        if let Some(guid) = &backend.guid {
            all.entry(guid).or_default().push(Object::Backend(BackendId::from(i)));
        }
    }
    for server in plan.servers.iter() {
        if let Some(guid) = server.line.as_ref().and_then(|l| l.guid.as_ref()) {
            all.entry(guid).or_default().push(Object::Server(server.id));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn plan() -> Plan {
        let mut plan = Plan::default();
        plan.add_frontend("site").guid = Some("fe1".to_owned());
        let listener = plan.add_listener(([127, 0, 0, 1], 80).into());
        (listener.counted, listener.guid) = (true, Some("li-0".to_owned()));
        plan.add_backend("farm").guid = Some("be1".to_owned());
        for name in ["s1", "s2"] {
            let server = plan.add_server(name, "127.0.0.1:80".parse().unwrap());
            server.line.get_or_insert_default().guid = Some(name.to_owned());
        }
        plan
    }

    fn shared() -> Shared {
        Shared::new(2, 1, 1, 2).with_counted_listeners(1)
    }

    #[test]
    fn what_was_written_is_counted_on() {
        let world = World::new(Arc::new(plan()));
        let before = shared();
        let cells = &before.shards[1];
        cells.frontends[0].sess_tot.add(7);
        cells.frontends[0].status[2].add(5);
        cells.frontends[0].bytes_out.add(1_000);
        cells.listeners[0].conn_tot.add(9);
        cells.backends[0].connect.add(3);
        cells.servers[1].req_tot.add(4);
        let text = dump(&world, &before);
        assert!(text.starts_with("#fe guid,stot,bin,bout,dreq,dresp,ereq,hrsp_1xx,"), "{text}");
        assert!(text.contains("\nfe1,7,0,1000,0,0,0,0,5,0,0,0,0,0,0,0,0,0,\n"), "{text}");
        assert!(text.contains("\nli-0,9,0,0,0,0,0,,,,,,,,,,0,0,\n"), "{text}");
        let after = shared();
        assert_eq!(load("x", &text, &world.plan, &after), Vec::<String>::new());
        assert_eq!(dump(&world, &after), text);
        // What others counted is neither this process's rate nor what it sent.
        assert_eq!(after.bytes_out(), 0);
        after.sample(crate::base::time::Tick(1_000_000_000));
        let (left, trends) = (std::time::Duration::ZERO, after.trends().clone());
        assert_eq!((trends.frontends[0].sessions.rate(7, left), trends.frontends[0].sessions.max(7)), (0, 0));
        assert_eq!(trends.frontends[0].sessions.rate(9, left), 2);
    }

    #[test]
    fn unknown_columns_and_objects_are_passed_over() {
        let (plan, shared) = (plan(), shared());
        let text = "#fe guid,newer,stot\n\ngone,1,2\nfe1,3,4,\ns1,5,6\n#be guid,req_tot,stot,\ns1,8,,\n";
        assert_eq!(load("x", text, &plan, &shared), Vec::<String>::new());
        assert_eq!(shared.shards[0].frontends[0].sess_tot.get(), 4);
        let server = &shared.shards[0].servers[0];
        assert_eq!((server.req_tot.get(), server.sess_tot.get()), (8, 0));
    }

    #[test]
    fn what_is_wrong_is_said_by_line() {
        let (plan, shared) = (plan(), shared());
        let says = |text: &str| load("f", text, &plan, &shared);
        assert_eq!(says("fe1,1\n"), ["config: Invalid stats-file format in file 'f'."]);
        assert_eq!(says("#xx guid,\nfe1,1\n"), ["config: Ignored stats-file header line '1' in file 'f'."]);
        let ignored = ["config: Ignored stats-file line 2 in file 'f'."];
        for line in ["fe1,x", "fe1", "fe1,-1", "fe1,18446744073709551615"] {
            assert_eq!(says(&format!("#fe guid,stot,\n{line}\n")), ignored, "{line}");
        }
        assert_eq!(says(""), Vec::<String>::new());
    }

    #[test]
    fn damaged_files_do_no_harm() {
        let (plan, world) = (plan(), World::new(Arc::new(plan())));
        let whole = dump(&world, &shared());
        crate::base::mutate::cases(2_000, &[whole.as_bytes()], |bytes| {
            _ = load("f", &String::from_utf8_lossy(bytes), &plan, &shared());
        });
    }
}
