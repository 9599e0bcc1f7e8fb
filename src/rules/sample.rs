//! A sample: one typed value taken from a request, an answer, a connection or the proxy's own state
//! (configuration manual, 7.3 "Fetching samples").
use super::cx::Cx;
use super::places::{self, Places};
use std::borrow::Cow;
use std::fmt::Debug;
use std::net::IpAddr;
use std::ops::ControlFlow;

/// A value and its type. Text borrows from the message wherever it can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sample<'a> {
    Bool(bool),
    Int(i64),
    Addr(IpAddr),
    Str(Cow<'a, [u8]>),
    Bin(Cow<'a, [u8]>),
    Method(Cow<'a, [u8]>),
}

/// A sample fetch with its arguments bound, as a configuration line made it.
pub trait Fetch: Send + Sync + Debug {
    /// The value, the last one where there are several (`hdr(name)`); `None` where there is none.
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>>;

    /// Every value in order, until `visit` breaks: an ACL looks at each of several header values.
    fn each<'c>(
        &'c self,
        cx: &'c Cx<'_>,
        visit: &mut dyn FnMut(Sample<'c>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        match self.fetch(cx) {
            Some(sample) => visit(sample),
            None => ControlFlow::Continue(()),
        }
    }

    /// Finds the proxies and servers that the arguments name, once all sections are read. ACLs are shared by then, so
    /// what is found is kept in a `OnceLock`.
    ///
    /// # Errors
    /// HAProxy's words for a name that does not exist.
    fn resolve(&self, _names: &dyn Names) -> Result<(), String> {
        Ok(())
    }
}

/// A converter with its arguments bound (configuration manual, 7.3.1).
pub trait Convert: Send + Sync + Debug {
    /// The converted value; `None` ends the expression without a value.
    fn convert<'c>(&'c self, input: Sample<'c>, cx: &'c Cx<'_>) -> Option<Sample<'c>>;
}

/// Looks names up while a Plan is made. `None` for an empty name means the proxy the line stands in.
pub trait Names {
    fn backend(&self, name: &str) -> Option<crate::base::ids::BackendId>;
    fn frontend(&self, name: &str) -> Option<crate::base::ids::FrontendId>;
    fn server(&self, backend: crate::base::ids::BackendId, name: &str) -> Option<crate::base::ids::ServerId>;
    /// The backend half of the proxy the line stands in.
    fn own_backend(&self) -> Option<crate::base::ids::BackendId>;
    /// The frontend half of the proxy the line stands in.
    fn own_frontend(&self) -> Option<crate::base::ids::FrontendId>;
    /// The line reads the record of the exchange, which is made where somebody does.
    fn reads_record(&self) {}
    /// The line is a format with this variable.
    fn writes_variable(&self, _name: &'static str) {}
}

/// A fetch and its converters: `req.hdr(host),lower`.
#[derive(Debug)]
pub struct SampleExpr {
    pub fetch: Box<dyn Fetch>,
    pub converters: Vec<Box<dyn Convert>>,
    /// It reads the head of a request.
    pub needs_request: bool,
    /// Where what it reads is there.
    pub places: Places,
    /// As written, for `explain` and messages.
    pub text: String,
}

impl SampleExpr {
    /// The converted value, the last where there are several.
    #[must_use]
    pub fn eval<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        if self.is_gone(cx) {
            return None;
        }
        self.converters.iter().try_fold(self.fetch.fetch(cx)?, |sample, c| c.convert(sample, cx))
    }

    /// Whether it reads the request while the answer is the message at hand. Its head is kept beside the answer, but for
    /// samples it is gone, as it is for HAProxy.
    #[inline]
    fn is_gone(&self, cx: &Cx<'_>) -> bool {
        cx.res.is_some() && self.places & places::ANSWER == 0
    }

    /// Whether `test` holds for any of the values; without a value `test` is not called.
    pub fn any_value<'c>(&'c self, cx: &'c Cx<'_>, test: &mut dyn FnMut(Sample<'c>) -> bool) -> bool {
        if self.is_gone(cx) {
            return false;
        }
        let mut visit = |sample: Sample<'c>| {
            let holds = if self.converters.is_empty() {
                test(sample)
            } else {
                let converted = self.converters.iter().try_fold(sample, |s, c| c.convert(s, cx));
                converted.is_some_and(&mut *test)
            };
            if holds { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        self.fetch.each(cx, &mut visit).is_break()
    }
}

/// The type of a sample (configuration manual, 7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Int,
    Addr,
    Str,
    Bin,
    Method,
    /// Any, known only when the value is there (variables).
    Any,
    /// The type of what comes in (converters that keep it).
    Same,
}

impl Kind {
    /// HAProxy's name of the type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bool => "bool",
            Kind::Int => "sint",
            Kind::Addr => "addr",
            Kind::Str => "str",
            Kind::Bin => "bin",
            Kind::Method => "meth",
            Kind::Any => "any",
            Kind::Same => "same",
        }
    }
}

