//! The rows, in the order of their numbers.

mod arrays;
mod borders;
mod calls;
mod growth;
mod limits;
mod memory;
mod pools;
mod processes;
mod values;

use crate::row::Row;

/// All of them.
pub fn all() -> Vec<Row> {
    let parts = [
        calls::rows(),
        borders::rows(),
        values::rows(),
        arrays::rows(),
        processes::rows(),
        memory::rows(),
        pools::rows(),
        vec![calls::attach()],
        growth::rows(),
        limits::rows(),
    ];
    let mut rows: Vec<Row> = parts.into_iter().flatten().collect();
    rows.sort_by_key(|row| row.id);
    rows
}
