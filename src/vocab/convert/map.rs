//! `map(file[,default])` and its family: what a file's line says of the value (configuration manual, 7.3.1 `map`).
use super::ConvertRow;
use crate::rules::list::{self, Flags, Handle, How, Out, Wanted};
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Convert, Cx};
use crate::vocab::matching;
use std::borrow::Cow;

macro_rules! family {
    ($($name:literal $method:literal $takes:ident $out:ident;)*) => {
        /// The rows of this file.
        pub const ROWS: &[ConvertRow] = &[$(ConvertRow {
            name: $name,
            args: (0, 2),
            takes: Kind::$takes,
            gives: kind(Out::$out),
            doc: "What the map's file says of the value: found by the method, given as the type that the name ends with; \
                  else the default.",
            make: |args| make(args, $method, Out::$out),
        }),*];
    };
}

family! {
    "map" "str" Str Str;
    "map_beg" "beg" Str Str;
    "map_beg_int" "beg" Str Int;
    "map_beg_ip" "beg" Str Addr;
    "map_beg_key" "beg" Str Key;
    "map_dir" "dir" Str Str;
    "map_dir_int" "dir" Str Int;
    "map_dir_ip" "dir" Str Addr;
    "map_dir_key" "dir" Str Key;
    "map_dom" "dom" Str Str;
    "map_dom_int" "dom" Str Int;
    "map_dom_ip" "dom" Str Addr;
    "map_dom_key" "dom" Str Key;
    "map_end" "end" Str Str;
    "map_end_int" "end" Str Int;
    "map_end_ip" "end" Str Addr;
    "map_end_key" "end" Str Key;
    "map_int" "int" Int Str;
    "map_int_int" "int" Int Int;
    "map_int_ip" "int" Int Addr;
    "map_int_key" "int" Int Key;
    "map_ip" "ip" Addr Str;
    "map_ip_int" "ip" Addr Int;
    "map_ip_ip" "ip" Addr Addr;
    "map_ip_key" "ip" Addr Key;
    "map_reg" "reg" Str Str;
    "map_reg_int" "reg" Str Int;
    "map_reg_ip" "reg" Str Addr;
    "map_reg_key" "reg" Str Key;
    "map_regm" "reg" Str Groups;
    "map_str" "str" Str Str;
    "map_str_int" "str" Str Int;
    "map_str_ip" "str" Str Addr;
    "map_str_key" "str" Str Key;
    "map_sub" "sub" Str Str;
    "map_sub_int" "sub" Str Int;
    "map_sub_ip" "sub" Str Addr;
    "map_sub_key" "sub" Str Key;
}

const fn kind(out: Out) -> Kind {
    match out {
        Out::Int => Kind::Int,
        Out::Addr => Kind::Addr,
        Out::Str | Out::Key | Out::Groups => Kind::Str,
    }
}

#[derive(Debug)]
struct Map {
    handle: Handle,
    out: Out,
    /// The value has to be an address to be looked for.
    of_addresses: bool,
    default: Option<Sample<'static>>,
}

fn make(args: &[String], method: &str, out: Out) -> Result<Box<dyn Convert>, String> {
    let path = args.first().map_or("", String::as_str);
    let row = matching::find(method).ok_or("no such method")?;
    let how = How { method: row.name, make: row.make, flags: Flags::default(), out: Some(out) };
    let default = match args.get(1) {
        None => None,
        Some(text) if out == Out::Int && text.is_empty() => Some(Sample::Int(0)),
        Some(text) if !out.takes(text.as_bytes()) => {
            let kind = if out == Out::Int { "integer" } else { "ip" };
            return Err(format!("failed to parse '{text}' as type '{kind}' at position 2"));
        }
        Some(text) => value(out, text.as_bytes()).map(Sample::into_owned),
    };
    let handle = list::file(path, Wanted { how, pairs: true, by_acl: false })?;
    Ok(Box::new(Map { handle, out, of_addresses: method == "ip", default }))
}

/// A value of the file as what it is to be.
fn value(out: Out, bytes: &[u8]) -> Option<Sample<'_>> {
    let text = || std::str::from_utf8(bytes).ok();
    Some(match out {
        Out::Str | Out::Key | Out::Groups => Sample::Str(Cow::Borrowed(bytes)),
        Out::Int => Sample::Int(text()?.parse().ok()?),
        Out::Addr => Sample::Addr(text()?.parse().ok()?),
    })
}

