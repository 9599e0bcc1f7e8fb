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

/// `hash-key guid`: places come from the name that stays, whatever the servers' order and addresses; without one from the id.
#[test]
fn places_follow_the_guid() {
    let backend = |name: &str, servers: &[(&str, usize)]| {
        let line = |(n, (guid, at)): (usize, &(&str, usize))| {
            let guid = if guid.is_empty() { String::new() } else { format!("guid {guid}") };
            format!("    server s{n} \"${{S{at}}}\" hash-key guid {guid}\n")
        };
        let servers: String = servers.iter().enumerate().map(line).collect();
        format!("backend {name}\n    balance hash req.hdr(key)\n    hash-type consistent\n{servers}")
    };
    let keys = keyed(200, |n| format!("key-{n}"));
    // A guid belongs to one server of a file: each order is a file of its own.
    let alone = |servers: &[(&str, usize)]| ours(&backend("a", servers), &[ask("a", keys.clone())]).remove(0);
    let first = alone(&[("w", 0), ("x", 1), ("y", 2), ("z", 3)]);
    assert_eq!(first, alone(&[("z", 3), ("x", 1), ("w", 0), ("y", 2)]), "another order, the same servers");
    let moved = alone(&[("w", 4), ("x", 1), ("y", 2), ("z", 3)]);
    assert_eq!(first.replace('0', "4"), moved, "another address, the same keys");
    assert!(('0'..='3').all(|server| first.contains(server)), "all servers take part: {first}");
    let without = [("", 0), ("", 1), ("", 2), ("", 3)];
    let by_id = backend("b", &without).replace("hash-key guid", "hash-key id");
    assert_eq!(alone(&without), ours(&by_id, &[ask("b", keys.clone())])[0], "without a guid by the id");
    assert_ne!(alone(&without), first);
}

/// `hash-preserve-affinity maxqueue`: requests wait for their server until as many wait as its `maxqueue` says; then the next
/// takes them. Without a `maxqueue` they always wait, and where every queue is full they are refused.
#[test]
fn a_server_with_a_full_queue_gives_its_keys_away() {
    let backend = |name: &str, more: &str| {
        format!(
            "backend {name}\n    balance hash req.hdr(key)\n    hash-type consistent\n    hash-preserve-affinity maxqueue\n    \
             server s0 \"${{S0}}\" maxconn 1 {more}\n    server s1 \"${{S1}}\" maxconn 1 {more}\n"
        )
    };
    let backends = backend("two", "maxqueue 2") + &backend("endless", "");
    let key = |more: &str| get("/", &format!("Key: one\r\n{more}"));
    let (runs, waits) = (key(""), key("Queued: yes\r\n"));
    let held = |name: &str, request: &str| hold(name, request.to_owned());
    let mut script: Vec<Step> =
        [&runs, &waits, &waits, &runs, &waits, &waits].map(|request| held("two", request)).into();
    script.push(ask("two", vec![key("")]));
    script.push(Step::Columns("two".to_owned(), &["svname", "scur", "qcur"]));
    script.extend((0..6).map(Step::Release));
    script.extend([&runs, &waits, &waits, &waits].map(|request| held("endless", request)));
    script.extend((6..10).map(Step::Release));
    let said = ours(&backends, &script);
    let (one, other) = (&said[0], &said[3]);
    assert_ne!(one, other, "the next on the ring takes it: {said:?}");
    assert!([1, 2, 4, 5].iter().all(|n| said[*n] == "queued"), "{said:?}");
    assert_eq!(said[6], "503", "both queues are full");
    let full = |server: usize| format!("svname=s{server} qcur=2 scur=1");
    assert!(said[7].contains(&full(0)) && said[7].contains(&full(1)), "{}", said[7]);
    let went = [one, one, one, other, other, other];
    assert_eq!(said[8..14].iter().collect::<Vec<_>>(), went, "each was served where it waited");
    assert!(said[15..18].iter().all(|s| s == "queued"), "no `maxqueue`, no end: {said:?}");
    assert!(said[18..].iter().all(|s| *s == said[14]), "{said:?}");
}
