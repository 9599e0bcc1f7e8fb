//! No proxy: the clients talk to the origin. What load and origin can do, and what latency they add.

use super::*;

pub struct Direct;

impl Target for Direct {
    fn name(&self) -> &str {
        "direct"
    }
    fn about(&self) -> String {
        "no proxy: clients and origin alone".into()
    }
    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
    fn version(&self) -> String {
        String::new()
    }
    fn config(&self) -> String {
        String::new()
    }
    fn command(&self, _: &Launch) -> Result<Option<Command>, String> {
        Ok(None)
    }
}
