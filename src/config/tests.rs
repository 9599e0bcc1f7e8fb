//! Whole texts and the Plans they make; what is said about wrong ones is in `tests/golden/config`.
use super::*;
use crate::plan::{BackendTarget, CheckKind, ConnectionMode, ListenerAddr, Mode, Reuse, ServerAddr};
use crate::rules::format::When;
use std::time::Duration;

const TIMEOUTS: &str = " timeout connect 5s\n timeout client 50s\n timeout server 50s\n";

fn read(text: &str) -> (Option<Plan>, Vec<String>) {
    let files = [("x.cfg", text.as_bytes())];
    let (plan, diags, _) = build_texts(&files, &Env::empty(), &Options::default());
    (plan, diags.list.into_iter().map(|d| d.message).collect())
}

/// The Plan of a text about which nothing is said. `@` stands for the three timeouts.
fn plan(text: &str) -> Plan {
    match read(&text.replace("@\n", TIMEOUTS)) {
        (Some(plan), said) if said.is_empty() => plan,
        (_, said) => panic!("{said:#?}"),
    }
}

#[test]
fn the_two_site_file() {
    let text = include_str!("../../tests/cfg/two-sites.cfg");
    let (plan, said) = read(text);
    let plan = plan.unwrap_or_else(|| panic!("{said:#?}"));
    assert_eq!(said.len(), 1, "httplog in a tcp frontend: {said:#?}");
    assert!(plan.global.daemon && plan.global.maxconn == Some(25_000));
    let names = |b: &[crate::plan::Backend]| b.iter().map(|b| b.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&plan.backends), ["example1_farm", "example2_farm", "default_farm", "ssl_farm"]);
    let (web, ssl) = (&plan.frontends[0], &plan.frontends[1]);
    assert_eq!((web.mode, web.uuid, web.maxconn), (Mode::Http, 1, Some(25_000)));
    assert_eq!(web.forward_for.as_ref().unwrap().header.as_bytes(), b"x-forwarded-for");
    let lines = |f: &crate::plan::Frontend| {
        let recording = f.recording.as_ref().unwrap();
        assert_eq!(plan.log_sets[recording.set.0 as usize].logs.len(), 1);
        let format = &recording.lines.as_ref().unwrap().format;
        (format.as_ref().unwrap().parts.len(), recording.lines.as_ref().unwrap().skip_null)
    };
    assert_eq!((lines(web).1, lines(ssl).1), (true, lines(ssl).1));
    assert!(lines(web).0 > lines(ssl).0, "httplog has more fields than tcplog");
    assert_eq!(web.use_backend.len(), 2);
    assert!(matches!(web.use_backend[1].target, BackendTarget::Fixed(b) if b.index() == 1));
    assert_eq!(web.default_backend.map(|b| b.index()), Some(2));
    assert_eq!(ssl.mode, Mode::Tcp);
    assert_eq!(plan.listeners[1].addr, ListenerAddr::Inet("0.0.0.0:443".parse().unwrap()));
    let farm: Vec<_> = plan.servers_of(crate::base::ids::BackendId(0)).map(|(_, s)| s).collect();
    assert_eq!(farm.iter().map(|s| s.weight).collect::<Vec<_>>(), [1, 3]);
    let check = farm[0].check.as_ref().unwrap();
    assert_eq!((check.inter, check.fall, check.rise), (Duration::from_secs(2), 3, 2));
    assert!(matches!(check.kind, CheckKind::Connect));
    assert_eq!(plan.backends[0].timeouts.connect, Some(Duration::from_secs(5)));
    assert_eq!(plan.servers.len(), 8);
}

#[test]
fn defaults_pass_on_and_may_be_taken_back() {
    let plan = plan(
        "defaults one\n mode http\n@\n option httpclose\n option dontlognull\n log 127.0.0.1 local0\n http-reuse always\n default-server check weight 9\n retries 7\n \
         default_backend b\ndefaults two from one\n no option httpclose\n no option dontlognull\n\
         frontend f from one\n bind :80\nfrontend g from two\n bind :81\n\
         backend b from two\n server s 127.0.0.1:1\n server t 127.0.0.1:2 weight 2 no-check\n\
         defaults\n mode http\n@\nbackend c\n server s 127.0.0.1:1\n",
    );
    let null = |f: &crate::plan::Frontend| f.recording.as_ref().unwrap().lines.as_ref().unwrap().skip_null;
    let modes: Vec<_> = plan.frontends.iter().map(|f| (f.connection_mode, null(f))).collect();
    assert_eq!(modes, [(ConnectionMode::Close, true), (ConnectionMode::KeepAlive, false)]);
    assert_eq!(plan.frontends[1].default_backend.map(|b| b.index()), Some(0));
    let (b, c) = (&plan.backends[0], &plan.backends[1]);
    assert_eq!((b.retries, b.reuse, c.retries, c.reuse), (7, Reuse::Always, 3, Reuse::Safe));
    let servers: Vec<_> = plan.servers.iter().map(|s| (s.weight, s.check.is_some())).collect();
    assert_eq!(servers, [(9, true), (2, false), (1, false)]);
}

