//! What answers of single protocols mean: MySQL's first packets, LDAP's answer to a bind.
use super::expect::Judged;
use super::probe::{self, Found};
use super::script::Run;
use crate::plan::check::Builtin;
use crate::share::CheckStatus;

/// Judges what was received so far.
pub fn judge(run: &Run<'_>, builtin: Builtin) -> Judged {
    let (input, ended) = (run.context.input.as_slice(), run.received.ended);
    let packet = match builtin {
        Builtin::MysqlGreeting => mysql(input),
        // The greeting lies before it.
        Builtin::MysqlOk => match mysql_length(input).and_then(|first| input.get(first..)) {
            Some(rest) => mysql(rest),
            None => Judged::More,
        },
        Builtin::LdapBind => ldap(input),
    };
    match packet {
        // What is cut off is no answer.
        Judged::More if ended => Judged::Bad(Found::plain(CheckStatus::L7Response)),
        other => other,
    }
}

/// The length of a packet with its four bytes of head.
fn mysql_length(input: &[u8]) -> Option<usize> {
    let head = input.get(..4)?;
    Some(4 + usize::from(head[0]) + (usize::from(head[1]) << 8) + (usize::from(head[2]) << 16))
}

fn mysql(input: &[u8]) -> Judged {
    let Some(packet) = mysql_length(input).and_then(|n| input.get(..n)) else { return Judged::More };
    if packet.get(4) != Some(&0xff) {
        return Judged::Good;
    }
    let byte = |at: usize| input.get(at).copied().unwrap_or(0);
    let code = i32::from(u16::from_le_bytes([byte(5), byte(6)]));
    let words = input.get(7..).unwrap_or_default();
    let end = words.iter().position(|b| *b == 0).unwrap_or(words.len());
    let info = probe::cut(String::from_utf8_lossy(&words[..end]).into_owned());
    Judged::Bad(Found { status: CheckStatus::L7Status, code, info })
}

/// The answer to a bind: a message of the first operation that holds a bind response whose result is success.
fn ldap(input: &[u8]) -> Judged {
    let wrong = || {
        let info = "Not LDAPv3 protocol".to_owned();
        Judged::Bad(Found { info, ..Found::plain(CheckStatus::L7Response) })
    };
    // A sequence, with a length of one byte or of several.
    let Some(&first) = input.get(1) else { return Judged::More };
    let skip = if first & 0x80 != 0 { usize::from(first & 0x7f) } else { 0 };
    let Some(message) = input.get(2 + skip..) else { return Judged::More };
    // The number 1, then the response, whose length is written in either way, too.
    let Some((head, response)) = message.split_at_checked(4) else { return Judged::More };
    if head != [0x02, 0x01, 0x01, 0x61] {
        return wrong();
    }
    let Some(&first) = response.first() else { return Judged::More };
    let skip = if first & 0x80 != 0 { usize::from(first & 0x7f) } else { 0 };
    let Some(result) = response.get(1 + skip..).filter(|r| r.len() >= 3) else { return Judged::More };
    if !result.starts_with(&[0x0a, 0x01]) {
        return wrong();
    }
    match result[2] {
        0 => Judged::Good,
        code => Judged::Bad(Found {
            status: CheckStatus::L7Status,
            code: i32::from(code),
            info: "See RFC: http://tools.ietf.org/html/rfc4511#section-4.1.9".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(judged: Judged) -> String {
        match judged {
            Judged::Good => "good".to_owned(),
            Judged::More => "more".to_owned(),
            Judged::Bad(f) => format!("{} {} {}", f.status.name(), f.code, f.info),
        }
    }

    #[test]
    fn mysql_packets() {
        assert_eq!(shown(mysql(b"\x05\0\0")), "more");
        assert_eq!(shown(mysql(b"\x05\0\0\0\x0a5.5")), "more");
        assert_eq!(shown(mysql(b"\x05\0\0\0\x0a5.5\0")), "good");
        assert_eq!(shown(mysql(b"\x05\0\0\0\xff\x10\x04#HY000No")), "L7STS 1040 #HY000No");
    }

    #[test]
    fn damaged_answers_are_judged() {
        let examples: &[&[u8]] = &[
            b"\x05\0\0\0\x0a5.5\0",
            b"\x0d\0\0\0\xff\x10\x04#HY000No",
            b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00",
            b"\x30\x84\0\0\0\x0c\x02\x01\x01\x61\x07\x0a\x01\x35\x04",
        ];
        let mut judged = [0; 3];
        let mut note = |found: Judged| match found {
            Judged::Good => judged[0] += 1,
            Judged::More => judged[1] += 1,
            Judged::Bad(found) => {
                assert!(found.info.len() <= 1_024, "{} bytes", found.info.len());
                judged[2] += 1;
            }
        };
        crate::base::mutate::cases(200_000, examples, |bytes| {
            note(mysql(bytes));
            note(ldap(bytes));
            if let Some(rest) = mysql_length(bytes).and_then(|first| bytes.get(first..)) {
                note(mysql(rest));
            }
        });
        assert!(judged.iter().all(|n| *n > 10_000), "{judged:?}");
    }

    #[test]
    fn ldap_answers() {
        assert_eq!(shown(ldap(b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00")), "good");
        assert_eq!(shown(ldap(b"\x30\x84\0\0\0\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00")), "good");
        assert_eq!(
            shown(ldap(b"\x30\x12\x02\x01\x01\x61\x84\0\0\0\x07\x0a\x01\x00\x04\x00\x04\x00")),
            "good"
        );
        assert!(shown(ldap(b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x35\x04")).starts_with("L7STS 53 See"));
        assert_eq!(
            shown(ldap(b"\x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x00\x04")),
            "L7RSP 0 Not LDAPv3 protocol"
        );
        assert_eq!(shown(ldap(b"\x30\xff\x02")), "more");
    }
}
