//! Servers that checks, traffic and each other's states take down and up: `check`, `observe` with each `on-error`, `track`,
//! `on-marked-down`, `on-marked-up`, over origins whose mood a seed decides.
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ringmain::base::ids::{ListenerId, ServerId};
use ringmain::base::time::Tick;
use ringmain::config::{Options, build_texts};
use ringmain::health;
use ringmain::net::sim::{Faults, Rng, SimNet, for_seeds};
use ringmain::net::{Core, Listener};
use ringmain::proto::h1::RequestKind;
use ringmain::shard::{self, Shard};
use ringmain::share::Shared;
use ringmain::syntax::Env;
use ringmain::world::{Published, World};

use crate::addr;
use crate::script::{self, Inbox};

const SHARDS: usize = 2;
const CLIENTS: usize = 5;
/// The servers of the file, in its order.
const MAIN: ServerId = ServerId(0);
const BACKUP: ServerId = ServerId(1);
const FOLLOWER: ServerId = ServerId(2);
/// What has to follow from a change has followed by then; the network takes four milliseconds for a way and back.
const SOON: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnError {
    FastInter,
    FailCheck,
    SuddenDeath,
    MarkDown,
}

/// What a seed chose.
struct Choice {
    text: String,
    on_error: OnError,
    /// So many errors in a row take the server down by themselves.
    errors_kill: bool,
    /// Checks never fail.
    checks_pass: bool,
}

fn choose(rng: &mut Rng) -> Choice {
    let (word, on_error) = [
        ("fastinter", OnError::FastInter),
        ("fail-check", OnError::FailCheck),
        ("sudden-death", OnError::SuddenDeath),
        ("mark-down", OnError::MarkDown),
    ][rng.below(4)];
    let fall = 1 + rng.below(3);
    let check = ["", "option httpchk GET /check"][rng.below(2)];
    let fast = ["", " fastinter 60ms"][rng.below(2)];
    let limit = ["", " maxconn 2"][rng.below(2)];
    let text = format!(
        "defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 4s
    timeout queue 3s
    retries 0
    {check}
frontend f
    bind 127.0.0.1:80
    default_backend b
backend b
    http-reuse {}
    server main 127.0.0.2:8000{limit} check inter 150ms{fast} fall {fall} rise 2 observe layer7 error-limit 3 on-error {word} \
         on-marked-down shutdown-sessions on-marked-up shutdown-backup-sessions
    server spare 127.0.0.3:8000 backup
backend c
    server follower 127.0.0.4:8000 track b/main
",
        ["never", "always"][rng.below(2)]
    );
    Choice {
        on_error,
        errors_kill: on_error == OnError::MarkDown || on_error == OnError::FailCheck && fall == 1,
        checks_pass: check.is_empty() || rng.chance(400),
        text,
    }
}

/// What happened, when.
#[derive(Default)]
struct Events {
    downs: RefCell<Vec<Tick>>,
    ups: RefCell<Vec<Tick>>,
    /// Requests that a server never answers: which server, from when, until when.
    waits: RefCell<Vec<(ServerId, Tick, Tick)>>,
    wrong: RefCell<Vec<String>>,
    finished: Cell<usize>,
}

/// How an origin behaves at the moment.
#[derive(Default)]
struct Mood {
    check_fails: Cell<bool>,
    errors: Cell<bool>,
}

/// Says what the mood says to checks and to others; a request for `/wait` lasts until somebody ends it.
async fn origin(core: Core, listener: Listener, server: ServerId, mood: Rc<Mood>, events: Rc<Events>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            core.sleep_until(core.now() + Duration::from_millis(1)).await;
            continue;
        };
        let (own, mood, events) = (core.clone(), mood.clone(), events.clone());
        core.spawn(async move {
            let mut inbox = Inbox::new(stream);
            while let Ok((head, _)) = inbox.request().await {
                let bad = match head.path() {
                    b"/wait" => {
                        let from = own.now();
                        let _ = inbox.stream.recv().await;
                        events.waits.borrow_mut().push((server, from, own.now()));
                        return;
                    }
                    b"/check" => mood.check_fails.get(),
                    _ => mood.errors.get(),
                };
                let status = if bad { 500 } else { 200 };
                let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n");
                if inbox.stream.send(answer.into_bytes()).await.is_err() {
                    return;
                }
            }
        });
    }
}

