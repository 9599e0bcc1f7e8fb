//! Files → Plan, and what is said about them.
use super::Exit;
use super::args::Args;
use crate::config;
use crate::control::say;
use crate::plan::Plan;
use crate::syntax::{Diags, Env, Severity, SourceMap, render};

/// Reads the configuration and prints what there is to say about it.
///
/// # Errors
/// Exit 1: there were errors, or warnings with `-dW`.
pub fn load(args: &Args) -> Result<(Plan, bool), Exit> {
    let mut env = Env::from_process();
    if let Some(name) = &args.local_peer {
        use std::os::unix::ffi::OsStrExt;
        env.set("HAPROXY_LOCALPEER", name.as_bytes());
    }
    let options = config::Options {
        switched_off: if args.no_epoll { vec!["EPOLL".to_owned()] } else { Vec::new() },
        ignore_resolution: args.ignore_resolution,
        insecure_fork: args.insecure_fork,
    };
    let (plan, diags, map) = config::build(&args.files, &env, &options);
    print(args, &diags, &map);
    let warned = diags.list.iter().any(|d| d.severity == Severity::Warning);
    let diagnosed = args.diagnostics && diags.list.iter().any(|d| d.severity == Severity::Diag);
    match plan {
        // Diagnostics that were asked for count as warnings here, as for HAProxy.
        Some(plan) if (warned || diagnosed) && (args.zero_warning || plan.global.zero_warning) => {
            say::alert("config : Some warnings were found and 'zero-warning' is set. Aborting.");
            drop(plan);
            Err(Exit(1))
        }
        Some(plan) => Ok((plan, warned)),
        None => Err(Exit(1)),
    }
}

fn print(args: &Args, diags: &Diags, map: &SourceMap) {
    let pid = std::process::id();
    for diag in &diags.list {
        if diag.severity != Severity::Diag || args.diagnostics {
            say::whole(diag.severity, &render(diag, map, pid));
        }
    }
}
