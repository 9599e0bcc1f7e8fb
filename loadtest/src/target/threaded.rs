//! `NAME@N`: a target with N threads, so that one report compares it with itself.

use super::*;

pub struct Threaded {
    inner: Box<dyn Target>,
    name: String,
    threads: usize,
}

impl Threaded {
    pub fn new(inner: Box<dyn Target>, threads: usize) -> Self {
        Self { name: format!("{}@{threads}", inner.name()), inner, threads }
    }
}

impl Target for Threaded {
    fn name(&self) -> &str {
        &self.name
    }
    fn about(&self) -> String {
        let plural = if self.threads == 1 { "" } else { "s" };
        format!("{}, {} thread{plural}", self.inner.about(), self.threads)
    }
    fn prepare(&self) -> Result<(), String> {
        self.inner.prepare()
    }
    fn ready(&self) -> Result<(), String> {
        self.inner.ready()
    }
    fn version(&self) -> String {
        self.inner.version()
    }
    fn config(&self) -> String {
        self.inner.config()
    }
    fn threads(&self) -> Option<usize> {
        Some(self.threads)
    }
    fn not_under_valgrind(&self) -> Option<&'static str> {
        self.inner.not_under_valgrind()
    }
    fn refuses(&self, front: Front) -> Option<String> {
        self.inner.refuses(front)
    }
    fn command(&self, launch: &Launch) -> Result<Option<Command>, String> {
        self.inner.command(launch)
    }
}
