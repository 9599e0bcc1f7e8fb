//! Metrics for Prometheus (`http-request use-service prometheus-exporter`): HAProxy's names, kinds, words, labels and order,
//! made piece by piece. All lines of a metric stand together, so each object is looked at once and its figures are kept until
//! its last metric is written.
mod ask;
mod figures;
mod process;
mod table;

pub use ask::Ask;

use super::info::{self, ProcessInfo};
use super::stat::{self, Proxy, View};
use crate::base::ids::{BackendId, TableId};
use crate::plan::Mode;
use crate::share::{Shared, Trends, latency};
use crate::world::World;
use figures::{Id, Object, Value};
use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::Arc;
use table::Metric;

/// A piece is sent when it has grown to this size.
const PIECE: usize = 12 * 1_024;

const BAD_REQUEST: &str =
    "<html><body><h1>400 Bad request</h1>\nYour browser sent an invalid request.\n</body></html>\n";

/// The answer to a request in its pieces: the head without an end, then the body.
#[must_use]
pub fn answer(
    world: Arc<World>,
    shared: Arc<Shared>,
    process: ProcessInfo,
    target: &[u8],
) -> Box<dyn Iterator<Item = Vec<u8>>> {
    let Some(ask) = Ask::read(target) else {
        let head = format!(
            "HTTP/1.1 400 Bad request\r\ncontent-length: {}\r\ncache-control: no-cache\r\ncontent-type: text/html\r\n\
             connection: close\r\n",
            BAD_REQUEST.len()
        );
        return Box::new([head, BAD_REQUEST.to_owned()].into_iter().map(String::into_bytes));
    };
    let head = "HTTP/1.1 200 OK\r\ncache-control: no-cache\r\ncontent-type: text/plain; version=0.0.4\r\n";
    Box::new(std::iter::once(head.as_bytes().to_vec()).chain(Metrics::new(world, shared, process, ask)))
}

/// What follows what.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Process,
    Objects(table::Objects),
    Latencies,
    StickTables,
}

/// The lines being made.
struct Metrics {
    world: Arc<World>,
    shared: Arc<Shared>,
    process: ProcessInfo,
    trends: Trends,
    ask: Ask,
    parts: VecDeque<Part>,
    current: Option<Current>,
}

/// The part that is being written: metric by metric, and for each object by object.
struct Current {
    metrics: Vec<Metric>,
    /// Their whole names.
    names: Vec<String>,
    objects: Vec<Object>,
    /// What was seen of each object, by metric.
    seen: Vec<Option<Box<[Value]>>>,
    metric: usize,
    object: usize,
    /// The metric whose words were written last.
    named: Option<usize>,
}

impl Metrics {
    fn new(world: Arc<World>, shared: Arc<Shared>, process: ProcessInfo, ask: Ask) -> Metrics {
        let parts = [
            (ask::GLOBAL, Part::Process),
            (ask::FRONTEND, Part::Objects(table::F)),
            (ask::LISTENER, Part::Objects(table::L)),
            (ask::BACKEND, Part::Objects(table::B)),
            (ask::BACKEND, Part::Latencies),
            (ask::SERVER, Part::Objects(table::S)),
            (ask::STICK_TABLE, Part::StickTables),
        ];
        let parts = parts.into_iter().filter(|(scope, _)| ask.scopes & scope != 0).map(|(_, part)| part);
        let parts = parts.collect();
        let trends = shared.trends().clone();
        Metrics { world, shared, process, trends, ask, parts, current: None }
    }

