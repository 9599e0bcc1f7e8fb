//! Checks against real sockets on loopback, and the words of changes.
use super::*;
use crate::net::IoMode;
use crate::plan::fixture::check_every;
use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};

const MS: Duration = Duration::from_millis(1);

fn http_check(inter: Duration) -> Check {
    use crate::plan::check::{Ask, CheckDraft, CheckOption, HttpOption};
    let at = crate::syntax::Span { file: crate::syntax::FileId(0), line: 1, col: 1, len: 1 };
    let option = CheckOption::Http(HttpOption { ask: Ask::default(), owner: at, before: 0 });
    let kind = CheckDraft { option, ..CheckDraft::default() }.kind();
    Check { kind, ..check_every(inter) }
}

struct Stand {
    core: Core,
    published: Arc<Published>,
    shared: Arc<Shared>,
    said: Rc<RefCell<Vec<String>>>,
}

impl Stand {
    fn new(plan: Plan) -> Stand {
        Stand::on(IoMode::Epoll, plan)
    }

    fn on(mode: IoMode, plan: Plan) -> Stand {
        let (backends, servers) = (plan.backends.len(), plan.servers.len());
        let world = World::new(Arc::new(plan));
        let stand = Stand {
            core: Core::new(mode).unwrap(),
            published: Arc::new(Published::new(world)),
            shared: Arc::new(Shared::new(1, 0, backends, servers)),
            said: Rc::default(),
        };
        init(&stand.published.load(), &stand.shared, stand.core.now());
        stand
    }

    /// Runs the checks until `done` says so.
    fn run_until(&self, done: impl Fn(&Stand) -> bool) {
        let said = self.said.clone();
        run(&self.core, self.published.clone(), self.shared.clone(), move |event| {
            if let Event::Say(message) = event {
                said.borrow_mut().push(message.text);
            }
        });
        let limit = self.core.now() + Duration::from_secs(30);
        while !done(self) {
            self.core.turn(Some(self.core.now() + 10 * MS));
            assert!(self.core.now() < limit, "{:?}", self.said.borrow());
        }
    }

    fn change(&self, index: u32, edit: impl FnOnce(&mut crate::world::ServerState)) -> Vec<String> {
        let (_, messages) =
            change_server(&self.published, &self.shared, self.core.now(), ServerId(index), "", edit);
        messages.into_iter().map(|m| m.text).collect()
    }

    fn up(&self, index: u32) -> bool {
        self.published.load().server(ServerId(index)).alive()
    }

    fn check(&self, index: u32) -> CheckState {
        self.shared.checks.server(ServerId(index)).check.clone()
    }
}

/// An origin that answers with these bytes, each connection on a thread; `None` reads and never answers.
fn origin(answer: Option<&'static str>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let mut bytes = [0; 512];
                let _ = stream.read(&mut bytes);
                if let Some(answer) = answer {
                    let _ = stream.write_all(answer.as_bytes());
                    let _ = stream.read(&mut bytes);
                } else {
                    std::thread::sleep(Duration::from_secs(2));
                }
            });
        }
    });
    addr
}

/// A port where nobody listens: bound, so that no other test gets it.
fn closed() -> SocketAddr {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let addr = socket.local_addr().unwrap().as_socket().unwrap();
    std::mem::forget(socket);
    addr
}

#[test]
fn a_server_that_dies_is_out_after_fall_checks_and_back_after_rise() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let mut plan = Plan::default();
    plan.add_backend("be");
    plan.add_server("s1", addr).check = Some(Check { downinter: Some(15 * MS), ..check_every(20 * MS) });
    let stand = Stand::new(plan);
    stand.run_until(|s| s.check(0).health == 4);
    assert_eq!(stand.check(0).status, CheckStatus::L4Ok);
    drop(listener);
    let died = stand.core.now();
    let limit = died + Duration::from_secs(30);
    while stand.up(0) {
        stand.core.turn(Some(stand.core.now() + 5 * MS));
        assert!(stand.core.now() < limit);
    }
    let check = stand.check(0);
    assert_eq!((check.status, check.health, check.failed), (CheckStatus::L4Connection, 0, 3));
    let took = stand.core.now().since(died);
    assert!(took >= 2 * 20 * MS, "out after {took:?}: not after one failure");

    let listener = TcpListener::bind(addr).unwrap();
    while !stand.up(0) {
        stand.core.turn(Some(stand.core.now() + 5 * MS));
        assert!(stand.core.now() < limit);
    }
    drop(listener);
    let said: Vec<String> =
        stand.said.borrow().iter().map(|s| s.split(", check duration").next().unwrap().to_owned()).collect();
    assert_eq!(
        said,
        [
            "Server be/s1 is DOWN, reason: Layer4 connection problem, info: \"Connection refused\"",
            "backend 'be' has no server available!",
            "Server be/s1 is UP, reason: Layer4 check passed",
        ]
    );
    assert_eq!(stand.published.load().generation, 2);
    assert_eq!(stand.shared.checks.server(ServerId(0)).life.went_down, 1);
}

