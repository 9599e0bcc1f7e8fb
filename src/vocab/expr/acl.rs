//! `acl` lines and conditions (configuration manual, 7.1, 7.2, 7.4).
use super::sample::{parse_expr, split_expr, suggest};
use crate::rules::acl::{AclLine, Term};
use crate::rules::list::{self, Flags, How, Patterns, Wanted};
use crate::rules::sample::Kind;
use crate::rules::{Acl, Condition, pattern};
use crate::syntax::{Diag, Word};
use crate::vocab::acl_words;
use crate::vocab::matching::{self, MatchRow};
use crate::vocab::row::Sections;
use std::sync::Arc;

/// The named ACLs of one proxy so far. Lines that follow add to a name, also for conditions that were read already.
#[derive(Clone, Debug, Default)]
pub struct AclScope {
    named: Vec<Arc<Acl>>,
    /// HAProxy's own, from their first use on.
    predefined: Vec<Arc<Acl>>,
    /// What is to be said of the last rule that was read.
    pub warnings: Vec<Diag>,
    /// The section whose lines are read: it tells where its rules run.
    pub section: Sections,
}

impl AclScope {
    /// The names, in the order they were declared.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.iter().map(|a| a.name.as_str())
    }

    /// The ACLs, in the order they were declared.
    pub fn acls(&self) -> impl Iterator<Item = &Acl> {
        self.named.iter().map(AsRef::as_ref)
    }

    fn find(&self, name: &str) -> Option<Arc<Acl>> {
        self.named.iter().chain(&self.predefined).find(|a| a.name == name).cloned()
    }
}

/// Reads `acl NAME EXPRESSION [flags] [operator] [patterns]`; `words` are those behind `acl`.
///
/// # Errors
/// HAProxy's words, without `error detected while parsing ACL 'NAME' : ` before them.
pub fn parse_acl(scope: &mut AclScope, words: &[Word]) -> Result<(), Diag> {
    let name = &words[0];
    if let Some(bad) = name.text().chars().find(|c| !(c.is_ascii_alphanumeric() || "_-.:".contains(*c))) {
        let message = format!("character '{bad}' is not permitted in ACL name '{}'", name.text());
        return Err(Diag::alert(name.span, message));
    }
    if words.len() < 2 {
        return Err(Diag::alert(name.span, "missing fetch method in ACL expression ''"));
    }
    let line = parse_line(&words[1..])?;
    match scope.named.iter().find(|a| a.name == name.text()) {
        Some(acl) => acl.add(line),
        None => scope.named.push(Arc::new(Acl::new(name.text(), line))),
    }
    Ok(())
}

