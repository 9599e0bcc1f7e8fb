//! Text → Plan: files are read, parsed, resolved and compiled.
//!
//! [`load`] gives lines; [`read`] hands each to its row, which fills a draft; [`resolve`] checks names, modes and what is
//! missing; [`compile`] makes the Plan. All errors are collected; a Plan comes out only where there is none.
pub mod added;
pub mod checks;
mod compile;
mod error_pages;
mod list_actions;
pub mod load;
mod log_profiles;
mod logging;
pub mod lookup;
pub mod names;
pub mod read;
pub mod resolve;
mod rings;
pub mod state_file;
mod stats_file;

use crate::plan::Plan;
use crate::rules::list::Registry;
use crate::syntax::{Diag, Diags, Env, Severity, SourceMap};
use load::Source;
use names::Index;
use std::path::PathBuf;

/// What the command line says about reading.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Names for which `enabled()` is false (`EPOLL` with `-de`, …).
    pub switched_off: Vec<String>,
    /// `-dr`: a server whose name is not known starts in maintenance.
    pub ignore_resolution: bool,
    /// `-dI`: as `insecure-fork-wanted`.
    pub insecure_fork: bool,
}

/// Reads the files of `-f` and makes a Plan of them: what `-c`, the start and a reload all do. `env` is what `$VAR` sees.
/// The messages are complete, HAProxy's last lines among them; render them with the map. There is a Plan exactly where no
/// message is an error. A Plan without listeners is one: HAProxy then exits with 2.
#[must_use]
pub fn build(paths: &[PathBuf], env: &Env, options: &Options) -> (Option<Plan>, Diags, SourceMap) {
    let (mut env, mut diags) = (env.clone(), Diags::default());
    let source = Source::open(paths, &mut env, &mut diags);
    finish(source, env, diags, options)
}

/// The same for texts in memory: (name, text).
#[must_use]
pub fn build_texts(
    files: &[(&str, &[u8])],
    env: &Env,
    options: &Options,
) -> (Option<Plan>, Diags, SourceMap) {
    finish(Source::from_texts(files.iter().copied()), env.clone(), Diags::default(), options)
}

fn finish(
    mut source: Source,
    mut env: Env,
    mut diags: Diags,
    options: &Options,
) -> (Option<Plan>, Diags, SourceMap) {
    source.enabled.retain(|name| !options.switched_off.contains(name));
    Registry::open();
    let mut read = read::lines(&mut source, &mut env, &mut diags);
    read.draft.global.insecure_fork_wanted |= options.insecure_fork;
    let lists = std::sync::Arc::new(Registry::close());
    let map = source.map;
    let mut plan = None;
    if !read.aborted {
        let index = Index::new(&read.draft);
        resolve::check(&read, &index, &map, &mut diags);
        checks::check(&read.draft, &map, &mut diags);
        error_pages::check(&read.draft, &map, &mut diags);
        rings::check(&read.draft, &map, &mut diags);
        log_profiles::check(&read.draft, &map, &mut diags);
        list_actions::check(&read.draft, &lists, &mut diags);
        let mut draft = read.draft;
        if !diags.has_errors() {
            state_file::read(&mut draft, &mut diags);
            stats_file::read(&mut draft, &mut diags);
            if !lookup::addresses(&mut draft, options, &map, &mut diags) {
                return (None, diags, map);
            }
            error_pages::fill(&mut draft);
            plan = Some(compile::plan(draft, &index, &map));
        }
    }
    if diags.has_errors() && !read.aborted {
        diags.push(Diag::bare(Severity::Alert, None, "Fatal errors found in configuration."));
    }
    if let Some(plan) = &mut plan {
        plan.sources = map.clone();
        plan.lists = lists;
    }
    (plan, diags, map)
}

#[cfg(test)]
mod tests;