/// An address whose queue of connections is full, so that another one is never answered; and what keeps it full.
fn deaf() -> (SocketAddr, Vec<socket2::Socket>) {
    let socket = || socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let listener = socket();
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    listener.listen(0).unwrap();
    let addr = listener.local_addr().unwrap();
    let mut held = vec![listener];
    for _ in 0..3 {
        let client = socket();
        client.set_nonblocking(true).unwrap();
        let _ = client.connect(&addr);
        held.push(client);
    }
    (addr.as_socket().unwrap(), held)
}

#[test]
fn each_way_to_fail_has_its_status() {
    for mode in [IoMode::Epoll, IoMode::Auto] {
        fails_in_each_way(mode);
    }
}

fn fails_in_each_way(mode: IoMode) {
    let (deaf, _held) = deaf();
    let mut plan = Plan::default();
    plan.add_backend("be");
    for answer in [
        Some("HTTP/1.1 204 No Content\r\n\r\n"),
        Some("HTTP/1.1 503 Going \"down\"\r\n\r\n"),
        Some("SSH-2.0-OpenSSH\r\n\r\n"),
        None,
    ] {
        // Who answers has the time for it; who does not is not waited for.
        let inter = if answer.is_some() { 1_000 } else { 60 };
        plan.add_server("s", origin(answer)).check = Some(http_check(inter * MS));
    }
    plan.add_server("s", closed()).check = Some(http_check(60 * MS));
    let unix = plan.add_server("s", closed());
    unix.addr = crate::plan::ServerAddr::Unix("/nonexistent/socket".into());
    unix.check = Some(http_check(60 * MS));
    plan.add_server("s", deaf).check = Some(check_every(60 * MS));
    let stand = Stand::on(mode, plan);
    // A check that begins clears the words of the last one, as HAProxy does: the words that we look at have to be there.
    let worded = |s: &Stand| [1, 4, 5].iter().all(|i| !s.check(*i).info.is_empty());
    stand.run_until(|s| (0..7).all(|i| s.check(i).status.is_final()) && worded(s));
    let seen: Vec<_> =
        (0..7).map(|i| stand.check(i)).map(|c| (c.status.name(), c.code, c.info, c.health > 0)).collect();
    let row = |name, code, info: &str, up| (name, code, info.to_owned(), up);
    assert_eq!(
        seen,
        [
            row("L7OK", 204, "", true),
            row("L7STS", 503, "Going \"down\"", false),
            row("L7RSP", 0, "", false),
            row("L7TOUT", 0, "", false),
            row("L4CON", 0, "Connection refused", false),
            row("SOCKERR", 0, "General socket error (No such file or directory)", false),
            row("L4TOUT", 0, "", false),
        ]
    );
    assert!(stand.said.borrow().iter().any(|s| s.contains("code: 503, info: \"Going <22>down<22>\", check")));
    let took = stand.check(3).duration.unwrap();
    assert!(took >= 60 * MS && took < 5_000 * MS, "timed out after {took:?}");
}

