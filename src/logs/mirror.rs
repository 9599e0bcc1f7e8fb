//! `backing-file` of a ring (configuration manual, 3.9): its lines also in a file of its size, to be looked at when the
//! process is no more. The control thread writes it: a slow disk holds up no traffic. New lines are written over the oldest.
use crate::net::Core;
use crate::plan::Plan;
use crate::share::Shared;
use std::fs::{File, OpenOptions};
use std::future::poll_fn;
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// Lines of so long a time are written together.
const GATHER: Duration = Duration::from_millis(1);

/// A ring's file.
#[derive(Debug)]
pub struct Mirror {
    ring: usize,
    file: File,
    size: u64,
    at: u64,
}

/// Opens the files of a Plan's rings. One that holds something is kept as `.bak`.
///
/// # Errors
/// HAProxy's words for a file that cannot be had.
pub fn open(plan: &Plan) -> Result<Vec<Mirror>, String> {
    let mut all = Vec::new();
    for (ring, section) in plan.rings.iter().enumerate() {
        let Some(path) = &section.file else { continue };
        let file = fresh(path, section.size as u64).map_err(|e| {
            let why = e
                .raw_os_error()
                .map_or_else(|| e.to_string(), |e| nix::errno::Errno::from_raw(e).desc().to_owned());
            format!("cannot open backing-file '{}' for ring '{}': {why}.", path.display(), section.name)
        })?;
        all.push(Mirror { ring, file, size: section.size as u64, at: 0 });
    }
    Ok(all)
}

fn fresh(path: &Path, size: u64) -> io::Result<File> {
    if std::fs::metadata(path).is_ok_and(|m| m.len() > 0) {
        let mut old = path.as_os_str().to_owned();
        old.push(".bak");
        // As in HAProxy: where that does not work, nothing is kept.
        let _ = std::fs::rename(path, old);
    }
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.set_len(size)?;
    Ok(file)
}

impl Mirror {
    /// Writes bytes behind the last ones, around the end of the file.
    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let room = usize::try_from(self.size - self.at).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(bytes.len().min(room));
            self.file.write_all_at(now, self.at)?;
            self.at = (self.at + now.len() as u64) % self.size;
            bytes = later;
        }
        Ok(())
    }
}

/// Writes each ring's lines for as long as the core runs, or until its file takes no more.
pub fn start(core: &Core, shared: &Arc<Shared>, mirrors: Vec<Mirror>) {
    for mut mirror in mirrors {
        let (core, shared) = (core.clone(), shared.clone());
        core.clone().spawn(async move {
            let (notifier, task) = (core.notifier(), core.current());
            let lines = &shared.rings[mirror.ring];
            lines.watch(Box::new(move || notifier.wake(task)));
            let mut from = lines.oldest();
            let mut bytes = Vec::new();
            loop {
                poll_fn(|_| if lines.awaits(from) { Poll::Ready(()) } else { Poll::Pending }).await;
                core.sleep_until(core.now() + GATHER).await;
                bytes.clear();
                from = lines.read(from, usize::MAX, |line| {
                    bytes.extend_from_slice(line);
                    bytes.push(b'\n');
                });
                if mirror.write(&bytes).is_err() {
                    return;
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_holds_something_is_kept_and_new_bytes_go_over_the_oldest() {
        let path = std::env::temp_dir().join(format!("ringmain-mirror-{}", std::process::id()));
        std::fs::write(&path, "before").unwrap();
        let file = fresh(&path, 8).unwrap();
        let old = path.with_file_name(format!("{}.bak", path.file_name().unwrap().to_string_lossy()));
        assert_eq!(std::fs::read(&old).unwrap(), b"before");
        let mut mirror = Mirror { ring: 0, file, size: 8, at: 0 };
        mirror.write(b"abcdef").unwrap();
        mirror.write(b"ghijkl").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"ijklefgh");
        mirror.write(&[b'x'; 20]).unwrap();
        assert_eq!((std::fs::read(&path).unwrap(), mirror.at), (b"xxxxxxxx".to_vec(), 0));
        std::fs::remove_file(&path).unwrap();
        std::fs::remove_file(&old).unwrap();
    }
}
