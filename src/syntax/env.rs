//! The environment that `"$VAR"` and `defined()` see. It is a value, not the process's own: `setenv` in `global` changes
//! it for the lines that follow, and tests need no global state (manual, 2.3 "Environment variables").
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// Variables by name. Names and values are bytes, as they are for the kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Env {
    vars: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Env {
    /// No variable at all.
    #[must_use]
    pub fn empty() -> Env {
        Env::default()
    }

    /// A copy of the process's environment.
    #[must_use]
    pub fn from_process() -> Env {
        let bytes = |s: OsString| s.into_vec();
        Env { vars: std::env::vars_os().map(|(k, v)| (bytes(k), bytes(v))).collect() }
    }

    /// The value, `None` when the variable does not exist (an empty one does).
    #[must_use]
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&[u8]> {
        self.vars.get(name.as_ref()).map(Vec::as_slice)
    }

    /// `setenv`: sets the variable whether or not it exists.
    pub fn set(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.vars.insert(name.as_ref().to_vec(), value.as_ref().to_vec());
    }

    /// `presetenv`: sets the variable only when it does not exist.
    pub fn preset(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.vars.entry(name.as_ref().to_vec()).or_insert_with(|| value.as_ref().to_vec());
    }

    /// `unsetenv`: removes the variable.
    pub fn unset(&mut self, name: impl AsRef<[u8]>) {
        self.vars.remove(name.as_ref());
    }

    /// `resetenv NAME...`: removes every variable but these.
    pub fn retain(&mut self, names: &[impl AsRef<[u8]>]) {
        self.vars.retain(|k, _| names.iter().any(|n| n.as_ref() == k.as_slice()));
    }

    /// All variables, sorted by name: what `external-check` and `program` hand to their processes.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.vars.iter().map(|(k, v)| (k.as_slice(), v.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_words_of_global() {
        let mut env = Env::empty();
        env.set("A", "1");
        env.preset("A", "2");
        env.preset("B", "");
        assert_eq!(env.get("A"), Some(&b"1"[..]));
        assert_eq!(env.get("B"), Some(&b""[..]), "an empty variable exists");
        env.set("C", "3");
        env.retain(&["A", "B"]);
        assert_eq!(env.get("C"), None);
        env.unset("A");
        assert_eq!(env.iter().count(), 1);
    }
}
