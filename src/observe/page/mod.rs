//! The statistics page (configuration manual 4.2 `stats …`; management manual 9.1, 9.2): made piece by piece, so that
//! thousands of servers neither need memory for all at once nor keep anybody waiting.
mod ask;
mod cells;
pub mod form;
mod html;
mod modules;

pub use ask::{Ask, Form};

use super::columns;
use super::info::ProcessInfo;
use super::listeners;
use super::stat::{self, Proxy, StatFilter, View};
use super::typed::{self, Object, Rows};
use crate::base::ids::{BackendId, FrontendId, ListenerId, ServerId};
use crate::base::service::Owner;
use crate::plan::{Backend, Frontend, ListenerAddr, Mode, StatsPage};
use crate::proto::h1::Answer;
use crate::proto::text::FieldName;
use crate::share::{Shared, Trends};
use crate::world::World;
use cells::Kind;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::Arc;

/// A piece is sent when it has grown to this size.
const PIECE: usize = 12 * 1_024;
/// So many servers are looked at between two pieces at most.
const BATCH: usize = 32;
/// The same where a row is tens of kilobytes: typed lines and JSON.
const LONG_BATCH: usize = 2;

/// The page's settings and place.
pub struct PageSettings {
    pub stats: Arc<StatsPage>,
    pub uri: String,
    /// The name of the proxy it belongs to: `stats scope .`.
    pub own: String,
    /// Servers may be changed.
    pub admin: bool,
}

impl PageSettings {
    /// Those of a proxy; none where it has no page.
    #[must_use]
    pub fn of(world: &World, owner: Owner, admin: bool) -> Option<PageSettings> {
        let (stats, own) = match owner {
            Owner::Frontend(id) => (&world.plan.frontend(id).stats, &world.plan.frontend(id).name),
            Owner::Backend(id) => (&world.plan.backend(id).stats, &world.plan.backend(id).name),
        };
        let stats = stats.clone()?;
        Some(PageSettings { uri: stats.uri().to_owned(), own: own.clone(), stats, admin })
    }
}

/// What is still to be made.
enum Step {
    Begin,
    Open { name: String, caption: String, description: Option<String>, form: bool },
    Frontend(FrontendId, bool),
    Listeners(Vec<ListenerId>, bool),
    Servers(Vec<ServerId>, bool),
    Backend(BackendId, bool),
    Close(Option<u32>),
    End,
}

/// A page being made: the answer's head first, then its body.
pub struct Page {
    world: Arc<World>,
    shared: Arc<Shared>,
    process: ProcessInfo,
    trends: Trends,
    settings: PageSettings,
    ask: Ask,
    filter: StatFilter,
    steps: VecDeque<Step>,
    nonce: String,
    head: bool,
    /// Writes rows where they are neither HTML nor CSV.
    rows: RefCell<Option<Rows>>,
}

impl Page {
    /// Begins a page.
    #[must_use]
    pub fn new(
        world: Arc<World>,
        shared: Arc<Shared>,
        process: ProcessInfo,
        settings: PageSettings,
        ask: Ask,
    ) -> Page {
        let filter = StatFilter::hiding(ask.hide_down, ask.hide_maintenance)
            .with_legends(settings.stats.settings.legends);
        let trends = shared.trends().clone();
        let rows = match ask.form {
            Form::Json => Some(Rows::new(typed::Form { json: true, ..typed::Form::default() })),
            Form::Typed => Some(Rows::new(typed::Form { typed: true, ..typed::Form::default() })),
            Form::Html | Form::Csv | Form::JsonSchema => None,
        };
        let nonce = format!("{:016x}", random());
        let mut page = Page {
            world,
            shared,
            process,
            trends,
            settings,
            ask,
            filter,
            steps: VecDeque::new(),
            nonce,
            head: false,
            rows: RefCell::new(rows),
        };
        page.plan_steps();
        page
    }

