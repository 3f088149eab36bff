//! The public names and signatures that programs outside this repository are written against.
//!
//! Nothing here runs Python: a change of a name, a bound or a receiver does not compile.

use gopyre::{
    Buffer, Builder, Callback, Captured, Class, ConvertError, Element, Error, Exception, Execution,
    Executor, Frame, Interpreter, Interrupt, Iter, Job, LibraryError, Mismatch, Module, Object,
    Output, Pool, PoolBuilder, PoolKind, Result, Runtime, Script, SyntaxError, Task, Value,
    Version, View,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cmp::Ordering;
use std::fmt::{Debug, Display};
use std::path::{Path, PathBuf};
use std::time::Duration;

fn is_debug<T: Debug + ?Sized>() {}
fn is_send<T: Send>() {}
fn is_shared<T: Send + Sync>() {}
fn is_error<T: std::error::Error + Send + Sync + 'static>() {}

#[test]
fn every_type_is_debug_and_goes_to_the_threads_it_promises() {
    is_debug::<Execution<'_, ()>>();
    is_debug::<(Runtime, Version, Builder, Output, Script, Interrupt)>();
    is_debug::<(Object, Iter, Buffer<f64>, View<f64>, Module)>();
    is_debug::<(Interpreter, Pool, PoolBuilder, PoolKind, Executor)>();
    is_debug::<(Job<i64>, Task<i64>, Captured<i64>, Mismatch)>();
    is_debug::<(
        Error,
        Exception,
        LibraryError,
        SyntaxError,
        ConvertError,
        Frame,
    )>();
    is_shared::<(Runtime, Object, Script, Interpreter, Pool, Executor)>();
    is_shared::<(Interrupt, Error, Exception)>();
    is_send::<(Task<i64>, Job<i64>, Iter, View<f64>, Buffer<f64>)>();
    is_error::<Error>();
    is_error::<Exception>();
}

/// The current interpreter.
#[allow(dead_code)]
fn functions<T: DeserializeOwned>(object: &Object) -> Result<()> {
    let _: fn(&str, i64) -> Result<T> = gopyre::exec::<T>;
    let _: fn(&str) -> Result<()> = gopyre::run;
    let _ = |path: &Path| -> Result<()> { gopyre::run_file(path) };
    let _: fn(&str, &str, (i64,)) -> Result<T> = gopyre::call::<T>;
    let _: fn(&str) -> Result<Object> = gopyre::import;
    let _: i64 = gopyre::attach(|| 1)?;
    let _: i64 = gopyre::detach(|| 1);
    let _: fn() -> Result<()> = gopyre::check;
    let _: fn(&str) -> Result<Object> = gopyre::exported;
    let _: Value = object.extract()?;
    Ok(())
}

#[allow(dead_code)]
fn runtime(path: PathBuf) -> Result<()> {
    let runtime: Runtime = Runtime::start()?;
    let _: Option<Runtime> = Runtime::get();
    let _: bool = Runtime::is_running();
    let version: Version = runtime.version();
    let _: (u8, u8, u8, bool, bool) = (
        version.major,
        version.minor,
        version.micro,
        version.free_threaded,
        version.debug,
    );
    let floor: fn(Version, Version) -> bool = |a, b| a >= b || a == b;
    let _ = floor;
    let _: (&Path, &Path) = (runtime.library(), runtime.executable());
    let _: &[&dyn Display] = &[&runtime, &version];
    let builder: Builder = Runtime::builder()
        .library(&path)
        .venv(path.clone())
        .system_site(true)
        .home("home")
        .path("lib")
        .isolated(false)
        .args(["a", "b"])
        .args(vec![String::from("c")])
        .stdout(Output::Inherit)
        .stderr(Output::Writer(Box::new(Vec::new())));
    let copy: Runtime = builder.stdout(Output::writer(Vec::new())).start()?;
    let _: Output = Output::Null;
    let _ = copy;
    runtime.finalize()
}

#[allow(dead_code)]
fn scripts<T: DeserializeOwned>() -> Result<()> {
    let script: Script = Script::new("1")?;
    let _: Script = Script::new(String::from("1"))?;
    let _: Script = Script::from_file("script.py")?;
    let _: T = script.exec(())?;
    let handle: Interrupt = Interrupt::new();
    let execution: Execution<'_, &str> = script.input("x");
    let _: T = execution
        .timeout(Duration::from_secs(1))
        .interrupt(&handle)
        .stdout(Output::Null)
        .stderr(Output::Null)
        .exec()?;
    handle.clone().interrupt();
    let captured: Captured<T> = script.input(()).capture();
    let _: (Result<T>, String, String) = (captured.value, captured.stdout, captured.stderr);
    Ok(())
}

#[allow(dead_code)]
fn objects(object: Object) -> Result<()> {
    let _: Object = Object::new(1)?;
    let _: i64 = object.extract()?;
    let _: Object = object.attr("a")?;
    object.set_attr("a", 1)?;
    object.del_attr("a")?;
    let _: bool = object.has_attr("a")?;
    let _: Object = object.item("a")?;
    object.set_item("a", 1)?;
    object.del_item("a")?;
    let _: usize = object.len()?;
    let _: bool = object.contains(1)?;
    let mut iter: Iter = object.iter()?;
    let _: Option<Result<Object>> = iter.next();
    let _: Object = object.call(())?;
    let _: Object = object.call_with((1,), serde_json::json!({}))?;
    let _: Object = object.call_method("m", [1, 2])?;
    let _: (String, String, String) = (object.str()?, object.repr()?, object.type_name()?);
    let _: (bool, bool, bool) = (object.is_none(), object.is_true()?, object.is_callable());
    let _: (bool, bool, bool) = (
        object.is_instance(&object)?,
        object.is(&object),
        object.equals(1)?,
    );
    let _: Option<Ordering> = object.compare(1)?;
    let _: Option<i64> = object.enter(|entered: Object| entered.extract())?;
    let _: View<f64> = object.view()?;
    let again: Object = object.clone();
    let _: Object = Object::new((again, &object))?;
    Ok(())
}

#[allow(dead_code)]
fn arrays(object: &Object) -> Result<()> {
    fn element<T: Element>(values: Vec<T>, object: &Object) -> Result<()> {
        let buffer: Buffer<T> = Buffer::from(values).shape(&[2, 3])?;
        let _: Object = Object::new(&buffer)?;
        let view: View<T> = object.view()?;
        let _: (&[usize], &[isize], bool) = (view.shape(), view.strides(), view.is_writable());
        if let Some(value) = view.get(&[0]) {
            let value: T = value;
            view.set(&[0], value)?;
        }
        let all: Vec<T> = view.to_vec();
        view.copy_from(&all)
    }
    element::<bool>(vec![], object)?;
    element::<i8>(vec![], object)?;
    element::<i16>(vec![], object)?;
    element::<i32>(vec![], object)?;
    element::<i64>(vec![], object)?;
    element::<u8>(vec![], object)?;
    element::<u16>(vec![], object)?;
    element::<u32>(vec![], object)?;
    element::<u64>(vec![], object)?;
    element::<f32>(vec![], object)?;
    element::<f64>(vec![], object)
}

#[allow(dead_code)]
fn modules<T: Class>() -> Result<()> {
    let module: Module = Module::new("api")
        .doc("A module.")
        .function("add", |a: i64, b: i64| a + b)
        .value("limit", 10)
        .class::<T>();
    let _: Object = module.register()?;
    let _: Object = gopyre::function("none", || ())?;
    let _: Object = gopyre::function("text", |text: String| -> Result<usize> { Ok(text.len()) })?;
    let _: Object = gopyre::function("read", |path: PathBuf| std::fs::read_to_string(path))?;
    let _: Object = gopyre::function("object", |object: Object| object)?;
    let _: Object = gopyre::function("fail", |text: String| -> Result<i64, String> { Err(text) })?;
    let _: Object = gopyre::function("slice", |text: String| -> Result<i64, &'static str> {
        text.is_empty().then_some(1).ok_or("not empty")
    })?;
    let _: Object = gopyre::function(
        "boxed",
        |text: String| -> Result<i64, Box<dyn std::error::Error + Send + Sync>> {
            Ok(text.parse()?)
        },
    )?;
    let _: Object = gopyre::function(
        "twelve",
        |a: i8, b: i8, c: i8, d: i8, e: i8, f: i8, g: i8, h: i8, i: i8, j: i8, k: i8, l: i8| {
            [a, b, c, d, e, f, g, h, i, j, k, l]
        },
    )?;
    Ok(())
}

