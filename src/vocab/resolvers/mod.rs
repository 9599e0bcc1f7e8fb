//! The words of a `resolvers` section (manual 5.3.2).
use super::row::{self, DirectiveCx};
use crate::plan::Resolvers;
use crate::syntax::{Diag, Word};

/// One word.
#[derive(Debug)]
pub struct ResolversRow {
    pub name: &'static str,
    /// What the manual says, in one paragraph.
    pub doc: &'static str,
    /// Reads the line: the keyword first.
    pub parse: row::Parse,
}

rows! { ResolversRow:
    accepted_payload_size,
    hold,
    nameserver,
    parse_resolv_conf,
    resolution_pool_size,
    resolve_retries,
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
    let text = format!("unknown keyword '{}' in 'resolvers' section", first.text());
    let diag = Diag::alert(first.span, text);
    Err(diag.near(first.text(), all().map(|r| r.name)))
}

/// The section that is being read.
fn section<'a>(cx: &'a mut DirectiveCx<'_>) -> &'a mut Resolvers {
    cx.draft.resolvers.last_mut().expect("a line of resolvers stands in such a section")
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{Bench, RESOLVERS, bench};

    fn says(line: &str) -> String {
        bench(RESOLVERS, line).says().to_owned()
    }

    #[test]
    fn every_word_has_its_own_place() {
        let lines = "nameserver a 192.0.2.1:53\nnameserver b udp@[2001:db8::1]:5353\nnameserver c tcp@192.0.2.3:53\n\
                     hold valid 1s\nhold nx 2s\nhold refused 3s\nhold timeout 4s\nhold other 5s\nhold obsolete 6s\n\
                     resolve_retries 7\ntimeout resolve 8s\ntimeout retry 9s\naccepted_payload_size 8192";
        let Bench { draft, diags, .. } = bench(RESOLVERS, lines);
        assert!(diags.is_empty(), "{diags:?}");
        let r = &draft.resolvers[0];
        let found: Vec<(&str, String, bool)> =
            r.nameservers.iter().map(|n| (n.name.as_str(), n.addr.to_string(), n.stream)).collect();
        assert_eq!(found[0], ("a", "192.0.2.1:53".to_owned(), false));
        assert_eq!(found[1], ("b", "[2001:db8::1]:5353".to_owned(), false));
        assert_eq!(found[2], ("c", "192.0.2.3:53".to_owned(), true));
        let h = r.hold;
        let holds = [h.valid, h.nx, h.refused, h.timeout, h.other, h.obsolete].map(|d| d.as_secs());
        assert_eq!(holds, [1, 2, 3, 4, 5, 6]);
        assert_eq!((r.retries, r.resolve.as_secs(), r.retry.as_secs(), r.accepted), (7, 8, 9, 8_192));
    }

    #[test]
    fn messages_are_haproxys() {
        let short = "'nameserver' expects <name> and <addr>[:<port>] as arguments.";
        for (line, text) in [
            ("nameserver", short),
            ("nameserver x", short),
            ("nameserver x 192.0.2.1", "'nameserver x' : missing port specification in '192.0.2.1'"),
            ("nameserver x/y 192.0.2.1:1", "character '/' is not permitted in server name 'x/y'."),
            (
                "hold foo 1s",
                "'hold' unknown <event>: 'foo', expects either 'nx', 'timeout', 'valid', 'obsolete' or 'other'.",
            ),
            ("hold nx 1q", "unexpected character 'q' in argument to <hold>."),
            ("timeout retry 1q", "unexpected character 'q' in argument to <timeout retry>."),
            ("timeout", "'timeout' expects 'retry' or 'resolve' and <time> as arguments."),
            ("timeout retry", "'timeout retry' expects <time> as argument."),
            ("timeout x 1s", "'timeout' expects 'retry' or 'resolve' and <time> as arguments got 'x'."),
            ("resolve_retries", "'resolve_retries' expects <nb> as argument."),
            (
                "accepted_payload_size 11",
                "'accepted_payload_size' must be between 12 and 65535 inclusive (was 11).",
            ),
            ("foo", "unknown keyword 'foo' in 'resolvers' section"),
        ] {
            assert_eq!(says(line), text);
        }
    }

    #[test]
    fn what_a_stream_needs_and_is_not_built_is_refused() {
        let text = says("nameserver x tcp@192.0.2.1:53 maxconn 5");
        assert!(text.contains("does not support this HAProxy keyword yet"), "{text}");
        assert!(bench(RESOLVERS, "nameserver x 192.0.2.1:53 foo").diags.is_empty(), "as haproxy has it");
    }
}
