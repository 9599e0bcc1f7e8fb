//! Bytes that are almost right, for tests of what reads from the network: good examples with something wrong, by the ten
//! thousands and the same in every run. The fuzz targets without a fuzzer.
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Numbers by chance (xorshift64*).
struct Chance(u64);

impl Chance {
    fn draw(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.draw() % n.max(1) as u64) as usize
    }
}

/// Values at the edges of what fits.
const EDGES: [u8; 12] = [0, 1, 9, 10, 13, 32, 0x3a, 0x7f, 0x80, 0xc0, 0xfe, 0xff];

/// Calls `read` with so many cases made of the examples (`RINGMAIN_CASES` sets another number, `RINGMAIN_SEED` another seed).
///
/// # Panics
/// With the seed, the number and the bytes of the case with which `read` panicked.
pub fn cases(count: u64, examples: &[&[u8]], mut read: impl FnMut(&[u8])) {
    let number = |var: &str| std::env::var(var).ok().and_then(|v| v.parse::<u64>().ok());
    let (count, seed) = (number("RINGMAIN_CASES").unwrap_or(count), number("RINGMAIN_SEED").unwrap_or(1));
    let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut bytes = Vec::new();
    for n in 0..count {
        make(&mut chance, examples, &mut bytes);
        if catch_unwind(AssertUnwindSafe(|| read(&bytes))).is_err() {
            panic!("RINGMAIN_SEED={seed}, case {n}: {:?}\n{bytes:?}", String::from_utf8_lossy(&bytes));
        }
    }
}

fn make(chance: &mut Chance, examples: &[&[u8]], bytes: &mut Vec<u8>) {
    bytes.clear();
    bytes.extend_from_slice(examples[chance.below(examples.len())]);
    // One in eight as it is, now and then nothing but noise.
    match chance.below(16) {
        0 | 1 => return,
        2 => bytes.iter_mut().for_each(|b| *b = chance.draw() as u8),
        _ => {}
    }
    for _ in 0..1 + chance.below(4) {
        damage(chance, examples, bytes);
    }
}

fn damage(chance: &mut Chance, examples: &[&[u8]], bytes: &mut Vec<u8>) {
    let len = bytes.len();
    let (at, end) = (chance.below(len + 1), chance.below(len + 1));
    let (at, end) = (at.min(end), at.max(end));
    match chance.below(8) {
        0 => bytes.truncate(at),
        1 if at < len => bytes[at] ^= 1 << chance.below(8),
        2 if at < len => bytes[at] = EDGES[chance.below(EDGES.len())],
        3 => bytes.insert(at, EDGES[chance.below(EDGES.len())]),
        4 => drop(bytes.drain(at..end.min(at + 8))),
        5 => {
            // Something stands there twice.
            let twice = bytes[at..end].to_vec();
            bytes.splice(end..end, twice);
        }
        6 => {
            let other = examples[chance.below(examples.len())];
            bytes.truncate(at);
            bytes.extend_from_slice(&other[chance.below(other.len() + 1)..]);
        }
        // A number of two bytes becomes a small or a large one.
        _ if at + 1 < len => {
            bytes[at..at + 2].copy_from_slice(&[EDGES[chance.below(12)], chance.draw() as u8])
        }
        _ => bytes.push(chance.draw() as u8),
    }
}