#[test]
fn port_and_addr_of_the_check_and_its_timeout() {
    let good = origin(Some("HTTP/1.0 200 OK\r\n\r\n"));
    let mut plan = Plan::default();
    plan.add_backend("be").timeouts.check = Some(400 * MS);
    let elsewhere = SocketAddr::from(([127, 0, 0, 9], 1));
    let check =
        Check { port: Some(good.port()), addr: Some(good.ip()), ..http_check(Duration::from_secs(2)) };
    plan.add_server("moved", elsewhere).check = Some(check);
    plan.add_server("mute", origin(None)).check = Some(http_check(Duration::from_secs(20)));
    plan.global.max_spread_checks = Some(10 * MS);
    let stand = Stand::new(plan);
    stand.run_until(|s| (0..2).all(|i| s.check(i).status.is_final()));
    assert_eq!(stand.check(0).status, CheckStatus::L7Ok);
    let mute = stand.check(1);
    assert_eq!(mute.status, CheckStatus::L7Timeout);
    assert!(mute.duration.unwrap() < 10_000 * MS, "`timeout check` ends it, not `inter`");
}

#[test]
fn servers_in_maintenance_are_not_checked_and_come_back_up() {
    let mut plan = Plan::default();
    plan.add_backend("be");
    plan.add_server("s1", closed()).check = Some(check_every(10 * MS));
    plan.add_server("s2", closed()).check = Some(check_every(10 * MS));
    plan.servers.first_mut()[0].disabled = true;
    let stand = Stand::new(plan);
    stand.run_until(|s| s.check(1).status.is_final());
    assert_eq!(stand.check(0).status, CheckStatus::Initializing);
    assert_eq!(
        stand.change(0, |s| s.admin.maint = false),
        ["Server be/s1 is UP/READY (leaving forced maintenance)."]
    );
    assert!(stand.up(0));
    assert_eq!(stand.check(0).health, 2);
    let limit = stand.core.now() + Duration::from_secs(30);
    while stand.up(0) {
        stand.core.turn(Some(stand.core.now() + 5 * MS));
        assert!(stand.core.now() < limit);
    }
    assert_eq!(stand.check(0).failed, 1, "it was going down on the first failure");
}

/// HAProxy 2.6.12's words for the same commands on its statistics socket.
#[test]
fn words_of_an_operators_changes() {
    let mut plan = Plan::default();
    plan.add_backend("be");
    plan.add_server("a", closed()).check = Some(check_every(MS));
    plan.add_server("b", closed()).backup = true;
    let s = Stand::new(plan);
    let left = "0 sessions active, 0 requeued, 0 remaining in queue.";
    assert_eq!(
        s.change(0, |s| s.admin.maint = true),
        [format!(
            "Server be/a is going DOWN for maintenance. 0 active and 1 backup servers left. Running on backup. {left}"
        )]
    );
    assert_eq!(
        s.change(1, |s| s.admin.drain = true),
        [
            "Backup Server be/b enters drain state. 0 active and 0 backup servers online. 0 sessions requeued, 0 total \
         in queue.",
            "backend 'be' has no server available!",
        ]
    );
    assert_eq!(s.change(1, |s| s.weight = 7), ["Backup Server be/b remains in forced drain mode."]);
    assert_eq!(
        s.change(0, |s| {
            s.admin.maint = false;
            s.admin.drain = true
        }),
        [
            "Server be/a is UP/DRAIN (leaving forced maintenance).",
            "Server be/a remains in forced drain mode.",
        ]
    );
    assert_eq!(s.change(0, |s| s.admin.drain = false), ["Server be/a is UP (leaving forced drain)."]);
    assert_eq!(s.change(0, |s| s.weight = 9), [""; 0]);
    assert_eq!(
        s.change(0, |s| s.health = Health::Down),
        [
            format!("Server be/a is DOWN. 0 active and 0 backup servers left. {left}"),
            "backend 'be' has no server available!".to_owned(),
        ]
    );
    assert_eq!(s.change(0, |s| s.admin.maint = true), ["Server be/a was DOWN and now enters maintenance."]);
    assert_eq!(s.change(0, |_| ()), [""; 0]);
}

