//! What the expressions in a check's lines see: the server and its proxy, what was received, the check's variables.
use super::Watch;
use crate::base::ids::{BackendId, FrontendId, ServerId};
use crate::base::time::Tick;
use crate::plan::Plan;
use crate::proto::http::ResponseHead;
use crate::rules::{ConnInfo, Cx, Facts, Format, Sample, SampleExpr};
use crate::share::Shared;
use crate::world::World;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

/// The variables of one check and what it received since it last sent.
pub struct Context<'a> {
    world: Arc<World>,
    shared: &'a Shared,
    server: ServerId,
    backend: BackendId,
    pub input: Vec<u8>,
    pub head: Option<ResponseHead>,
    variables: BTreeMap<String, Sample<'static>>,
}

impl<'a> Context<'a> {
    /// That of a check that begins.
    pub fn new(watch: &'a Watch) -> Context<'a> {
        Context {
            world: watch.published.load(),
            shared: &watch.shared,
            server: watch.id,
            backend: watch.plan.server(watch.id).backend,
            input: Vec::new(),
            head: None,
            variables: BTreeMap::new(),
        }
    }

    /// Keeps a value; one that could not be had takes the variable away.
    pub fn set(&mut self, name: &str, value: Option<Sample<'static>>) {
        match value {
            Some(value) => _ = self.variables.insert(name.to_owned(), value),
            None => _ = self.variables.remove(name),
        }
    }

    /// The value of an expression.
    pub fn eval(&self, expr: &SampleExpr) -> Option<Sample<'static>> {
        self.with_cx(|cx| expr.eval(cx).map(Sample::into_owned))
    }

    /// The text of a format.
    pub fn text(&self, format: &Format) -> Vec<u8> {
        let mut out = Vec::new();
        self.with_cx(|cx| format.write(cx, &mut out));
        out
    }

    fn with_cx<T>(&self, f: impl FnOnce(&Cx<'_>) -> T) -> T {
        // The context of a rule may change the head: it gets its own.
        let mut head = self.head.clone();
        let conn = ConnInfo::at(FrontendId(u32::MAX), 0, Tick::ZERO);
        f(&Cx {
            conn: &conn,
            req: None,
            res: head.as_mut(),
            req_body: b"",
            first_request: true,
            backend: Some(self.backend),
            server: Some(self.server),
            wishes: crate::rules::Wishes::default(),
            facts: self,
        })
    }

    fn plan(&self) -> &Plan {
        &self.world.plan
    }
}

fn positive(sum: i64) -> u64 {
    u64::try_from(sum).unwrap_or(0)
}

impl Facts for Context<'_> {
    fn lists(&self) -> Option<&crate::rules::list::Lists> {
        self.world.lists.changed().then_some(&*self.world.lists)
    }

    fn usable_servers(&self, backend: BackendId) -> u32 {
        self.world.usable_servers(backend)
    }

    fn server_up(&self, server: ServerId) -> bool {
        self.world.server(server).alive()
    }

    fn backend_sessions(&self, backend: BackendId) -> u64 {
        positive(self.shared.shards.iter().map(|s| s.backends[backend.index()].sess_cur.get()).sum())
    }

    fn frontend_sessions(&self, frontend: FrontendId) -> u64 {
        let all = self.shared.shards.iter().filter_map(|s| s.frontends.get(frontend.index()));
        positive(all.map(|f| f.conn_cur.get()).sum())
    }

    fn server_sessions(&self, server: ServerId) -> u64 {
        positive(self.shared.shards.iter().map(|s| s.servers[server.index()].sess_cur.get()).sum())
    }

    fn backend_queued(&self, backend: BackendId) -> u64 {
        u64::from(self.shared.queues[backend.index()].len())
    }

    fn connection_slots(&self, _: BackendId) -> Option<u64> {
        None
    }

    fn process_sessions(&self) -> u64 {
        positive(self.shared.shards.iter().map(|s| s.process.conn_cur.get()).sum())
    }

    /// A check has no frontend.
    fn frontend_name(&self, frontend: FrontendId) -> &str {
        self.plan().frontends.get(frontend.index()).map_or("", |f| &f.name)
    }

    fn backend_name(&self, backend: BackendId) -> &str {
        &self.plan().backend(backend).name
    }

    fn server_name(&self, server: ServerId) -> &str {
        &self.plan().server(server).name
    }

    fn frontend_uuid(&self, frontend: FrontendId) -> u32 {
        self.plan().frontends.get(frontend.index()).map_or(0, |f| f.uuid)
    }

    fn backend_uuid(&self, backend: BackendId) -> u32 {
        self.plan().backend(backend).uuid
    }

    fn server_uuid(&self, server: ServerId) -> u32 {
        self.plan().server(server).uuid
    }

    fn process_values(&self) -> Option<&crate::share::vars::ProcessValues> {
        Some(&self.shared.values)
    }

    fn wall_clock(&self) -> SystemTime {
        SystemTime::now()
    }

    fn check_input(&self) -> &[u8] {
        &self.input
    }

    fn check_variable(&self, name: &str) -> Option<Sample<'_>> {
        self.variables.get(name).cloned()
    }
}
