//! The whole proxy in a simulated network: two shards, two origins with bad manners, clients of all kinds, one seed a run.
//! The session code is the one that serves; only the driver below it is another.

mod affinity;
mod comers;
mod killer;
mod script;
mod watched;

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ringmain::base::ids::{ListenerId, ServerId};
use ringmain::config::{Options, build_texts};
use ringmain::net::Core;
use ringmain::net::sim::{Faults, Rng, SimNet, for_seeds};
use ringmain::proto::h1::RequestKind;
use ringmain::session;
use ringmain::shard;
use ringmain::share::Shared;
use ringmain::syntax::Env;
use ringmain::world::{Health, Published, World};
use script::{Inbox, Lost, Manners, chunked, content};

const SHARDS: usize = 2;
const CLIENTS: usize = 6;
const RETRIES: u32 = 2;

fn addr(host: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, host], port))
}

/// A configuration of this seed: every way of reuse, with limits or without.
fn config(rng: &mut Rng) -> String {
    let reuse = ["never", "safe", "aggressive", "always"][rng.below(4)];
    let limit = ["", " maxconn 1", " maxconn 3", " minconn 1 maxconn 3"][rng.below(4)];
    let mode = ["option http-keep-alive", "option http-server-close", "option httpclose"][rng.below(3)];
    let front = ["", "maxconn 4"][rng.below(2)];
    let redispatch = ["", "option redispatch"][rng.below(2)];
    let retry = ["", "retry-on none", "retry-on all-retryable-errors"][rng.below(3)];
    format!(
        "defaults
    mode http
    timeout connect 2s
    timeout client 5s
    timeout server 5s
    timeout queue 3s
    {mode}
frontend f
    bind 127.0.0.1:80
    {front}
    option forwardfor
    acl odd path_end 1 3 5 7 9
    http-request set-header x-odd yes if odd
    http-request deny if {{ path_beg /deny }}
    http-request set-priority-class int(-3) if odd
    default_backend b
backend b
    http-reuse {reuse}
    {redispatch}
    {retry}
    retries {RETRIES}
    fullconn 4
    server a 127.0.0.2:8000{limit}
    server b 127.0.0.3:8000{limit} weight 2
"
    )
}

/// What clients have seen.
#[derive(Default)]
struct Seen {
    finished: Cell<usize>,
    answers: Cell<u64>,
    good: Cell<u64>,
    wrong: RefCell<Vec<String>>,
}

