//! `docs/compat-keywords.md` says what becomes of each keyword of the manual's sections 4, 5 and 8. Here each of its examples
//! becomes a file, both programs read it, and the table must say what they did; and no keyword may be missing, neither one
//! of `vocab`, nor one that HAProxy knows, nor one with a heading in the manual.
//!
//! `RINGMAIN_BLESS=1 cargo test --test keywords` writes the table's last column anew: what follows a status that did not
//! change (`works, differs: …`) stays. `ROW=stick` prints files and messages of the rows whose keywords hold `stick`.
mod file;
mod haproxy;
mod table;
mod unknown;

use ringmain::config;
use ringmain::syntax::{Env, Severity};
use ringmain::vocab::{
    action, balance, bind, directive, known, known_rules, option, resolvers, row, section, server,
};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;
use table::{Family, Row, Since, Table};

const WORKS: &str = "works";
const NO_EFFECT: &str = "accepted without effect";
const REFUSED: &str = "refused";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read() -> Table {
    Table::read(&root().join("docs/compat-keywords.md"))
}

/// What a row is wrong about, if `ROW` asks for it or for all.
fn asked(row: &Row) -> bool {
    std::env::var("ROW").is_ok_and(|part| row.keyword.contains(&part))
}

#[test]
fn the_table_says_what_the_program_does() {
    let mut table = read();
    let mut wrong = String::new();
    let certificate = Certificate::new();
    for at in 0..table.rows.len() {
        let row = &table.rows[at];
        let text = certificate.put_in(&file::of(row));
        let (status, messages) = load(&text);
        if asked(row) {
            println!("== {}: {status}\n{text}{messages}", row.keyword);
        }
        if status == REFUSED && !names_it(row, &messages) {
            _ = writeln!(wrong, "`{}` is refused without a word about it: {messages}", row.keyword);
        }
        let said = if row.status.starts_with("works, differs") { WORKS } else { row.status.as_str() };
        if said != status && !table.bless(at, status) {
            let row = &table.rows[at];
            _ = writeln!(
                wrong,
                "`{}`: the table says `{}`, Ringmain: {status}\n{messages}",
                row.keyword, row.status
            );
        }
    }
    table.write();
    assert!(wrong.is_empty(), "\n{wrong}(RINGMAIN_BLESS=1 writes the table)");
}

/// Reads the file without a process: its status, and everything that was said.
fn load(text: &str) -> (&'static str, String) {
    let files = [("example.cfg", text.as_bytes())];
    let (plan, diags, _) = config::build_texts(&files, &Env::empty(), &config::Options::default());
    // What has no effect is told to those who ask for diagnostics.
    let said = diags.list.iter().filter(|d| d.severity > Severity::Diag || d.message.contains("no effect"));
    let messages: String = said.map(|d| format!("  {:?}: {}\n", d.severity, d.message)).collect();
    let idle = messages.contains("no effect") || messages.contains("'log' is kept but");
    // Whether there is such a namespace is the machine's affair; HAProxy says the same.
    let elsewhere = messages.contains("Cannot open namespace");
    let status = match plan {
        None if elsewhere => WORKS,
        None => REFUSED,
        Some(_) if idle => NO_EFFECT,
        Some(_) => WORKS,
    };
    (status, messages)
}

