//! Time a call of each routine: `cargo bench -p bench`, `cargo bench -p bench -- acl`.
use criterion::Criterion;
use std::time::Duration;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for routine in bench::routines::all() {
        let mut work = None;
        criterion.bench_function(&routine.name, |b| {
            let work = work.get_or_insert_with(|| routine.make());
            b.iter(work);
        });
    }
    criterion.final_summary();
}
