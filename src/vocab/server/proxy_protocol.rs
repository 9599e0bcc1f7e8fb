//! `server … send-proxy`, `send-proxy-v2`, `proxy-v2-options` (manual 5.2): the PROXY protocol towards the server.
use super::{ServerCx, ServerRow, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROWS: &[ServerRow] = &[
    switch("no-send-proxy", "no-send-proxy: takes back a send-proxy of default-server.", |cx, _| {
        cx.settings.line.header.v1 = false;
        Ok(0)
    }),
    switch("no-send-proxy-v2", "no-send-proxy-v2: takes back a send-proxy-v2 of default-server.", |cx, _| {
        cx.settings.line.header.v2 = false;
        Ok(0)
    }),
    ServerRow {
        name: "proxy-v2-options",
        arguments: 1,
        default_server: true,
        doc: "proxy-v2-options <option>[,<option>]*: what else the header says. crc32c is its checksum, authority the \
              client's authority where a PROXY header told it, unique-id an empty one until unique-id-format is built. \
              The others are about TLS.",
        parse: options,
    },
    switch(
        "send-proxy",
        "send-proxy: each connection to the server begins with a PROXY header of version 1.",
        |cx, _| {
            cx.settings.line.header.v1 = true;
            Ok(0)
        },
    ),
    switch(
        "send-proxy-v2",
        "send-proxy-v2: each connection to the server begins with a PROXY header of version 2.",
        |cx, _| {
            cx.settings.line.header.v2 = true;
            Ok(0)
        },
    ),
];

type Parse = fn(&mut ServerCx<'_, '_>, &[Word]) -> Result<usize, Diag>;

const fn switch(name: &'static str, doc: &'static str, parse: Parse) -> ServerRow {
    ServerRow { name, arguments: 0, default_server: true, doc, parse }
}

fn options(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    let header = &mut cx.settings.line.header;
    for option in row::text(words, 1).split(',') {
        match option {
            "crc32c" => header.checksum = true,
            "authority" => header.authority = true,
            "unique-id" => header.unique_id = true,
            "ssl" | "cert-cn" | "ssl-cipher" | "cert-sig" | "cert-key" => {
                let text =
                    format!("'{option}' : proxy v2 option needs TLS, which Ringmain does not build yet");
                return Err(wrong(words, text).help("remove it, or keep this proxy on HAProxy for now"));
            }
            other => return Err(wrong(words, format!("'{other}' : proxy v2 option not implemented"))),
        }
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn headers_and_options() {
        let of = |line: &str| {
            let text = format!("default-server send-proxy\nserver t 127.0.0.1:1 {line}");
            bench(BACKEND, &text).ok().proxies[0].servers[0].settings.line.header.clone()
        };
        assert!(of("").v1 && of("send-proxy-v2").v2 && !of("no-send-proxy").any());
        let all = of("send-proxy-v2 proxy-v2-options crc32c,unique-id,authority");
        assert!(all.checksum && all.unique_id && all.authority);
        let says = |line: &str| bench(BACKEND, &format!("server t 127.0.0.1:1 {line}")).says().to_owned();
        assert!(says("proxy-v2-options foo").ends_with("'foo' : proxy v2 option not implemented."));
        assert!(says("proxy-v2-options").ends_with("'' : proxy v2 option not implemented."));
        assert!(says("proxy-v2-options crc32c,cert-cn").contains("TLS"));
    }
}
