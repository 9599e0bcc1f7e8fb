//! The parsers of the rule language: expressions, ACLs, conditions, rules. They give HAProxy's own words for what is wrong;
//! the caller puts before them which line it was.
mod acl;
mod available;
mod format;
mod rule;
mod sample;

pub use acl::{AclScope, parse_acl, parse_condition};
pub use available::{available, misplaced, places_of};
pub use format::{Place, closing, parse_format, parse_format_at, parse_format_for, parse_head_format};
pub use rule::{Ruleset, parse_http_request, parse_http_response, parse_redirect, parse_rule};
pub use sample::{Parsed, integer, parse_expr, split_expr};

/// Runs `f` in a context that has nothing but itself.
#[cfg(test)]
pub(crate) fn with_empty_cx<T>(f: impl FnOnce(&crate::rules::Cx<'_>) -> T) -> T {
    testing::with_cx("GET / HTTP/1.1\r\n\r\n", |cx| f(cx))
}

#[cfg(test)]
pub(crate) mod testing {
    use crate::base::ids::{BackendId, FrontendId, ServerId};
    use crate::base::time::Tick;
    use crate::proto::h1;
    use crate::proto::http::{RequestHead, ResponseHead};
    use crate::rules::{ConnInfo, Cx, Facts};
    use std::time::SystemTime;

    struct Nothing;

    impl Facts for Nothing {
        fn usable_servers(&self, _: BackendId) -> u32 {
            2
        }
        fn server_up(&self, _: ServerId) -> bool {
            true
        }
        fn backend_sessions(&self, _: BackendId) -> u64 {
            7
        }
        fn frontend_sessions(&self, _: FrontendId) -> u64 {
            5
        }
        fn server_sessions(&self, _: ServerId) -> u64 {
            3
        }
        fn backend_queued(&self, _: BackendId) -> u64 {
            1
        }
        fn connection_slots(&self, _: BackendId) -> Option<u64> {
            Some(9)
        }
        fn process_sessions(&self) -> u64 {
            11
        }
        fn frontend_name(&self, _: FrontendId) -> &str {
            "fe"
        }
        fn backend_name(&self, _: BackendId) -> &str {
            "be"
        }
        fn server_name(&self, _: ServerId) -> &str {
            "srv"
        }
        fn frontend_uuid(&self, _: FrontendId) -> u32 {
            2
        }
        fn backend_uuid(&self, _: BackendId) -> u32 {
            3
        }
        fn server_uuid(&self, _: ServerId) -> u32 {
            1
        }
        fn wall_clock(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }
    }

    /// Runs `f` with a request, from 192.0.2.1:4711 to 127.0.0.1:80.
    pub fn with_cx<T>(request: &str, f: impl FnOnce(&mut Cx<'_>) -> T) -> T {
        with(request, None, f)
    }

    /// The same with an answer.
    pub fn with_answer<T>(request: &str, answer: &[u8], f: impl FnOnce(&mut Cx<'_>) -> T) -> T {
        let mut res = ResponseHead::default();
        h1::parse_response(answer, &h1::Limits::default(), &h1::RequestKind::default(), &mut res)
            .expect("a good answer");
        with(request, Some(&mut res), f)
    }

    fn with<T>(request: &str, res: Option<&mut ResponseHead>, f: impl FnOnce(&mut Cx<'_>) -> T) -> T {
        let mut req = RequestHead::default();
        h1::parse_request(request.as_bytes(), &h1::Limits::default(), &mut req).expect("a good request");
        let conn = ConnInfo {
            src: Some("192.0.2.1:4711".parse().unwrap()),
            dst: Some("127.0.0.1:80".parse().unwrap()),
            ..ConnInfo::at(FrontendId(0), 1, Tick::ZERO)
        };
        let mut cx = Cx {
            conn: &conn,
            req: Some(&mut req),
            res,
            req_body: b"",
            first_request: true,
            backend: Some(BackendId(0)),
            server: None,
            facts: &Nothing,
            wishes: crate::rules::Wishes::default(),
        };
        f(&mut cx)
    }

    /// Words of a line as the lexer would give them, quotes taken off.
    pub fn words(line: &str) -> Vec<crate::syntax::Word> {
        use crate::syntax::{FileId, Span, Word};
        let mut at = 1;
        line.split(' ')
            .map(|text| {
                let span = Span { file: FileId(0), line: 1, col: at, len: text.len() as u32 };
                at += text.len() as u32 + 1;
                Word::new(text.replace('~', " ").into_bytes(), span)
            })
            .collect()
    }
}
