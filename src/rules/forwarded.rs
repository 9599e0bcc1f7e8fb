//! `option forwarded` (RFC 7239): what a server learns of the way that a request took.
use super::Cx;
use super::sample::{Sample, SampleExpr};
use crate::proto::text::FieldName;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

const FORWARDED: FieldName = FieldName::known("forwarded");

/// Where a value comes from.
#[derive(Clone, Debug)]
pub enum Value {
    /// The connection or the request.
    Own,
    Expr(Arc<SampleExpr>),
}

/// One end of the connection: `by` is ours, `for` the client's.
#[derive(Clone, Debug)]
pub struct Node {
    pub name: Value,
    pub port: Option<Value>,
}

/// What the field says.
#[derive(Clone, Debug, Default)]
pub struct Forwarded {
    pub proto: bool,
    pub host: Option<Value>,
    pub by: Option<Node>,
    pub client: Option<Node>,
}

impl Forwarded {
    /// Adds the field to the request.
    pub fn add(&self, cx: &mut Cx<'_>) {
        let mut text = Vec::with_capacity(64);
        if self.proto {
            text.extend_from_slice(b"proto=http");
        }
        if let Some(host) = &self.host {
            parameter(&mut text, b"host");
            self::host(host, cx, &mut text);
        }
        for (name, node, addr) in [(&b"by"[..], &self.by, cx.conn.dst()), (b"for", &self.client, cx.conn.src)]
        {
            if let Some(node) = node {
                parameter(&mut text, name);
                node.write(cx, addr, &mut text);
            }
        }
        if let Some(req) = cx.req.as_deref_mut()
            && !text.is_empty()
        {
            req.head.add(&FORWARDED, &text);
        }
    }

    /// The expressions in it.
    pub fn exprs(&self) -> impl Iterator<Item = &SampleExpr> {
        let nodes = || self.by.iter().chain(&self.client);
        let values =
            self.host.iter().chain(nodes().map(|n| &n.name)).chain(nodes().filter_map(|n| n.port.as_ref()));
        values.filter_map(|value| match value {
            Value::Own => None,
            Value::Expr(expr) => Some(&**expr),
        })
    }
}

fn parameter(out: &mut Vec<u8>, name: &[u8]) {
    if !out.is_empty() {
        out.push(b';');
    }
    out.extend_from_slice(name);
    out.push(b'=');
}

/// A host with its port; nothing between the quotes where it is none.
fn host(value: &Value, cx: &Cx<'_>, out: &mut Vec<u8>) {
    let text = match value {
        Value::Own => cx.request().and_then(|r| r.head.get(b"host")).unwrap_or_default().to_vec(),
        Value::Expr(expr) => text_of(expr.eval(cx)),
    };
    out.push(b'"');
    if is_host(&text) {
        out.extend_from_slice(&text);
    }
    out.push(b'"');
}

impl Node {
    fn write(&self, cx: &Cx<'_>, addr: Option<SocketAddr>, out: &mut Vec<u8>) {
        let name = match &self.name {
            Value::Own => addr.map_or(Name::Unknown, |a| Name::of(a.ip())),
            Value::Expr(expr) => Name::read(expr.eval(cx)),
        };
        // Only a token does without quotes (RFC 7239, 4).
        let quoted = self.port.is_some() || matches!(name, Name::V6(_));
        out.extend(quoted.then_some(b'"'));
        name.write(out);
        match &self.port {
            None => {}
            Some(Value::Own) => {
                if let Some(addr) = addr {
                    _ = write!(out, ":{}", addr.port());
                }
            }
            Some(Value::Expr(expr)) => port(&text_of(expr.eval(cx)), out),
        }
        out.extend(quoted.then_some(b'"'));
    }
}

/// RFC 7239, 6: a node's name.
enum Name {
    Unknown,
    V4(Ipv4Addr),
    V6(Ipv6Addr),
    /// Of letters, digits and `._-`.
    Obscured(Vec<u8>),
}

impl Name {
    fn of(ip: IpAddr) -> Name {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Name::V4(ip),
            IpAddr::V6(ip) => Name::V6(ip),
        }
    }

    fn read(sample: Option<Sample<'_>>) -> Name {
        if let Some(Sample::Addr(ip)) = sample {
            return Name::of(ip);
        }
        let text = text_of(sample);
        let read = std::str::from_utf8(&text).unwrap_or_default();
        let in_brackets = read.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
        match (read.parse(), in_brackets.map(str::parse)) {
            (Ok(ip), _) => Name::V4(ip),
            (_, Some(Ok(ip))) => Name::V6(ip),
            _ if read != "unknown" && is_obscured(&text) => Name::Obscured(text),
            _ => Name::Unknown,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Name::Unknown => out.extend_from_slice(b"unknown"),
            Name::V4(ip) => _ = write!(out, "{ip}"),
            Name::V6(ip) => _ = write!(out, "[{ip}]"),
            Name::Obscured(text) => obscured(text, out),
        }
    }
}

/// `_name`: the underscore tells it from an address.
fn obscured(text: &[u8], out: &mut Vec<u8>) {
    if text.len() < 2 || text[0] != b'_' {
        out.push(b'_');
    }
    out.extend_from_slice(text);
}

/// A port, or a name in place of one; nothing where it is neither.
fn port(text: &[u8], out: &mut Vec<u8>) {
    if is_port(text) {
        out.push(b':');
        out.extend_from_slice(text);
    } else if is_obscured(text) {
        out.push(b':');
        obscured(text, out);
    }
}

fn text_of(sample: Option<Sample<'_>>) -> Vec<u8> {
    let mut text = Vec::new();
    if let Some(sample) = sample {
        sample.write_text(&mut text);
    }
    text
}

fn is_obscured(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(b))
}

fn is_port(text: &[u8]) -> bool {
    let digits = (1..=5).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    digits && std::str::from_utf8(text).is_ok_and(|t| t.parse::<u16>().is_ok_and(|port| port > 0))
}

/// A name or an address, with or without a port.
fn is_host(text: &[u8]) -> bool {
    let (name, port) = match (text.strip_prefix(b"["), memchr::memrchr(b':', text)) {
        (Some(_), _) if text.ends_with(b"]") => (text, None),
        (_, Some(at)) => (&text[..at], Some(&text[at + 1..])),
        _ => (text, None),
    };
    let inside = name.strip_prefix(b"[").and_then(|t| t.strip_suffix(b"]"));
    let good = match inside {
        Some(ip) => std::str::from_utf8(ip).is_ok_and(|t| t.parse::<Ipv6Addr>().is_ok()),
        None => !name.is_empty() && name.iter().all(|b| b.is_ascii_alphanumeric() || b".-".contains(b)),
    };
    good && port.is_none_or(is_port)
}