#[allow(dead_code)]
fn callback<Args, F: Callback<Args>>(f: F) -> Result<Object> {
    gopyre::function("f", f)
}

#[allow(dead_code)]
fn interpreters() -> Result<()> {
    let interpreter: Interpreter = Interpreter::new()?;
    let _: bool = interpreter.has_own_gil();
    let _: Result<i64> = interpreter.enter(|| gopyre::exec("1", ()))?;
    let pool: Pool = Pool::new(2)?;
    let local = String::from("borrowed");
    let _: usize = pool.run(|| local.len())?;
    let task: Task<String> = pool.spawn(|| String::from("owned"));
    let _: (bool, bool) = (task.is_finished(), task.cancel());
    let _: String = task.join()?;
    let _: Vec<usize> = pool.map(["a", "b"], |item| item.len() + local.len())?;
    let _: (usize, bool) = (pool.workers(), pool.is_parallel());
    let _: PoolBuilder = Pool::builder()
        .workers(2)
        .kind(PoolKind::Auto)
        .kind(PoolKind::Interpreters)
        .kind(PoolKind::Threads)
        .setup("import json")
        .queue(16);
    let _: Pool = Pool::builder().start()?;
    Ok(())
}

#[allow(dead_code)]
fn executors(object: &Object, script: &Script) -> Result<()> {
    let executor: Executor = Executor::processes(2)?.timeout(Duration::from_secs(1));
    let _: Executor = Executor::from_object(object)?;
    let _: i64 = executor.exec(script, ())?;
    let job: Job<i64> = executor.submit(script, (1, 2))?;
    let _: (bool, bool) = (job.is_finished(), job.cancel());
    let _: i64 = job.join()?;
    Ok(())
}