#[test]
fn a_listen_is_called_a_proxy_and_logged_checks_give_the_reason() {
    let mut plan = Plan::default();
    plan.add_frontend("both");
    let uuid = plan.frontends[0].uuid;
    let backend = plan.add_backend("both");
    (backend.uuid, backend.log_health_checks) = (uuid, true);
    plan.add_server("a", closed()).check = Some(check_every(10 * MS));
    let stand = Stand::new(plan);
    stand.run_until(|s| !s.up(0));
    let said = stand.said.borrow();
    let first = "Health check for server both/a failed, reason: Layer4 connection problem, info: \"Connection refused\", \
                 check duration: ";
    assert!(said[0].starts_with(first) && said[0].ends_with("ms, status: 0/2 DOWN."), "{}", said[0]);
    assert_eq!(
        said[1..],
        [
            "Server both/a is DOWN. 0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
            "proxy 'both' has no server available!"
        ]
    );
}

/// As HAProxy: 1 s over three servers, the long interval of the second stretches its own place.
#[test]
fn first_checks_are_spread() {
    let mut plan = Plan::default();
    plan.add_backend("be");
    for inter in [1_000, 3_000, 300] {
        plan.add_server("s", closed()).check = Some(check_every(inter * MS));
    }
    plan.add_server("unchecked", closed());
    let delays = |plan: &Plan| first_checks(plan).iter().map(|(_, _, d)| d.as_millis()).collect::<Vec<_>>();
    assert_eq!(delays(&plan), [0, 1_000, 666]);
    plan.global.max_spread_checks = Some(300 * MS);
    assert_eq!(delays(&plan), [0, 100, 200]);
}

/// A measurement: `cargo test --lib thousand -- --ignored --nocapture`. Says what share of a core the checks take.
#[test]
#[ignore = "a measurement, not a check"]
fn five_thousand_checked_servers() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().for_each(drop));
    for mode in [IoMode::Epoll, IoMode::Auto] {
        let mut plan = Plan::default();
        plan.add_backend("be");
        for _ in 0..5_000 {
            plan.add_server("s", addr).check = Some(check_every(Duration::from_secs(2)));
        }
        let stand = Stand::on(mode, plan);
        run(&stand.core, stand.published.clone(), stand.shared.clone(), |_| ());
        let used = || {
            let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_THREAD).unwrap();
            let ms = |t: nix::sys::time::TimeVal| t.tv_sec() * 1_000 + t.tv_usec() / 1_000;
            ms(usage.user_time()) + ms(usage.system_time())
        };
        let (before, end) = (used(), stand.core.now() + Duration::from_secs(6));
        while stand.core.now() < end {
            stand.core.turn(Some(end));
        }
        let took = used() - before;
        let ended = (0..5_000).filter(|&i| stand.check(i).status.is_final()).count();
        println!("{}: {took} ms in 6 s for {ended} servers every 2 s", stand.core.driver_name());
        assert_eq!(ended, 5_000);
        assert!((0..5_000).all(|i| stand.up(i)));
    }
}

/// `init-state`: what a server is at first, and how many checks change it.
#[test]
fn servers_begin_as_they_are_taken_for() {
    use crate::plan::check::InitState;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut plan = Plan::default();
    plan.add_backend("be");
    for (state, addr) in [
        (InitState::Down, listener.local_addr().unwrap()),
        (InitState::FullyDown, listener.local_addr().unwrap()),
        (InitState::Up, closed()),
        (InitState::FullyUp, closed()),
    ] {
        let server = plan.add_server("s", addr);
        server.check = Some(Check { rise: 3, fall: 3, ..check_every(20 * MS) });
        server.watching.init_state = state;
    }
    let stand = Stand::new(plan);
    assert_eq!([0, 1, 2, 3].map(|i| stand.up(i)), [false, false, true, true]);
    assert_eq!([0, 1, 2, 3].map(|i| stand.check(i).health), [2, 0, 3, 5]);
    stand.run_until(|s| s.up(0) && s.up(1) && !s.up(2) && !s.up(3));
    // A failed one counts until it is down; the others have gone on since.
    assert_eq!([2, 3].map(|i| stand.check(i).failed), [1, 3]);
    // It comes back from maintenance in the same way.
    stand.change(1, |s| s.admin.maint = true);
    assert_eq!(
        stand.change(1, |s| s.admin.maint = false),
        ["Server be/s is DOWN/READY (leaving forced maintenance)."]
    );
    assert_eq!((stand.up(1), stand.check(1).health), (false, 0));
}
