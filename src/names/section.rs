//! A `resolvers` section at work: its names, who wants them, and what answers mean for servers.
use super::nameserver::{Running, count};
use super::pick::{Pick, pick};
use super::resolution::{Resolution, Status, Step};
use super::service::{Entry, Service};
use super::{Host, asked};
use crate::base::ids::ServerId;
use crate::base::time::Tick;
use crate::net::{Core, TaskId};
use crate::plan::draft::Family;
use crate::plan::{Plan, Resolvers, ServerAddr};
use crate::proto::dns::{self, Ask, Fault, Record};
use crate::share::lookups::Question;
use crate::world::World;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

/// One name and who wants it.
struct Wanted {
    resolution: Resolution,
    servers: Vec<ServerId>,
    services: Vec<Service>,
    /// Requests that wait for it.
    waiting: Vec<Arc<Question>>,
}

/// The section.
pub struct Section {
    core: Core,
    plan: Arc<Plan>,
    index: usize,
    host: Rc<dyn Host>,
    pub servers: Vec<Rc<Running>>,
    names: RefCell<BTreeMap<u64, Wanted>>,
    next: Cell<u64>,
    /// Ids nobody can foretell.
    random: RandomState,
    ids: Cell<u64>,
    task: Cell<TaskId>,
}

/// Looks names up for as long as the Plan is in force.
pub async fn run(section: Rc<Section>) {
    section.task.set(section.core.current());
    poll_fn(|_| {
        if !Arc::ptr_eq(&section.host.world().plan, &section.plan) {
            return Poll::Ready(());
        }
        section.work();
        if let Some(next) = section.next_due() {
            section.core.wake_at(next);
        }
        Poll::Pending
    })
    .await;
}

impl Section {
    /// The section with the names of its servers.
    pub fn new(core: &Core, plan: &Arc<Plan>, index: usize, host: Rc<dyn Host>) -> Rc<Section> {
        let servers = plan.resolvers[index].nameservers.iter().map(|n| Running::new(core, n)).collect();
        let section = Rc::new(Section {
            core: core.clone(),
            plan: plan.clone(),
            index,
            host,
            servers,
            names: RefCell::default(),
            next: Cell::new(0),
            random: RandomState::new(),
            ids: Cell::new(0),
            task: Cell::new(TaskId::NONE),
        });
        for server in plan.servers.iter() {
            let Some(lookup) = server.lookup.as_ref().filter(|l| l.resolvers == index) else { continue };
            if plan.backend(server.backend).disabled {
                continue;
            }
            // A state file may remember another name.
            match (&lookup.service, section.host.world().fqdn(server.id)) {
                (Some(label), _) => section.want_service(label, server.id),
                (None, Some(name)) => section.want(name, server.id),
                (None, None) => {}
            }
        }
        section
    }

    /// What the file says about it.
    pub fn plan(&self) -> &Resolvers {
        &self.plan.resolvers[self.index]
    }

    /// Whether its task runs.
    pub fn runs(&self) -> bool {
        self.task.get() != TaskId::NONE
    }

    /// Whether a server's name is looked up here.
    pub fn is_used(&self) -> bool {
        !self.names.borrow().is_empty() && !self.servers.is_empty()
    }

    fn want_service(&self, label: &str, server: ServerId) {
        let backend = self.plan.server(server).backend;
        let mut names = self.names.borrow_mut();
        let wanted = self.named(&mut names, label, Ask::Srv);
        let at = wanted.services.iter().position(|s| s.backend == backend).unwrap_or_else(|| {
            wanted.services.push(Service::new(backend));
            wanted.services.len() - 1
        });
        wanted.services[at].add(server);
    }

    /// A server wants a name's address; it wants none else any more.
    pub fn want(&self, name: &str, server: ServerId) {
        // Asked for in small letters, as HAProxy does.
        let name = name.to_ascii_lowercase();
        let name = name.as_str();
        let preferred = match self.plan.server(server).lookup.as_ref().map(|l| l.wishes.family) {
            Some(Family::V4) => Ask::A,
            _ => Ask::Aaaa,
        };
        let mut names = self.names.borrow_mut();
        let has = |w: &Wanted| dns::same(&w.resolution.name, name) && w.resolution.preferred == preferred;
        if names.values().any(|w| has(w) && w.servers.contains(&server)) {
            return;
        }
        forget(&mut names, server);
        self.named(&mut names, name, preferred).servers.push(server);
        drop(names);
        self.core.wake(self.task.get());
    }

    /// Starts its task, unless it runs.
    pub fn start(self: &Rc<Section>, core: &Core) {
        if self.task.get() == TaskId::NONE {
            self.task.set(core.spawn(run(self.clone())));
        }
    }

