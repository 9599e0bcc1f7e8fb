//! What is said about text that can't be read: golden files, and HAProxy itself where it is installed.
//!
//! `tests/golden/text/NAME.cfg` is read line by line, as by the configuration, but no keyword is judged; what comes out
//! (the lines that have words, then every message) must be `NAME.txt`. `RINGMAIN_BLESS=1` writes the `.txt` files anew.
use ringmain::config::load::Source;
use ringmain::syntax::render::first_line;
use ringmain::syntax::{Diag, Diags, Env, Severity, Word, render};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const PID: u32 = 4711;
const SECTIONS: &[&str] = &["global", "defaults", "frontend", "backend", "listen"];

#[test]
fn golden_files() {
    let bless = std::env::var_os("RINGMAIN_BLESS").is_some();
    let mut wrong = Vec::new();
    for path in golden() {
        let name = path.file_name().unwrap().to_str().unwrap();
        let (lines, diags, source) = read(name, &std::fs::read(&path).unwrap());
        let mut text = lines.join("\n") + "\n---\n";
        for diag in &diags.list {
            _ = write!(text, "{}", render(diag, &source.map, PID));
        }
        let expected = path.with_extension("txt");
        if bless {
            std::fs::write(&expected, &text).unwrap();
        }
        let want = std::fs::read_to_string(&expected).unwrap_or_default();
        if want != text {
            wrong.push(format!("== {name}: expected\n{want}== but got\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n(RINGMAIN_BLESS=1 accepts)", wrong.join("\n"));
}

#[test]
fn haproxy_says_the_same_about_the_golden_files() {
    let Some(haproxy) = haproxy() else { return };
    for path in golden() {
        let name = path.file_name().unwrap().to_str().unwrap();
        compare(&haproxy, path.parent().unwrap(), name, &std::fs::read(&path).unwrap());
    }
}

/// Random lines out of the characters that mean something to the lexer, some of them in conditions.
#[test]
fn haproxy_says_the_same_about_random_text() {
    let Some(haproxy) = haproxy() else { return };
    let rounds: u64 = std::env::var("RINGMAIN_ROUNDS").ok().and_then(|r| r.parse().ok()).unwrap_or(12);
    let first: u64 = std::env::var("RINGMAIN_SEED").ok().and_then(|r| r.parse().ok()).unwrap_or(1);
    let dir = std::env::temp_dir().join(format!("ringmain-text-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    for seed in first..first + rounds {
        let text = random_file(seed);
        let name = format!("seed{seed}.cfg");
        std::fs::write(dir.join(&name), &text).unwrap();
        compare(&haproxy, &dir, &name, &text);
    }
    std::fs::remove_dir_all(&dir).unwrap();
}

fn golden() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/text");
    let entries = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|p| p.extension().is_some_and(|e| e == "cfg")).collect();
    files.sort();
    files
}

fn environment() -> Vec<(&'static str, &'static str)> {
    vec![("A", "a b  c"), ("E", ""), ("X", "1")]
}

/// Reads a file with just enough of a configuration around it: sections, and `setenv` in `global`.
fn read(name: &str, text: &[u8]) -> (Vec<String>, Diags, Source) {
    let mut env = Env::empty();
    for (key, value) in environment() {
        env.set(key, value);
    }
    let (mut diags, mut lines, mut section) = (Diags::default(), Vec::new(), false);
    let mut source = Source::from_texts([(name, text)]);
    while let Some(line) = source.next_line(&env, &mut diags) {
        let words: Vec<&str> = line.words.iter().map(Word::text).collect();
        if SECTIONS.contains(&words[0]) {
            section = true;
            source.set_section(words.get(1).filter(|w| !w.is_empty()).unwrap_or(&words[0]));
        } else if !section {
            let text = format!("unknown keyword '{}' out of section.", words[0]);
            diags.push(Diag::alert(line.words[0].span, text).tight());
        } else if words[0] == "setenv" {
            env.set(words[1], words[2]);
        }
        lines.push(format!("{}: {}", line.span.line, words.join("|")));
    }
    if diags.has_errors() && !source.aborted() {
        diags.push(Diag::bare(Severity::Alert, None, "Fatal errors found in configuration."));
    }
    (lines, diags, source)
}

/// The program to compare with; without it the test says so and passes.
fn haproxy() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|d| d.join("haproxy"))
        .find(|p| p.is_file());
    let version = found.as_ref().and_then(|p| Command::new(p).arg("-v").output().ok());
    let fits = version.is_some_and(|v| String::from_utf8_lossy(&v.stdout).contains("version 2.6"));
    if !fits {
        eprintln!("not compared: no haproxy 2.6 on this machine");
    }
    found.filter(|_| fits)
}

