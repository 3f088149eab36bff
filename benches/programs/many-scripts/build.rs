//! Writes the scripts.

use std::fmt::Write as _;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-env-changed=SCRIPTS");
    let count = std::env::var("SCRIPTS").map_or(1, |text| text.parse().expect("a number"));
    let out = std::env::var_os("OUT_DIR").expect("cargo sets it");
    let mut list = String::new();
    // As many to a file as somebody might write: Python gets an empty line for each that is above a script.
    for first in (0..count).step_by(SCRIPTS_A_FILE) {
        let mut text = String::new();
        for n in first..count.min(first + SCRIPTS_A_FILE) {
            writeln!(text, "{}", script(n)).expect("memory");
        }
        let file = Path::new(&out).join(format!("scripts_{first}.rs"));
        std::fs::write(&file, text).expect("a folder to write in");
        writeln!(list, "mod scripts_{first} {{ include!({file:?}); }}").expect("memory");
    }
    std::fs::write(Path::new(&out).join("scripts.rs"), list).expect("a folder to write in");
}

const SCRIPTS_A_FILE: usize = 50;

fn script(n: usize) -> String {
    let script = format!(
        r##"
        rate = price * {n}
        {{"total": rate + count, "name": name.upper()}}
    "##
    );
    format!(
        "#[gopyre::py_script(r#\"{script}\"#)]\n\
         fn script_{n}(price: f64, count: i64, name: &str) -> gopyre::Result<gopyre::Value>;"
    )
}
