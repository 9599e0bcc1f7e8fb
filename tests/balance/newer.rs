//! Forms that come slowly, RDP cookies, and the words of `hash-*` that only later versions than Debian's haproxy have: these
//! are held to the manual.

use crate::common::proxy::Program;
use crate::stage::{Stage, Step, ask, get, hold, tell};
use crate::{BOTH, compare};

fn post(method: &str, target: &str, body: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// `check_post`: the body is awaited where the target has no parameter, whole or in chunks.
#[test]
fn a_form_that_comes_slowly_is_awaited() {
    let mut requests = Vec::new();
    for n in 0..12 {
        requests.push(post("POST", "/p", &format!("x={n}&id=user{n}&y=1")));
        requests.push(post("POST", &format!("/p?id=user{n}"), "id=other"));
        let text = format!("id=user{n}&more=text");
        let (one, two) = text.split_at(5 + n % 6);
        let chunks = format!("{:x}\r\n{one}\r\n{:x}\r\n{two}\r\n0\r\n\r\n", one.len(), two.len());
        requests.push(format!("POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"));
    }
    requests.push(post("PUT", "/p", "id=user1"));
    requests.push(post("POST", "/p", "none=here"));
    requests.push(post("POST", "/p", &format!("{}&id=far", "x=1234567890&".repeat(400))));
    let (mut backends, mut script) = (String::new(), Vec::new());
    for method in ["map-based", "consistent"] {
        backends.push_str(&format!(
            "backend {method}\n    balance url_param id check_post\n    hash-type {method}\n    server s0 \"${{S0}}\"\n    \
             server s1 \"${{S1}}\" weight 3\n    server s2 \"${{S2}}\" weight 2\n"
        ));
        script.push(Step::Drip { backend: method.to_owned(), requests: requests.clone() });
    }
    let said = compare(&backends, &script);
    assert!(('0'..='2').all(|server| said[0].contains(server)), "all servers take part: {said:?}");
}

/// In HTTP mode there is no RDP cookie to be found, as in haproxy: each server in turn.
#[test]
fn rdp_cookies_in_http_mode() {
    let cookie = |n: usize| get("/", &format!("Cookie: mstshash=user{n}\r\n"));
    let requests: Vec<String> = (0..40).map(|n| cookie(n / 3)).collect();
    let backends = "backend b\n    balance rdp-cookie\n    server s0 \"${S0}\"\n    server s1 \"${S1}\"\n\
                    backend c\n    balance rdp-cookie(mstshash)\n    server s0 \"${S0}\"\n    server s1 \"${S1}\"\n";
    compare(backends, &[ask("b", requests.clone()), ask("c", requests)]);
}

fn keyed(count: usize, key: impl Fn(usize) -> String) -> Vec<String> {
    (0..count).map(|n| get("/", &format!("Key: {}\r\n", key(n)))).collect()
}

/// Plays before Ringmain in both I/O modes, which must agree.
fn ours(backends: &str, script: &[Step]) -> Vec<String> {
    let stage = Stage::new();
    let [one, other] = BOTH.map(|program: Program| stage.play(program, 1, backends, script));
    assert_eq!(one, other, "both I/O modes");
    one
}

/// `hash-type … none`: the key is a number already, so that it alone says which server.
#[test]
fn a_number_is_its_own_hash() {
    let backends = "backend b\n    balance hash req.hdr(key)\n    hash-type map-based none\n    server s0 \"${S0}\"\n    \
                    server s1 \"${S1}\"\n    server s2 \"${S2}\"\n";
    let said = ours(backends, &[ask("b", keyed(30, |n| n.to_string()))]);
    let servers: Vec<char> = said[0].chars().collect();
    assert_eq!(servers.len(), 30, "{said:?}");
    assert!(servers.windows(4).all(|w| w[0] == w[3]), "numbers go round: {said:?}");
    assert_ne!(servers[0], servers[1]);
}

/// `hash-key`: with `addr-port` places come from the address, so that servers keep their keys whatever their names and order.
#[test]
fn places_follow_the_address() {
    let lines = ["server a \"${S0}\"", "server b \"${S1}\"", "server c \"${S2}\"", "server d \"${S3}\""];
    let backend = |name: &str, key: &str, order: [usize; 4]| {
        let servers: String = order.iter().map(|n| format!("    {} hash-key {key}\n", lines[*n])).collect();
        format!("backend {name}\n    balance hash req.hdr(key)\n    hash-type consistent\n{servers}")
    };
    let backends = backend("a", "addr-port", [0, 1, 2, 3])
        + &backend("b", "addr-port", [3, 1, 0, 2])
        + &backend("c", "id", [0, 1, 2, 3])
        + &backend("d", "id", [3, 1, 0, 2]);
    let keys = keyed(200, |n| format!("key-{n}"));
    let said = ours(&backends, &["a", "b", "c", "d"].map(|name| ask(name, keys.clone())));
    assert_eq!(said[0], said[1], "another order, the same servers");
    assert_ne!(said[2], said[3], "with ids the order counts");
    assert!(('0'..='3').all(|server| said[0].contains(server)), "all servers take part: {said:?}");
    let plain = backend("e", "id", [0, 1, 2, 3]).replace(" hash-key id", "");
    let default = ours(&plain, &[ask("e", keys)]);
    assert_eq!(default[0], said[2], "id is the default");
}

/// `hash-preserve-affinity`: a full server keeps its keys (they wait) with `always`, and gives them away with `maxconn`.
#[test]
fn a_full_server_keeps_its_keys_or_not() {
    let backend = |name: &str, what: &str| {
        format!(
            "backend {name}\n    balance hash req.hdr(key)\n    hash-type consistent\n    hash-preserve-affinity {what}\n    \
             server s0 \"${{S0}}\" maxconn 1\n    server s1 \"${{S1}}\" maxconn 1\n"
        )
    };
    let backends = backend("always", "always") + &backend("maxconn", "maxconn");
    let key = |more: &str| get("/", &format!("Key: one\r\n{more}"));
    let script = [
        hold("always", key("")),
        hold("always", key("Queued: yes\r\n")),
        Step::Release(0),
        Step::Release(1),
        hold("maxconn", key("")),
        hold("maxconn", key("")),
        Step::Release(2),
        Step::Release(3),
        tell("show servers conn always"),
    ];
    let said = ours(&backends, &script[..8]);
    assert_eq!(said[1], "queued", "its own server is full: {said:?}");
    assert_eq!(said[2], said[3], "both went to the same one: {said:?}");
    assert_ne!(said[4], said[5], "another one takes it: {said:?}");
}
