//! A message stays one message: every action that takes an expression is given every byte, and what comes out is read by a
//! decoder that is not ours (httparse). It must be exactly one message, with exactly the fields that a harmless value gives.
use super::{CONNECTION, RESPONSE, rows};
use crate::proto::h1;
use crate::proto::http::RequestHead;
use crate::rules::{Cx, NoTrace, Program, Rule, Sample, Variable, Verdict};
use crate::vocab::expr::testing::{with_answer, with_cx, words};
use crate::vocab::expr::{AclScope, parse_http_request, parse_http_response};
use std::collections::BTreeSet;

const REQUEST: &str = "GET /a/b?q=1 HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nX-B: one, two\r\n\r\n";
const ABSOLUTE: &str = "GET http://h/a/b?q=1 HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nX-B: one, two\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\nX-B: one, two\r\n\r\n";

/// Rules by the name of their action; `V` stands for the value.
const REQUEST_RULES: &[(&str, &str)] = &[
    ("add-header", "add-header X-C V"),
    ("add-header", "add-header Host V"),
    ("add-header", "add-header Connection V"),
    ("set-header", "set-header X-A V"),
    ("set-header", "set-header Host V"),
    ("set-header", "set-header Host hV"),
    ("set-header", "set-header Content-Length V"),
    ("set-header", "set-header Transfer-Encoding V"),
    ("set-header", "set-header Connection V"),
    ("set-header", "set-header Upgrade V"),
    ("set-header", "set-header TE V"),
    ("set-header", "set-header X-A %{+Q}[var(txn.x)]"),
    ("set-header", "set-header X-A %{+E}[var(txn.x)]"),
    ("set-header", "set-header X-A %[var(txn.x),concat(-,txn.x)]"),
    ("set-header", "set-header X-A %[str(DQoKDQ==),b64dec]"),
    ("set-header", "set-header X-A %[str(%0d%0ax:y),url_dec]"),
    ("replace-header", "replace-header X-A .* V"),
    ("replace-header", "replace-header Host .* V"),
    ("replace-header", "replace-header Connection .* V"),
    ("replace-value", "replace-value X-B one V"),
    ("replace-path", "replace-path .* V"),
    ("replace-path", "replace-path ^/a V"),
    ("replace-pathq", "replace-pathq .* V"),
    ("replace-uri", "replace-uri .* V"),
    ("replace-uri", "replace-uri ^ V"),
    ("set-method", "set-method V"),
    ("set-path", "set-path V"),
    ("set-path", "set-path /V"),
    ("set-pathq", "set-pathq /V"),
    ("set-query", "set-query V"),
    ("set-uri", "set-uri V"),
    ("set-uri", "set-uri /V"),
    ("set-uri", "set-uri http://h/V"),
    ("set-uri", "set-uri http://V/x"),
    ("redirect", "redirect location V"),
    ("redirect", "redirect location /V code 307"),
    ("redirect", "redirect prefix V"),
    ("redirect", "redirect scheme V"),
    ("return", "return status 200 content-type text/plain lf-string V"),
    ("return", "return status 404 hdr X-C V"),
    ("return", "return status 200 content-type text/plain lf-string V hdr X-C V hdr Content-Length V"),
    ("return", "return status 200 hdr Connection V hdr Transfer-Encoding V"),
    ("deny", "deny deny_status 403 hdr X-C V"),
    ("deny", "deny deny_status 403 content-type text/plain lf-string V"),
    ("tarpit", "tarpit deny_status 500 hdr X-C V"),
    ("set-var-fmt", "set-var-fmt(txn.y) V|set-header X-A %[var(txn.y)]"),
    ("set-var", "set-var(txn.y) var(txn.x)|set-header X-A %[var(txn.y)]"),
    ("capture", "capture var(txn.x) len 99|set-header X-A %hr|set-header X-C %hrl"),
];

const ANSWER_RULES: &[(&str, &str)] = &[
    ("add-header", "add-header X-C V"),
    ("add-header", "add-header Content-Length V"),
    ("set-header", "set-header X-A V"),
    ("set-header", "set-header Set-Cookie a=V"),
    ("set-header", "set-header Transfer-Encoding V"),
    ("set-header", "set-header Connection V"),
    ("set-header", "set-header Upgrade V"),
    ("replace-header", "replace-header X-A .* V"),
    ("replace-value", "replace-value X-B one V"),
    ("redirect", "redirect location V"),
    ("return", "return status 200 content-type text/plain lf-string V hdr X-C V"),
    ("deny", "deny deny_status 502 hdr X-C V"),
];

