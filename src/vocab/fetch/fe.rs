//! The frontend: `fe_conn`, `fe_id`, `fe_name` (7.3.2, 7.3.3).
use super::{Arg, FetchRow, Make, Scope};
use crate::base::ids::FrontendId;
use crate::rules::sample::Names;
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Cx, Fetch};
use std::borrow::Cow;
use std::sync::OnceLock;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "fe_conn",
        aliases: &[],
        required: 0,
        args: &[Arg::Frontend],
        out: Kind::Int,
        scope: Scope::Any,
        doc: "Connections on a frontend now.",
        make: Make::With(make),
    },
    FetchRow {
        name: "fe_id",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Int,
        scope: Scope::Any,
        doc: "The numeric id of the frontend.",
        make: Make::Plain(|cx| Some(Sample::Int(i64::from(cx.facts.frontend_uuid(cx.conn.frontend))))),
    },
    FetchRow {
        name: "fe_name",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Str,
        scope: Scope::Any,
        doc: "The name of the frontend.",
        make: Make::Plain(|cx| {
            Some(Sample::Str(Cow::Borrowed(cx.facts.frontend_name(cx.conn.frontend).as_bytes())))
        }),
    },
];

#[derive(Debug)]
struct Connections {
    name: Option<String>,
    id: OnceLock<FrontendId>,
}

fn make(args: &[String]) -> Result<Box<dyn Fetch>, String> {
    let name = args.first().filter(|a| !a.is_empty()).cloned();
    Ok(Box::new(Connections { name, id: OnceLock::new() }))
}

impl Fetch for Connections {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let id = self.id.get().copied().unwrap_or(cx.conn.frontend);
        Some(Sample::Int(cx.facts.frontend_sessions(id) as i64))
    }

    fn resolve(&self, names: &dyn Names) -> Result<(), String> {
        if let Some(name) = &self.name {
            let found = names.frontend(name);
            let id = found.ok_or_else(|| format!("unable to find frontend '{name}' referenced in arg 1"))?;
            let _ = self.id.set(id);
        }
        Ok(())
    }
}