/// Changes the mood now and then; it is good in the end.
async fn moods(core: Core, mood: Rc<Mood>, mut rng: Rng, choice: Rc<Choice>, events: Rc<Events>) {
    while events.finished.get() < CLIENTS {
        let calm = Duration::from_millis(50 + rng.below(700) as u64);
        core.sleep_until(core.now() + calm).await;
        mood.check_fails.set(!choice.checks_pass && rng.chance(400));
        mood.errors.set(rng.chance(400));
    }
    mood.check_fails.set(false);
    mood.errors.set(false);
}

/// A client's requests, each over a connection of its own.
async fn client(core: Core, mut rng: Rng, events: Rc<Events>) {
    for _ in 0..12 {
        core.sleep_until(core.now() + Duration::from_millis(rng.below(120) as u64)).await;
        let Ok(mut inbox) = script::connect(&core, addr(1, 80)).await else { continue };
        let path = if rng.chance(150) { "/wait" } else { "/" };
        let request = format!("GET {path} HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n\r\n");
        let _ = inbox.stream.send(request.into_bytes()).await;
        let until = core.now() + Duration::from_secs(60);
        match core.until(Some(until), inbox.answer(&RequestKind::default())).await {
            Err(_) => events.wrong.borrow_mut().push(format!("{path}: no end within a minute")),
            Ok(Ok((head, _))) if ![200, 500, 502, 503, 504].contains(&head.status) => {
                events.wrong.borrow_mut().push(format!("{path}: status {}", head.status));
            }
            Ok(_) => {}
        }
    }
    events.finished.set(events.finished.get() + 1);
}

/// What the checks tell: noted, passed on to the shards, and looked at.
fn listen(core: Core, shards: Vec<Rc<Shard>>, events: Rc<Events>) -> impl Fn(health::Event) {
    let was = Cell::new(true);
    move |event| {
        let health::Event::World(world) = event else { return };
        let is = world.server(MAIN).alive();
        if world.server(FOLLOWER).alive() != is {
            let text = format!("main is {is} and its follower is not, at {:?}", core.now());
            events.wrong.borrow_mut().push(text);
        }
        if !world.server(BACKUP).alive() {
            events.wrong.borrow_mut().push("the spare went down, which nobody checks".to_owned());
        }
        if was.replace(is) != is {
            if is { &events.ups } else { &events.downs }.borrow_mut().push(core.now());
        }
        shards.iter().for_each(|shard| shard.refresh());
    }
}

/// Whether too many errors in a row do what the file says, looked at every few milliseconds.
async fn watch(
    core: Core,
    published: Arc<Published>,
    shared: Arc<Shared>,
    choice: Rc<Choice>,
    events: Rc<Events>,
) {
    let mut reached = 0;
    while events.finished.get() < CLIENTS {
        core.sleep_until(core.now() + Duration::from_millis(5)).await;
        let now = shared.observed.reached(MAIN);
        if std::mem::replace(&mut reached, now) == now || !choice.errors_kill {
            continue;
        }
        core.sleep_until(core.now() + SOON).await;
        if published.load().server(MAIN).alive() {
            events
                .wrong
                .borrow_mut()
                .push(format!("main lives on after {now} rows of errors, at {:?}", core.now()));
        }
    }
}

