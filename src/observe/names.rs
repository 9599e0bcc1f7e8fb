//! What the tables of servers show of names that are looked up while running.
use crate::base::ids::ServerId;
use crate::plan::{Server, ServerAddr};
use crate::world::World;

/// In place of its address, what stands in `show stat` for a server whose name has none: nothing.
pub fn address(world: &World, id: ServerId) -> Option<String> {
    let none = match world.addr(id) {
        ServerAddr::Inet(addr) => addr.ip().is_unspecified(),
        ServerAddr::InetRelative(ip, _) => ip.is_unspecified(),
        ServerAddr::Unix(_) | ServerAddr::Abstract(_) => false,
    };
    (none && world.server(id).admin.unresolved).then(String::new)
}

/// The SRV label of a server (`srvrecord`).
pub fn service(server: &Server) -> &str {
    server.lookup.as_ref().and_then(|l| l.service.as_deref()).unwrap_or("-")
}
