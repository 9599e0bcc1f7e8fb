//! What is said about whole configurations: golden files, and HAProxy itself where it is installed.
//!
//! `tests/golden/config/NAME.cfg` is read and checked; the messages must be `NAME.diag`. `RINGMAIN_BLESS=1` writes these
//! files anew. HAProxy's own lines about the same file must be among ours, in its order, and no others, unless the file has
//! a line `# differs: REASON`.
use ringmain::config;
use ringmain::syntax::render::first_line;
use ringmain::syntax::{Env, render};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const PID: u32 = 1;

#[test]
fn golden_files() {
    let bless = std::env::var_os("RINGMAIN_BLESS").is_some();
    let mut wrong = Vec::new();
    for path in files() {
        let name = path.file_name().unwrap().to_str().unwrap();
        let got = said(&path).0;
        let expected = path.with_extension("diag");
        if bless {
            std::fs::write(&expected, &got).unwrap();
        }
        let want = std::fs::read_to_string(&expected).unwrap_or_default();
        if want != got {
            wrong.push(format!("== {name}: expected\n{want}== but got\n{got}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n(RINGMAIN_BLESS=1 accepts)", wrong.join("\n"));
}

#[test]
fn haproxy_says_the_same() {
    let haproxy = Path::new("/usr/sbin/haproxy");
    if !haproxy.exists() {
        return;
    }
    let mut wrong = String::new();
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let differs = text.lines().find_map(|l| l.strip_prefix("# differs: "));
        let (theirs, ours) = (haproxys(haproxy, &path), said(&path).1);
        match differs {
            None if theirs != ours => {
                let (t, o) = (theirs.join("\n  "), ours.join("\n  "));
                _ = writeln!(wrong, "== {}\nhaproxy:\n  {t}\nringmain:\n  {o}", path.display());
            }
            Some(why) if theirs == ours => {
                _ = writeln!(wrong, "== {}: does not differ any more ({why})", path.display());
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Ours: everything, and the lines that tools match, without the process id.
fn said(path: &Path) -> (String, Vec<String>) {
    let text = std::fs::read(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let (plan, diags, map) =
        config::build_texts(&[(name, text.as_slice())], &Env::empty(), &config::Options::default());
    let mut all = String::new();
    let mut lines = Vec::new();
    for diag in &diags.list {
        _ = write!(all, "{}", render(diag, &map, PID));
        lines.extend(kept(&first_line(diag, &map, PID)));
    }
    assert_eq!(plan.is_some(), !diags.has_errors(), "{name}");
    if plan.is_some() {
        all.push_str("valid\n");
    }
    (all, lines)
}

fn haproxys(haproxy: &Path, path: &Path) -> Vec<String> {
    let out = Command::new(haproxy)
        .args(["-c", "-f"])
        .arg(path.file_name().unwrap())
        .current_dir(path.parent().unwrap())
        .env_clear()
        .output()
        .expect("run haproxy");
    kept(&String::from_utf8_lossy(&out.stderr)).collect()
}

/// `[ALERT]` and `[WARNING]` lines without the process id; the lines below them that belong to the message stay out.
fn kept(text: &str) -> impl Iterator<Item = String> {
    let lines = text.lines().filter_map(|line| {
        let level = ["[ALERT]", "[WARNING]"].into_iter().find(|l| line.starts_with(l))?;
        Some(format!("{level} {}", line.split_once(") : ")?.1))
    });
    lines.collect::<Vec<_>>().into_iter()
}

fn files() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/config");
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "cfg"))
        .collect();
    files.sort();
    files
}

/// Every word with every kind of argument, in every section: whatever is said about it, nothing panics.
#[test]
fn random_lines_never_panic() {
    use ringmain::vocab::{bind, directive, option, section, server};
    let rounds: u64 = std::env::var("RINGMAIN_ROUNDS").ok().and_then(|r| r.parse().ok()).unwrap_or(20);
    let first: u64 = std::env::var("RINGMAIN_SEED").ok().and_then(|r| r.parse().ok()).unwrap_or(1);
    let mut words: Vec<&str> = directive::all().map(|r| r.name).collect();
    words.extend(option::all().map(|r| r.name).chain(bind::all().map(|r| r.name)));
    words.extend(server::all().map(|r| r.name).chain(section::all().map(|r| r.name)));
    words.extend([
        "if",
        "unless",
        "{",
        "}",
        "!",
        "or",
        "from",
        "no",
        "default",
        "option",
        "server",
        "bind",
        "TRUE",
        "path",
        "hdr(a)",
        "hdr(",
        "%[path]",
        "%[",
        "%",
        "*:80",
        ":1-3",
        "127.0.0.1:1",
        "[::1]:2",
        "/x",
        "abns@y",
        "fd@9",
        "0",
        "-1",
        "99999999999999999999",
        "5s",
        "5x",
        "é",
        "\\x00",
        "a/b",
        "deny",
        "set-header",
        "location",
        "socket",
        "fail",
        "connection",
        "auto:1/1-4",
        "0-3",
        "global",
        "''",
        "\"$HOME\"",
        "${A",
    ]);
    for seed in first..first + rounds {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below as u64) as usize
        };
        let mut text = String::new();
        for _ in 0..60 {
            if random(8) == 0 {
                let kinds = ["global", "defaults", "defaults d", "frontend f", "backend b", "listen l"];
                text.push_str(kinds[random(kinds.len())]);
            } else {
                for _ in 0..=random(6) {
                    text.push_str(words[random(words.len())]);
                    text.push(' ');
                }
            }
            text.push('\n');
        }
        let result = std::panic::catch_unwind(|| {
            let files = [("x.cfg", text.as_bytes())];
            let (plan, diags, map) = config::build_texts(&files, &Env::empty(), &config::Options::default());
            for diag in &diags.list {
                let _ = render(diag, &map, PID);
            }
            plan.is_some()
        });
        assert!(
            result.is_ok(),
            "RINGMAIN_SEED={seed} RINGMAIN_ROUNDS=1 cargo test --test configuration\n{text}"
        );
    }
}
