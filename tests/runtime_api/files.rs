//! What is said about files of patterns that cannot be used: haproxy's words, with the line in the file.

use std::time::Duration;

use crate::common::ground::{file, scratch};
use crate::common::proxy::{Io, Program};

/// A line of a frontend, and the file it names as FILE.
const CASES: &[(&str, &str)] = &[
    ("acl a src -f FILE", "10.0.0.0/8\n\n# x\nnonsense\n"),
    ("acl a src -f FILE", "10.0.0.0/8 \n"),
    ("acl a hdr_cnt(x) -f FILE", "1\n5:3\n"),
    ("acl a hdr_cnt(x) gt x", ""),
    ("acl a hdr_cnt(x) 1:x", ""),
    ("acl a path -m bin 0g", ""),
    ("acl a path -u x", ""),
    ("acl a path -f", ""),
    ("acl a path -f /nowhere/at.all", ""),
    ("acl a path -u 5 x\n    acl b path -u 5 y", ""),
    ("acl a path -f FILE\n    http-request set-header a %[path,map(FILE)]", "k v\n"),
    ("http-request set-header a %[path,map(FILE)]\n    acl a path -f FILE", "k v\n"),
    ("http-request set-header a %[path,map(/nowhere/at.all)]", ""),
    ("http-request set-header a %[path,map]", ""),
    ("http-request set-header a %[path,map_str_int(FILE)]", "a 1\n# x\nb one\n"),
    ("http-request set-header a %[path,map_str_ip(FILE)]", "a 1.2.3.4\nb one\n"),
    ("http-request set-header a %[src,map_ip(FILE)]", "1.2.3.4 x\n\n1.2.3.4/40 y\n"),
    ("http-request set-header a %[path,map_int(FILE)]", "1 x\nk y\n"),
    ("http-request set-header a %[path,map_nothing(FILE)]", "1 x\n"),
];

/// The errors, without process numbers and paths.
fn errors(program: Program, line: &str, patterns: &std::path::Path) -> Vec<String> {
    let line = line.replace("FILE", &patterns.display().to_string());
    let path = file(&format!(
        "defaults\n    mode http\n    timeout connect 1s\n    timeout client 1s\n    timeout server 1s\nfrontend f\n    bind 127.0.10.1:18097\n    {line}\n"
    ));
    let path = path.display().to_string();
    let out = program.run(["-c", "-f", &path], &[], Duration::from_secs(10));
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    let lines = text.lines().filter(|l| l.contains(" : config : parsing ["));
    let line = |l: &str| {
        let said = l.split_once(") : ").map_or(l, |(_, said)| said);
        said.replace(&path, "CFG").replace(&patterns.display().to_string(), "FILE")
    };
    lines.map(line).collect()
}

#[test]
fn bad_files_are_told_in_haproxys_words() {
    let mut differ = Vec::new();
    for (line, text) in CASES {
        let patterns = scratch("lst", text);
        let wanted = errors(Program::Haproxy, line, &patterns);
        let got = errors(Program::Ringmain(Io::Epoll), line, &patterns);
        assert!(!wanted.is_empty(), "{line}");
        if got != wanted {
            differ.push(format!("> {line}\n  haproxy: {wanted:#?}\n  ringmain: {got:#?}"));
        }
        let _ = std::fs::remove_file(&patterns);
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
