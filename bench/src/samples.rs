//! The bytes and the configuration that the routines work on.
use std::fmt::Write;
use std::path::Path;

/// What curl sends.
pub const SHORT: &[u8] =
    b"GET /index.html HTTP/1.1\r\nHost: example.test\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n";

/// What a browser sends for a page.
pub const BROWSER: &[u8] = b"GET /img/products/4711/front.webp?w=640&q=80 HTTP/1.1\r\n\
Host: www.example.test\r\n\
Connection: keep-alive\r\n\
sec-ch-ua: \"Chromium\";v=\"128\", \"Not;A=Brand\";v=\"24\", \"Google Chrome\";v=\"128\"\r\n\
sec-ch-ua-mobile: ?0\r\n\
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36\r\n\
sec-ch-ua-platform: \"Linux\"\r\n\
Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8\r\n\
Sec-Fetch-Site: same-origin\r\n\
Sec-Fetch-Mode: no-cors\r\n\
Sec-Fetch-Dest: image\r\n\
Referer: https://www.example.test/products/4711\r\n\
Accept-Encoding: gzip, deflate, br, zstd\r\n\
Accept-Language: de-DE,de;q=0.9,en;q=0.8\r\n\
Cookie: session=9f8c1e2b7a\r\n\r\n";

/// What an origin answers.
pub const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\n\
Server: nginx/1.22.1\r\n\
Date: Mon, 23 Nov 2026 12:00:00 GMT\r\n\
Content-Type: text/html; charset=utf-8\r\n\
Content-Length: 34\r\n\
Last-Modified: Sun, 22 Nov 2026 12:00:00 GMT\r\n\
Connection: keep-alive\r\n\
ETag: \"6740a1c0-22\"\r\n\
Cache-Control: public, max-age=300\r\n\
Accept-Ranges: bytes\r\n\r\n";

/// A head of 8 KB: the browser's fields and cookies.
#[must_use]
pub fn large() -> Vec<u8> {
    let mut head = BROWSER[..BROWSER.len() - 2].to_vec();
    let mut number = 0;
    while head.len() < 8_192 - 2 {
        let room = 8_192 - 2 - head.len();
        let mut line = format!("x-part-{number:02}: ");
        while line.len() + 2 < room.min(240) {
            let letter = b'a' + (line.len() % 26) as u8;
            line.push(char::from(letter));
        }
        head.extend_from_slice(line.as_bytes());
        head.extend_from_slice(b"\r\n");
        number += 1;
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// A site: the conditions that are measured one by one, each behind its own `use_backend`, and farms of several sizes. Long
/// lists of patterns are files, as in real configurations: they are written to `dir`.
///
/// # Panics
/// When a file cannot be written.
#[must_use]
pub fn configuration(dir: &Path) -> String {
    let file = |name: &str, list: Vec<String>| {
        let path = dir.join(name);
        std::fs::write(&path, list.join("\n")).expect("a list of patterns");
        path.display().to_string()
    };
    let mut text = String::from(
        "defaults
    mode http
    timeout connect 5s
    timeout client 50s
    timeout server 50s
    http-reuse always
frontend site
    bind 127.0.0.1:1
    option forwardfor
    acl image path_beg /img/ /static/
    acl bot hdr_sub(user-agent) -i googlebot bingbot
    http-request set-header x-seen yes if image
    http-request deny if bot
    use_backend farm10 if image
    default_backend farm100
frontend conditions
    bind 127.0.0.1:2
",
    );
    for (name, condition) in CONDITIONS {
        let condition = match *condition {
            Source::Text(text) => text.to_owned(),
            Source::Networks(count) => format!("src -f {}", file(name, networks(count))),
            Source::Hosts(count) => format!("hdr(host) -f {}", file(name, hosts(count))),
        };
        writeln!(text, "    acl {name} {condition}\n    use_backend farm10 if {name}").expect("to a string");
    }
    for size in FARMS {
        for (name, lines) in ALGORITHMS {
            writeln!(text, "backend {name}{size}\n{lines}").expect("to a string");
            for n in 0..size {
                let (high, low) = (n / 250, n % 250 + 1);
                writeln!(text, "    server s{n} 127.1.{high}.{low}:80 weight {}", 1 + n % 3)
                    .expect("to a string");
            }
        }
    }
    text
}

/// Names of the backends, and what they say of `balance`.
pub const ALGORITHMS: [(&str, &str); 8] = [
    ("farm", "    balance roundrobin"),
    ("static-rr", "    balance static-rr"),
    ("leastconn", "    balance leastconn"),
    ("first", "    balance first"),
    ("random", "    balance random"),
    ("map", "    balance source"),
    ("ring", "    balance source\n    hash-type consistent"),
    ("factor", "    balance source\n    hash-type consistent\n    hash-balance-factor 150"),
];

/// Sizes of the backends.
pub const FARMS: [usize; 3] = [10, 100, 1_000];

/// Where a condition's text comes from.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    Text(&'static str),
    /// `src` with so many networks, the client in the last of them.
    Networks(usize),
    /// `hdr(host)` with so many names, the request's the last of them.
    Hosts(usize),
}

/// The conditions measured, in the order of the `use_backend` lines of the frontend `conditions`. Against [`BROWSER`] all
/// are true, except the one whose name says so.
pub const CONDITIONS: &[(&str, Source)] = &[
    ("acl-path-beg", Source::Text("path_beg /api/ /static/ /img/")),
    ("acl-hdr-sub", Source::Text("hdr_sub(user-agent) -i googlebot bingbot chrome")),
    ("acl-hdr-sub-false", Source::Text("hdr_sub(user-agent) -i googlebot bingbot yandex")),
    ("acl-hdr-host-1000", Source::Hosts(1_000)),
    ("acl-src-10", Source::Networks(10)),
    ("acl-src-1000", Source::Networks(1_000)),
    ("acl-regex", Source::Text("path_reg ^/img/[a-z]+/[0-9]+/(front|back)\\.(webp|png)$")),
];

/// The client's address.
pub const CLIENT: [u8; 4] = [192, 0, 2, 77];

fn networks(count: usize) -> Vec<String> {
    let mut list: Vec<String> = (1..count).map(|n| format!("10.{}.{}.0/25", n / 250, n % 250)).collect();
    list.push("192.0.2.0/24".to_owned());
    list
}

fn hosts(count: usize) -> Vec<String> {
    let mut list: Vec<String> = (1..count).map(|n| format!("site{n}.example.test")).collect();
    list.push("www.example.test".to_owned());
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_have_the_sizes_they_are_called_by() {
        assert!((70..=100).contains(&SHORT.len()), "{}", SHORT.len());
        assert!((650..=750).contains(&BROWSER.len()), "{}", BROWSER.len());
        assert_eq!(large().len(), 8_192);
    }
}
