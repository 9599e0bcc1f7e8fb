//! Words of `global` that say what `bind` and `server` lines with TLS begin with (manual 3.1). A line with TLS is refused, so
//! that these have nothing to act on: they are checked as HAProxy checks them and told of with `-dD`, and stock files that
//! carry them run.
use crate::base::units::leading_int;
use crate::plan::draft::TlsBases;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};
use crate::vocab::tls_words::{note, version};

pub const ROWS: &[DirectiveRow] = &[
    of("ca-base", |cx, words| base(cx, words, |b| &mut b.authorities)),
    of("crt-base", |cx, words| base(cx, words, |b| &mut b.certificates)),
    of("key-base", |cx, words| base(cx, words, |b| &mut b.keys)),
    of("ssl-default-bind-ciphers", |cx, words| one(cx, words, SUITE)),
    of("ssl-default-bind-ciphersuites", |cx, words| one(cx, words, SUITE)),
    of("ssl-default-bind-client-sigalgs", |cx, words| one(cx, words, SIGNATURES)),
    of("ssl-default-bind-curves", |cx, words| one(cx, words, CURVES)),
    of("ssl-default-bind-options", |cx, words| options(cx, words, &BIND_OPTIONS)),
    of("ssl-default-bind-sigalgs", |cx, words| one(cx, words, CURVES)),
    of("ssl-default-server-ciphers", |cx, words| one(cx, words, SUITE)),
    of("ssl-default-server-ciphersuites", |cx, words| one(cx, words, SUITE)),
    of("ssl-default-server-client-sigalgs", |cx, words| one(cx, words, SIGNATURES)),
    of("ssl-default-server-curves", |cx, words| one(cx, words, CURVES)),
    of("ssl-default-server-options", |cx, words| options(cx, words, &[])),
    of("ssl-default-server-sigalgs", |cx, words| one(cx, words, CURVES)),
    of("tune.ssl.default-dh-param", dh_param),
];

const DOC: &str = "A default of lines with TLS, of which there are none yet: it changes nothing.";
// HAProxy's words; those of the curves also stand for signatures.
const SUITE: &str = "a cipher suite as an argument";
const CURVES: &str = "a curves suite as an arguments";
const SIGNATURES: &str = "signature algorithms as an arguments";

/// Options of both sides.
const OPTIONS: [&str; 11] = [
    "force-sslv3",
    "force-tlsv10",
    "force-tlsv11",
    "force-tlsv12",
    "force-tlsv13",
    "no-sslv3",
    "no-tls-tickets",
    "no-tlsv10",
    "no-tlsv11",
    "no-tlsv12",
    "no-tlsv13",
];
const BIND_OPTIONS: [&str; 4] = ["no-strict-sni", "prefer-client-ciphers", "strict-sni", "tls-tickets"];

const fn of(name: &'static str, parse: row::Parse) -> DirectiveRow {
    DirectiveRow { name, sections: row::GLOBAL, no: false, doc: DOC, parse }
}

/// The argument, with HAProxy's words where it is missing.
fn wanted<'w>(words: &'w [Word], what: &str) -> Result<&'w str, Diag> {
    match row::text(words, 1) {
        "" => {
            let text = format!("global statement '{}' expects {what}.", words[0].text());
            Err(Diag::alert(row::place(words, 1), text))
        }
        text => Ok(text),
    }
}

fn one(cx: &mut DirectiveCx<'_>, words: &[Word], what: &str) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    wanted(words, what)?;
    note(cx, words[0].text(), &words[0]);
    Ok(())
}

fn base(
    cx: &mut DirectiveCx<'_>,
    words: &[Word],
    place: fn(&mut TlsBases) -> &mut Option<String>,
) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    if place(&mut cx.draft.tls_bases).is_some() {
        let text = format!("'{}' already specified.", words[0].text());
        return Err(Diag::alert(words[0].span, text).help("remove it"));
    }
    let directory = wanted(words, "a directory path as an argument")?.to_owned();
    *place(&mut cx.draft.tls_bases) = Some(directory);
    note(cx, words[0].text(), &words[0]);
    Ok(())
}

fn options(cx: &mut DirectiveCx<'_>, words: &[Word], more: &[&str]) -> Result<(), Diag> {
    wanted(words, "an option as an argument")?;
    let place = format!("on global statement '{}'", words[0].text());
    let mut at = 1;
    while let Some(word) = words.get(at) {
        at += 1;
        match word.text() {
            name @ ("ssl-max-ver" | "ssl-min-ver") => {
                version(name, row::text(words, at))
                    .map_err(|text| Diag::alert(row::place(words, at), format!("{text} {place}.")))?;
                at += 1;
            }
            name if OPTIONS.contains(&name) || more.contains(&name) => {}
            name => {
                let diag = Diag::alert(word.span, format!("unknown option '{name}' {place}."));
                return Err(diag.near(name, OPTIONS.iter().chain(more).copied()));
            }
        }
    }
    note(cx, words[0].text(), &words[0]);
    Ok(())
}

fn dh_param(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    cx.at_most(words, 1)?;
    let bits = row::integer(words)?;
    // HAProxy has it without a sign.
    if (0..1_024).contains(&bits) || leading_int(row::text(words, 1)) > i64::from(u32::MAX) {
        let text = "'tune.ssl.default-dh-param' expects a value >= 1024.";
        return Err(Diag::alert(words[1].span, text));
    }
    note(cx, words[0].text(), &words[0]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{GLOBAL, bench};

    #[test]
    fn they_stand_without_tls_and_are_told_of() {
        let draft = bench(
            GLOBAL,
            "ca-base /etc/ssl/certs\nssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets strict-sni",
        )
        .ok();
        assert_eq!(draft.without_tls.len(), 2);
        assert_eq!(draft.tls_bases.authorities.as_deref(), Some("/etc/ssl/certs"));
    }

    /// The texts are HAProxy 3.2.26's.
    #[test]
    fn their_arguments_are_checked() {
        let version = "on global statement 'ssl-default-bind-options'.";
        for (line, want) in [
            ("crt-base", "global statement 'crt-base' expects a directory path as an argument."),
            ("key-base /x\nkey-base /x", "'key-base' already specified."),
            (
                "ssl-default-bind-ciphers",
                "global statement 'ssl-default-bind-ciphers' expects a cipher suite as an argument.",
            ),
            (
                "ssl-default-server-options strict-sni",
                "unknown option 'strict-sni' on global statement 'ssl-default-server-options'.",
            ),
            (
                "ssl-default-bind-options ssl-min-ver TLSv9",
                &format!("'TLSv9' : unknown ssl/tls version {version}"),
            ),
            (
                "ssl-default-bind-options no-sslv3 ssl-min-ver",
                &format!("'ssl-min-ver' : missing the ssl/tls version {version}"),
            ),
            ("tune.ssl.default-dh-param 1023", "'tune.ssl.default-dh-param' expects a value >= 1024."),
            ("tune.ssl.default-dh-param", "'tune.ssl.default-dh-param' expects an integer argument."),
        ] {
            assert_eq!(bench(GLOBAL, line).says(), want, "{line}");
        }
    }
}
