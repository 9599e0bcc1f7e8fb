//! Rows of listeners, which `option socket-stats` counts (management manual, 9.1).
use super::columns::{Col, Row};
use super::stat::{View, common};
use crate::base::ids::{FrontendId, ListenerId};
use crate::plan::{Frontend, Listener, ListenerAddr, Plan};
use crate::share::Gate;

/// The counted listeners of a frontend.
pub(super) fn counted<'p>(
    plan: &'p Plan,
    frontend: &'p Frontend,
) -> impl Iterator<Item = (ListenerId, &'p Listener)> {
    let all = frontend.listeners.iter().map(|&id| (id, &plan.listeners[id.index()]));
    all.filter(|(_, listener)| listener.counted)
}

/// Its name, or `sock-` and its id.
pub(super) fn name(listener: &Listener) -> String {
    listener.name.clone().unwrap_or_else(|| format!("sock-{}", listener.uuid))
}

/// Its address as HAProxy shows it.
pub(super) fn address(listener: &Listener) -> String {
    match &listener.addr {
        ListenerAddr::Inet(addr) => addr.to_string(),
        ListenerAddr::Unix(_) => "unix".to_owned(),
        ListenerAddr::Abstract(_) => "abns".to_owned(),
        ListenerAddr::Fd(_) => "(error)".to_owned(),
    }
}

impl View<'_> {
    /// The row of a listener.
    pub(super) fn listener(&self, id: ListenerId) -> Row {
        let (plan, shared, i) = (&self.world.plan, self.shared, id.index());
        let listener = &plan.listeners[i];
        let frontend = plan.frontend(listener.frontend);
        let mut row = Row::new();
        common(&mut row, &frontend.name, &name(listener), frontend.uuid, frontend.mode);
        let now = shared.sum_now(|s| &s.listeners[i].conn_cur);
        let peak = self.trends.listeners[i].peak(shared.shards.iter().map(|s| &s.listeners[i].conn_cur));
        row.num(Col::Scur, now)
            .num(Col::Smax, peak)
            .num(Col::Slim, u64::from(listener.maxconn.unwrap_or(0)))
            .num(Col::Stot, shared.sum(|s| &s.listeners[i].conn_tot))
            .num(Col::Bin, shared.sum(|s| &s.listeners[i].bytes_in))
            .num(Col::Bout, shared.sum(|s| &s.listeners[i].bytes_out))
            .num(Col::Dreq, shared.sum(|s| &s.listeners[i].denied_req))
            .num(Col::Dresp, shared.sum(|s| &s.listeners[i].denied_resp))
            .num(Col::Wrew, shared.sum(|s| &s.listeners[i].failed_rewrites))
            .num(Col::Eint, shared.sum(|s| &s.listeners[i].internal_errors))
            .num(Col::Ereq, shared.sum(|s| &s.listeners[i].failed_req))
            .num(Col::Dcon, shared.sum(|s| &s.listeners[i].denied_conn))
            .num(Col::Dses, shared.sum(|s| &s.listeners[i].denied_sess))
            .num(Col::Sid, u64::from(listener.uuid))
            .num(Col::Type, 3)
            .text(Col::Addr, address(listener))
            .text(Col::Status, self.listener_status(listener.frontend, listener, now))
            .fill(Col::SslSess, Col::SslFailedHandshake, 0);
        row
    }

    fn listener_status(&self, frontend: FrontendId, listener: &Listener, now: u64) -> &'static str {
        let full = |gate: &Gate| gate.is_full_at(gate.limit());
        if listener.maxconn.is_some_and(|most| most != 0 && now >= u64::from(most)) {
            "FULL"
        } else if full(&self.shared.process) || full(&self.shared.frontends[frontend.index()]) {
            "WAITING"
        } else {
            "OPEN"
        }
    }
}
