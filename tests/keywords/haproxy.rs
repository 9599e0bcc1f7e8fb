//! What the real haproxy says about the examples. It takes a moment to start, so that most examples share one file; where
//! that leaves a doubt, an example is asked for alone.
use super::table::{Row, Since};
use super::{Certificate, asked, file, root};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

pub struct Haproxy(&'static Path);

impl Haproxy {
    pub fn find() -> Option<Haproxy> {
        let path = Path::new("/usr/sbin/haproxy");
        path.exists().then_some(Haproxy(path))
    }

    /// The rows whose third column is wrong, with what was said.
    pub fn disagrees(&self, rows: &[&Row], certificate: &Certificate) -> String {
        let (sound, bad): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|r| r.since == Since::Now);
        let (shared, alone): (Vec<&Row>, Vec<&Row>) = sound.iter().partition(|r| is_plain(r));
        let mut doubtful = alone;
        if !self.check(&together(&shared).0, certificate).0 {
            doubtful.extend(shared);
        }
        let (shared, alone): (Vec<&Row>, Vec<&Row>) = bad.iter().partition(|r| is_plain(r));
        let (text, ends) = together(&shared);
        let lines = alerts(&self.check(&text, certificate).1);
        doubtful.extend(alone);
        let mut from = 0;
        for (row, end) in shared.iter().zip(ends) {
            if lines.range(from + 1..=end).next().is_none() || asked(row) {
                doubtful.push(row);
            }
            from = end;
        }
        doubtful.iter().filter_map(|row| self.disagrees_alone(row, certificate)).collect()
    }

    fn disagrees_alone(&self, row: &Row, certificate: &Certificate) -> Option<String> {
        let text = file::of(row);
        let (taken, said) = self.check(&text, certificate);
        if asked(row) {
            println!("== {} in haproxy: {taken}\n{text}{said}", row.keyword);
        }
        let verb = if taken { "takes" } else { "refuses" };
        (taken != (row.since == Since::Now)).then(|| format!("haproxy 2.6 {verb} `{}`\n{said}", row.keyword))
    }

    /// Whether it takes a file, and what it says.
    fn check(&self, text: &str, certificate: &Certificate) -> (bool, String) {
        let path = certificate.dir.join("haproxy.cfg");
        std::fs::write(&path, certificate.put_in(text)).unwrap();
        let out =
            Command::new(self.0).arg("-c").arg("-f").arg(&path).current_dir(root()).env_clear().output();
        let out = out.expect("run haproxy");
        (out.status.success(), String::from_utf8_lossy(&out.stderr).into_owned())
    }
}

/// Whether the example stands in a frontend and a backend of the usual names, which it does not mention.
fn is_plain(row: &Row) -> bool {
    let own = |(place, line): &(String, String)| {
        let whole = ["global", "section", "listen"].iter().any(|p| place.contains(p));
        whole || line.split([' ', '/']).any(|w| w == "b") || line.starts_with("id ")
    };
    !row.example.iter().any(own)
}

/// Many files as one, with names of their own, and the number of each one's last line.
fn together(rows: &[&Row]) -> (String, Vec<usize>) {
    let (mut text, mut ends) = (String::new(), Vec::new());
    for (number, row) in rows.iter().enumerate() {
        for line in file::of(row).lines() {
            text += line;
            if ["frontend f", "backend b", "    default_backend b", "resolvers r"].contains(&line) {
                text += &number.to_string();
            }
            text.push('\n');
        }
        ends.push(text.lines().count());
    }
    (text, ends)
}

/// The numbers of the lines that alerts are about.
fn alerts(said: &str) -> BTreeSet<usize> {
    let alert = |line: &str| {
        let line = line.strip_prefix("[ALERT]")?;
        let (number, _) = line.split_once(".cfg:")?.1.split_once(']')?;
        number.parse().ok()
    };
    said.lines().filter_map(alert).collect()
}
