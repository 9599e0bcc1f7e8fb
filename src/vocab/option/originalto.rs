//! `option originalto` (manual 4.2).
use super::forwardfor::network;
use super::{Effect, OptionRow};
use crate::plan::ForwardFor;
use crate::proto::text::FieldName;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx};

pub const ROW: OptionRow = OptionRow {
    name: "originalto",
    sections: row::PROXIES,
    http: false,
    no: false,
    doc: "option originalto [except <network>] [header <name>]: adds the address that the client connected to to requests, \
          in X-Original-To or another header; not for addresses in the network.",
    effect: Effect::Parse(parse),
};

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let mut option = ForwardFor { header: FieldName::known("x-original-to"), except: None, if_none: false };
    for pair in words[2..].chunks(2) {
        let value = pair.get(1);
        match pair[0].text() {
            "except" => {
                option.except = Some(network(value.map_or("", Word::text)).ok_or_else(|| {
                    let text = "'option originalto except' expects <address>[/mask] as argument.";
                    Diag::alert(value.unwrap_or(&pair[0]).span, text)
                })?);
            }
            "header" => {
                let Some(name) = value else {
                    let text = "'option originalto header' expects <header_name> as argument.";
                    return Err(Diag::alert(row::place(words, words.len()), text));
                };
                option.header = row::own_field(name, "option originalto header")?;
            }
            _ => {
                let text = "'option originalto' only supports optional values: 'except' and 'header'.";
                return Err(Diag::alert(pair[0].span, text));
            }
        }
    }
    cx.proxy().settings.original_to = Some(option);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn arguments() {
        let of = |line: &str| bench(BACKEND, line).ok().proxies[0].settings.original_to.clone().unwrap();
        assert_eq!(of("option originalto").header.as_bytes(), b"x-original-to");
        let all = of("option originalto except 10.0.0.0/8 header X-Dst");
        assert_eq!((all.header.as_bytes(), all.except), (&b"x-dst"[..], Some(([10, 0, 0, 0].into(), 8))));
        let says = |line: &str| bench(BACKEND, line).says().to_owned();
        assert!(says("option originalto except").starts_with("'option originalto except' expects"));
        assert!(says("option originalto header").starts_with("'option originalto header' expects"));
        assert!(says("option originalto if-none").contains("only supports optional values: 'except' and"));
    }
}
