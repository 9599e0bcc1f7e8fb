//! report.html
use super::Report;
pub fn page(report: &Report) -> String {
    format!("<!doctype html><title>{}</title>", report.headline)
}