/// One run of one seed; gives the trace.
fn run(seed: u64) -> Result<Life, String> {
    let mut rng = Rng(seed ^ 0x5eed);
    let calm = seed.is_multiple_of(4);
    let faults = Faults {
        reset: if calm { 0 } else { 4 },
        receive_ends: 60,
        no_buffer: 40,
        accept_fails: if calm { 0 } else { 20 },
    };
    let manners = if calm {
        Manners { leaves: 100, ..Manners::default() }
    } else {
        Manners { silent: 40, half: 40, hangs: 15, leaves: 100 }
    };
    let net = SimNet::new(seed, faults);
    let mut text = config(&mut rng);
    let comes_and_goes = seed % 5 == 1;
    if comes_and_goes {
        let balance = ["roundrobin", "leastconn", "random", "first"][(seed / 5 % 4) as usize];
        text = text.replace("backend b\n", &format!("backend b\n    balance {balance}\n"));
    }
    let (plan, diags, _) = build_texts(&[("sim.cfg", text.as_bytes())], &Env::default(), &Options::default());
    let plan = Arc::new(plan.ok_or_else(|| format!("{diags:?}"))?);
    let shared = Arc::new(Shared::new(SHARDS, plan.frontends.len(), plan.backends.len(), plan.servers.len()));
    shared.frontends[0].set_limit(plan.frontends[0].maxconn.unwrap_or(0));
    for (gate, server) in shared.servers.iter().zip(plan.servers.iter()) {
        gate.set_limit(server.maxconn.unwrap_or(0));
        if let Some(least) = server.minconn {
            gate.set_ramp(least, plan.full_connections(server.backend, 0));
        }
    }
    let published = Arc::new(Published::new(World::new(plan)));

    let mut cores: Vec<Core> = (0..SHARDS + 2).map(|_| net.core()).collect();
    let shards: Vec<_> = (0..SHARDS)
        .map(|i| {
            let listener = (ListenerId(0), net.listen(&cores[i], addr(1, 80)));
            shard::start_with(&cores[i], i, published.clone(), shared.clone(), vec![listener])
        })
        .collect();
    let arrived = script::Arrived::default();
    for host in [2, 3] {
        let core = cores[SHARDS].clone();
        let listener = net.listen(&core, addr(host, 8000));
        core.clone().spawn(script::origin(core, listener, rng.draw(), manners, arrived.clone()));
    }
    if seed.is_multiple_of(3) {
        let operator = flap(cores[SHARDS + 1].clone(), published.clone(), shards.clone(), Rng(rng.draw()));
        cores[SHARDS + 1].spawn(operator);
    }
    if comes_and_goes {
        let core = cores[SHARDS + 1].clone();
        let comers = comers::run(core, published.clone(), shared.clone(), shards.clone(), Rng(rng.draw()));
        cores[SHARDS + 1].spawn(comers);
    }
    let killed = Rc::new(Cell::new(0));
    if seed % 4 == 2 {
        let core = cores[SHARDS + 1].clone();
        let killer = killer::run(core, shards.clone(), Rng(rng.draw()), killed.clone());
        cores[SHARDS + 1].spawn(killer);
    }
    let seen = Rc::new(Seen::default());
    for id in 0..CLIENTS {
        let core = cores[SHARDS + 1].clone();
        let client = Client { core: core.clone(), rng: Rng(rng.draw()), seen: seen.clone(), calm, id };
        core.spawn(client.run());
    }
    net.run(&cores, || seen.finished.get() == CLIENTS)?;
    if let Some(wrong) = seen.wrong.borrow().first() {
        return Err(format!("{wrong}\n{text}"));
    }
    if calm && seen.good.get() == 0 {
        return Err("no request of a calm run was answered".to_owned());
    }
    // All timeouts pass; then nothing may be left.
    cores.truncate(SHARDS + 2);
    net.run_for(&cores, Duration::from_secs(120))?;
    for (i, shard) in shards.iter().enumerate() {
        let (open, slots, held) = (shard.local.open.get(), cores[i].open_slots(), cores[i].pool().held());
        if (open, slots, held) != (0, 1, 0) {
            return Err(format!("shard {i}: {open} clients, {slots} slots, {held} buffers are left\n{text}"));
        }
        let listed = session::figures(&shard.local).streams_now;
        if listed != 0 {
            return Err(format!("shard {i}: {listed} sessions are still listed\n{text}"));
        }
    }
    let inside: u32 = shared.frontends.iter().chain(shared.servers.iter()).map(|g| g.inside()).sum();
    let waiting: u32 = shared.queues.iter().map(|q| q.len()).sum();
    let gauges: i64 = shared
        .shards
        .iter()
        .map(|s| {
            let servers: i64 = s.servers.iter().map(|c| c.sess_cur.get() + c.idle.get()).sum();
            s.frontends[0].conn_cur.get() + s.backends[0].sess_cur.get() + servers + s.process.conn_cur.get()
        })
        .sum();
    if (inside, waiting, gauges, shared.process.inside()) != (0, 0, 0, 0) {
        return Err(format!("gates {inside}, queues {waiting}, gauges {gauges}\n{text}"));
    }
    for (gate, server) in shared.servers.iter().zip(published.load().plan.servers.iter()) {
        if server.maxconn.is_some_and(|max| gate.peak() > max) {
            return Err(format!(
                "server {} had {} of {:?}\n{text}",
                server.name,
                gate.peak(),
                server.maxconn
            ));
        }
    }
    let most = if text.contains("all-retryable-errors") { RETRIES + 1 } else { 1 };
    if let Some((id, times)) = arrived.borrow().iter().find(|(_, times)| **times > most) {
        return Err(format!("POST {id} reached the origins {times} times\n{text}"));
    }
    let requests: u64 = shared.shards.iter().map(|s| s.frontends[0].req_tot.get()).sum();
    if requests < seen.answers.get() {
        return Err(format!("{requests} requests counted, {} answers seen", seen.answers.get()));
    }
    Ok(Life { trace: net.trace(), killed: killed.get() })
}

