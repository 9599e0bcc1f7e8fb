//! `show resolvers` (management manual, 9.3).
use super::Names;
use super::nameserver::Counters;
use std::fmt::Write;

/// The answer for one section, or for all.
///
/// # Errors
/// There is no such section.
pub fn show(names: &Names, wanted: Option<&str>) -> Result<String, String> {
    let mut out = String::new();
    let mut any = wanted.is_none();
    for section in names.sections.iter().filter(|s| wanted.is_none_or(|w| s.plan().name == w)) {
        any = true;
        let _ = writeln!(out, "Resolvers section {}", section.plan().name);
        for server in &section.servers {
            let _ = writeln!(out, " nameserver {}:", server.name);
            rows(&server.counters, &mut out);
        }
    }
    if any { Ok(out) } else { Err("Can't find that resolvers section\n".to_owned()) }
}

/// The figures of all name servers as a table (`show stat domain resolvers`, management manual, 9.1).
#[must_use]
pub fn csv(names: &Names) -> String {
    let mut out = String::from(
        "# id,pid,sent,send_error,valid,update,cname,cname_error,any_err,nx,timeout,refused,other,invalid,too_big,truncated,\
         outdated,\n",
    );
    for section in &names.sections {
        for server in &section.servers {
            let _ = write!(out, "{},{},", server.name, section.plan().name);
            figures(&server.counters).iter().for_each(|(_, value)| out.push_str(&format!("{value},")));
            out.push('\n');
        }
    }
    out
}

fn rows(c: &Counters, out: &mut String) {
    for (name, value) in figures(c) {
        let _ = writeln!(out, "  {:<13}{value}", format!("{name}:"));
    }
}

fn figures(c: &Counters) -> [(&'static str, u64); 15] {
    // An alias is followed and not counted; a time out is the name's, not one server's: HAProxy counts neither.
    [
        ("sent", c.sent.get()),
        ("snd_error", c.snd_error.get()),
        ("valid", c.valid.get()),
        ("update", c.update.get()),
        ("cname", 0),
        ("cname_error", c.cname_error.get()),
        ("any_err", c.any_err.get()),
        ("nx", c.nx.get()),
        ("timeout", 0),
        ("refused", c.refused.get()),
        ("other", c.other.get()),
        ("invalid", c.invalid.get()),
        ("too_big", c.too_big.get()),
        ("truncated", c.truncated.get()),
        ("outdated", c.outdated.get()),
    ]
}
