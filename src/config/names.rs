//! Names of proxies and servers → dense ids, from the draft: the order of lines is the order of ids.
use crate::base::ids::{BackendId, FrontendId, ServerId};
use crate::plan::draft::{Draft, ProxyDraft};
use crate::plan::logging::Needs;
use crate::rules::sample::Names;
use crate::vocab::logformat;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

/// Every name of a configuration.
#[derive(Debug, Default)]
pub struct Index {
    frontends: HashMap<String, FrontendId>,
    backends: HashMap<String, BackendId>,
    servers: HashMap<(BackendId, String), ServerId>,
    /// By proxy of the draft.
    halves: Vec<(Option<FrontendId>, Option<BackendId>)>,
    /// By backend: the proxy of the draft.
    owners: Vec<usize>,
    /// The servers that rules asked for.
    named: RefCell<BTreeSet<ServerId>>,
    /// By proxy of the draft: what its rules want of records.
    needs: RefCell<Vec<Needs>>,
}

impl Index {
    /// Numbers everything.
    #[must_use]
    pub fn new(draft: &Draft) -> Index {
        let mut index = Index::default();
        let (mut frontends, mut servers) = (0, 0);
        for (number, proxy) in draft.proxies.iter().enumerate() {
            let frontend = proxy.kind.has_frontend().then(|| {
                frontends += 1;
                let id = FrontendId(frontends - 1);
                index.frontends.entry(proxy.name.clone()).or_insert(id);
                id
            });
            let backend = proxy.kind.has_backend().then(|| {
                let id = BackendId::from(index.owners.len());
                index.owners.push(number);
                index.backends.entry(proxy.name.clone()).or_insert(id);
                for server in &proxy.servers {
                    index.servers.entry((id, server.name.clone())).or_insert(ServerId(servers));
                    servers += 1;
                }
                id
            });
            index.halves.push((frontend, backend));
        }
        index.needs = RefCell::new(vec![Needs::default(); index.halves.len()]);
        index
    }

    /// The backend of a name.
    #[must_use]
    pub fn backend(&self, name: &str) -> Option<BackendId> {
        self.backends.get(name).copied()
    }

    /// A backend's server of a name.
    #[must_use]
    pub fn server(&self, backend: BackendId, name: &str) -> Option<ServerId> {
        self.servers.get(&(backend, name.to_owned())).copied()
    }

    /// The section a backend comes from.
    #[must_use]
    pub fn owner<'d>(&self, draft: &'d Draft, backend: BackendId) -> &'d ProxyDraft {
        self.owner_of(&draft.proxies, backend)
    }

    /// The same among the draft's proxies.
    #[must_use]
    pub fn owner_of<'d>(&self, proxies: &'d [ProxyDraft], backend: BackendId) -> &'d ProxyDraft {
        &proxies[self.owners[backend.index()]]
    }

    /// The ids of the halves of the draft's proxy `number`.
    #[must_use]
    pub fn halves(&self, number: usize) -> (Option<FrontendId>, Option<BackendId>) {
        self.halves[number]
    }

    /// The names as a line in proxy `number` sees them.
    #[must_use]
    pub fn seen_from(&self, number: usize) -> SeenFrom<'_> {
        SeenFrom { index: self, number, of_log: false, of_check: false }
    }

    /// What the lines of proxy `number` want of records.
    #[must_use]
    pub fn needs(&self, number: usize) -> Needs {
        self.needs.borrow()[number]
    }

    /// The draft's proxy that a backend comes from.
    #[must_use]
    pub fn number_of(&self, backend: BackendId) -> usize {
        self.owners[backend.index()]
    }

    fn need(&self, number: usize, needs: Needs) {
        let all = &mut self.needs.borrow_mut()[number];
        *all = all.or(needs);
    }

    /// The servers that rules asked for: they cannot be deleted.
    pub fn named(&self) -> BTreeSet<ServerId> {
        self.named.take()
    }

    /// All names of backends, for "did you mean".
    pub fn backend_names(&self) -> impl Iterator<Item = &str> {
        self.backends.keys().map(String::as_str)
    }
}

/// The names, and which proxy is "own".
#[derive(Clone, Copy, Debug)]
pub struct SeenFrom<'a> {
    index: &'a Index,
    number: usize,
    /// It wants nothing of records.
    of_log: bool,
    /// No proxy is its own.
    of_check: bool,
}

impl<'a> SeenFrom<'a> {
    /// The same for the format of a log line, which wants nothing of exchanges that are not logged.
    #[must_use]
    pub fn of_log(self) -> SeenFrom<'a> {
        SeenFrom { of_log: true, ..self }
    }

    /// The same for a health check, whose lines proxies share through `defaults`: it knows its backend when it runs.
    #[must_use]
    pub fn of_check(self) -> SeenFrom<'a> {
        SeenFrom { of_log: true, of_check: true, ..self }
    }
}

impl Names for SeenFrom<'_> {
    fn backend(&self, name: &str) -> Option<BackendId> {
        self.index.backend(name)
    }

    fn frontend(&self, name: &str) -> Option<FrontendId> {
        self.index.frontends.get(name).copied()
    }

    fn server(&self, backend: BackendId, name: &str) -> Option<ServerId> {
        let found = self.index.servers.get(&(backend, name.to_owned())).copied();
        self.index.named.borrow_mut().extend(found);
        found
    }

    fn own_backend(&self) -> Option<BackendId> {
        self.index.halves[self.number].1.filter(|_| !self.of_check)
    }

    fn own_frontend(&self) -> Option<FrontendId> {
        self.index.halves[self.number].0
    }

    fn reads_record(&self) {
        if !self.of_log {
            self.index.need(self.number, Needs { record: true, ..Needs::default() });
        }
    }

    fn writes_variable(&self, name: &'static str) {
        if !self.of_log {
            self.index.need(self.number, logformat::needs(name));
        }
    }
}
