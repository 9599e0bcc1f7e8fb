//! Whether what an expression reads is there when a rule runs; HAProxy's words where it is not.
use super::sample::Parsed;
use crate::syntax::{Diag, Word};
use crate::vocab::action::{CONTENT, REQUEST, RESPONSE, Rulesets};
use crate::vocab::fetch::Scope;

/// Checks an expression of a set of rules. `called` is what HAProxy's message calls the fetch.
///
/// # Errors
/// It reads what is not there.
pub fn available(set: Rulesets, word: &Word, called: &str, parsed: &Parsed) -> Result<(), Diag> {
    let here = match parsed.scope {
        Scope::Any => true,
        // What lasts is there when the answer comes.
        Scope::Request if parsed.lasts => true,
        Scope::Request | Scope::Buffer => set & (REQUEST | CONTENT) != 0,
        Scope::Response => set & RESPONSE != 0,
    };
    if here {
        return Ok(());
    }
    let name = word.text().split(['(', ',']).next().unwrap_or_default();
    let what = match parsed.scope {
        Scope::Response if name.contains("hdr") || name.contains("cook") => "HTTP response headers",
        Scope::Response => "HTTP response",
        Scope::Buffer => "request buffer",
        _ => "HTTP request headers",
    };
    let text = format!(
        "fetch method '{called}' extracts information from '{what}', none of which is available here"
    );
    Err(Diag::alert(word.span, text))
}
