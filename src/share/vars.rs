//! Values that rules keep under names (manual 4.2 `http-request set-var`), and the list that all cores share: the variables of
//! scope `proc`. A name is known here by a number alone.
use std::net::IpAddr;
use std::sync::RwLock;

/// A value and its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Bool(bool),
    Int(i64),
    Addr(IpAddr),
    Str(Box<[u8]>),
    Bin(Box<[u8]>),
    Method(Box<[u8]>),
}

/// Values by the numbers of their names. There are few: they are looked for one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(Vec<(u64, Value)>);

impl Values {
    /// The value of a name.
    #[must_use]
    pub fn get(&self, key: u64) -> Option<&Value> {
        self.0.iter().find(|(k, _)| *k == key).map(|(_, value)| value)
    }

    /// Gives a name a value, or takes it away.
    pub fn set(&mut self, key: u64, value: Option<Value>) {
        let at = self.0.iter().position(|(k, _)| *k == key);
        match (at, value) {
            (Some(at), Some(value)) => self.0[at].1 = value,
            (Some(at), None) => _ = self.0.swap_remove(at),
            (None, Some(value)) => self.0.push((key, value)),
            (None, None) => {}
        }
    }

    /// Takes all away, and keeps the memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// The values of the whole process. Only rules that name one take the lock.
#[derive(Debug, Default)]
pub struct ProcessValues(RwLock<Values>);

impl ProcessValues {
    /// Those the configuration begins with.
    #[must_use]
    pub fn new(values: Values) -> ProcessValues {
        ProcessValues(RwLock::new(values))
    }

    /// Looks at them.
    pub fn read<T>(&self, look: impl FnOnce(&Values) -> T) -> T {
        look(&self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Changes them.
    pub fn write<T>(&self, change: impl FnOnce(&mut Values) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_value() {
        let mut values = Values::default();
        values.set(1, Some(Value::Int(1)));
        values.set(2, Some(Value::Bool(true)));
        values.set(1, Some(Value::Str(b"x"[..].into())));
        values.set(3, None);
        assert_eq!(values.get(1), Some(&Value::Str(b"x"[..].into())));
        values.set(1, None);
        assert_eq!((values.get(1), values.get(2)), (None, Some(&Value::Bool(true))));
        values.clear();
        assert_eq!(values.get(2), None);
    }
}