/// `docs/compat.md` lists every word that is told of as one without an effect, and no other.
#[test]
fn words_without_an_effect_are_listed() {
    let text = std::fs::read_to_string(root().join("docs/compat.md")).unwrap();
    let part =
        text.split("\n## Words without an effect\n").nth(1).unwrap().split("**Where they stand**").next();
    let listed: BTreeSet<String> =
        part.unwrap().split('`').skip(1).step_by(2).map(|w| w.replace('\n', " ")).collect();
    let mut told = BTreeSet::new();
    for row in directive::all().filter(|r| r.sections & row::GLOBAL != 0 && r.name != "stats") {
        told.extend(idle(&|argument| file_with(&format!("{} {argument}", row.name), "", "", "")));
    }
    told.extend(idle(&|_| file_with("stats bind-process 1", "", "", "")));
    for row in option::all() {
        told.extend(idle(&|_| file_with("", &format!("option {}", row.name), "", "")));
    }
    for row in bind::all() {
        told.extend(idle(&|argument| file_with("", "", &format!("{} {argument}", row.name), "")));
    }
    for row in server::all() {
        told.extend(idle(&|argument| file_with("", "", "", &format!("{} {argument}", row.name))));
    }
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
        a.difference(b)
            .filter(|w| !["-dD", "zero-warning", "ssl", "check-ssl"].contains(&w.as_str()))
            .cloned()
            .collect()
    };
    let (missing, gone): (Vec<String>, Vec<String>) = (only(&told, &listed), only(&listed, &told));
    assert!(
        missing.is_empty() && gone.is_empty(),
        "not listed: {missing:?}; listed, and not told of: {gone:?}"
    );
}

/// A sound file with something in `global`, in both halves of a proxy, on the `bind` line, on the `server` line.
fn file_with(global: &str, proxy: &str, bind: &str, server: &str) -> String {
    format!(
        "global\n    {global}\nlisten f\n    mode http\n    timeout client 1s\n    timeout server 1s\n    timeout connect 1s\n    \
         {proxy}\n    bind :18099 {bind}\n    server s 127.0.0.1:1 {server}\n"
    )
}

/// The words that are told of in a file without errors: the first of these arguments that makes one counts.
fn idle(file: &dyn Fn(&str) -> String) -> Vec<String> {
    for argument in ["", "5", "on", "/dev/null", "none", "TLSv1.2", "no-sslv3", "2048", "str(x)", "legacy"] {
        let text = file(argument);
        let (plan, diags, _) = config::build_texts(
            &[("example.cfg", text.as_bytes())],
            &Env::empty(),
            &config::Options::default(),
        );
        if plan.is_none() {
            continue;
        }
        let lists = diags.list.iter().filter(|d| {
            d.message.starts_with("no effect in ") || d.message.starts_with("no effect without TLS")
        });
        return lists.flat_map(|d| d.message.split('\'').skip(1).step_by(2).map(str::to_owned)).collect();
    }
    Vec::new()
}

/// A refusal tells what it is about: one of the example's words.
fn names_it(row: &Row, messages: &str) -> bool {
    let lines = row.example.iter().flat_map(|(_, line)| line.split_whitespace());
    let mut words = row.keyword.split_whitespace().chain(lines.filter(|w| w.len() > 2));
    words.any(|w| messages.contains(w.split('(').next().unwrap_or(w)))
}

/// What `works, differs: [Title](compat.md#title)` leads to is there.
#[test]
fn the_differences_are_told() {
    let text = std::fs::read_to_string(root().join("docs/compat.md")).unwrap();
    let headings = text.lines().filter_map(|l| l.strip_prefix("## "));
    let anchors: BTreeSet<String> =
        headings.map(|h| h.to_lowercase().replace(' ', "-").replace('/', "")).collect();
    assert!(text.contains("(compat-keywords.md)"), "compat.md leads to the table");
    for row in read().rows {
        for link in row.status.split("compat.md#").skip(1) {
            let anchor = link.split(')').next().unwrap();
            assert!(anchors.contains(anchor), "`{}` leads to no heading of compat.md: {anchor}", row.keyword);
        }
    }
}

