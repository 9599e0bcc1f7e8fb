//! `tcp-check expect` and `http-check expect`.
use super::expect_header;
use super::send::format;
use super::{Kind, argument, error, hex, sample};
use crate::base::units::leading_int;
use crate::plan::check::{Action, Builtin, Code, Expect, Saying, What};
use crate::rules::regex::Regex;
use crate::share::CheckStatus;
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub fn parse(words: &[Word], kind: Kind) -> Result<(Action, Option<String>), Diag> {
    if words.len() < 3 {
        let text = "expects at least a matching pattern as arguments";
        return Err(error(words, row::place(words, 2), text));
    }
    // What is looked for is not known yet: this place is taken when it is.
    let mut expect = Expect::new(What::Builtin(Builtin::MysqlGreeting));
    let (mut found, mut comment) = (None, None);
    let mut at = 2;
    while let Some(word) = words.get(at) {
        let mut name = word.text();
        if !is_extra(&mut expect, words, at, &mut comment)? {
            let mut inverse = false;
            while let Some(rest) = name.strip_prefix('!') {
                (inverse, name) = (true, rest);
                if name.is_empty() {
                    at += 1;
                    name = row::text(words, at);
                }
            }
            if found.is_some() && is_pattern(name, kind) {
                return Err(error(words, word.span, "only on pattern expected"));
            }
            let (what, used) = pattern(words, at, name, kind)?;
            found = Some(what);
            expect.inverse = inverse;
            at += used;
        } else {
            at += 1;
        }
        at += 1;
    }
    match found {
        Some(what) => expect.what = what,
        None => {
            let text = "expects at least a matching pattern as arguments";
            return Err(error(words, row::place(words, words.len()), text));
        }
    }
    Ok((Action::Expect(expect), comment))
}

