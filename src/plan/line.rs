//! What a `server` line says of its connections beyond the address: headers before the first byte, addresses that depend on
//! the client, rarer options of sockets (manual 5.2). A server without any of these has none of this.
use crate::net::SocketOptions;
use crate::rules::Format;
use std::net::SocketAddr;
use std::sync::Arc;

/// The rarer parameters of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerLine {
    pub socket: Arc<SocketOptions>,
    pub header: ProxyHeader,
    pub usesrc: Option<UseSource>,
    /// `namespace *`: connections are made in the namespace that the client's PROXY header names.
    pub clients_namespace: bool,
    /// Connections go through this relay.
    pub socks4: Option<SocketAddr>,
    /// GET and HEAD are answered with a redirection to this prefix.
    pub redir: Option<String>,
    /// The name that stays with it over files (`guid`).
    pub guid: Option<String>,
    /// `log-proto octet-count`, of a ring's server.
    pub octet_count: bool,
}

impl ServerLine {
    /// The options, to be changed while the line is read.
    pub fn socket(&mut self) -> &mut SocketOptions {
        Arc::make_mut(&mut self.socket)
    }
}

/// `send-proxy`, `send-proxy-v2` and `proxy-v2-options`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyHeader {
    pub v1: bool,
    /// Counts where both are given.
    pub v2: bool,
    pub checksum: bool,
    pub authority: bool,
    pub unique_id: bool,
    /// `set-proxy-v2-tlv-fmt`: further extensions.
    pub extensions: Vec<Extension>,
}

impl ProxyHeader {
    /// Whether one is sent.
    #[must_use]
    pub fn any(&self) -> bool {
        self.v1 || self.v2
    }

    /// Appends the block of version 2 of a connection that relays nobody's: a check's.
    pub fn write_own(&self, out: &mut Vec<u8>) {
        crate::proto::proxy_protocol::write_v2(None, self.checksum, [], out);
    }
}

/// An extension of the header whose value is made for each connection.
#[derive(Clone, Debug)]
pub struct Extension {
    pub kind: u8,
    pub value: Arc<Format>,
    /// As written.
    pub text: String,
}

impl PartialEq for Extension {
    fn eq(&self, other: &Extension) -> bool {
        (self.kind, &self.text) == (other.kind, &other.text)
    }
}

impl Eq for Extension {}

/// `source … usesrc`: whose address a connection comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UseSource {
    /// The client's, with its port.
    Client,
    /// The client's, with another port.
    ClientIp,
    /// This one, which need not be ours.
    Addr(SocketAddr),
    /// The address in a field of the request: its name in lower case, and which of its values, from the end where negative.
    Header(String, i32),
}
