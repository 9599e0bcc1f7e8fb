//! What is shown and what the keys do with it, without a terminal.
use super::model::{Kind, Look, Row, Wanted};
use std::collections::VecDeque;

/// The columns by which rows can be put in order, with their words for `--sort`.
pub const SORTS: [(&str, Sort); 10] = [
    ("file", Sort::File),
    ("name", Sort::Name),
    ("state", Sort::State),
    ("sessions", Sort::Sessions),
    ("queue", Sort::Queue),
    ("rate", Sort::Rate),
    ("in", Sort::In),
    ("out", Sort::Out),
    ("errors", Sort::Errors),
    ("latency", Sort::Latency),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// As the configuration has them.
    File,
    Name,
    /// What is down first.
    State,
    Sessions,
    Queue,
    Rate,
    In,
    Out,
    Errors,
    Latency,
}

/// Which rows are shown, with the words for `--only`.
pub const KINDS: [(&str, Option<Kind>); 4] = [
    ("all", None),
    ("frontends", Some(Kind::Frontend)),
    ("backends", Some(Kind::Backend)),
    ("servers", Some(Kind::Server)),
];

/// A key, as far as it means something here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Char(char),
    Enter,
    Escape,
    Backspace,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Tab,
}

/// What a key asks the outside for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Nothing,
    Quit,
    /// Looks again now.
    Look,
    /// A command for the runtime API.
    Command(String),
}

/// What the keys speak to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    Table,
    /// The filter is being written.
    Filter,
    /// Every field of the chosen row.
    Details,
    Help,
    /// Yes or no to a command.
    Confirm(String),
}

/// Figures of the past for the line above the table.
const PAST: usize = 300;

pub struct App {
    pub look: Look,
    pub sort: Sort,
    pub reversed: bool,
    pub only: Option<Kind>,
    pub filter: String,
    pub mode: Mode,
    pub selected: usize,
    pub paused: bool,
    /// What the last command was answered, or what went wrong.
    pub message: String,
    /// Requests a second, one a look.
    pub past: VecDeque<u64>,
    /// Rows that fit on the screen, for the page keys.
    pub page: usize,
}

impl App {
    #[must_use]
    pub fn new(sort: Sort, only: Option<Kind>, filter: String) -> App {
        App {
            look: Look::default(),
            sort,
            reversed: false,
            only,
            filter,
            mode: Mode::Table,
            selected: 0,
            paused: false,
            message: String::new(),
            past: VecDeque::new(),
            page: 10,
        }
    }

    /// Takes a new look in; the chosen row stays chosen, wherever it moved.
    pub fn take(&mut self, look: Look) {
        self.past.push_back(look.process.requests.round() as u64);
        if self.past.len() > PAST {
            self.past.pop_front();
        }
        self.keeping(|app| app.look = look);
    }

    fn choose(&mut self, wanted: Option<(String, String)>) {
        let rows = self.rows();
        let found = wanted.and_then(|(p, n)| rows.iter().position(|r| r.proxy == p && r.name == n));
        let last = rows.len().saturating_sub(1);
        self.selected = found.unwrap_or(self.selected).min(last);
    }

    /// The rows in order.
    #[must_use]
    pub fn rows(&self) -> Vec<&Row> {
        let filter = self.filter.to_lowercase();
        let mut rows: Vec<&Row> = self
            .look
            .rows
            .iter()
            .filter(|r| r.kind != Kind::Listener && self.only.is_none_or(|k| r.kind == k))
            .filter(|r| {
                filter.is_empty()
                    || [&r.proxy, &r.name, &r.status].iter().any(|t| t.to_lowercase().contains(&filter))
            })
            .collect();
        let most = |f: fn(&Row) -> f64| move |a: &&Row, b: &&Row| f(b).total_cmp(&f(a));
        match self.sort {
            Sort::File => {}
            Sort::Name => rows.sort_by(|a, b| (&a.proxy, a.kind, &a.name).cmp(&(&b.proxy, b.kind, &b.name))),
            Sort::State => rows.sort_by_key(|r| Health::of(&r.status) as u8),
            Sort::Sessions => rows.sort_by(most(|r| r.sessions as f64)),
            Sort::Queue => rows.sort_by(most(|r| r.queue as f64)),
            Sort::Rate => rows.sort_by(most(|r| r.rate)),
            Sort::In => rows.sort_by(most(|r| r.bytes_in)),
            Sort::Out => rows.sort_by(most(|r| r.bytes_out)),
            Sort::Errors => rows.sort_by(most(|r| r.errors)),
            Sort::Latency => rows.sort_by(most(|r| r.latency.unwrap_or(0) as f64)),
        }
        if self.reversed {
            rows.reverse();
        }
        rows
    }

