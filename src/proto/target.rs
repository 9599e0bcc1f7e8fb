//! Request targets (RFC 9112, 3.2): their four forms. One reader for what comes in and for what rules put in its place.
use super::authority::{is_host, split_port};
use super::text::TOKEN;

/// The form of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form<'a> {
    /// `/path?query`.
    Origin,
    /// `scheme://authority/path?query`.
    Absolute(Authority<'a>),
    /// `host:port`, CONNECT's.
    Authority(Authority<'a>),
    /// `*`, of OPTIONS alone.
    Asterisk,
}

/// The authority of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authority<'a> {
    /// `host[:port]`, without the user information.
    pub text: &'a [u8],
    /// Offset of `text` in the target.
    pub at: usize,
    /// Ports that may be left out.
    pub default_ports: &'static [&'static [u8]],
}

/// Reads a target that belongs to a method. Its bytes are those that a target may have (`text::TARGET`).
///
/// # Errors
/// The offset of what is none of the four forms.
pub fn form<'a>(method: &[u8], target: &'a [u8]) -> Result<Form<'a>, usize> {
    if method == b"CONNECT" {
        return authority_form(target).map(Form::Authority);
    }
    match target {
        [b'/', ..] => Ok(Form::Origin),
        b"*" if method == b"OPTIONS" => Ok(Form::Asterisk),
        [] | [b'*', ..] => Err(0),
        _ => absolute_form(target).map(Form::Absolute),
    }
}

/// `host:port`, the port not empty and a number (RFC 9112, 3.2.3).
fn authority_form(target: &[u8]) -> Result<Authority<'_>, usize> {
    if let Some(odd) = target.iter().position(|b| matches!(b, b'/' | b'?' | b'@' | b'*')) {
        return Err(odd);
    }
    match split_port(target) {
        (bare, Some(port))
            if !bare.is_empty()
                && is_host(target)
                && (1..=5).contains(&port.len())
                && port.iter().all(u8::is_ascii_digit) =>
        {
            // HAProxy knows no scheme here: both well-known ports may be missing from Host.
            Ok(Authority { text: target, at: 0, default_ports: &[b"80", b"443"] })
        }
        _ => Err(target.len()),
    }
}

/// `scheme://authority[/path]`.
fn absolute_form(target: &[u8]) -> Result<Authority<'_>, usize> {
    let in_scheme = |b: &u8| b.is_ascii_alphanumeric() || b"+-.".contains(b);
    let scheme_len = target.iter().position(|b| !in_scheme(b)).unwrap_or(target.len());
    if !target[0].is_ascii_alphabetic() || !target[scheme_len..].starts_with(b"://") {
        return Err(scheme_len);
    }
    let (scheme, begin) = (&target[..scheme_len], scheme_len + 3);
    let rest = &target[begin..];
    let end = memchr::memchr2(b'/', b'?', rest).unwrap_or(rest.len());
    // A query right behind the authority is read in two ways in the wild.
    if rest.get(end) == Some(&b'?') {
        return Err(begin + end);
    }
    let whole = &rest[..end];
    let user = match memchr::memchr(b'@', whole) {
        None => 0,
        Some(at) if whole[..at].iter().all(|&b| is_user_information(b)) => at + 1,
        Some(_) => return Err(begin),
    };
    // A second `@` would make what is before it the host for some.
    let text = &whole[user..];
    let (bare, _) = split_port(text);
    let colons = bare.contains(&b':') && !bare.starts_with(b"[");
    if bare.is_empty() || colons || !is_host(text) {
        return Err(begin + user);
    }
    let default_ports: &[&[u8]] = match () {
        () if scheme.eq_ignore_ascii_case(b"http") => &[b"80"],
        () if scheme.eq_ignore_ascii_case(b"https") => &[b"443"],
        () => &[],
    };
    Ok(Authority { text, at: begin + user, default_ports })
}

/// Bytes of user information (RFC 3986, 3.2.1).
fn is_user_information(b: u8) -> bool {
    (TOKEN[usize::from(b)] && !matches!(b, b'#' | b'^' | b'`' | b'|')) || b"(),;=:".contains(&b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host<'a>(method: &str, target: &'a str) -> Option<&'a str> {
        match form(method.as_bytes(), target.as_bytes()) {
            Ok(Form::Absolute(a) | Form::Authority(a)) => {
                assert_eq!(&target.as_bytes()[a.at..a.at + a.text.len()], a.text);
                Some(std::str::from_utf8(a.text).unwrap())
            }
            Ok(Form::Origin | Form::Asterisk) => Some("-"),
            Err(_) => None,
        }
    }

    #[test]
    fn a_target_has_one_form_and_one_host() {
        for (method, target, want) in [
            ("GET", "/", Some("-")),
            ("GET", "//x@y", Some("-")),
            ("OPTIONS", "*", Some("-")),
            ("OPTIONS", "*a", None),
            ("OPTIONS", "*?x", None),
            ("GET", "*", None),
            ("GET", "", None),
            ("GET", "a/b", None),
            ("GET", "http://h", Some("h")),
            ("GET", "http://h:81/x@y", Some("h:81")),
            ("GET", "http://u:p@h/", Some("h")),
            ("GET", "http://@h/", Some("h")),
            ("GET", "http://[::1]:8/", Some("[::1]:8")),
            ("GET", "http://internal?@public/x", None),
            ("GET", "http://internal\\@public/x", None),
            ("GET", "http://u@internal@public/x", None),
            ("GET", "http://public?x", None),
            ("GET", "http://pub,lic/", None),
            ("GET", "http:///x", None),
            ("GET", "http://::1/", None),
            ("GET", "http:/h/x", None),
            ("CONNECT", "h:443", Some("h:443")),
            ("CONNECT", "h", None),
            ("CONNECT", "u@h:443", None),
            ("CONNECT", "h,g:443", None),
            ("CONNECT", "/", None),
        ] {
            assert_eq!(host(method, target), want, "{method} {target}");
        }
    }
}
