//! Which of a name's addresses a server takes. HAProxy gives each a score: 8 for the preferred family, 4 for a preferred
//! network, 2 where no other server of the backend with the same name has it, 1 for the address the server has already
//! (manual 5.2, `resolve-prefer`, `resolve-net`, `resolve-opts`).
use crate::plan::draft::Family;
use crate::plan::resolvers::Wishes;
use std::net::IpAddr;

/// The outcome for one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The server stays where it is.
    Same,
    Other(IpAddr),
    /// None is for it.
    None,
}

/// Picks among `addresses`. `taken` says whether another server has an address.
pub fn pick(
    addresses: impl Iterator<Item = IpAddr>,
    wishes: &Wishes,
    current: Option<IpAddr>,
    taken: impl Fn(IpAddr) -> bool,
) -> Pick {
    let (mut best, mut v4, mut v6) = (-1, None, None);
    let mut stays = false;
    for ip in addresses {
        let family = if ip.is_ipv4() { Family::V4 } else { Family::V6 };
        let mut score = 0;
        // Without a wish HAProxy compares with the default, IPv6.
        let wanted = if wishes.family == Family::Any { Family::V6 } else { wishes.family };
        if family == wanted {
            score += 8;
        }
        if wishes.networks.iter().any(|network| inside(ip, *network)) {
            score += 4;
        }
        match taken(ip) {
            true if !wishes.duplicates => continue,
            true => {}
            false => score += 2,
        }
        let is_current = current == Some(ip);
        score += i32::from(is_current);
        if score > best {
            if ip.is_ipv4() {
                v4 = Some(ip)
            } else {
                v6 = Some(ip)
            }
            stays = is_current;
            best = score;
        }
    }
    let first = match wishes.family {
        Family::V4 => v4.or(v6),
        _ => v6.or(v4),
    };
    match first {
        None => Pick::None,
        Some(_) if stays => Pick::Same,
        Some(ip) => Pick::Other(ip),
    }
}

fn inside(ip: IpAddr, (network, bits): (IpAddr, u8)) -> bool {
    let bits = u32::from(bits);
    match (ip, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            (u32::from(a) ^ u32::from(b)).checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => {
            (u128::from(a) ^ u128::from(b)).checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(addresses: &[&str], wishes: &Wishes, current: Option<&str>, taken: &[&str]) -> String {
        let parse = |t: &&str| t.parse::<IpAddr>().unwrap();
        let picked = pick(addresses.iter().map(parse), wishes, current.as_ref().map(parse), |ip| {
            taken.iter().any(|t| parse(t) == ip)
        });
        match picked {
            Pick::Same => "same".to_owned(),
            Pick::None => "none".to_owned(),
            Pick::Other(ip) => ip.to_string(),
        }
    }

    #[test]
    fn family_then_network_then_nobody_elses_then_the_present_one() {
        let any = Wishes::default();
        let v4 = Wishes { family: Family::V4, ..Wishes::default() };
        let near = Wishes { networks: vec![("10.0.0.0".parse().unwrap(), 8)], ..v4.clone() };
        let both = ["192.0.2.1", "10.1.1.1", "2001:db8::1"];
        assert_eq!(of(&both, &any, None, &[]), "2001:db8::1");
        assert_eq!(of(&both, &v4, None, &[]), "192.0.2.1");
        assert_eq!(of(&both, &near, None, &[]), "10.1.1.1");
        assert_eq!(of(&both, &v4, Some("10.1.1.1"), &[]), "same");
        assert_eq!(of(&both, &near, Some("192.0.2.1"), &[]), "10.1.1.1");
        assert_eq!(of(&both, &v4, None, &["192.0.2.1"]), "10.1.1.1");
        assert_eq!(of(&both, &v4, Some("10.1.1.1"), &["10.1.1.1"]), "192.0.2.1", "another server has it");
        assert_eq!(of(&["192.0.2.1"], &v4, None, &["192.0.2.1"]), "none");
        let shared = Wishes { duplicates: true, ..v4 };
        assert_eq!(of(&["192.0.2.1"], &shared, None, &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(of(&[], &any, None, &[]), "none");
    }
}
