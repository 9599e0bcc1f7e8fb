//! What the rules say of a request, without a network: the same function serves the data path and `ringmain explain`.
use super::headers;
use super::persist::{self, Override};
use super::service;
use crate::base::ids::BackendId;
use crate::base::service::Owner;
use crate::plan::{Backend, BackendTarget, ConnectionMode, Frontend, Inspection, Plan};
use crate::proto::http::RequestHead;
use crate::rules::{ConnInfo, Cx, Facts, Program, Trace, Verdict, Wishes};
use std::cell::Cell;

/// The outcome of the rules.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// `monitor-uri`: 200, or 503 when a `monitor fail` condition holds.
    Monitor { ok: bool },
    /// Forward to this backend.
    Forward(BackendId),
    /// No rule chose a backend and there is no default.
    NoBackend,
    /// A rule ended the request.
    Ended { verdict: Verdict, by: By },
}

/// Whose rule it was, for counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Frontend,
    Backend(BackendId),
}

/// What stays the same for one connection.
pub struct Scene<'a> {
    pub first_request: bool,
    pub plan: &'a Plan,
    pub conn: &'a ConnInfo,
    pub facts: &'a dyn Facts,
    /// Set when the backend is known: what its rules say about persistence.
    pub persistence: Cell<Override>,
    /// What the rules asked of the way to a server, once they have run.
    pub wishes: &'a Cell<Wishes>,
    /// Where to go on, for a request whose rules have waited; where they wait, afterwards.
    pub resume: Cell<Option<Resume>>,
}

/// Where rules wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume {
    /// Set once the backend is known.
    backend: Option<BackendId>,
    /// Which of the proxy's programs, and its next rule.
    program: usize,
    rule: usize,
}

/// Runs the frontend's rules, chooses the backend, runs its rules. `body` is what has arrived of the request's body.
pub fn request(scene: &Scene<'_>, req: &mut RequestHead, body: &[u8], trace: &mut impl Trace) -> Decision {
    let frontend = scene.plan.frontend(scene.conn.frontend);
    let mut cx = Cx {
        conn: scene.conn,
        req: Some(req),
        res: None,
        req_body: body,
        first_request: scene.first_request,
        backend: None,
        server: None,
        facts: scene.facts,
        wishes: scene.wishes.get(),
    };
    let resume = scene.resume.take();
    if let Some(uri) = &frontend.monitor_uri
        && resume.is_none()
        && cx.request().is_some_and(|r| r.uri() == uri.as_slice())
    {
        return Decision::Monitor { ok: !frontend.monitor_fail.iter().any(|c| c.holds(&cx)) };
    }
    let kept = |cx: &Cx<'_>| scene.wishes.set(cx.wishes);
    let page =
        |cx: &Cx<'_>| service::stats(frontend.stats.as_ref(), Owner::Frontend(scene.conn.frontend), cx);
    let resumed = resume.unwrap_or(Resume { backend: None, program: 0, rule: 0 });
    let backend = match resumed.backend {
        Some(backend) => backend,
        None => {
            let programs = [rules_of(&frontend.inspection), &frontend.http_request, &frontend.redirects];
            if let Some(verdict) = run(scene, programs, page, resumed, &mut cx, trace) {
                kept(&cx);
                return Decision::Ended { verdict, by: By::Frontend };
            }
            let Some(backend) = choose_backend(scene.plan, frontend, &cx, trace) else {
                return Decision::NoBackend;
            };
            backend
        }
    };
    cx.backend = Some(backend);
    let plan = scene.plan.backend(backend);
    if plan.persistence.is_some() && resumed.backend.is_none() {
        scene.persistence.set(persist::override_of(plan, &cx));
    }
    if frontend.own_backend == Some(backend) {
        // Both halves of one `listen`: its rules have run.
        kept(&cx);
        return Decision::Forward(backend);
    }
    let page = |cx: &Cx<'_>| service::stats(plan.stats.as_ref(), Owner::Backend(backend), cx);
    let programs = [rules_of(&plan.inspection), &plan.http_request, &plan.redirects];
    let from = if resumed.backend.is_some() {
        resumed
    } else {
        Resume { backend: Some(backend), program: 0, rule: 0 }
    };
    let ended = run(scene, programs, page, from, &mut cx, trace);
    kept(&cx);
    match ended {
        Some(verdict) => Decision::Ended { verdict, by: By::Backend(backend) },
        None => Decision::Forward(backend),
    }
}