    /// A request wants a name's address: the last good one, where that still holds.
    pub fn ask(self: &Rc<Section>, question: Arc<Question>) {
        let ask = if question.v4 { Ask::A } else { Ask::Aaaa };
        let now = self.core.now();
        let mut names = self.names.borrow_mut();
        let wanted = self.named(&mut names, &question.name, ask);
        let resolution = &mut wanted.resolution;
        if resolution.open().is_none() {
            if resolution.holds(self.plan(), now) {
                let addresses: Vec<IpAddr> = resolution.addresses().collect();
                return asked::tell(vec![question], &addresses);
            }
            resolution.hurry();
        }
        wanted.waiting.push(question);
        drop(names);
        self.core.wake(self.task.get());
    }

    /// Answers who waits for a name; a name that nobody else wants is looked up no more.
    fn answer(&self, key: u64) {
        let mut names = self.names.borrow_mut();
        let Some(wanted) = names.get_mut(&key) else { return };
        let waiting = std::mem::take(&mut wanted.waiting);
        let valid = wanted.resolution.status == Status::Valid;
        let addresses: Vec<IpAddr> = if valid { wanted.resolution.addresses().collect() } else { Vec::new() };
        if wanted.servers.is_empty() && wanted.services.is_empty() {
            names.remove(&key);
        }
        drop(names);
        asked::tell(waiting, &addresses);
    }

    /// A check of a server has found nobody: its name is asked for soon, as [`Resolution::doubt`] has it.
    pub fn doubt(&self, server: ServerId) {
        let now = self.core.now();
        let mut names = self.names.borrow_mut();
        let wants = |w: &&mut Wanted| w.servers.contains(&server);
        if let Some(wanted) = names.values_mut().find(wants)
            && wanted.resolution.doubt(self.plan(), now)
        {
            self.core.wake(self.task.get());
        }
    }

    fn unwant(&self, server: ServerId) {
        forget(&mut self.names.borrow_mut(), server);
    }