    fn view(&self) -> View<'_> {
        View { world: &self.world, shared: &self.shared, process: &self.process, trends: &self.trends }
    }

    /// Writes more; false at the end.
    fn more(&mut self, out: &mut String) -> bool {
        if let Some(mut current) = self.current.take() {
            if self.line(&mut current, out) {
                self.current = Some(current);
            }
            return true;
        }
        match self.parts.pop_front() {
            None => return false,
            Some(Part::Process) => self.of_process(out),
            Some(Part::Objects(kind)) => self.current = Some(self.begin(kind)),
            Some(Part::Latencies) => self.latencies(out),
            Some(Part::StickTables) => self.stick_tables(out),
        }
        true
    }

    fn begin(&self, kind: table::Objects) -> Current {
        let name = |metric: &Metric| format!("haproxy_{}_{}", kind_name(kind), metric.name);
        let mut metrics: Vec<Metric> =
            table::METRICS.iter().filter(|metric| metric.objects & kind != 0).copied().collect();
        if self.ask.extra {
            metrics.extend(figures::extra(kind));
        }
        metrics.retain(|metric| self.ask.wants(&name(metric)));
        let objects = figures::objects(&self.world, kind, self.ask.no_maint);
        let seen = objects.iter().map(|_| None).collect();
        let names = metrics.iter().map(name).collect();
        Current { metrics, names, objects, seen, metric: 0, object: 0, named: None }
    }

    /// The next object's lines of the current metric; false behind the last.
    fn line(&self, current: &mut Current, out: &mut String) -> bool {
        let Some(metric) = current.metrics.get(current.metric) else { return false };
        let Some(object) = current.objects.get(current.object) else {
            (current.metric, current.object) = (current.metric + 1, 0);
            return true;
        };
        let seen = &mut current.seen[current.object];
        let seen = seen.get_or_insert_with(|| figures::look(&self.view(), object.id, &current.metrics));
        let value = seen[current.metric];
        current.object += 1;
        if metric.http && !object.http || value == Value::Nowhere {
            return true;
        }
        let name = &current.names[current.metric];
        // Classes of answers are several rows, but one metric.
        let before = current.named.replace(current.metric);
        if before.is_none_or(|before| current.names[before] != *name) {
            begin_metric(out, name, if metric.counter { "counter" } else { "gauge" }, metric.help());
        }
        match object.id {
            Id::Backend(id) if metric.show.is_sum() => {
                figures::sums(&self.view(), id, metric.show, name, &object.labels, out);
            }
            _ => figures::write(metric, object, value, name, out),
        }
        true
    }

    fn of_process(&self, out: &mut String) {
        let info = info::info(&self.shared, &self.process);
        for metric in process::METRICS {
            let name = format!("haproxy_process_{}", metric.name);
            if !self.ask.wants(&name) {
                continue;
            }
            begin_metric(out, &name, if metric.counter { "counter" } else { "gauge" }, metric.help());
            let value = info.iter().find(|(n, _)| *n == metric.info).map_or("NaN", |(_, v)| v);
            let _ = match metric.name {
                "build_info" => writeln!(out, "{name}{{version=\"{}\"}} 1", escaped(value)),
                _ => writeln!(out, "{name} {value}"),
            };
        }
    }

    /// Ours: how long servers' answers took, as histograms.
    fn latencies(&self, out: &mut String) {
        const NAME: &str = "ringmain_backend_response_time_seconds";
        if !self.ask.wants(NAME) {
            return;
        }
        let plan = &self.world.plan;
        let backends = stat::proxies(plan).into_iter().filter_map(|proxy| match proxy {
            Proxy::Backend(id, b) if b.mode == Mode::Http => Some((id, b)),
            _ => None,
        });
        let mut begun = false;
        for (id, backend) in backends {
            if !std::mem::replace(&mut begun, true) {
                let help = "Time from a request on a server's connection to the head of the answer";
                begin_metric(out, NAME, "histogram", help);
            }
            self.latency(id, NAME, &format!("proxy=\"{}\"", escaped(&backend.name)), out);
        }
    }

    fn latency(&self, id: BackendId, name: &str, labels: &str, out: &mut String) {
        let cells = self.shared.shards.iter().map(|s| &s.backends[id.index()].latency);
        let (counts, nanos) = latency::over(cells);
        for (bucket, count) in counts[..latency::BOUNDED].iter().enumerate() {
            let end = seconds(latency::end(bucket));
            let _ = writeln!(out, "{name}_bucket{{{labels},le=\"{end}\"}} {count}");
        }
        let all = counts[latency::BOUNDED];
        let _ = writeln!(out, "{name}_bucket{{{labels},le=\"+Inf\"}} {all}");
        let _ = writeln!(out, "{name}_sum{{{labels}}} {}\n{name}_count{{{labels}}} {all}", seconds(nanos));
    }

    fn stick_tables(&self, out: &mut String) {
        type Figure = (&'static str, &'static str, fn(&crate::share::table::Table) -> usize);
        const FIGURES: [Figure; 2] = [
            ("haproxy_sticktable_size", "Stick table size.", |table| table.spec.size),
            ("haproxy_sticktable_used", "Number of entries used in this stick table.", |table| table.len()),
        ];
        let tables = &self.world.plan.tables;
        for (name, help, figure) in FIGURES.into_iter().filter(|(name, ..)| self.ask.wants(name)) {
            if !tables.is_empty() {
                begin_metric(out, name, "gauge", help);
            }
            // The last one first, as in HAProxy.
            for (id, table) in tables.iter().enumerate().rev() {
                let value = figure(self.shared.tables.get(TableId::from(id)));
                let (table_name, kind) = (escaped(&table.name), table.spec.key.name());
                let _ = writeln!(out, "{name}{{name=\"{table_name}\",type=\"{kind}\"}} {value}");
            }
        }
    }
}

impl Iterator for Metrics {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut out = String::with_capacity(PIECE + 1_024);
        while out.len() < PIECE && self.more(&mut out) {}
        (!out.is_empty()).then(|| out.into_bytes())
    }
}

fn kind_name(kind: table::Objects) -> &'static str {
    match kind {
        table::F => "frontend",
        table::L => "listener",
        table::B => "backend",
        _ => "server",
    }
}

fn begin_metric(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// Nanoseconds as seconds, exactly.
fn seconds(nanos: u64) -> String {
    format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000)
}

/// A label's value (text format 0.0.4).
fn escaped(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains(['\\', '"', '\n']) {
        return text.into();
    }
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").into()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) use tests::process as process_of_tests;
