//! `fetch(args),conv(args),…` (configuration manual, 7.3).
use crate::rules::SampleExpr;
use crate::rules::sample::Kind;
use crate::syntax::{Diag, Word};
use crate::vocab::fetch::{Arg, FetchRow, Make, Plain, Scope};
use crate::vocab::{convert, fetch, known_rules};

/// One word and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub name: String,
    pub args: Option<Vec<String>>,
    /// Where the name begins in the text.
    pub at: usize,
}

/// Splits an expression into the fetch and its converters.
///
/// # Errors
/// Where a parenthesis is not closed or something stands behind one.
pub fn split_expr(text: &str) -> Result<Vec<Call>, String> {
    let mut calls = Vec::new();
    let mut rest = text;
    loop {
        let at = text.len() - rest.len();
        let end = rest.find(['(', ',']).unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        rest = &rest[end..];
        let mut args = None;
        if let Some(inside) = rest.strip_prefix('(') {
            let (list, used) = arguments(inside).ok_or_else(|| "expected ')'".to_owned())?;
            args = Some(list);
            rest = &inside[used..];
        }
        calls.push(Call { name, args, at });
        match rest.strip_prefix(',') {
            Some(tail) => rest = tail,
            None if rest.is_empty() => return Ok(calls),
            None => return Err(format!("missing comma after '{}' in '{text}'", calls[calls.len() - 1].name)),
        }
    }
}

/// The arguments up to the closing parenthesis, and how many bytes they took with it. Quotes protect commas and
/// parentheses, a backslash the next character (manual, 2.2).
fn arguments(text: &str) -> Option<(Vec<String>, usize)> {
    let mut args = vec![String::new()];
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((i, c)) = chars.next() {
        let last = args.last_mut().expect("never empty");
        match (c, quote) {
            (c, Some(q)) if c == q => quote = None,
            ('\\', q) if q != Some('\'') => {
                let (_, escaped) = chars.next()?;
                // Only what would have a meaning is escaped: a regular expression keeps its backslashes.
                if !matches!(escaped, ',' | ')' | '(' | '\\' | '"' | '\'' | ' ')
                    || q.is_none() && escaped == '('
                {
                    last.push('\\');
                }
                last.push(escaped);
            }
            ('"' | '\'', None) => quote = Some(c),
            (')', None) => {
                return Some((if args.len() == 1 && args[0].is_empty() { Vec::new() } else { args }, i + 1));
            }
            (',', None) => args.push(String::new()),
            (c, _) => last.push(c),
        }
    }
    None
}

/// An expression, what type it gives and where its data exists.
#[derive(Debug)]
pub struct Parsed {
    pub expr: SampleExpr,
    pub out: Kind,
    pub scope: Scope,
}

/// Parses an expression. `whole` is the word it stands in, at `offset`; `kind` names the place in messages ("ACL" or
/// "sample").
///
/// # Errors
/// HAProxy's words for an unknown fetch or converter, or wrong arguments.
pub fn parse_expr(word: &Word, text: &str, offset: usize, kind: &str) -> Result<Parsed, Diag> {
    let span = |at: usize, len: usize| word.sub(offset + at, len);
    // HAProxy names the ACL's word as written, where it knows it.
    let keyword = word.text().split(['(', ',']).next().unwrap_or_default();
    let framed = |d: Diag| match kind {
        // This one is no keyword of ACLs for HAProxy, only a fetch.
        "ACL" if keyword == "var" => {
            Diag { message: format!("{} in ACL expression '{text}'", d.message), ..d }
        }
        "ACL" => Diag { message: format!("ACL keyword '{keyword}' : {}", d.message), ..d },
        _ => d,
    };
    let calls = split_expr(text).map_err(|e| framed(Diag::alert(span(0, text.len()), e)))?;
    let first = &calls[0];
    let Some(row) = fetch::find(&first.name) else {
        return Err(unknown_fetch(first, text, kind, span(first.at, first.name.len())));
    };
    let at = span(first.at, first.name.len());
    let built = make_fetch(row, first).map_err(|e| framed(Diag::alert(at, e)))?;
    let mut out = row.out;
    let mut converters = Vec::new();
    // Two commas with nothing between them are one, as for HAProxy.
    for call in calls[1..].iter().filter(|call| !call.name.is_empty() || call.args.is_some()) {
        let at = span(call.at, call.name.len());
        let Some(row) = convert::find(&call.name) else {
            return Err(framed(unknown_converter(call, kind, at)));
        };
        let mut args = call.args.clone().unwrap_or_default();
        if args.is_empty() && row.args.0 == 1 {
            // No argument is an empty one, as for HAProxy.
            args.push(String::new());
        }
        if args.len() < row.args.0 || args.len() > row.args.1 {
            let (least, most) = row.args;
            return Err(Diag::alert(
                at,
                format!("converter '{}' takes {least} to {most} arguments, not {}", row.name, args.len()),
            ));
        }
        let made = (row.make)(&args)
            .map_err(|e| Diag::alert(at, format!("invalid args in converter '{}' : {e}", row.name)))?;
        if row.gives != Kind::Same {
            out = row.gives;
        }
        converters.push(made);
    }
    Ok(Parsed {
        expr: SampleExpr {
            fetch: built,
            converters,
            needs_request: matches!(row.scope, Scope::Request | Scope::Exchange | Scope::Either),
            places: row.scope.places(),
            text: text.to_owned(),
        },
        out,
        scope: row.scope,
    })
}

