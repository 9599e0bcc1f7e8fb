//! The routines that are measured: each a name, a word about it, and a closure that does the work once.
use crate::samples::{self, ALGORITHMS, ANSWER, BROWSER, CLIENT, CONDITIONS, FARMS, SHORT};
use ringmain::base::ids::{BackendId, FrontendId};
use ringmain::base::time::Tick;
use ringmain::config::{Options, build_texts};
use ringmain::net::{Core, IoMode};
use ringmain::plan::Plan;
use ringmain::proto::h1::{
    Limits, Parsed, RequestKind, parse_request, parse_response, write_request, write_response,
};
use ringmain::proto::http::{RequestHead, ResponseHead};
use ringmain::rules::balance::Ask;
use ringmain::rules::{ConnInfo, Cx, NoTrace, Wishes};
use ringmain::session::decide::{self, Decision, Scene};
use ringmain::session::{LiveFacts, Local};
use ringmain::share::Shared;
use ringmain::syntax::Env;
use ringmain::world::{Published, World};
use std::cell::Cell;
use std::collections::VecDeque;
use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;

/// Does the work once.
pub type Work = Box<dyn FnMut()>;

/// One routine.
pub struct Routine {
    pub name: String,
    pub about: String,
    /// Runs that `gate` counts: many for the small ones, so that the start is nothing beside them.
    pub runs: u64,
    make: Box<dyn Fn() -> Work>,
}

impl Routine {
    pub(crate) fn new(name: &str, about: &str, runs: u64, make: impl Fn() -> Work + 'static) -> Routine {
        Routine { name: name.to_owned(), about: about.to_owned(), runs, make: Box::new(make) }
    }

    /// Prepares the routine.
    #[must_use]
    pub fn make(&self) -> Work {
        (self.make)()
    }
}

/// All routines. A new one is a row here; `gate --update` gives it a baseline.
#[must_use]
pub fn all() -> Vec<Routine> {
    let mut list = heads();
    list.push(Routine::new(
        "request-passed-on",
        "a browser's request: decode, all rules, x-forwarded-for, encode; no I/O",
        5_000,
        request_passed_on,
    ));
    for (index, (name, source)) in CONDITIONS.iter().enumerate() {
        list.push(Routine::new(name, &format!("one condition, {source:?}"), 20_000, move || {
            condition(index)
        }));
    }
    for size in FARMS {
        for algorithm in ALGORITHMS {
            let name = format!("balance-{}-{size}", algorithm.0.replace("farm", "roundrobin"));
            let about = format!("the next of {size} servers of weights 1 to 3");
            list.push(Routine::new(&name, &about, 20_000, move || pick(algorithm.0, size)));
        }
    }
    list.push(Routine::new(
        "world-check",
        "the newest World, once a request: unchanged",
        100_000,
        world_check,
    ));
    list.push(Routine::new(
        "world-load",
        "the newest World, taken from the control thread's hand",
        100_000,
        world_load,
    ));
    list.extend(crate::lists::all());
    // log-line: its row comes here with the log lines of `observe`.
    list
}

/// The routine of this name.
#[must_use]
pub fn find(name: &str) -> Option<Routine> {
    all().into_iter().find(|r| r.name == name)
}

fn heads() -> Vec<Routine> {
    vec![
        Routine::new("h1-head-short", "decode of curl's request head", 20_000, || {
            request_head(SHORT.to_vec())
        }),
        Routine::new("h1-head-browser", "decode of a browser's request head, 700 B", 10_000, || {
            request_head(BROWSER.to_vec())
        }),
        Routine::new("h1-head-8k", "decode of a request head of 8 KB", 2_000, || {
            request_head(samples::large())
        }),
        Routine::new("h1-answer-head", "decode of nginx's answer head", 10_000, answer_head),
        Routine::new("h1-write-request", "encode of a browser's request head", 10_000, write_request_head),
        Routine::new("h1-write-answer", "encode of nginx's answer head", 10_000, write_answer_head),
    ]
}

fn request_head(bytes: Vec<u8>) -> Work {
    let (limits, mut head) = (Limits::default(), RequestHead::default());
    Box::new(move || {
        let parsed = parse_request(black_box(&bytes), &limits, &mut head);
        assert!(matches!(parsed, Ok(Parsed::Complete { .. })));
        black_box(&head);
    })
}

fn answer_head() -> Work {
    let (limits, kind, mut head) = (Limits::default(), RequestKind::default(), ResponseHead::default());
    Box::new(move || {
        let parsed = parse_response(black_box(ANSWER), &limits, &kind, &mut head);
        assert!(matches!(parsed, Ok(Parsed::Complete { .. })));
        black_box(&head);
    })
}

fn write_request_head() -> Work {
    let mut head = RequestHead::default();
    parse_request(BROWSER, &Limits::default(), &mut head).expect("a good head");
    let mut out = Vec::new();
    Box::new(move || {
        out.clear();
        write_request(black_box(&head), &mut out);
        black_box(&out);
    })
}

fn write_answer_head() -> Work {
    let mut head = ResponseHead::default();
    parse_response(ANSWER, &Limits::default(), &RequestKind::default(), &mut head).expect("a good head");
    let mut out = Vec::new();
    Box::new(move || {
        out.clear();
        write_response(black_box(&head), &mut out);
        black_box(&out);
    })
}

