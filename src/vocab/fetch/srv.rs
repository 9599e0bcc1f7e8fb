//! Servers: `srv_conn`, `srv_id`, `srv_is_up`, `srv_name` (7.3.2, 7.3.4).
use super::{Arg, FetchRow, Make, Scope};
use crate::base::ids::ServerId;
use crate::rules::sample::Names;
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Cx, Fetch};
use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "srv_conn",
        aliases: &[],
        required: 1,
        args: &[Arg::Server],
        out: Kind::Int,
        scope: Scope::Any,
        doc: "Requests on a server now.",
        make: Make::With(|args| make(args, |cx, id| Sample::Int(cx.facts.server_sessions(id) as i64))),
    },
    FetchRow {
        name: "srv_id",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Int,
        scope: Scope::Server,
        doc: "The numeric id of the server that the request went to.",
        make: Make::Plain(|cx| Some(Sample::Int(i64::from(cx.facts.server_uuid(cx.server?))))),
    },
    FetchRow {
        name: "srv_is_up",
        aliases: &[],
        required: 1,
        args: &[Arg::Server],
        out: Kind::Bool,
        scope: Scope::Any,
        doc: "Whether a server is up.",
        make: Make::With(|args| make(args, |cx, id| Sample::Bool(cx.facts.server_up(id)))),
    },
    FetchRow {
        name: "srv_name",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Str,
        scope: Scope::Server,
        doc: "The name of the server that the request went to.",
        make: Make::Plain(|cx| Some(Sample::Str(Cow::Borrowed(cx.facts.server_name(cx.server?).as_bytes())))),
    },
];

struct OfServer {
    name: String,
    id: OnceLock<ServerId>,
    get: fn(&Cx<'_>, ServerId) -> Sample<'static>,
}

impl fmt::Debug for OfServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OfServer({})", self.name)
    }
}

fn make(args: &[String], get: fn(&Cx<'_>, ServerId) -> Sample<'static>) -> Result<Box<dyn Fetch>, String> {
    Ok(Box::new(OfServer { name: args[0].clone(), id: OnceLock::new(), get }))
}

impl Fetch for OfServer {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        self.id.get().map(|&id| (self.get)(cx, id))
    }

    fn resolve(&self, names: &dyn Names) -> Result<(), String> {
        let (backend, server) = match self.name.split_once('/') {
            Some((b, s)) => (
                names.backend(b).ok_or_else(|| format!("unable to find proxy '{b}' referenced in arg 1"))?,
                s,
            ),
            None => {
                let own = names.own_backend();
                (own.ok_or_else(|| format!("no proxy name in arg 1 '{}'", self.name))?, self.name.as_str())
            }
        };
        let found = names.server(backend, server);
        let id = found.ok_or_else(|| {
            format!(
                "unable to find server '{server}' in proxy '{}', referenced in arg 1",
                self.name.split_once('/').map_or("", |(b, _)| b)
            )
        })?;
        let _ = self.id.set(id);
        Ok(())
    }
}