#[test]
fn haproxy_takes_the_examples_that_it_should() {
    let Some(haproxy) = haproxy::Haproxy::find() else {
        println!("skipped: no haproxy here");
        return;
    };
    let (table, certificate) = (read(), Certificate::new());
    let asked = table.rows.iter().filter(|row| row.since != Since::Build);
    let asked: Vec<&Row> =
        asked.filter(|row| certificate.made || !file::of(row).contains("site.pem")).collect();
    let wrong = haproxy.disagrees(&asked, &certificate);
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn no_word_is_missing() {
    let table = read();
    let mut wanted: BTreeSet<(Family, String)> = BTreeSet::new();
    let mut want = |family, word: &str| {
        wanted.insert((family, word.to_owned()));
    };
    use known::Kind;
    known::words(Kind::Proxy).filter(|w| section::find(w).is_none()).for_each(|w| want(Family::Proxy, w));
    known::words(Kind::Option)
        .filter(|w| *w != MISSPELT)
        .for_each(|w| want(Family::Proxy, &format!("option {w}")));
    known::words(Kind::Balance).for_each(|w| want(Family::Proxy, &format!("balance {w}")));
    known::words(Kind::Bind).for_each(|w| want(Family::Bind, w));
    known::words(Kind::Server).for_each(|w| want(Family::Server, w));
    let ours = directive::all().filter(|r| r.sections & row::PROXIES != 0);
    ours.filter(|r| !is_of_1_3(r.name)).for_each(|r| want(Family::Proxy, r.name));
    option::all().for_each(|r| want(Family::Proxy, &format!("option {}", r.name)));
    balance::all().for_each(|r| want(Family::Proxy, &format!("balance {}", r.name)));
    bind::all().for_each(|r| want(Family::Bind, r.name));
    server::all().for_each(|r| want(Family::Server, r.name));
    resolvers::all().for_each(|r| want(Family::Resolvers, r.name));
    for row in action::rows() {
        for (ruleset, lists) in RULESETS {
            for list in lists.iter().filter(|_| row.rulesets & ruleset != 0) {
                want(Family::Proxy, &format!("{list} {}", row.name));
            }
        }
    }
    let missing: Vec<_> = wanted.iter().filter(|(family, word)| !table.has(*family, word)).collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
    let actions = known_rules::refused().filter(|(kind, _)| *kind == "action").map(|(_, name)| name);
    let nowhere: Vec<_> = actions.filter(|a| !RULE_LISTS.contains(a) && !table.has_action(a)).collect();
    assert!(nowhere.is_empty(), "actions without a row: {nowhere:?}");
}

/// 2.6 has this word in its list, its manual and its parser call it `originalto`.
const MISSPELT: &str = "original-to";

/// Which lists of rules a set of `vocab::action` stands for.
const RULESETS: [(action::Rulesets, &[&str]); 3] = [
    (action::REQUEST, &["http-request"]),
    (action::RESPONSE, &["http-response"]),
    (action::CONNECTION, &["tcp-request connection"]),
];

/// Words that stand among the actions of `tcp-request`.
const RULE_LISTS: [&str; 3] = ["connection", "content", "session"];

/// `reqrep` and its sisters, which `vocab` has only for what HAProxy says about them.
fn is_of_1_3(word: &str) -> bool {
    word.starts_with("req") || word.starts_with("rsp") || word == "redisp"
}

/// Every heading of the manual's sections 4.2, 5.1, 5.2 and 5.3.2 has a row.
#[test]
fn the_manuals_headings_have_rows() {
    let Some(text) = manual() else { return };
    let table = read();
    let mut missing = Vec::new();
    for (from, to, family) in [
        ("\n4.2. ", "\n5. ", Family::Proxy),
        ("\n5.1. ", "\n5.2. ", Family::Bind),
        ("\n5.2. ", "\n5.3. ", Family::Server),
        ("\nresolvers <", "\n6. ", Family::Resolvers),
    ] {
        let part = text.rsplit_once(from).expect(from).1.split(to).next().unwrap();
        let found = headings(part);
        assert!(found.len() > 5, "{from}: {found:?}");
        missing.extend(found.into_iter().filter(|h| !table.has_heading(family, h)));
    }
    assert!(missing.is_empty(), "headings of the manual without a row: {missing:?}");
}

/// HAProxy's configuration manual, where its package is installed.
fn manual() -> Option<String> {
    let out = Command::new("zcat").arg("/usr/share/doc/haproxy/configuration.txt.gz").output();
    let out = out.ok().filter(|o| o.status.success());
    if out.is_none() {
        println!("skipped: no manual here");
    }
    Some(String::from_utf8_lossy(&out?.stdout).into_owned())
}

/// The words of lines at the margin before which a line is empty or also a heading, up to the first argument.
fn headings(part: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = true;
    for line in part.lines().skip(1) {
        let margin = line.starts_with(|c: char| c.is_ascii_lowercase());
        if margin && open && !line.starts_with("no option") {
            let is_argument = |w: &&str| w.starts_with(['<', '[', '{', '/', '.']) || w.ends_with(',');
            let line = line.trim_end_matches(" (deprecated)");
            let words: Vec<&str> = line.split_whitespace().take_while(|w| !is_argument(w)).collect();
            let words: Vec<&str> = words.iter().map(|w| w.split('(').next().unwrap()).collect();
            let sentence = words.len() > 5;
            let heading = words.join(" ").replace("resposne", "response");
            if !sentence && !NOT_HEADINGS.contains(&heading.as_str()) {
                found.push(heading);
            }
        }
        open = line.is_empty() || margin;
    }
    found
}

/// The variables of the table in the manual's section 8.2.6, the formats, facilities and levels of `log` in 4.2.
#[test]
fn the_manuals_log_variables_have_rows() {
    let Some(text) = manual() else { return };
    let table = read();
    let part = text.rsplit_once("\n8.2.6. ").expect("8.2.6").1.split("\n8.3. ").next().unwrap();
    let cells = part.lines().filter_map(|line| line.strip_prefix("  |")?.split('|').nth(1));
    let variables = cells.map(str::trim).filter(|cell| cell.starts_with('%')).map(str::to_owned);
    let log = text
        .rsplit_once("\nlog global\nlog <address>")
        .expect("log")
        .1
        .split("\nlog-format <")
        .next()
        .unwrap();
    let between = |from: &str, to: &str| log.split_once(from).expect(from).1.split_once(to).expect(to).0;
    // A format's name stands before its description, in the column of six.
    let formats = between("<format> is the log format", "<facility> must be");
    let formats = formats.lines().filter_map(|line| line.strip_prefix("      ")?.split_once("  "));
    let formats = formats.filter(|(name, _)| !name.is_empty()).map(|(name, _)| format!("log format {name}"));
    let facilities = between("standard syslog facilities :", "Note that").split_whitespace();
    let facilities = facilities.map(|word| format!("log {word}"));
    let levels = between("Eight levels are known :", "It is important").split_whitespace();
    let levels = levels.map(|word| format!("log level {word}"));
    let wanted: BTreeSet<String> = variables.chain(formats).chain(facilities).chain(levels).collect();
    assert!(wanted.len() > 100, "{wanted:?}");
    let missing: Vec<_> = wanted.iter().filter(|word| !table.has(Family::Log, word)).collect();
    assert!(missing.is_empty(), "of the manual without a row: {missing:?}");
}

/// Lines at the margin that are sentences or have words of their own behind the keyword.
const NOT_HEADINGS: [&str; 4] = ["no", "no log", "arguments appear does not", "after them. In this"];

/// A certificate of its own for the lines with TLS: HAProxy reads it at once.
struct Certificate {
    dir: PathBuf,
    made: bool,
}

impl Certificate {
    fn new() -> Certificate {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("ringmain-keywords-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let (key, site) = (dir.join("key.pem"), dir.join("site.pem"));
        let out = Command::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", "2", "-keyout",
            ])
            .arg(&key)
            .arg("-out")
            .arg(&site)
            .output();
        let made = out.is_ok_and(|o| o.status.success());
        if made {
            let text = std::fs::read(&site).unwrap();
            std::fs::write(&site, [text, std::fs::read(&key).unwrap()].concat()).unwrap();
        }
        Certificate { dir, made }
    }

    fn put_in(&self, text: &str) -> String {
        text.replace("site.pem", &self.dir.join("site.pem").to_string_lossy())
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.dir);
    }
}
