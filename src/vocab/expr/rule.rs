//! `http-request`, `http-response`, `tcp-request connection`, `redirect`: an action and its condition.
use super::acl::{AclScope, parse_condition};
use super::available::places_of;
use super::sample::suggest;
use crate::rules::{Rule, places};
use crate::syntax::{Diag, Span, Word};
use crate::vocab::action::{self, CONNECTION, Cursor, REDIRECT, REQUEST, RESPONSE, Rulesets, SESSION};
use crate::vocab::known_rules;

/// A family of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruleset {
    /// As written: `http-request`.
    pub name: &'static str,
    bit: Rulesets,
}

pub const HTTP_REQUEST: Ruleset = Ruleset { name: "http-request", bit: REQUEST };
pub const HTTP_RESPONSE: Ruleset = Ruleset { name: "http-response", bit: RESPONSE };

impl Ruleset {
    /// One of the sets of `tcp-request`.
    #[must_use]
    pub fn tcp(bit: Rulesets) -> Ruleset {
        let name = match bit {
            CONNECTION => "tcp-request connection",
            SESSION => "tcp-request session",
            _ => "tcp-request content",
        };
        Ruleset { name, bit }
    }
}

/// Reads what stands behind `http-request`.
///
/// # Errors
/// As [`parse_rule`].
pub fn parse_http_request(scope: &mut AclScope, words: &[Word]) -> Result<Rule, Diag> {
    parse_rule(HTTP_REQUEST, scope, words)
}

/// Reads what stands behind `http-response`.
///
/// # Errors
/// As [`parse_rule`].
pub fn parse_http_response(scope: &mut AclScope, words: &[Word]) -> Result<Rule, Diag> {
    parse_rule(HTTP_RESPONSE, scope, words)
}

/// Reads what stands behind `redirect`.
///
/// # Errors
/// As [`parse_rule`].
pub fn parse_redirect(scope: &mut AclScope, words: &[Word]) -> Result<Rule, Diag> {
    let mut cursor = Cursor::new(&words[0], words, REDIRECT, places::ALL);
    let action = action::parse_redirect(&mut cursor)?;
    finish(scope, "redirect", words, &cursor, action)
}

/// Reads an action, its arguments and its condition.
///
/// # Errors
/// HAProxy's words for an unknown action, wrong arguments or a wrong condition, without the name of the line before them.
pub fn parse_rule(ruleset: Ruleset, scope: &mut AclScope, words: &[Word]) -> Result<Rule, Diag> {
    let name = &words[0];
    let Some(row) = action::find_in(name.text(), ruleset.bit) else {
        return Err(unknown(ruleset, name));
    };
    let here = places_of(ruleset.bit, scope.section);
    let mut cursor = Cursor::new(name, &words[1..], ruleset.bit, here);
    let action = (row.parse)(&mut cursor)?;
    scope.warnings.append(&mut cursor.warnings);
    finish(scope, ruleset.name, words, &cursor, action)
}

fn finish(
    scope: &mut AclScope,
    kind: &str,
    words: &[Word],
    cursor: &Cursor<'_>,
    action: Box<dyn crate::rules::Action>,
) -> Result<Rule, Diag> {
    let rest = cursor.rest();
    let condition = match rest.first() {
        None => None,
        Some(word) if word == "if" || word == "unless" => Some(parse_condition(scope, rest)?),
        Some(word) => {
            let message = format!("expects 'if', 'unless' or end of line but found '{}'", word.text());
            return Err(Diag::alert(word.span, message));
        }
    };
    let text = words.iter().map(Word::text).collect::<Vec<_>>().join(" ");
    let (first, last) = (words[0].span, words[words.len() - 1].span);
    let at = Span { len: (last.col + last.len).saturating_sub(first.col), ..first };
    Ok(Rule { condition, action, at, text: format!("{kind} {text}") })
}

fn unknown(ruleset: Ruleset, name: &Word) -> Diag {
    let word = name.text();
    if known_rules::is_action(word) {
        let message = format!(
            "action '{word}' in '{}': Ringmain does not support this HAProxy action yet",
            ruleset.name
        );
        return Diag::alert(name.span, message);
    }
    let names = || action::rows().filter(move |r| r.rulesets & ruleset.bit != 0).map(|r| r.name);
    let list = names().map(|n| format!("'{n}'")).collect::<Vec<_>>().join(", ");
    let message = format!("'{}' expects {list} but got '{word}'.", ruleset.name);
    suggest(Diag::alert(name.span, message), word, names())
}
