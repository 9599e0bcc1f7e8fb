//! What the terminal shows: a bar with the time left on a terminal, plain lines elsewhere.

use std::io::{IsTerminal, Write};
use std::time::Instant;

pub struct Progress {
    terminal: bool,
    total: f64,
    done: f64,
    began: Instant,
    what: String,
}

impl Progress {
    /// `total`: seconds that everything will take, about.
    pub fn new(total: f64) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { terminal, total, done: 0.0, began: Instant::now(), what: String::new() }
    }

    pub fn now(&mut self, what: String) {
        self.what = what;
        self.draw();
    }

    /// So much of the total is done, in all.
    pub fn reached(&mut self, done: f64) {
        self.done = done.min(self.total);
        self.draw();
    }

    pub fn seconds_left(&self) -> f64 {
        // The estimate is corrected by what the part behind us really took.
        let gone = self.began.elapsed().as_secs_f64();
        let pace = if self.done > 3.0 { gone / self.done } else { 1.0 };
        (self.total - self.done) * pace
    }

    fn draw(&self) {
        if !self.terminal {
            return;
        }
        let part = if self.total > 0.0 { self.done / self.total } else { 0.0 };
        let full = (part * 24.0) as usize;
        let left = self.seconds_left() as u64;
        let bar = format!("{}{}", "█".repeat(full), "░".repeat(24 - full));
        eprint!("\r\x1b[K{bar} {:3.0} %  {}:{:02} left  {}", part * 100.0, left / 60, left % 60, self.what);
        let _ = std::io::stderr().flush();
    }

    /// A line that stays.
    pub fn line(&self, text: &str) {
        if self.terminal {
            eprint!("\r\x1b[K");
        }
        eprintln!("{text}");
        self.draw();
    }

    pub fn end(&self) {
        if self.terminal {
            eprint!("\r\x1b[K");
        }
    }
}
