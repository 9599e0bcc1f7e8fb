//! Log-format strings (configuration manual, 8.2.6): text, `%var`, `%{+Q}var`, `%[expression]`, `%%`.
use super::sample::{Parsed, parse_expr, suggest};
use crate::rules::coded::{Coding, Item, Typed, What};
use crate::rules::format::{Format, Part, Style, Tail};
use crate::rules::places::{self, Places};
use crate::syntax::{Diag, Word};
use crate::vocab::logformat;

/// Where a format stands.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// What holds for each value until a flag says something else.
    pub style: Style,
    /// Blanks are delimiters, of which one is written.
    pub merge: bool,
    /// Where it is written.
    pub at: Places,
}

impl Place {
    /// A rule's argument, or a body: every byte may stand in it.
    pub const RULE: Place = Place { style: Style::PLAIN, merge: false, at: places::ALL };
    /// What goes into a head.
    pub const HEAD: Place = Place { style: Style::PERCENT, ..Place::RULE };
    /// A log line: it stays one line.
    pub const LOG: Place =
        Place { style: Style::MANDATORY.and(Style::PERCENT), merge: true, at: places::LOG };
}

/// Reads a format of a rule.
///
/// # Errors
/// An unknown variable or expression, or a bracket that is not closed.
pub fn parse_format(word: &Word) -> Result<Format, Diag> {
    parse_format_at(word, Place::RULE)
}

/// Reads a format of what goes into a head.
///
/// # Errors
/// As [`parse_format`].
pub fn parse_head_format(word: &Word) -> Result<Format, Diag> {
    parse_format_at(word, Place::HEAD)
}

/// Reads a format.
///
/// # Errors
/// As [`parse_format`].
pub fn parse_format_at(word: &Word, place: Place) -> Result<Format, Diag> {
    let text = word.text();
    if !text.contains('%') && !place.merge {
        let parts = if text.is_empty() { Vec::new() } else { vec![Part::Text(word.bytes().to_vec())] };
        return Ok(Format { parts, ..Format::default() });
    }
    let mut reader = Reader {
        word,
        text,
        place,
        style: place.style,
        at: 0,
        literal: Vec::new(),
        format: Format::default(),
        // Nothing stands at the beginning: blanks there are dropped.
        may_be_nothing: true,
    };
    while reader.at < text.len() {
        reader.step()?;
    }
    reader.flush();
    // What `%o` said last holds for the whole.
    let mut format = reader.format;
    format.coding = Coding::of(reader.style);
    if format.coding.is_none() {
        format.parts = format.parts.into_iter().map(plain).collect();
    }
    Ok(format)
}

/// A name alone changes nothing where the whole is no map.
fn plain(part: Part) -> Part {
    match part {
        Part::Coded(item) if item.typed.is_none() && item.coding.is_none() => match item.what {
            What::Variable(name, write, _) => Part::Variable(name, write, item.style, Tail::default()),
            What::Expr(expr) => Part::Expr(expr, item.style),
        },
        other => other,
    }
}

/// What stands in parentheses before an item: `%(name:type)`.
#[derive(Default)]
struct Named {
    name: Option<String>,
    typed: Option<Typed>,
}

struct Reader<'a> {
    word: &'a Word,
    text: &'a str,
    place: Place,
    style: Style,
    at: usize,
    literal: Vec<u8>,
    format: Format,
    /// What stands last may have written nothing.
    may_be_nothing: bool,
}

