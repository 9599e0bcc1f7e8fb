//! `server … resolve-net` (manual 5.2).
use super::{ServerCx, ServerRow, wrong};
use crate::syntax::{Diag, Word};
use crate::vocab::row;
use std::net::{IpAddr, Ipv4Addr};

pub const ROW: ServerRow = ServerRow {
    name: "resolve-net",
    arguments: 1,
    default_server: true,
    doc: "resolve-net <network>[,<network>]: addresses inside are preferred; at most 5.",
    parse,
};

/// HAProxy keeps so many (`SRV_MAX_PREF_NET`).
const MOST: usize = 5;

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    let text = row::text(words, 1);
    if text.is_empty() {
        return Err(wrong(words, "'resolve-net' expects a list of networks."));
    }
    for network in text.split(',') {
        if cx.settings.wishes.networks.len() == MOST {
            return Err(wrong(words, "'resolve-net' exceed 5 networks."));
        }
        let read = read(network)
            .ok_or_else(|| wrong(words, format!("'resolve-net' invalid network '{network}'.")))?;
        cx.settings.wishes.networks.push(read);
    }
    Ok(0)
}

/// `addr`, `addr/bits`, or for IPv4 `addr/mask`.
fn read(text: &str) -> Option<(IpAddr, u8)> {
    let (addr, mask) = text.split_once('/').map_or((text, None), |(a, m)| (a, Some(m)));
    let ip: IpAddr = addr.parse().ok()?;
    let most = if ip.is_ipv4() { 32 } else { 128 };
    let bits = match mask {
        None => most,
        Some(mask) => match (mask.parse::<u8>(), mask.parse::<Ipv4Addr>()) {
            (Ok(bits), _) if bits <= most => bits,
            (_, Ok(mask))
                if ip.is_ipv4() && u32::from(mask).leading_ones() == u32::from(mask).count_ones() =>
            {
                u32::from(mask).leading_ones() as u8
            }
            _ => return None,
        },
    };
    Some((ip, bits))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn networks_in_all_their_forms() {
        let of = |text: &str| read(text).map(|(ip, bits)| format!("{ip}/{bits}"));
        assert_eq!(of("10.0.0.0/8").as_deref(), Some("10.0.0.0/8"));
        assert_eq!(of("10.0.0.1").as_deref(), Some("10.0.0.1/32"));
        assert_eq!(of("10.0.0.0/255.255.0.0").as_deref(), Some("10.0.0.0/16"));
        assert_eq!(of("fe80::/10").as_deref(), Some("fe80::/10"));
        assert_eq!((of("foo"), of("10.0.0.0/33"), of("10.0.0.0/255.0.255.0")), (None, None, None));
    }
}
