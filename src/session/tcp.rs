//! A TCP connection from accept to its end.
use super::inspect::{self, FirstBytes};
use super::local::LiveFacts;
use super::outcome::Outcome;
use super::relay::{Limits, relay};
use super::select::{Wish, assign};
use super::{Conn, Override, Side, aim, decide, line, persist, record};
use crate::net::PoolBox;
use crate::plan::Reuse;
use crate::rules::{Cx, NoTrace, Wishes};
use crate::share::sessions::Stage;

/// Serves a connection of a frontend in TCP mode.
pub async fn serve(conn: &Conn) {
    let view = conn.local.view();
    let plan = &view.plan;
    let frontend = plan.frontend(conn.info.frontend);
    let cells = conn.local.cells();
    let counters = &cells.frontends[conn.info.frontend.index()];
    counters.sess_tot.inc();
    cells.process.sess_tot.inc();
    conn.requests.set(1);
    conn.info.vars.begin_request();
    let number = record::number(conn, &view);
    if let Some(recording) = &frontend.recording {
        record::connection(conn, &view, recording, number);
    }
    let live = conn.enter();
    let mut first = FirstBytes::default();
    let mut wishes = Wishes::default();
    if let Some(inspection) = &frontend.inspection
        && !PoolBox::new(inspect::run(conn, &view, inspection, None, &mut first, &mut wishes)).await
    {
        conn.count_denied(None);
        conn.stream.reset_on_close();
        record::rejected(conn, &view);
        return;
    }
    let (backend, over) = {
        let facts = LiveFacts { world: &view, shared: &conn.local.shared };
        let (req, bytes) = first.parts();
        let mut cx = Cx {
            conn: &conn.info,
            req,
            res: None,
            req_body: bytes,
            first_request: true,
            backend: None,
            server: None,
            facts: &facts,
            wishes: Wishes::default(),
        };
        let backend = decide::choose_backend(plan, frontend, &cx, &mut NoTrace);
        cx.backend = backend;
        (backend, backend.map_or(Override::None, |b| persist::override_of(plan.backend(b), &cx)))
    };
    let Some(backend) = backend else {
        conn.note_end(Outcome::NoServer);
        record::finish(conn, &view);
        return;
    };
    conn.note_backend(backend);
    live.backend(backend);
    let backend_cells = &cells.backends[backend.index()];
    backend_cells.sess_tot.inc();
    backend_cells.sess_cur.add(1);
    if let Some(inspection) = &plan.backend(backend).inspection
        && frontend.own_backend != Some(backend)
        && !PoolBox::new(inspect::run(conn, &view, inspection, Some(backend), &mut first, &mut wishes)).await
    {
        conn.count_denied(Some(backend));
        backend_cells.sess_cur.add(-1);
        conn.stream.reset_on_close();
        record::rejected(conn, &view);
        return;
    }
    conn.info.inspect.close();
    let (req, bytes) = first.parts();
    aim::by_rules(conn, &view, backend, req, bytes);
    let (req, bytes) = first.parts();
    persist::begin(conn, &view, backend, over, req, bytes);
    conn.info.vars.begin_answer();
    let (req, bytes) = first.parts();
    aim::by_key(conn, &view, backend, req, bytes);
    if view.notes_request(backend) {
        line::note_request(conn, &view, backend, None);
    }
    first.pass_on(conn);
    let wish = Wish { fresh: true, ..Wish::first(Reuse::Never, wishes) };
    let mut tries_left = plan.backend(backend).retries;
    let assigned = assign(conn, &view, backend, wish, &mut tries_left).await;
    if let Err(outcome) = assigned {
        conn.note_end(outcome);
    } else if let Ok(assigned) = assigned {
        record::connected(conn, &view);
        live.connected(assigned.place.server, &assigned.upstream.stream, Stage::Tunnel);
        persist::answering(conn, &view, backend, assigned.place.server, None);
        let timeouts = plan.backend(backend).timeouts;
        let tunnel = timeouts.tunnel;
        let limits = Limits {
            client: tunnel.or(frontend.timeouts.client),
            server: tunnel.or(timeouts.server),
            client_fin: frontend.timeouts.client_fin,
            server_fin: timeouts.server_fin,
        };
        let (client, server) = (&conn.stream, &assigned.upstream.stream);
        let relayed = relay(&conn.local.core, client, server, limits, live.counts()).await;
        assigned.note_times(conn, None);
        let server_cells = &cells.servers[assigned.place.server.index()];
        counters.bytes_in.add(relayed.from_client);
        counters.bytes_out.add(relayed.from_server);
        backend_cells.bytes_in.add(relayed.from_client);
        backend_cells.bytes_out.add(relayed.from_server);
        server_cells.bytes_in.add(relayed.from_client);
        server_cells.bytes_out.add(relayed.from_server);
        conn.on_listener(|l| {
            l.bytes_in.add(relayed.from_client);
            l.bytes_out.add(relayed.from_server);
        });
        conn.note(|r| (r.bytes_in, r.bytes_out) = (relayed.from_client, relayed.from_server));
        if let Some((side, timeout)) = relayed.broken {
            if assigned.upstream.stream.is_cut() {
                // As in HAProxy, which names no state of a TCP connection that was cut.
                conn.note_cut(assigned.place.server, b'-');
            }
            conn.note_broken(side, timeout, true);
        }
        match relayed.broken {
            Some((Side::Client, _)) => {
                backend_cells.client_aborts.inc();
                server_cells.client_aborts.inc();
            }
            Some(_) => {
                backend_cells.server_aborts.inc();
                server_cells.server_aborts.inc();
            }
            None => {}
        }
    }
    backend_cells.sess_cur.add(-1);
    record::finish(conn, &view);
}
