//! What a stick table keeps of a key: counters and rates in columns (manual 4.2 `stick-table … store`). The rule language
//! counts in them; here they are only laid out, read and set.
use super::Turn;
use crate::base::ids::ServerId;
use crate::base::time::Tick;
use std::time::Duration;

/// How a datum is written and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// A number with a sign.
    Signed,
    /// 32 bits.
    Unsigned,
    /// 64 bits.
    Long,
    /// Events in a period.
    Rate,
    /// The server's name.
    Server,
}

macro_rules! kinds {
    ($($kind:ident $name:literal $stored:ident $array:literal,)*) => {
        /// What may be stored, in the order in which HAProxy shows it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind { $($kind),* }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Kind] = &[$(Kind::$kind),*];

            /// The name in the configuration.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Kind::$kind => $name),* }
            }

            #[must_use]
            pub const fn stored(self) -> Stored {
                match self { $(Kind::$kind => Stored::$stored),* }
            }

            /// Whether there may be several of it, as `gpc(3)`.
            #[must_use]
            pub const fn is_array(self) -> bool {
                match self { $(Kind::$kind => $array),* }
            }
        }
    };
}

kinds! {
    ServerId "server_id" Signed false,
    Gpt0 "gpt0" Unsigned false,
    Gpc0 "gpc0" Unsigned false,
    Gpc0Rate "gpc0_rate" Rate false,
    ConnCnt "conn_cnt" Unsigned false,
    ConnRate "conn_rate" Rate false,
    ConnCur "conn_cur" Unsigned false,
    SessCnt "sess_cnt" Unsigned false,
    SessRate "sess_rate" Rate false,
    HttpReqCnt "http_req_cnt" Unsigned false,
    HttpReqRate "http_req_rate" Rate false,
    HttpErrCnt "http_err_cnt" Unsigned false,
    HttpErrRate "http_err_rate" Rate false,
    BytesInCnt "bytes_in_cnt" Long false,
    BytesInRate "bytes_in_rate" Rate false,
    BytesOutCnt "bytes_out_cnt" Long false,
    BytesOutRate "bytes_out_rate" Rate false,
    Gpc1 "gpc1" Unsigned false,
    Gpc1Rate "gpc1_rate" Rate false,
    ServerKey "server_key" Server false,
    HttpFailCnt "http_fail_cnt" Unsigned false,
    HttpFailRate "http_fail_rate" Rate false,
    Gpt "gpt" Unsigned true,
    Gpc "gpc" Unsigned true,
    GpcRate "gpc_rate" Rate true,
}

/// One kind in a table, how many of it there are, and the period of a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    pub kind: Kind,
    pub count: usize,
    pub period: Duration,
}

/// The columns of a table, sorted by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    columns: Vec<Column>,
}

impl Layout {
    /// Adds a column; false where there is one of the kind already.
    pub fn add(&mut self, column: Column) -> bool {
        match self.columns.binary_search_by_key(&column.kind, |c| c.kind) {
            Ok(_) => false,
            Err(at) => {
                self.columns.insert(at, column);
                true
            }
        }
    }

    /// The columns in their order.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter()
    }

    /// A column, and where its first cell is.
    #[must_use]
    pub fn find(&self, kind: Kind) -> Option<(Column, usize)> {
        let at = self.columns.binary_search_by_key(&kind, |c| c.kind).ok()?;
        Some((self.columns[at], self.columns[..at].iter().map(|c| c.count).sum()))
    }

    pub(super) fn entry(&self, turn: Turn) -> Entry {
        let cells = self.columns.iter().map(|c| c.count).sum();
        Entry { cells: vec![Cell::default(); cells].into(), server: None, deadline: turn.0, turn }
    }
}

/// One number, or one rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The number; of a rate the events of the present period.
    pub value: u64,
    /// Of a rate: the events of the period before.
    past: u64,
    /// When the present period began.
    began: Tick,
}

impl Cell {
    /// Events in the period up to now, as HAProxy estimates them: the present ones, and of those before the share that is
    /// not yet over.
    #[must_use]
    pub fn rate(&self, period: Duration, now: Tick) -> u64 {
        let (period, mut elapsed) = (period.as_millis() as u64, now.since(self.began).as_millis() as u64);
        let (mut value, mut past) = (self.value, self.past);
        if elapsed >= period {
            (past, value) = (value, 0);
            elapsed -= period;
            if elapsed >= period {
                return 0;
            }
        }
        if value == 0 && past <= 1 {
            return past;
        }
        value + past.saturating_mul(period - elapsed) / period.max(1)
    }

    /// Sets a rate: so many events right now.
    pub fn set_rate(&mut self, value: u64, now: Tick) {
        *self = Cell { value, past: 0, began: now };
    }
}

/// What is known of a key.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The cells of all columns, in their order.
    pub cells: Box<[Cell]>,
    /// `server_key`: the server of the last store.
    pub server: Option<ServerId>,
    /// When it goes; 0 for never.
    pub(super) deadline: u64,
    /// Where it stands among the shard's turns.
    pub(super) turn: Turn,
}

impl Entry {
    pub(super) fn is_over(&self, now: Tick) -> bool {
        self.deadline != 0 && self.deadline <= now.0
    }

    /// How long it still lives; zero where it lives for ever.
    #[must_use]
    pub fn left(&self, now: Tick) -> Duration {
        Tick(self.deadline).since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_lie_in_haproxys_order() {
        let mut layout = Layout::default();
        let column = |kind, count| Column { kind, count, period: Duration::ZERO };
        assert!(layout.add(column(Kind::Gpc, 3)) && layout.add(column(Kind::ServerId, 1)));
        assert!(layout.add(column(Kind::GpcRate, 2)) && !layout.add(column(Kind::Gpc, 9)));
        assert_eq!(layout.find(Kind::GpcRate).map(|(c, at)| (c.count, at)), Some((2, 4)));
        assert_eq!(layout.find(Kind::Gpt), None);
        assert_eq!(layout.entry((0, 0)).cells.len(), 6);
    }

    #[test]
    fn a_rate_fades_within_two_periods() {
        let ms = |n: u64| Tick(n * 1_000_000);
        let mut cell = Cell::default();
        cell.set_rate(100, ms(1_000));
        let rate = |at| cell.rate(Duration::from_secs(10), ms(at));
        assert_eq!((rate(1_000), rate(10_999), rate(16_000), rate(31_000)), (100, 100, 50, 0));
    }
}