/// What stands between the expression of a line and its patterns.
#[derive(Default)]
struct Options<'a> {
    flags: Flags,
    method: Option<String>,
    /// `-u`: the list's number, and where it stands.
    number: Option<(u32, &'a Word)>,
    /// `-f`, each with whether `-M` stood before it.
    files: Vec<(&'a Word, bool)>,
    patterns: Vec<&'a Word>,
}

/// Reads an expression, its flags and its patterns.
fn parse_line(words: &[Word]) -> Result<AclLine, Diag> {
    let word = &words[0];
    let (text, implied) = acl_words::expand(word.text());
    let parsed = parse_expr(word, &text, 0, "ACL")?;
    let options = options(&words[1..])?;
    let method = options.method.as_deref().or(implied).unwrap_or_else(|| matching::default_for(parsed.out));
    let row = matching::find(method).ok_or_else(|| {
        let diag =
            Diag::alert(word.span, format!("unknown matching method '{method}' when parsing ACL expression"));
        suggest(diag, method, matching::ROWS.iter().map(|r| r.name))
    })?;
    if parsed.out == Kind::Any && options.method.is_none() && implied.is_none() {
        let name = split_expr(&text).map_or_else(|_| text.clone(), |calls| calls[0].name.clone());
        let message = format!(
            "matching method must be specified first (using '-m') when using a sample fetch of this type ('{name}')"
        );
        return Err(Diag::alert(word.span, message));
    }
    if !row.takes.contains(&parsed.out) && !matches!(parsed.out, Kind::Same | Kind::Any) {
        let message = format!(
            "fetch method '{}' (type '{}') cannot be matched with method '{method}'",
            split_expr(&text).map_or_else(|_| text.clone(), |calls| calls[0].name.clone()),
            parsed.out.name()
        );
        return Err(Diag::alert(word.span, message));
    }
    let patterns = patterns(row, &options, word)?;
    let keyword = word.text().split(['(', ',']).next().unwrap_or_default().to_owned();
    Ok(AclLine { expr: parsed.expr, patterns, keyword })
}

/// Reads the flags; what is left are patterns.
fn options(words: &[Word]) -> Result<Options<'_>, Diag> {
    let mut options = Options::default();
    let mut of_maps = false;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        // HAProxy takes a missing argument for an empty one.
        let mut value = || words.next().unwrap_or(word);
        let text =
            |value: &Word| if std::ptr::eq(value, word) { String::new() } else { value.text().to_owned() };
        match word.text() {
            "-m" => options.method = Some(text(value())),
            "-i" => options.flags.ignore_case = true,
            "-n" => options.flags.no_dns = true,
            "-M" => of_maps = true,
            "-u" => {
                let id = value();
                let number = text(id).parse().map_err(|_| {
                    Diag::alert(id.span, "the argument of -u must be an integer")
                        .help("a number of its own for `show acl`")
                })?;
                options.number = Some((number, id));
            }
            "-f" => {
                let file = value();
                if std::ptr::eq(file, word) {
                    return Err(Diag::alert(word.span, "failed to open pattern file <>").help("name a file"));
                }
                options.files.push((file, of_maps));
            }
            "--" => {
                options.patterns.extend(words);
                break;
            }
            other if other.len() == 2 && other.starts_with('-') && !other.as_bytes()[1].is_ascii_digit() => {
                return Err(Diag::alert(
                    word.span,
                    format!(
                        "'{other}' is not a valid ACL option. Please use '--' before any pattern beginning with a '-'"
                    ),
                ));
            }
            _ => {
                options.patterns.push(word);
                options.patterns.extend(words);
                break;
            }
        }
    }
    Ok(options)
}

/// The lists of a line: one a file, and one for the patterns of the line itself.
fn patterns(row: &MatchRow, options: &Options<'_>, expr: &Word) -> Result<Patterns, Diag> {
    if row.name == "found"
        && let Some(word) = options.patterns.first()
    {
        return Err(Diag::alert(word.span, "no pattern goes with match method 'found'"));
    }
    let how = How { method: row.name, make: row.make, flags: options.flags, out: None };
    let mut parts = Vec::new();
    for (file, of_maps) in &options.files {
        let wanted = Wanted { how, pairs: *of_maps, by_acl: true };
        let found = list::file(file.text(), wanted).map_err(|e| {
            Diag::alert(file.span, e)
                .help("one pattern a line, # for comments; with -M before it a map's keys")
        })?;
        parts.push(found.part());
    }
    let words: Vec<&[u8]> = options.patterns.iter().map(|w| w.bytes()).collect();
    let at = |i: usize| options.patterns.get(i).map_or(expr.span, |w| w.span);
    let words = match row.name {
        "int" | "len" => pattern::ranges(&words).map_err(|(i, e)| Diag::alert(at(i), e))?,
        _ => words.into_iter().map(<[u8]>::to_vec).collect(),
    };
    let keyword = expr.text().split(['(', ',']).next().unwrap_or_default();
    let wanted = Wanted { how, pairs: false, by_acl: true };
    let own = list::inline(expr.span, keyword, options.number.map(|(n, _)| n), &words, wanted);
    let (form, index) = own.map_err(|(i, e)| match options.number {
        Some((_, word)) if i == words.len() => Diag::alert(word.span, e),
        _ => Diag::alert(at(i.min(options.patterns.len().saturating_sub(1))), e),
    })?;
    parts.push((form, index));
    Ok(Patterns::new(parts))
}

