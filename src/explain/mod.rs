//! `ringmain explain -f FILE "GET http://host/path"`: what the configuration does with a request, without a network.
//! The rules are run by the same code as in traffic ([`decide`]); this only writes down what they say.
mod args;

use crate::base::ids::{BackendId, FrontendId, ServerId};
use crate::base::service::Service;
use crate::base::time::Tick;
use crate::config::Options;
use crate::plan::{Mode, Plan, ServerAddr};
use crate::proto::h1;
use crate::proto::http::RequestHead;
use crate::rules::balance::Ask;
use crate::rules::{ConnInfo, Cx, Trace, Verdict};
use crate::session::decide::{self, By, Decision, Scene};
use crate::session::{LiveFacts, aim, of_request};
use crate::share::Shared;
use crate::syntax::{Env, Severity, Span, render};
use crate::world::World;
use args::Args;
use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

/// Runs the command. `args` are the words behind `explain`.
#[must_use]
pub fn main(args: &[String]) -> ExitCode {
    let args = match Args::parse(args) {
        Ok(args) => args,
        Err(e) => {
            eprintln!("ringmain explain: {e}\n\n{}", args::USAGE);
            return ExitCode::FAILURE;
        }
    };
    let (plan, diags, map) = crate::config::build(&args.files, &Env::from_process(), &Options::default());
    // Warnings are for the start; here only what keeps the file from being read.
    for diag in diags.list.iter().filter(|d| plan.is_none() && d.severity == Severity::Alert) {
        eprint!("{}", render(diag, &map, std::process::id()));
    }
    let Some(plan) = plan else { return ExitCode::FAILURE };
    match explain(Arc::new(plan), &args) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("ringmain explain: {e}");
            ExitCode::FAILURE
        }
    }
}

/// One line a rule that was looked at.
struct Notes<'a> {
    plan: &'a Plan,
    lines: Vec<(String, bool, String)>,
}

impl Trace for Notes<'_> {
    fn rule(&mut self, at: Span, what: &str, taken: bool) {
        self.lines.push((place(self.plan, at), taken, what.to_owned()));
    }
}

fn place(plan: &Plan, at: Span) -> String {
    format!("{}:{}", plan.sources.name(at.file), at.line)
}

/// What happens to the request, as text.
///
/// # Errors
/// The request cannot be read, or no frontend takes it.
pub fn explain(plan: Arc<Plan>, args: &Args) -> Result<String, String> {
    let mut req = RequestHead::default();
    h1::parse_request(&args.request(), &h1::Limits::default(), &mut req).map_err(|e| {
        format!("the request is refused with status {} before any rule: {}", e.status(), e.kind.text())
    })?;
    let id = choose_frontend(&plan, args)?;
    let frontend = plan.frontend(id);
    let world = World::new(plan.clone());
    let shared = Shared::new(1, plan.frontends.len(), plan.backends.len(), plan.servers.len());
    let conn = ConnInfo {
        src: Some(args.src),
        dst: Some(args.dst),
        ..ConnInfo::at(
            id,
            frontend.listeners.first().map_or(0, |l| plan.listeners[l.index()].uuid),
            Tick::ZERO,
        )
    };
    let facts = LiveFacts { world: &world, shared: &shared };
    let mut notes = Notes { plan: &plan, lines: Vec::new() };
    let decision = match frontend.mode {
        Mode::Http => {
            let wishes = std::cell::Cell::default();
            let scene = Scene {
                first_request: true,
                plan: &plan,
                conn: &conn,
                facts: &facts,
                wishes: &wishes,
                persistence: std::cell::Cell::default(),
                resume: std::cell::Cell::default(),
            };
            conn.vars.begin_request();
            if let Some(recording) = &frontend.recording {
                *conn.record.0.borrow_mut() = Some(of_request(recording, &req, conn.accepted));
            }
            loop {
                // Nobody is asked for addresses here: the variables stay unset.
                match decide::request(&scene, &mut req, &[], &mut notes) {
                    Decision::Ended { verdict: Verdict::Wait(_), .. } => {}
                    decision => break decision,
                }
            }
        }
        Mode::Tcp => {
            let cx = Cx {
                conn: &conn,
                req: None,
                res: None,
                req_body: &[],
                first_request: true,
                backend: None,
                server: None,
                facts: &facts,
                wishes: crate::rules::Wishes::default(),
            };
            decide::choose_backend(&plan, frontend, &cx, &mut notes)
                .map_or(Decision::NoBackend, Decision::Forward)
        }
    };
    let mut out = String::new();
    line(&mut out, "request", &format!("{} {}", args.method, args.url));
    line(&mut out, "from", &format!("{} to {}", args.src, args.dst));
    let mode = if frontend.mode == Mode::Http { "http" } else { "tcp" };
    line(&mut out, "frontend", &format!("{} ({}), mode {mode}", frontend.name, place(&plan, frontend.at)));
    rules(&mut out, &notes.lines);
    match decision {
        Decision::Forward(backend) => forwarded(&mut out, &world, &conn, &shared, backend, &mut req)?,
        other => ended(&mut out, &plan, &other),
    }
    Ok(out)
}

