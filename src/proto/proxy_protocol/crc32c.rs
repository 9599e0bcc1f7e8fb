//! The checksum of version 2: CRC-32C (RFC 3720, B.4), over a hundred bytes once a connection: a small table is enough.

const TABLE: [u32; 16] = table();

/// The values of the 16 half bytes.
const fn table() -> [u32; 16] {
    let mut table = [0; 16];
    let mut n = 0;
    while n < 16 {
        let mut crc = n as u32;
        let mut bit = 0;
        while bit < 4 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
            bit += 1;
        }
        table[n] = crc;
        n += 1;
    }
    table
}

fn add(crc: u32, byte: u8) -> u32 {
    let crc = crc ^ u32::from(byte);
    let crc = crc >> 4 ^ TABLE[(crc & 15) as usize];
    crc >> 4 ^ TABLE[(crc & 15) as usize]
}

/// The sum of `bytes` as if `len` of them from `at` on were zeros.
pub fn with_zeros(bytes: &[u8], at: usize, len: usize) -> u32 {
    let mut crc = u32::MAX;
    for (i, byte) in bytes.iter().enumerate() {
        crc = add(crc, if (at..at + len).contains(&i) { 0 } else { *byte });
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_rfc() {
        let of = |bytes: &[u8]| with_zeros(bytes, 0, 0);
        assert_eq!(of(b"123456789"), 0xe306_9283);
        assert_eq!(of(&[0; 32]), 0x8a91_36aa);
        assert_eq!(with_zeros(&[7; 32], 0, 32), 0x8a91_36aa);
    }
}