    fn plan_steps(&mut self) {
        let world = self.world.clone();
        let plan = &world.plan;
        let html = self.ask.form == Form::Html;
        let batch = if matches!(self.ask.form, Form::Json | Form::Typed) { LONG_BATCH } else { BATCH };
        let mut steps = VecDeque::from([Step::Begin]);
        let shown = |name: &str| {
            self.settings.stats.shows(name, &self.settings.own) && name.contains(&self.ask.scope)
        };
        let all = stat::proxies(plan);
        let servers = |id: BackendId| world.servers_of(id).map(|(server, _)| server).collect::<Vec<_>>();
        let mut at = 0;
        while at < all.len() {
            let (front, back, name) = match &all[at] {
                Proxy::Frontend(id, f) => {
                    let own = all.get(at + 1).and_then(|next| match next {
                        Proxy::Backend(b, plan) if f.own_backend == Some(*b) => Some((*b, *plan)),
                        _ => None,
                    });
                    (Some((*id, *f)), own, &f.name)
                }
                Proxy::Backend(id, b) => (None, Some((*id, *b)), &b.name),
            };
            at += 1 + usize::from(front.is_some() && back.is_some());
            if !shown(name) {
                continue;
            }
            let form = html
                && self.settings.admin
                && back.is_some_and(|(id, _)| world.servers_of(id).next().is_some());
            steps.push_back(Step::Open {
                name: name.clone(),
                description: front
                    .and_then(|(_, f)| f.description.clone())
                    .or_else(|| back.and_then(|(_, b)| b.description.clone())),
                caption: caption(front.map(|f| f.1), back.map(|b| b.1), self.settings.stats.settings.legends),
                form,
            });
            if let Some((id, f)) = front {
                steps.push_back(Step::Frontend(id, form));
                let counted: Vec<_> = listeners::counted(plan, f).map(|(listener, _)| listener).collect();
                steps.extend(counted.chunks(batch).map(|some| Step::Listeners(some.to_vec(), form)));
            }
            if let Some((id, _)) = back {
                steps.extend(servers(id).chunks(batch).map(|some| Step::Servers(some.to_vec(), form)));
                steps.push_back(Step::Backend(id, form));
            }
            steps.push_back(Step::Close(back.filter(|_| form).map(|(_, b)| b.uuid)));
        }
        steps.push_back(Step::End);
        self.steps = steps;
    }

    fn answer_head(&self) -> String {
        let html = self.ask.form == Form::Html;
        let kind = match self.ask.form {
            Form::Html => "text/html; charset=utf-8",
            Form::Json | Form::JsonSchema => "application/json",
            Form::Csv | Form::Typed => "text/plain",
        };
        let mut out = format!("HTTP/1.1 200 OK\r\ncache-control: no-cache\r\ncontent-type: {kind}\r\n");
        if html {
            // Nothing from outside, no frame around it, forms only to itself.
            let _ = write!(
                out,
                "content-security-policy: default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{}'; \
                 connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'self'\r\n\
                 x-content-type-options: nosniff\r\nreferrer-policy: same-origin\r\n",
                self.nonce
            );
        }
        if let Some(delay) = self.settings.stats.settings.refresh.filter(|_| !html && !self.ask.no_refresh) {
            let _ = write!(out, "refresh: {}\r\n", delay.as_secs());
        }
        out
    }

    fn step(&self, step: Step, out: &mut String) {
        let view =
            View { world: &self.world, shared: &self.shared, process: &self.process, trends: &self.trends };
        let html = self.ask.form == Form::Html;
        match step {
            Step::Begin if html => html::beginning(&self.settings, &self.ask, &view, out),
            Step::Begin if self.ask.form == Form::Csv => columns::write_head(out),
            Step::Begin if self.ask.form == Form::JsonSchema => out.push_str(typed::SCHEMA),
            Step::Open { name, caption, description, form } if html => {
                html::open(
                    &self.settings,
                    &name,
                    [&caption, description.as_deref().unwrap_or("")],
                    form,
                    out,
                );
            }
            Step::Close(form) if html => html::close(form, out),
            Step::End if html => html::end(&self.nonce, out),
            Step::End => {
                if let Some(rows) = self.rows.take() {
                    out.push_str(&rows.finish());
                }
            }
            Step::Begin | Step::Open { .. } | Step::Close(_) => {}
            Step::Frontend(id, form) => {
                self.row(view.frontend(id), Kind::Frontend, self.listeners(id), form, out)
            }
            Step::Listeners(some, form) => {
                for id in some {
                    let listener = &self.world.plan.listeners[id.index()];
                    let legend = format!("{}, id: {}", listening(&listener.addr), listener.uuid);
                    self.row(view.listener(id), Kind::Listener, Some(legend), form, out);
                }
            }
            Step::Servers(some, form) => {
                for id in some {
                    if self.filter.shows(self.world.server(id)) {
                        self.row(view.server(id), Kind::Server, self.server_legend(id), form, out);
                    }
                }
            }
            Step::Backend(id, form) => {
                let backend = self.world.plan.backend(id);
                let legend = Some(format!("balancing: {}", backend.balance.name()));
                self.row(view.backend(id, false), Kind::Backend, legend, form, out);
            }
        }
    }

