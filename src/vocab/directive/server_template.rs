//! `server-template` (manual 4.2 and 5.2): several servers from one line.
use super::server::{self as one};
use crate::syntax::{Diag, Severity, Word};
use crate::vocab::opening::permitted;
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use crate::vocab::server;
use std::ops::RangeInclusive;

pub const ROW: DirectiveRow = DirectiveRow {
    name: "server-template",
    sections: row::BACKEND | row::LISTEN,
    no: false,
    doc: "server-template <prefix> <num | range> <address>[:<port>] [<parameters>]: servers whose names are the prefix and a \
          number.",
    parse,
};

/// The most servers of one line: more are a mistake.
const MOST: u32 = 100_000;

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let bare = |cx: &DirectiveCx<'_>, word: Option<&Word>, text: String| {
        let at = word.map_or_else(|| row::place(words, words.len()), |w| w.span);
        Diag::bare(Severity::Alert, Some(at), format!("[{}] : {text}", cx.place(cx.line)))
    };
    let [_, prefix, numbers, addr, ..] = words else {
        let text = "'server-template' expects <prefix> <nb | range> <addr>[:<port>] as arguments.";
        return Err(bare(cx, None, text.to_owned()).help("write `server-template srv 1-3 app.example:80`"));
    };
    if let Some(c) = prefix.text().chars().find(|c| !permitted(*c)) {
        let text = format!("character '{c}' is not permitted in server-template prefix '{}'.", prefix.text());
        return Err(bare(cx, Some(prefix), text));
    }
    let Some(range) = range(numbers.text()) else {
        let text = format!("Wrong server-template number or range arg '{}'.", numbers.text());
        return Err(bare(cx, Some(numbers), text).help("write a number, or two with '-' between them"));
    };
    // HAProxy has no name yet when it reads the parameters.
    let none = "(null)";
    let address = one::address(cx, none, addr)?;
    let mut settings = cx.proxy().settings.default_server.clone();
    let id = server::parameters(cx, words, 4, Some(none), &mut settings)?;
    let first = *range.start();
    for n in range {
        let name = format!("{}{n}", prefix.text());
        // An id is the first one's.
        let id = id.filter(|_| n == first);
        let draft = one::draft(words[0].span, prefix.span, name, address.clone(), settings.clone(), id);
        cx.proxy().servers.push(draft);
    }
    Ok(())
}

/// `3` is 1 to 3, `5-7` what it says.
fn range(text: &str) -> Option<RangeInclusive<u32>> {
    let number = |t: &str| {
        let plain = !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        t.parse::<u32>().ok().filter(|_| plain)
    };
    let (low, high) = match text.split_once('-') {
        None => (1, number(text)?),
        Some((low, high)) => (number(low)?, number(high)?),
    };
    (low <= high && high > 0 && high - low < MOST).then_some(low..=high)
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, FRONTEND, bench};

    #[test]
    fn servers_of_a_template() {
        let draft = bench(BACKEND, "server-template s 2-4 127.0.0.1:80 weight 7 id 9").ok();
        let servers: Vec<(&str, u32, Option<u32>)> =
            draft.proxies[0].servers.iter().map(|s| (s.name.as_str(), s.settings.weight, s.id)).collect();
        assert_eq!(servers, [("s2", 7, Some(9)), ("s3", 7, None), ("s4", 7, None)]);
        assert_eq!(bench(BACKEND, "server-template s 3 localhost:80").ok().proxies[0].servers.len(), 3);
    }

    #[test]
    fn messages_are_haproxys() {
        let says = |line: &str| bench(BACKEND, &format!("server-template{line}")).says().to_owned();
        let short =
            "[x.cfg:1] : 'server-template' expects <prefix> <nb | range> <addr>[:<port>] as arguments.";
        assert_eq!((says(""), says(" s 3")), (short.to_owned(), short.to_owned()));
        for wrong in ["3-1", "0", "x", "1-x", "1-", "-3"] {
            let text = format!("[x.cfg:1] : Wrong server-template number or range arg '{wrong}'.");
            assert_eq!(says(&format!(" s {wrong} localhost:80")), text);
        }
        assert_eq!(
            says(" s! 3 localhost:80"),
            "[x.cfg:1] : character '!' is not permitted in server-template prefix 's!'."
        );
        assert_eq!(
            says(" s 3 localhost:80 weight 500"),
            "[x.cfg:1] : 'server p/(null)' : weight of server (null) is not within 0 and 256 (500).."
        );
        assert_eq!(
            bench(FRONTEND, "server-template s 1 localhost:80").says(),
            "[x.cfg:1] : parsing [x.cfg:1] : 'server-template' not allowed because frontend 'p' has no backend capability."
        );
    }
}