/// One run of one seed; gives the trace, and how often the server went down.
fn run(seed: u64) -> Result<(u64, usize), String> {
    let mut rng = Rng(seed ^ 0x3a7c);
    let choice = Rc::new(choose(&mut rng));
    let fail = |what: String| format!("{what}\n{}", choice.text);
    let net = SimNet::new(seed, Faults { receive_ends: 40, no_buffer: 20, ..Faults::default() });
    let (plan, diags, _) =
        build_texts(&[("sim.cfg", choice.text.as_bytes())], &Env::default(), &Options::default());
    let plan = Arc::new(plan.ok_or_else(|| format!("{diags:?}"))?);
    let shared = Arc::new(Shared::new(SHARDS, plan.frontends.len(), plan.backends.len(), plan.servers.len()));
    for (gate, server) in shared.servers.iter().zip(plan.servers.iter()) {
        gate.set_limit(server.maxconn.unwrap_or(0));
    }
    let published = Arc::new(Published::new(World::new(plan)));

    // The shards, the origins, the clients, the control thread.
    let cores: Vec<Core> = (0..SHARDS + 3).map(|_| net.core()).collect();
    let (origins, clients, control) = (&cores[SHARDS], &cores[SHARDS + 1], &cores[SHARDS + 2]);
    let start = |i: usize| {
        let listener = (ListenerId(0), net.listen(&cores[i], addr(1, 80)));
        shard::start_with(&cores[i], i, published.clone(), shared.clone(), vec![listener])
    };
    let shards: Vec<_> = (0..SHARDS).map(start).collect();
    let events = Rc::new(Events::default());
    let mood = Rc::new(Mood::default());
    for (server, mood) in [(MAIN, mood.clone()), (BACKUP, Rc::default()), (FOLLOWER, Rc::default())] {
        let listener = net.listen(origins, addr(server.0 as u8 + 2, 8000));
        origins.spawn(origin(origins.clone(), listener, server, mood, events.clone()));
    }
    health::init(&published.load(), &shared, control.now());
    health::run(
        control,
        published.clone(),
        shared.clone(),
        listen(control.clone(), shards.clone(), events.clone()),
    );
    control.spawn(watch(control.clone(), published.clone(), shared.clone(), choice.clone(), events.clone()));
    clients.spawn(moods(clients.clone(), mood, Rng(rng.draw()), choice.clone(), events.clone()));
    for _ in 0..CLIENTS {
        clients.spawn(client(clients.clone(), Rng(rng.draw()), events.clone()));
    }
    net.run(&cores, || events.finished.get() == CLIENTS).map_err(&fail)?;
    // Checks bring everything back, and all timeouts pass.
    net.run_for(&cores, Duration::from_secs(6)).map_err(&fail)?;

    if let Some(wrong) = events.wrong.borrow().first() {
        return Err(fail(wrong.clone()));
    }
    let (downs, ups) = (events.downs.borrow(), events.ups.borrow());
    if downs.len() != ups.len() || !published.load().server(MAIN).alive() {
        return Err(fail(format!("down at {downs:?}, up at {ups:?}: main did not come back")));
    }
    if choice.checks_pass && choice.on_error == OnError::FastInter && !downs.is_empty() {
        return Err(fail(format!("down at {downs:?}, though every check passed")));
    }
    for &(server, from, until) in events.waits.borrow().iter() {
        // One that was there when the server went down, or when the spare was no longer needed, ended with that.
        let ends = if server == MAIN { &downs } else { &ups };
        if let Some(end) = ends.iter().find(|&&end| from < end && end + SOON < until) {
            return Err(fail(format!(
                "a session with {server:?} from {from:?} to {until:?} outlived {end:?}"
            )));
        }
    }
    let inside: u32 = shared.servers.iter().map(|g| g.inside()).sum();
    let waiting: u32 = shared.queues.iter().map(|q| q.len()).sum();
    let sessions: i64 = shared.shards.iter().flat_map(|s| s.servers.iter().map(|c| c.sess_cur.get())).sum();
    if (inside, waiting, sessions) != (0, 0, 0) {
        return Err(fail(format!("gates {inside}, queues {waiting}, sessions {sessions} in the end")));
    }
    Ok((net.trace(), downs.len()))
}

#[test]
fn servers_follow_their_checks_their_traffic_and_each_other() {
    let went_down = AtomicUsize::new(0);
    for_seeds("--test simulation servers_follow", 520, |seed| {
        run(seed).map(|(_, downs)| _ = went_down.fetch_add(downs, Ordering::Relaxed))
    });
    let some = |var| std::env::var_os(var).is_some();
    if !some("RINGMAIN_SEED") && !some("RINGMAIN_SEEDS") {
        assert!(
            went_down.load(Ordering::Relaxed) > 300,
            "they went down {} times: the moods are too good",
            went_down.load(Ordering::Relaxed)
        );
    }
}

#[test]
fn the_same_seed_is_the_same_life() {
    assert_eq!(run(7).unwrap(), run(7).unwrap());
}
