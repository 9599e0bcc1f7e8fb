//! Commands that HAProxy has and Ringmain refuses, each with the reason (management manual, 9.3, of 2.6 to 3.5).

/// First words, and why not.
#[rustfmt::skip]
const REFUSED: &[(&str, &str)] = &[
    ("abort ssl", NO_TLS),
    ("acme", NO_TLS),
    ("add backend", "backends come with the configuration"),
    ("add ssl", NO_TLS),
    ("commit ssl", NO_TLS),
    ("debug", "it is for HAProxy's developers"),
    ("del backend", "backends come with the configuration"),
    ("del ssl", NO_TLS),
    ("dump ssl", NO_TLS),
    ("httpclient", "Ringmain makes no requests of its own; use curl"),
    ("new ssl", NO_TLS),
    ("publish", "backends are there from the start"),
    ("set anon", "nothing is shown in a disguise"),
    ("set profiling", "use perf and heaptrack"),
    ("set ssl", NO_TLS),
    ("show anon", "nothing is shown in a disguise"),
    ("show default-server", NOT_YET),
    ("show defaults", NOT_YET),
    ("show quic", "there is no QUIC"),
    ("show ssl", NO_TLS),
    ("show tls-keys", NO_TLS),
    ("unpublish", "backends are there from the start"),
    ("update ssl", NO_TLS),
];

const NO_TLS: &str = "there is no TLS";
const NOT_YET: &str = "it is not built";

/// What is said of a command that is refused; `None` of any other line.
pub(super) fn why(words: &[&str]) -> Option<String> {
    let begins = |known: &str| {
        let mut words = words.iter();
        known.split(' ').all(|word| words.next() == Some(&word))
    };
    let (known, why) = REFUSED.iter().find(|(known, _)| begins(known))?;
    Some(format!("'{known}' is a HAProxy command that Ringmain does not support yet: {why}.\n"))
}

/// All of them.
pub fn all() -> impl Iterator<Item = &'static str> {
    REFUSED.iter().map(|(known, _)| *known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_sorted_and_not_ours() {
        let all: Vec<&str> = all().collect();
        assert!(all.is_sorted(), "{:?}", all.windows(2).find(|w| w[0] > w[1]));
        for row in super::super::rows() {
            assert!(!all.contains(&row.words.join(" ").as_str()), "{:?}", row.words);
        }
    }

    #[test]
    fn they_are_known_by_their_first_words() {
        assert_eq!(
            why(&["show", "ssl", "cert"]).unwrap(),
            "'show ssl' is a HAProxy command that Ringmain does not support yet: there is no TLS.\n"
        );
        assert_eq!(why(&["show"]), None);
        assert_eq!(why(&["show", "ssls"]), None);
    }
}
