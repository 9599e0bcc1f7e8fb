//! `server … check-send-proxy`, `check-via-socks4` (manual 5.2): what the connections of checks begin with.
use super::{ServerCx, ServerRow};
use crate::syntax::{Diag, Word};

pub const ROWS: &[ServerRow] = &[
    of(
        "check-send-proxy",
        "check-send-proxy: checks begin with a PROXY header, also where they go to another address or port than the traffic.",
        |cx, _| {
            cx.settings.watching.opening.send_proxy = true;
            Ok(0)
        },
    ),
    of("check-via-socks4", "check-via-socks4: checks go through the relay of socks4, too.", |cx, _| {
        cx.settings.watching.opening.via_socks4 = true;
        Ok(0)
    }),
    of(
        "no-check-send-proxy",
        "no-check-send-proxy: takes back a check-send-proxy of default-server.",
        |cx, _| {
            cx.settings.watching.opening.send_proxy = false;
            Ok(0)
        },
    ),
];

type Parse = fn(&mut ServerCx<'_, '_>, &[Word]) -> Result<usize, Diag>;

const fn of(name: &'static str, doc: &'static str, parse: Parse) -> ServerRow {
    ServerRow { name, arguments: 0, default_server: true, doc, parse }
}

#[cfg(test)]
mod tests {
    use crate::plan::check::Opening;
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn given_and_taken_back() {
        let of = |line: &str| {
            let text = format!("default-server check-send-proxy\nserver t 127.0.0.1:1 {line}");
            bench(BACKEND, &text).ok().proxies[0].servers[0].settings.watching.opening
        };
        assert_eq!(of(""), Opening { send_proxy: true, via_socks4: false });
        assert_eq!(
            of("no-check-send-proxy check-via-socks4"),
            Opening { send_proxy: false, via_socks4: true }
        );
    }
}