/// HAProxy's first lines must be ours, in the same order. Ours may have more warnings where HAProxy drops text silently.
fn compare(haproxy: &Path, dir: &Path, name: &str, text: &[u8]) {
    let out = Command::new(haproxy)
        .args(["-dD", "-c", "-f", name])
        .current_dir(dir)
        .env_clear()
        .envs(environment())
        .output()
        .unwrap();
    let theirs: Vec<String> = String::from_utf8_lossy(&out.stderr)
        .lines()
        .filter(|l| {
            l.contains(" : config : ") && !l.contains("has no 'bind'") && !l.contains("missing timeouts")
        })
        .map(without_pid)
        .collect();
    let (_, diags, source) = read(name, text);
    let own = |d: &&Diag| d.message.contains("ignored.");
    let ours: Vec<String> = diags
        .list
        .iter()
        .filter(|d| !own(d))
        .map(|d| without_pid(first_line(d, &source.map, PID).lines().next().unwrap()))
        .collect();
    assert_eq!(ours, theirs, "{name}:\n{}", String::from_utf8_lossy(text));
}

fn without_pid(line: &str) -> String {
    match (line.find('('), line.find(')')) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &line[..from], &line[to + 1..]),
        _ => line.to_owned(),
    }
}

fn random_file(seed: u64) -> Vec<u8> {
    let mut rng = Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut text = b"global\n".to_vec();
    for _ in 0..40 {
        if rng.below(3) == 0 {
            let expression = rng.join(EXPRESSIONS, 7);
            text.extend(format!(".if {expression}\n .notice yes\n.else\n .notice no\n.endif\n").bytes());
        } else {
            text.extend(format!(".notice {}\n", rng.join(PIECES, 12)).bytes());
        }
    }
    text
}

const PIECES: &[&str] = &[
    "a",
    "b",
    " ",
    "  ",
    "\t",
    "\"",
    "\"",
    "'",
    "\\",
    "\\\\",
    "\\\"",
    "\\'",
    "\\ ",
    "\\#",
    "\\x41",
    "\\x",
    "\\t",
    "$",
    "\\$",
    "\"$X\"",
    "\"${A}\"",
    "\"${A[*]}\"",
    "${E-d}",
    "\"${U-d}\"",
    "{",
    "}",
    "-",
    "#",
    "$X",
    "${U[*]-x y}",
    "$.LINE",
    "${.SECTION}",
    "[*]",
    "[",
    "\"\"",
    "''",
    "\r",
    "_",
    "9",
    ".",
    ",",
    "é",
];

const EXPRESSIONS: &[&str] = &[
    "1",
    "0",
    "!",
    " ",
    " ",
    "(",
    ")",
    "&&",
    "||",
    " && ",
    " || ",
    "defined(X)",
    "defined(",
    "streq(a,a)",
    "streq(a,b)",
    "strneq(\\\"a,b\\\",c)",
    "streq(",
    "\"$X\"",
    "0x1f",
    "-3",
    "07",
    "08",
    "version_atleast(2.4)",
    "version_before(2.4-dev3)",
    "feature(THREAD)",
    "feature(QUIC)",
    ",",
    "x",
    "|",
    "&",
    "\\\\",
    "'",
];

struct Rng(u64);

impl Rng {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }

    /// Up to `most` of the pieces, joined.
    fn join(&mut self, pieces: &[&str], most: usize) -> String {
        let n = self.below(most) + 1;
        (0..n).map(|_| pieces[self.below(pieces.len())]).collect()
    }
}
