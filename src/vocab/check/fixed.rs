//! The steps behind the options for single protocols, as HAProxy has them: its words in the end are the same.
use crate::plan::check::{Action, Builtin, Code, Connect, Expect, Payload, Saying, Step, What};
use crate::rules::regex::Regex;
use crate::share::CheckStatus;
use std::sync::Arc;

fn steps(actions: Vec<Action>) -> Vec<Step> {
    let number = |(at, action): (usize, Action)| Step {
        action: Arc::new(action),
        comment: None,
        number: at as u32 + 1,
    };
    actions.into_iter().enumerate().map(number).collect()
}

fn connect() -> Action {
    Action::Connect(Connect { linger: true, default: true, ..Connect::default() })
}

fn send(bytes: impl Into<Vec<u8>>) -> Action {
    Action::Send(Payload::Bytes(bytes.into()))
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern, false).expect("a pattern of this file")
}

/// `option redis-check`.
#[must_use]
pub fn redis() -> Vec<Step> {
    let pong = Expect {
        error_status: Some(CheckStatus::L7Status),
        on_error: Some(Saying::LineFrom(0)),
        on_success: Some(Saying::Text("Redis server is ok")),
        ..Expect::new(What::Text(b"+PONG\r\n".to_vec()))
    };
    steps(vec![send(b"*1\r\n$4\r\nPING\r\n"), Action::Expect(pong)])
}

/// `option ssl-hello-chk`.
#[must_use]
pub fn ssl_hello() -> Vec<Step> {
    let hello = Expect {
        min_recv: 5,
        ok_status: Some(CheckStatus::L6Ok),
        error_status: Some(CheckStatus::L6Response),
        timeout_status: Some(CheckStatus::L6Timeout),
        ..Expect::new(What::BinaryRegex(regex("^1[56]")))
    };
    steps(vec![Action::Send(Payload::SslHello), Action::Expect(hello)])
}

/// `option smtpchk`, with the greeting that is sent.
#[must_use]
pub fn smtp(greeting: &str) -> Vec<Step> {
    let answer = |pattern: &str| Expect {
        min_recv: 4,
        error_status: Some(CheckStatus::L7Status),
        on_error: Some(Saying::LineFrom(4)),
        on_success: Some(Saying::LineFrom(4)),
        code: Some(Code::Digits(3)),
        ..Expect::new(What::Regex(regex(pattern)))
    };
    let any = Expect {
        min_recv: 4,
        error_status: Some(CheckStatus::L7Response),
        on_error: Some(Saying::LineFrom(0)),
        ..Expect::new(What::Regex(regex("^[0-9]{3}[ \r]")))
    };
    steps(vec![
        connect(),
        Action::Expect(any),
        Action::Expect(answer("^2[0-9]{2}[ \r]")),
        send(format!("{greeting}\r\n")),
        Action::Expect(Expect { min_recv: -1, ..answer("^(2[0-9]{2}-[^\r]*\r\n)*2[0-9]{2}[ \r]") }),
        send("QUIT\r\n"),
        Action::Expect(answer("^2[0-9]{2}[- \r]")),
    ])
}

/// `option pgsql-check user <name>`.
#[must_use]
pub fn pgsql(user: &str) -> Vec<Step> {
    let length = 4 + 4 + 5 + user.len() + 1 + 1;
    let mut hello = (length as u32).to_be_bytes().to_vec();
    hello.extend_from_slice(&0x0003_0000u32.to_be_bytes());
    hello.extend_from_slice(b"user\0");
    hello.extend_from_slice(user.as_bytes());
    hello.extend_from_slice(b"\0\0");
    let no_error = Expect {
        inverse: true,
        min_recv: 5,
        error_status: Some(CheckStatus::L7Response),
        on_error: Some(Saying::From(6)),
        ..Expect::new(What::Regex(regex("^E")))
    };
    let authentication = Expect {
        min_recv: 9,
        error_status: Some(CheckStatus::L7Status),
        on_success: Some(Saying::Text("PostgreSQL server is ok")),
        on_error: Some(Saying::Text("PostgreSQL unknown error")),
        ..Expect::new(What::BinaryRegex(regex("^52000000[A-Z0-9]{2}000000(00|02|03|04|05|06|07|09|0A)")))
    };
    let actions = vec![connect(), send(hello), Action::Expect(no_error), Action::Expect(authentication)];
    steps(actions)
}

/// `option ldap-check`: an anonymous bind.
#[must_use]
pub fn ldap() -> Vec<Step> {
    let bind = [0x30, 0x0c, 0x02, 0x01, 0x01, 0x60, 0x07, 0x02, 0x01, 0x03, 0x04, 0x00, 0x80, 0x00];
    let sequence = Expect {
        min_recv: 14,
        on_error: Some(Saying::Text("Not LDAPv3 protocol")),
        ..Expect::new(What::BinaryRegex(regex("^30")))
    };
    let answer = Expect::new(What::Builtin(Builtin::LdapBind));
    steps(vec![send(bind), Action::Expect(sequence), Action::Expect(answer)])
}

/// `option mysql-check`, with the user and whether the old protocol is spoken.
#[must_use]
pub fn mysql(user: Option<(&str, bool)>) -> Vec<Step> {
    let greeting = Action::Expect(Expect::new(What::Builtin(Builtin::MysqlGreeting)));
    let Some((name, old)) = user else { return steps(vec![connect(), greeting]) };
    let mut login = Vec::new();
    if old {
        // Capabilities (a long password), the largest packet, the name, no password.
        login.extend_from_slice(&[0x00, 0x80, 0x00, 0x00, 0x01]);
        login.extend_from_slice(name.as_bytes());
        login.extend_from_slice(&[0, 0]);
    } else {
        // Protocol 4.1, the largest packet, latin1's number, 23 bytes of nothing.
        login.extend_from_slice(&[0x00, 0x82, 0x00, 0x00, 0x00, 0x80, 0x00, 0x01, 0x21]);
        login.extend_from_slice(&[0; 23]);
        login.extend_from_slice(name.as_bytes());
        login.extend_from_slice(&[0, 0]);
    }
    let mut packet = (login.len() as u32).to_le_bytes()[..3].to_vec();
    packet.push(1);
    packet.extend_from_slice(&login);
    // COM_QUIT.
    packet.extend_from_slice(&[1, 0, 0, 0, 1]);
    let answer = Action::Expect(Expect::new(What::Builtin(Builtin::MysqlOk)));
    steps(vec![connect(), send(packet), greeting, answer])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(steps: &[Step]) -> Vec<u8> {
        let bytes = steps.iter().filter_map(|s| match &*s.action {
            Action::Send(Payload::Bytes(b)) => Some(b.as_slice()),
            _ => None,
        });
        bytes.collect::<Vec<_>>().concat()
    }

    /// The bytes that HAProxy 2.6.12 sent.
    #[test]
    fn what_is_sent_is_haproxys() {
        assert_eq!(sent(&pgsql("bob")), b"\0\0\0\x12\0\x03\0\0user\0bob\0\0");
        assert_eq!(sent(&mysql(Some(("abc", true)))), b"\n\0\0\x01\0\x80\0\0\x01abc\0\0\x01\0\0\0\x01");
        let new = sent(&mysql(Some(("abc", false))));
        assert_eq!(&new[..13], b"%\0\0\x01\0\x82\0\0\0\x80\0\x01!");
        assert_eq!(&new[13..36], &[0; 23]);
        assert_eq!(&new[36..], b"abc\0\0\x01\0\0\0\x01");
        assert_eq!(sent(&smtp("HELO localhost")), b"HELO localhost\r\nQUIT\r\n");
    }
}
