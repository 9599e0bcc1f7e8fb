//! `tcp-check send…` and `http-check send`.
use super::{argument, error, hex, sample};
use crate::plan::check::{Action, Ask, Payload, Text};
use crate::syntax::{Diag, Word};
use crate::vocab::row;
use std::sync::Arc;

/// `tcp-check send`, `send-binary`, `send-lf`, `send-binary-lf`.
pub fn bytes(words: &[Word]) -> Result<(Action, Option<String>), Diag> {
    let what = words[1].text();
    let kind = if what == "send-binary" { "binary string" } else { "string" };
    let value = argument(words, 2, &format!("'{kind}' expects a {what} as argument"))?;
    let mut comment = None;
    match words.get(3).map(Word::text) {
        None => {}
        Some("comment") => {
            comment = Some(argument(words, 4, "'comment' expects a string as argument.")?.text().to_owned());
            extra(words, 5)?;
        }
        Some(_) => extra(words, 3)?,
    }
    let payload = match what {
        "send" => Payload::Bytes(value.bytes().to_vec()),
        "send-binary" => Payload::Bytes(hex(value.text()).map_err(|e| {
            error(words, value.span, &format!("'{}' invalid binary string ({e}).\n", value.text()))
        })?),
        "send-lf" => Payload::Format(format(words, value)?),
        _ => Payload::HexFormat(format(words, value)?),
    };
    Ok((Action::Send(payload), comment))
}

fn extra(words: &[Word], at: usize) -> Result<(), Diag> {
    match words.get(at) {
        None => Ok(()),
        Some(word) => {
            let text = format!("expects 'comment' but got '{}' as argument.", word.text());
            Err(error(words, word.span, &text))
        }
    }
}

/// A log-format string, with HAProxy's frame around what is wrong with it.
pub fn format(words: &[Word], value: &Word) -> Result<crate::rules::Format, Diag> {
    sample::format(value).map_err(|d| {
        let text = format!("'{}' invalid log-format string ({}).\n", value.text(), d.message);
        error(words, value.span, &text)
    })
}

/// `http-check send`.
pub fn ask(words: &[Word]) -> Result<(Action, Option<String>), Diag> {
    let mut ask = Ask::default();
    let mut comment = None;
    let mut at = 2;
    let string = |at: usize| {
        let name = row::text(words, at);
        argument(words, at + 1, &format!("'{name}' expects a string as argument."))
    };
    while let Some(word) = words.get(at) {
        match word.text() {
            "meth" => ask.method = Some(string(at)?.text().to_owned()),
            "uri" => ask.uri = Some(Arc::new(Text::Plain(string(at)?.text().to_owned()))),
            "uri-lf" => ask.uri = Some(Arc::new(Text::Format(format(words, string(at)?)?))),
            "ver" => ask.version = Some(string(at)?.text().to_owned()),
            "body" => ask.body = Some(Arc::new(Text::Plain(string(at)?.text().to_owned()))),
            "body-lf" => ask.body = Some(Arc::new(Text::Format(format(words, string(at)?)?))),
            "comment" => comment = Some(string(at)?.text().to_owned()),
            "hdr" => {
                let (Some(name), Some(value)) = (words.get(at + 1), words.get(at + 2)) else {
                    return Err(error(words, word.span, "'hdr' expects <name> and <value> as arguments"));
                };
                header(words, name, value, &mut ask)?;
                at += 1;
            }
            other => {
                let text = format!(
                    "expects 'comment', 'meth', 'uri', 'uri-lf', 'ver', 'hdr', 'body' or 'body-lf' but got '{other}' as \
                     argument."
                );
                return Err(error(words, word.span, &text));
            }
        }
        at += 2;
    }
    Ok((Action::Ask(ask), comment))
}

/// The fields that we write ourselves are left out, and of `TE` stays only what may pass, as with HAProxy.
fn header(words: &[Word], name: &Word, value: &Word, ask: &mut Ask) -> Result<(), Diag> {
    let lower = name.text().to_ascii_lowercase();
    let value = match lower.as_str() {
        "content-length" | "transfer-encoding" => return Ok(()),
        "te" if !value.text().to_ascii_lowercase().contains("trailers") => return Ok(()),
        "te" => Text::Plain("trailers".to_owned()),
        _ => Text::Format(format(words, value)?),
    };
    ask.headers.push((lower, Arc::new(value)));
    Ok(())
}
