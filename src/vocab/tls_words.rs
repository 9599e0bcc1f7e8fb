//! Words about TLS on `bind` and `server` lines. Ringmain has no TLS yet: a line with `ssl` is refused. Without `ssl` none
//! of these words has an effect in HAProxy either, and files carry them on lines whose `ssl` went, or where
//! `default-server` gives them to all. So they are read, checked as HAProxy checks them, and told of with `-dD`.
use super::row::{self, DirectiveCx};
use crate::syntax::{Diag, Word};
use std::io;
use std::path::Path;

/// What stands behind such a word.
#[derive(Clone, Copy, Debug)]
pub enum Argument {
    /// Nothing.
    None,
    /// Something, which HAProxy misses in these words.
    Text(&'static str),
    /// Names between commas.
    Protocols(&'static str),
    /// How a certificate is looked at: these words are known.
    Verify(&'static [&'static str]),
    /// A version of TLS.
    Version,
    /// Numbers or names of errors between commas.
    Errors,
    /// A file that is opened while the configuration is read.
    File(File),
}

/// Which file, and HAProxy's words where it is missing or cannot be opened.
#[derive(Clone, Copy, Debug)]
pub enum File {
    Authorities,
    Revoked,
    Certificate,
    Certificates,
    TicketKeys,
}

/// The versions HAProxy knows.
const VERSIONS: [&str; 5] = ["SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

/// Checks the argument; `words` begin with the word itself.
///
/// # Errors
/// HAProxy's inner text, without the full stop that some of its lines end with.
pub fn check(cx: &mut DirectiveCx<'_>, what: Argument, words: &[Word]) -> Result<(), Diag> {
    let (name, value) = (words[0].text(), row::text(words, 1));
    let wrong = |text: String| Err(Diag::alert(row::place(words, 1), text));
    let missing = |what: &str| wrong(format!("'{name}' : missing {what}"));
    match what {
        Argument::None => Ok(()),
        Argument::Text(what) | Argument::Protocols(what) if value.is_empty() => missing(what),
        Argument::Text(_) => Ok(()),
        Argument::Protocols(_) => match value.split(',').find(|name| name.len() > 255) {
            Some(long) => wrong(format!("'{name}' : {} protocol name too long : '{long}'", upper(name))),
            None => Ok(()),
        },
        Argument::Verify(_) if value.is_empty() => missing("verify method"),
        Argument::Verify(known) if known.contains(&value) => Ok(()),
        Argument::Verify(known) => {
            let known = match known {
                [first, last] => format!("'{first}' and '{last}'"),
                _ => format!("'{}'", known.join("', '").replacen(", 'req", ", and 'req", 1)),
            };
            wrong(format!("'{name}' : unknown verify method '{value}', only {known} are supported"))
        }
        Argument::Version => version(name, value).or_else(wrong),
        Argument::Errors => errors(name, value).or_else(wrong),
        Argument::File(file) => opened(cx, file, name, value).or_else(wrong),
    }
}

/// Notes that a word changes nothing; all of them are told in one diagnostic.
pub fn note(cx: &mut DirectiveCx<'_>, what: &str, word: &Word) {
    let idle = &mut cx.draft.without_tls;
    if idle.iter().all(|(name, _)| name != what) {
        idle.push((what.to_owned(), word.span));
    }
}

/// `ssl-min-ver` and `ssl-max-ver`.
///
/// # Errors
/// HAProxy's words.
pub fn version(name: &str, value: &str) -> Result<(), String> {
    match value {
        "" => Err(format!("'{name}' : missing the ssl/tls version")),
        _ if VERSIONS.contains(&value) => Ok(()),
        _ => Err(format!("'{value}' : unknown ssl/tls version")),
    }
}

fn upper(name: &str) -> &'static str {
    if name.ends_with("npn") { "NPN" } else { "ALPN" }
}

/// How many errors OpenSSL numbers.
const LAST_ERROR: u32 = 94;

fn errors(name: &str, list: &str) -> Result<(), String> {
    if list.is_empty() {
        return Err(format!("'{name}' : missing error IDs list"));
    }
    if list == "all" {
        return Ok(());
    }
    for id in list.split(',') {
        match id.parse::<u32>() {
            Ok(1..=LAST_ERROR) => {}
            Ok(_) => {
                return Err(format!(
                    "'{name}' : ID '{id}' out of range (1..{LAST_ERROR}) in error IDs list '{list}'"
                ));
            }
            Err(_) if id.starts_with("X509_V_ERR_") => {}
            Err(_) => {
                return Err(format!("'{name}' : error constant '{id}' unknown in error IDs list '{list}'"));
            }
        }
    }
    Ok(())
}

fn opened(cx: &DirectiveCx<'_>, file: File, name: &str, path: &str) -> Result<(), String> {
    if path.is_empty() {
        let what = match file {
            File::Authorities => "CAfile path",
            File::Revoked => "CRLfile path",
            File::Certificate | File::Certificates => "certificate location",
            File::TicketKeys => "TLS ticket keys file path",
        };
        return Err(format!("'{name}' : missing {what}"));
    }
    // What HAProxy finds elsewhere than in files.
    if path.starts_with('@') {
        return Ok(());
    }
    let bases = &cx.draft.tls_bases;
    let base = match file {
        File::Authorities | File::Revoked => bases.authorities.as_deref(),
        File::Certificate => bases.certificates.as_deref(),
        File::Certificates | File::TicketKeys => None,
    };
    let full = base.map_or_else(|| path.into(), |base| Path::new(base).join(path));
    let Err(error) = std::fs::metadata(&full) else { return Ok(()) };
    let full = full.display();
    Err(match file {
        File::Authorities | File::Revoked => format!("'{name}' : unable to load {full}"),
        File::Certificate => {
            format!("unable to stat SSL certificate from file '{full}' : {}.", reason(&error))
        }
        File::Certificates => format!("'{name}' : cannot open file '{full}' : {}", reason(&error)),
        File::TicketKeys => format!("'{full}' : unable to load ssl tickets keys file"),
    })
}

/// The system's text without its number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
