//! `req.len`, `req.payload`, `req.payload_lv`: the bytes in the request's buffer (7.3.5). Rules of `tcp-request content` see
//! them while they come in.
use super::{Arg, FetchRow, Make, Scope};
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Cx, Fetch};
use std::borrow::Cow;

/// The rows of this file.
pub const ROWS: &[FetchRow] = &[
    FetchRow {
        name: "req.len",
        aliases: &["req_len"],
        required: 0,
        args: &[],
        out: Kind::Int,
        scope: Scope::Buffer,
        doc: "How many bytes are in the buffer; as long as more may come, no test of it is false.",
        make: Make::Plain(|cx| {
            let bytes = super::raw(cx)?;
            cx.conn.inspect.may_change();
            Some(Sample::Int(bytes.len() as i64))
        }),
    },
    FetchRow {
        name: "req.payload",
        aliases: &["payload"],
        required: 2,
        args: &[Arg::Int, Arg::Int],
        out: Kind::Bin,
        scope: Scope::Buffer,
        doc: "So many bytes from this offset on; all of them where the number is 0.",
        make: Make::With(|args| {
            let number = |i: usize| size(&args[i]).ok_or_else(|| format!("'{}' is no size", args[i]));
            Ok(Box::new(Block { from: number(0)?, length: number(1)? }))
        }),
    },
    FetchRow {
        name: "req.payload_lv",
        aliases: &["payload_lv"],
        required: 2,
        args: &[Arg::Int, Arg::Int, Arg::Text],
        out: Kind::Bin,
        scope: Scope::Buffer,
        doc: "The bytes whose number stands at this offset in so many bytes: from the second offset on, or from behind the number.",
        make: Make::With(counted),
    },
];

fn size(text: &str) -> Option<usize> {
    text.parse().ok()
}

#[derive(Debug)]
struct Block {
    from: usize,
    length: usize,
}

impl Fetch for Block {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let bytes = super::raw(cx)?;
        if self.length == 0 || bytes.len() < self.from.saturating_add(self.length) {
            cx.conn.inspect.may_change();
        }
        let end = if self.length == 0 { bytes.len() } else { self.from.checked_add(self.length)? };
        bytes.get(self.from..end).map(|b| Sample::Bin(Cow::Borrowed(b)))
    }
}

/// Where the bytes of a counted block are.
#[derive(Clone, Copy, Debug)]
enum From {
    Behind(i64),
    At(usize),
}

#[derive(Debug)]
struct Counted {
    offset: usize,
    width: usize,
    from: From,
}

fn counted(args: &[String]) -> Result<Box<dyn Fetch>, String> {
    let number = |text: &str| size(text).ok_or_else(|| format!("'{text}' is no size"));
    let (offset, width) = (number(&args[0])?, number(&args[1])?);
    if width == 0 {
        return Err("payload length must be > 0".to_owned());
    }
    let from = match args.get(2).map(String::as_str) {
        None => From::Behind(0),
        Some(text) => {
            let by = text.parse::<i64>().map_err(|_| "payload offset2 is not a number".to_owned())?;
            match text.as_bytes()[0] {
                b'+' | b'-' if offset as i64 + width as i64 + by < 0 => {
                    return Err("payload offset2 too negative".to_owned());
                }
                b'+' | b'-' => From::Behind(by),
                _ => From::At(by as usize),
            }
        }
    };
    Ok(Box::new(Counted { offset, width, from }))
}

impl Fetch for Counted {
    fn fetch<'c>(&'c self, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        let bytes = super::raw(cx)?;
        let behind = self.offset.checked_add(self.width)?;
        let Some(number) = bytes.get(self.offset..behind) else {
            cx.conn.inspect.may_change();
            return None;
        };
        let length = number.iter().fold(0usize, |n, b| n << 8 | usize::from(*b));
        let from = match self.from {
            From::Behind(by) => behind.checked_add_signed(by as isize)?,
            From::At(at) => at,
        };
        let end = from.checked_add(length)?;
        if length == 0 {
            return None;
        }
        if end > bytes.len() {
            cx.conn.inspect.may_change();
        }
        bytes.get(from..end).map(|b| Sample::Bin(Cow::Borrowed(b)))
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::Sample;
    use crate::vocab::expr::parse_expr;
    use crate::vocab::expr::testing::{with_cx, words};

    /// The value, and whether it may become another.
    fn of(text: &str, bytes: &[u8]) -> (Option<Vec<u8>>, bool) {
        let parsed = parse_expr(&words(text)[0], text, 0, "sample").unwrap();
        with_cx("GET / HTTP/1.1\r\n\r\n", |cx| {
            cx.conn.inspect.look(true, false);
            let cx = crate::rules::Cx { req: None, res: None, req_body: bytes, ..*cx };
            let value = parsed.expr.eval(&cx).map(|sample| match sample {
                Sample::Bin(b) => b.into_owned(),
                other => {
                    let mut out = Vec::new();
                    other.write_text(&mut out);
                    out
                }
            });
            (value, cx.conn.inspect.is_missing())
        })
    }

    #[test]
    fn blocks_are_cut_out_and_waited_for() {
        let some = |text: &str| Some(text.as_bytes().to_vec());
        assert_eq!(of("req.len", b"abc"), (some("3"), true));
        assert_eq!(of("req.payload(1,2)", b"abc"), (some("bc"), false));
        assert_eq!(of("req.payload(1,3)", b"abc"), (None, true));
        assert_eq!(of("req.payload(1,0)", b"abc"), (some("bc"), true));
        assert_eq!(of("req.payload(4,0)", b"abc"), (None, true));
        assert_eq!(of("req.payload_lv(1,1)", b"x\x02abcd"), (some("ab"), false));
        assert_eq!(of("req.payload_lv(1,1,+1)", b"x\x02abcd"), (some("bc"), false));
        assert_eq!(of("req.payload_lv(1,1,0)", b"x\x02abcd"), (some("x\x02"), false));
        assert_eq!(of("req.payload_lv(0,2)", b"\x00\x05abcd"), (None, true));
        assert_eq!(of("req.payload_lv(0,9)", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff"), (None, false));
        assert_eq!(of("req.payload_lv(9,2)", b"abc"), (None, true));
    }
}
