//! `acl` (manual, 7.1 "ACL basics"); the language of fetches and patterns is `vocab/expr`.
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use crate::vocab::{expr, opening, rule_line};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "acl",
    sections: row::PROXIES,
    no: false,
    doc: "acl <name> <criterion> [flags] [operator] [<value>...]: a named test. Lines of one name are or-ed.",
    parse,
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    rule_line::only_named_defaults(cx, words)?;
    let name = row::text(words, 1);
    if words.len() < 2 {
        let text = "error detected while parsing ACL '' : missing fetch method in ACL expression ''.";
        return Err(Diag::alert(row::place(words, 1), text).help("write `acl is_img path_beg /img`"));
    }
    if let Some((i, c)) = name.char_indices().find(|(_, c)| !opening::permitted(*c)) {
        let text = format!("character '{c}' is not permitted in acl name '{name}'.");
        return Err(Diag::alert(words[1].sub(i, c.len_utf8()), text)
            .help("letters, digits, '_', '-', '.' and ':' are"));
    }
    if name.eq_ignore_ascii_case("or") {
        let text = format!(
            "acl name '{name}' will never match. 'or' is used to express a logical disjunction within a condition."
        );
        return Err(Diag::alert(words[1].span, text).help("give it another name"));
    }
    expr::parse_acl(cx.acls, &words[1..]).map_err(|d| {
        let message = format!("error detected while parsing ACL '{name}' : {}.", d.message);
        Diag { message, ..d }
    })?;
    cx.proxy().acl_lines.push((name.to_owned(), words[0].span));
    rule_line::keep(cx, words);
    Ok(())
}