impl Reader<'_> {
    fn step(&mut self) -> Result<(), Diag> {
        let rest = &self.text[self.at..];
        match rest.as_bytes()[0] {
            b'%' => self.percent(),
            b' ' | b'\t' if self.place.merge => {
                self.at += 1;
                self.blank();
                Ok(())
            }
            _ => {
                let end = rest.find(|c| c == '%' || (self.place.merge && matches!(c, ' ' | '\t')));
                let end = end.unwrap_or(rest.len());
                self.literal.extend_from_slice(&rest.as_bytes()[..end]);
                self.at += end;
                Ok(())
            }
        }
    }

    fn blank(&mut self) {
        match self.literal.last() {
            Some(b' ') => {}
            Some(_) => self.literal.push(b' '),
            None if self.may_be_nothing => {
                if !matches!(self.format.parts.last(), Some(Part::Space)) {
                    self.format.parts.push(Part::Space);
                }
            }
            None => self.literal.push(b' '),
        }
    }

    /// What was read as text becomes a part.
    fn flush(&mut self) {
        if self.literal.is_empty() {
            return;
        }
        self.may_be_nothing = false;
        let literal = std::mem::take(&mut self.literal);
        if let (Some(Part::Variable(.., tail)), Some(short)) =
            (self.format.parts.last_mut(), Tail::of(&literal))
        {
            *tail = short;
            return;
        }
        self.format.parts.push(Part::Text(literal));
    }

    fn error(&self, at: usize, len: usize, text: impl Into<String>) -> Diag {
        Diag::alert(self.word.sub(at, len.max(1)), text.into())
    }

    fn percent(&mut self) -> Result<(), Diag> {
        let begin = self.at;
        self.at += 1;
        let mut rest = &self.text[self.at..];
        if rest.starts_with('%') {
            self.literal.push(b'%');
            self.at += 1;
            return Ok(());
        }
        let mut named = Named::default();
        if let Some(inside) = rest.strip_prefix('(') {
            let end =
                inside.find(')').ok_or_else(|| self.error(self.at, rest.len(), "missing ')' in format"))?;
            named = self.named(&inside[..end])?;
            self.at += end + 2;
            rest = &self.text[self.at..];
        }
        let mut style = self.style;
        let mut flags = None;
        if let Some(inside) = rest.strip_prefix('{') {
            let end =
                inside.find('}').ok_or_else(|| self.error(self.at, rest.len(), "missing '}' in format"))?;
            style = self.flags(style, &inside[..end], self.at + 1)?;
            flags = Some(&inside[..end]);
            self.at += end + 2;
            rest = &self.text[self.at..];
        }
        if let Some(inside) = rest.strip_prefix('[') {
            let text = self.at;
            let end = closing(inside)
                .ok_or_else(|| self.error(text, rest.len(), format!("missing ']' after '{inside}'")))?;
            self.at += end + 2;
            return self.expression(inside, end, text, style, named);
        }
        let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len())];
        if name.is_empty() || (flags.is_none() && !name.starts_with(|c: char| c.is_ascii_alphabetic())) {
            return Err(self.nameless(begin, flags));
        }
        let at = self.at;
        self.at += name.len();
        self.variable(name, at, style, named)
    }

    fn nameless(&self, begin: usize, flags: Option<&str>) -> Diag {
        if let Some(flags) = flags {
            let text = format!("parse argument modifier without variable name near '%{{{flags}}}'");
            return self.error(begin, flags.len() + 3, text);
        }
        let Some(near) = self.text[begin + 1..].chars().next() else {
            return self.error(begin, 1, "truncated line after '%'");
        };
        let text = format!(
            "unexpected variable name near '{near}' at position {} line : '{}'. Maybe you want to write a single '%', use \
             the syntax '%%'",
            begin + 1,
            self.text
        );
        self.error(begin, 2, text)
    }

    /// `+Q,-X`: each flag on or off.
    fn flags(&self, mut style: Style, text: &str, at: usize) -> Result<Style, Diag> {
        let mut on = true;
        for flag in text.split(',').filter(|f| !f.is_empty()) {
            let name = match flag.as_bytes()[0] {
                b'+' => {
                    on = true;
                    &flag[1..]
                }
                b'-' => {
                    on = false;
                    &flag[1..]
                }
                _ => flag,
            };
            let one = match name {
                "Q" => Style::QUOTE,
                "X" => Style::HEX,
                "E" => Style::ESCAPE,
                "M" => Style::MANDATORY,
                "json" => Style::JSON,
                "cbor" => Style::CBOR,
                "bin" => Style::BINARY,
                _ => {
                    let message = format!("unknown format flag '{name}', expects Q, X, E, bin, json or cbor");
                    return Err(self.error(at, text.len(), message));
                }
            };
            style = style.set(one, on);
        }
        Ok(style)
    }

    /// `name`, `name:type` or `:type`.
    fn named(&self, text: &str) -> Result<Named, Diag> {
        let at = self.at + 1;
        let (name, kind) = text.split_once(':').map_or((text, None), |(name, kind)| (name, Some(kind)));
        if let Some((i, c)) =
            name.char_indices().find(|(_, c)| !c.is_ascii_alphanumeric() && !"_-".contains(*c))
        {
            let text = format!(
                "invalid character in custom name near '{c}' at position {} line : '{}'",
                at + i,
                self.text
            );
            return Err(self
                .error(at + i, c.len_utf8(), text)
                .help("letters, digits, `_` and `-` are allowed"));
        }
        let typed = match kind {
            None => None,
            Some("str") => Some(Typed::Str),
            Some("sint") => Some(Typed::Int),
            Some("bool") => Some(Typed::Bool),
            Some(other) => {
                let text = format!("unexpected output type '{other}'. Supported types are: str, sint, bool");
                return Err(self.error(at + name.len() + 1, other.len(), text));
            }
        };
        Ok(Named { name: Some(name.to_owned()).filter(|n| !n.is_empty()), typed })
    }

    /// Whether an item needs more than its style; what it shows stands in the list as it is otherwise.
    fn is_coded(style: Style, named: &Named) -> bool {
        named.typed.is_some() || named.name.is_some() || Coding::of(style).is_some()
    }

    fn coded(&mut self, what: What, style: Style, named: Named) {
        let item = Item { name: named.name, typed: named.typed, coding: Coding::of(style), style, what };
        self.format.parts.push(Part::Coded(Box::new(item)));
    }

    fn expression(
        &mut self,
        inside: &str,
        end: usize,
        at: usize,
        style: Style,
        named: Named,
    ) -> Result<(), Diag> {
        let Parsed { expr, scope, .. } =
            parse_expr(self.word, &inside[..end], at + 1, "sample").map_err(|d| {
                let message = format!("failed to parse sample expression <{inside}> : {}", d.message);
                Diag { message, ..d }
            })?;
        if expr.places & self.place.at == 0 {
            let text = format!(
                "sample fetch <{inside}> may not be reliably used here because it needs '{}' which is not available here",
                scope.needs()
            );
            let help = match self.place.at {
                places::LOG => "`capture` it, and write the capture",
                _ => "keep it before, as with `http-request set-var(txn.name)`, and write the variable",
            };
            return Err(self.error(at, end, text).help(help));
        }
        // As in HAProxy, values that go into heads stand in no quotes, and where there is none nothing stands.
        let in_head = self.place.style.has(Style::PERCENT) && !self.place.style.has(Style::MANDATORY);
        let style = if in_head { style.set(Style::QUOTE | Style::MANDATORY, false) } else { style };
        self.flush();
        if Self::is_coded(style, &named) {
            self.coded(What::Expr(expr), style, named);
        } else {
            self.format.parts.push(Part::Expr(expr, style));
        }
        self.format.evaluates = true;
        self.may_be_nothing = false;
        Ok(())
    }

    fn variable(&mut self, name: &str, at: usize, style: Style, named: Named) -> Result<(), Diag> {
        if name == "o" {
            self.style = style;
            return Ok(());
        }
        let Some(row) = logformat::find(name) else {
            let text = format!(
                "no such format variable '{name}'. If you wanted to emit the '%' character verbatim, you need to use '%%'"
            );
            return Err(suggest(
                self.error(at, name.len(), text),
                name,
                logformat::ROWS.iter().map(|r| r.name),
            ));
        };
        let Some(write) = row.write else {
            let text = format!("format variable '%{name}' ({}) is not supported by Ringmain yet", row.doc);
            return Err(self.error(at, name.len(), text));
        };
        self.flush();
        if Self::is_coded(style, &named) {
            self.coded(What::Variable(row.name, write, logformat::is_number(row.name)), style, named);
        } else {
            self.format.parts.push(Part::Variable(row.name, write, style, Tail::default()));
        }
        self.format.names_id |= row.name == "ID";
        self.format.when = self.format.when.max(row.when);
        self.may_be_nothing = row.may_be_nothing;
        Ok(())
    }
}

