//! Code that does not know of gopyre between gopyre and gopyre: C functions that release the GIL, threads and
//! interpreters of Python's own, forks. Each scenario runs in a process of its own.

mod forks;

use gopyre::{Error, Interpreter, Object, Output, Runtime, Script, View, attach, exec};
use gopyre_tests::in_child;
use serde_json::json;
use std::cell::RefCell;
use std::io;
use std::thread;
use std::time::Duration;

const SHORT: Duration = Duration::from_secs(60);

thread_local! {
    static OBJECT: RefCell<Option<Object>> = const { RefCell::new(None) };
    static VIEW: RefCell<Option<View<f64>>> = const { RefCell::new(None) };
}

/// What Python calls by its address.
extern "C" fn callback() -> i32 {
    let list = exec::<Vec<i64>>("[n * n for n in range(3)]", ()).unwrap();
    assert_eq!(list, [0, 1, 4]);
    let nested = attach(|| exec::<i64>("1 + 1", ()).unwrap()).unwrap();
    let kept = OBJECT.with(|object| object.borrow().clone());
    drop((kept, VIEW.with(|view| view.borrow_mut().take())));
    nested as i32 + 5
}

fn address() -> serde_json::Value {
    json!({ "address": callback as *const () as usize })
}

#[test]
fn a_c_function_that_has_released_the_gil_may_call_us() {
    in_child(|| {
        let call = Script::new(
            "
            import ctypes
            released = ctypes.CFUNCTYPE(ctypes.c_int)(address)
            held = ctypes.PYFUNCTYPE(ctypes.c_int)(address)
            [released(), held(), released()]
            ",
        )
        .unwrap();
        let array: Object = exec("import array; array.array('d', [1.0, 2.0])", ()).unwrap();
        let round = || {
            VIEW.set(Some(array.view().unwrap()));
            OBJECT.set(Some(exec("[object()]", ()).unwrap()));
            assert_eq!(call.exec::<Vec<i64>>(address()).unwrap(), [7, 7, 7]);
            OBJECT.set(None);
            assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
        };
        thread::scope(|scope| {
            // Others want the GIL meanwhile.
            for _ in 0..2 {
                scope.spawn(|| {
                    (0..200).for_each(|_| assert_eq!(exec::<i64>("sum(range(5))", ()).unwrap(), 10))
                });
            }
            (0..50).for_each(|_| round());
            attach(|| (0..50).for_each(|_| round())).unwrap();
        });
        let other = Interpreter::new().unwrap();
        let imports = other.enter(|| gopyre::import("ctypes")).unwrap().is_ok();
        if imports {
            other
                .enter(|| assert_eq!(call.exec::<Vec<i64>>(address()).unwrap(), [7, 7, 7]))
                .unwrap();
        }
        // Nothing keeps the array from growing: every view is gone.
        array.call_method("append", (3.0,)).unwrap();
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn an_interpreter_of_pythons_own_is_the_one_that_a_call_works_in() {
    in_child(|| {
        if Runtime::start().unwrap().version().minor < 12 {
            return;
        }
        let script = Script::new(
            "
            try:
                import _interpreters
                number = _interpreters.create('legacy')
                execute, destroy = _interpreters.exec, _interpreters.destroy
            except ImportError:
                import _xxsubinterpreters
                number = _xxsubinterpreters.create(isolated=False)
                execute, destroy = _xxsubinterpreters.run_string, _xxsubinterpreters.destroy
            for _ in range(3):
                code = f'''
            import ctypes
            for kind in ctypes.PYFUNCTYPE, ctypes.CFUNCTYPE:
                assert kind(ctypes.c_int)({address})() == 7
            '''
                failed = execute(number, code)
                assert failed is None, failed
            destroy(number)
            ",
        )
        .unwrap();
        for _ in 0..3 {
            script.exec::<()>(address()).unwrap();
            assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
        }
    })
    .limit(SHORT)
    .succeeds();
}

/// Reaches a limit of time.
extern "C" fn limited() -> i32 {
    let endless = Script::new("while True: pass").unwrap();
    let limit = Duration::from_millis(20);
    let stopped = endless.input(()).timeout(limit).exec::<()>();
    assert!(matches!(stopped, Err(Error::Timeout(_))), "{stopped:?}");
    7
}

#[test]
fn a_limit_leaves_nothing_in_an_interpreter_of_pythons_own() {
    in_child(|| {
        let runtime = Runtime::start().unwrap();
        if runtime.version().minor < 12 {
            return;
        }
        let script = Script::new(
            "
            try:
                import _interpreters
                number = _interpreters.create('legacy')
                execute, destroy = _interpreters.exec, _interpreters.destroy
            except ImportError:
                import _xxsubinterpreters
                number = _xxsubinterpreters.create(isolated=False)
                execute, destroy = _xxsubinterpreters.run_string, _xxsubinterpreters.destroy
            failed = execute(number, f'''
            import ctypes
            assert ctypes.PYFUNCTYPE(ctypes.c_int)({address})() == 7
            ''')
            assert failed is None, failed
            destroy(number)
            ",
        )
        .unwrap();
        for _ in 0..10 {
            let limited = json!({ "address": limited as *const () as usize });
            script.exec::<()>(limited).unwrap();
        }
        runtime.finalize().unwrap();
    })
    .limit(SHORT)
    .succeeds();
}

/// Keeps an object at the first call, and uses it at the second.
extern "C" fn kept() -> i32 {
    OBJECT.with(|object| match object.take() {
        None => {
            let made = exec::<Object>("[7]", ()).unwrap();
            object.replace(Some(made));
            0
        }
        Some(object) => object.item(0).unwrap().extract().unwrap(),
    })
}

#[test]
fn a_script_cannot_tell_of_the_end_of_an_interpreter_of_pythons_own() {
    in_child(|| {
        if Runtime::start().unwrap().version().minor < 12 {
            return;
        }
        let script = Script::new(
            "
            try:
                import _interpreters
                number = _interpreters.create('legacy')
                execute, destroy = _interpreters.exec, _interpreters.destroy
            except ImportError:
                import _xxsubinterpreters
                number = _xxsubinterpreters.create(isolated=False)
                execute, destroy = _xxsubinterpreters.run_string, _xxsubinterpreters.destroy
            failed = execute(number, f'''
            import ctypes, gc
            kept = ctypes.PYFUNCTYPE(ctypes.c_int)({address})
            assert kept() == 0
            for _ in range(2):
                for d in gc.get_objects():
                    if type(d) is dict and any('gopyre.State' in str(key) for key in list(d)):
                        d.clear()
            assert kept() == 7
            ''')
            assert failed is None, failed
            destroy(number)
            ",
        )
        .unwrap();
        for _ in 0..3 {
            let kept = json!({ "address": kept as *const () as usize });
            script.exec::<()>(kept).unwrap();
        }
    })
    .limit(SHORT)
    .succeeds();
}

/// Uses Python when its thread ends.
struct Late;

impl Drop for Late {
    fn drop(&mut self) {
        match exec::<i64>("sum(range(10))", ()) {
            Ok(45) | Err(Error::Finalized) => {}
            other => panic!("{other:?}"),
        }
    }
}

thread_local! {
    static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
}

/// Makes the thread that prints one that uses Python when it ends.
struct Writer;

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LATE.with(|late| {
            late.borrow_mut().get_or_insert(Late);
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_thread_of_pythons_may_use_python_when_it_has_ended_for_python() {
    in_child(|| {
        let script = Script::new(
            "
            import threading
            thread = threading.Thread(target=print, args=('there',))
            thread.start()
            thread.join()
            ",
        )
        .unwrap();
        for _ in 0..30 {
            script
                .input(())
                .stdout(Output::writer(Writer))
                .exec::<()>()
                .unwrap();
        }
        thread::sleep(Duration::from_millis(300));
        assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
    })
    .limit(SHORT)
    .succeeds();
}
