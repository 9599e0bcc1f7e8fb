//! `server … init-state` (manual 5.2 of HAProxy 3.x).
use super::{ServerCx, ServerRow, wrong};
use crate::plan::check::InitState;
use crate::syntax::{Diag, Word};
use crate::vocab::row;

pub const ROW: ServerRow = ServerRow {
    name: "init-state",
    arguments: 1,
    default_server: true,
    doc: "init-state { fully-up | up | down | fully-down }: what a checked server is taken for when it starts, is added or leaves \
          maintenance, and how many checks change that: one (up, by default, and down), or as many as `fall` or `rise` say.",
    parse,
};

fn parse(cx: &mut ServerCx<'_, '_>, words: &[Word]) -> Result<usize, Diag> {
    cx.settings.watching.init_state = Some(match row::text(words, 1) {
        "fully-up" => InitState::FullyUp,
        "up" => InitState::Up,
        "down" => InitState::Down,
        "fully-down" => InitState::FullyDown,
        other => {
            let text = format!(
                "'init-state' expects one of 'fully-up', 'up', 'down', or 'fully-down' but got '{other}'"
            );
            return Err(wrong(words, text));
        }
    });
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::row::{BACKEND, bench};

    #[test]
    fn states_and_what_is_none() {
        let of = |words: &str| {
            let draft = bench(BACKEND, &format!("server s 127.0.0.1:1 check {words}")).ok();
            draft.proxies[0].servers[0].settings.watching.init_state
        };
        assert_eq!((of(""), of("init-state fully-down")), (None, Some(InitState::FullyDown)));
        assert_eq!(of("init-state down init-state up"), Some(InitState::Up));
        let says = |words: &str| bench(BACKEND, &format!("server s 127.0.0.1:1 {words}")).says().to_owned();
        assert!(says("init-state sideways").contains("'init-state' expects one of 'fully-up'"));
        assert!(says("track b/s init-state down").contains("init-state and tracking"));
    }
}
