//! The verdict of an `expect` on what was received so far.
use super::answer;
use super::probe::{self, Found};
use super::script::Run;
use crate::plan::check::{Code, Expect, Family, HeaderWanted, Matcher, Saying, Step, Text, What};
use crate::proto::h1::{BodyReader, RequestKind};
use crate::proto::http::ResponseHead;
use crate::rules::regex::Regex;
use crate::share::CheckStatus;
use std::fmt::Write;

/// What is known of the bytes received since something was last sent.
#[derive(Default)]
pub struct Received {
    /// No more will come: the peer closed, or it sent too much.
    pub ended: bool,
    /// The status of the answer, or what `status-code` made.
    pub code: i32,
    pub kind: RequestKind,
}

/// A verdict.
pub enum Judged {
    Good,
    Bad(Found),
    /// Not decided yet.
    More,
}

/// Over plain bytes.
pub fn tcp(run: &mut Run<'_>, step: &Step, expect: &Expect) -> Judged {
    let (input, ended) = (&run.context.input, run.received.ended);
    let status = expect.error_status.unwrap_or(CheckStatus::L7Response);
    if input.is_empty() && ended {
        let info = format!("TCPCHK got an empty response at step {}", step.number);
        let found = Found { status, code: code(run, expect), info };
        return Judged::Bad(found);
    }
    let least = match &expect.what {
        What::Text(wanted) | What::Binary(wanted) => wanted.len(),
        _ => 0,
    };
    let least = least.max(usize::try_from(expect.min_recv).unwrap_or(0));
    if !ended && input.len() < least {
        return Judged::More;
    }
    let matched = match &expect.what {
        What::Text(wanted) | What::Binary(wanted) => holds(input, wanted),
        What::Regex(regex) => matches_line(regex, input),
        What::BinaryRegex(regex) => regex.is_match(to_hex(input).as_bytes()),
        What::Format(format) => holds(input, &run.context.text(format)),
        What::BinaryFormat(format) => unhex(&run.context.text(format)).is_some_and(|w| holds(input, &w)),
        What::Builtin(builtin) => return super::protocols::judge(run, *builtin),
        _ => false,
    };
    if !matched && !ended && expect.min_recv == -1 {
        return Judged::More;
    }
    if matched != expect.inverse {
        return Judged::Good;
    }
    Judged::Bad(bad(run, step, expect, status, matched, ""))
}

/// Over an HTTP answer.
pub fn http(run: &mut Run<'_>, step: &Step, expect: &Expect) -> Judged {
    let ended = run.received.ended;
    let mut head = run.context.head.take().unwrap_or_default();
    let answer::Whole { consumed, digits } =
        match answer::read(&run.context.input, run.received.kind, &mut head) {
            Ok(whole) => whole,
            Err(answer::Stop::More) if !ended => return Judged::More,
            Err(_) => return Judged::Bad(bad(run, step, expect, CheckStatus::L7Response, false, "")),
        };
    run.received.code = i32::from(head.status);
    run.context.head = Some(head);
    if run.script.disable_on_404 && run.received.code == 404 && run.watch.is_up() {
        return Judged::Good;
    }
    let head = run.context.head.as_ref().expect("just set");
    let (status, matched) = match &expect.what {
        What::Status(ranges) => {
            (CheckStatus::L7Status, ranges.iter().any(|(low, high)| (*low..=*high).contains(&head.status)))
        }
        What::StatusRegex(regex) => (CheckStatus::L7Status, regex.is_match(&run.context.input[digits])),
        What::Header(wanted) => (CheckStatus::L7Status, header(run, wanted, head)),
        _ => return body(run, step, expect, consumed),
    };
    if matched != expect.inverse {
        return Judged::Good;
    }
    let reason = String::from_utf8_lossy(head.reason()).into_owned();
    let status = expect.error_status.unwrap_or(status);
    Judged::Bad(bad(run, step, expect, status, matched, &reason))
}

fn body(run: &mut Run<'_>, step: &Step, expect: &Expect, consumed: usize) -> Judged {
    let status = expect.error_status.unwrap_or(CheckStatus::L7Response);
    let mut content = run.context.input[consumed..].to_vec();
    let framing = run.context.head.as_ref().map_or_else(Default::default, |h| h.body);
    let mut reader = BodyReader::stripping(framing);
    let whole = match reader.walk(&mut content) {
        Ok(walk) => {
            content.truncate(walk.out_len);
            walk.done || run.received.ended
        }
        Err(_) => return Judged::Bad(bad(run, step, expect, CheckStatus::L7Response, false, "")),
    };
    if content.is_empty() {
        if !whole {
            return Judged::More;
        }
        let text = "HTTP content check could not find a response body";
        return Judged::Bad(bad(run, step, expect, status, false, text));
    }
    let least = usize::try_from(expect.min_recv).unwrap_or(0);
    if !whole && content.len() < least {
        return Judged::More;
    }
    let matched = match &expect.what {
        What::Body(wanted) => holds(&content, wanted),
        What::BodyRegex(regex) => matches_line(regex, &content),
        What::BodyFormat(format) => holds(&content, &run.context.text(format)),
        _ => false,
    };
    if !matched && !whole && expect.min_recv == -1 {
        return Judged::More;
    }
    if matched != expect.inverse {
        return Judged::Good;
    }
    let text = match expect.inverse {
        true => "HTTP check matched unwanted content",
        false => "HTTP content check did not match",
    };
    Judged::Bad(bad(run, step, expect, status, matched, text))
}

