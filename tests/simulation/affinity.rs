//! Clients that belong to a server, by its cookie or by a stick table, while servers flap, drain, change their weight and
//! their `maxconn`: who comes where, and nothing is ever above a limit.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use ringmain::base::ids::{ListenerId, ServerId, TableId};
use ringmain::base::time::Tick;
use ringmain::config::{Options, build_texts};
use ringmain::health::change_server;
use ringmain::net::sim::{Faults, Rng, SimNet, for_seeds};
use ringmain::net::{Core, Listener};
use ringmain::proto::h1::RequestKind;
use ringmain::shard::{self, Shard};
use ringmain::share::Shared;
use ringmain::syntax::Env;
use ringmain::world::{Health, Published, World};

use crate::addr;
use crate::script::{self, Inbox};

const SHARDS: usize = 2;
const SERVERS: usize = 3;
const CLIENTS: usize = 8;

struct Setting {
    text: String,
    sticky: bool,
    /// The largest `maxconn` that a server may ever have.
    most: u32,
}

fn setting(rng: &mut Rng) -> Setting {
    let most = 1 + rng.below(3) as u32;
    let sticky = rng.chance(500);
    let keeps = match sticky {
        true => "stick-table type string len 16 size 50 expire 1h\n    stick on req.hdr(user)",
        false => "cookie S insert indirect",
    };
    let redispatch = ["", "option redispatch", "option redispatch 1"][rng.below(3)];
    let persist = rng.chance(200);
    let balance = ["roundrobin", "leastconn", "first", "hdr(user)", "random"][rng.below(5)];
    let queue = ["", " maxqueue 1"][rng.below(2)];
    let mut text = format!(
        "defaults
    mode http
    timeout connect 2s
    timeout client 5s
    timeout server 5s
    timeout queue 2s
    retries 1
    http-reuse {}
frontend f
    bind 127.0.0.1:80
    default_backend b
backend b
    balance {balance}
    {keeps}
    {redispatch}
    {}
",
        ["never", "safe", "always"][rng.below(3)],
        if persist { "option persist" } else { "" },
    );
    for n in 0..SERVERS {
        let cookie = if sticky { String::new() } else { format!(" cookie s{n}") };
        text.push_str(&format!("    server s{n} 127.0.0.{}:8000{cookie} maxconn {most}{queue}\n", n + 2));
    }
    Setting { text, sticky, most }
}

/// The proxy and what is known of it from outside.
struct Stand {
    published: Arc<Published>,
    shared: Arc<Shared>,
    shards: Vec<Rc<Shard>>,
    setting: Setting,
    /// How often each server has come to take less than it did.
    falls: [Cell<u32>; SERVERS],
    /// Where a user's last answer came from.
    home: RefCell<HashMap<String, usize>>,
    finished: Cell<usize>,
    good: Cell<u64>,
    kept: Cell<u64>,
    moved: Cell<u64>,
    wrong: RefCell<Vec<String>>,
}

impl Stand {
    fn openness(&self, server: usize) -> u8 {
        self.published.load().server(ServerId(server as u32)).openness()
    }

    fn wrong(&self, what: String) {
        self.wrong.borrow_mut().push(what);
    }

    /// Nothing is above what it may be, at whatever moment.
    fn look(&self) {
        for (n, gate) in self.shared.servers.iter().enumerate() {
            if gate.peak() > self.setting.most {
                self.wrong(format!("s{n} had {} of {}", gate.peak(), self.setting.most));
            }
        }
    }
}

/// What an operator and the checks do: down and up, drain, maintenance, weights, limits. All is well at the end.
async fn change(core: Core, stand: Rc<Stand>, mut rng: Rng) {
    for _ in 0..60 {
        core.sleep_until(core.now() + Duration::from_millis(1 + rng.below(20) as u64)).await;
        let n = rng.below(SERVERS);
        one_change(&core, &stand, n, rng.below(12), &mut rng);
    }
    for n in 0..SERVERS {
        for what in [1, 3, 7, 9] {
            one_change(&core, &stand, n, what, &mut rng);
        }
    }
}

fn one_change(core: &Core, stand: &Stand, n: usize, what: usize, rng: &mut Rng) {
    let (id, before) = (ServerId(n as u32), stand.openness(n));
    let change = |edit: &dyn Fn(&mut ringmain::world::ServerState)| {
        change_server(&stand.published, &stand.shared, core.now(), id, "", edit);
    };
    match what {
        0 => change(&|s| s.health = Health::Down),
        1 | 2 => change(&|s| s.health = Health::Up),
        3 | 4 => change(&|s| s.admin.maint = false),
        5 => change(&|s| s.admin.maint = true),
        6 => change(&|s| s.admin.drain = true),
        7 | 8 => change(&|s| s.admin.drain = false),
        9 => change(&|s| s.weight = 1),
        10 => {
            let weight = [0, 1, 5, 256][rng.below(4)];
            change(&|s| s.weight = weight);
        }
        _ => {
            let limit = 1 + rng.below(stand.setting.most as usize) as u32;
            stand.shared.servers[n].set_limit(limit);
            stand.published.edit(|world| world.with_overrides(id, |o| o.maxconn = Some(limit)));
        }
    }
    if stand.openness(n) < before {
        stand.falls[n].set(stand.falls[n].get() + 1);
    }
    stand.look();
    stand.shards.iter().for_each(|shard| shard.refresh());
}

