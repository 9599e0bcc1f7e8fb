//! Stick tables: `show|set|clear table` (management manual, 9.3).
use super::{CommandRow, Level, Steering, wrong};
use crate::base::ids::TableId;
use crate::base::time::Tick;
use crate::plan::persist::StickTable;
use crate::plan::{Plan, ServerAddr};
use crate::share::table::{Column, Entry, KeyKind, Kind, Stored, Table};
use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The rows of this file.
pub const ROWS: &[CommandRow] = &[
    CommandRow {
        words: &["clear", "table"],
        usage: "clear table <table> [<filter>]*",
        doc: "remove an entry from a table (filter: data/key)",
        level: Level::Operator,
        run: |s, args| run(s, args, Does::Clear),
    },
    CommandRow {
        words: &["set", "table"],
        usage: "set table <table> key <k> [data.* <v>]*",
        doc: "update or create a table entry's data",
        level: Level::Operator,
        run: |s, args| run(s, args, Does::Set),
    },
    CommandRow {
        words: &["show", "table"],
        usage: "show table <table> [<filter>]*",
        doc: "report table usage stats or dump this table's contents (filter: data/key)",
        level: Level::Operator,
        run: |s, args| run(s, args, Does::Show),
    },
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    Show,
    Set,
    Clear,
}

/// One table with what is needed to look at it.
struct Sight<'a> {
    plan: &'a Plan,
    stick: &'a StickTable,
    table: &'a Table,
    now: Tick,
}

fn run(steering: &dyn Steering, args: &[&str], does: Does) -> String {
    let (world, shared) = (steering.world(), steering.shared());
    let now = Tick::monotonic();
    let sight = |at: usize| Sight {
        plan: &world.plan,
        stick: &world.plan.tables[at],
        table: shared.tables.get(TableId::from(at)),
        now,
    };
    let Some(name) = args.first() else {
        // HAProxy's list has the newest table first.
        let all = (0..world.plan.tables.len()).rev().map(|at| sight(at).head());
        return if does == Does::Show { all.collect() } else { usage(does) };
    };
    let Some(at) = world.plan.tables.iter().position(|t| t.name == *name) else {
        return wrong(steering, "No such table\n");
    };
    let answer = match args.get(1).copied() {
        Some("key") => sight(at).by_key(args, does),
        Some(word) if word.starts_with("data.") => sight(at).by_data(&args[1..], does),
        Some(_) => Err(usage(does)),
        // HAProxy clears the table, without a word.
        None if does == Does::Set => Err(usage(does)),
        None => Ok(sight(at).all(&[], does)),
    };
    answer.unwrap_or_else(|e| wrong(steering, e))
}

fn usage(does: Does) -> String {
    match does {
        Does::Show => {
            "Optional argument only supports \"data.<store_data_type>\" <operator> <value> and key <key>\n"
        }
        Does::Clear => {
            "Required arguments: <table> \"data.<store_data_type>\" <operator> <value> or <table> key <key>\n"
        }
        Does::Set => "Required arguments: <table> key <key> [data.<store_data_type> <value>]*\n",
    }
    .to_owned()
}

/// A condition on a column.
struct Filter {
    column: Column,
    at: usize,
    holds: fn(i64, i64) -> bool,
    value: i64,
}

/// HAProxy takes so many.
const MOST_FILTERS: usize = 4;

