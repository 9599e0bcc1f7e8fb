//! State files: the same files to haproxy and to Ringmain, the same servers afterwards and the same warnings.

use std::path::{Path, PathBuf};

use crate::common::ground::{Ground, scratch};
use crate::common::proxy::Program;
use crate::runtime_edits::{ask, await_socket, socket_path, without_times};
use crate::{BOTH, DEFAULTS};

const SERVERS: &str = "
listen site
    bind \"127.0.10.1:${F1}\"
    server z 127.0.31.9:9
backend farm
    server a 127.0.31.2:18411 weight 10 check inter 60s
    server b 127.0.31.2:18412 disabled
    server c 127.0.31.2:+5 backup
    server u /tmp/nobody.sock
    server d 127.0.31.2:18413 check inter 60s port 18413
    server w 127.0.31.2:18413 weight 0
backend raw
    id 33
    mode tcp
    server 1 [::1]:18414 id 7
    server 2 [::1]:18415 id 2
    server 3 [::1]:18415
backend none
    load-server-state-from-file none
    server x 127.0.31.2:18411
";

/// The lines of `show servers state` and of standard error that come of a configuration. What checks find is not looked at:
/// whether one was made meanwhile depends on the machine.
fn start(ground: &Ground, program: Program, global: &str, defaults: &str, servers: &str) -> Vec<String> {
    let socket = socket_path();
    let config = format!(
        "global\n    nbthread 1\n    stats socket {} level admin\n{global}{DEFAULTS}{defaults}{servers}",
        socket.display()
    );
    let proxy = ground.serve(program, 1, &config);
    await_socket(&socket);
    let state = without_times(&ask(&socket, "show servers state"));
    let mut all: Vec<String> = state.lines().skip(2).map(without_checks).collect();
    let errors = proxy.errors();
    let said = errors.lines().filter(|l| l.contains(" config : "));
    let said = said.map(|l| l.replace(&format!("({})", proxy.pid()), "(PID)"));
    // Of a file that is not there 2.6.12 warns, 3.2 gives notice.
    all.extend(
        said.map(|l| if l.contains("Can't open") { l.replace("[WARNING] ", "[NOTICE]  ") } else { l }),
    );
    // In which order the parts of a start speak is not looked at.
    all.sort();
    all
}