    /// The entry of a name; servers that want the same share it.
    fn named<'a>(&self, names: &'a mut BTreeMap<u64, Wanted>, name: &str, ask: Ask) -> &'a mut Wanted {
        let found = names
            .iter()
            .find(|(_, w)| dns::same(&w.resolution.name, name) && w.resolution.preferred == ask)
            .map(|(key, _)| *key);
        let key = found.unwrap_or_else(|| {
            self.next.set(self.next.get() + 1);
            self.next.get()
        });
        names.entry(key).or_insert_with(|| Wanted {
            resolution: Resolution::new(name, ask),
            servers: Vec::new(),
            services: Vec::new(),
            waiting: Vec::new(),
        })
    }

    /// Does everything whose time has come.
    fn work(self: &Rc<Section>) {
        let now = self.core.now();
        let due: Vec<u64> = {
            let names = self.names.borrow();
            let due = |w: &Wanted| w.resolution.due(self.plan()) <= now;
            names.iter().filter(|(_, w)| due(w)).map(|(key, _)| *key).collect()
        };
        for key in due {
            let step = {
                let id = self.fresh_id();
                let mut names = self.names.borrow_mut();
                // An earlier one's end may have made this one unwanted.
                let Some(wanted) = names.get_mut(&key) else { continue };
                match wanted.resolution.open() {
                    Some(_) => wanted.resolution.expired(now),
                    None => Step::Send(wanted.resolution.begin(id, self.plan(), now)),
                }
            };
            self.step(key, step, None);
        }
    }

    fn next_due(&self) -> Option<Tick> {
        self.names.borrow().values().map(|w| w.resolution.due(self.plan())).min()
    }

    /// An id that no open question has.
    fn fresh_id(&self) -> u16 {
        let names = self.names.borrow();
        loop {
            self.ids.set(self.ids.get() + 1);
            let id = self.random.hash_one(self.ids.get()) as u16;
            if names.values().all(|w| w.resolution.open().is_none_or(|(other, _)| other != id)) {
                return id;
            }
        }
    }

    fn step(self: &Rc<Section>, key: u64, step: Step, by: Option<&Rc<Running>>) {
        match step {
            Step::Wait => {}
            Step::Send(ask) => self.send(key, ask),
            Step::Valid => {
                self.valid(key, by);
                self.answer(key);
            }
            Step::Failed => {
                self.failed(key);
                self.answer(key);
            }
        }
    }

    fn send(self: &Rc<Section>, key: u64, ask: Ask) {
        let question = {
            let names = self.names.borrow();
            let Some(resolution) = names.get(&key).map(|w| &w.resolution) else { return };
            let Some((id, _)) = resolution.open() else { return };
            dns::question(id, &resolution.name, ask, self.plan().accepted)
        };
        // What is no name is asked of nobody: that ends as a time out.
        let Some(question) = question else { return };
        for server in &self.servers {
            let (section, from) = (Rc::downgrade(self), Rc::downgrade(server));
            let answer: Rc<dyn Fn(&[u8])> = Rc::new(move |bytes| {
                if let (Some(section), Some(from)) = (section.upgrade(), from.upgrade()) {
                    section.received(&from, bytes);
                }
            });
            server.ask(&question, &answer);
        }
    }

    /// A message from a name server.
    fn received(self: &Rc<Section>, from: &Rc<Running>, bytes: &[u8]) {
        let c = &from.counters;
        let accepted = self.plan().accepted;
        if bytes.len() > usize::from(accepted) {
            return count(&c.too_big);
        }
        let Some(id) = dns::id_of(bytes) else { return count(&c.invalid) };
        let (key, step) = {
            let mut names = self.names.borrow_mut();
            let open = |w: &Wanted| w.resolution.open().filter(|(open, _)| *open == id).map(|(_, ask)| ask);
            let found = names.iter_mut().find_map(|(key, w)| open(w).map(|ask| (*key, ask, w)));
            let Some((key, ask, wanted)) = found else { return count(&c.outdated) };
            let answer = dns::answer(bytes, &wanted.resolution.name, ask, accepted);
            count(match &answer {
                Ok(_) => &c.valid,
                Err(Fault::Late) => return count(&c.outdated),
                Err(Fault::Invalid) => &c.invalid,
                Err(Fault::NxDomain) => &c.nx,
                Err(Fault::Refused) => &c.refused,
                Err(Fault::Empty) => &c.any_err,
                Err(Fault::Alias) => &c.cname_error,
                Err(Fault::Truncated) => &c.truncated,
                Err(Fault::Other) => &c.other,
            });
            (key, wanted.resolution.answered(answer, self.servers.len(), self.plan(), self.core.now()))
        };
        self.step(key, step, Some(from));
        self.core.wake(self.task.get());
    }

    /// A good answer came.
    fn valid(&self, key: u64, by: Option<&Rc<Running>>) {
        let (servers, addresses, changes) = {
            let mut names = self.names.borrow_mut();
            let Some(wanted) = names.get_mut(&key) else { return };
            let records: Vec<Record> = wanted.resolution.records.iter().map(|k| k.record.clone()).collect();
            let changes: Vec<_> = wanted.services.iter_mut().map(|s| s.update(records.iter())).collect();
            let addresses: Vec<IpAddr> = wanted.resolution.addresses().collect();
            (wanted.servers.clone(), addresses, changes)
        };
        let mut by = by;
        for server in servers {
            self.place(server, &addresses, by.take());
        }
        for changes in changes {
            changes.released.into_iter().for_each(|server| self.release(server));
            changes.entries.iter().for_each(|(entry, new)| self.serve(entry, *new));
        }
    }

    /// Gives a server one of its name's addresses. Only the first server's is the answer's, HAProxy says; the others take
    /// theirs from what is known then.
    fn place(&self, id: ServerId, addresses: &[IpAddr], by: Option<&Rc<Running>>) {
        let world = self.host.world();
        let Some(lookup) = &self.plan.server(id).lookup else { return };
        let current = ip_of(&world, id);
        let taken = |ip: IpAddr| others(&world, id).any(|other| ip_of(&world, other) == Some(ip));
        match pick(addresses.iter().copied(), &lookup.wishes, current, taken) {
            Pick::None => return self.lose(id, "No IP for server "),
            Pick::Same => {}
            Pick::Other(ip) => {
                let source = match by {
                    Some(server) => {
                        count(&server.counters.update);
                        format!("{}/{}", self.plan().name, server.name)
                    }
                    None => "DNS cache".to_owned(),
                };
                self.set_address(id, ip, &source);
            }
        }
        if self.host.world().server(id).admin.unresolved {
            self.host.change(id, "", &|state| state.admin.unresolved = false);
            let text = format!("Server {} administratively READY thanks to valid DNS answer.", self.name(id));
            self.host.say(self.plan.server(id).backend, text);
        }
    }

    fn name(&self, id: ServerId) -> String {
        let server = self.plan.server(id);
        format!("{}/{}", self.plan.backend(server.backend).name, server.name)
    }

    fn set_address(&self, id: ServerId, ip: IpAddr, source: &str) {
        let old = ip_of(&self.host.world(), id).map_or_else(|| "(none)".to_owned(), |ip| ip.to_string());
        let text = format!("{} changed its IP from {old} to {ip} by {source}.", self.name(id));
        self.host.edit(&|world| world.with_addr(id, moved(world.addr(id), ip)));
        self.host.say(self.plan.server(id).backend, text);
    }

    /// A server has no address any more.
    fn lose(&self, id: ServerId, reason: &str) {
        if self.host.world().server(id).admin.unresolved {
            return;
        }
        self.host.change(id, reason, &|state| state.admin.unresolved = true);
        let none = IpAddr::from(Ipv4Addr::UNSPECIFIED);
        self.host.edit(&|world| world.with_addr(id, moved(world.addr(id), none)));
    }

    /// A name could not be looked up: whoever wants it goes down, unless the last good answer still holds.
    fn failed(&self, key: u64) {
        let (hold, now) = (&self.plan().hold, self.core.now());
        let (servers, released, reason) = {
            let mut names = self.names.borrow_mut();
            let Some(wanted) = names.get_mut(&key) else { return };
            let (hold, reason) = match wanted.resolution.status {
                Status::None | Status::Valid => return,
                Status::Nx => (hold.nx, "DNS NX status"),
                Status::Timeout => (hold.timeout, "DNS timeout status"),
                Status::Refused => (hold.refused, "DNS refused status"),
                Status::Other => (hold.other, "unspecified DNS error"),
            };
            if wanted.resolution.last_valid.is_some_and(|at| now < at + hold) {
                return;
            }
            let mut released = Vec::new();
            if !wanted.services.is_empty() {
                wanted.resolution.records.clear();
            }
            for service in &mut wanted.services {
                released.extend(service.update([].iter()).released);
            }
            (wanted.servers.clone(), released, reason)
        };
        servers.into_iter().for_each(|server| self.lose(server, reason));
        released.into_iter().for_each(|server| self.release(server));
    }

    /// A server's SRV record is gone.
    fn release(&self, id: ServerId) {
        self.unwant(id);
        self.lose(id, "entry removed from SRV record");
        self.host.edit(&|world| {
            world.with_overrides(id, |o| {
                o.fqdn = Some(String::new());
                o.addr = Some(ServerAddr::Inet(SocketAddr::from(([0, 0, 0, 0], 0))));
            })
        });
    }

    /// A server has an SRV record: its port and weight, and the name it gets its address from.
    fn serve(&self, entry: &Entry, new: bool) {
        let id = entry.server;
        let world = self.host.world();
        let Some(lookup) = &self.plan.server(id).lookup else { return };
        if new {
            self.host.edit(&|world| {
                let ip = ip_of(world, id).unwrap_or(IpAddr::from(Ipv4Addr::UNSPECIFIED));
                world.with_overrides(id, |o| {
                    o.fqdn = Some(entry.target.clone());
                    o.addr = Some(ServerAddr::Inet(SocketAddr::new(ip, entry.port)));
                })
            });
        }
        match entry.address {
            None => self.want(&entry.target, id),
            Some(ip) => {
                self.unwant(id);
                if ip_of(&world, id) != Some(ip) {
                    self.set_address(id, ip, "DNS additional record");
                }
                self.host.change(id, "", &|state| state.admin.unresolved = false);
            }
        }
        if !lookup.wishes.ignore_weight && world.server(id).weight != entry.weight {
            self.host.change(id, "", &|state| state.weight = entry.weight);
        }
    }
}

