//! Real programs of each protocol are well while they run, and down once they are stopped: the same columns in both programs,
//! Ringmain on io_uring and on epoll.
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::common::ground::{file, scratch};
use crate::common::proxy::Proxy;
use crate::programs::{self, Program};
use crate::{ask, csv, life};

/// What a backend says, of which program, and whether it finds it well.
struct Real {
    name: &'static str,
    program: &'static str,
    lines: &'static [&'static str],
    well: bool,
}

const fn well(name: &'static str, program: &'static str, lines: &'static [&'static str]) -> Real {
    Real { name, program, lines, well: true }
}

const fn ill(name: &'static str, program: &'static str, lines: &'static [&'static str]) -> Real {
    Real { name, program, lines, well: false }
}

const REAL: &[Real] = &[
    well("connect", "nginx", &[]),
    well("http", "nginx", &["option httpchk"]),
    well("http-host", "nginx", &["option httpchk GET /empty HTTP/1.1", "http-check send hdr Host a.test"]),
    well("http-moved", "nginx", &["option httpchk GET /moved"]),
    well("http-status", "nginx", &["option httpchk GET /broken", "http-check expect status 500-503"]),
    ill("http-broken", "nginx", &["option httpchk GET /broken"]),
    ill("http-missing", "nginx", &["option httpchk GET /nowhere"]),
    well("http-string", "nginx", &["option httpchk GET /", "http-check expect string well"]),
    ill("http-no-string", "nginx", &["option httpchk GET /", "http-check expect ! string well"]),
    well("http-rstring", "nginx", &["option httpchk GET /", "http-check expect rstring ^all.*l$"]),
    well("http-rstatus", "nginx", &["option httpchk GET /", "http-check expect rstatus ^20[0-4]"]),
    well("http-field", "nginx", &["option httpchk GET /", "http-check expect hdr name x-state value thanks"]),
    ill(
        "http-no-field",
        "nginx",
        &["option httpchk GET /", "http-check expect fhdr name x-state value fine"],
    ),
    well(
        "http-twice",
        "nginx",
        &[
            "option httpchk",
            "http-check connect",
            "http-check send meth GET uri / ver HTTP/1.1 hdr host a",
            "http-check expect string well",
            "http-check connect linger",
            "http-check send meth HEAD uri /empty",
            "http-check expect status 204",
        ],
    ),
    well("redis", "redis", &["option redis-check"]),
    well(
        "redis-script",
        "redis",
        &[
            "option tcp-check",
            "tcp-check send PING\\r\\n",
            "tcp-check expect string +PONG",
            "tcp-check send info\\ replication\\r\\n",
            "tcp-check expect string role:master",
            "tcp-check send QUIT\\r\\n",
            "tcp-check expect string +OK",
        ],
    ),
    ill(
        "redis-slave",
        "redis",
        &[
            "option tcp-check",
            "tcp-check send info\\ replication\\r\\n",
            "tcp-check expect ! string role:master",
        ],
    ),
    ill("redis-not-http", "redis", &["option httpchk GET /"]),
    well("pgsql", "postgres", &["option pgsql-check user checker"]),
    well("pgsql-nobody", "postgres", &["option pgsql-check user nobody_there"]),
    well("mysql", "mariadb", &["option mysql-check"]),
    well("mysql-user", "mariadb", &["option mysql-check user checker"]),
    well("mysql-post-41", "mariadb", &["option mysql-check user checker post-41"]),
    well("mysql-pre-41", "mariadb", &["option mysql-check user checker pre-41"]),
    ill("mysql-nobody", "mariadb", &["option mysql-check user nobody_there"]),
    well("ldap", "slapd", &["option ldap-check"]),
    ill("ldap-not-redis", "slapd", &["option redis-check"]),
    well("smtp", "smtp", &["option smtpchk"]),
    well("smtp-ehlo", "smtp", &["option smtpchk EHLO proxy.test"]),
    well(
        "smtp-script",
        "smtp",
        &[
            "option tcp-check",
            "tcp-check connect",
            "tcp-check expect rstring ^220[\\ -]",
            "tcp-check send QUIT\\r\\n",
            "tcp-check expect rstring ^221",
        ],
    ),
    well("ssl-hello", "openssl", &["option ssl-hello-chk"]),
    ill("ssl-not-smtp", "smtp", &["option ssl-hello-chk"]),
];

