//! `server … agent-check` and its parameters (manual 5.2).
use super::{ServerCx, ServerRow, number, time, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::address::{self, Address, Host};

pub const ROWS: &[ServerRow] = &[
    row("agent-addr", 1, "agent-addr <addr>: the agent listens at this address.", |cx, words| {
        let Some(word) = words.get(1) else {
            return Err(wrong(words, "'agent-addr' expects an address as argument."));
        };
        let found = match address::parse(word.text(), address::PLAIN) {
            Ok(Address::Inet(Host::Ip(ip), _)) => Some(ip),
            Ok(Address::Inet(Host::Name(name, family), _)) => address::resolve(&name, family),
            _ => None,
        };
        let Some(ip) = found else {
            let text = format!("parsing agent-addr failed. Check if '{}' is correct address.", word.text());
            return Err(wrong(words, text));
        };
        cx.settings.watching.agent_addr = Some(ip);
        Ok(0)
    }),
    row("agent-check", 0, "agent-check: a program beside the server says how it is.", |cx, _| {
        cx.settings.watching.agent = true;
        Ok(0)
    }),
    row("agent-inter", 1, "agent-inter <delay>: the time between questions to the agent.", |cx, words| {
        let delay = time(cx, words, "agent-inter")?;
        if delay.is_zero() {
            let text = format!("invalid value 0 for argument 'agent-inter' of server {}.", cx.name);
            return Err(wrong(words, text));
        }
        cx.settings.watching.agent_inter = Some(delay);
        Ok(0)
    }),
    row("agent-port", 1, "agent-port <port>: the port of the agent.", |cx, words| {
        if words.len() < 2 {
            return Err(wrong(words, "'agent-port' expects a port number as argument."));
        }
        // As `atol` and a cast have it: HAProxy takes any number.
        cx.settings.watching.agent_port = Some(number(words) as u16);
        Ok(0)
    }),
    row("agent-send", 1, "agent-send <string>: what the agent is sent first.", |cx, words| {
        let Some(word) = words.get(1) else {
            return Err(wrong(words, "'agent-send' expects a string as argument."));
        };
        cx.settings.watching.agent_send = word.bytes().to_vec();
        Ok(0)
    }),
];

type Parse = fn(&mut ServerCx<'_, '_>, &[Word]) -> Result<usize, Diag>;

const fn row(name: &'static str, arguments: usize, doc: &'static str, parse: Parse) -> ServerRow {
    ServerRow { name, arguments, default_server: true, doc, parse }
}
