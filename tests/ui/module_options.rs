use gopyre::py_module;

#[py_module]
extern "Python" {}

#[py_module(nam = "math")]
extern "Python" {}

#[py_module(path = "math")]
extern "Python" {}

#[py_module("python/model.py")]
extern "Python" {}

#[py_module("math")]
extern "Python" {}

#[py_module(name = "math", name = "cmath")]
extern "Python" {}

#[py_module(name = "math", file = "Cargo.toml")]
extern "Python" {}

#[py_module(name = "")]
extern "Python" {}

#[py_module(name = "not a name")]
extern "Python" {}

#[py_module(name = 3)]
extern "Python" {}

#[py_module(name =)]
extern "Python" {}

#[py_module(file = "python/missing.py")]
extern "Python" {}

#[py_module(file = "/etc/model.py")]
extern "Python" {}

#[py_module(file = "Cargo.toml")]
extern "Python" {}

#[py_module(dir = "python/")]
extern "Python" {}

#[py_module(dir = "missing/", file = "model.py")]
extern "Python" {}

#[py_module(dir = "Cargo.toml", file = "model.py")]
extern "Python" {}

#[py_module(dir = ".", file = "missing.py")]
extern "Python" {}

#[py_module(dir = "", file = "model.py")]
extern "Python" {}

#[py_module(dir = "python/", file = "model.py", name = "math")]
extern "Python" {}

fn main() {}
