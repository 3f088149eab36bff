//! Executors that Python has: threads, interpreters, process pools of somebody else; and what is none.

use crate::exception;
use gopyre::{Error, Executor, Object, Result, Script};
use serde_json::json;

fn threads(count: usize) -> Result<(Object, Executor)> {
    let pool = gopyre::call("concurrent.futures", "ThreadPoolExecutor", (count,))?;
    let executor = Executor::from_object(&pool)?;
    Ok((pool, executor))
}

/// What holds on every executor.
fn works(executor: &Executor) -> Result<()> {
    let script = Script::new("[name.upper() for name in names]")?;
    let jobs = (0..6).map(|n| {
        let names = vec!["ada".to_owned(), n.to_string()];
        executor.submit::<(String, String)>(&script, json!({ "names": names }))
    });
    for (n, job) in jobs.collect::<Result<Vec<_>>>()?.into_iter().enumerate() {
        assert_eq!(job.join()?, ("ADA".to_owned(), n.to_string()));
    }
    let fails = Script::new("def f(x):\n    return 1 / x\nf(input)")?;
    let result = executor.exec::<f64>(&fails, 0);
    let found = exception(&result);
    assert_eq!(
        (found.type_name(), found.message()),
        ("ZeroDivisionError", "division by zero")
    );
    let lines: Vec<_> = found
        .frames()
        .iter()
        .map(|frame| (frame.line, frame.source.as_deref()))
        .collect();
    assert_eq!(lines, [(3, Some("f(input)")), (2, Some("return 1 / x"))]);
    let result = executor.exec::<()>(&Script::new("import sys; sys.exit(4)")?, ());
    assert_eq!(exception(&result).type_name(), "SystemExit");
    let error = executor
        .exec::<Object>(&Script::new("lambda: 1")?, ())
        .unwrap_err();
    assert!(matches!(error, Error::Argument(_)), "{error:?}");
    assert_eq!(executor.exec::<f64>(&fails, 4)?, 0.25);
    Ok(())
}

#[test]
fn threads_run_scripts() -> Result<()> {
    let (pool, executor) = threads(3)?;
    works(&executor)?;
    drop(executor);
    // It is not ours to end.
    works(&Executor::from_object(&pool)?)
}

#[test]
fn somebodys_own_pool_of_processes_runs_scripts() -> Result<()> {
    let pool: Object = gopyre::exec(
        "
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        ProcessPoolExecutor(2, multiprocessing.get_context('spawn'))
        ",
        (),
    )?;
    let executor = Executor::from_object(&pool)?;
    works(&executor)?;
    let result = executor.exec::<()>(&Script::new("import os; os._exit(1)")?, ());
    assert!(exception(&result).is("BrokenProcessPool"));
    drop(executor);
    pool.call_method("shutdown", ())?;
    Ok(())
}

#[test]
fn interpreters_run_scripts_where_python_has_a_pool_of_them() -> Result<()> {
    let pool = gopyre::exec::<Option<Object>>(
        "
        import concurrent.futures

        pool = getattr(concurrent.futures, 'InterpreterPoolExecutor', None)
        pool and pool(2)
        ",
        (),
    )?;
    let version = gopyre::Runtime::start()?.version();
    assert_eq!(pool.is_some(), version.minor >= 14, "{version}");
    let Some(pool) = pool else { return Ok(()) };
    works(&Executor::from_object(&pool)?)?;
    pool.call_method("shutdown", ())?;
    Ok(())
}

#[test]
fn what_has_no_submit_is_refused() -> Result<()> {
    let list: Object = gopyre::exec("[1]", ())?;
    let error = Executor::from_object(&list).unwrap_err();
    assert!(matches!(error, Error::Argument(_)), "{error:?}");
    assert_eq!(
        error.to_string(),
        "expected an executor with a method `submit`, found list"
    );
    let odd: Object = gopyre::exec("import types; types.SimpleNamespace(submit=3)", ())?;
    assert!(matches!(
        Executor::from_object(&odd),
        Err(Error::Argument(_))
    ));
    Ok(())
}

#[test]
fn a_submit_that_returns_no_future_is_an_error() -> Result<()> {
    let odd: Object = gopyre::exec(
        "import types; types.SimpleNamespace(submit=lambda *_: 3)",
        (),
    )?;
    let result = Executor::from_object(&odd)?.exec::<()>(&Script::new("1")?, ());
    let found = exception(&result);
    assert_eq!(found.type_name(), "TypeError");
    assert_eq!(
        found.message(),
        "expected a future from `submit`, found int"
    );
    Ok(())
}

#[test]
fn a_future_of_something_else_is_an_error() -> Result<()> {
    let odd: Object = gopyre::exec(
        "
        import concurrent.futures, types

        future = concurrent.futures.Future()
        future.set_result([1])
        types.SimpleNamespace(submit=lambda *_: future)
        ",
        (),
    )?;
    let result = Executor::from_object(&odd)?.exec::<()>(&Script::new("1")?, ());
    assert_eq!(
        exception(&result).message(),
        "expected the outcome of a script, found list"
    );
    Ok(())
}

#[test]
fn an_executor_that_was_shut_down_says_so() -> Result<()> {
    let (pool, executor) = threads(1)?;
    pool.call_method("shutdown", ())?;
    let result = executor.exec::<i64>(&Script::new("1")?, ());
    assert!(exception(&result).message().contains("after shutdown"));
    Ok(())
}

#[test]
fn a_job_that_nobody_waits_for_runs() -> Result<()> {
    let (pool, executor) = threads(1)?;
    drop(executor.submit::<()>(&Script::new("import sys; sys.nobody_waited = True")?, ())?);
    drop(executor);
    pool.call_method("shutdown", ())?;
    assert!(gopyre::exec::<bool>("import sys; sys.nobody_waited", ())?);
    Ok(())
}

#[test]
fn an_executor_of_another_interpreter_stays_in_it() -> Result<()> {
    let (pool, executor) = threads(1)?;
    let script = Script::new("import sys; getattr(sys, 'of_main', None)")?;
    gopyre::run("import sys; sys.of_main = 'main'")?;
    let interpreter = gopyre::Interpreter::new()?;
    let found: Option<String> = interpreter.enter(|| executor.exec(&script, ()))??;
    assert_eq!(found.as_deref(), Some("main"));
    let refused = interpreter.enter(|| Executor::from_object(&pool))?;
    assert!(
        matches!(refused, Err(Error::WrongInterpreter)),
        "{refused:?}"
    );
    Ok(())
}
