//! `expect hdr name <name> [value [-m <method>] <value>]`, and `fhdr`.
use super::expect::regex;
use super::send::format;
use super::{argument, error};
use crate::plan::check::{HeaderWanted, Matcher, Text, What};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub fn parse(words: &[Word], at: usize, kind: &str) -> Result<(What, usize), Diag> {
    let missing = format!("'{kind}' expects at the name keyword as first argument followed by a pattern");
    let mut next = at + 1;
    // `name` or `name-lf`.
    let is_format = row::text(words, next) == "name-lf";
    if (row::text(words, next) != "name" && !is_format) || words.len() <= next + 1 {
        return Err(error(words, row::place(words, next), &missing));
    }
    next += 1;
    let name = matcher(words, &mut next, kind, is_format, &missing)?;
    let mut value = None;
    let is_format = row::text(words, next) == "value-lf";
    if row::text(words, next) == "value" || is_format {
        next += 1;
        let missing = format!("'{kind}' expect a pattern with the value keyword");
        value = Some(matcher(words, &mut next, kind, is_format, &missing)?);
    }
    let wanted = HeaderWanted { full: kind == "fhdr", name, value };
    Ok((What::Header(wanted), next - at - 1))
}

fn matcher(
    words: &[Word],
    next: &mut usize,
    kind: &str,
    is_format: bool,
    missing: &str,
) -> Result<Matcher, Diag> {
    let mut method = "str";
    if row::text(words, *next) == "-m" {
        method = row::text(words, *next + 1);
        let list = "('str', 'beg', 'end', 'sub' or 'reg')";
        if method.is_empty() {
            let text = format!("'{kind}' : '-m' expects at a matching pattern {list}");
            return Err(error(words, row::place(words, *next), &text));
        }
        if !["str", "beg", "end", "sub", "reg"].contains(&method) {
            let text =
                format!("'{kind}' : '-m' only supports 'str', 'beg', 'end', 'sub' or 'reg' (got '{method}')");
            return Err(error(words, words[*next + 1].span, &text));
        }
        *next += 2;
    }
    let word = argument(words, *next, missing)?;
    *next += 1;
    if method == "reg" {
        return Ok(Matcher::Regex(regex(words, word)?));
    }
    let text = match is_format {
        true => Text::Format(format(words, word)?),
        false => Text::Plain(word.text().to_owned()),
    };
    Ok(match method {
        "beg" => Matcher::Begins(text),
        "end" => Matcher::Ends(text),
        "sub" => Matcher::Holds(text),
        _ => Matcher::Equal(text),
    })
}