fn header(run: &Run<'_>, wanted: &HeaderWanted, head: &ResponseHead) -> bool {
    head.head.fields().any(|(name, value)| {
        if !fits(run, &wanted.name, name, true) {
            return false;
        }
        let Some(matcher) = &wanted.value else { return true };
        if wanted.full {
            return fits(run, matcher, value.trim_ascii(), false);
        }
        value.split(|b| *b == b',').any(|part| fits(run, matcher, part.trim_ascii(), false))
    })
}

fn fits(run: &Run<'_>, matcher: &Matcher, text: &[u8], name: bool) -> bool {
    let wanted = |t: &Text| {
        let mut bytes = match t {
            Text::Plain(text) => text.clone().into_bytes(),
            Text::Format(format) => run.context.text(format),
        };
        if name {
            bytes.make_ascii_lowercase();
        }
        bytes
    };
    let lower = if name { text.to_ascii_lowercase() } else { Vec::new() };
    let text = if name { lower.as_slice() } else { text };
    match matcher {
        Matcher::Equal(t) => text == wanted(t),
        Matcher::Begins(t) => text.starts_with(&wanted(t)),
        Matcher::Ends(t) => text.ends_with(&wanted(t)),
        Matcher::Holds(t) => holds(text, &wanted(t)),
        Matcher::Regex(regex) => regex.is_match(text),
    }
}

/// How a check ends at an `expect` that does not hold. `words` are those of the kind of expectation, if it has any.
fn bad(
    run: &mut Run<'_>,
    step: &Step,
    expect: &Expect,
    status: CheckStatus,
    matched: bool,
    words: &str,
) -> Found {
    let own = said(run, expect.on_error.as_ref());
    let mut info = match own {
        Some(own) => own,
        None if !words.is_empty() || run.script.family != Family::Tcp => words.to_owned(),
        None => unmatched(step, expect, matched),
    };
    if let Some(comment) = &step.comment {
        let _ = write!(info, " comment: {comment}");
    }
    let code = code(run, expect);
    Found { status, code, info: probe::cut(info) }
}

fn unmatched(step: &Step, expect: &Expect, matched: bool) -> String {
    let what = match &expect.what {
        What::Text(wanted) => format!(" '{}'", String::from_utf8_lossy(wanted)),
        What::Binary(_) => " (binary)".to_owned(),
        What::Regex(_) => " (regex)".to_owned(),
        What::BinaryRegex(_) => " (binary regex)".to_owned(),
        What::Format(_) => " (log-format string)".to_owned(),
        What::BinaryFormat(_) => " (log-format binary)".to_owned(),
        _ => String::new(),
    };
    let begin = if matched { "TCPCHK matched unwanted content" } else { "TCPCHK did not match content" };
    format!("{begin}{what} at step {}", step.number)
}

/// What `on-error` or `on-success` says; nothing where there is none.
pub fn said(run: &Run<'_>, saying: Option<&Saying>) -> Option<String> {
    let input = &run.context.input;
    let bytes = match saying? {
        Saying::Format(format) => run.context.text(format),
        Saying::Text(text) => return Some((*text).to_owned()),
        Saying::From(at) => input.get(*at..).unwrap_or_default().to_vec(),
        Saying::LineFrom(at) => {
            let from = input.get(*at..).unwrap_or_default();
            let blanks = from.iter().take_while(|b| **b == b' ').count();
            let line = &from[blanks..];
            let end = line.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(line.len());
            line[..end].to_vec()
        }
    };
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
}

/// What `status-code` gives, else the answer's own status.
pub fn code(run: &Run<'_>, expect: &Expect) -> i32 {
    let number = match &expect.code {
        None => return run.received.code,
        Some(Code::Expr(expr)) => run.context.eval(expr).and_then(|s| s.as_int()),
        Some(Code::Digits(count)) => {
            let digits = run.context.input.get(..*count).and_then(|d| std::str::from_utf8(d).ok());
            digits.and_then(|d| d.parse().ok())
        }
    };
    number.and_then(|n| i32::try_from(n).ok()).unwrap_or(0)
}

/// As HAProxy's library, whose `$` also matches before the line feed that ends a text.
fn matches_line(regex: &Regex, text: &[u8]) -> bool {
    regex.is_match(text) || text.strip_suffix(b"\n").is_some_and(|line| regex.is_match(line))
}

pub fn holds(text: &[u8], wanted: &[u8]) -> bool {
    wanted.is_empty() || text.windows(wanted.len()).any(|w| w == wanted)
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        let _ = write!(out, "{b:02X}");
        out
    })
}

/// Hexadecimal digits as bytes; nothing where they are none.
pub fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |b: u8| char::from(b).to_digit(16);
    text.chunks(2).map(|two| Some((digit(two[0])? << 4 | digit(two[1])?) as u8)).collect()
}
