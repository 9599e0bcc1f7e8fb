//! The state and the names of backends: `be_conn`, `be_id`, `be_name`, `connslots` (7.3.2).
use super::{Arg, FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "be_conn",
        aliases: &[],
        required: 0,
        args: &[Arg::Backend],
        out: Kind::Int,
        scope: Scope::Any,
        doc: "Connections on a backend now, those in its queue included.",
        make: Make::With(|args| {
            Ok(super::of_backend(args, |cx, id| Some(Sample::Int(cx.facts.backend_sessions(id) as i64))))
        }),
    },
    FetchRow {
        name: "be_id",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Int,
        scope: Scope::Backend,
        doc: "The numeric id of the backend that the request was given to, of the frontend before.",
        make: Make::Plain(|cx| {
            let frontend = || cx.facts.frontend_uuid(cx.conn.frontend);
            let id = cx.backend.map_or_else(frontend, |id| cx.facts.backend_uuid(id));
            Some(Sample::Int(i64::from(id)))
        }),
    },
    FetchRow {
        name: "be_name",
        aliases: &[],
        required: 0,
        args: &[],
        out: Kind::Str,
        scope: Scope::Backend,
        doc: "The name of the backend that the request was given to, of the frontend before.",
        make: Make::Plain(|cx| {
            let frontend = || cx.facts.frontend_name(cx.conn.frontend);
            let name = cx.backend.map_or_else(frontend, |id| cx.facts.backend_name(id));
            Some(Sample::Str(Cow::Borrowed(name.as_bytes())))
        }),
    },
    FetchRow {
        name: "connslots",
        aliases: &[],
        required: 1,
        args: &[Arg::Backend],
        out: Kind::Int,
        scope: Scope::Any,
        doc: "Free places on the servers of a backend and in their queues; -1 where a server has no limit.",
        make: Make::With(|args| {
            Ok(super::of_backend(args, |cx, id| {
                Some(Sample::Int(cx.facts.connection_slots(id).map_or(-1, |n| n as i64)))
            }))
        }),
    },
];
