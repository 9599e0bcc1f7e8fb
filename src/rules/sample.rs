//! A sample: one typed value taken from a request, an answer, a connection or the proxy's own state
//! (configuration manual, 7.3 "Fetching samples").
use super::cx::Cx;
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
}

/// A fetch and its converters: `req.hdr(host),lower`.
#[derive(Debug)]
pub struct SampleExpr {
    pub fetch: Box<dyn Fetch>,
    pub converters: Vec<Box<dyn Convert>>,
    /// As written, for `explain` and messages.
    pub text: String,
}

impl SampleExpr {
    /// The converted value, the last where there are several.
    #[must_use]
    pub fn eval<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        self.converters.iter().try_fold(self.fetch.fetch(cx)?, |sample, c| c.convert(sample, cx))
    }

    /// Whether `test` holds for any of the values; without a value `test` is not called.
    pub fn any_value<'c>(&'c self, cx: &'c Cx<'_>, test: &mut dyn FnMut(Sample<'c>) -> bool) -> bool {
        let mut visit = |sample: Sample<'c>| {
            let converted = self.converters.iter().try_fold(sample, |s, c| c.convert(s, cx));
            if converted.is_some_and(&mut *test) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        self.fetch.each(cx, &mut visit).is_break()
    }
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