/// Actions that put nothing into a message themselves.
const SILENT: &[&str] = &[
    "accept",
    "add-acl",
    "allow",
    "del-acl",
    "del-header",
    "del-map",
    "disable-l7-retry",
    "do-log",
    "do-resolve",
    "expect-netscaler-cip",
    "expect-proxy",
    "reject",
    "set-dst",
    "set-dst-port",
    "set-log-level",
    "set-map",
    "set-priority-class",
    "set-priority-offset",
    "set-status",
    "silent-drop",
    "strict-mode",
    "unset-var",
    "use-service",
];

fn program(rules: &str, answer: bool) -> Program {
    let mut scope = AclScope::default();
    let parse = if answer { parse_http_response } else { parse_http_request };
    let rules = rules.split('|').map(|line| line.replace('V', "%[var(txn.x)]"));
    let rules: Vec<Rule> = rules
        .map(|line| parse(&mut scope, &words(&line)).unwrap_or_else(|e| panic!("{line}: {}", e.message)))
        .collect();
    Program { rules }
}

/// Gives the rules their value.
fn put(cx: &mut Cx<'_>, value: &[u8]) {
    cx.conn.vars.begin_request();
    Variable::parse("txn.x").expect("a name").set(cx, &Sample::Bin(value.into()), &[]);
}

/// What a second decoder finds: the first line without what a rule may have changed, the fields' names, the body.
type Found = (Vec<String>, Vec<u8>);

fn request_of(bytes: &[u8]) -> Found {
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut fields);
    let status = request.parse(bytes).unwrap_or_else(|e| panic!("{e}: {}", bytes.escape_ascii()));
    assert_eq!(status, httparse::Status::Complete(bytes.len()), "one head: {}", bytes.escape_ascii());
    let target = request.path.expect("a target");
    assert!(target.bytes().all(|b| (0x21..0x7f).contains(&b) && b != b'#'), "{target:?}");
    assert!(target.starts_with('/') || target.contains("://") || target == "*", "{target:?}");
    let hosts: Vec<&[u8]> = request.headers.iter().filter(|f| f.name == "host").map(|f| f.value).collect();
    assert_eq!(hosts.len(), 1, "{}", bytes.escape_ascii());
    if let Some((_, rest)) = target.split_once("://").filter(|_| !target.starts_with('/')) {
        let authority = rest.split('/').next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        assert!(host.as_bytes().eq_ignore_ascii_case(hosts[0]), "whose host it is: {}", bytes.escape_ascii());
    }
    (names(request.headers), Vec::new())
}

fn answer_of(bytes: &[u8]) -> Found {
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut answer = httparse::Response::new(&mut fields);
    let status = answer.parse(bytes).unwrap_or_else(|e| panic!("{e}: {}", bytes.escape_ascii()));
    let httparse::Status::Complete(head) = status else { panic!("half a head: {}", bytes.escape_ascii()) };
    (names(answer.headers), bytes[head..].to_vec())
}

