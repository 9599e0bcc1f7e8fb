//! Reads the statistics file of `global`: what stands in it is looked at when the process starts, but it cannot be read any
//! more behind `chroot`.
use crate::plan::draft::Draft;
use crate::syntax::{Diag, Diags, Severity};

/// Keeps the file's text. One that cannot be read is a warning and nothing more.
pub fn read(draft: &mut Draft, diags: &mut Diags) {
    let Some(file) = &mut draft.global.stats_file else { return };
    match super::state_file::open(&file.path) {
        Ok(text) => file.text = Some(text),
        Err(e) => {
            let text = format!("config: Can't open stats-file '{}': {e}", file.path.display());
            diags.push(Diag::bare(Severity::Warning, None, text));
        }
    }
}
