//! Lets the program find the libpython that PyO3 is linked to.

fn main() {
    #[cfg(feature = "pyo3")]
    pyo3_build_config::add_libpython_rpath_link_args();
}
