//! `str` and `bin`: the whole value is one of them.
use super::{Index, Match};
use crate::rules::list::Item;
use crate::rules::sample::Sample;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// Values up to this length are folded on the stack.
const SHORT: usize = 256;
/// Values in a part, on average, before the parts are made twice as many.
const PART: usize = 128;

/// Values by their hash, in parts of which a change copies one.
#[derive(Clone, Debug)]
pub struct Exact {
    ignore_case: bool,
    hexadecimal: bool,
    hasher: ahash::RandomState,
    /// A power of two.
    parts: Vec<Arc<Part>>,
    len: usize,
}

type Part = HashMap<u64, Bucket, BuildHasherDefault<AsIs>>;

/// The entries of one hash: nearly always one.
#[derive(Clone, Debug)]
struct Bucket {
    first: Value,
    others: Vec<Value>,
}

#[derive(Clone, Debug)]
struct Value {
    bytes: Arc<[u8]>,
    item: Arc<Item>,
}

/// The keys are hashes already.
#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("the keys are numbers");
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }
}

impl Exact {
    /// An empty set; `hexadecimal`: its entries are written in digits.
    #[must_use]
    pub fn new(ignore_case: bool, hexadecimal: bool) -> Exact {
        let hasher = ahash::RandomState::new();
        Exact { ignore_case, hexadecimal, hasher, parts: vec![Arc::default()], len: 0 }
    }

    fn bytes(&self, text: &[u8]) -> Result<Arc<[u8]>, String> {
        if self.hexadecimal {
            return hex(text).map(Arc::from);
        }
        Ok(if self.ignore_case { text.to_ascii_lowercase().into() } else { text.into() })
    }

    #[inline]
    fn part(&self, hash: u64) -> usize {
        // The maps use the hash's ends for themselves.
        (hash >> 20) as usize & (self.parts.len() - 1)
    }

    #[inline]
    fn look_up(&self, text: &[u8]) -> Option<&Arc<Item>> {
        let hash = self.hasher.hash_one(text);
        let bucket = self.parts[self.part(hash)].get(&hash)?;
        let mut all = std::iter::once(&bucket.first).chain(&bucket.others);
        all.find(|v| *v.bytes == *text).map(|v| &v.item)
    }

    fn put(&mut self, hash: u64, value: Value) {
        let part = self.part(hash);
        match Arc::make_mut(&mut self.parts[part]).entry(hash) {
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(Bucket { first: value, others: Vec::new() });
            }
            std::collections::hash_map::Entry::Occupied(mut place) => {
                let bucket = place.get_mut();
                bucket.others.push(value);
                bucket.put_first();
            }
        }
    }

    fn grow(&mut self) {
        let old = std::mem::take(&mut self.parts);
        self.parts = vec![Arc::default(); old.len() * 2];
        for (hash, bucket) in old.iter().flat_map(|part| part.iter()) {
            let part = self.part(*hash);
            Arc::make_mut(&mut self.parts[part]).insert(*hash, bucket.clone());
        }
    }
}

impl Bucket {
    /// The one that came first stands first.
    fn put_first(&mut self) {
        for other in &mut self.others {
            if other.item.id < self.first.item.id {
                std::mem::swap(other, &mut self.first);
            }
        }
    }
}

impl Match for Exact {
    fn find(&self, sample: &Sample<'_>) -> Option<&Arc<Item>> {
        if self.len == 0 {
            return None;
        }
        let mut scratch = Vec::new();
        let text = sample.as_bytes(&mut scratch);
        if !self.ignore_case {
            return self.look_up(text);
        }
        let (mut short, mut long) = ([0; SHORT], Vec::new());
        let folded = match short.get_mut(..text.len()) {
            Some(folded) => {
                folded.copy_from_slice(text);
                folded
            }
            None => {
                long.extend_from_slice(text);
                &mut long[..]
            }
        };
        folded.make_ascii_lowercase();
        self.look_up(folded)
    }
}

impl Index for Exact {
    fn insert(&mut self, item: &Arc<Item>) -> Result<(), String> {
        let bytes = self.bytes(&item.text)?;
        let hash = self.hasher.hash_one(&*bytes);
        self.put(hash, Value { bytes, item: item.clone() });
        self.len += 1;
        if self.len > self.parts.len() * PART {
            self.grow();
        }
        Ok(())
    }

    fn remove(&mut self, item: &Item) {
        let Ok(bytes) = self.bytes(&item.text) else { return };
        let hash = self.hasher.hash_one(&*bytes);
        let part = self.part(hash);
        let part = Arc::make_mut(&mut self.parts[part]);
        let Some(bucket) = part.get_mut(&hash) else { return };
        if bucket.first.item.id == item.id {
            match bucket.others.pop() {
                Some(other) => {
                    bucket.first = other;
                    bucket.put_first();
                }
                None => _ = part.remove(&hash),
            }
        } else if let Some(at) = bucket.others.iter().position(|v| v.item.id == item.id) {
            bucket.others.swap_remove(at);
        } else {
            return;
        }
        self.len -= 1;
    }

    fn copy(&self) -> Box<dyn Index> {
        Box::new(self.clone())
    }

    fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn kind(&self) -> &'static str {
        if self.ignore_case || self.hexadecimal { "list" } else { "tree" }
    }
}

/// Bytes written in pairs of digits.
fn hex(text: &[u8]) -> Result<Vec<u8>, String> {
    let digit = |b: &u8| char::from(*b).to_digit(16).map(|d| d as u8);
    if let Some(bad) = text.iter().find(|b| digit(b).is_none()) {
        return Err(format!("an hex digit is expected (found '{}')", char::from(*bad)));
    }
    if !text.len().is_multiple_of(2) {
        return Err("an even number of hex digit is expected".to_owned());
    }
    Ok(text.chunks(2).filter_map(|pair| Some(digit(&pair[0])? << 4 | digit(&pair[1])?)).collect())
}

#[cfg(test)]
mod tests {
    use super::hex;

    #[test]
    fn digits_come_in_pairs() {
        assert_eq!(hex(b"0aFf"), Ok(vec![10, 255]));
        assert_eq!(hex(b"zz"), Err("an hex digit is expected (found 'z')".to_owned()));
        assert!(hex(b"0").is_err());
    }
}