/// A server that answers with its number after a while.
async fn origin(core: Core, listener: Listener, n: usize, seed: u64) {
    let mut rng = Rng(seed);
    while let Ok((stream, _)) = listener.accept().await {
        let (own, mut rng) = (core.clone(), Rng(rng.draw()));
        core.spawn(async move {
            let mut inbox = Inbox::new(stream);
            while let Ok((head, _)) = inbox.request().await {
                own.sleep_until(own.now() + Duration::from_millis(rng.below(40) as u64)).await;
                let answer = format!("HTTP/1.1 200 OK\r\nX-Server: {n}\r\nContent-Length: 0\r\n\r\n");
                if inbox.stream.send(answer.into_bytes()).await.is_err() || !head.keep_alive {
                    return;
                }
            }
        });
    }
}

/// A user: request after request, over the same connection or over another one, which another core may have.
async fn user(core: Core, stand: Rc<Stand>, id: usize, mut rng: Rng) {
    let (name, mut cookie) = (format!("user{id}"), None::<String>);
    let mut open: Option<Inbox> = None;
    for _ in 0..12 {
        core.sleep_until(core.now() + Duration::from_millis(rng.below(30) as u64)).await;
        let mut inbox = match open.take() {
            Some(inbox) => inbox,
            None => match script::connect(&core, addr(1, 80)).await {
                Ok(inbox) => inbox,
                Err(e) => return stand.wrong(format!("{name}: no connection: {e}")),
            },
        };
        let fields = cookie.as_ref().map(|c| format!("Cookie: S={c}\r\n")).unwrap_or_default();
        let request = format!("GET / HTTP/1.1\r\nHost: sim\r\nUser: {name}\r\n{fields}\r\n");
        let before: Vec<(u8, u32)> =
            (0..SERVERS).map(|n| (stand.openness(n), stand.falls[n].get())).collect();
        let sent = inbox.stream.send(request.into_bytes()).await;
        let limit = Some(core.now() + Duration::from_secs(60));
        let answer = core.until(limit, inbox.answer(&RequestKind::default())).await;
        let (Ok(()), Ok(Ok((head, _)))) = (sent, answer) else {
            return stand.wrong(format!("{name}: no answer"));
        };
        match head.status {
            200 => {
                let field = |name: &[u8]| head.head.get(name).map(text);
                let server = field(b"x-server").and_then(|v| v.parse().ok()).unwrap_or(usize::MAX);
                judge(&stand, &name, server, &before);
                if let Some(set) = field(b"set-cookie") {
                    let value = set.trim_start_matches("S=").split(';').next().unwrap_or_default();
                    cookie = Some(value.to_owned());
                    if value != format!("s{server}") {
                        stand.wrong(format!("{name}: {set} from s{server}"));
                    }
                }
                stand.good.set(stand.good.get() + 1);
                stand.home.borrow_mut().insert(name.clone(), server);
            }
            // No server, no place in time, or one too many for the queue.
            503 => {}
            status => stand.wrong(format!("{name}: status {status}")),
        }
        if head.keep_alive && rng.chance(500) {
            open = Some(inbox);
        }
    }
    stand.finished.set(stand.finished.get() + 1);
}

/// Who comes where: a client to its server as long as that one answers, and new ones only to those who take them.
fn judge(stand: &Stand, name: &str, server: usize, before: &[(u8, u32)]) {
    let same = |n: usize| stand.falls[n].get() == before[n].1;
    match stand.home.borrow().get(name).copied() {
        Some(home) if home == server => stand.kept.set(stand.kept.get() + 1),
        // Its queue may have been too long: only where the file sends such requests elsewhere.
        Some(home) if before[home].0 > 0 && same(home) => {
            let may_leave =
                stand.setting.text.contains("maxqueue") && stand.setting.text.contains("redispatch");
            if !may_leave {
                stand.wrong(format!("{name} of s{home}, which was there all the time, came to s{server}"));
            }
        }
        _ => stand.moved.set(stand.moved.get() + 1),
    }
    let is_home = stand.home.borrow().get(name) == Some(&server);
    if before[server].0 < 2 && stand.openness(server) < 2 && same(server) && !is_home {
        stand.wrong(format!("{name} came anew to s{server}, which takes nobody"));
    }
}

