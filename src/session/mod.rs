//! The life of a connection, read from top to bottom: [`http`] and [`tcp`]. A session runs on one core and meets the others
//! only in [`crate::share`]; it names no word of the language, it runs the programs of the Plan.
pub mod aim;
pub mod answer;
mod cacheable;
mod captured;
mod cookies;
pub mod decide;
mod drain;
mod form;
pub mod forwarded;
pub mod headers;
mod http;
mod inspect;
mod line;
mod list_edit;
mod live;
mod local;
mod lookup;
mod observed;
mod opening;
mod outcome;
mod passage;
mod persist;
mod rdp;
mod record;
mod relay;
mod select;
mod service;
mod steps;
mod stick;
mod suspended;
mod tally;
mod tarpit;
mod tcp;
mod upstream;
mod waiting;
mod watched;

pub use live::{descriptors, figures, session, sessions, shut};
pub use local::{LiveFacts, Local, View};
pub use outcome::{Outcome, Side};
pub use persist::Override;
pub use record::of_request;
pub use upstream::{cut, reap};

use crate::base::ids::ListenerId;
use crate::net::Stream;
use crate::plan::{ListenerAddr, Mode};
use crate::rules::ConnInfo;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

/// One client connection, for its whole life.
pub struct Conn {
    pub local: Rc<Local>,
    pub stream: Stream,
    pub info: ConnInfo,
    /// Requests so far, the present one counted.
    pub requests: Cell<u32>,
    /// The server connection that belongs to this client alone (`http-reuse never`), between two requests.
    own: RefCell<Option<(crate::base::ids::ServerId, upstream::Upstream)>>,
    /// The server of the last request (`option prefer-last-server`).
    last_server: Cell<Option<crate::base::ids::ServerId>>,
    /// What servers want to know of the present request for their connections.
    notes: Cell<Option<Box<line::Notes>>>,
    /// The present request's persistence, where its backend has any.
    persist: RefCell<Option<Box<persist::Persist>>>,
    /// The place of the present exchange in the core's list.
    live: Cell<u32>,
    /// Where the present request wants to go.
    aim: Cell<aim::Aim>,
    /// When the last exchange ended, or the connection's own bytes began.
    since: Cell<crate::base::time::Tick>,
}

/// Serves one accepted connection to its end. The caller has entered the gates and leaves them afterwards.
pub async fn serve(local: Rc<Local>, stream: Stream, peer: Option<SocketAddr>, listener: ListenerId) {
    let view = local.view();
    let plan = &view.plan;
    let id = listener;
    let listener = &plan.listeners[id.index()];
    let frontend = plan.frontend(listener.frontend);
    let mode = frontend.mode;
    let opens = listener.expect.any()
        || !frontend.tcp_request_connection.rules.is_empty()
        || !frontend.tcp_request_session.rules.is_empty();
    let info = ConnInfo {
        src: peer,
        dst: match listener.addr {
            ListenerAddr::Inet(addr) if !addr.ip().is_unspecified() && addr.port() != 0 => Some(addr),
            _ => stream.local_addr(),
        },
        ..ConnInfo::at(listener.frontend, listener.uuid, local.core.now())
    };
    let no_linger = frontend.manners.no_linger;
    drop(view);
    let cells = local.cells();
    cells.frontends[info.frontend.index()].conn_cur.add(1);
    cells.frontends[info.frontend.index()].conn_tot.inc();
    cells.process.conn_cur.add(1);
    cells.process.conn_tot.inc();
    let mut conn = Conn {
        local,
        stream,
        info,
        requests: Cell::new(0),
        own: RefCell::new(None),
        last_server: Cell::new(None),
        notes: Cell::default(),
        persist: RefCell::new(None),
        live: Cell::new(u32::MAX),
        aim: Cell::default(),
        since: Cell::default(),
    };
    conn.since.set(conn.info.accepted);
    conn.on_listener(|l| {
        l.conn_cur.add(1);
        l.conn_tot.inc();
    });
    if no_linger {
        conn.stream.reset_on_close();
    }
    let goes_on = !opens || crate::net::PoolBox::with(|| opening::open(&mut conn, id)).await;
    match mode {
        _ if !goes_on => {}
        Mode::Http => http::serve(&conn).await,
        // Large, and not to lie under idle HTTP connections.
        Mode::Tcp => crate::net::PoolBox::with(|| tcp::serve(&conn)).await,
    }
    let cells = conn.local.cells();
    cells.frontends[conn.info.frontend.index()].conn_cur.add(-1);
    cells.process.conn_cur.add(-1);
    conn.on_listener(|l| l.conn_cur.add(-1));
}
