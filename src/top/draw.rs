//! The screen. Colours help, words tell: every state is written out.
use super::app::{App, Health, KINDS, Mode, SORTS, Sort};
use super::model::{Kind, Row};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, Cell, Clear, Paragraph, Sparkline, Table, TableState, Wrap};

const HEADS: [(&str, Sort, u16); 14] = [
    ("PROXY", Sort::Name, 16),
    ("NAME", Sort::Name, 16),
    ("STATE", Sort::State, 12),
    ("CHECK", Sort::State, 12),
    ("WGHT", Sort::File, 5),
    ("SESS", Sort::Sessions, 7),
    ("LIMIT", Sort::Sessions, 7),
    ("QUEUE", Sort::Queue, 6),
    ("REQ/S", Sort::Rate, 8),
    ("IN/S", Sort::In, 8),
    ("OUT/S", Sort::Out, 8),
    ("ERR/S", Sort::Errors, 7),
    ("MS", Sort::Latency, 6),
    ("SINCE", Sort::File, 6),
];

/// So many columns hold words.
const WORDS: usize = 4;

const KEYS: &[(&str, &str)] = &[
    ("↑ ↓ PgUp PgDn Home End", "choose a row (also j and k)"),
    ("Enter", "every field of the row"),
    ("/", "filter by proxy, name or state; Esc takes it back"),
    ("Tab, 1 2 3 4", "all, frontends, backends, servers"),
    ("s, S", "the next order, the other way round"),
    ("D, R, M", "drain the server, make it ready, put it in maintenance (asks first)"),
    ("p, Space", "pause, look now"),
    ("q", "quit"),
];

/// Draws everything; `colours` off leaves only bold and reversed.
pub fn draw(frame: &mut Frame<'_>, app: &mut App, socket: &str, colours: bool) {
    let [head, rates, table, foot] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Length(3),
        Constraint::Min(3),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(header(app, socket), head);
    sparkline(frame, app, rates, colours);
    rows(frame, app, table, colours);
    frame.render_widget(footer(app), foot);
    match &app.mode {
        Mode::Help => help(frame),
        Mode::Details => details(frame, app),
        Mode::Confirm(command) => confirm(frame, command),
        Mode::Table | Mode::Filter => {}
    }
}

fn header<'a>(app: &App, socket: &'a str) -> Paragraph<'a> {
    let p = &app.look.process;
    let idle = p.idle.map_or(String::new(), |i| format!("   idle {i} %"));
    let dropped =
        if p.dropped_logs > 0 { format!("   dropped logs {}", p.dropped_logs) } else { String::new() };
    let first = Line::from(vec![
        Span::from(format!("{} {}", p.name, p.version)).bold(),
        Span::from(format!("   pid {}   up {}   {socket}", p.pid, p.uptime)),
    ]);
    let second = format!(
        "connections {} / {}   {} new/s   {} requests/s{idle}{dropped}",
        p.connections,
        p.max_connections,
        number(p.accepts),
        number(p.requests),
    );
    Paragraph::new(vec![first, Line::from(second)])
}

fn sparkline(frame: &mut Frame<'_>, app: &App, area: Rect, colours: bool) {
    let skip = app.past.len().saturating_sub(usize::from(area.width));
    let past: Vec<u64> = app.past.iter().skip(skip).copied().collect();
    let most = past.iter().max().copied().unwrap_or(0);
    let style = if colours { Style::new().fg(Color::Cyan) } else { Style::new() };
    let title = format!(" requests/s, at most {most} ");
    let block = Block::new().title(title).title_style(Style::new().add_modifier(Modifier::DIM));
    frame.render_widget(Sparkline::default().data(past).style(style).block(block), area);
}

fn rows(frame: &mut Frame<'_>, app: &mut App, area: Rect, colours: bool) {
    app.page = usize::from(area.height.saturating_sub(2)).max(1);
    let mark = if app.reversed { '▲' } else { '▼' };
    let mut marked = false;
    let heads = HEADS.map(|(name, sort, _)| {
        let sorted = app.sort == sort && sort != Sort::File && !marked;
        marked |= sorted;
        if sorted { format!("{name}{mark}") } else { name.to_owned() }
    });
    let heads = heads.into_iter().enumerate().map(|(i, text)| aligned(i, text));
    let shown: Vec<_> = app.rows().into_iter().map(|r| table_row(r, colours)).collect();
    let empty = shown.is_empty();
    let table = Table::new(shown, HEADS.map(|(_, _, width)| Constraint::Min(width)))
        .header(ratatui::widgets::Row::new(heads).style(Style::new().add_modifier(Modifier::BOLD)))
        .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
    let mut state = TableState::new().with_selected(app.selected);
    frame.render_stateful_widget(table, area, &mut state);
    if empty && !app.look.rows.is_empty() {
        let text = format!("no row has '{}' in it", app.filter);
        frame.render_widget(Paragraph::new(text), Rect { y: area.y + 1, height: 1, ..area });
    }
}

