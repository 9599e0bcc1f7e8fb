//! `clitcpka-cnt`, `clitcpka-idle`, `clitcpka-intvl`, and the same of `srvtcpka` (manual 4.2): how silent connections are probed
//! where `option clitcpka` or `srvtcpka` asks for it.
use crate::base::units::TimeUnit;
use crate::net::options::Probes;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROWS: &[DirectiveRow] = &[
    of("clitcpka-cnt", "clitcpka-cnt <count>: probes without an answer until a client counts as gone."),
    of("clitcpka-idle", "clitcpka-idle <time>: how long a client is silent before it is probed, in seconds."),
    of("clitcpka-intvl", "clitcpka-intvl <time>: the time between two probes of a client, in seconds."),
    of("srvtcpka-cnt", "srvtcpka-cnt <count>: probes without an answer until a server counts as gone."),
    of("srvtcpka-idle", "srvtcpka-idle <time>: how long a server is silent before it is probed, in seconds."),
    of("srvtcpka-intvl", "srvtcpka-intvl <time>: the time between two probes of a server, in seconds."),
];

const fn of(name: &'static str, doc: &'static str) -> DirectiveRow {
    DirectiveRow { name, sections: row::PROXIES, no: false, doc, parse }
}

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let name = words[0].text();
    let Some(word) = words.get(1) else {
        return Err(Diag::alert(row::place(words, 1), format!("'{name}' expects an integer value")));
    };
    let client = name.starts_with("cli");
    let (half, has) = if client { ("frontend", row::FRONTENDS) } else { ("backend", row::BACKENDS) };
    if cx.section & has == 0 {
        let text = format!("{name} will be ignored because {} has no {half} capability", cx.proxy_name());
        cx.warn(words[0].span, text);
        return Ok(());
    }
    let value = match name.ends_with("-cnt") {
        true => count(name, word)?,
        false => {
            let time = row::old_time(words, name, TimeUnit::Seconds)?;
            u32::try_from(time.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX)
        }
    };
    let settings = &mut cx.proxy().settings;
    let probes: &mut Probes = if client { &mut settings.client_probes } else { &mut settings.server_probes };
    let place = match name.rsplit('-').next() {
        Some("cnt") => &mut probes.count,
        Some("idle") => &mut probes.idle,
        _ => &mut probes.interval,
    };
    // Zero is the kernel's own value.
    *place = Some(value).filter(|v| *v > 0);
    Ok(())
}

fn count(name: &str, word: &Word) -> Result<u32, Diag> {
    let text = word.text();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if let Some((at, c)) = digits.char_indices().find(|(_, c)| !c.is_ascii_digit()) {
        let text = format!("'{name}' : unexpected character '{c}' in integer value '{text}'");
        return Err(Diag::alert(word.sub(at, c.len_utf8()), text));
    }
    Ok(row::positive(crate::base::units::leading_int(text)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use crate::net::options::Probes;
    use crate::vocab::row::{BACKEND, FRONTEND, bench};

    #[test]
    fn values_and_messages() {
        let lines = "srvtcpka-cnt 3\nsrvtcpka-idle 1m\nsrvtcpka-intvl 500ms";
        let is = Probes { count: Some(3), idle: Some(60), interval: Some(1) };
        assert_eq!(bench(BACKEND, lines).ok().proxies[0].settings.server_probes, is);
        let lines = lines.replace("srv", "cli");
        assert_eq!(bench(FRONTEND, &lines).ok().proxies[0].settings.client_probes, is);
        for (line, text) in [
            ("clitcpka-cnt 3", "clitcpka-cnt will be ignored because backend 'p' has no frontend capability"),
            ("srvtcpka-cnt", "'srvtcpka-cnt' expects an integer value"),
            ("srvtcpka-idle", "'srvtcpka-idle' expects an integer value"),
            ("srvtcpka-cnt x", "'srvtcpka-cnt' : unexpected character 'x' in integer value 'x'"),
            ("srvtcpka-idle 5x", "unexpected character 'x' in argument to <srvtcpka-idle>.\n"),
        ] {
            assert_eq!(bench(BACKEND, line).says(), text);
        }
    }
}
