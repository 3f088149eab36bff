//! Interpreters that are ended from within.

use gopyre::{Error, Interpreter, Object, Runtime};
use gopyre_tests::in_child;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;

#[test]
fn an_interpreter_may_be_dropped_by_a_thread_of_its_own() {
    in_child(|| {
        let interpreter = Arc::new(Mutex::new(Some(Interpreter::new().unwrap())));
        let own = Arc::clone(&interpreter);
        gopyre::Module::new("hostile_end")
            .function("end", move || {
                let own = own.lock().unwrap().take();
                drop(own);
            })
            .register()
            .unwrap();
        let guard = interpreter.lock().unwrap();
        let started = guard.as_ref().unwrap().enter(|| {
            gopyre::run(
                "
import hostile_end, threading, time
def end():
    time.sleep(0.3)
    hostile_end.end()
threading.Thread(target=end).start()",
            )
        });
        started.unwrap().unwrap();
        drop(guard);
        while interpreter.lock().unwrap().is_some() {
            std::thread::yield_now();
        }
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert_eq!(gopyre::exec::<i64>("6 * 7", ()).unwrap(), 42);
    })
    .succeeds();
}

#[test]
fn an_interpreter_may_belong_to_an_object_of_its_own() {
    in_child(|| {
        let runtime = Runtime::start().unwrap();
        let interpreter = Arc::new(Interpreter::new().unwrap());
        let own = Arc::clone(&interpreter);
        let kept = interpreter.enter(|| {
            let function = gopyre::function("own", move || own.has_own_gil())?;
            gopyre::exec::<()>("import builtins; builtins.own = input", &function)
        });
        kept.unwrap().unwrap();
        drop(interpreter);
        runtime.finalize().unwrap();
    })
    .succeeds();
}

#[test]
fn an_interpreter_that_its_last_cycle_holds_is_collected() {
    in_child(|| {
        let interpreter = Arc::new(Interpreter::new().unwrap());
        let own = Arc::clone(&interpreter);
        let kept = interpreter.enter(|| {
            let function = gopyre::function("own", move || own.has_own_gil())?;
            let code = "
                import threading, time
                def wait(own):
                    time.sleep(0.3)
                    del own
                thread = threading.Thread(target=wait, args=[input])
                thread.start()
                del thread";
            gopyre::exec::<()>(code, &function)
        });
        kept.unwrap().unwrap();
        drop(interpreter);
        std::thread::sleep(std::time::Duration::from_millis(800));
        assert_eq!(gopyre::exec::<i64>("6 * 7", ()).unwrap(), 42);
    })
    .succeeds();
}

#[test]
fn what_a_thread_leaves_behind_may_start_another_thread() {
    in_child(|| {
        let interpreter = Arc::new(Interpreter::new().unwrap());
        let (begun, has_begun) = channel();
        let (over, is_over) = channel::<()>();
        let own = Arc::clone(&interpreter);
        let thread = thread::spawn(move || {
            let code = "
                import _thread, threading, time
                class Last:
                    def __del__(self, start=_thread.start_new_thread, sleep=time.sleep):
                        start(sleep, (0.5,))
                local = threading.local()
                local.last = Last()";
            own.enter(|| gopyre::run(code)).unwrap().unwrap();
            drop(own);
            begun.send(()).unwrap();
            let _ = is_over.recv();
        });
        has_begun.recv().unwrap();
        drop(interpreter);
        drop(over);
        thread.join().unwrap();
        let runtime = Runtime::start().unwrap();
        let end = std::iter::repeat_with(|| runtime.finalize());
        // It is busy until the other thread is done.
        let mut end = end.take_while(Result::is_err);
        assert!(
            end.by_ref()
                .take(100)
                .all(|end| matches!(end, Err(Error::Busy)))
        );
    })
    .succeeds();
}

#[test]
fn a_script_cannot_tell_of_its_interpreters_end() {
    in_child(|| {
        let interpreter = Interpreter::new().unwrap();
        let kept = interpreter.enter(|| {
            let code = "
                import gc
                for d in gc.get_objects():
                    if type(d) is dict and any('gopyre.State' in str(key) for key in list(d)):
                        d.clear()
                import gopyre
                gopyre";
            gopyre::exec::<Object>(code, ())
        });
        let kept = kept.unwrap().unwrap();
        let other = Interpreter::new().unwrap();
        for interpreter in [&interpreter, &other, &interpreter] {
            let run = || gopyre::exec::<i64>("import gopyre; 6 * 7", ());
            assert_eq!(interpreter.enter(run).unwrap().unwrap(), 42);
        }
        let name = interpreter.enter(|| kept.attr("__name__")?.extract::<String>());
        assert_eq!(name.unwrap().unwrap(), "gopyre");
        drop((interpreter, other));
        Runtime::start().unwrap().finalize().unwrap();
    })
    .succeeds();
}