/// The backend for a connection or request: the first `use_backend` whose condition holds, else the default.
pub fn choose_backend(
    plan: &Plan,
    frontend: &Frontend,
    cx: &Cx<'_>,
    trace: &mut impl Trace,
) -> Option<BackendId> {
    for rule in &frontend.use_backend {
        let taken = rule.condition.as_ref().is_none_or(|c| c.holds(cx));
        let target = if taken { target(plan, &rule.target, cx) } else { None };
        trace.rule(rule.at, &rule.text, target.is_some());
        if target.is_some() {
            return target;
        }
    }
    frontend.default_backend
}

/// Gives a request the header fields that the proxy adds on its way to a server of `backend`; says whether the server's
/// connection is to stay.
pub fn outgoing(frontend: &Frontend, backend: &Backend, req: &mut RequestHead, conn: &ConnInfo) -> bool {
    // Either side's `option httpclose` or `http-server-close` ends the server's connection; the client's is the
    // frontend's alone to end.
    let keeps = |mode: ConnectionMode| mode == ConnectionMode::KeepAlive;
    let keep = keeps(frontend.connection_mode) && keeps(backend.connection_mode);
    let src = conn.src.map(|a| a.ip());
    headers::add_address(req, backend.forward_for.as_ref(), frontend.forward_for.as_ref(), src);
    let original_to = (backend.manners.original_to.as_ref(), frontend.manners.original_to.as_ref());
    if original_to != (None, None) {
        let dst = conn.redirected.get().or(conn.dst).map(|a| a.ip());
        headers::add_address(req, original_to.0, original_to.1, dst);
    }
    let stays = headers::for_server(req, keep || backend.manners.pretend_keepalive);
    keep && stays
}

fn target(plan: &Plan, target: &BackendTarget, cx: &Cx<'_>) -> Option<BackendId> {
    match target {
        BackendTarget::Fixed(id) => Some(*id),
        BackendTarget::ByName(format) => {
            let mut name = Vec::new();
            format.write(cx, &mut name);
            plan.backends.iter().position(|b| b.name.as_bytes() == name).map(BackendId::from)
        }
    }
}

/// `tcp-request content` of a request whose head is whole: its rules wait for no more bytes.
fn rules_of(inspection: &Option<Box<Inspection>>) -> &Program {
    const NONE: &Program = &Program { rules: Vec::new() };
    inspection.as_ref().map_or(NONE, |i| &i.rules)
}

/// Runs a proxy's programs in their order, from where they waited, and before the last looks whether the statistics page is
/// meant; `None` when the request goes on.
fn run(
    scene: &Scene<'_>,
    programs: [&Program; 3],
    page: impl Fn(&Cx<'_>) -> Option<Verdict>,
    from: Resume,
    cx: &mut Cx<'_>,
    trace: &mut impl Trace,
) -> Option<Verdict> {
    let mut next = from.rule;
    for (program, rules) in programs.into_iter().enumerate().skip(from.program) {
        match rules.run_from(&mut next, cx, trace) {
            Verdict::Continue | Verdict::Allow => {
                next = 0;
                if let Some(verdict) = (program == 1).then(|| page(cx)).flatten() {
                    return Some(verdict);
                }
            }
            verdict => {
                if matches!(verdict, Verdict::Wait(_)) {
                    scene.resume.set(Some(Resume { program, rule: next, ..from }));
                }
                return Some(verdict);
            }
        }
    }
    None
}
