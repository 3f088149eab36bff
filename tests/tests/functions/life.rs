//! Where functions may be called, and when they and what they capture go.

use super::{Input, with};
use gopyre::{Object, Result, function};

/// Tells that it is dropped, and how often.
struct Dropped(
    std::sync::Arc<std::sync::atomic::AtomicUsize>,
    Option<Object>,
);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
}

#[test]
fn a_closure_is_dropped_once_where_python_lets_go_of_it() -> Result<()> {
    let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let dropped = || count.load(std::sync::atomic::Ordering::SeqCst);
    let captured: Object = gopyre::exec("class Thing: pass\nThing()", ())?;
    let gone: Object = gopyre::exec("import weakref\nweakref.ref(input)", &captured)?;
    let held = Dropped(std::sync::Arc::clone(&count), Some(captured));
    let f = function("f", move || held.1.is_some())?;
    let other = f.clone();
    drop(f);
    assert_eq!(dropped(), 0);
    assert!(other.call(())?.extract::<bool>()?);
    std::thread::spawn(move || drop(other)).join().unwrap();
    // A thread that is not attached leaves it for the next one that is: this one, or that of another test.
    // Without a GIL that gives it back to the thread that made it, which lets go of it when it runs Python.
    let without_gil = gopyre::Runtime::start()?.version().free_threaded;
    let start = std::time::Instant::now();
    while dropped() == 0 && start.elapsed() < std::time::Duration::from_secs(20) {
        match without_gil {
            true => gopyre::run("pass")?,
            false => gopyre::attach(|| ())?,
        }
    }
    assert_eq!(dropped(), 1);
    assert!(gone.call(())?.is_none());
    Ok(())
}

#[test]
fn a_drop_that_panics_or_uses_python_does_no_harm() {
    struct Loud;
    impl Drop for Loud {
        fn drop(&mut self) {
            let n: i64 = gopyre::exec("6 * 7", ()).unwrap();
            panic!("dropped {n}");
        }
    }
    let child = gopyre_tests::in_child(|| {
        let make = function("make", || {
            let loud = Loud;
            function("f", move || {
                let _ = &loud;
            })
        })
        .unwrap();
        // An exception is under way while it is dropped.
        let error = with::<()>(
            "g = f()\ntry: raise ValueError('under way')\nfinally: del g",
            &make,
        );
        let error = error.unwrap_err();
        assert_eq!(error.exception().unwrap().message(), "under way");
        assert_eq!(gopyre::exec::<i64>("1", ()).unwrap(), 1);
    });
    let end = child.succeeds();
    assert!(end.stderr.contains("RustPanic: dropped 42, at "), "{end}");
}

#[test]
fn closures_run_on_many_threads_at_a_time() -> Result<()> {
    let count = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(0));
    let counter = std::sync::Arc::clone(&count);
    let f = function("f", move |n: i64| {
        counter.fetch_add(n, std::sync::atomic::Ordering::Relaxed)
    })?;
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| with::<()>("for _ in range(500): f(1)", &f).unwrap());
        }
    });
    with::<()>(
        "
        import threading
        threads = [threading.Thread(target=lambda: [f(1) for _ in range(500)]) for _ in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        ",
        &f,
    )?;
    assert_eq!(count.load(std::sync::atomic::Ordering::Relaxed), 12 * 500);
    Ok(())
}

#[test]
fn a_function_works_until_the_very_end_and_its_closure_goes_then() {
    let child = gopyre_tests::in_child(|| {
        struct Tells;
        impl Drop for Tells {
            fn drop(&mut self) {
                println!("dropped");
            }
        }
        let tells = Tells;
        let f = function("f", move |text: String| {
            let _ = &tells;
            println!("called {text}");
        })
        .unwrap();
        gopyre::exec::<()>(
            "import atexit; atexit.register(f, 'at exit'); None",
            Input { f: &f },
        )
        .unwrap();
        drop(f);
        gopyre::Runtime::get().unwrap().finalize().unwrap();
    });
    let end = child.succeeds();
    assert!(end.stdout.contains("called at exit\ndropped\n"), "{end}");
}

#[test]
fn a_module_can_be_imported_until_the_very_end() {
    let child = gopyre_tests::in_child(|| {
        gopyre::Module::new("life_late")
            .function("f", || println!("called late"))
            .register()
            .unwrap();
        gopyre::run(
            "
import atexit

@atexit.register
def late():
    import life_late
    life_late.f()
",
        )
        .unwrap();
        gopyre::Runtime::get().unwrap().finalize().unwrap();
        let finalized = function("f", || ()).unwrap_err();
        assert!(matches!(finalized, gopyre::Error::Finalized));
        let finalized = gopyre::exported("f").unwrap_err();
        assert!(matches!(finalized, gopyre::Error::Finalized));
        let finalized = gopyre::Module::new("life_too_late").register().unwrap_err();
        assert!(matches!(finalized, gopyre::Error::Finalized));
    });
    let end = child.succeeds();
    assert!(end.stdout.contains("called late\n"), "{end}");
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn rust_and_python_that_call_each_other_without_an_end_are_a_recursion_error() {
    gopyre_tests::in_child(|| {
        let call =
            |f: Object, depth: i64| with::<i64>("f[0](f[0], f[1] + 1)", &Object::new((f, depth))?);
        let endless = function("endless", call).unwrap();
        let sort = |f: Object| with::<i64>("sorted([1, 2], key=lambda _: f(f))[0]", &f);
        let sorting = function("sorting", sort).unwrap();
        for size in [512 << 10, 2 << 20, 8 << 20] {
            let (endless, sorting) = (endless.clone(), sorting.clone());
            let thread = std::thread::Builder::new().stack_size(size);
            let work = move || {
                for result in [endless.call((&endless, 0)), sorting.call((&sorting,))] {
                    let Err(gopyre::Error::Python(error)) = result else {
                        panic!("it has an end: {result:?}");
                    };
                    assert!(error.is("RecursionError"), "{error:?}");
                    assert_eq!(gopyre::exec::<i64>("6 * 7", ()).unwrap(), 42);
                }
            };
            thread.spawn(work).unwrap().join().unwrap();
        }
    })
    .succeeds();
}