#[test]
fn rules_of_named_defaults_come_first_in_each_proxy() {
    let plan = plan(
        "defaults d\n mode http\n@\n acl bad path_beg /bad\n http-request deny if bad\n\
         frontend f from d\n bind :80\n acl bad path /own\n http-request set-header a b if bad\n\
         frontend g from d\n bind :81\n",
    );
    let rules =
        |n: usize| plan.frontends[n].http_request.rules.iter().map(|r| r.text.clone()).collect::<Vec<_>>();
    assert_eq!(rules(0), ["http-request deny if bad", "http-request set-header a b if bad"]);
    assert_eq!(rules(1), ["http-request deny if bad"]);
}

#[test]
fn a_listen_is_two_halves() {
    let plan = plan(
        "defaults\n mode http\n@\nlisten l\n bind :80\n http-request set-header a b\n redirect location / if { path /x }\n \
         server s 127.0.0.1:1\nfrontend f\n bind :81\n default_backend l\n",
    );
    let (l, f) = (&plan.frontends[0], &plan.frontends[1]);
    assert_eq!((l.uuid, plan.backends[0].uuid, f.uuid), (1, 1, 2), "one number for both halves");
    assert_eq!((l.own_backend, l.default_backend), (f.default_backend, f.default_backend));
    assert_eq!(f.own_backend, None);
    for program in [&l.http_request, &plan.backends[0].http_request] {
        assert_eq!(program.rules.len(), 1);
    }
    assert_eq!((l.redirects.rules.len(), plan.backends[0].redirects.rules.len()), (1, 1));
}