    #[must_use]
    pub fn chosen(&self) -> Option<&Row> {
        self.rows().get(self.selected).copied()
    }

    /// What a key does.
    pub fn key(&mut self, key: Key) -> Asked {
        match self.mode.clone() {
            Mode::Filter => self.key_of_filter(key),
            Mode::Confirm(command) => {
                self.mode = Mode::Table;
                match key {
                    Key::Char('y' | 'Y') => return Asked::Command(command),
                    _ => "nothing was changed".clone_into(&mut self.message),
                }
                Asked::Nothing
            }
            Mode::Help | Mode::Details => {
                if key == Key::Char('q') {
                    return Asked::Quit;
                }
                self.mode = Mode::Table;
                Asked::Nothing
            }
            Mode::Table => self.key_of_table(key),
        }
    }

    fn key_of_filter(&mut self, key: Key) -> Asked {
        match key {
            Key::Enter => self.mode = Mode::Table,
            Key::Escape => {
                self.filter.clear();
                self.mode = Mode::Table;
            }
            Key::Backspace => {
                self.filter.pop();
            }
            Key::Char(c) => self.filter.push(c),
            _ => {}
        }
        self.selected = 0;
        Asked::Nothing
    }

    fn key_of_table(&mut self, key: Key) -> Asked {
        let last = self.rows().len().saturating_sub(1);
        self.message.clear();
        match key {
            Key::Char('q') => return Asked::Quit,
            Key::Up | Key::Char('k') => self.selected = self.selected.saturating_sub(1),
            Key::Down | Key::Char('j') => self.selected = (self.selected + 1).min(last),
            Key::PageUp => self.selected = self.selected.saturating_sub(self.page),
            Key::PageDown => self.selected = (self.selected + self.page).min(last),
            Key::Home => self.selected = 0,
            Key::End => self.selected = last,
            Key::Char('/') => self.mode = Mode::Filter,
            Key::Char('?' | 'h') => self.mode = Mode::Help,
            Key::Enter if self.chosen().is_some() => self.mode = Mode::Details,
            Key::Char('s') => self.keeping(|app| app.sort = next(&SORTS.map(|s| s.1), app.sort)),
            Key::Char('S') => self.keeping(|app| app.reversed = !app.reversed),
            Key::Tab => self.keeping(|app| app.only = next(&KINDS.map(|k| k.1), app.only)),
            Key::Char(c @ '1'..='4') => self.keeping(|app| app.only = KINDS[c as usize - '1' as usize].1),
            Key::Char('p') => self.paused = !self.paused,
            Key::Char(' ') => return Asked::Look,
            Key::Escape => self.filter.clear(),
            Key::Char('D') => self.want(Wanted::Drain),
            Key::Char('R') => self.want(Wanted::Ready),
            Key::Char('M') => self.want(Wanted::Maint),
            _ => {}
        }
        Asked::Nothing
    }

    /// Changes what is shown or in which order; the chosen row stays chosen.
    fn keeping(&mut self, change: impl FnOnce(&mut App)) {
        let chosen = self.chosen().map(|r| (r.proxy.clone(), r.name.clone()));
        change(self);
        self.choose(chosen);
    }

    fn want(&mut self, wanted: Wanted) {
        match self.chosen() {
            Some(row) if row.kind == Kind::Server => self.mode = Mode::Confirm(wanted.command(row)),
            _ => {
                "only servers can be drained, made ready or put in maintenance".clone_into(&mut self.message)
            }
        }
    }
}