fn make_fetch(row: &FetchRow, call: &Call) -> Result<Box<dyn crate::rules::Fetch>, String> {
    let mut args = call.args.clone().unwrap_or_default();
    // A first argument that is text is an empty one where nothing stands between the parentheses, or where one is needed.
    if args.is_empty() && row.args.first() == Some(&Arg::Text) && (call.args.is_some() || row.required > 0) {
        args.push(String::new());
    }
    if args.len() > row.args.len() {
        return Err(format!("fetch method '{}' takes at most {} arguments", call.name, row.args.len()));
    }
    if args.len() < row.required {
        return Err(format!(
            "missing args for fetch method '{}' (at least {} expected)",
            call.name, row.required
        ));
    }
    // A number left out behind a comma counts as not given.
    while args.len() > 1 && args.last().is_some_and(String::is_empty) && row.args[args.len() - 1] == Arg::Int
    {
        args.pop();
    }
    for (i, (arg, wanted)) in args.iter_mut().zip(row.args).enumerate() {
        if *wanted == Arg::Int && !arg.is_empty() {
            let wrong = || format!("failed to parse '{arg}' as type 'integer' at position {}", i + 1);
            *arg = integer(arg).ok_or_else(wrong)?.to_string();
        }
    }
    match &row.make {
        Make::Plain(f) => Ok(Box::new(Plain(*f))),
        Make::With(make) => {
            make(&args).map_err(|e| format!("invalid args in fetch method '{}' : {e}", call.name))
        }
    }
}

/// A number argument: digits with or without a sign. One that is too large is the largest there is.
pub fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |n: i64, d: &u8| {
        let d = i64::from(d - b'0');
        n.saturating_mul(10).saturating_add(if negative { -d } else { d })
    };
    Some(digits.iter().fold(0, add))
}

fn unknown_fetch(call: &Call, text: &str, kind: &str, at: crate::syntax::Span) -> Diag {
    if known_rules::is_fetch(&call.name) {
        return Diag::alert(
            at,
            format!("'{}' is a HAProxy sample fetch that Ringmain does not support yet", call.name),
        );
    }
    let message = match kind {
        "ACL" => format!("unknown fetch method '{}' in ACL expression '{text}'", call.name),
        _ => format!("unknown fetch method '{}'", call.name),
    };
    suggest(Diag::alert(at, message), &call.name, fetch::names())
}

fn unknown_converter(call: &Call, kind: &str, at: crate::syntax::Span) -> Diag {
    if known_rules::is_converter(&call.name) {
        return Diag::alert(
            at,
            format!("'{}' is a HAProxy converter that Ringmain does not support yet", call.name),
        );
    }
    let message = match kind {
        "ACL" => format!("unknown converter '{}'.", call.name),
        _ => format!("unknown converter '{}'", call.name),
    };
    suggest(Diag::alert(at, message), &call.name, convert::rows().map(|r| r.name))
}