fn line(out: &mut String, name: &str, text: &str) {
    let _ = writeln!(out, "{name:<10}{text}");
}

fn rules(out: &mut String, lines: &[(String, bool, String)]) {
    if lines.is_empty() {
        line(out, "rules", "none looked at it");
        return;
    }
    let width = lines.iter().map(|(place, ..)| place.len()).max().unwrap_or(0);
    for (i, (place, taken, what)) in lines.iter().enumerate() {
        let verdict = if *taken { "yes" } else { "no " };
        line(out, if i == 0 { "rules" } else { "" }, &format!("{place:<width$}  {verdict}  {what}"));
    }
}

fn ended(out: &mut String, plan: &Plan, decision: &Decision) {
    let text = match decision {
        Decision::Monitor { ok: true } => "200, by monitor-uri".to_owned(),
        Decision::Monitor { ok: false } => "503, by monitor-uri and monitor fail".to_owned(),
        Decision::NoBackend => "503: no rule chose a backend and there is no default_backend".to_owned(),
        Decision::Ended { verdict, by } => {
            let by = match by {
                By::Frontend => "a rule of the frontend".to_owned(),
                By::Backend(id) => format!("a rule of backend {}", plan.backend(*id).name),
            };
            match verdict {
                Verdict::Deny { status } => format!("{status}, denied by {by}"),
                Verdict::Page { status } => format!("{status}, by {by}: the page of this status"),
                Verdict::Answer { status, bytes, .. } => {
                    let head = String::from_utf8_lossy(bytes);
                    let head =
                        head.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n", "\n          ");
                    format!("{status}, by {by}\n          {head}")
                }
                Verdict::Serve(Service::Stats { .. }) => "200: the statistics page".to_owned(),
                Verdict::Serve(Service::Prometheus) => "200: metrics for Prometheus".to_owned(),
                Verdict::Drop => format!("closed without an answer, by {by}"),
                Verdict::Fail => format!("500: {by} puts something into the request that does not fit there"),
                Verdict::Continue | Verdict::Allow | Verdict::Wait(_) => unreachable!("these end no request"),
            }
        }
        Decision::Forward(_) => unreachable!("forwarded requests are told elsewhere"),
    };
    line(out, "answer", &text);
}

