//! `ringmain top`: a running Ringmain, or HAProxy, in a terminal. It speaks only the statistics socket.
mod app;
mod args;
mod client;
mod draw;
mod model;

use crate::plan::ListenerAddr;
use crate::syntax::Env;
use app::{App, Asked, KINDS, Key, SORTS};
use args::Args;
use client::Client;
use model::Look;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Runs the command. `args` are the words behind `top`.
#[must_use]
pub fn main(args: &[String]) -> ExitCode {
    let run = || -> Result<(), String> {
        let args = Args::parse(args).map_err(|e| format!("{e}\n\n{}", args::USAGE))?;
        let word = |what: &str, given: &Option<String>, words: Vec<&str>| match given {
            None => Ok(0),
            Some(given) => words
                .iter()
                .position(|w| w == given)
                .ok_or_else(|| format!("--{what} wants one of {}, not '{given}'", words.join(", "))),
        };
        let sort = SORTS[word("sort", &args.sort, SORTS.iter().map(|s| s.0).collect())?].1;
        let only = KINDS[word("only", &args.only, KINDS.iter().map(|k| k.0).collect())?].1;
        let socket = socket(&args)?;
        let app = App::new(sort, only, args.filter.clone());
        let watch = Watch { client: Client::of(&socket), socket, interval: args.interval };
        if args.once { watch.once(app) } else { watch.run(app) }
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("ringmain top: {e}");
            ExitCode::FAILURE
        }
    }
}

/// The socket that is meant.
fn socket(args: &Args) -> Result<String, String> {
    if let Some(socket) = &args.socket {
        return Ok(socket.clone());
    }
    let Some(file) = &args.file else {
        let found = args::USUAL.iter().find(|path| std::path::Path::new(path).exists());
        return found
            .map(|path| (*path).to_owned())
            .ok_or_else(|| format!("no socket at {}: name it\n\n{}", args::USUAL.join(", "), args::USAGE));
    };
    let shown = file.display();
    let (plan, diags, map) = crate::config::build(
        std::slice::from_ref(file),
        &Env::from_process(),
        &crate::config::Options::default(),
    );
    let Some(plan) = plan else {
        let alerts = diags.list.iter().filter(|d| d.severity == crate::syntax::diag::Severity::Alert);
        let text: String = alerts.map(|d| crate::syntax::render(d, &map, std::process::id())).collect();
        return Err(format!("{shown} cannot be read\n{text}"));
    };
    let first = plan.global.stats_sockets.first();
    match first.map(|s| &s.addr) {
        Some(ListenerAddr::Unix(path)) => Ok(path.display().to_string()),
        Some(ListenerAddr::Inet(addr)) => Ok(addr.to_string()),
        Some(ListenerAddr::Abstract(name)) => Ok(format!("@{}", String::from_utf8_lossy(name))),
        Some(ListenerAddr::Fd(_)) => Err(format!("the `stats socket` of {shown} is an inherited descriptor")),
        None => Err(format!("{shown} has no `stats socket` line in its `global` section")),
    }
}

struct Watch {
    client: Client,
    socket: String,
    interval: Duration,
}

impl Watch {
    fn look(&self, before: Option<&Look>) -> Result<Look, String> {
        let ask = |command: &str| self.client.ask(command).map_err(|e| format!("{}: {e}", self.socket));
        let info = ask("show info")?;
        let stat = ask("show stat")?;
        Look::read(&info, &stat, before, Instant::now())
    }

    /// Two looks and a table.
    fn once(&self, mut app: App) -> Result<(), String> {
        let first = self.look(None)?;
        std::thread::sleep(self.interval);
        app.take(self.look(Some(&first))?);
        print!("{}", draw::text(&app));
        Ok(())
    }

    fn run(&self, mut app: App) -> Result<(), String> {
        if !io::stdout().is_terminal() {
            return Err("the screen wants a terminal; --once prints a table".to_owned());
        }
        app.take(self.look(None)?);
        let colours = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        // Leaves the terminal as it was, also after a panic.
        let mut terminal = ratatui::init();
        let result = self.events(&mut terminal, &mut app, colours);
        ratatui::restore();
        result.map_err(|e| e.to_string())
    }

    fn events(
        &self,
        terminal: &mut ratatui::DefaultTerminal,
        app: &mut App,
        colours: bool,
    ) -> io::Result<()> {
        let mut next = Instant::now() + self.interval;
        loop {
            terminal.draw(|frame| draw::draw(frame, app, &self.socket, colours))?;
            let wait = next.saturating_duration_since(Instant::now());
            let asked = if event::poll(wait)? {
                read_key()?.map_or(Asked::Nothing, |k| app.key(k))
            } else {
                Asked::Nothing
            };
            match asked {
                Asked::Quit => return Ok(()),
                Asked::Nothing => {}
                Asked::Look => next = Instant::now(),
                Asked::Command(command) => {
                    app.message = match self.client.ask(&command) {
                        Ok(answer) if answer.trim().is_empty() => format!("done: {command}"),
                        Ok(answer) => answer.trim().replace('\n', " "),
                        Err(e) => format!("{}: {e}", self.socket),
                    };
                    next = Instant::now();
                }
            }
            if Instant::now() >= next {
                next = Instant::now() + self.interval;
                if !app.paused {
                    match self.look(Some(&app.look)) {
                        Ok(look) => app.take(look),
                        Err(e) => app.message = e,
                    }
                }
            }
        }
    }
}

/// The key that was pressed, where it means something.
fn read_key() -> io::Result<Option<Key>> {
    let Event::Key(key) = event::read()? else { return Ok(None) };
    if key.kind == KeyEventKind::Release {
        return Ok(None);
    }
    Ok(match key.code {
        // In raw mode nobody else ends us.
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Key::Char('q')),
        KeyCode::Char(_) if key.modifiers.contains(KeyModifiers::CONTROL) => None,
        KeyCode::Char(c) => Some(Key::Char(c)),
        KeyCode::Enter => Some(Key::Enter),
        KeyCode::Esc => Some(Key::Escape),
        KeyCode::Backspace => Some(Key::Backspace),
        KeyCode::Up => Some(Key::Up),
        KeyCode::Down => Some(Key::Down),
        KeyCode::PageUp => Some(Key::PageUp),
        KeyCode::PageDown => Some(Key::PageDown),
        KeyCode::Home => Some(Key::Home),
        KeyCode::End => Some(Key::End),
        KeyCode::Tab => Some(Key::Tab),
        _ => None,
    })
}
