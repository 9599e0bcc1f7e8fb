//! The functions of `hash-type` (manual 4.2): what turns a key into 32 bits. Their results are HAProxy's, bit for bit: a
//! client keeps its server when the one program takes the other's place.

/// How the hash finds its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Method {
    /// A table of all servers by weight: smooth, but a server that goes moves most keys.
    #[default]
    MapBased,
    /// A ring: a server that goes moves its own keys only.
    Consistent,
}

/// The function itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Function {
    #[default]
    Sdbm,
    Djb2,
    Wt6,
    Crc32,
    /// The key is a decimal number, and that is the hash.
    None,
}

/// `hash-type METHOD FUNCTION MODIFIER`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct HashType {
    pub method: Method,
    pub function: Function,
    pub avalanche: bool,
}

impl HashType {
    /// The hash of a key.
    #[must_use]
    pub fn of(self, key: &[u8]) -> u32 {
        let hash = match self.function {
            Function::Sdbm => sdbm(key),
            Function::Djb2 => djb2(key),
            Function::Wt6 => wt6(key),
            Function::Crc32 => crc32(key),
            Function::None => number(key),
        };
        self.spread(hash)
    }

    /// The hash of a client's address: its words joined by exclusive or, whatever the function (HAProxy's
    /// `get_server_sh`).
    #[must_use]
    pub fn of_address(self, ip: std::net::IpAddr) -> u32 {
        let hash = match ip {
            std::net::IpAddr::V4(ip) => u32::from(ip),
            std::net::IpAddr::V6(ip) => {
                let all = u128::from(ip);
                (all >> 96) as u32 ^ (all >> 64) as u32 ^ (all >> 32) as u32 ^ all as u32
            }
        };
        self.spread(hash)
    }

    fn spread(self, hash: u32) -> u32 {
        if self.avalanche { full(hash) } else { hash }
    }
}

fn sdbm(key: &[u8]) -> u32 {
    key.iter().fold(0, |hash: u32, &c| {
        u32::from(c).wrapping_add(hash << 6).wrapping_add(hash << 16).wrapping_sub(hash)
    })
}

fn djb2(key: &[u8]) -> u32 {
    key.iter().fold(5_381, |hash: u32, &c| (hash << 5).wrapping_add(hash).wrapping_add(u32::from(c)))
}

fn wt6(key: &[u8]) -> u32 {
    let (mut h0, mut h1) = (0xa53c_965a_u32, 0x5ca6_953a_u32);
    let (mut step0, mut step1) = (6, 18);
    for &c in key {
        h0 = !(h0 ^ u32::from(c));
        h1 = !h1.wrapping_add(u32::from(c));
        (h0, h1) = (h1.rotate_left(step0), h0.rotate_left(step1));
        let mixed = ((h0 >> 16) ^ h1) & 0xffff;
        step0 = mixed & 0x1f;
        step1 = mixed >> 11;
    }
    h0 ^ h1
}

fn crc32(key: &[u8]) -> u32 {
    !key.iter().fold(!0u32, |hash, &c| {
        (0..8).fold(hash ^ u32::from(c), |h, _| (h >> 1) ^ if h & 1 == 1 { 0xedb8_8320 } else { 0 })
    })
}

fn number(key: &[u8]) -> u32 {
    crate::rules::sample::leading_int(key) as u32
}

/// Bob Jenkins' full avalanche, spread once more by a large prime (HAProxy's `full_hash`): each bit of the input changes
/// half of the output.
#[must_use]
pub fn full(mut a: u32) -> u32 {
    a = a.wrapping_add(0x7ed5_5d16).wrapping_add(a << 12);
    a = (a ^ 0xc761_c23c) ^ (a >> 19);
    a = a.wrapping_add(0x1656_67b1).wrapping_add(a << 5);
    a = a.wrapping_add(0xd3a2_646c) ^ (a << 9);
    a = a.wrapping_add(0xfd70_46c5).wrapping_add(a << 3);
    a = (a ^ 0xb55a_4f09) ^ (a >> 16);
    a.wrapping_mul(3_221_225_473)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_are_those_of_their_names() {
        // The check values that the functions' authors give; wt6 and the avalanche are held by `tests/balance`, beside the
        // real program.
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(djb2(b""), 5_381);
        assert_eq!(djb2(b"a"), 177_670);
        assert_eq!(sdbm(b"ab"), 97 * 65_599 + 98);
        assert_eq!(number(b"4294967298x"), 2);
    }

    #[test]
    fn the_avalanche_is_a_bijection_in_effect() {
        let mut all: Vec<u32> = (0..100_000).map(full).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 100_000);
    }

    #[test]
    fn an_address_is_its_words() {
        let plain = HashType::default();
        assert_eq!(plain.of_address([127, 0, 0, 9].into()), 0x7f00_0009);
        assert_eq!(
            plain.of_address("1:2:3:4:5:6:7:8".parse().unwrap()),
            0x0001_0002 ^ 0x0003_0004 ^ 0x0005_0006 ^ 0x0007_0008
        );
    }
}