fn forwarded(
    out: &mut String,
    world: &World,
    conn: &ConnInfo,
    shared: &Shared,
    id: BackendId,
    req: &mut RequestHead,
) -> Result<(), String> {
    let plan = &world.plan;
    let backend = plan.backend(id);
    let algorithm = backend.balance.name();
    line(out, "backend", &format!("{} ({}), balance {algorithm}", backend.name, place(plan, backend.at)));
    let picked = picked(world, conn, shared, id, req);
    for (i, (server, s)) in plan.servers_of(id).enumerate() {
        let state = world.server(server);
        let mut text = format!("{} {} weight {}", s.name, address(world.addr(server)), state.weight);
        for (on, word) in [
            (s.backup, ", backup"),
            (state.admin.in_maint(), ", in maintenance"),
            (s.check.is_some(), ", checked (taken as up here)"),
            (!state.usable(), ", takes no request"),
        ] {
            if on {
                text.push_str(word);
            }
        }
        line(out, if i == 0 { "servers" } else { "" }, &text);
    }
    match picked {
        None => {
            line(out, "answer", "503: no server is available");
            return Ok(());
        }
        Some((server, why)) => {
            let text = format!("{}, {why}", plan.server(server).name);
            line(out, "server", &text);
        }
    }
    let frontend = plan.frontend(conn.frontend);
    if frontend.mode == Mode::Http {
        if let Some(option) = &backend.forwarded {
            let facts = LiveFacts { world, shared };
            crate::session::forwarded::add(option, conn, &facts, id, true, req);
        }
        decide::outgoing(frontend, backend, req, conn);
        let mut bytes = Vec::new();
        h1::write_request(req, &mut bytes);
        let text = String::from_utf8_lossy(&bytes).trim_end().replace("\r\n", "\n          ");
        line(out, "sent", &text);
    }
    Ok(())
}

/// The server of the request, and why it is that one.
fn picked(
    world: &World,
    conn: &ConnInfo,
    shared: &Shared,
    id: BackendId,
    req: &mut RequestHead,
) -> Option<(ServerId, &'static str)> {
    let facts = LiveFacts { world, shared };
    let is_http = world.plan.backend(id).mode == Mode::Http;
    let cx = Cx {
        conn,
        req: is_http.then_some(req),
        res: None,
        req_body: &[],
        first_request: true,
        backend: Some(id),
        server: None,
        facts: &facts,
        wishes: crate::rules::Wishes::default(),
    };
    if let Some(server) = aim::server_by_rule(world, id, &cx) {
        return Some((server, "by a use-server rule"));
    }
    let hash = aim::hash_of_key(world, id, &cx);
    let loads = world.loads(id);
    let pick = world.balancer(id, 1).pick(Ask {
        hash,
        full: &mut |_| false,
        avoid: None,
        loads: loads.as_ref(),
        generation: world.generation,
        weights: &|into| world.weights(id, into),
    })?;
    let why = if hash.is_some() { "by its hash" } else { "the first of a fresh round" };
    Some((world.at_place(id, pick.server)?, why))
}

fn address(addr: &ServerAddr) -> String {
    match addr {
        ServerAddr::Inet(addr) => addr.to_string(),
        ServerAddr::InetRelative(ip, offset) => format!("{ip}:{offset:+}"),
        ServerAddr::Unix(path) => path.display().to_string(),
        ServerAddr::Abstract(name) => format!("abns@{}", String::from_utf8_lossy(name)),
    }
}

/// The frontend asked for; else the one that listens on the request's port; else the first in HTTP mode; else the first.
fn choose_frontend(plan: &Plan, args: &Args) -> Result<FrontendId, String> {
    if let Some(name) = &args.frontend {
        return plan
            .frontends
            .iter()
            .position(|f| &f.name == name)
            .map(FrontendId::from)
            .ok_or_else(|| format!("there is no frontend '{name}'"));
    }
    let listens = |f: &crate::plan::Frontend| {
        f.listeners.iter().any(|l| match plan.listeners[l.index()].addr {
            crate::plan::ListenerAddr::Inet(addr) => addr.port() == args.dst.port(),
            _ => false,
        })
    };
    plan.frontends
        .iter()
        .position(listens)
        .or_else(|| plan.frontends.iter().position(|f| f.mode == Mode::Http))
        .or(if plan.frontends.is_empty() { None } else { Some(0) })
        .map(FrontendId::from)
        .ok_or_else(|| "the configuration has no frontend".to_owned())
}
