//! Sound requests put together at random from words the files of the table know: what no row thought of.

use crate::table::{Row, row};

/// Splitmix64: a seed is all there is to replay a run.
pub struct Rng(pub u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).expect("small")
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// One request for one of `fronts` listeners.
pub fn request(rng: &mut Rng, fronts: usize) -> Row {
    let method = rng.pick(&["GET", "GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "FROB"]);
    let path = path(rng);
    let host = rng.pick(&["example.test", "a.test", "WWW.a.test:81", "x.b.test", "example.com", "other"]);
    let target = if rng.below(8) == 0 { format!("http://{host}{path}") } else { path };
    let version = if rng.below(8) == 0 { "1.0" } else { "1.1" };
    let mut text = format!("{method} {target} HTTP/{version}|Host: {host}");
    for _ in 0..rng.below(6) {
        text.push('|');
        text.push_str(&field(rng));
    }
    // The origin answers by its default: an instruction in the path would be chance.
    text.push_str("|X-Do: default");
    match rng.below(6) {
        0 => text.push_str("|Content-Length: 5||hello"),
        1 if version == "1.1" => text.push_str("|Transfer-Encoding: chunked||3|abc|0||"),
        _ => text.push_str("||"),
    }
    let from = [127, 0, 10, [50, 64, 70, 127, 200][rng.below(5)]];
    let front = 1 + rng.below(fronts);
    let row = row("random", &text).from(from).linger(0);
    Row { front, ..row }
}

/// Several requests on one connection, in pieces of any size, with bodies both ways.
pub fn conversation(rng: &mut Rng, fronts: usize) -> Row {
    let count = 1 + rng.below(4);
    let turns: Vec<String> = (0..count).map(|_| turn(rng)).collect();
    let text = turns.concat().into_bytes();
    let front = 1 + rng.below(fronts);
    let mut row = Row { front, ..row("random", "").linger(0).answers(count) };
    let mut rest = text.as_slice();
    while !rest.is_empty() {
        let most = [3, 40, 400, 100_000][rng.below(4)];
        let (piece, tail) = rest.split_at(rest.len().min(1 + rng.below(most)));
        // A few pauses let the pieces arrive apart; more would only take time.
        row = if rng.below(4) == 0 { row.pause(1) } else { row };
        row = row.bytes(piece);
        rest = tail;
    }
    let method = |turn: &String| turn.split(' ').next().unwrap_or_default().to_owned();
    row.exchange.methods = turns.iter().map(method).collect();
    row
}

fn turn(rng: &mut Rng) -> String {
    let method = rng.pick(&["GET", "GET", "POST", "POST", "PUT", "HEAD", "DELETE"]);
    let len = [0, 1, 5, 100, 5_000, 17_000, 40_000][rng.below(7)];
    let path = match rng.below(16) {
        0..=3 => format!("/len/{len}"),
        4..=6 => format!("/chunked/{len},{},{len}", 1 + rng.below(300)),
        7..=9 => "/echo".to_owned(),
        10 => "/204".to_owned(),
        11 => "/304".to_owned(),
        12 => "/1xx".to_owned(),
        13 => "/trailers".to_owned(),
        14 => format!("/http10/{len}"),
        // An answer to HEAD that ends with the connection is told from one that does not by nobody: what comes next races.
        _ if method == "HEAD" => "/status/404".to_owned(),
        _ => [format!("/toclose/{len}"), format!("/connclose/{len}"), "/status/404".to_owned()][rng.below(3)]
            .clone(),
    };
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: example.test\r\n");
    if rng.below(12) == 0 {
        text.push_str("Connection: close\r\n");
    }
    let body = "0123456789abcdef".repeat([0, 1, 20, 400, 2_500][rng.below(5)]);
    match rng.below(3) {
        _ if method == "GET" || method == "HEAD" => text.push_str("\r\n"),
        0 => text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len())),
        1 => {
            text.push_str("Transfer-Encoding: chunked\r\n\r\n");
            for chunk in body.as_bytes().chunks(1 + rng.below(9_000)) {
                text.push_str(&format!("{:x}\r\n{}\r\n", chunk.len(), crate::common::text(chunk)));
            }
            text.push_str(rng.pick(&["0\r\n\r\n", "0\r\nX-Trailer: 1\r\n\r\n"]));
        }
        _ => text.push_str("Content-Length: 0\r\n\r\n"),
    }
    text
}

fn path(rng: &mut Rng) -> String {
    let words = [
        "exact",
        "pre",
        "prefix",
        "dir",
        "a",
        "b",
        "mid",
        "r12",
        "m8",
        "from-file",
        "Img",
        "static",
        "logo.png",
        "x.PHP",
        "index.php",
        "example1",
        "example2",
        "tls",
        "loc",
        "slash",
        "blocked",
        "403",
        "alive",
        "twice",
        "%2e",
        "",
        "..",
        "-i",
        "c1",
    ];
    let mut path = String::new();
    for _ in 0..=rng.below(3) {
        path.push('/');
        path.push_str(rng.pick(&words));
    }
    if rng.below(4) == 0 {
        path = path.to_ascii_uppercase();
    }
    if rng.below(3) == 0 {
        path.push('?');
        for _ in 0..rng.below(4) {
            path.push_str(rng.pick(&[
                "p=v",
                "p=",
                "n=17",
                "q",
                "x=1",
                "site=example1",
                "p=%76",
                "=",
                "?",
                "pp=v",
            ]));
            path.push_str(rng.pick(&["&", "&", ";", "&&"]));
        }
    }
    path
}

fn field(rng: &mut Rng) -> String {
    let name = rng.pick(&[
        "X-V",
        "x-v",
        "X-N",
        "X-N",
        "X-L",
        "X-L",
        "X-A",
        "X-B",
        "X-C",
        "Cookie",
        "X-Forwarded-For",
        "X-I",
        "X-Multi",
        "X-Set",
        "X-Del",
        "X-Go",
        "X-No",
        "X-Fail",
        "Accept",
        "Connection",
        "TE",
    ]);
    let value = match name {
        "Connection" => rng.pick(&["keep-alive", "close", "x-a", "Keep-Alive, X-B"]).to_owned(),
        "TE" => rng.pick(&["trailers", "gzip"]).to_owned(),
        "Cookie" => list(
            rng,
            &["sid=abc", "sid=", "sid", "num=12", "sid=\"a b\"", "a=b", "SID=abc", "sid=abd"],
            &["; ", ";", ", "],
        ),
        "X-N" => list(rng, &["5", "15", "0", "-4", "1000", "5a", "abc", "007", ""], &[",", ", "]),
        "X-I" | "X-Forwarded-For" => {
            list(rng, &["10.1.2.3", "10.2.0.1", "::1", "2001:db8::7", "unknown", "10.1.2.3:80"], &[",", ", "])
        }
        _ => list(
            rng,
            &["1", "yes", "two", "one", "six", "example.com", "www.example.com", "a/b", "", "\"q,r\"", "tw"],
            &[",", ", ", " ,", ";"],
        ),
    };
    format!("{name}: {value}")
}

fn list(rng: &mut Rng, items: &[&str], between: &[&str]) -> String {
    let mut all = rng.pick(items).to_owned();
    for _ in 0..rng.below(3) {
        all.push_str(rng.pick(between));
        all.push_str(rng.pick(items));
    }
    all
}