/// What is told of a run.
#[derive(Debug, PartialEq, Eq)]
struct Life {
    trace: u64,
    /// Sessions that an operator has ended.
    killed: usize,
}

/// Takes servers down and up, into maintenance and out of it, while requests run.
async fn flap(core: Core, published: Arc<Published>, shards: Vec<Rc<shard::Shard>>, mut rng: Rng) {
    for turn in 0..40 {
        core.sleep_until(core.now() + Duration::from_millis(1 + rng.below(25) as u64)).await;
        let (server, last) = (ServerId(rng.below(2) as u32), turn >= 38);
        // The last two turns leave both servers in order.
        let server = if last { ServerId(turn - 38) } else { server };
        let (down, maint) = (!last && rng.chance(400), !last && rng.chance(200));
        published.edit(|world| {
            world.with_server(server, |state| {
                state.health = if down { Health::Down } else { Health::Up };
                state.admin.maint = maint;
            })
        });
        shards.iter().for_each(|shard| shard.refresh());
    }
}

struct Client {
    core: Core,
    rng: Rng,
    seen: Rc<Seen>,
    calm: bool,
    id: usize,
}

impl Client {
    async fn run(mut self) {
        for turn in 0..3 {
            let pause = Duration::from_millis(self.rng.below(50) as u64);
            self.core.sleep_until(self.core.now() + pause).await;
            let Ok(mut inbox) = script::connect(&self.core, addr(1, 80)).await else { continue };
            for n in 0..1 + self.rng.below(4) {
                let id = (self.id * 1_000 + turn * 100 + n) as u64;
                if !self.exchange(&mut inbox, id).await {
                    break;
                }
            }
        }
        self.seen.finished.set(self.seen.finished.get() + 1);
    }

    /// One request, sometimes two at once; false when the connection is over.
    async fn exchange(&mut self, inbox: &mut Inbox, id: u64) -> bool {
        let first = self.request(id);
        if self.rng.chance(200) && first.body_at == first.bytes.len() {
            let second = self.request(id + 50);
            let bytes = [first.bytes.clone(), second.bytes.clone()].concat();
            return inbox.stream.send(bytes).await.is_ok()
                && self.answer(inbox, &first).await
                && self.answer(inbox, &second).await;
        }
        if !self.calm && self.rng.chance(50) {
            // Leaves in the middle of a request.
            let cut = self.rng.below(first.bytes.len());
            let _ = inbox.stream.send(first.bytes[..cut].to_vec()).await;
            return false;
        }
        if self.rng.chance(300) {
            let cut = 1 + self.rng.below(first.bytes.len() - 1);
            let wait = Duration::from_millis(self.rng.below(30) as u64);
            if inbox.stream.send(first.bytes[..cut].to_vec()).await.is_err() {
                return false;
            }
            self.core.sleep_until(self.core.now() + wait).await;
            return inbox.stream.send(first.bytes[cut..].to_vec()).await.is_ok()
                && self.answer(inbox, &first).await;
        }
        inbox.stream.send(first.bytes.clone()).await.is_ok() && self.answer(inbox, &first).await
    }

