//! Lets the program find the libpython that it is linked to.

fn main() {
    pyo3_build_config::add_libpython_rpath_link_args();
}