fn run(seed: u64) -> Result<(u64, u64), String> {
    let mut rng = Rng(seed ^ 0xaff1);
    let faults = Faults { reset: 0, receive_ends: 60, no_buffer: 40, accept_fails: 0 };
    let net = SimNet::new(seed, faults);
    let setting = setting(&mut rng);
    let text = setting.text.clone();
    let (plan, diags, _) = build_texts(&[("sim.cfg", text.as_bytes())], &Env::default(), &Options::default());
    let plan = Arc::new(plan.ok_or_else(|| format!("{diags:?}"))?);
    let shared = Shared::new(SHARDS, plan.frontends.len(), plan.backends.len(), plan.servers.len());
    let shared = Arc::new(shared.with_tables(plan.tables.iter().map(|t| t.spec.clone())));
    for (gate, server) in shared.servers.iter().zip(plan.servers.iter()) {
        gate.set_limit(server.maxconn.unwrap_or(0));
    }
    let published = Arc::new(Published::new(World::new(plan)));
    let cores: Vec<Core> = (0..SHARDS + 2).map(|_| net.core()).collect();
    let shards = (0..SHARDS).map(|i| {
        let listener = (ListenerId(0), net.listen(&cores[i], addr(1, 80)));
        shard::start_with(&cores[i], i, published.clone(), shared.clone(), vec![listener])
    });
    let stand = Rc::new(Stand {
        shards: shards.collect(),
        published,
        shared: shared.clone(),
        setting,
        falls: Default::default(),
        home: RefCell::default(),
        finished: Cell::new(0),
        good: Cell::new(0),
        kept: Cell::new(0),
        moved: Cell::new(0),
        wrong: RefCell::default(),
    });
    for n in 0..SERVERS {
        let core = cores[SHARDS].clone();
        let listener = net.listen(&core, addr(n as u8 + 2, 8000));
        core.clone().spawn(origin(core, listener, n, rng.draw()));
    }
    let others = cores[SHARDS + 1].clone();
    others.spawn(change(others.clone(), stand.clone(), Rng(rng.draw())));
    for id in 0..CLIENTS {
        others.spawn(user(others.clone(), stand.clone(), id, Rng(rng.draw())));
    }
    let over = || stand.finished.get() == CLIENTS || !stand.wrong.borrow().is_empty();
    net.run(&cores, over)?;
    stand.look();
    if let Some(wrong) = stand.wrong.borrow().first() {
        return Err(format!("{wrong}\n{text}"));
    }
    net.run_for(&cores, Duration::from_secs(60))?;
    nothing_is_left(&stand).map_err(|what| format!("{what}\n{text}"))?;
    tables_agree(&stand).map_err(|what| format!("{what}\n{text}"))?;
    Ok((stand.kept.get(), stand.moved.get()))
}

fn nothing_is_left(stand: &Stand) -> Result<(), String> {
    let inside: u32 = stand.shared.servers.iter().map(|g| g.inside()).sum();
    let queue = &stand.shared.queues[0];
    let own: u32 = (0..SERVERS as u32).map(|n| queue.len_of(ServerId(n))).sum();
    match (inside, queue.len(), queue.len_of_any(), own) {
        (0, 0, 0, 0) => Ok(()),
        (inside, all, any, own) => Err(format!("{inside} inside, {all} wait: {any} for any, {own} for one")),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What the stick table knows is what its users saw last, on whichever core.
fn tables_agree(stand: &Stand) -> Result<(), String> {
    if !stand.setting.sticky {
        return Ok(());
    }
    let entries = stand.shared.tables.get(TableId(0)).entries(Tick::ZERO);
    let server = |server: Option<ServerId>| server.map(|id| id.index());
    let known = entries.iter().map(|(key, entry)| (text(key), server(entry.server)));
    let known: BTreeMap<String, Option<usize>> = known.collect();
    let seen = stand.home.borrow().iter().map(|(name, server)| (name.clone(), Some(*server))).collect();
    if known == seen { Ok(()) } else { Err(format!("the table has {known:?}, the users saw {seen:?}")) }
}

#[test]
fn clients_come_to_their_servers_while_everything_changes() {
    let (kept, moved) = (std::sync::atomic::AtomicU64::new(0), std::sync::atomic::AtomicU64::new(0));
    for_seeds("--test simulation clients_come", 190, |seed| {
        let (k, m) = run(seed)?;
        kept.fetch_add(k, std::sync::atomic::Ordering::Relaxed);
        moved.fetch_add(m, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    });
    let (kept, moved) = (kept.into_inner(), moved.into_inner());
    println!("{kept} requests came to their server, {moved} to another one");
    assert!(std::env::var_os("RINGMAIN_SEED").is_some() || (kept > 1_000 && moved > 100), "{kept}, {moved}");
}
