//! Parameters of a `bind` line with TLS (manual 5.1), which do nothing on one without `ssl`.
use super::{BindCx, BindRow};
use crate::syntax::{Diag, Word};
use crate::vocab::tls_words::{self, Argument, File};

const DOC: &str =
    "About TLS: without an effect on a line that has no 'ssl', and one that has is refused until TLS comes.";
const CURVES: Argument = Argument::Text("curve suite");
const SIGNATURES: Argument = Argument::Text("signature algorithm list");
const SUITE: Argument = Argument::Text("cipher suite");

macro_rules! words {
    ($($name:literal $argument:expr;)*) => {
        pub const ROWS: &[BindRow] = &[$(BindRow {
            name: $name,
            arguments: if matches!($argument, Argument::None) { 0 } else { 1 },
            doc: DOC,
            parse: |cx, words| read(cx, words, $argument),
        }),*];
    };
}

words! {
    "allow-0rtt" Argument::None;
    "alpn" Argument::Protocols("the comma-delimited ALPN protocol suite");
    "ca-file" Argument::File(File::Authorities);
    "ca-ignore-err" Argument::Errors;
    "ca-sign-file" Argument::Text("CAfile path");
    "ca-sign-pass" Argument::Text("CAkey password");
    "ca-verify-file" Argument::File(File::Authorities);
    "ciphers" SUITE;
    "ciphersuites" SUITE;
    "client-sigalgs" SIGNATURES;
    "crl-file" Argument::File(File::Revoked);
    "crt" Argument::File(File::Certificate);
    "crt-ignore-err" Argument::Errors;
    "crt-list" Argument::File(File::Certificates);
    "curves" CURVES;
    "default-crt" Argument::File(File::Certificate);
    "ecdhe" Argument::Text("named curve");
    "force-sslv3" Argument::None;
    "force-tlsv10" Argument::None;
    "force-tlsv11" Argument::None;
    "force-tlsv12" Argument::None;
    "force-tlsv13" Argument::None;
    "generate-certificates" Argument::None;
    "no-alpn" Argument::None;
    "no-ca-names" Argument::None;
    "no-sslv3" Argument::None;
    "no-strict-sni" Argument::None;
    "no-tls-tickets" Argument::None;
    "no-tlsv10" Argument::None;
    "no-tlsv11" Argument::None;
    "no-tlsv12" Argument::None;
    "no-tlsv13" Argument::None;
    "npn" Argument::Protocols("the comma-delimited NPN protocol suite");
    "prefer-client-ciphers" Argument::None;
    "sigalgs" SIGNATURES;
    "ssl-max-ver" Argument::Version;
    "ssl-min-ver" Argument::Version;
    "strict-sni" Argument::None;
    "tls-ticket-keys" Argument::File(File::TicketKeys);
    "tls-tickets" Argument::None;
    "verify" Argument::Verify(&["none", "optional", "required"]);
}

fn read(cx: &mut BindCx<'_, '_>, words: &[Word], argument: Argument) -> Result<(), Diag> {
    tls_words::check(cx.line, argument, words)?;
    tls_words::note(cx.line, &format!("bind … {}", words[0].text()), &words[0]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{FRONTEND, bench};

    /// The texts are HAProxy 3.2.26's.
    #[test]
    fn words_are_checked_and_do_nothing() {
        let draft =
            bench(FRONTEND, "bind :1 verify none alpn h2,http/1.1 no-sslv3 ssl-min-ver TLSv1.2 ciphers A")
                .ok();
        assert_eq!(draft.without_tls[0].0, "bind … verify");
        assert_eq!(draft.without_tls.len(), 5);
        for (word, want) in [
            ("verify", "'verify' : missing verify method"),
            (
                "verify some",
                "'verify' : unknown verify method 'some', only 'none', 'optional', and 'required' are supported",
            ),
            ("ssl-max-ver TLSv2", "'TLSv2' : unknown ssl/tls version"),
            ("ca-file /none", "'ca-file' : unable to load /none"),
            ("crt /none", "unable to stat SSL certificate from file '/none' : No such file or directory."),
            ("tls-ticket-keys /none", "'/none' : unable to load ssl tickets keys file"),
            ("ca-ignore-err 0", "'ca-ignore-err' : ID '0' out of range (1..94) in error IDs list '0'"),
            ("crt-ignore-err 10,x", "'crt-ignore-err' : error constant 'x' unknown in error IDs list '10,x'"),
            ("curves", "'curves' : missing curve suite"),
        ] {
            let told = bench(FRONTEND, &format!("bind :1 {word}"));
            assert_eq!(told.says(), format!("'bind :1' in section 'frontend' : {want}"), "{word}");
        }
        let told = bench(FRONTEND, "bind :1 verify none ssl");
        assert!(told.says().contains("'bind ssl'"), "{}", told.says());
    }
}