fn names(fields: &[httparse::Header<'_>]) -> Vec<String> {
    for field in fields {
        assert!(
            field.value.iter().all(|b| *b == b'\t' || (*b >= 0x20 && *b != 0x7f)),
            "{}: {}",
            field.name,
            field.value.escape_ascii()
        );
    }
    fields.iter().map(|f| f.name.to_owned()).collect()
}

/// The length that an answer says, and its body.
fn whole(bytes: &[u8]) -> Found {
    let found = answer_of(bytes);
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut answer = httparse::Response::new(&mut fields);
    let _ = answer.parse(bytes);
    let lengths: Vec<&[u8]> =
        answer.headers.iter().filter(|f| f.name == "content-length").map(|f| f.value).collect();
    assert_eq!(lengths, [found.1.len().to_string().as_bytes()], "{}", bytes.escape_ascii());
    assert!(!found.0.iter().any(|name| name == "transfer-encoding"));
    found
}

/// Runs rules of a request; `None` where one fails.
fn of_request(request: &str, program: &Program, value: &[u8]) -> Option<Found> {
    with_cx(request, |cx| {
        put(cx, value);
        match program.run(cx, &mut NoTrace) {
            Verdict::Continue => {
                let req: &mut RequestHead = cx.req.as_deref_mut().expect("a request");
                if req.head.is_unframed() {
                    h1::frame_request(req);
                }
                let mut out = Vec::new();
                h1::write_request(req, &mut out);
                Some(request_of(&out))
            }
            Verdict::Answer { bytes, .. } => Some(whole(&bytes)),
            Verdict::Fail => None,
            other => panic!("{other:?}"),
        }
    })
}

fn of_answer(program: &Program, value: &[u8]) -> Option<Found> {
    with_answer(REQUEST, ANSWER, |cx| {
        put(cx, value);
        let verdict = program.run(cx, &mut NoTrace);
        let (req, res) = (cx.req.as_deref().expect("a request"), cx.res.as_deref_mut().expect("an answer"));
        match verdict {
            Verdict::Continue => {
                if !h1::is_framed(res, req) {
                    h1::frame_response(res, req).expect("framed");
                }
                let mut out = Vec::new();
                h1::write_response(res, &mut out);
                let found = answer_of(&out);
                assert_eq!(found.0.iter().filter(|n| *n == "content-length").count(), 1);
                assert!(!found.0.iter().any(|name| name == "transfer-encoding"));
                Some(found)
            }
            Verdict::Answer { bytes, .. } => Some(whole(&bytes)),
            other => panic!("{other:?}"),
        }
    })
}

/// Each byte alone and inside of text, all at once, and what would begin another field or message.
fn values() -> Vec<Vec<u8>> {
    let mut values: Vec<Vec<u8>> = (0..=255).flat_map(|b| [vec![b], vec![b'a', b, b'b']]).collect();
    values.push((0..=255).collect());
    for text in [
        "",
        "a\r\nx-evil: 1",
        "a\nx-evil: 1",
        "a\rx-evil: 1",
        "a\r\n\r\nGET /evil HTTP/1.1\r\nhost: h\r\n\r\n",
        "/ HTTP/1.1\r\nx-evil: 1\r\nx: ",
        " HTTP/1.1\r\nx-evil: 1\r\n\r\n",
        "\r\n\r\n<script>",
        "close",
        "close, x-a",
        "chunked",
        "5",
        "http://a@b@c/",
        "*",
        "//",
    ] {
        values.push(text.as_bytes().to_vec());
    }
    values
}

#[test]
fn requests_stay_one_message_whatever_rules_put_into_them() {
    for (_, rules) in REQUEST_RULES {
        let program = program(rules, false);
        for request in [REQUEST, ABSOLUTE] {
            let mut seen = 0;
            let expected = of_request(request, &program, b"ab");
            for value in values() {
                let Some(found) = of_request(request, &program, &value) else { continue };
                seen += 1;
                compare(rules, &value, expected.as_ref(), &found);
            }
            assert!(seen > 0, "{rules} never holds");
        }
    }
}

#[test]
fn answers_stay_one_message_whatever_rules_put_into_them() {
    for (_, rules) in ANSWER_RULES {
        let program = program(rules, true);
        let expected = of_answer(&program, b"ab");
        for value in values() {
            let found = of_answer(&program, &value).expect("no answer fails");
            compare(rules, &value, expected.as_ref(), &found);
        }
    }
}

/// The fields are those of a harmless value. Those of the connection come and go with what the value says of it.
fn compare(rules: &str, value: &[u8], expected: Option<&Found>, found: &Found) {
    let Some(expected) = expected else { return };
    let own = |names: &[String]| {
        let hop = ["connection", "upgrade", "te"];
        let mut names: Vec<String> = names.iter().filter(|n| !hop.contains(&n.as_str())).cloned().collect();
        names.sort();
        names
    };
    // A field of an answer without a value is none.
    let fewer = value.is_empty() && found.0.len() < expected.0.len();
    assert!(fewer || own(&found.0) == own(&expected.0), "{rules} with {}", value.escape_ascii());
    if rules.contains("lf-string") {
        assert_eq!(found.1, value, "bodies hold every byte");
    }
}

/// An action that is added has to say what it puts where.
#[test]
fn every_action_is_looked_at() {
    let tried: BTreeSet<&str> = REQUEST_RULES
        .iter()
        .chain(ANSWER_RULES)
        .map(|(name, _)| *name)
        .chain(SILENT.iter().copied())
        .collect();
    let all: BTreeSet<&str> = rows().map(|row| row.name).collect();
    assert_eq!(tried, all);
    let answers: BTreeSet<&str> = ANSWER_RULES.iter().map(|(name, _)| *name).collect();
    for row in rows().filter(|row| row.rulesets & RESPONSE != 0 && row.rulesets & CONNECTION == 0) {
        let looked_at = answers.contains(row.name) || SILENT.contains(&row.name) || row.name == "capture";
        assert!(looked_at, "http-response {}", row.name);
    }
}
