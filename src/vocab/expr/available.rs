//! Whether what an expression reads is there when a rule runs; HAProxy's words where it is not.
use super::sample::Parsed;
use crate::rules::Condition;
use crate::rules::places::{self, Places};
use crate::syntax::{Diag, Word};
use crate::vocab::action::{CONNECTION, CONTENT, REDIRECT, REQUEST, RESPONSE, Rulesets, SESSION};
use crate::vocab::row::{self, Sections};

/// Where the rules of a set in a section run. A `listen` has both halves; `defaults` count as a backend for HAProxy.
#[must_use]
pub fn places_of(set: Rulesets, section: Sections) -> Places {
    let (front, back) = match set {
        CONNECTION => return places::FE_CONNECTION,
        SESSION => return places::FE_SESSION,
        CONTENT => (places::FE_CONTENT, places::BE_CONTENT),
        RESPONSE => (places::FE_RESPONSE, places::BE_RESPONSE),
        REQUEST | REDIRECT => (places::FE_REQUEST, places::BE_REQUEST),
        _ => return places::ALL,
    };
    match section {
        row::FRONTEND => front,
        row::BACKEND | row::DEFAULTS => back,
        _ => front | back,
    }
}

/// Checks an expression of a rule. `called` is what HAProxy's message calls the fetch.
///
/// # Errors
/// It reads what is not there.
pub fn available(places: Places, word: &Word, called: &str, parsed: &Parsed) -> Result<(), Diag> {
    if parsed.expr.places & places != 0 {
        return Ok(());
    }
    let text = format!(
        "fetch method '{called}' extracts information from '{}', none of which is available here",
        parsed.scope.needs()
    );
    Err(Diag::alert(word.span, text))
}

/// What HAProxy warns of a condition that can never hold where it stands, or of which a part cannot. `within` is what some of
/// its messages add to where.
#[must_use]
pub fn misplaced(condition: &Condition, here: Places, within: &str, at: &Word) -> Option<Diag> {
    let acls = || condition.any_of.iter().flatten().map(|term| &*term.acl);
    let place = places::name(here);
    let never = acls().find(|acl| acl.lines().all(|line| line.expr.places & here == 0));
    let text = if let Some(acl) = never {
        match acl.lines().next() {
            Some(line) if acl.name.is_empty() => format!(
                "anonymous acl will never match{within} because it uses keyword '{}' which is incompatible with '{place}'",
                line.keyword
            ),
            _ => format!(
                "acl '{}' will never match{within} because it only involves keywords that are incompatible with '{place}'",
                acl.name
            ),
        }
    } else {
        let part = |acl: &'_ crate::rules::Acl| {
            acl.lines().find(|line| line.expr.places & here == 0).map(|line| line.keyword.clone())
        };
        let (acl, keyword) = acls().find_map(|acl| Some((acl, part(acl)?)))?;
        format!(
            "acl '{}' involves keywords '{keyword}'{within} which is incompatible with '{place}'",
            acl.name
        )
    };
    Some(Diag::warning(at.span, text).help(
        "what is read is not there at that time: keep it before, as with `http-request set-var(txn.name)`",
    ))
}