#[test]
fn numbers_are_given_around_those_that_are_written() {
    let plan = plan(
        "defaults\n mode http\n@\nfrontend a\n bind :80\n bind :81 id 1\n bind :82\nfrontend b\n bind :83\n id 1\nbackend c\n \
         server s 127.0.0.1:1\n server t 127.0.0.1:1 id 1\nbackend d\n",
    );
    assert_eq!(plan.frontends.iter().map(|f| f.uuid).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(plan.backends.iter().map(|b| b.uuid).collect::<Vec<_>>(), [4, 5]);
    assert_eq!(plan.listeners.iter().map(|l| l.uuid).collect::<Vec<_>>(), [2, 1, 4, 1]);
    assert_eq!(plan.servers.iter().map(|s| s.uuid).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn a_tcp_frontend_of_http_backends_serves_http_without_its_own_http_words() {
    let text = "defaults\n@\nfrontend f\n bind :80\n option forwardfor\n http-request deny\n default_backend b\n\
                backend b\n mode http\n server s 127.0.0.1:1\n";
    let (plan, said) = read(&text.replace("@\n", TIMEOUTS));
    assert_eq!(said.len(), 2, "the two words are ignored: {said:?}");
    let plan = plan.unwrap();
    assert_eq!(plan.frontends[0].mode, Mode::Http);
    assert!(plan.frontends[0].forward_for.is_none() && plan.frontends[0].http_request.rules.is_empty());
}

#[test]
fn names_of_servers_are_looked_up() {
    let plan = plan(
        "defaults\n mode http\n@\nbackend b\n server a localhost:81\n server b ipv4@localhost\n \
         server c nowhere.invalid:80 init-addr none\n server d nowhere.invalid:80 init-addr libc,192.0.2.7\n",
    );
    let ServerAddr::Inet(a) = plan.servers[0].addr else { panic!("{:?}", plan.servers[0]) };
    assert!(a.ip().is_loopback() && a.port() == 81);
    assert_eq!(plan.servers[0].hostname.as_deref(), Some("localhost"));
    assert_eq!(plan.servers[1].addr, ServerAddr::InetRelative([127, 0, 0, 1].into(), 0));
    assert!(plan.servers[2].unresolved && !plan.servers[3].unresolved);
    assert_eq!(plan.servers[3].addr, ServerAddr::Inet("192.0.2.7:80".parse().unwrap()));
}

#[test]
fn several_files_are_one_configuration() {
    let files = [
        ("a.cfg", format!("defaults\n mode http\n{TIMEOUTS}frontend f\n bind :80\n default_backend b\n")),
        ("b.cfg", "backend b\n server s 127.0.0.1:1\n".to_owned()),
        ("c.cfg", " server t 127.0.0.1:1\n".to_owned()),
    ];
    let build = |n: usize| {
        let texts: Vec<(&str, &[u8])> = files[..n].iter().map(|(f, t)| (*f, t.as_bytes())).collect();
        build_texts(&texts, &Env::empty(), &Options::default())
    };
    assert!(build(2).0.is_some());
    let (plan, diags, map) = build(3);
    assert!(plan.is_none());
    let first = crate::syntax::render::first_line(&diags.list[0], &map, 1);
    assert!(first.ends_with("parsing [c.cfg:1]: unknown keyword 'server' out of section."), "{first}");
}

#[test]
fn setenv_and_conditions_reach_the_next_lines() {
    let text = "global\n setenv PORT 8081\n.if defined(PORT)\n setenv MAX 7\n.endif\ndefaults\n mode http\n@\nfrontend f\n \
                bind :${PORT}\n maxconn \"$MAX\"\n";
    let plan = plan(text);
    assert_eq!(plan.listeners[0].addr, ListenerAddr::Inet("0.0.0.0:8081".parse().unwrap()));
    assert_eq!(plan.frontends[0].maxconn, Some(7));
}

/// When the lines of a frontend with these words are written.
fn instant(mode: &str, words: &str) -> When {
    let plan = plan(&format!(
        "log-profile any\n on any format \"%ci\"\nlog-profile bytes\n on any format \"%B\"\n\
         log-profile closed\n on any drop\n on close format \"%ci\"\n\
         defaults\n mode {mode}\n@\nlisten l\n bind :80\n server s 127.0.0.1:1\n{words}"
    ));
    plan.frontends[0].recording.as_ref().unwrap().lines.as_ref().unwrap().when
}

#[test]
fn lines_are_written_once_all_that_they_say_is_known() {
    const LOG: &str = " log 127.0.0.1 local0\n";
    for mode in ["http", "tcp"] {
        let of = |words: &str| instant(mode, &format!("{LOG}{words}"));
        assert_eq!(of(""), When::Begin);
        for format in
            ["%ci", "%HM", "%tsc", "%ST", "%hr", "%[var(txn.h)]", "%[status]", "%[be_name]", "%[srv_name]"]
        {
            assert_eq!(of(&format!(" log-format \"{format}\"\n")), When::Answer, "{format}");
        }
        for format in ["%B", "%ci %Tt", "%ID", "%ts", "%(x:str)U"] {
            assert_eq!(of(&format!(" log-format \"{format}\"\n")), When::End, "{format}");
        }
        // Whatever stands beside it counts.
        let beside = |word: &str| of(&format!(" log-format \"%ci\"\n {word} \"%B\"\n"));
        for word in ["log-format-sd", "error-log-format", "unique-id-format"] {
            assert_eq!(beside(word), When::End, "{word}");
        }
        assert_eq!(of(" log-format \"%B\"\n option logasap\n"), When::Answer);
        assert_eq!(of(" log-format-sd \"%B\"\n"), When::Begin, "none behind `Connect from …`");
        // What a profile writes instead counts too.
        let profiled = |profile: &str, words: &str| {
            instant(mode, &format!(" log 127.0.0.1 profile {profile} local0\n{words}"))
        };
        assert_eq!((profiled("any", ""), profiled("bytes", "")), (When::Answer, When::End));
        assert_eq!(profiled("any", " log-format \"%B\"\n"), When::Answer);
        assert_eq!(profiled("bytes", " log-format \"%ci\"\n"), When::End);
        assert_eq!(profiled("closed", " log-format \"%ci\"\n"), When::End);
        assert_eq!(profiled("any", &format!("{LOG} log-format \"%B\"\n")), When::End);
    }
}

#[test]
fn records_are_made_where_rules_of_the_whole_plan_read_them() {
    let recorded = |text: &str| -> Vec<bool> {
        plan(&format!(
            "defaults\n mode http\n@\nfrontend f\n bind :80\n default_backend b\n\
             frontend g\n bind :81\n use_backend c if TRUE\n default_backend d\n\
             frontend h\n bind :82\n use_backend %[path]\n{text}"
        ))
        .frontends
        .iter()
        .map(|f| f.recording.is_some())
        .collect()
    };
    let with = |lines: &str| {
        recorded(&format!(
            "backend b\n server s 127.0.0.1:1\nbackend c\n server s 127.0.0.1:1\n{lines}backend d\n server s 127.0.0.1:1\n"
        ))
    };
    assert_eq!(with(""), [false; 3]);
    // Those that may lead there; a name of the request may lead anywhere.
    for line in [
        "http-request set-header x %[capture.req.uri]",
        "http-response set-header x %HM",
        "http-request deny if { capture.req.method PUT }",
        "http-request set-var(txn.u) capture.req.uri",
        "stick on capture.req.uri table c",
        "http-request set-priority-class capture.req.uri,length",
    ] {
        let table = if line.starts_with("stick") { " stick-table type string size 1k\n" } else { "" };
        assert_eq!(with(&format!("{table} {line}\n")), [false, true, true], "{line}");
    }
    // These are known without.
    let line = " http-request set-header x %ci%cp%b%s%[capture.req.ver]%[method]%[be_name]%[unique-id]\n";
    assert_eq!(with(line), [false; 3]);
}

#[test]
fn a_profile_names_nothing() {
    let said = |format: &str| {
        let text = format!(
            "log-profile p\n on any format \"{format}\"\ndefaults\n mode http\n{TIMEOUTS}listen l\n bind :80\n log 127.0.0.1 profile p local0\n"
        );
        read(&text).1
    };
    assert_eq!(said("%[nbsrv] %[fe_name]"), [""; 0]);
    let wanted = "Parsing [x.cfg:2]: failed to parse log-profile 'p' : unable to find backend 'l' referenced in arg 1.";
    assert_eq!(said("%[nbsrv(l)]")[0], wanted);
}
