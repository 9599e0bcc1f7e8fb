//! `errorfile` (manual 4.2).
use crate::rules::errorpage::load_errorfile;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use std::sync::Arc;

pub const ROW: DirectiveRow = DirectiveRow {
    name: "errorfile",
    sections: row::PROXIES,
    no: false,
    doc: "errorfile <code> <file>: the whole HTTP answer to send in place of HAProxy's own page for this status.",
    parse,
};

/// The statuses HAProxy has pages for.
pub const STATUSES: [u16; 19] =
    [200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 421, 422, 425, 429, 500, 501, 502, 503, 504];

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let (status, page) = status_and_page(words, "errorfile : ")
        .map_err(|d| if words.len() < 3 { Diag { message: d.message + "\n", ..d } } else { d })?;
    put(cx, status, page);
    Ok(())
}

/// What the line says; `begin` is how HAProxy begins the message about too few words.
pub fn status_and_page(words: &[Word], begin: &str) -> Result<(u16, Vec<u8>), Diag> {
    if words.len() < 3 {
        let text = format!("{begin}expects <status_code> and <file> as arguments.");
        return Err(
            Diag::alert(row::place(words, words.len()), text).help("write `errorfile 503 /etc/503.http`")
        );
    }
    let status = status(words).map_err(|d| Diag { message: format!("errorfile : {}", d.message), ..d })?;
    let page =
        read(words[2].text()).map_err(|inner| Diag::alert(words[2].span, format!("errorfile : {inner}")))?;
    Ok((status, page))
}

/// The status of the first argument, one that has pages.
pub fn status(words: &[Word]) -> Result<u16, Diag> {
    let value = crate::base::units::leading_int(row::text(words, 1));
    let known = u16::try_from(value).ok().filter(|s| STATUSES.contains(s));
    known.ok_or_else(|| {
        let list: Vec<String> = STATUSES.iter().map(ToString::to_string).collect();
        Diag::alert(row::place(words, 1), not_handled(value)).help(format!("one of {}", list.join(", ")))
    })
}

/// What is said of a status that has no page here.
pub fn not_handled(status: i64) -> String {
    match status {
        414 | 431 => format!("status code '{status}': Ringmain does not support HAProxy's page for it yet."),
        _ => format!("status code '{status}' not handled."),
    }
}

/// The last page of a status wins.
pub fn put(cx: &mut DirectiveCx<'_>, status: u16, page: Vec<u8>) {
    clear(cx, status);
    cx.proxy().settings.error_pages.put(status, Arc::from(page));
}

/// Forgets what was said of a status before, also by `errorfiles`.
pub fn clear(cx: &mut DirectiveCx<'_>, status: u16) {
    let settings = &mut cx.proxy().settings;
    settings.error_pages.pages.retain(|(s, _)| *s != status);
    settings.errorfiles.iter_mut().for_each(|line| line.masked.push(status));
}

/// Reads a page. An empty file means that the connection is closed without an answer.
pub fn read(path: &str) -> Result<Vec<u8>, String> {
    let limit = crate::base::limits::BUFSIZE;
    let page = std::fs::read(path).map_err(|_| format!("error opening file '{path}'."))?;
    if page.len() > limit {
        return Err(format!("file '{path}' exceeds the buffer size ({limit} bytes)."));
    }
    if page.is_empty() {
        return Ok(page);
    }
    load_errorfile(&page).map_err(|inner| format!("'{path}': invalid error message: {inner}"))
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn pages_are_read_and_checked() {
        let dir = std::env::temp_dir().join(format!("ringmain-errorfile-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let line = |name: &str, text: &[u8]| {
            let file = dir.join(name);
            std::fs::write(&file, text).unwrap();
            bench(BACKEND, &format!("errorfile 503 {}", file.display()))
        };
        let page = b"HTTP/1.0 503 Gone\r\nCache-Control: no-cache\r\n\r\n<h1>x</h1>";
        let draft = line("good", page).ok();
        let read = draft.proxies[0].settings.error_pages.get(503).unwrap();
        assert!(read.starts_with(b"HTTP/1.0 503 Gone\r\n") && read.ends_with(b"\r\n\r\n<h1>x</h1>"));
        assert!(line("empty", b"").diags.is_empty(), "an empty file sends nothing");
        assert!(line("bad", b"hello").says().contains("invalid error message"));
        assert!(
            line("long", b"HTTP/1.1 503 X\r\nContent-Length: 5\r\n\r\nx")
                .says()
                .contains("content-length is 5, but")
        );
        std::fs::remove_dir_all(&dir).unwrap();
        let says = |line: &str| bench(BACKEND, line).says().to_owned();
        assert_eq!(says("errorfile 503 /no/such/file"), "errorfile : error opening file '/no/such/file'.");
        assert_eq!(says("errorfile 299 /dev/null"), "errorfile : status code '299' not handled.");
        assert_eq!(says("errorfile 503"), "errorfile : expects <status_code> and <file> as arguments.\n");
    }
}
