//! The words behind `explain`.
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

pub const USAGE: &str = "\
usage: ringmain explain -f FILE [-f FILE …] \"[METHOD] URL\" [options]
  --method M           the request's method (GET)
  --header 'N: V'      one more header field; may be repeated
  --src ADDR[:PORT]    the client's address (127.0.0.1:50000)
  --dst ADDR[:PORT]    the address the client connected to (127.0.0.1, the URL's port)
  --frontend NAME      the frontend, where the URL's port does not tell";

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Args {
    pub files: Vec<PathBuf>,
    pub method: String,
    pub url: String,
    pub headers: Vec<String>,
    pub src: SocketAddr,
    pub dst: SocketAddr,
    pub frontend: Option<String>,
}

impl Args {
    /// Reads the words.
    ///
    /// # Errors
    /// What is missing or cannot be read.
    pub fn parse(words: &[String]) -> Result<Args, String> {
        let (mut files, mut headers, mut frontend) = (Vec::new(), Vec::new(), None);
        let (mut method, mut url, mut src, mut dst) = (None, None, None, None);
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().cloned().ok_or_else(|| format!("{word} wants a value"));
            match word.as_str() {
                "-f" => files.push(PathBuf::from(value()?)),
                "--method" => method = Some(value()?),
                "--header" => headers.push(value()?),
                "--src" => src = Some(value()?),
                "--dst" => dst = Some(value()?),
                "--frontend" => frontend = Some(value()?),
                "-h" | "--help" => return Err("what a configuration does with a request".to_owned()),
                option if option.starts_with('-') => return Err(format!("unknown option '{option}'")),
                text if url.is_none() => match text.split_once(' ') {
                    Some((m, u)) => {
                        method.get_or_insert(m.to_owned());
                        url = Some(u.trim().to_owned());
                    }
                    None => url = Some(text.to_owned()),
                },
                text => return Err(format!("one request at a time: '{text}'")),
            }
        }
        if files.is_empty() {
            return Err("-f FILE is missing".to_owned());
        }
        let url = url.ok_or("the request is missing, such as \"GET http://host/path\"")?;
        if let Some(bad) = headers.iter().find(|h| !h.contains(':')) {
            return Err(format!("a header field is 'Name: value', not '{bad}'"));
        }
        let port = url_port(&url);
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Ok(Args {
            files,
            method: method.unwrap_or_else(|| "GET".to_owned()),
            headers,
            src: address("--src", src.as_deref(), SocketAddr::new(loopback, 50_000))?,
            dst: address("--dst", dst.as_deref(), SocketAddr::new(loopback, port))?,
            frontend,
            url,
        })
    }

    /// The request as a client would send it.
    pub fn request(&self) -> Vec<u8> {
        let (host, target) = match self.url.split_once("://") {
            Some((_, rest)) => match rest.find(['/', '?']) {
                Some(at) if rest.as_bytes()[at] == b'/' => (&rest[..at], rest[at..].to_owned()),
                Some(at) => (&rest[..at], format!("/{}", &rest[at..])),
                None => (rest, "/".to_owned()),
            },
            None => ("localhost", self.url.clone()),
        };
        let mut text = format!("{} {target} HTTP/1.1\r\n", self.method);
        let has_host = self.headers.iter().any(|h| h.to_ascii_lowercase().starts_with("host:"));
        if !has_host {
            text.push_str(&format!("Host: {host}\r\n"));
        }
        for header in &self.headers {
            text.push_str(header);
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        text.into_bytes()
    }
}

fn url_port(url: &str) -> u16 {
    let Some((scheme, rest)) = url.split_once("://") else { return 80 };
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    let port = authority.rsplit_once(':').and_then(|(_, p)| p.parse().ok());
    port.unwrap_or(if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 })
}

fn address(option: &str, text: Option<&str>, default: SocketAddr) -> Result<SocketAddr, String> {
    let Some(text) = text else { return Ok(default) };
    if let Ok(addr) = text.parse::<SocketAddr>() {
        return Ok(addr);
    }
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let ip: IpAddr = bare.parse().map_err(|_| format!("{option} wants an address, not '{text}'"))?;
    Ok(SocketAddr::new(ip, default.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Args, String> {
        Args::parse(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_url_becomes_the_request_a_client_would_send() {
        let args =
            parse(&["-f", "a.cfg", "POST https://x.test?q=1", "--header", "A: b", "--src", "::1"]).unwrap();
        assert_eq!(args.request(), b"POST /?q=1 HTTP/1.1\r\nHost: x.test\r\nA: b\r\n\r\n");
        assert_eq!(args.dst.port(), 443);
        assert_eq!(args.src.to_string(), "[::1]:50000");
        let args = parse(&["-f", "a.cfg", "/path"]).unwrap();
        assert_eq!(args.request(), b"GET /path HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }

    #[test]
    fn what_is_missing_is_said() {
        assert!(parse(&["GET /"]).unwrap_err().contains("-f"));
        assert!(parse(&["-f", "a"]).unwrap_err().contains("request"));
        assert!(parse(&["-f", "a", "/", "--src", "nowhere"]).unwrap_err().contains("--src"));
        assert!(parse(&["-f", "a", "/", "--colour"]).unwrap_err().contains("--colour"));
        assert!(parse(&["-f", "a", "/", "--header", "x"]).unwrap_err().contains("header"));
    }
}
