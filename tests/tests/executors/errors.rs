//! Exceptions: what a script raises in a worker is read here like one that was raised here.

use crate::{SHARED, exception};
use gopyre::{Error, Result, Script};

/// The exceptions of a script that runs here, and there.
fn both(code: &str) -> Result<[gopyre::Result<()>; 2]> {
    let script = Script::new(code)?;
    Ok([script.exec::<()>(()), SHARED.exec::<()>(&script, ())])
}

#[test]
fn a_traceback_has_the_lines_of_the_script() -> Result<()> {
    let script = Script::new(
        "
        def check(order):
            return order['price'] / order['count']

        for n in [1, 0]:
            check({'price': 1.5, 'count': n})
        ",
    )?;
    let line = line!() - 9;
    let result = SHARED.exec::<()>(&script, ());
    let found = exception(&result);
    assert_eq!(found.type_name(), "ZeroDivisionError");
    assert!(found.is("ArithmeticError") && found.is("Exception"));
    let frames: Vec<_> = found
        .frames()
        .iter()
        .map(|frame| {
            (
                frame.line,
                frame.function.as_str(),
                frame.source.as_deref().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        frames,
        [
            (6, "<module>", "check({'price': 1.5, 'count': n})"),
            (3, "check", "return order['price'] / order['count']"),
        ]
    );
    let file = &found.frames()[0].file;
    assert_eq!(*file, format!("<script {}:{line}>", file!()));
    Ok(())
}

#[test]
fn an_exception_is_told_as_one_from_here() -> Result<()> {
    for code in [
        "1 / 0",
        "raise ValueError",
        "raise KeyError('a', 'b')",
        "def f(n):\n    return f(n - 1) if n else {}['ä' + 'b']\nf(6)",
        "try:\n    int('x')\nexcept ValueError as e:\n    raise RuntimeError('wrapped') from e",
        "try:\n    int('x')\nexcept ValueError:\n    {}['missing']",
        "try:\n    int('x')\nexcept ValueError:\n    raise OSError(2, 'gone') from None",
        "import json\njson.loads('[1,')",
        "class Own(Exception):\n    def __str__(self): return 'own'\nraise Own(1, 2)",
        "class Own(Exception):\n    def __str__(self): 1 / 0\nraise Own",
        "e = TypeError('first\\nsecond')\ne.__notes__ = ['a note', 'another']\nraise e",
        "raise UnicodeDecodeError('utf-8', b'\\xff', 0, 1, 'bad')",
        "raise ValueError('\\udcff')",
        "import sys\nsys.exit(3)",
        "raise KeyboardInterrupt",
        "raise SystemExit('bye')",
        "raise GeneratorExit",
        "compile('1 +', 'other.py', 'exec')",
        "a = ValueError('ring')\nb = KeyError('ring')\na.__cause__ = b\nb.__cause__ = a\nraise a",
        "None + \\\n  1",
        "x = (1 +\n    None)",
    ] {
        let results = both(code)?;
        let [here, there] = results.each_ref().map(|result| exception(result));
        assert_eq!(here.type_name(), there.type_name(), "{code}");
        assert_eq!(here.message(), there.message(), "{code}");
        assert_eq!(here.notes(), there.notes(), "{code}");
        assert_eq!(here.traceback(), there.traceback(), "{code}");
        let mut chains = [Some(here), Some(there)];
        while let [Some(a), Some(b)] = chains {
            assert_eq!(
                (a.type_name(), a.message()),
                (b.type_name(), b.message()),
                "{code}"
            );
            chains = [a, b].map(|one| one.cause().or(one.context()));
        }
        assert!(chains[0].is_none() && chains[1].is_none(), "{code}");
    }
    Ok(())
}

#[test]
fn suggestions_and_groups_are_told_where_the_version_has_them() -> Result<()> {
    let minor = gopyre::Runtime::start()?.version().minor;
    let results = both("price = 1\nprise")?;
    // Up to 3.11 nothing but the interpreter's own last words has them.
    if minor >= 12 {
        let [here, there] = results
            .each_ref()
            .map(|result| exception(result).traceback());
        assert!(there.contains("Did you mean: 'price'?"), "{there}");
        assert_eq!(here, there);
    }
    if minor >= 11 {
        let results = both(
            "raise ExceptionGroup('both', [ValueError(1), ExceptionGroup('in', [KeyError(2)])])",
        )?;
        let [here, there] = results
            .each_ref()
            .map(|result| exception(result).traceback());
        assert_eq!(here, there);
    }
    Ok(())
}

#[test]
fn an_exception_that_can_be_pickled_is_there_itself() -> Result<()> {
    let [_, there] = both("raise OSError(2, 'gone', 'file.txt')")?;
    let object = exception(&there).object().unwrap();
    assert_eq!(object.type_name()?, "FileNotFoundError");
    assert_eq!(object.attr("filename")?.extract::<String>()?, "file.txt");
    Ok(())
}

#[test]
fn an_exception_that_cannot_be_made_here_has_its_text_all_the_same() -> Result<()> {
    for code in [
        // No class of that name is here.
        "class Own(Exception): pass\nraise Own('text')",
        // It needs two arguments, and is made with one.
        "import types, sys\nmodule = types.ModuleType('own_errors')\n\
         exec('class Own(Exception):\\n    def __init__(self, a, b): super().__init__(a)', vars(module))\n\
         sys.modules['own_errors'] = module\nraise module.Own('text', 2)",
        // It holds what does not travel.
        "e = ValueError('text')\ne.held = lambda: 1\nraise e",
    ] {
        let [_, there] = both(code)?;
        let found = exception(&there);
        assert_eq!(found.message(), "text", "{code}");
        assert!(found.object().is_none(), "{code}");
        assert!(!found.frames().is_empty(), "{code}");
    }
    Ok(())
}

#[test]
fn an_end_of_the_script_is_no_end_of_the_worker() -> Result<()> {
    let process = Script::new("import os; os.getpid()")?;
    let executor = gopyre::Executor::processes(1)?;
    let before: u32 = executor.exec(&process, ())?;
    for code in [
        "import sys; sys.exit()",
        "raise KeyboardInterrupt",
        "raise SystemExit",
    ] {
        let result = executor.exec::<()>(&Script::new(code)?, ());
        assert!(exception(&result).is("BaseException"), "{code}");
    }
    assert_eq!(executor.exec::<u32>(&process, ())?, before);
    Ok(())
}

#[test]
fn an_input_that_cannot_be_made_there_is_an_error() -> Result<()> {
    // The module is here alone.
    let input: gopyre::Object = gopyre::exec(
        "
        import sys, types

        module = sys.modules['only_here'] = types.ModuleType('only_here')
        exec('class Own: pass', vars(module))
        module.Own()
        ",
        (),
    )?;
    let result = SHARED.exec::<()>(&Script::new("1")?, &input);
    assert_eq!(exception(&result).type_name(), "ModuleNotFoundError");
    Ok(())
}

#[test]
fn a_result_that_cannot_be_made_here_is_an_error() -> Result<()> {
    let script = Script::new(
        "
        import sys, types

        module = sys.modules['only_there'] = types.ModuleType('only_there')
        exec('class Own: pass', vars(module))
        module.Own()
        ",
    )?;
    let result = SHARED.exec::<gopyre::Object>(&script, ());
    assert_eq!(exception(&result).type_name(), "ModuleNotFoundError");
    Ok(())
}

#[test]
fn a_dead_worker_is_an_error_that_says_how_it_died() -> Result<()> {
    let executor = gopyre::Executor::processes(1)?;
    let process = Script::new("import os; os.getpid()")?;
    let mut seen = vec![std::process::id()];
    for (code, how) in [
        ("import os; os._exit(3)", "exited with code 3"),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            "was killed by SIGKILL",
        ),
        ("import os; os._exit(0)", "exited with code 0"),
        ("import os; os.abort()", "was killed by SIGABRT"),
    ] {
        let result = executor.exec::<()>(&Script::new(code)?, ());
        let found = exception(&result);
        assert!(
            found.is("BrokenProcessPool") && found.is("BrokenExecutor"),
            "{code}: {found:?}"
        );
        assert_eq!(
            found.message(),
            format!("the worker process {how} before the script was done")
        );
        let now: u32 = executor.exec(&process, ())?;
        assert!(!seen.contains(&now), "{code}");
        seen.push(now);
    }
    Ok(())
}

#[test]
fn a_dead_worker_takes_no_other_job_with_it() -> Result<()> {
    let executor = gopyre::Executor::processes(2)?;
    let sleep = Script::new("import time; time.sleep(1); 'slept'")?;
    let dies = Script::new("import os; os._exit(1)")?;
    let slow = executor.submit::<String>(&sleep, ())?;
    let dead = (0..3)
        .map(|_| executor.submit::<()>(&dies, ()))
        .collect::<Result<Vec<_>>>()?;
    let last = executor.submit::<String>(&sleep, ())?;
    for job in dead {
        assert!(matches!(job.join(), Err(Error::Python(_))));
    }
    assert_eq!(
        (slow.join()?, last.join()?),
        ("slept".to_owned(), "slept".to_owned())
    );
    Ok(())
}