/// A configuration in force, with one client of it.
struct Stage {
    plan: Arc<Plan>,
    world: World,
    shared: Shared,
    conn: ConnInfo,
}

impl Stage {
    /// Lives as long as the process: a routine is prepared once.
    fn new(frontend: &str) -> &'static Stage {
        let plan = Arc::new(plan());
        let id = plan.frontends.iter().position(|f| f.name == frontend).expect("a frontend");
        let conn = ConnInfo {
            src: Some(SocketAddr::from((CLIENT, 40_000))),
            dst: Some(SocketAddr::from(([127, 0, 0, 1], 1))),
            ..ConnInfo::at(FrontendId::from(id), 1, Tick::ZERO)
        };
        let shared = shared(&plan);
        Box::leak(Box::new(Stage { world: World::new(plan.clone()), shared, conn, plan }))
    }
}

fn plan() -> Plan {
    let dir = std::env::temp_dir().join(format!("ringmain-bench-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory for lists");
    let text = samples::configuration(&dir);
    let (plan, diags, _) =
        build_texts(&[("bench.cfg", text.as_bytes())], &Env::default(), &Options::default());
    std::fs::remove_dir_all(&dir).expect("the directory goes again");
    plan.unwrap_or_else(|| panic!("a good file: {diags:?}"))
}

fn shared(plan: &Plan) -> Shared {
    Shared::new(1, plan.frontends.len(), plan.backends.len(), plan.servers.len())
}

fn condition(index: usize) -> Work {
    let stage = Stage::new("conditions");
    let mut head = RequestHead::default();
    parse_request(BROWSER, &Limits::default(), &mut head).expect("a good head");
    let frontend = stage.plan.frontend(stage.conn.frontend);
    let condition = frontend.use_backend[index].condition.as_ref().expect("a condition");
    let wanted = !CONDITIONS[index].0.ends_with("false");
    Box::new(move || {
        let facts = LiveFacts { world: &stage.world, shared: &stage.shared };
        let cx = Cx {
            conn: &stage.conn,
            req: Some(&mut head),
            res: None,
            req_body: &[],
            first_request: true,
            backend: None,
            server: None,
            facts: &facts,
            wishes: Wishes::default(),
        };
        assert_eq!(black_box(condition).holds(black_box(&cx)), wanted);
    })
}

fn request_passed_on() -> Work {
    let stage = Stage::new("site");
    let (limits, mut head, mut out) = (Limits::default(), RequestHead::default(), Vec::new());
    Box::new(move || {
        let parsed = parse_request(black_box(BROWSER), &limits, &mut head);
        assert!(matches!(parsed, Ok(Parsed::Complete { .. })));
        let facts = LiveFacts { world: &stage.world, shared: &stage.shared };
        let wishes = Cell::default();
        let scene = Scene {
            first_request: true,
            plan: &stage.plan,
            conn: &stage.conn,
            facts: &facts,
            wishes: &wishes,
            resume: Cell::default(),
            persistence: Cell::default(),
        };
        let Decision::Forward(backend) = decide::request(&scene, &mut head, &[], &mut NoTrace) else {
            panic!("a request that is forwarded");
        };
        let (frontend, backend) = (stage.plan.frontend(stage.conn.frontend), stage.plan.backend(backend));
        decide::outgoing(frontend, backend, &mut head, &stage.conn);
        out.clear();
        write_request(&head, &mut out);
        black_box(&out);
    })
}

/// The next pick of a `balance`, with 64 requests on their way where loads count.
fn pick(algorithm: &str, size: usize) -> Work {
    let world = World::new(Arc::new(plan()));
    let name = format!("{algorithm}{size}");
    let index = world.plan.backends.iter().position(|b| b.name == name).expect("one of the farms");
    let (id, mut n, mut on) = (BackendId::from(index), 0u32, VecDeque::with_capacity(65));
    let (mut balancer, loads) = (world.balancer(id, 1), world.loads(id));
    let hashed = world.plan.backend(id).balance.is_hash();
    Box::new(move || {
        n = n.wrapping_add(0x9e37_79b9);
        let picked = balancer.pick(Ask {
            hash: hashed.then_some(n),
            full: &mut |_| false,
            avoid: None,
            loads: loads.as_ref(),
            generation: world.generation,
            weights: &|into| world.weights(id, into),
        });
        let picked = black_box(picked).expect("a server");
        if let Some(loads) = &loads {
            if !picked.counted {
                loads.take(picked.server);
            }
            on.push_back(picked.server);
            if on.len() > 64 {
                loads.leave(on.pop_front().expect("more than none"));
            }
        }
    })
}

fn world_check() -> Work {
    let plan = Arc::new(plan());
    let shared = Arc::new(shared(&plan));
    let published = Arc::new(Published::new(World::new(plan)));
    let core = Core::new(IoMode::Epoll).expect("an engine");
    let local = Local::new(core, 0, published, shared);
    Box::new(move || {
        black_box(local.view());
    })
}

fn world_load() -> Work {
    let published = Published::new(World::new(Arc::new(plan())));
    Box::new(move || {
        black_box(published.load());
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_routine_runs_and_has_a_name_of_its_own() {
        let mut names = Vec::new();
        for routine in all() {
            let mut work = routine.make();
            work();
            work();
            assert!(!names.contains(&routine.name), "{} twice", routine.name);
            names.push(routine.name);
        }
    }
}