fn without_checks(line: &str) -> String {
    let checked = line.split(' ').nth(13).is_some_and(|state| state != "0");
    let words = line.split(' ').enumerate();
    words
        .map(|(i, w)| {
            if checked && (i == 5 || (10..=13).contains(&i)) && line.contains(" farm 1 a ") { "_" } else { w }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn compare(what: &str, global: &str, defaults: &str, servers: &str) {
    let ground = Ground::new();
    let wanted = start(&ground, Program::Haproxy, global, defaults, servers);
    for program in BOTH {
        let got = start(&ground, program, global, defaults, servers);
        let all = format!("{got:#?}\n{wanted:#?}");
        for (got, wanted) in got.iter().zip(&wanted) {
            assert_eq!(got, wanted, "{}: {what}\n{all}", program.name());
        }
        assert_eq!(got.len(), wanted.len(), "{}: {what}\n{got:#?}\n{wanted:#?}", program.name());
    }
}

/// A file of these lines as the global one.
fn global_file(what: &str, text: &str) {
    let file = scratch("state", text);
    let global = format!("    server-state-file {}\n", file.display());
    compare(what, &global, "    load-server-state-from-file global\n", SERVERS);
}

const HEAD: &str = "1\n# be_id be_name srv_id srv_name\n";

#[test]
fn a_whole_file_is_applied() {
    global_file(
        "all",
        &format!(
            "{HEAD}2 site 1 z 127.0.31.8 2 0 5 1 100 1 0 2 0 0 0 0 - 99 - 0 0 - - 0
3 farm 1 a 127.0.31.7 0 1 5 10 200 8 2 0 14 0 0 0 - 18499 - 0 55 127.0.31.3 - 0
3 farm 2 b 127.0.31.2 2 0 1 1 300 1 0 2 0 0 0 0 - 18412 - 0 0 - - 0
3 farm 3 c 127.0.31.2 2 8 1 1 10 1 0 2 0 0 0 0 - 5 - 0 0 - - 0
3 farm 4 u - 0 0 1 1 1 1 0 0 0 0 0 0 - 0 - 0 0 - - 0
3 farm 5 d 127.0.31.2 0 0 7 3 20 8 2 0 6 0 0 0 - 18413 - 0 18413 - - 18413
33 raw 7 1 ::1 2 0 44 1 9 1 0 2 0 0 1 1 - 80 - 0 0 - - 0
4 none 1 x 1.2.3.4 0 1 1 1 1 1 0 2 0 0 0 0 - 80 - 0 0 - - 0
"
        ),
    );
    global_file(
        "admin states",
        &format!(
            "{HEAD}2 site 1 z 127.0.31.8 2 300 1 1 100 1 0 2 0 0 0 0 - 99 - 0 0 - - 0
3 farm 2 b 127.0.31.2 2 4 1 1 9 1 0 2 0 0 0 0 - 18412 - 0 0 - - 0
3 farm 3 c 127.0.31.2 2 12 1 1 10 1 0 2 0 0 0 0 - 5 - 0 0 - - 0
3 farm 4 u - 3 64 1 1 1 1 0 0 0 0 0 0 - 0 - 0 0 - - 0
3 farm 6 w - 2 8 7 1 1 1 0 0 0 0 0 0 - 18413 - 0 0 - - 0
3 farm 5 d 127.0.31.2 2 1 1 1 20 6 3 4 6 0 0 0 - 18413 - 0 18413 - - 0
33 raw 7 1 ::1 2 9 44 1 9 1 0 2 0 0 1 1 - 80 - 0 0 - - 0
"
        ),
    );
    global_file(
        "health",
        &format!(
            "{HEAD}2 site 1 z 127.0.31.8 2 1 1 1 100 1 0 2 0 0 0 0 - 99 - 0 0 - - 0
3 farm 2 b 127.0.31.2 0 5 1 1 9 1 0 2 0 0 0 0 - 18412 - 0 0 - - 0
3 farm 3 c 127.0.31.2 1 0 1 1 10 1 0 2 0 0 0 0 - 7 - 0 0 - - 0
3 farm 4 u - 3 0 1 1 1 1 0 3 0 0 0 0 - 0 - 0 0 - - 0
3 farm 5 d 127.0.31.2 2 0 1 1 20 6 3 4 2 0 0 0 - 18413 - 0 0 - - 0
3 farm 6 w - 2 0 7 0 1 1 0 0 0 0 0 0 - 18413 - 0 0 - - 0
33 raw 7 1 ::1 0 1 44 1 9 1 0 2 0 0 1 1 - 80 - 0 44 - - 0
"
        ),
    );
}

#[test]
fn what_is_wrong_with_a_file_is_a_warning() {
    let line = "2 site 1 z 127.0.31.8 2 0 5 1 100 1 0 2 0 0 0 0 - 99 - 0 0 - - 0\n";
    global_file("no version", line);
    global_file("another version", &format!("2\n{line}"));
    global_file("a CR", &format!("1\r\n{line}"));
    global_file(
        "a short line",
        &format!(
            "{HEAD}{line}\n# comment\n3 farm 1 a\n3 farm 3 c - 2 8 1 1 10 1 0 2 0 0 0 0 - 5 - 0 0 - - 0\n"
        ),
    );
    global_file(
        "others, and one twice",
        &format!(
            "{HEAD}9 nope 1 z 127.0.31.8 2 0 5 1 100 1 0 2 0 0 0 0 - 99 - 0\n2 site 9 y - 2 0 5 1 1 1 0 2 0 0 0 0 - 9 -\n\
         7 site 4 z 127.0.31.8 2 0 5 1 100 1 0 2 0 0 0 0 - 99 - 0 0 - - 0 and more\n{line}3 renamed 1 a 127.0.31.7 2 0 5 10 200 8 2 0 14 0 0 0 - 1 - 0 0 - - 0\n"
        ),
    );
    global_file(
        "wrong values",
        &format!(
            "{HEAD}2 site 1 z 127.0.31.8 9 0 5 1 100 1 0 2 0 0 0 0 - 99 - 0 0 - - 0\n\
         3 farm 1 a foo 0 9 999 x 200 99 9 77 255 0 5 5 - 999999 - 0 70000 zz - 0\n\
         3 farm 2 b 127.0.31.2 2 x 1 1 q 1 0 2 0 0 0 0 - 18412 - 0 0 - - 0\n\
         3 farm 5 d 127.0.31.2 2 0 1 1 20 6 3 4 6 0 0 0 - 18413x - 0 18413 zz - 0\n\
         33 raw 7 1 ::1 2 -1 44 -1 9 1 0 2 0 0 1 1 - -5 - 0 0 - - 0\n"
        ),
    );
    let missing = scratch("state", "");
    std::fs::remove_file(&missing).expect("remove");
    let global = format!("    server-state-file {}\n", missing.display());
    compare("no file", &global, "    load-server-state-from-file global\n", SERVERS);
    compare("not set", "", "    load-server-state-from-file global\n", SERVERS);
}

/// So it is at the first start, which must not fail with `zero-warning` (HAProxy 3.2.26; 2.6.12 warns).
#[test]
fn a_file_that_is_missing_or_empty_is_no_warning() {
    let empty = scratch("state", "");
    for (file, text) in [
        ("/nowhere/states".into(), "Can't open global server state file '/nowhere/states'"),
        (empty.clone(), "Empty global server state file"),
    ] {
        let global = format!("    zero-warning\n    server-state-file {}\n", file.display());
        for program in BOTH {
            let said =
                start(&Ground::new(), program, &global, "    load-server-state-from-file global\n", SERVERS);
            let told = said.iter().any(|l| l.starts_with("[NOTICE]") && l.contains(text));
            assert!(told, "{}: {said:#?}", program.name());
        }
    }
    std::fs::remove_file(empty).expect("remove");
}

/// A directory of state files.
fn base(files: &[(&str, String)]) -> PathBuf {
    let base = scratch("base", "").with_extension("d");
    std::fs::create_dir_all(&base).expect("a directory");
    for (name, text) in files {
        std::fs::write(base.join(name), text).expect("write");
    }
    base
}

#[test]
fn each_backend_may_have_its_own_file() {
    let line = |id: u32, backend: &str, server: &str, rest: &str| {
        format!("{id} {backend} 1 {server} 1.2.3.4 2 0 5 1 100 1 0 2 0 0 0 0 - {rest}\n")
    };
    let files = [
        ("site", format!("{HEAD}{}", line(2, "site", "z", "99 - 0 0 - - 0"))),
        (
            "other",
            format!(
                "{HEAD}{}{}{}",
                line(3, "farm", "a", "98 -"),
                line(9, "farm", "a", "9 -"),
                line(9, "zz", "q", "9 -")
            ),
        ),
        ("ubn", format!("1\n{}", line(4, "ubn", "a", "97 -"))),
        ("corrupt", format!("{HEAD}{}1 corrupt 1 b\n", line(5, "corrupt", "a", "96 - 0 0 - - 0"))),
        ("noname", format!("1\n{}", line(7, "noname", "a", "95"))),
        ("nover", line(8, "nover", "a", "95 - 0 0 - - 0")),
    ];
    let base = base(&files);
    let servers = "
listen site
    bind \"127.0.10.1:${F1}\"
    server z 127.0.31.9:9
backend farm
    server-state-file-name other
    server a 127.0.31.2:18411
backend ubn
    server-state-file-name use-backend-name
    server a 127.0.31.2:18411
backend corrupt
    server a 127.0.31.2:18411
    server b 127.0.31.2:18411
backend missing
    server a 127.0.31.2:18411
backend noname
    server-state-file-name
    server a 127.0.31.2:18411
backend nover
    server a 127.0.31.2:18411
";
    let global = format!("    server-state-base {}\n", base.display());
    compare("local", &global, "    load-server-state-from-file local\n", servers);
    std::fs::remove_dir_all(base).expect("remove");
}

/// What one process prints the next one starts with, through any number of changes.
#[test]
fn the_state_of_one_process_is_the_next_ones_start() {
    for program in [Program::Haproxy, BOTH[0], BOTH[1]] {
        let ground = Ground::new();
        let file = scratch("state", "1\n");
        let (before, after) = (run(&ground, program, &file, &CHANGES), run(&ground, program, &file, &[]));
        assert_eq!(after, before, "{}", program.name());
    }
}

const CHANGES: [&str; 7] = [
    "set server farm/a weight 3",
    "set server farm/b state ready",
    "set server farm/c state drain",
    "set server site/z addr 127.0.31.9 port 99",
    "set server farm/u health down",
    "set server raw/1 state maint",
    "disable health farm/d",
];

fn run(ground: &Ground, program: Program, file: &Path, commands: &[&str]) -> Vec<String> {
    let socket = socket_path();
    let config = format!(
        "global\n    nbthread 1\n    stats socket {} level admin\n    server-state-file {}\n{DEFAULTS}    load-server-state-from-file global\n{SERVERS}",
        socket.display(),
        file.display()
    );
    let _proxy = ground.serve(program, 1, &config);
    await_socket(&socket);
    for command in commands {
        ask(&socket, command);
    }
    let state = ask(&socket, "show servers state");
    std::fs::write(file, &state).expect("write");
    // Address, state, weights and port: what a reload must keep.
    let kept = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let a_is_down = words[3] == "a";
        let operational = if a_is_down { "_" } else { words[5] };
        format!(
            "{}/{} {} {operational} {} {} {}",
            words[1], words[3], words[4], words[6], words[7], words[18]
        )
    };
    state.lines().skip(2).filter(|l| l.contains(' ')).map(kept).collect()
}