#[allow(dead_code)]
fn errors(error: Error) -> Option<()> {
    let exception: &Exception = error.exception()?;
    let _: [&str; 3] = [
        exception.type_name(),
        exception.message(),
        exception.traceback(),
    ];
    let _: bool = exception.is("ValueError");
    let frame: &Frame = exception.frames().first()?;
    let _: (&String, u32, &String, &Option<String>) =
        (&frame.file, frame.line, &frame.function, &frame.source);
    let _: &[String] = exception.notes();
    let _: [Option<&Exception>; 2] = [Exception::cause(exception), exception.context()];
    let _: Option<&Object> = exception.object();
    match error {
        Error::Library(error) => {
            let _: Box<LibraryError> = error;
        }
        Error::Start(text) | Error::Argument(text) | Error::Panic(text) => {
            let _: String = text;
        }
        Error::Io { path, source } => {
            let _: (PathBuf, std::io::Error) = (path, source);
        }
        Error::Syntax(list) => {
            let error: &SyntaxError = list.first()?;
            let _: (&String, u32, u32, &String) =
                (&error.file, error.line, error.column, &error.message);
        }
        Error::Mismatch(list) => {
            let item: &Mismatch = list.first()?;
            let _: (&String, u32, &String, &String) =
                (&item.file, item.line, &item.item, &item.message);
        }
        Error::Python(exception) => {
            let _: Box<Exception> = exception;
        }
        Error::Convert(error) => {
            let _: Box<ConvertError> = error;
        }
        Error::Timeout(limit) => {
            let _: Duration = limit;
        }
        Error::Rust(error) => {
            let _: Box<dyn std::error::Error + Send + Sync> = error;
        }
        Error::AlreadyRunning
        | Error::Finalized
        | Error::Busy
        | Error::Interrupted
        | Error::Cancelled
        | Error::WrongInterpreter => {}
        _ => {}
    }
    None
}

#[allow(dead_code)]
fn conversion(error: &ConvertError) -> [&str; 3] {
    [error.path(), error.expected(), error.found()]
}

#[allow(dead_code)]
fn serializes<T: Element>(object: Object, buffer: Buffer<T>) -> impl Serialize {
    (object, buffer)
}