impl Sample<'_> {
    /// The value as a number: text gives its leading digits (HAProxy's `c_str2int`) and empty text nothing, addresses
    /// their IPv4 number.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Sample::Bool(b) => Some(i64::from(*b)),
            Sample::Int(n) => Some(*n),
            Sample::Addr(IpAddr::V4(a)) => Some(i64::from(u32::from(*a))),
            Sample::Addr(IpAddr::V6(_)) => None,
            Sample::Str(b) | Sample::Bin(b) | Sample::Method(b) => (!b.is_empty()).then(|| leading_int(b)),
        }
    }

    /// The value as an address; text has to be one and nothing else.
    #[must_use]
    pub fn as_addr(&self) -> Option<IpAddr> {
        match self {
            Sample::Addr(a) => Some(*a),
            Sample::Int(n) => Some(IpAddr::V4(u32::try_from(*n).ok()?.into())),
            Sample::Str(b) | Sample::Bin(b) => std::str::from_utf8(b).ok()?.parse().ok(),
            Sample::Bool(_) | Sample::Method(_) => None,
        }
    }

    /// The value as bytes: text as it is, everything else written into `scratch`.
    pub fn as_bytes<'b>(&'b self, scratch: &'b mut Vec<u8>) -> &'b [u8] {
        match self {
            Sample::Str(b) | Sample::Bin(b) | Sample::Method(b) => b,
            other => {
                scratch.clear();
                other.write_text(scratch);
                scratch
            }
        }
    }

    /// Frees the value from what it borrows.
    #[must_use]
    pub fn into_owned<'o>(self) -> Sample<'o> {
        let own = |b: Cow<'_, [u8]>| Cow::Owned(b.into_owned());
        match self {
            Sample::Bool(b) => Sample::Bool(b),
            Sample::Int(n) => Sample::Int(n),
            Sample::Addr(a) => Sample::Addr(a),
            Sample::Str(b) => Sample::Str(own(b)),
            Sample::Bin(b) => Sample::Bin(own(b)),
            Sample::Method(b) => Sample::Method(own(b)),
        }
    }
}

/// The number that text begins with, 0 where there is none (HAProxy's `strl2ic`: what `hdr_val` and its like give).
#[must_use]
pub fn leading_int(text: &[u8]) -> i64 {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let value = digits
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .fold(0i64, |n, b| n.saturating_mul(10).saturating_add(i64::from(b - b'0')));
    if negative { -value } else { value }
}

impl Sample<'_> {
    /// Appends the value as text, as HAProxy casts to a string: numbers in decimal, booleans as 0 and 1.
    pub fn write_text(&self, out: &mut Vec<u8>) {
        use std::io::Write;
        // Writing to a vector cannot fail.
        let _ = match self {
            Sample::Bool(b) => write!(out, "{}", u8::from(*b)),
            Sample::Int(n) => write!(out, "{n}"),
            Sample::Addr(a) => write!(out, "{a}"),
            Sample::Str(b) | Sample::Bin(b) | Sample::Method(b) => out.write_all(b),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_a_number_by_its_leading_digits() {
        let int = |t: &'static str| Sample::Str(Cow::Borrowed(t.as_bytes())).as_int();
        assert_eq!((int("12ab"), int("-7"), int("x"), int("")), (Some(12), Some(-7), Some(0), None));
        assert_eq!(int("99999999999999999999"), Some(i64::MAX));
    }
}