impl Convert for Map {
    fn convert<'c>(&'c self, input: Sample<'c>, cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        if self.of_addresses {
            input.as_addr()?;
        }
        let index = self.handle.now(cx.facts.lists());
        let Some(item) = index.find(&input) else { return self.default.as_ref().map(borrowed) };
        let found = item.value.as_deref().unwrap_or_default();
        match self.out {
            Out::Key => Some(Sample::Str(Cow::Borrowed(&item.text))),
            Out::Groups => index.expand(item, &input, found).map(|text| Sample::Str(Cow::Owned(text))),
            out => value(out, found),
        }
    }
}

fn borrowed<'s>(sample: &'s Sample<'static>) -> Sample<'s> {
    match sample {
        Sample::Str(text) => Sample::Str(Cow::Borrowed(text)),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::Sample;
    use crate::vocab::expr::with_empty_cx;

    fn look(name: &str, file: &str, default: Option<&str>, input: Sample<'static>) -> Option<String> {
        let mut args = vec![file.to_owned()];
        args.extend(default.map(str::to_owned));
        let converter = (super::super::find(name).unwrap().make)(&args).unwrap();
        with_empty_cx(|cx| {
            let found = converter.convert(input, cx)?;
            let mut out = Vec::new();
            found.write_text(&mut out);
            Some(String::from_utf8(out).unwrap())
        })
    }

    #[test]
    fn each_method_finds_its_own() {
        let dir = std::env::temp_dir().join(format!("ringmain-maps-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let file = |name: &str, text: &str| {
            let path = dir.join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let words = file("words", "# a comment\n/a one\n/a/b\ttwo words \nB.com three\n/a late\n");
        let nets = file("nets", "10.0.0.0/8 11\n10.1.0.0/16 12\n2001:db8::/32 13\n");
        let numbers = file("numbers", "1:9 192.0.2.1\n10: 192.0.2.2\n");
        let regs = file("regs", "^/x/(.*)$ /y/\\1\n");
        let text = |t: &str| Sample::Str(t.as_bytes().to_vec().into());
        let addr = |t: &str| Sample::Addr(t.parse().unwrap());
        for (name, path, default, input, want) in [
            ("map", &words, None, text("/a"), Some("one")),
            ("map_str", &words, Some("none"), text("/z"), Some("none")),
            ("map", &words, None, text("/z"), None),
            ("map_beg", &words, None, text("/a/b/c"), Some("two words")),
            ("map_beg_key", &words, None, text("/a/c"), Some("/a")),
            ("map_end", &words, None, text("www.B.com"), Some("three")),
            ("map_sub", &words, None, text("x/a/by"), Some("one")),
            ("map_dir", &words, None, text("/x/a/y"), Some("one")),
            ("map_dom", &words, None, text("www.B.com"), Some("three")),
            ("map_ip", &nets, None, addr("10.1.2.3"), Some("12")),
            ("map_ip", &nets, None, text("10.2.2.3"), Some("11")),
            ("map_ip_int", &nets, Some("5"), addr("192.0.2.1"), Some("5")),
            ("map_ip", &nets, Some("5"), text("no address"), None),
            ("map_int_ip", &numbers, None, Sample::Int(70), Some("192.0.2.2")),
            ("map_int", &numbers, None, Sample::Int(0), None),
            ("map_regm", &regs, None, text("/x/rest"), Some("/y/rest")),
            ("map_reg", &regs, None, text("/x/rest"), Some("/y/\\1")),
        ] {
            assert_eq!(look(name, path, default, input.clone()).as_deref(), want, "{name} {input:?}");
        }
        let refused = |name: &str, path: &str| {
            (super::super::find(name).unwrap().make)(&[path.to_owned()]).unwrap_err()
        };
        assert_eq!(refused("map", "/nowhere"), "failed to open pattern file </nowhere>");
        assert!(refused("map_str_int", &words).starts_with("unable to parse 'one' at line 2 of file '"));
        assert!(
            refused("map_ip", &words).starts_with("'/a' is not a valid IPv4 or IPv6 address at line 2 of")
        );
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
