//! Runs the proxies one after the other, again and again, with the same load, and compares the CPU time of a request:
//! `side-by-side [--conns 64] [--secs 3] [--runs 5] [--rate 0] [--only NAME,…]`. With a rate the load is not wrk's: so many
//! requests a second, spread over all connections in turn.
//!
//! The proxies run on core 0, nginx (the origin) and wrk on core 1. CPU time is the scheduler's, of all threads of a proxy,
//! over the requests that wrk counted. A ratio is that of two runs of the same round, so that what else the machine does
//! meets both; the table has the medians.
use std::fmt::Write as _;
use std::io::{self, Read, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ORIGIN_PORT: u16 = 19_100;
const ADDR: &str = "127.0.0.1";
const BODY: &str = "0123456789012345678901234567890123";
const ENGINES: [&str; 5] = ["uring", "compio", "monoio", "glommio", "epoll"];

struct Options {
    conns: u32,
    secs: u32,
    runs: usize,
    /// Requests a second; 0: as many as wrk gets answered.
    rate: u32,
    only: Vec<String>,
}

/// A proxy that runs.
struct Target {
    name: String,
    child: Child,
    port: u16,
    runs: Vec<Run>,
}

#[derive(Clone, Copy)]
struct Run {
    /// CPU time of a request, ns.
    cost: f64,
    /// The part of it that is not the kernel's, 0 to 1.
    user: f64,
    rate: f64,
    errors: u64,
}

impl Target {
    fn run(&self, options: &Options, secs: u32) -> io::Result<Run> {
        let mut paced = match options.rate {
            0 => None,
            rate => Some(Paced::open(self.port, options.conns, rate)?),
        };
        let (before, ticks) = (cpu(&self.child)?, ticks(&self.child)?);
        let (requests, rate, errors) = match &mut paced {
            None => load(self.port, options.conns, secs)?,
            Some(paced) => paced.run(secs)?,
        };
        let (spent, now) = (cpu(&self.child)? - before, self::ticks(&self.child)?);
        if requests == 0 {
            return Err(io::Error::other(format!("{} answered nothing", self.name)));
        }
        let (user, system) = ((now.0 - ticks.0) as f64, (now.1 - ticks.1) as f64);
        Ok(Run { cost: spent as f64 / requests as f64, user: user / (user + system), rate, errors })
    }
}

/// Connections that are kept, and asked in turn.
struct Paced {
    streams: Vec<TcpStream>,
    next: usize,
    rate: u32,
}

impl Paced {
    /// Opens the connections, with one request on each.
    fn open(port: u16, conns: u32, rate: u32) -> io::Result<Paced> {
        let mut paced = Paced { streams: Vec::new(), next: 0, rate };
        for _ in 0..conns {
            let stream = TcpStream::connect((ADDR, port))?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            paced.streams.push(stream);
            paced.ask()?;
        }
        Ok(paced)
    }

    fn ask(&mut self) -> io::Result<()> {
        let count = self.streams.len();
        let stream = &mut self.streams[self.next % count];
        self.next += 1;
        stream.write_all(b"GET /index.html HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")?;
        let (mut buffer, mut have) = ([0; 2_048], 0);
        while !buffer[..have].ends_with(BODY.as_bytes()) {
            match stream.read(&mut buffer[have..])? {
                0 => return Err(io::Error::other("closed before an answer")),
                n => have += n,
            }
        }
        Ok(())
    }

    fn run(&mut self, secs: u32) -> io::Result<(u64, f64, u64)> {
        let (start, wanted) = (Instant::now(), u64::from(self.rate) * u64::from(secs));
        for n in 0..wanted {
            let due = start + Duration::from_secs_f64(n as f64 / f64::from(self.rate));
            if let Some(wait) = due.checked_duration_since(Instant::now()) {
                std::thread::sleep(wait);
            }
            self.ask()?;
        }
        Ok((wanted, wanted as f64 / start.elapsed().as_secs_f64(), 0))
    }
}

/// Everything started here ends with the program.
impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn main() {
    if let Err(e) = run() {
        eprintln!("side-by-side: {e}");
        std::process::exit(1);
    }
}

fn run() -> io::Result<()> {
    let options = options()?;
    let dir = std::env::temp_dir().join(format!("ringmain-engines-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let result = measure(&options, &dir);
    std::fs::remove_dir_all(&dir)?;
    result
}

fn options() -> io::Result<Options> {
    let mut options = Options { conns: 64, secs: 3, runs: 5, rate: 0, only: Vec::new() };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let value = args.next().unwrap_or_default();
        let number = || value.parse().map_err(|e| io::Error::other(format!("{arg} '{value}': {e}")));
        match arg.as_str() {
            "--conns" => options.conns = number()?,
            "--secs" => options.secs = number()?,
            "--runs" => options.runs = number()? as usize,
            "--rate" => options.rate = number()?,
            "--only" => options.only = value.split(',').map(str::to_owned).collect(),
            _ => {
                return Err(io::Error::other(
                    "use: [--conns 64] [--secs 3] [--runs 5] [--rate 0] [--only NAME,...]",
                ));
            }
        }
    }
    Ok(options)
}

fn measure(options: &Options, dir: &Path) -> io::Result<()> {
    let origin = origin(dir)?;
    let mut targets = Vec::new();
    for (i, (name, command)) in commands(dir)?.into_iter().enumerate() {
        let wanted = options.only.is_empty() || options.only.contains(&name) || name == "haproxy";
        if !wanted {
            continue;
        }
        let port = ORIGIN_PORT + 1 + i as u16;
        match start(&name, &command, port) {
            Ok(target) => targets.push(target),
            Err(e) => println!("{name} is left out: {e}"),
        }
    }
    // wrk asks the origin first, so that both are warm.
    load(origin.port, 64, 1)?;
    for round in 0..=options.runs {
        for target in &mut targets {
            // The first round warms up.
            let secs = if round == 0 { 1 } else { options.secs };
            let run = target.run(options, secs)?;
            if round > 0 {
                target.runs.push(run);
            }
        }
        eprintln!("round {round} of {}", options.runs);
    }
    drop(origin);
    table(options, &targets);
    Ok(())
}

fn origin(dir: &Path) -> io::Result<Target> {
    let conf = dir.join("nginx.conf");
    let text = format!(
        "daemon off; master_process off; pid {0}/nginx.pid; error_log {0}/error.log;
events {{ worker_connections 19000; }}
http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  server {{ listen {ADDR}:{ORIGIN_PORT} backlog=4096;
    location / {{ default_type text/plain; return 200 \"{BODY}\"; }} }} }}
",
        dir.display()
    );
    std::fs::write(&conf, text)?;
    let mut child = on_core(1, "nginx");
    child.arg("-c").arg(&conf).arg("-e").arg(dir.join("error.log"));
    let child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    wait_for(ORIGIN_PORT)?;
    Ok(Target { name: "nginx".to_owned(), child, port: ORIGIN_PORT, runs: Vec::new() })
}

fn on_core(core: u32, program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", &core.to_string(), program]);
    command
}

/// A program and its arguments; `LISTEN` stands for its port, `CONFIG` for its file.
struct Wanted {
    program: PathBuf,
    config: Option<PathBuf>,
    env: Option<(&'static str, &'static str)>,
}

fn commands(dir: &Path) -> io::Result<Vec<(String, Wanted)>> {
    let here = std::env::current_exe()?.parent().expect("a file is in a directory").to_owned();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let ringmain = std::env::var_os("RINGMAIN").map_or(root.join("target/release/ringmain"), PathBuf::from);
    let mut all = Vec::new();
    let config = dir.join("proxy.cfg");
    let proxy = |program: PathBuf, env| Wanted { program, config: Some(config.clone()), env };
    all.push(("haproxy".to_owned(), proxy("haproxy".into(), None)));
    all.push(("ringmain".to_owned(), proxy(ringmain.clone(), None)));
    all.push(("ringmain-epoll".to_owned(), proxy(ringmain, Some(("RINGMAIN_IO", "epoll")))));
    for name in ENGINES {
        let program = here.join(format!("engine-{name}"));
        if name == "uring" {
            let wanted = Wanted { program: program.clone(), config: None, env: Some(("REGISTERED", "1")) };
            all.push(("uring-registered".to_owned(), wanted));
        }
        all.push((name.to_owned(), Wanted { program, config: None, env: None }));
    }
    Ok(all)
}

fn start(name: &str, wanted: &Wanted, port: u16) -> io::Result<Target> {
    let mut command = on_core(0, &wanted.program.display().to_string());
    match &wanted.config {
        Some(path) => {
            let path = path.with_file_name(format!("{name}.cfg"));
            std::fs::write(&path, configuration(port))?;
            command.arg("-f").arg(path);
        }
        None => {
            command.arg(format!("{ADDR}:{port}")).arg(format!("{ADDR}:{ORIGIN_PORT}"));
        }
    }
    command.envs(wanted.env);
    let child = command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn()?;
    let mut target = Target { name: name.to_owned(), child, port, runs: Vec::new() };
    wait_for(port).map_err(|e| match target.child.try_wait() {
        Ok(Some(status)) => io::Error::other(format!("it ended with {status}")),
        _ => e,
    })?;
    Ok(target)
}

/// The data path of a site: what `docs/performance.md` measures too.
fn configuration(port: u16) -> String {
    format!(
        "global
    nbthread 1
    maxconn 9000
defaults
    mode http
    timeout connect 5s
    timeout client 50s
    timeout server 50s
    http-reuse always
    option forwardfor
frontend site
    bind {ADDR}:{port}
    acl image path_beg /img/
    use_backend images if image
    default_backend pages
backend images
    server i1 {ADDR}:{ORIGIN_PORT}
backend pages
    server p1 {ADDR}:{ORIGIN_PORT}
"
    )
}

fn wait_for(port: u16) -> io::Result<()> {
    let end = Instant::now() + Duration::from_secs(5);
    loop {
        match TcpStream::connect((ADDR, port)) {
            Ok(_) => return Ok(()),
            Err(e) if Instant::now() > end => return Err(e),
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// CPU time of all threads so far, ns.
fn cpu(child: &Child) -> io::Result<u64> {
    let mut sum = 0;
    for task in std::fs::read_dir(format!("/proc/{}/task", child.id()))? {
        let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
        sum += text.split(' ').next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(sum)
}

/// User and system time so far, in the kernel's ticks: good for their ratio over seconds.
fn ticks(child: &Child) -> io::Result<(u64, u64)> {
    let text = std::fs::read_to_string(format!("/proc/{}/stat", child.id()))?;
    let behind_name = text.rsplit(')').next().unwrap_or_default();
    let field = |at: usize| behind_name.split_whitespace().nth(at).and_then(|w| w.parse().ok()).unwrap_or(0);
    Ok((field(11), field(12)))
}

/// A run of wrk: requests answered, their rate, errors.
fn load(port: u16, conns: u32, secs: u32) -> io::Result<(u64, f64, u64)> {
    let out = on_core(1, "wrk")
        .args(["-t1", "-c", &conns.to_string(), "-d", &format!("{secs}s"), "--timeout", "5s"])
        .arg(format!("http://{ADDR}:{port}/index.html"))
        .output()?;
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let number = |line: Option<&str>, at: usize| {
        let word = line.and_then(|l| l.split_whitespace().nth(at));
        word.and_then(|w| w.trim_end_matches(',').parse::<f64>().ok())
    };
    let line = |what: &str| said.lines().find(|l| l.contains(what)).map(str::trim);
    let (Some(requests), Some(rate)) = (number(line("requests in"), 0), number(line("Requests/sec"), 1))
    else {
        let why = String::from_utf8_lossy(&out.stderr).into_owned();
        return Err(io::Error::other(format!("wrk said: {said}{why}")));
    };
    let mut errors = number(line("Non-2xx"), 4).unwrap_or(0.0);
    if let Some(sockets) = line("Socket errors") {
        errors += sockets.split([' ', ',']).filter_map(|w| w.parse::<f64>().ok()).sum::<f64>();
    }
    Ok((requests as u64, rate, errors as u64))
}

fn median(mut list: Vec<f64>) -> f64 {
    list.sort_by(f64::total_cmp);
    list.get(list.len() / 2).copied().unwrap_or(f64::NAN)
}

fn table(options: &Options, targets: &[Target]) {
    let mut out = format!(
        "{} connections, {}, {} runs of {} s each, rounds interleaved; medians\n\n",
        options.conns,
        if options.rate == 0 { "wrk".to_owned() } else { format!("{} requests a second", options.rate) },
        options.runs,
        options.secs
    );
    out.push_str("| proxy | CPU a request | lowest to highest | user part | of haproxy's | of compio's | requests a second | errors |\n");
    out.push_str("|---|---|---|---|---|---|---|---|\n");
    let of = |name: &str| targets.iter().find(|t| t.name == name);
    let ratio = |target: &Target, other: &str| {
        of(other).map_or("".to_owned(), |o| {
            let pairs = target.runs.iter().zip(&o.runs).map(|(a, b)| a.cost / b.cost);
            format!("{:.2}", median(pairs.collect()))
        })
    };
    for target in targets {
        let costs: Vec<f64> = target.runs.iter().map(|r| r.cost / 1_000.0).collect();
        let (low, high) = costs.iter().fold((f64::MAX, 0.0f64), |(l, h), &c| (l.min(c), h.max(c)));
        let _ = writeln!(
            out,
            "| {} | {:.2} µs | {low:.2} to {high:.2} | {:.0} % | {} | {} | {:.0} | {} |",
            target.name,
            median(costs),
            100.0 * median(target.runs.iter().map(|r| r.user).collect()),
            ratio(target, "haproxy"),
            ratio(target, "compio"),
            median(target.runs.iter().map(|r| r.rate).collect()),
            target.runs.iter().map(|r| r.errors).sum::<u64>(),
        );
    }
    println!("{out}");
}
