//! Orders of the cores: the statistics page, made a piece at a time between everything else that this thread does.
use super::State;
use super::cli::Seat;
use crate::base::ids::ServerId;
use crate::base::service::Service;
use crate::observe::page::{self, Ask, Page, PageSettings, form};
use crate::observe::prometheus;
use crate::plan::SeverityOutput;
use crate::share::desk::Order;
use crate::vocab::command::{self, Level, Talk};
use crate::world::World;
use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// Takes orders for as long as the control thread runs.
pub(super) fn start(state: &Rc<State>) {
    let state = state.clone();
    state.core.clone().spawn(async move {
        let (notifier, task) = (state.core.notifier(), state.core.current());
        state.shared.desk.set_wake(Box::new(move || notifier.wake(task)));
        loop {
            let orders = poll_fn(|_| match state.shared.desk.take() {
                orders if orders.is_empty() => Poll::Pending,
                orders => Poll::Ready(orders),
            });
            for order in orders.await {
                state.core.spawn(make(state.clone(), order));
            }
        }
    });
}

async fn make(state: Rc<State>, order: Arc<Order>) {
    let (notifier, task) = (state.core.notifier(), state.core.current());
    order.made_by(Box::new(move || notifier.wake(task)));
    let mut pieces = pieces(&state, &order);
    loop {
        // The next piece is made when there is room for it: who reads slowly is written for slowly.
        let wanted = poll_fn(|_| match order.has_room() {
            None => Poll::Ready(false),
            Some(true) => Poll::Ready(true),
            Some(false) => Poll::Pending,
        });
        if !wanted.await {
            return;
        }
        match pieces.next() {
            Some(piece) => order.put(piece),
            None => break,
        }
    }
    order.finish();
}

fn pieces(state: &Rc<State>, order: &Order) -> Box<dyn Iterator<Item = Vec<u8>>> {
    let world = state.published.load();
    match order.service {
        Service::Stats { owner, admin } => {
            let Some(settings) = PageSettings::of(&world, owner, admin) else {
                return Box::new(std::iter::empty());
            };
            let ask = Ask::read(&order.target, &settings.uri);
            if let Some(filled) = &order.form {
                let code = if admin { change(state, &world, filled) } else { "DENY" };
                return Box::new(std::iter::once(page::see_other(&settings.uri, &ask, code)));
            }
            Box::new(Page::new(world, state.shared.clone(), state.process_info(), settings, ask))
        }
        Service::Prometheus => {
            prometheus::answer(world, state.shared.clone(), state.process_info(), &order.target)
        }
    }
}

/// Does what a form asks for, by the commands of the runtime API; gives HAProxy's code for what came of it.
fn change(state: &Rc<State>, world: &World, bytes: &[u8]) -> &'static str {
    let filled = form::read(world, bytes);
    let all = filled.servers.len() + filled.unknown;
    if bytes.is_empty() {
        return "EXCD";
    }
    let (Some(_), Some(action)) = (filled.backend, filled.action) else {
        return if form::names_servers(bytes) { "ERRP" } else { "NONE" };
    };
    let seat = Seat {
        state,
        level: Level::Admin,
        experimental: false,
        rest: Cell::default(),
        follows: Cell::default(),
        severity: Cell::default(),
    };
    let mut talk = Talk::new(Level::Admin, Duration::ZERO, SeverityOutput::None);
    let mut done = |server: &&ServerId| {
        let plan = world.plan.server(**server);
        let name = format!("{}/{}", world.plan.backend(plan.backend).name, plan.name);
        let words = form::command(action, &name);
        let words: Vec<&str> = words.split(' ').collect();
        command::run(&seat, &mut talk, &words).trim().is_empty()
    };
    match filled.servers.iter().filter(|server| done(server)).count() {
        0 if all == 0 => "NONE",
        0 if filled.unknown > 0 => "ERRP",
        0 => "NONE",
        changed if changed < all => "PART",
        _ => "DONE",
    }
}
