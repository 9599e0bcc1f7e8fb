//! The words of a `ring` section (manual 3.9). HAProxy lets words behind the arguments pass, and so does this.
use super::row::{self, DirectiveCx};
use crate::plan::ring::Draft;
use crate::syntax::{Diag, Word};

/// One word.
#[derive(Debug)]
pub struct RingRow {
    pub name: &'static str,
    /// What the manual says, in one paragraph.
    pub doc: &'static str,
    /// Reads the line: the keyword first.
    pub parse: row::Parse,
}

rows! { RingRow:
    backing_file,
    description,
    format,
    maxlen,
    server,
    size,
    timeout;
    families:
}

/// Reads a line of the section.
///
/// # Errors
/// What is wrong with it.
pub fn read(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let Some(first) = words.first() else { return Ok(()) };
    if let Some(row) = find(first.text()) {
        return (row.parse)(cx, words);
    }
    let diag = Diag::alert(first.span, format!("unknown statement '{}'.", first.text()));
    Err(diag.near(first.text(), all().map(|r| r.name)))
}

/// The section that is being read.
fn section<'a>(cx: &'a mut DirectiveCx<'_>) -> &'a mut Draft {
    cx.draft.rings.last_mut().expect("a line of a ring stands in such a section")
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{RING, bench};
    use std::time::Duration;

    #[test]
    fn every_word_has_its_own_place() {
        let lines = "description \"my lines\"\nformat rfc5424\nmaxlen 1200\nsize 32764\ntimeout connect 5s\n\
                     timeout server 10s\nserver a 127.0.0.1:6514 log-proto octet-count\nserver b 127.0.0.1:6515";
        let draft = bench(RING, lines).ok();
        let ring = &draft.rings[0];
        assert_eq!((ring.description.as_deref(), ring.format.as_str()), (Some("my lines"), "rfc5424"));
        assert_eq!((ring.maxlen, ring.size), (1_200, 32_764));
        let size = |text: &str| bench(RING, text).ok().rings[0].size;
        assert_eq!(
            (size("size 32k"), size("size 20000\nsize 1000"), size("size 8")),
            (32_768, 1_000, 16_384)
        );
        assert_eq!(
            (ring.connect, ring.server),
            (Some(Duration::from_secs(5)), Some(Duration::from_secs(10)))
        );
        let framed: Vec<bool> = ring.servers.iter().map(|s| s.settings.line.octet_count).collect();
        assert_eq!(framed, [true, false]);
    }

    #[test]
    fn messages_are_haproxys() {
        for (line, text) in [
            ("foo", "unknown statement 'foo'."),
            ("description", "missing ring description text."),
            ("format", "unknown format ''."),
            ("format foo", "unknown format 'foo'."),
            ("maxlen", "invalid size '' for new sink buffer."),
            ("backing-file a\nbacking-file b", "'backing-file' already specified for ring 'r' (was 'a')."),
            (
                "backing-file a\nsize 99999",
                "cannot resize an already mapped file, please specify 'size' before 'backing-file'.",
            ),
            ("maxlen 0", "invalid size '0' for new sink buffer."),
            ("size abc", "invalid size 'abc' for new sink buffer."),
            ("size 0", "invalid size '0' for new sink buffer."),
            ("size 32x", "invalid size '32x' for new sink buffer."),
            ("timeout connect", "'timeout connect' expects <time> as argument."),
            ("timeout server 1q", "unexpected character 'q' in argument to <timeout server>."),
            ("server a", "[x.cfg:1] : 'server' expects <name> and <addr>[:<port>] as arguments."),
            (
                "server a 127.0.0.1:9 log-proto foo",
                "[x.cfg:1] : 'server r/a' : 'log-proto' expects one of 'legacy' or 'octet-count' but got 'foo'.",
            ),
        ] {
            assert_eq!(bench(RING, line).says(), text);
        }
    }

    #[test]
    fn what_has_no_meaning_here_is_told_and_what_is_not_built_refused() {
        let bench_of = |line: &str| bench(RING, line);
        let told = bench_of("server a 127.0.0.1:9 weight 5 check");
        assert_eq!(told.draft.rings[0].servers.len(), 1);
        assert!(told.says().contains("no effect on a log server: 'weight', 'check'"), "{}", told.says());
        let refused = bench_of("server a 127.0.0.1:9 send-proxy");
        assert!(refused.says().contains("'send-proxy'"), "{}", refused.says());
        assert!(bench_of("server a 127.0.0.1").says().contains("needs a port"));
    }
}