/// Nobody keeps a name that nobody wants.
fn forget(names: &mut BTreeMap<u64, Wanted>, server: ServerId) {
    names.retain(|_, wanted| {
        wanted.servers.retain(|s| *s != server);
        !wanted.servers.is_empty() || !wanted.services.is_empty() || !wanted.waiting.is_empty()
    });
}

/// A server's address, where it has one.
fn ip_of(world: &World, id: ServerId) -> Option<IpAddr> {
    match world.addr(id) {
        ServerAddr::Inet(addr) => Some(addr.ip()),
        ServerAddr::InetRelative(ip, _) => Some(*ip),
        ServerAddr::Unix(_) | ServerAddr::Abstract(_) => None,
    }
    .filter(|ip| !ip.is_unspecified())
}

/// The same port at another address.
fn moved(addr: &ServerAddr, ip: IpAddr) -> ServerAddr {
    match addr {
        ServerAddr::InetRelative(_, offset) => ServerAddr::InetRelative(ip, *offset),
        ServerAddr::Inet(addr) => ServerAddr::Inet(SocketAddr::new(ip, addr.port())),
        other => other.clone(),
    }
}

/// The other servers of the backend that have the same name and an address by it.
fn others(world: &World, id: ServerId) -> impl Iterator<Item = ServerId> + '_ {
    let name = world.fqdn(id);
    let backend = world.plan.server(id).backend;
    world.servers_of(backend).map(|(other, _)| other).filter(move |other| {
        let same = match (world.fqdn(*other), name) {
            (Some(a), Some(b)) => dns::same(a, b),
            _ => false,
        };
        *other != id && same && !world.server(*other).admin.unresolved
    })
}
