//! `server … send-proxy`, `send-proxy-v2`, `proxy-v2-options` (manual 5.2): the PROXY protocol towards the server.
use super::{ServerCx, ServerRow, wrong};
use crate::plan::line::Extension;
use crate::rules::places;
use crate::syntax::{Diag, Word};
use crate::vocab::expr::parse_format_for;
use crate::vocab::row;
use std::sync::Arc;

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
    ServerRow {
        name: "set-proxy-v2-tlv-fmt",
        arguments: 1,
        default_server: true,
        doc: "set-proxy-v2-tlv-fmt(<id>) <fmt>: a further extension of the PROXY header of version 2, made anew for each \
              connection.",
        parse: extension,
    },
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

fn extension(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    let name = words[0].text();
    let id = name.strip_suffix(')').and_then(|t| t.split_once('(')).map(|(_, id)| id);
    let number = |t: &str| match t.strip_prefix("0x").or_else(|| t.strip_prefix("0X")) {
        Some(hex) => u8::from_str_radix(hex, 16).ok(),
        None => t.parse().ok(),
    };
    let Some(kind) = id.and_then(number) else {
        let text = format!("'{name}' : expects an id between 0 and 255 in parentheses");
        return Err(Diag::alert(words[0].span, text).help("write `set-proxy-v2-tlv-fmt(0xE1) %[src]`"));
    };
    let Some(word) = words.get(1) else { return Err(wrong(words, format!("'{name}' : expects a format"))) };
    let value = Arc::new(parse_format_for(word, places::BE_CONNECT)?);
    let list = &mut cx.settings.line.header.extensions;
    list.push(Extension { kind, value, text: word.text().to_owned() });
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
        let more = of("send-proxy-v2 set-proxy-v2-tlv-fmt(0xE1) %[src] set-proxy-v2-tlv-fmt(5) x");
        let kinds: Vec<u8> = more.extensions.iter().map(|e| e.kind).collect();
        assert_eq!(kinds, [0xe1, 5]);
        assert!(says("set-proxy-v2-tlv-fmt(256) x").contains("between 0 and 255"));
        assert!(says("set-proxy-v2-tlv-fmt x").contains("in parentheses"));
    }
}