impl Sight<'_> {
    fn head(&self) -> String {
        self.table.purge(self.now);
        let spec = &self.table.spec;
        let (name, kind, size) = (&self.stick.name, spec.key.name(), spec.size);
        format!("# table: {name}, type: {kind}, size:{size}, used:{}\n", self.table.len())
    }

    /// Shows or takes out all entries for which the filters hold.
    fn all(&self, filters: &[Filter], does: Does) -> String {
        let mut out = if does == Does::Show { self.head() } else { String::new() };
        for (key, entry) in self.table.entries(self.now) {
            if !filters.iter().all(|f| (f.holds)(self.value(f.column, f.at, &entry), f.value)) {
                continue;
            }
            match does {
                Does::Show => self.write_entry(&key, &entry, &mut out),
                Does::Clear => {
                    self.table.remove(&key);
                }
                Does::Set => {}
            }
        }
        out
    }

    fn by_data(&self, words: &[&str], does: Does) -> Result<String, String> {
        if does == Does::Set {
            return Err(
                "content-based lookup is only supported with the \"show\" and \"clear\" actions\n".to_owned()
            );
        }
        let mut filters = Vec::new();
        for (n, filter) in words.chunks(3).enumerate() {
            if n == MOST_FILTERS {
                let word = words[3 * n - 1];
                return Err(format!(
                    "Detected extra data in filter, {}th word of input, after '{word}'\n",
                    3 * n + 4
                ));
            }
            filters.push(self.filter(filter).map_err(|e| format!("Filter entry #{}: {e}\n", n + 1))?);
        }
        Ok(self.all(&filters, does))
    }

    fn filter(&self, words: &[&str]) -> Result<Filter, &'static str> {
        let (column, at) = self.column(words[0].strip_prefix("data.").unwrap_or_default())?;
        let holds: fn(i64, i64) -> bool = match words.get(1).copied().unwrap_or_default() {
            "eq" => |a, b| a == b,
            "ne" => |a, b| a != b,
            "le" => |a, b| a <= b,
            "ge" => |a, b| a >= b,
            "lt" => |a, b| a < b,
            "gt" => |a, b| a > b,
            _ => return Err("Require and operator among \"eq\", \"ne\", \"le\", \"ge\", \"lt\", \"gt\""),
        };
        let value = words.get(2).and_then(|v| v.parse().ok());
        let value = value.ok_or("Require a valid integer value to compare against")?;
        Ok(Filter { column, at, holds, value })
    }

    fn column(&self, name: &str) -> Result<(Column, usize), &'static str> {
        let kind = Kind::ALL.iter().find(|k| k.name() == name).ok_or("Unknown data type")?;
        self.table.spec.layout.find(*kind).ok_or("Data type not stored in this table")
    }

    /// What a filter compares.
    fn value(&self, column: Column, at: usize, entry: &Entry) -> i64 {
        let cell = &entry.cells[at];
        match column.kind.stored() {
            Stored::Rate => cell.rate(column.period, self.now) as i64,
            _ => cell.value as i64,
        }
    }

    fn by_key(&self, args: &[&str], does: Does) -> Result<String, String> {
        let Some(text) = args.get(2) else { return Err("Key value expected\n".to_owned()) };
        let key = self.key(text, does)?;
        match does {
            Does::Show => {
                let found = self.table.with(&key, self.now, false, |entry| entry.clone());
                let show = |entry: Entry| {
                    let mut out = self.head();
                    self.write_entry(&key, &entry, &mut out);
                    out
                };
                Ok(found.map_or_else(String::new, show))
            }
            Does::Clear => {
                self.table.remove(&key);
                Ok(String::new())
            }
            Does::Set => {
                // What stands before a mistake is set nevertheless.
                let set = |entry: &mut Entry| args[3..].chunks(2).try_for_each(|pair| self.set(entry, pair));
                match self.table.enter(&key, self.now, set) {
                    None => Err("Unable to allocate a new entry\n".to_owned()),
                    Some(Err(e)) => Err(format!("{e}\n")),
                    Some(Ok(())) => Ok(String::new()),
                }
            }
        }
    }

    /// A key as it is written. As in HAProxy what is no address is the address of zeros.
    fn key(&self, text: &str, does: Does) -> Result<Vec<u8>, String> {
        let mut key = match self.table.spec.key {
            KeyKind::Ip => text.parse().unwrap_or(Ipv4Addr::UNSPECIFIED).octets().to_vec(),
            KeyKind::Ipv6 => text.parse().unwrap_or(Ipv6Addr::UNSPECIFIED).octets().to_vec(),
            KeyKind::Integer => {
                let digits = text.bytes().take_while(u8::is_ascii_digit).count();
                let number =
                    if digits == 0 && !text.starts_with('-') { Ok(0) } else { text[..digits].parse() };
                number.map(|n: u32| n.to_ne_bytes().to_vec()).map_err(|_| "Invalid key\n".to_owned())?
            }
            KeyKind::String(_) => text.as_bytes().to_vec(),
            KeyKind::Binary(_) => {
                let what = match does {
                    Does::Show => "Showing keys from",
                    Does::Clear => "Removing keys from",
                    Does::Set => "Inserting keys into",
                };
                return Err(format!(
                    "{what} tables of type other than ip, ipv6, string and integer is not supported\n"
                ));
            }
        };
        self.table.spec.key.fit(&mut key);
        Ok(key)
    }

    fn set(&self, entry: &mut Entry, pair: &[&str]) -> Result<(), &'static str> {
        let name = pair[0].strip_prefix("data.").ok_or("\"data.<type>\" followed by a value expected")?;
        let (column, at) = self.column(name)?;
        let value: i64 =
            pair.get(1).and_then(|v| v.parse().ok()).ok_or("Require a valid integer value to store")?;
        let cell = &mut entry.cells[at];
        match column.kind.stored() {
            Stored::Rate => cell.set_rate(u64::from(value as u32), self.now),
            Stored::Unsigned => cell.value = u64::from(value as u32),
            Stored::Signed => cell.value = i64::from(value as i32) as u64,
            Stored::Long => cell.value = value as u64,
            Stored::Server => {}
        }
        Ok(())
    }

    fn write_entry(&self, key: &[u8], entry: &Entry, out: &mut String) {
        let id: *const u8 = key.as_ptr();
        let _ = write!(out, "{id:p}: key={}", self.key_text(key));
        let _ = write!(out, " use=0 exp={}", entry.left(self.now).as_millis());
        let mut at = 0;
        for column in self.table.spec.layout.columns() {
            for n in 0..column.count {
                let name = column_name(column.kind, n);
                let cell = &entry.cells[at];
                let _ = match column.kind.stored() {
                    Stored::Rate => {
                        let (period, rate) = (column.period.as_millis(), cell.rate(column.period, self.now));
                        write!(out, " {name}({period})={rate}")
                    }
                    Stored::Signed => write!(out, " {name}={}", cell.value as i64),
                    Stored::Unsigned | Stored::Long => write!(out, " {name}={}", cell.value),
                    Stored::Server => write!(out, " {name}={}", self.server_text(entry)),
                };
                at += 1;
            }
        }
        out.push('\n');
    }

    /// `server_key`: the server's name, or its address.
    fn server_text(&self, entry: &Entry) -> String {
        let Some(server) = entry.server.map(|id| self.plan.server(id)) else { return "-".to_owned() };
        match &server.addr {
            ServerAddr::Inet(addr) if self.stick.by_address => addr.to_string(),
            _ => server.name.clone(),
        }
    }

    fn key_text(&self, key: &[u8]) -> String {
        let four = || <[u8; 4]>::try_from(key).unwrap_or_default();
        match self.table.spec.key {
            KeyKind::Ip => Ipv4Addr::from(four()).to_string(),
            KeyKind::Ipv6 => Ipv6Addr::from(<[u8; 16]>::try_from(key).unwrap_or_default()).to_string(),
            KeyKind::Integer => u32::from_ne_bytes(four()).to_string(),
            KeyKind::String(_) => escaped(key),
            KeyKind::Binary(_) => key.iter().map(|b| format!("{b:02X}")).collect(),
        }
    }
}

/// Arrays are shown under the names of their elements: `gpc0`, `gpc1_rate`.
fn column_name(kind: Kind, n: usize) -> String {
    match kind {
        Kind::Gpt => format!("gpt{n}"),
        Kind::Gpc => format!("gpc{n}"),
        Kind::GpcRate => format!("gpc{n}_rate"),
        other => other.name().to_owned(),
    }
}

/// Text on one line, with what would divide words behind backslashes.
fn escaped(text: &[u8]) -> String {
    let mut out = String::new();
    for &b in text {
        match b {
            b' ' | b'=' | b'\\' => out.extend(['\\', char::from(b)]),
            0x21..=0x7e => out.push(char::from(b)),
            b => super::byte_escapes(&[b], &mut out),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_are_shown_on_one_line() {
        assert_eq!(super::escaped(b"a b=\\\n\x01\xff"), "a\\ b\\=\\\\\\n\\x01\\xFF");
    }
}
