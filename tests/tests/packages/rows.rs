//! Rows of a struct, in pandas and in `sqlite3`, which is Python's own.

use crate::{scenario, with};
use gopyre::{Object, Result, exec, py_script};
use gopyre_tests::{Folder, in_child};
use serde::{Deserialize, Serialize};
use std::path::Path;

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
struct Row {
    city: String,
    year: i32,
    price: f64,
    sold: Option<u32>,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Group {
    city: String,
    sales: usize,
    mean: f64,
    sold: u64,
    last: i32,
}

#[py_script(
    r#"
    import pandas as pd

    frame = pd.DataFrame(rows)
    groups = frame.groupby("city", as_index=False).agg(
        sales=("price", "size"), mean=("price", "mean"), sold=("sold", "sum"), last=("year", "max"))
    groups["sold"] = groups["sold"].astype("int64")
    groups.to_dict("records")
"#
)]
fn by_city(rows: &[Row]) -> Result<Vec<Group>>;

fn rows() -> Vec<Row> {
    let row = |city: &str, year, price, sold| Row {
        city: city.to_owned(),
        year,
        price,
        sold,
    };
    vec![
        row("Oslo", 2021, 10.0, Some(1)),
        row("Łódź", 2022, 4.0, Some(7)),
        row("Oslo", 2023, 20.0, None),
    ]
}

#[test]
fn a_frame_of_rows_is_aggregated_into_structs() {
    with(
        "pandas",
        in_child(|| {
            scenario(|| {
                let group = |city: &str, sales, mean, sold, last| Group {
                    city: city.to_owned(),
                    sales,
                    mean,
                    sold,
                    last,
                };
                let expected = [
                    group("Oslo", 2, 15.0, 1, 2023),
                    group("Łódź", 1, 4.0, 7, 2022),
                ];
                assert_eq!(by_city(&rows())?, expected);
                Ok(())
            });
        }),
    );
}

#[test]
fn columns_times_and_missing_values_come_out_typed() {
    #[derive(Deserialize)]
    struct Columns {
        price: Vec<f64>,
        city: Vec<String>,
        day: Vec<String>,
        sold: Vec<Option<f64>>,
        over: Vec<bool>,
        rows: Vec<Row>,
        frame: Object,
    }
    with(
        "pandas",
        in_child(|| {
            scenario(|| {
                let columns: Columns = exec(
                    r#"
                    import pandas as pd

                    frame = pd.DataFrame(input)
                    day = pd.to_datetime(frame["year"].astype(str) + "-03-01")
                    whole = frame.astype({"sold": "Int64"}).astype(object).where(frame.notna(), None)
                    {
                        "price": frame["price"],
                        "city": frame["city"],
                        "day": list(day),
                        "sold": list(frame["sold"]),
                        "over": frame["price"] > 5,
                        "rows": whole.to_dict("records"),
                        "frame": frame,
                    }
                    "#,
                    rows(),
                )?;
                assert_eq!(columns.price, [10.0, 4.0, 20.0]);
                assert_eq!(columns.city, ["Oslo", "Łódź", "Oslo"]);
                assert_eq!(columns.day[1], "2022-03-01T00:00:00");
                assert_eq!(columns.over, [true, false, true]);
                assert!(
                    columns.sold[2].is_some_and(f64::is_nan),
                    "NaN is a number, not None"
                );
                assert_eq!(columns.frame.len()?, 3);
                let price = columns.frame.item("price")?.attr("values")?.view::<f64>()?;
                assert_eq!(price.to_vec(), columns.price);
                // What was None is None again.
                let sold: Vec<Option<u32>> = columns.rows.iter().map(|row| row.sold).collect();
                assert_eq!(sold, [Some(1), Some(7), None]);
                Ok(())
            });
        }),
    );
}

#[py_script(
    r#"
    import sqlite3

    with sqlite3.connect(path) as connection:
        connection.execute("create table if not exists sale (city text, year int, price real, sold int)")
        connection.executemany("insert into sale values (:city, :year, :price, :sold)", rows)
    count = connection.execute("select count(*) from sale").fetchone()[0]
    connection.close()
    count
"#
)]
fn store(path: &Path, rows: &[Row]) -> Result<usize>;

#[test]
fn sqlite_keeps_rows_in_a_file() {
    in_child(|| {
        let folder = Folder::new();
        let path = folder.path().join("sales größe.db");
        assert_eq!(store(&path, &rows()).unwrap(), 3);
        assert_eq!(store(&path, &rows()[..1]).unwrap(), 4);
        // A connection that stays open, as an object, used in another script.
        let connection: Object = gopyre::call("sqlite3", "connect", (&path,)).unwrap();
        let read: Vec<Row> = exec(
            "
            import sqlite3

            input.row_factory = sqlite3.Row
            [dict(row) for row in input.execute('select * from sale order by rowid limit 3')]
            ",
            &connection,
        )
        .unwrap();
        assert_eq!(read, rows());
        let sums: Vec<(String, f64)> = exec(
            "input.row_factory = None; input.execute('select city, sum(price) from sale group by city order by 1')",
            &connection,
        )
        .unwrap();
        assert_eq!(sums, [("Oslo".to_owned(), 40.0), ("Łódź".to_owned(), 4.0)]);
        let error = connection.call_method("execute", ("select nothing",)).unwrap_err();
        assert!(error.exception().unwrap().is("OperationalError"), "{error:?}");
        connection.call_method("close", ()).unwrap();
    })
    .succeeds();
}