/// Adds the nearest known word.
pub(super) fn suggest<'a>(diag: Diag, word: &str, known: impl Iterator<Item = &'a str>) -> Diag {
    diag.near(word, known)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{with_cx, words};
    use super::*;

    fn eval(text: &str, request: &str) -> Option<String> {
        let word = &words(&text.replace(' ', "~"))[0];
        let parsed = parse_expr(word, word.text(), 0, "sample").unwrap();
        with_cx(request, |cx| {
            parsed.expr.eval(cx).map(|s| {
                let mut out = Vec::new();
                s.write_text(&mut out);
                String::from_utf8(out).unwrap()
            })
        })
    }

    #[test]
    fn expressions_are_evaluated() {
        let request = "GET http://h.test:81/a/b.png?x=1&y=two HTTP/1.1\r\nHost: h.test:81\r\nA: 1, 2,3\r\n\
                       Cookie: s=u; t=v\r\nA: 4\r\n\r\n";
        for (text, want) in [
            ("path", Some("/a/b.png")),
            ("pathq", Some("/a/b.png?x=1&y=two")),
            ("query", Some("x=1&y=two")),
            ("url_port", Some("81")),
            ("url_param(y)", Some("two")),
            ("req.hdr(a)", Some("4")),
            ("req.hdr(A,2)", Some("2")),
            ("hdr(a,-4)", Some("1")),
            ("hdr(a,-5)", None),
            ("req.fhdr(a,1)", Some("1, 2,3")),
            ("hdr_cnt(a)", Some("4")),
            ("req.fhdr_cnt(a)", Some("2")),
            ("cook(t)", Some("v")),
            ("path,field(2,/),upper", Some("A")),
            ("path,regsub(\"^/a/(.*)\",\"/z/\\1\")", Some("/z/b.png")),
            ("src,ipmask(24)", Some("192.0.2.0")),
            ("src_port", Some("4711")),
            ("method", Some("GET")),
            ("nbsrv", Some("2")),
            ("str(a b)", Some("a b")),
            ("int(7),add(3)", Some("10")),
            ("req.hdr(none)", None),
            // Arguments that are empty or left out.
            ("str", Some("")),
            ("str()", Some("")),
            ("str(),iif(a,b)", None),
            ("env", None),
            ("hdr", None),
            ("hdr()", Some("4")),
            ("hdr(,1)", Some("h.test:81")),
            ("hdr(a,)", Some("4")),
            ("req.fhdr(,3)", Some("s=u; t=v")),
            ("hdr_val()", Some("4")),
            ("cook", Some("u")),
            ("cook()", Some("u")),
            ("url_param", Some("1")),
            ("url_param(Y,,i)", Some("two")),
            ("url_param(Y)", None),
            ("urlp(x,)", Some("1")),
            ("query(with_qm)", Some("?x=1&y=two")),
            ("query()", Some("x=1&y=two")),
            ("fc_pp_tlv", None),
            ("bool(TRUE)", Some("1")),
            ("int(99999999999999999999)", Some("9223372036854775807")),
            ("int(+5)", Some("5")),
            ("rand(0)", Some("0")),
            ("date(1,ms)", Some("1")),
            ("date(2)", Some("2")),
            ("str(x),ltrim", Some("x")),
            ("str(x),,upper", Some("X")),
            ("int(1),add()", Some("1")),
            ("int(1),add(99999999999999999999)", Some("9223372036854775807")),
            ("src,ipmask(24,ffff::)", Some("192.0.2.0")),
        ] {
            assert_eq!(eval(text, request).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_a_suggestion() {
        let error = |text: &str| {
            let word = &words(text)[0];
            parse_expr(word, word.text(), 0, "ACL").unwrap_err()
        };
        let e = error("pth");
        assert_eq!(e.message, "unknown fetch method 'pth' in ACL expression 'pth'");
        assert_eq!(e.help.as_deref(), Some("did you mean `path`?"));
        assert!(error("path,lowr").message.contains("ACL keyword 'path' : unknown converter 'lowr'"));
        assert!(error("fc_rtt").message.contains("does not support yet"));
        assert!(error("hdr(a").message.contains("')'"));
        assert!(error("int").message.contains("missing args"));
        assert!(error("path(x)").message.contains("at most 0"));
    }
}