/// The texts of one row, as the table and `--once` show them.
pub fn cells(row: &Row) -> [String; 14] {
    [
        row.proxy.clone(),
        row.name.clone(),
        row.status.clone(),
        row.check.clone(),
        row.weight.map_or_else(|| "-".to_owned(), |n| n.to_string()),
        row.sessions.to_string(),
        row.session_limit.map_or_else(|| "-".to_owned(), |n| n.to_string()),
        row.queue.to_string(),
        number(row.rate),
        bytes(row.bytes_in),
        bytes(row.bytes_out),
        number(row.errors),
        row.latency.map_or_else(|| "-".to_owned(), |n| n.to_string()),
        row.since.map_or_else(|| "-".to_owned(), since),
    ]
}

/// Words to the left, figures to the right.
fn aligned(column: usize, text: String) -> Cell<'static> {
    let text = Text::from(text);
    Cell::from(if column < WORDS { text } else { text.right_aligned() })
}

fn table_row(row: &Row, colours: bool) -> ratatui::widgets::Row<'static> {
    let mut style = Style::new();
    if row.kind != Kind::Server {
        style = style.add_modifier(Modifier::BOLD);
    }
    let state = match Health::of(&row.status) {
        _ if !colours => style,
        Health::Up => style.fg(Color::Green),
        Health::Changing => style.fg(Color::Yellow),
        Health::Down => style.fg(Color::Red).add_modifier(Modifier::BOLD),
        Health::Out => style.fg(Color::LightBlue),
        Health::Unknown => style,
    };
    let cells = cells(row).into_iter().enumerate().map(|(i, text)| {
        let cell = aligned(i, text);
        if i == 2 { cell.style(state) } else { cell }
    });
    ratatui::widgets::Row::new(cells.collect::<Vec<_>>()).style(style)
}

fn footer(app: &App) -> Paragraph<'_> {
    let text = match &app.mode {
        Mode::Filter => format!("filter: {}▏  Enter keeps it, Esc takes it back", app.filter),
        _ if !app.message.is_empty() => app.message.clone(),
        _ => {
            let kind = KINDS.iter().find(|k| k.1 == app.only).map_or("", |k| k.0);
            let sort = SORTS.iter().find(|s| s.1 == app.sort).map_or("", |s| s.0);
            let filter = if app.filter.is_empty() { String::new() } else { format!("   /{}", app.filter) };
            let paused = if app.paused { "   PAUSED" } else { "" };
            format!(
                "{kind} by {sort}{filter}{paused}   ? keys  / filter  s order  Enter details  D R M  q quit"
            )
        }
    };
    Paragraph::new(text).style(Style::new().add_modifier(Modifier::DIM))
}

fn help(frame: &mut Frame<'_>) {
    let lines: Vec<Line<'_>> = KEYS
        .iter()
        .map(|(key, what)| Line::from(vec![Span::from(format!("{key:<24}")).bold(), Span::from(*what)]))
        .collect();
    let area = middle(frame.area(), 96, lines.len() as u16 + 2);
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(" Keys ")), area);
}

fn details(frame: &mut Frame<'_>, app: &App) {
    let Some(row) = app.chosen() else { return };
    let mut area = middle(frame.area(), 110, row.fields.len() as u16 / 2 + 4);
    area.height = area.height.min(frame.area().height);
    let columns = row.fields.len().div_ceil(usize::from(area.height.saturating_sub(2)).max(1)).max(1);
    let height = row.fields.len().div_ceil(columns);
    let width = usize::from(area.width.saturating_sub(2)) / columns;
    let line = |i: usize| {
        let mut text = String::new();
        for (name, value) in row.fields.iter().skip(i).step_by(height) {
            let field: String = format!("{name:<16} {value}").chars().take(width.saturating_sub(1)).collect();
            text.push_str(&format!("{field:<width$}"));
        }
        Line::from(text)
    };
    let title = format!(" {}/{} ", row.proxy, row.name);
    frame.render_widget(Clear, area);
    let text: Vec<Line<'_>> = (0..height).map(line).collect();
    frame.render_widget(Paragraph::new(text).block(Block::bordered().title(title)), area);
}

fn confirm(frame: &mut Frame<'_>, command: &str) {
    let area = middle(frame.area(), 70, 5);
    frame.render_widget(Clear, area);
    let text = vec![
        Line::from(command.to_owned()).bold(),
        Line::from(""),
        Line::from("y: do it   any other key: leave it"),
    ];
    let block = Block::bordered().title(" Really? ");
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: false }).block(block), area);
}

fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// A figure with as many digits as can be told apart.
fn number(n: f64) -> String {
    match n {
        n if n >= 10_000_000.0 => format!("{:.0}M", n / 1e6),
        n if n >= 10_000.0 => format!("{:.0}k", n / 1e3),
        n if n >= 10.0 || n == 0.0 => format!("{n:.0}"),
        n => format!("{n:.1}"),
    }
}