/// Reads a condition; `words` begin with `if` or `unless` and are used up.
///
/// # Errors
/// HAProxy's words, without the name of the rule before them.
pub fn parse_condition(scope: &mut AclScope, words: &[Word]) -> Result<Condition, Diag> {
    let unless = words[0] == "unless";
    if words.len() < 2 {
        let message = format!("missing condition after '{}'", words[0].text());
        return Err(Diag::alert(words[0].span, message).help("name an ACL, or write one between { and }"));
    }
    let mut any_of: Vec<Vec<Term>> = Vec::new();
    let mut negate = false;
    // The next term begins a group. A group is made by its first term: an `or` without one beside it adds nothing.
    let mut begins = true;
    let mut i = 1;
    while i < words.len() {
        let word = &words[i];
        i += 1;
        let mut text = word.text();
        while let Some(rest) = text.strip_prefix('!') {
            negate = !negate;
            text = rest;
        }
        if text.is_empty() {
            continue;
        }
        if text.eq_ignore_ascii_case("or") || text == "||" {
            // An exclamation mark does not reach over it.
            (begins, negate) = (true, false);
            continue;
        }
        let acl = if text == "{" {
            let close = words[i..].iter().position(|w| w == "}").ok_or_else(|| {
                Diag::alert(word.span, "missing closing '}' in condition").help("spaces stand around { and }")
            })?;
            let inside = &words[i..i + close];
            i += close + 1;
            if inside.is_empty() {
                return Err(Diag::alert(word.span, "missing fetch method in ACL expression ''"));
            }
            Arc::new(Acl::new("", parse_line(inside)?))
        } else {
            named(scope, word, text)?
        };
        let term = Term { negate: std::mem::take(&mut negate), acl };
        match any_of.last_mut() {
            Some(group) if !begins => group.push(term),
            _ => any_of.push(vec![term]),
        }
        begins = false;
    }
    let text = words.iter().map(Word::text).collect::<Vec<_>>().join(" ");
    Ok(Condition { unless, any_of, text })
}