/// The columns of each backend's server once all are in this state, by the backends' names.
type Columns = BTreeMap<&'static str, String>;

fn settled(
    socket: &Path,
    done: impl Fn(&Real, &BTreeMap<String, String>) -> bool,
) -> Result<Columns, String> {
    let until = Instant::now() + Duration::from_secs(20);
    let mut open = String::new();
    while Instant::now() < until {
        let lines = csv::rows(&ask(socket, "show stat").unwrap_or_default());
        let mut found = Columns::new();
        open.clear();
        for real in REAL {
            let Some(line) = lines.iter().find(|l| l["pxname"] == real.name && l["svname"] == "s") else {
                continue;
            };
            let columns = ["status", "check_status", "check_code", "last_chk", "check_desc"];
            let text = columns.iter().map(|c| format!("{c}={}", line[*c])).collect::<Vec<_>>().join(" ");
            match done(real, line) {
                true => _ = found.insert(real.name, text),
                false => _ = writeln!(open, "{}: {text}", real.name),
            }
        }
        if found.len() == REAL.len() {
            return Ok(found);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(open)
}

fn configuration(socket: &Path, programs: &[Program]) -> PathBuf {
    let mut text = format!(
        "global\n    stats socket {} mode 600 level admin\n    max-spread-checks 200ms\n\
         defaults\n    mode tcp\n    timeout connect 2s\n    timeout client 5s\n    timeout server 5s\n",
        socket.display()
    );
    for real in REAL {
        let at = programs::ALL.iter().position(|(name, _)| *name == real.program).expect("a program");
        let _ = writeln!(text, "backend {}", real.name);
        real.lines.iter().for_each(|line| _ = writeln!(text, "    {line}"));
        let _ = writeln!(text, "    server s {} check inter 700ms fall 1 rise 1", programs[at].addr);
    }
    file(&text)
}

/// What differs from haproxy's.
fn differences(when: &str, all: &[Columns]) -> String {
    let mut out = String::new();
    for (name, wanted) in &all[0] {
        for (program, seen) in life::ALL.iter().zip(all).skip(1) {
            if seen[name] != *wanted {
                let _ = writeln!(
                    out,
                    "{name} {when}, {}:\n  haproxy  {wanted}\n  ringmain {}",
                    program.name(),
                    seen[name]
                );
            }
        }
    }
    out
}

#[test]
fn real_programs_are_well_and_then_down() {
    let programs = programs::start_all();
    let stands = life::ALL.map(|program| {
        let socket = scratch("sock", "");
        let _ = std::fs::remove_file(&socket);
        let proxy = Proxy::start_with(program, &configuration(&socket, &programs), &[], &["-db"], &[]);
        (proxy, socket)
    });
    let all = |done: fn(&Real, &BTreeMap<String, String>) -> bool| -> Vec<Columns> {
        let seen = stands.iter().map(|(proxy, socket)| {
            settled(socket, done).unwrap_or_else(|open| {
                panic!("{}: not as wanted:\n{open}{}", proxy.program.name(), proxy.errors())
            })
        });
        seen.collect()
    };
    let running = all(|real, line| {
        let over = !line["check_status"].starts_with('*') && line["check_status"] != "INI";
        over && line["status"] == if real.well { "UP" } else { "DOWN" }
    });
    drop(programs);
    let stopped = all(|_, line| line["status"] == "DOWN" && line["check_status"] == "L4CON");
    let wrong = differences("while it runs", &running) + &differences("once it is stopped", &stopped);
    assert!(wrong.is_empty(), "\n{wrong}");
}
