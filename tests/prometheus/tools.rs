//! Tools that read figures, unchanged: the client library of Prometheus, Debian's exporter for HAProxy, haproxystats.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::client;
use crate::common::ports::Port;
use crate::common::python;
use crate::common::{FRONT, ground::scratch};
use crate::{BOTH, ask, body, metrics, start, traffic};

const PACKAGES: [&str; 2] = ["prometheus_client==0.26.0", "haproxystats==0.5.1"];

/// Reads a page, and looks for what must be in it.
const LIBRARY: &str = r#"
import math, sys
from prometheus_client.parser import text_string_to_metric_families
families = {f.name: f for f in text_string_to_metric_families(open(sys.argv[1]).read())}
assert len(families) > 170, len(families)
kinds = {kind: sum(1 for f in families.values() if f.type == kind) for kind in ("counter", "gauge", "histogram", "unknown")}
assert kinds["unknown"] == 0 and kinds["histogram"] == 1 and kinds["counter"] > 60, kinds
def value(name, /, **labels):
    family = families[name.removesuffix("_total")]
    found = [s.value for s in family.samples if s.name == name and s.labels == labels]
    assert len(found) == 1, (name, labels, found)
    return found[0]
assert value("haproxy_frontend_http_responses_total", proxy="web", code="2xx") == 5
assert value("haproxy_server_sessions_total", proxy="bytes", server="t1") == 4
assert value("haproxy_server_status", proxy="app", server="away", state="MAINT") == 1
assert value("haproxy_sticktable_used", name="both", type="ip") == 1
assert math.isnan(value("haproxy_server_limit_sessions", proxy="both", server="b1"))
histogram = families["ringmain_backend_response_time_seconds"]
app = [s for s in histogram.samples if s.labels["proxy"] == "app"]
buckets = [(float(s.labels["le"]), s.value) for s in app if s.name.endswith("_bucket")]
assert buckets == sorted(buckets) and len(buckets) == 20 and math.isinf(buckets[-1][0]), buckets
assert all(a[1] <= b[1] for a, b in zip(buckets, buckets[1:])), buckets
count = [s.value for s in app if s.name.endswith("_count")]
total = [s.value for s in app if s.name.endswith("_sum")][0]
assert count == [6] and buckets[-1][1] == 6, count
assert 0 < total < 6 * 5, total
print("all seen")
"#;

#[test]
fn the_client_library_reads_every_metric() {
    let python = python::environment("prometheus-venv", &PACKAGES);
    for program in BOTH {
        let stand = start(program);
        traffic(&stand);
        let page = scratch("prom", &metrics(&stand, "?extra-counters"));
        let said = python::run(Command::new(&python).args(["-c", LIBRARY]).arg(&page));
        assert_eq!(said.trim(), "all seen", "{}", program.name());
    }
}

/// Ended with its owner.
struct Exporter(Child, SocketAddr);

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Exporter {
    fn start(uri: &str) -> Exporter {
        // It does not share a port that is held: ours is let go before.
        let addr = Port::reserve(FRONT).addr;
        // The kernel ends it when this thread ends.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", "prometheus-haproxy-exporter"]);
        command.arg(format!("--web.listen-address={}", addr)).arg(format!("--haproxy.scrape-uri={uri}"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Exporter(child.expect("start the exporter; run ./ci/test"), addr)
    }

    fn page(&self) -> String {
        let until = Instant::now() + Duration::from_secs(20);
        while client::connect(self.1, crate::common::CLIENT).is_err() {
            assert!(Instant::now() < until, "the exporter does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        body(&ask(self.1, "GET", "/metrics", ""))
    }
}

fn has_seen_it(uri: &str) {
    let page = Exporter::start(uri).page();
    // One session more than `traffic` made: that by which the start was seen.
    for line in [
        "haproxy_up 1",
        "haproxy_exporter_csv_parse_failures_total 0",
        "haproxy_frontend_http_responses_total{code=\"2xx\",frontend=\"web\"} 5",
        "haproxy_frontend_http_responses_total{code=\"5xx\",frontend=\"web\"} 1",
        "haproxy_backend_sessions_total{backend=\"bytes\"} 4",
        "haproxy_backend_up{backend=\"app\"} 1",
        "haproxy_server_up{backend=\"app\",server=\"good\"} 1",
        "haproxy_server_up{backend=\"app\",server=\"bad\"} 0",
        "haproxy_server_weight{backend=\"app\",server=\"good\"} 3",
        "haproxy_server_http_responses_total{backend=\"app\",code=\"4xx\",server=\"good\"} 1",
    ] {
        assert!(page.lines().any(|l| l == line), "{uri}: no {line} in {page}");
    }
}

#[test]
fn the_exporter_reads_the_page_and_the_socket() {
    for program in BOTH {
        let stand = start(program);
        traffic(&stand);
        has_seen_it(&format!("http://{}/s;csv", stand.ground.front(4)));
        has_seen_it(&format!("unix:{}", stand.socket.display()));
    }
}

/// The names that haproxystats looks for, in what its puller would have stored.
const HAPROXYSTATS: &str = r#"
import csv, socket, sys
from haproxystats import metrics
def ask(line):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(sys.argv[1])
        s.sendall(line.encode() + b"\n")
        return b"".join(iter(lambda: s.recv(65536), b"")).decode()
info = dict(l.split(": ", 1) for l in ask("show info").splitlines() if ": " in l)
# HAProxy has these only where it was built with zlib.
zlib = {"ZlibMemUsage", "MaxZlibMemUsage"}
missing = [m for m in metrics.DAEMON_METRICS + metrics.DAEMON_AVG_METRICS if m not in info and m not in zlib]
assert not missing, missing
rows = list(csv.DictReader(ask("show stat").lstrip('# ').splitlines()))
for kind, names in (("FRONTEND", metrics.FRONTEND_METRICS), ("BACKEND", metrics.BACKEND_METRICS)):
    row = [r for r in rows if r["svname"] == kind][0]
    missing = [n for n in names if n not in row]
    assert not missing, (kind, missing)
servers = [r for r in rows if r["svname"] not in ("FRONTEND", "BACKEND")]
assert len(servers) == 8, len(servers)
assert not [n for n in metrics.SERVER_METRICS if n not in servers[0]]
assert sum(int(r["hrsp_2xx"]) for r in servers if r["pxname"] == "app") == 4
print("all seen")
"#;

#[test]
fn haproxystats_finds_what_it_counts() {
    let python = python::environment("prometheus-venv", &PACKAGES);
    for program in BOTH {
        let stand = start(program);
        traffic(&stand);
        let said = python::run(Command::new(&python).args(["-c", HAPROXYSTATS]).arg(&stand.socket));
        assert_eq!(said.trim(), "all seen", "{}", program.name());
    }
}
