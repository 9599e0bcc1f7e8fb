//! What the sample fetches of TLS say of plain connections. The values are HAProxy 3.2.26's.

use std::fmt::Write;
use std::time::Duration;

use ringmain::vocab::fetch;

use crate::common::ground::Ground;
use crate::{BOTH, DEFAULTS, get, status};

/// Those that say that there is no TLS; all others have no value.
const NO: [&str; 5] = ["ssl_bc", "ssl_bc_is_resumed", "ssl_fc", "ssl_fc_has_sni", "ssl_fc_is_resumed"];

#[test]
fn fetches_of_tls_know_that_there_is_none() {
    let names: Vec<&str> = fetch::names().filter(|name| name.starts_with("ssl_")).collect();
    assert!(names.len() > 100, "all of 3.2");
    let mut rules = String::new();
    for name in &names {
        writeln!(rules, "    http-response set-header v-{name} \"[%[{name}]]\"").unwrap();
        writeln!(rules, "    http-response set-header f-{name} yes if {{ {name} -m found }}").unwrap();
    }
    let config = format!(
        "global\n    tune.http.maxhdr 500\n{DEFAULTS}listen f\n    bind \"127.0.10.1:${{F1}}\"\n{rules}    server a \"${{A}}\"\n"
    );
    for program in BOTH {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 1, &config);
        let outcome = get(ground.front(1), "/");
        let head = &outcome.answers[0].head;
        for name in &names {
            let no = NO.contains(name);
            let value = if no { "[0]" } else { "[]" };
            assert_eq!(head.field(&format!("v-{name}")), Some(value), "{name}, {}", program.name());
            assert_eq!(head.field(&format!("f-{name}")), no.then_some("yes"), "{name}, {}", program.name());
        }
    }
}

#[test]
fn files_made_for_tls_too_serve_plain_connections() {
    let config = format!(
        "{DEFAULTS}
frontend f
    bind \"127.0.10.1:${{F1}}\"
    redirect scheme https code 301 if !{{ ssl_fc }} {{ path /moved }}
    http-request deny if {{ path /cert }} !{{ ssl_c_used }}
    http-request deny if {{ path /sni }} {{ ssl_fc_sni_end -i test }}
    http-request set-header X-Forwarded-Proto https if {{ ssl_fc }}
    http-request set-header X-Forwarded-Proto http if !{{ ssl_fc }}
    http-request set-header X-Proto %[ssl_fc,iif(https,http)]
    http-request set-header X-Client \"cn=%[ssl_c_s_dn(cn)]\"
    default_backend b
backend b
    server a \"${{A}}\"
"
    );
    for program in BOTH {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 1, &config);
        let answer = |path| status(&get(ground.front(1), path));
        assert_eq!(
            [answer("/moved"), answer("/cert"), answer("/sni")],
            [301, 403, 200],
            "{}",
            program.name()
        );
        let seen = ground.log.take(Duration::from_millis(500));
        let field = |name| seen[0].head.field(name).map(str::to_owned);
        assert_eq!(field("x-forwarded-proto").as_deref(), Some("http"), "{}", program.name());
        assert_eq!(field("x-proto").as_deref(), Some("http"), "{}", program.name());
        assert_eq!(field("x-client").as_deref(), Some("cn="), "{}", program.name());
    }
}
