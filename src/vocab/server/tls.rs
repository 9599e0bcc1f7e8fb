//! Parameters of a server with TLS (manual 5.2), which do nothing on a line without `ssl` and `check-ssl`.
use super::{ServerCx, ServerRow};
use crate::syntax::{Diag, Word};
use crate::vocab::expr;
use crate::vocab::fetch::Scope;
use crate::vocab::tls_words::{self, Argument, File};

const DOC: &str =
    "About TLS: without an effect on a line that has no 'ssl', and one that has is refused until TLS comes.";
const ALPN: Argument = Argument::Protocols("the comma-delimited ALPN protocol suite");
const SIGNATURES: Argument = Argument::Text("signature algorithm list");
const SUITE: Argument = Argument::Text("cipher suite");

macro_rules! words {
    ($($name:literal $argument:expr;)*) => {
        pub const ROWS: &[ServerRow] = &[
            $(ServerRow {
                name: $name,
                arguments: if matches!($argument, Argument::None) { 0 } else { 1 },
                default_server: true,
                doc: DOC,
                parse: |cx, words| read(cx, words, $argument),
            },)*
            ServerRow { name: "sni", arguments: 1, default_server: true, doc: DOC, parse: sni },
        ];
    };
}

words! {
    "allow-0rtt" Argument::None;
    "alpn" ALPN;
    "ca-file" Argument::File(File::Authorities);
    "check-alpn" ALPN;
    "check-sni" Argument::Text("SNI");
    "ciphers" SUITE;
    "ciphersuites" SUITE;
    "client-sigalgs" SIGNATURES;
    "crl-file" Argument::File(File::Revoked);
    "crt" Argument::Text("certificate file path");
    "curves" Argument::Text("curves list");
    "force-sslv3" Argument::None;
    "force-tlsv10" Argument::None;
    "force-tlsv11" Argument::None;
    "force-tlsv12" Argument::None;
    "force-tlsv13" Argument::None;
    "no-ssl-reuse" Argument::None;
    "no-sslv3" Argument::None;
    "no-tls-tickets" Argument::None;
    "no-tlsv10" Argument::None;
    "no-tlsv11" Argument::None;
    "no-tlsv12" Argument::None;
    "no-tlsv13" Argument::None;
    "npn" Argument::Protocols("the comma-delimited NPN protocol suite");
    "sigalgs" SIGNATURES;
    "ssl-max-ver" Argument::Version;
    "ssl-min-ver" Argument::Version;
    "ssl-reuse" Argument::None;
    "tls-tickets" Argument::None;
    "verify" Argument::Verify(&["none", "required"]);
    "verifyhost" Argument::Text("hostname to verify against");
}

fn read(cx: &mut ServerCx<'_, '_>, words: &[Word], argument: Argument) -> Result<usize, Diag> {
    tls_words::check(cx.line, argument, words)?;
    note(cx, &words[0]);
    Ok(0)
}

fn note(cx: &mut ServerCx<'_, '_>, word: &Word) {
    tls_words::note(cx.line, &format!("server … {}", word.text()), word);
}

/// `sni <expression>`: it is read like any other, so that what is wrong with it is said.
fn sni(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    tls_words::check(cx.line, Argument::Text("sni expression"), words)?;
    let word = &words[1];
    let wrong =
        |text: String| format!("error detected while parsing sni or pool-conn-name expressions : {text}");
    let parsed = expr::parse_expr(word, word.text(), 0, "sample")
        .map_err(|d| Diag { message: wrong(d.message.clone()), ..d })?;
    if parsed.scope == Scope::Response {
        let text = format!(
            "fetch method '{}' extracts information from 'HTTP response headers', none of which is available here.",
            word.text()
        );
        return Err(Diag::alert(word.span, wrong(text)));
    }
    note(cx, &words[0]);
    Ok(0)
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{BACKEND, bench};

    /// The texts are HAProxy 3.2.26's.
    #[test]
    fn words_are_checked_and_do_nothing() {
        let draft = bench(
            BACKEND,
            "default-server sni req.hdr(host)\nserver s 1.2.3.4:5 verify none verifyhost x crt /none",
        )
        .ok();
        assert_eq!(draft.without_tls[1].0, "server … verify");
        assert_eq!(draft.without_tls.len(), 4);
        for (word, want) in [
            ("verify", "'verify' : missing verify method."),
            (
                "verify optional",
                "'verify' : unknown verify method 'optional', only 'none' and 'required' are supported.",
            ),
            ("ssl-min-ver", "'ssl-min-ver' : missing the ssl/tls version."),
            ("crl-file /none", "'crl-file' : unable to load /none."),
            (
                "sni str(a),nosuch",
                "error detected while parsing sni or pool-conn-name expressions : unknown converter 'nosuch'.",
            ),
            ("verifyhost", "'verifyhost' : missing hostname to verify against."),
        ] {
            let told = bench(BACKEND, &format!("server s 1.2.3.4:5 {word}"));
            assert!(told.says().ends_with(&format!("'server p/s' : {want}")), "{}", told.says());
        }
        for word in ["ssl", "check-ssl", "send-proxy-v2-ssl"] {
            let told = bench(BACKEND, &format!("server s 1.2.3.4:5 verify none {word}"));
            assert!(told.says().contains(&format!("'server {word}'")), "{}", told.says());
        }
    }
}
