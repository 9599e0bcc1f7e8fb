//! Log-format strings (configuration manual, 8.2.4): text, `%var`, `%[expression]`, `%%`.
use super::sample::parse_expr;
use crate::rules::format::{Format, Part};
use crate::syntax::{Diag, Word};
use crate::vocab::logformat;

/// Reads a format.
///
/// # Errors
/// An unknown variable or expression, or a bracket that is not closed.
pub fn parse_format(word: &Word) -> Result<Format, Diag> {
    let text = word.text();
    if !text.contains('%') {
        let parts = if text.is_empty() { Vec::new() } else { vec![Part::Text(word.bytes().to_vec())] };
        return Ok(Format { parts });
    }
    let mut parts = Vec::new();
    let mut literal = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let Some(percent) = rest.find('%') else {
            literal.extend_from_slice(rest.as_bytes());
            break;
        };
        literal.extend_from_slice(&rest.as_bytes()[..percent]);
        at += percent + 1;
        let rest = &text[at..];
        if rest.starts_with('%') {
            literal.push(b'%');
            at += 1;
            continue;
        }
        // `{+Q}`: flags that change how a value is written.
        let mut body = rest;
        if body.starts_with('{') {
            let end = body
                .find('}')
                .ok_or_else(|| Diag::alert(word.sub(at, rest.len()), "missing '}' in format"))?;
            let flags = &body[..=end];
            return Err(Diag::alert(
                word.sub(at, end + 1),
                format!("format flags '{flags}' are not supported by Ringmain yet"),
            ));
        }
        if !literal.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut literal)));
        }
        if let Some(inside) = body.strip_prefix('[') {
            let end = closing(inside).ok_or_else(|| {
                Diag::alert(word.sub(at, rest.len()), "missing ']' at the end of the expression")
            })?;
            let parsed = parse_expr(word, &inside[..end], at + 1, "sample").map_err(|d| {
                let message = format!("failed to parse sample expression <{inside}> : {}", d.message);
                Diag { message, ..d }
            })?;
            parts.push(Part::Expr(parsed.expr));
            at += end + 2;
            continue;
        }
        body = rest;
        let Some(row) = logformat::find(body) else {
            let name: String = body.chars().take_while(char::is_ascii_alphanumeric).collect();
            return Err(Diag::alert(
                word.sub(at, name.len().max(1)),
                format!("no such format variable '{name}'"),
            ));
        };
        let Some(write) = row.write else {
            return Err(Diag::alert(
                word.sub(at, row.name.len()),
                format!("format variable '%{}' ({}) is not supported by Ringmain yet", row.name, row.doc),
            ));
        };
        parts.push(Part::Variable(row.name, write));
        at += row.name.len();
    }
    if !literal.is_empty() {
        parts.push(Part::Text(literal));
    }
    Ok(Format { parts })
}

/// Reads the name of a dynamic `use_backend`.
///
/// # Errors
/// As [`parse_format`].
pub fn parse_name_parts(word: &Word) -> Result<Format, Diag> {
    parse_format(word)
}

/// Where the bracket that was opened before `text` closes; brackets in parentheses belong to an argument.
#[must_use]
pub fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((i, c)) = chars.next() {
        match (c, quote) {
            (c, Some(q)) if c == q => quote = None,
            (_, Some(_)) => {}
            ('\\', None) => {
                chars.next();
            }
            ('"' | '\'', None) => quote = Some(c),
            ('(', None) => depth += 1,
            (')', None) => depth -= 1,
            (']', None) if depth <= 0 => return Some(i),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::testing::{with_cx, words};
    use super::*;

    fn write(format: &str) -> String {
        let format = parse_format(&words(&format.replace(' ', "~"))[0]).unwrap();
        with_cx("GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n", |cx| {
            let mut out = Vec::new();
            format.write(cx, &mut out);
            String::from_utf8(out).unwrap()
        })
    }

    #[test]
    fn text_variables_and_expressions_are_written() {
        assert_eq!(write("plain text"), "plain text");
        assert_eq!(
            write("%ci:%cp 100%% %[path,upper]|%HM %HU%[req.hdr(none)]"),
            "192.0.2.1:4711 100% /A|GET /a?b=c"
        );
        assert_eq!(write("%[path,regsub([a-z],x,g)]"), "/x");
        assert_eq!(write("%f/%b"), "fe/be");
    }

    #[test]
    fn what_is_unknown_is_refused_by_name() {
        let error = |t: &str| parse_format(&words(t)[0]).unwrap_err().message;
        assert!(error("%zz").contains("no such format variable 'zz'"));
        assert!(error("%Tt").contains("not supported by Ringmain yet"));
        assert!(error("%[pth]").contains("unknown fetch method 'pth'"));
        assert!(error("%[path").contains("']'"));
        assert!(error("%{+Q}[path]").contains("format flags"));
    }
}