    fn request(&mut self, id: u64) -> Request {
        let len = [0, 5, 700, 20_000, 60_000][self.rng.below(5)];
        let kind = self.rng.below(10);
        let denied = kind == 0;
        let path = if denied { format!("/deny/{id}") } else { format!("/{id}/{len}") };
        let mut bytes = Vec::new();
        let mut head = false;
        let body = content(id, [0, 9, 3_000, 40_000][self.rng.below(4)]);
        let mut body_at = None;
        match kind {
            1 => {
                head = true;
                bytes.extend_from_slice(format!("HEAD {path} HTTP/1.1\r\nHost: sim\r\n\r\n").as_bytes());
            }
            2 => {
                let fields = format!("Host: sim\r\nContent-Length: {}\r\n\r\n", body.len());
                bytes.extend_from_slice(format!("POST {path} HTTP/1.1\r\n{fields}").as_bytes());
                body_at = Some(bytes.len());
                bytes.extend_from_slice(&body);
            }
            3 => {
                let fields = "Host: sim\r\nTransfer-Encoding: chunked\r\n\r\n";
                bytes.extend_from_slice(format!("PUT {path} HTTP/1.1\r\n{fields}").as_bytes());
                body_at = Some(bytes.len());
                bytes.extend_from_slice(&chunked(&mut self.rng, &body));
            }
            _ => bytes.extend_from_slice(format!("GET {path} HTTP/1.1\r\nHost: sim\r\n\r\n").as_bytes()),
        }
        let body_at = body_at.unwrap_or(bytes.len());
        Request { id, len, head, denied, bytes, body_at }
    }

    /// Reads an answer and judges it; false when the connection is over.
    async fn answer(&mut self, inbox: &mut Inbox, request: &Request) -> bool {
        let kind = RequestKind { head: request.head, ..RequestKind::default() };
        // Every request ends: all timeouts together are far less.
        let asked = self.core.now();
        let deadline = asked + Duration::from_secs(60);
        let got = match self.core.until(Some(deadline), inbox.answer(&kind)).await {
            Err(_) => {
                self.wrong(request, "no answer and no end within a minute".to_owned());
                return false;
            }
            Ok(Err(Lost::Garbage)) => {
                self.wrong(request, "an answer that is no HTTP".to_owned());
                return false;
            }
            Ok(Err(lost)) if self.calm => {
                let waited = self.core.now().since(asked);
                self.wrong(request, format!("a connection lost {lost:?} in a calm run, after {waited:?}"));
                return false;
            }
            Ok(Err(_)) => return false,
            Ok(Ok(got)) => got,
        };
        self.seen.answers.set(self.seen.answers.get() + 1);
        let (head, body) = got;
        let want = if request.head { Vec::new() } else { content(request.id, request.len) };
        match head.status {
            403 if request.denied => {}
            200 if !request.denied && body == want => self.seen.good.set(self.seen.good.get() + 1),
            502..=504 | 408 | 400 if !self.calm => {}
            // The origin left its idle connection just as the request came, and of the body a part was gone already, or the
            // method may not be repeated.
            502 if request.body_at < request.bytes.len() || request.bytes.starts_with(b"POST") => {}
            // With one place a server, the queue may take its three seconds.
            503 => {}
            status => self.wrong(request, format!("status {status}, {} bytes, not as asked", body.len())),
        }
        head.keep_alive
    }

    fn wrong(&self, request: &Request, what: String) {
        let line = String::from_utf8_lossy(&request.bytes);
        let line = line.lines().next().unwrap_or_default().to_owned();
        self.seen.wrong.borrow_mut().push(format!("client {}: {line}: {what}", self.id));
    }
}

struct Request {
    id: u64,
    len: usize,
    head: bool,
    denied: bool,
    bytes: Vec<u8>,
    body_at: usize,
}

#[test]
fn every_request_has_one_end_and_nothing_is_left() {
    let killed = AtomicUsize::new(0);
    for_seeds("--test simulation every_request", 330, |seed| {
        run(seed).map(|life| _ = killed.fetch_add(life.killed, Ordering::Relaxed))
    });
    let some = |var| std::env::var_os(var).is_some();
    if !some("RINGMAIN_SEED") && !some("RINGMAIN_SEEDS") {
        assert!(killed.load(Ordering::Relaxed) > 300, "{killed:?} sessions were ended: too few");
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    assert_eq!(run(5).unwrap(), run(5).unwrap());
}
