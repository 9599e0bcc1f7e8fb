//! No word that HAProxy has is called unknown: what is not built is refused by its name, so that nobody looks for a slip of
//! the hand that is none. The words are those of `words.txt`, each family's stand in a line of their own.
use super::{config, root};
use ringmain::syntax::{Env, Severity};
use ringmain::vocab::command;
use std::fmt::Write;

/// A family and its words.
fn families() -> Vec<(String, Vec<String>)> {
    let text = std::fs::read_to_string(root().join("tests/keywords/words.txt")).unwrap();
    let parts = text.split("\n[").skip(1);
    let families = parts.map(|part| {
        let (name, words) = part.split_once("]\n").expect("a family ends with ]");
        // Commands have several words.
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let by = if name == "command" { ", " } else { " " };
        (name.to_owned(), words.split(by).map(str::to_owned).collect())
    });
    families.collect()
}

/// A file with a word where it may stand.
fn file(family: &str, word: &str) -> String {
    let (mut head, mut front, mut back, mut bind, mut server) = <(String, String, String, _, _)>::default();
    let call = match word {
        "track-sc" => "track-sc0".to_owned(),
        // These have their arguments in parentheses.
        "add-acl" | "del-acl" | "del-map" | "set-map" | "do-resolve" | "set-var" | "set-var-fmt"
        | "unset-var" | "sc-add-gpc" | "sc-inc-gpc" | "sc-inc-gpc0" | "sc-inc-gpc1" | "sc-set-gpt"
        | "sc-set-gpt0" => {
            format!("{word}(0)")
        }
        _ => word.to_owned(),
    };
    match family {
        "section" => head = format!("{word} x\n"),
        "global" => head = format!("global\n    {word}\n"),
        "proxy" => back = word.to_owned(),
        "balance" if matches!(word, "hdr" | "random" | "rdp-cookie") => back = format!("balance {word}(x)"),
        "mode" | "timeout" | "stats" | "option" | "balance" | "filter" => back = format!("{family} {word}"),
        "bind" => bind = word,
        "server" => server = word,
        "service" => front = format!("http-request use-service {word}"),
        "acl word" => back = format!("acl a {word} x"),
        "predefined acl" => back = format!("http-request deny if {word}"),
        "fetch" => back = format!("http-request set-var(txn.x) {word}"),
        "converter" => back = format!("http-request set-var(txn.x) str(x),{word}"),
        "log variable" => front = format!("log-format %{word}"),
        "tcp-request connection" | "tcp-request session" | "quic-initial" => {
            front = format!("{family} {call}")
        }
        _ => back = format!("{family} {call}"),
    }
    format!(
        "{head}defaults\n    timeout connect 1s\n    timeout client 1s\n    timeout server 1s\n    mode http\nfrontend f\n    \
         bind 127.0.0.1:18099 {bind}\n    {front}\n    default_backend b\nbackend b\n    {back}\n    server s 127.0.0.1:18098 \
         {server}\n"
    )
}

/// Whether a message says that nobody knows the word.
fn is_unknown(word: &str, message: &str) -> bool {
    let unknown = ["keyword", "option", "fetch method", "converter", "proxy mode", "stats parameter"];
    let unknown = unknown.iter().any(|what| message.contains(&format!("unknown {what} '{word}'")));
    let got = format!("got '{word}'");
    unknown
        || message.contains(&got)
        || message.contains(&format!("no such ACL : '{word}'"))
        || message.contains(&format!("no such format variable '{word}'"))
        || message.contains(&format!("'{word}' unknown service name"))
        || message.starts_with("balance only supports")
}

#[test]
fn no_word_of_haproxy_is_unknown() {
    let mut wrong = String::new();
    let families = families();
    assert!(families.iter().map(|(_, words)| words.len()).sum::<usize>() > 1900);
    for (family, words) in &families {
        for word in words.iter().filter(|_| family != "command") {
            let text = file(family, word);
            let (_, diags, _) = config::build_texts(
                &[("x.cfg", text.as_bytes())],
                &Env::empty(),
                &config::Options::default(),
            );
            let said =
                diags.list.iter().filter(|d| d.severity > Severity::Diag && is_unknown(word, &d.message));
            for diag in said {
                _ = writeln!(wrong, "{family}: `{word}`: {}", diag.message);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// A word that nobody knows is called so: the test above would see it.
#[test]
fn other_words_are_unknown() {
    for (family, _) in families() {
        let text = file(&family, "frobnicate");
        let (_, diags, _) =
            config::build_texts(&[("x.cfg", text.as_bytes())], &Env::empty(), &config::Options::default());
        let said: Vec<_> = diags.list.iter().map(|d| &d.message).collect();
        // A whole set of rules or a kind of lines may be refused.
        let refused = |m: &String| m.contains(&format!("'{}' in '", family.split(' ').next().unwrap()));
        let told = said.iter().any(|m| is_unknown("frobnicate", m) || refused(m));
        assert!(family == "command" || told, "{family}: {said:?}");
    }
}

#[test]
fn no_command_of_haproxy_is_unknown() {
    let families = families();
    let (_, commands) = families.iter().find(|(name, _)| name == "command").expect("commands");
    let known: Vec<String> = command::names().collect();
    // These are the master's.
    let of_master = ["hard-reload", "mcli-debug-mode", "reload", "show proc"];
    let begins = |name: &str, command: &str| {
        command.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let unknown = commands.iter().filter(|c| !of_master.contains(&c.as_str()));
    let unknown: Vec<_> = unknown.filter(|c| !known.iter().any(|name| begins(name, c))).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