/// A declared ACL, or one of HAProxy's own (`TRUE`, `METH_GET`, …), which is declared by its first use.
fn named(scope: &mut AclScope, word: &Word, name: &str) -> Result<Arc<Acl>, Diag> {
    if let Some(acl) = scope.find(name) {
        return Ok(acl);
    }
    let Some(lines) = acl_words::predefined(name) else {
        let diag = Diag::alert(word.span, format!("no such ACL : '{name}'"));
        return Err(suggest(diag, name, scope.names()));
    };
    let words: Vec<Word> = lines.split(' ').map(|w| Word::new(w.as_bytes().to_vec(), word.span)).collect();
    let acl = Arc::new(Acl::new(name, parse_line(&words)?));
    scope.predefined.push(acl.clone());
    Ok(acl)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{with_cx, words};
    use super::*;

    const REQUEST: &str =
        "GET /img/a.PNG?u=example1 HTTP/1.1\r\nHost: www.example.com:8080\r\nX-N: 7\r\n\r\n";

    fn holds(acls: &[&str], condition: &str) -> Result<bool, Diag> {
        let mut scope = AclScope::default();
        for acl in acls {
            parse_acl(&mut scope, &words(acl))?;
        }
        let condition = parse_condition(&mut scope, &words(condition))?;
        Ok(with_cx(REQUEST, |cx| condition.holds(cx)))
    }

    #[test]
    fn conditions_hold_as_they_are_written() {
        let acls = [
            "img path_beg /img/ /pics/",
            "png path_end -i .png",
            "png path_end .gif",
            "local src 127.0.0.0/8",
            "none hdr_cnt(x-none) gt 0",
        ];
        for (condition, want) in [
            ("if img", true),
            ("unless img", false),
            ("if img png", true),
            ("if img !png", false),
            ("if local or png", true),
            ("if local || none", false),
            ("if ! local ! none", true),
            ("if { url_sub example1 }", true),
            ("if { url_sub example2 } or { hdr(x-n) -m int 5:9 }", true),
            ("if !{ hdr_dom(host) example.com }", false),
            ("if { hdr_end(host) -i .COM }", false),
            ("if { hdr_reg(host) ^www\\..*:\\d+$ }", true),
            ("if { path -m len 10 }", true),
            ("if { path -m dir img }", true),
            ("if { src 192.0.2.0/24 10.0.0.1 }", true),
            ("if { hdr(x-none) -m found }", false),
            ("if { hdr(host) -m found }", true),
            ("if METH_GET HTTP_1.1 !LOCALHOST TRUE", true),
            ("if { dst_port 80 443 }", true),
            ("if { method POST }", false),
            ("if { nbsrv(x) lt 2 }", false),
            ("if { path,lower -m end -- .png }", true),
            ("if { always_true }", true),
            // The word between groups in any case; one with nothing beside it adds no group.
            ("if local OR png", true),
            ("if local oR none Or none", false),
            ("if none or", false),
            ("if or none", false),
            ("if none or or none", false),
            ("unless none or", true),
            ("if !", false),
            ("if none ! or none", false),
            ("if none !or png", true),
        ] {
            assert_eq!(holds(&acls, condition).unwrap(), want, "{condition}");
        }
    }

    #[test]
    fn lines_added_later_count_for_conditions_read_before() {
        let mut scope = AclScope::default();
        parse_acl(&mut scope, &words("a path /x")).unwrap();
        let condition = parse_condition(&mut scope, &words("if a")).unwrap();
        parse_acl(&mut scope, &words("a path_beg /img")).unwrap();
        assert!(with_cx(REQUEST, |cx| condition.holds(cx)));
    }

    /// With `-M` a file's lines are a map's: only their keys count, for the files behind the flag.
    #[test]
    fn keys_of_a_map_file() {
        let path = std::env::temp_dir().join(format!("ringmain-map-{}", std::process::id()));
        std::fs::write(&path, "# hosts\n/img/a.PNG  one two\n\t/y\ttwo\n").unwrap();
        let file = path.display();
        for (acl, want) in [
            (format!("a path -M -f {file}"), true),
            (format!("a path -f {file}"), false),
            (format!("a path -f {file} -M"), false),
            (format!("a path -M -f {file} /z"), true),
        ] {
            assert_eq!(holds(&[&acl], "if a").unwrap(), want, "{acl}");
        }
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn errors_name_the_word() {
        for (acl, condition, want) in [
            ("a path /", "if b", "no such ACL : 'b'"),
            ("a path /", "if { path /x", "missing closing '}' in condition"),
            ("a path /", "if", "missing condition after 'if'"),
            ("a$ path /", "if a", "character '$' is not permitted in ACL name 'a$'"),
            ("a path -m", "if a", "unknown matching method '' when"),
            ("a path -m nosuch x", "if a", "unknown matching method 'nosuch'"),
            ("a path_reg (", "if a", "regex '(' is invalid"),
            ("a src 10.0.0.0/99", "if a", "'10.0.0.0/99' is not a valid IPv4 or IPv6 address"),
            ("a dst_port x", "if a", "'x' is not a number"),
            ("a path -f /nonexistent/x", "if a", "failed to open pattern file </nonexistent/x>"),
        ] {
            let e = holds(&[acl], condition).unwrap_err();
            assert!(e.message.contains(want), "{}", e.message);
        }
    }
}
