//! What Ringmain's hot paths cost. One list of [`routines`] is measured in two ways: time (`cargo bench -p bench`) and counts
//! of instructions and allocations (`counts`, and `gate`, which compares them with `baseline.json`).
pub mod alloc;
pub mod lists;
pub mod routines;
pub mod samples;
pub mod whole;
