//! `setenv`, `presetenv`, `unsetenv`, `resetenv` (manual 3.1): they change the variables that the following lines see.
use crate::syntax::{Diag, Env, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROWS: &[DirectiveRow] = &[
    row_of("presetenv", "presetenv <name> <value>: sets the variable if it does not exist.", |cx, words| {
        pair(cx, words, |env, name, value| env.preset(name, value))
    }),
    row_of("resetenv", "resetenv [<name> ...]: removes every variable but these.", |cx, words| {
        let names: Vec<&[u8]> = words[1..].iter().map(Word::bytes).collect();
        cx.env.retain(&names);
        Ok(())
    }),
    row_of("setenv", "setenv <name> <value>: sets the variable, whether or not it exists.", |cx, words| {
        pair(cx, words, |env, name, value| env.set(name, value))
    }),
    row_of("unsetenv", "unsetenv <name> ...: removes variables.", |cx, words| {
        if words.len() < 2 {
            let text = "'unsetenv' expects at least one variable name.";
            return Err(Diag::alert(row::place(words, 1), text).tight());
        }
        for name in &words[1..] {
            cx.env.unset(name.bytes());
        }
        Ok(())
    }),
];

const fn row_of(name: &'static str, doc: &'static str, parse: row::Parse) -> DirectiveRow {
    DirectiveRow { name, sections: row::GLOBAL, no: false, doc, parse }
}

fn pair(cx: &mut DirectiveCx<'_>, words: &[Word], change: fn(&mut Env, &[u8], &[u8])) -> Result<(), Diag> {
    cx.at_most(words, 2)?;
    let [_, name, value] = words else {
        let text = format!("'{}' expects a name and a value.", words[0].text());
        return Err(Diag::alert(row::place(words, words.len()), text).tight());
    };
    change(cx.env, name.bytes(), value.bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{GLOBAL, bench};

    #[test]
    fn the_next_line_sees_the_change() {
        let after =
            bench(GLOBAL, "setenv A 1\npresetenv A 2\nsetenv B \"$A\"\nsetenv C 3\nunsetenv A\nresetenv B");
        assert_eq!(after.env.get("B"), Some(&b"1"[..]));
        assert_eq!(after.env.iter().count(), 1);
        assert_eq!(bench(GLOBAL, "setenv A").says(), "'setenv' expects a name and a value.");
        assert_eq!(bench(GLOBAL, "unsetenv").says(), "'unsetenv' expects at least one variable name.");
    }
}
