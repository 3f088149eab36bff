//! The rows under criterion: each side's own distribution, kept from run to run.
//!
//! ```sh
//! cargo bench --manifest-path benches/Cargo.toml --features pyo3 -- order
//! ```

use criterion::Criterion;
use gopyre_benches::{Measure, python, rows};

fn main() {
    python::start().expect("a Python");
    let mut criterion = Criterion::default().configure_from_args();
    for row in rows::all() {
        let name = format!("{} {} | {}", row.id, row.work, row.peer);
        let Measure::Sides(sides) = row.measure else {
            continue;
        };
        let Ok((ours, theirs)) = sides() else {
            continue;
        };
        let mut group = criterion.benchmark_group(name);
        for (name, mut work) in [("gopyre", ours), ("peer", theirs)] {
            group.bench_function(name, |bencher| bencher.iter_custom(&mut work));
        }
        group.finish();
    }
    criterion.final_summary();
}
