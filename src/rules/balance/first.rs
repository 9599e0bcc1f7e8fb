//! `balance first`: the server with the lowest id takes requests until it is full, then the next (HAProxy's `lb_fas.c`).

/// One core's state of one backend.
#[derive(Clone, Debug)]
pub struct First {
    ids: Vec<u32>,
    /// The servers in the order of their ids.
    order: Vec<u32>,
    backup: Vec<bool>,
    usable: Vec<bool>,
    all_backups: bool,
}

impl First {
    /// Servers with these ids, none of them usable before the first [`First::sync`].
    #[must_use]
    pub fn new(ids: &[u32], is_backup: impl Fn(usize) -> bool, all_backups: bool) -> First {
        let mut order: Vec<u32> = (0..ids.len() as u32).collect();
        order.sort_by_key(|&i| ids[i as usize]);
        let backup = (0..ids.len()).map(is_backup).collect();
        First { ids: ids.to_vec(), order, backup, usable: vec![false; ids.len()], all_backups }
    }

    /// One server more.
    pub fn add(&mut self, id: u32, backup: bool) {
        let index = self.ids.len() as u32;
        self.ids.push(id);
        let ids = &self.ids;
        let place = self.order.partition_point(|&i| ids[i as usize] <= id);
        self.order.insert(place, index);
        self.backup.push(backup);
        self.usable.push(false);
    }

    /// Takes in which servers are usable now.
    pub fn sync(&mut self, weights: &[u32]) {
        self.usable.clear();
        self.usable.extend(weights.iter().map(|&w| w > 0));
    }

    /// The first that is not full; `avoid` only when there is no other.
    pub fn pick(&self, full: &mut dyn FnMut(usize) -> bool, avoid: Option<usize>) -> Option<usize> {
        let servers = || self.order.iter().map(|&i| i as usize).filter(|&i| self.usable[i]);
        let active = servers().any(|i| !self.backup[i]);
        if !active && !self.all_backups {
            // The first backup of the file, whatever its id.
            let index = (0..self.usable.len()).find(|&i| self.backup[i] && self.usable[i])?;
            return (!full(index)).then_some(index);
        }
        let mut avoided = None;
        for index in servers().filter(|&i| self.backup[i] != active) {
            if full(index) {
                continue;
            }
            if avoid != Some(index) {
                return Some(index);
            }
            avoided = Some(index);
        }
        avoided
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_decide_and_the_next_is_taken_when_one_is_full() {
        let mut first = First::new(&[3, 1, 2, 9], |i| i == 3, false);
        first.sync(&[16; 4]);
        assert_eq!(first.pick(&mut |_| false, None), Some(1));
        assert_eq!(first.pick(&mut |i| i == 1, None), Some(2));
        assert_eq!(first.pick(&mut |_| false, Some(1)), Some(2));
        assert_eq!(first.pick(&mut |i| i != 1, Some(1)), Some(1));
        assert_eq!(first.pick(&mut |i| i != 3, None), None);
        first.sync(&[0, 0, 0, 16]);
        assert_eq!(first.pick(&mut |_| false, None), Some(3));
    }
}