fn next<T: Copy + PartialEq>(all: &[T], present: T) -> T {
    let at = all.iter().position(|&t| t == present).unwrap_or(0);
    all[(at + 1) % all.len()]
}

/// What a state means for who watches, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Down,
    /// On its way up or down, or full.
    Changing,
    /// Taken out by an operator.
    Out,
    Unknown,
    Up,
}

impl Health {
    #[must_use]
    pub fn of(status: &str) -> Health {
        match status.split(' ').next().unwrap_or("") {
            "DOWN" if status.contains('/') => Health::Changing,
            "DOWN" | "STOP" => Health::Down,
            "UP" if status.contains('/') => Health::Changing,
            "NOLB" | "FULL" => Health::Changing,
            "MAINT" | "DRAIN" | "PAUSED" => Health::Out,
            "UP" | "OPEN" => Health::Up,
            _ => Health::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::{INFO, stat};
    use super::*;
    use std::time::Instant;

    fn app() -> App {
        let mut app = App::new(Sort::File, None, String::new());
        app.take(Look::read(INFO, &stat(100, 1_000), None, Instant::now()).unwrap());
        app
    }

    fn press(app: &mut App, keys: &str) -> Vec<Asked> {
        keys.chars().map(|c| app.key(if c == '\n' { Key::Enter } else { Key::Char(c) })).collect()
    }

    fn names(app: &App) -> Vec<&str> {
        app.rows().iter().map(|r| r.name.as_str()).collect()
    }

    #[test]
    fn a_filter_is_written_and_taken_back() {
        let mut app = app();
        press(&mut app, "/DOWN\n");
        assert_eq!(names(&app), ["a2"]);
        app.key(Key::Escape);
        assert_eq!(app.rows().len(), 4);
        press(&mut app, "4");
        assert_eq!(names(&app), ["a1", "a2"]);
    }

    #[test]
    fn orders() {
        let mut app = app();
        app.sort = Sort::Sessions;
        assert_eq!(names(&app)[0], "FRONTEND");
        app.sort = Sort::State;
        assert_eq!(names(&app)[0], "a2");
        press(&mut app, "S");
        assert_eq!(names(&app)[3], "a2");
        for _ in 0..SORTS.len() {
            press(&mut app, "s");
        }
        assert_eq!(app.sort, Sort::State);
    }

    #[test]
    fn the_chosen_row_stays_chosen_when_rows_move() {
        let mut app = app();
        press(&mut app, "jj");
        assert_eq!(app.chosen().unwrap().name, "a2");
        press(&mut app, "ss");
        assert_eq!((app.sort, app.selected), (Sort::State, 0), "what is down comes first");
        assert_eq!(app.chosen().unwrap().name, "a2");
        let grown = stat(120, 1_000).replace("app,a1,1,3,100,120,10,20,UP", "app,a1,1,3,100,120,10,20,DOWN");
        app.take(Look::read(INFO, &grown, None, Instant::now()).unwrap());
        assert_eq!((app.selected, app.chosen().unwrap().name.as_str()), (1, "a2"));
        press(&mut app, "4");
        assert_eq!(app.rows().len(), 2);
    }

    #[test]
    fn a_server_is_drained_only_after_a_yes() {
        let mut app = app();
        press(&mut app, "D");
        assert!(app.message.contains("only servers"), "a frontend is chosen: {}", app.message);
        press(&mut app, "jD");
        assert_eq!(app.mode, Mode::Confirm("set server app/a1 state drain".to_owned()));
        assert_eq!(press(&mut app, "n"), [Asked::Nothing]);
        assert_eq!(press(&mut app, "Dy")[1], Asked::Command("set server app/a1 state drain".to_owned()));
        assert_eq!(press(&mut app, "q"), [Asked::Quit]);
    }

    #[test]
    fn states() {
        let all = ["UP", "UP 1/3", "DOWN", "DOWN 1/2", "MAINT (via a/b)", "no check", "DRAIN", "OPEN"];
        let wanted = [
            Health::Up,
            Health::Changing,
            Health::Down,
            Health::Changing,
            Health::Out,
            Health::Unknown,
            Health::Out,
            Health::Up,
        ];
        assert_eq!(all.map(Health::of), wanted);
    }
}
