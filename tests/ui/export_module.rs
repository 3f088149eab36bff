use gopyre::py_export;

#[py_export]
fn function() {}

#[py_export(name = "other")]
mod argued {}

#[py_export]
#[name = "other"]
mod named {}

#[py_export]
mod lambda {}

#[py_export]
mod api {
    pub static COUNT: i64 = 0;

    #[detach]
    pub const LIMIT: i64 = 3;

    pub fn same() {}
    pub mod same {}

    #[py_export]
    pub mod inner {}

    gopyre::extension!(api);
}

gopyre::extension!();
gopyre::extension!("api");
gopyre::extension!(self);

fn main() {}