/// The words that stand beside the pattern, each with one argument.
fn is_extra(
    expect: &mut Expect,
    words: &[Word],
    at: usize,
    comment: &mut Option<String>,
) -> Result<bool, Diag> {
    let name = words[at].text();
    let string = || argument(words, at + 1, &format!("'{name}' expects a string as argument"));
    match name {
        "min-recv" => {
            let word = argument(words, at + 1, "'min-recv' expects a integer as argument")?;
            match i32::try_from(leading_int(word.text())) {
                Ok(n @ -1..) => expect.min_recv = n,
                _ => {
                    let text = "'min-recv' expects -1 or an integer from 0 to INT_MAX";
                    return Err(error(words, word.span, text));
                }
            }
        }
        "comment" => *comment = Some(string()?.text().to_owned()),
        "on-success" => expect.on_success = Some(Saying::Format(format(words, string()?)?)),
        "on-error" => expect.on_error = Some(Saying::Format(format(words, string()?)?)),
        "status-code" => {
            let word = string()?;
            let expr = sample::expression(word, word.text(), 0).map_err(|d| {
                let text = format!("error detected while parsing status-code expression : {}", d.message);
                error(words, word.span, &text)
            })?;
            expect.code = Some(Code::Expr(expr));
        }
        "ok-status" => {
            expect.ok_status = Some(status(
                words,
                string()?,
                "'L4OK', 'L6OK', 'L7OK' or 'L7OKC'",
                &[CheckStatus::L4Ok, CheckStatus::L6Ok, CheckStatus::L7Ok, CheckStatus::L7OkConditional],
            )?);
        }
        "error-status" => {
            let list = [
                CheckStatus::L4Connection,
                CheckStatus::L6Response,
                CheckStatus::L7Response,
                CheckStatus::L7Status,
            ];
            expect.error_status =
                Some(status(words, string()?, "'L4CON', 'L6RSP', 'L7RSP' or 'L7STS'", &list)?);
        }
        "tout-status" => {
            let list = [CheckStatus::L4Timeout, CheckStatus::L6Timeout, CheckStatus::L7Timeout];
            expect.timeout_status = Some(status(words, string()?, "'L4TOUT', 'L6TOUT' or 'L7TOUT'", &list)?);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn status(words: &[Word], word: &Word, names: &str, list: &[CheckStatus]) -> Result<CheckStatus, Diag> {
    list.iter().find(|s| s.name().eq_ignore_ascii_case(word.text())).copied().ok_or_else(|| {
        let option = words.iter().position(|w| w.span == word.span).map_or("", |i| words[i - 1].text());
        let text = format!("'{option}' only supports {names} status (got '{}').", word.text());
        error(words, word.span, &text)
    })
}

fn is_pattern(name: &str, kind: Kind) -> bool {
    match kind {
        Kind::Tcp => ["string", "rstring", "binary", "rbinary", "string-lf", "binary-lf"].contains(&name),
        Kind::Http => ["string", "rstring", "string-lf", "status", "rstatus", "hdr", "fhdr"].contains(&name),
    }
}

/// The pattern at `at`, and how many words behind it are its own.
fn pattern(words: &[Word], at: usize, name: &str, kind: Kind) -> Result<(What, usize), Diag> {
    if !is_pattern(name, kind) {
        let list = match kind {
            Kind::Tcp => {
                "'only supports min-recv, '[!]binary', '[!]string', '[!]rstring', '[!]string-lf''[!]rbinary', \
                 '[!]binary-lf' or comment"
            }
            Kind::Http => {
                "'only supports min-recv, [!]string', '[!]rstring', '[!]string-lf', '[!]status', '[!]rstatus', [!]hdr, \
                 [!]fhdr or comment"
            }
        };
        let text = format!("{list} but got '{name}' as argument.");
        return Err(error(words, row::place(words, at), &text));
    }
    if let "hdr" | "fhdr" = name {
        return expect_header::parse(words, at, name);
    }
    let word = argument(words, at + 1, &format!("'{name}' expects a <pattern> as argument"))?;
    let http = kind == Kind::Http;
    let bytes = || word.bytes().to_vec();
    let what = match name {
        "string" if http => What::Body(bytes()),
        "string" => What::Text(bytes()),
        "rstring" if http => What::BodyRegex(regex(words, word)?),
        "rstring" => What::Regex(regex(words, word)?),
        "string-lf" if http => What::BodyFormat(format(words, word)?),
        "string-lf" => What::Format(format(words, word)?),
        "binary-lf" => What::BinaryFormat(format(words, word)?),
        "rbinary" => What::BinaryRegex(regex(words, word)?),
        "binary" => What::Binary(
            hex(word.text()).map_err(|e| error(words, word.span, &format!("invalid binary string ({e})")))?,
        ),
        "rstatus" => What::StatusRegex(regex(words, word)?),
        _ => What::Status(codes(words, word)?),
    };
    Ok((what, 1))
}

pub fn regex(words: &[Word], word: &Word) -> Result<Regex, Diag> {
    Regex::new(word.text(), false).map_err(|e| {
        let first = e.lines().next_back().unwrap_or_default().trim().trim_start_matches("error: ").to_owned();
        error(words, word.span, &format!("regex '{}' is invalid (error={first})", word.text()))
    })
}

/// `200,300-399`.
fn codes(words: &[Word], word: &Word) -> Result<Vec<(u16, u16)>, Diag> {
    let text = word.text();
    let wrong = |inner: String| error(words, word.span, &inner);
    if let Some(c) = text.chars().find(|c| !c.is_ascii_digit() && *c != ',' && *c != '-') {
        return Err(wrong(format!("invalid character '{c}' in the list of status codes")));
    }
    text.split(',')
        .map(|range| {
            let (low, high) = range.split_once('-').unwrap_or((range, range));
            match (low.parse(), high.parse()) {
                (Ok(low), Ok(high)) if low <= high => Ok((low, high)),
                _ => Err(wrong(format!("invalid range of status codes '{range}'"))),
            }
        })
        .collect()
}
