//! "Did you mean": the nearest word of a list.

/// HAProxy's own choice, for its first line (`; did you mean 'balance' maybe ?`): words are compared by how often each
/// character follows each other one. The first of equally near words wins.
#[must_use]
pub fn haproxy_match<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let print = fingerprint(word);
    let (best, distance) = candidates
        .map(|c| (c, distance(&print, &fingerprint(c))))
        .reduce(|best, next| if next.1 < best.1 { next } else { best })?;
    let near = distance <= 2 * word.len() && distance <= 2 * best.len();
    near.then_some(best)
}

/// The word to suggest beside the caret: HAProxy's choice where it has one, else the one with the fewest letters to
/// insert, remove, replace or swap, when these are at most a third of the word.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.collect();
    haproxy_match(word, candidates.iter().copied()).or_else(|| {
        let most = (word.chars().count() / 3).max(1);
        let near = |c: &&'a str| {
            let edits = edits(word, c);
            (edits <= most && edits < c.chars().count()).then_some((edits, *c))
        };
        candidates.iter().filter_map(near).min_by_key(|(edits, _)| *edits).map(|(_, c)| c)
    })
}

/// HAProxy's fingerprint: counts of transitions at `32 * from + to`, presence at `to`. 1..=26 are letters, 27 a digit, 28
/// anything else, and both ends.
fn fingerprint(word: &str) -> [u8; 1024] {
    let mut print = [0u8; 1024];
    add(&mut print, word);
    print
}

/// The fingerprint of several words.
pub struct Fingerprint([u8; 1024]);

impl Fingerprint {
    /// That of these.
    #[must_use]
    pub fn of(words: &[&str]) -> Fingerprint {
        let mut print = [0u8; 1024];
        words.iter().for_each(|word| add(&mut print, word));
        Fingerprint(print)
    }

    /// How far it is from another.
    #[must_use]
    pub fn distance(&self, other: &Fingerprint) -> usize {
        distance(&self.0, &other.0)
    }
}

fn add(print: &mut [u8; 1024], word: &str) {
    const OTHER: usize = 28;
    let mut from = OTHER;
    for b in word.bytes() {
        let to = match b.to_ascii_lowercase() {
            b @ b'a'..=b'z' => usize::from(b - b'a') + 1,
            b'0'..=b'9' => 27,
            _ => OTHER,
        };
        print[to] = 1;
        print[32 * from + to] = print[32 * from + to].wrapping_add(1);
        from = to;
    }
    print[32 * from + OTHER] = print[32 * from + OTHER].wrapping_add(1);
}

fn distance(a: &[u8; 1024], b: &[u8; 1024]) -> usize {
    a.iter().zip(b).map(|(a, b)| usize::from(a.abs_diff(*b)).pow(2)).sum()
}

/// Optimal string alignment distance, without regard to case.
fn edits(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replace = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replace.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &[&str] = &[
        "acl",
        "backlog",
        "balance",
        "bind",
        "default_backend",
        "hash-type",
        "http-request",
        "http-response",
        "log",
        "maxconn",
        "mode",
        "option",
        "server",
        "stats",
        "timeout",
        "use_backend",
    ];

    fn haproxy(word: &str) -> Option<&'static str> {
        haproxy_match(word, WORDS.iter().copied())
    }

    #[test]
    fn chooses_as_haproxy_does() {
        // Each pair was seen in the messages of HAProxy 2.6.12.
        for (typed, meant) in [
            ("blance", "balance"),
            ("bnid", "bind"),
            ("use-backend", "use_backend"),
            ("ues_backend", "use_backend"),
            ("http-reqest", "http-request"),
            ("stats-uri", "stats"),
            ("hash-typ", "hash-type"),
            ("timeut", "timeout"),
            ("optoin", "option"),
            ("logg", "log"),
            ("srever", "server"),
        ] {
            assert_eq!(haproxy(typed), Some(meant), "{typed}");
        }
        assert_eq!(haproxy("bal"), None);
        assert_eq!(haproxy("zzzz"), None);
        assert_eq!(haproxy_match("x", [].into_iter()), None);
    }

    #[test]
    fn the_caret_may_know_more_but_not_guess() {
        let near = |w| nearest(w, WORDS.iter().copied());
        assert_eq!(near("blance"), Some("balance"));
        assert_eq!(near("BIND"), Some("bind"));
        assert_eq!(near("zzzz"), None);
        assert_eq!(near(""), None);
        assert_eq!(nearest("ab", ["cd", "ef"].into_iter()), None);
        assert_eq!(edits("abcd", "acbd"), 1, "a swap is one edit");
        assert_eq!(edits("", "abc"), 3);
    }
}