/// Reads a format of what is there at a place: the name of a dynamic `use_backend`.
///
/// # Errors
/// As [`parse_format`].
pub fn parse_format_for(word: &Word, at: Places) -> Result<Format, Diag> {
    parse_format_at(word, Place { at, ..Place::RULE })
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
    use crate::rules::format::When;

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
        assert!(error("%Tx").contains("no such format variable 'Tx'"));
        assert!(error("%[pth]").contains("unknown fetch method 'pth'"));
        assert!(error("%[path").contains("']'"));
        assert!(error("%(a$b)ci").contains("invalid character in custom name near '$' at position 3"));
        assert!(error("%(a:int)ci").contains("unexpected output type 'int'"));
        assert!(error("%(a").contains("missing ')'"));
        assert!(error("%{+Y}ci").contains("unknown format flag 'Y'"));
        assert!(error("%{+Q}").contains("without variable name near '%{+Q}'"));
        assert!(error("a%~b").contains("unexpected variable name near ' '"));
    }

    #[test]
    fn flags_change_how_values_are_written() {
        assert_eq!(write("%{+Q}o %{-Q}ci %HM %{+X}cp %{-Q,+X}ci"), " 192.0.2.1 \"GET\" 1267 C0000201");
        assert_eq!(write("%{+Q}[req.hdr(none)]|%[req.hdr(none)]|%{+M}[req.hdr(none)]"), "\"\"||-");
        assert_eq!(write("%{+E}[str('a]b')]"), "a\\]b");
    }

    #[test]
    fn a_whole_format_may_be_json_or_cbor() {
        assert_eq!(
            write(
                "%{+json}o %(method)HM text %(port)cp %ST %(none)[req.hdr(x)] %(q)[path,length] %(yes)[always_true]"
            ),
            r#"{"method": "GET", "port": 4711, "none": null, "q": 2, "yes": true}"#
        );
        assert_eq!(
            write("%(a)[int(1)] %{+json}o %(b:str)[int(2)] %(c:bool)[str(1)]"),
            r#"{"a": 1, "b": "2", "c": true}"#
        );
        assert_eq!(write("%{+json}o %(line)r"), r#"{"line": "GET /a?b=c HTTP/1.1"}"#);
        assert_eq!(write("%{+cbor}o %(a)[int(1)] %(b)[str(xy)]"), "BF6161016162627879FF");
    }

    #[test]
    fn single_items_may_be_coded_or_typed() {
        assert_eq!(write("a %{+json}[path] %{+json}[req.hdr(x)] %{+cbor}[int(24)]"), "a \"/a\" null 1818");
        assert_eq!(write("%(name)HM %(:sint)[str(12ab)] %(x){+Q}HM"), "GET 12 \"GET\"");
    }

    #[test]
    fn blanks_of_a_log_line_are_merged() {
        let line = |text: &str| {
            let format = parse_format_at(&words(&text.replace(' ', "~"))[0], Place::LOG).unwrap();
            with_cx("GET /a HTTP/1.1\r\n\r\n", |cx| {
                let mut out = Vec::new();
                format.write(cx, &mut out);
                (String::from_utf8(out).unwrap(), format.when)
            })
        };
        assert_eq!(line("  %f   %hr %hs  x%%  ").0, "fe x% ");
        assert_eq!(line("%hr %f").0, "fe");
        assert_eq!(
            (line("%ci %r").1, line("%[status]").1, line("%ST %B").1),
            (When::Answer, When::Answer, When::End)
        );
        let error = |t: &str| parse_format_at(&words(t)[0], Place::LOG).unwrap_err().message;
        assert!(error("%[path]").contains("needs 'HTTP request headers'"));
    }
}