/// Seconds in the largest unit that has them.
fn since(seconds: u64) -> String {
    match seconds {
        s if s >= 86_400 => format!("{}d", s / 86_400),
        s if s >= 3_600 => format!("{}h", s / 3_600),
        s if s >= 60 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

/// Bytes in units of 1,024.
fn bytes(n: f64) -> String {
    let mut n = n;
    for unit in ["", "K", "M", "G"] {
        if n < 1_024.0 {
            return if unit.is_empty() || n >= 100.0 {
                format!("{n:.0}{unit}")
            } else {
                format!("{n:.1}{unit}")
            };
        }
        n /= 1_024.0;
    }
    format!("{n:.1}T")
}

/// The table as text, for `--once`.
#[must_use]
pub fn text(app: &App) -> String {
    let rows: Vec<[String; 14]> = app.rows().iter().map(|r| cells(r)).collect();
    let widths: Vec<usize> = (0..HEADS.len())
        .map(|i| {
            let cells = rows.iter().map(|r| r[i].chars().count());
            cells.chain([HEADS[i].0.len()]).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: &[&str]| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(i, (c, &w))| if i < WORDS { format!("{c:<w$}") } else { format!("{c:>w$}") })
            .collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    let p = &app.look.process;
    let mut out = format!(
        "{} {}  pid {}  up {}  connections {}/{}  {} requests/s\n",
        p.name,
        p.version,
        p.pid,
        p.uptime,
        p.connections,
        p.max_connections,
        number(p.requests)
    );
    out.push_str(&line(&HEADS.map(|h| h.0)));
    for row in &rows {
        out.push_str(&line(&row.each_ref().map(String::as_str)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::app::Key;
    use super::super::model::Look;
    use super::super::model::tests::{INFO, stat};
    use super::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use std::time::{Duration, Instant};

    fn app() -> App {
        let began = Instant::now();
        let first = Look::read(INFO, &stat(100, 1_000), None, began).unwrap();
        let mut app = App::new(Sort::Rate, None, String::new());
        app.take(
            Look::read(INFO, &stat(3_140, 90_000), Some(&first), began + Duration::from_secs(2)).unwrap(),
        );
        app
    }

    fn screen(app: &mut App) -> String {
        let mut terminal = Terminal::new(TestBackend::new(130, 24)).unwrap();
        terminal.draw(|frame| draw(frame, app, "/run/x.sock", true)).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn the_table_shows_every_row_with_its_rates() {
        let mut app = app();
        let screen = screen(&mut app);
        assert!(screen.contains("HAProxy 2.6.12") && screen.contains("connections 7 / 2000"), "{screen}");
        let line =
            |name: &str| screen.lines().find(|l| l.contains(name)).unwrap_or_else(|| panic!("{screen}"));
        for text in ["app", "UP", "L7OK 3ms", "100", "1520", "12"] {
            assert!(line(" a1 ").contains(text), "{text}: {screen}");
        }
        assert!(line("FRONTEND").contains("43.5K"), "{screen}");
        assert!(screen.contains("REQ/S▼") && screen.contains("all by rate"), "{screen}");
    }

    #[test]
    fn help_details_and_the_question_lie_above_it() {
        let mut app = app();
        app.key(Key::Char('?'));
        assert!(screen(&mut app).contains("drain the server"));
        app.key(Key::Escape);
        app.key(Key::Char('4'));
        app.key(Key::Enter);
        let details = screen(&mut app);
        assert!(details.contains("app/a1") && details.contains("hrsp_5xx"), "{details}");
        app.key(Key::Escape);
        app.key(Key::Char('M'));
        assert!(screen(&mut app).contains("set server app/a1 state maint"));
    }

    #[test]
    fn a_small_screen_and_no_rows_are_no_fault() {
        let mut app = app();
        app.filter = "none such".to_owned();
        assert!(screen(&mut app).contains("no row has 'none such'"));
        for mode in [Mode::Details, Mode::Help, Mode::Confirm("x".to_owned()), Mode::Filter] {
            app.mode = mode;
            app.filter.clear();
            for size in [(1, 1), (10, 3), (40, 6), (300, 100)] {
                let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
                terminal.draw(|frame| draw(frame, &mut app, "", false)).unwrap();
            }
        }
    }

    #[test]
    fn the_text_is_a_table() {
        let text = text(&app());
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("HAProxy 2.6.12  pid 42"), "{text}");
        assert_eq!(lines.len(), 6, "{text}");
        assert!(lines[1].starts_with("PROXY"), "{text}");
    }

    #[test]
    fn figures() {
        let shown = [0.0, 0.25, 9.94, 1_520.4, 12_345.0, 3e7].map(number);
        assert_eq!(shown, ["0", "0.2", "9.9", "1520", "12k", "30M"]);
        assert_eq!([59, 62, 7_300, 200_000].map(since), ["59s", "1m", "2h", "2d"]);
        assert_eq!([0.0, 1_023.0, 1_536.0, 2e6, 5e12].map(bytes), ["0", "1023", "1.5K", "1.9M", "4.5T"]);
    }
}
