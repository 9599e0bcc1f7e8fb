//! `bind … namespace` (manual 5.1).
use super::{BindCx, BindRow, wrong};
use crate::net::Namespace;
use crate::syntax::{Diag, Word};

pub const ROW: BindRow = BindRow {
    name: "namespace",
    arguments: 1,
    doc: "namespace <name>: the network namespace to listen in.",
    parse,
};

fn parse(cx: &mut BindCx<'_, '_>, words: &[Word]) -> Result<(), Diag> {
    let Some(value) = words.get(1) else {
        return Err(wrong(words, "'namespace' : missing namespace id".to_owned()));
    };
    let name = value.text();
    let opened = Namespace::open(name);
    cx.draft.namespace = Some(opened.map_err(|_| wrong(words, format!("Cannot open namespace '{name}'.")))?);
    Ok(())
}
