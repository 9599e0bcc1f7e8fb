//! Sample expressions and log-format strings of checks: what the rule language has, and `res.payload` and `var`, which only
//! a check can answer here.
use crate::rules::format::{Format, Part, Style};
use crate::rules::places;
use crate::rules::sample::Sample;
use crate::rules::{Cx, Fetch, SampleExpr};
use crate::syntax::{Diag, Word};
use crate::vocab::expr;
use crate::vocab::fetch::Scope;
use std::borrow::Cow;

/// Reads an expression, `text` at `at` of `word`.
///
/// # Errors
/// HAProxy's words.
pub fn expression(word: &Word, text: &str, at: usize) -> Result<SampleExpr, Diag> {
    let first = expr::split_expr(text)
        .ok()
        .and_then(|calls| Some((calls.first()?.clone(), calls.get(1).map(|c| c.at - 1))));
    if let Some((call, rest)) = first
        && let Some(fetch) = own(&call.name, call.args.as_deref().unwrap_or_default())
    {
        // The converters are read behind a fetch that the language knows, which ours then takes the place of.
        let rest = rest.map_or("", |from| &text[from..]);
        let parsed = expr::parse_expr(word, &format!("always_true{rest}"), at, "sample")?;
        let fetch = fetch.map_err(|e| Diag::alert(word.sub(at, text.len()), e))?;
        return Ok(SampleExpr { fetch, text: text.to_owned(), ..parsed.expr });
    }
    let parsed = expr::parse_expr(word, text, at, "sample")?;
    if parsed.expr.places & places::CHECK == 0 || parsed.scope == Scope::Either {
        let text = format!("'{text}' needs a client's request: no check has one");
        return Err(Diag::alert(word.sub(at, text.len()), text));
    }
    Ok(parsed.expr)
}

/// Reads a log-format string.
///
/// # Errors
/// HAProxy's words.
pub fn format(word: &Word) -> Result<Format, Diag> {
    let text = word.text();
    let mut parts = Vec::new();
    let (mut at, mut from) = (0, 0);
    let plain = |from: usize, to: usize, parts: &mut Vec<Part>| -> Result<(), Diag> {
        if from < to {
            let piece = Word::new(text.as_bytes()[from..to].to_vec(), word.sub(from, to - from));
            parts.extend(expr::parse_format(&piece)?.parts);
        }
        Ok(())
    };
    while let Some(found) = text[at..].find('%') {
        let percent = at + found;
        let Some(inside) = text[percent..].strip_prefix("%[") else {
            // The second of `%%` begins nothing.
            at = (percent + 2).min(text.len());
            while !text.is_char_boundary(at) {
                at += 1;
            }
            continue;
        };
        plain(from, percent, &mut parts)?;
        let Some(end) = expr::closing(inside) else {
            return Err(Diag::alert(
                word.sub(percent, inside.len()),
                "missing ']' at the end of the expression",
            ));
        };
        let expr = expression(word, &inside[..end], percent + 2).map_err(|d| Diag {
            message: format!("failed to parse sample expression <{inside}> : {}", d.message),
            ..d
        })?;
        parts.push(Part::Expr(expr, Style::default()));
        at = percent + 2 + end + 1;
        from = at;
    }
    plain(from, text.len(), &mut parts)?;
    Ok(Format { parts, evaluates: true, ..Format::default() })
}

/// The fetches of checks.
fn own(name: &str, args: &[String]) -> Option<Result<Box<dyn Fetch>, String>> {
    match name {
        "var" => Some(match args {
            [name] if name.starts_with("check.") => Ok(Box::new(Variable(name.clone())) as Box<dyn Fetch>),
            [name] => {
                Err(format!("'var({name})' : Ringmain has only variables of the scope 'check' in checks"))
            }
            _ => Err("missing args for fetch method 'var' (at least 1 expected)".to_owned()),
        }),
        "res.payload" => {
            let number = |at: usize| args.get(at).and_then(|a| a.parse::<usize>().ok());
            Some(match (number(0), number(1)) {
                (Some(offset), Some(length)) if args.len() == 2 => {
                    Ok(Box::new(Payload { offset, length }) as Box<dyn Fetch>)
                }
                _ => {
                    Err("invalid args in fetch method 'res.payload' : expects <offset> and <length>"
                        .to_owned())
                }
            })
        }
        _ => None,
    }
}

/// `var(check.…)`.
#[derive(Debug)]
struct Variable(String);

impl Fetch for Variable {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        cx.facts.check_variable(&self.0)
    }
}

/// `res.payload(offset,length)`: what the server sent; length 0 is all of it.
#[derive(Debug)]
struct Payload {
    offset: usize,
    length: usize,
}

impl Fetch for Payload {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let bytes = cx.facts.check_input();
        let from = bytes.get(self.offset..)?;
        let part = if self.length == 0 { from } else { from.get(..self.length)? };
        Some(Sample::Bin(Cow::Borrowed(part)))
    }
}