    fn row(&self, row: columns::Row, kind: Kind, legend: Option<String>, form: bool, out: &mut String) {
        let row = &self.filter.shown(row);
        if self.ask.form == Form::Html {
            let legend = legend.filter(|_| self.settings.stats.settings.legends);
            html::row(row, kind, legend.as_deref(), form, self.settings.stats.settings.modules, out);
        } else if let Some(rows) = self.rows.borrow_mut().as_mut() {
            let object = match kind {
                Kind::Frontend => Object::Frontend,
                Kind::Listener => Object::Listener,
                Kind::Server => Object::Server,
                Kind::Backend => Object::Backend,
            };
            rows.add(object, row);
            out.push_str(&rows.take());
        } else if self.ask.form == Form::Csv {
            row.write(out);
        }
    }

    /// The addresses of a frontend, for `stats show-legends`.
    fn listeners(&self, id: FrontendId) -> Option<String> {
        let plan = &self.world.plan;
        let shown = plan.frontend(id).listeners.iter().map(|l| listening(&plan.listeners[l.index()].addr));
        Some(shown.collect::<Vec<_>>().join(", "))
    }

    fn server_legend(&self, id: ServerId) -> Option<String> {
        let server = self.world.plan.server(id);
        let address = stat::address(self.world.addr(id));
        let family = match address.as_str() {
            "unix" => "",
            text if text.starts_with('[') => "IPv6: ",
            _ => "IPv4: ",
        };
        let cookie = server.cookie.as_ref().map_or_else(String::new, |c| format!(", cookie: '{c}'"));
        Some(format!("{family}{address}, id: {}{cookie}", server.uuid))
    }
}

/// Where something listens, for `stats show-legends`.
fn listening(addr: &ListenerAddr) -> String {
    match addr {
        ListenerAddr::Inet(addr) if addr.is_ipv4() => format!("IPv4: {addr}"),
        ListenerAddr::Inet(addr) => format!("IPv6: {addr}"),
        ListenerAddr::Unix(_) | ListenerAddr::Abstract(_) => "unix".to_owned(),
        ListenerAddr::Fd(_) => "fd".to_owned(),
    }
}

/// `stats show-legends`: what a proxy is, its mode and its id; without it only the mode.
fn caption(front: Option<&Frontend>, back: Option<&Backend>, legends: bool) -> String {
    let (mode, id) = match (front, back) {
        (Some(f), _) => (f.mode, f.uuid),
        (None, Some(b)) => (b.mode, b.uuid),
        (None, None) => return String::new(),
    };
    let mode = if mode == Mode::Http { "http" } else { "tcp" };
    if !legends {
        return mode.to_owned();
    }
    let cap = match (front, back) {
        (Some(_), Some(_)) => "proxy",
        (Some(_), None) => "frontend",
        _ => "backend",
    };
    format!("cap: {cap}, mode: {mode}, id: {id}")
}

/// For the nonce alone: another one for each page.
fn random() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}

impl Iterator for Page {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        if !self.head {
            self.head = true;
            return Some(self.answer_head().into_bytes());
        }
        let mut out = String::new();
        while out.len() < PIECE {
            let Some(step) = self.steps.pop_front() else { break };
            self.step(step, &mut out);
        }
        (!out.is_empty()).then(|| out.into_bytes())
    }
}

/// The answer to a form: back to the page, with what came of it.
#[must_use]
pub fn see_other(uri: &str, ask: &Ask, code: &str) -> Vec<u8> {
    let rest = ask.link("", |_| ());
    Answer::new(303, b"See Other")
        .with(&FieldName::CACHE_CONTROL, b"no-cache")
        .with(&FieldName::CONTENT_TYPE, b"text/plain")
        .length(0)
        .with(&FieldName::LOCATION, format!("{uri};st={code}{rest}").as_bytes())
        .open()
}
