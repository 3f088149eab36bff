//! How they end.

use super::SHORT;
use gopyre::{Error, Interpreter, Object, Runtime, Script, attach, exec, run};
use gopyre_tests::in_child;
use std::thread;
use std::time::Duration;

#[test]
fn many_come_and_go() {
    in_child(|| {
        for round in 0..20 {
            let interpreter = Interpreter::new().unwrap();
            let script = "import asyncio, decimal, datetime, uuid; str(decimal.Decimal(1) / 8)";
            let text: String = interpreter.enter(|| exec(script, ())).unwrap().unwrap();
            assert_eq!(text, "0.125");
            match round % 3 {
                0 => drop(interpreter),
                1 => attach(|| drop(interpreter)).unwrap(),
                _ => thread::spawn(move || drop(interpreter)).join().unwrap(),
            }
        }
        assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn dropping_one_waits_for_its_threads_and_keeps_one_whose_daemons_stay() {
    let end = in_child(|| {
        let interpreter = Interpreter::new().unwrap();
        interpreter
            .enter(|| {
                run("
                    import atexit, threading, time
                    def work():
                        time.sleep(0.3)
                        print('the thread is done')
                    threading.Thread(target=work).start()
                    atexit.register(print, 'atexit')
                ")
            })
            .unwrap()
            .unwrap();
        drop(interpreter);
        println!("dropped");
        let stuck = Interpreter::new().unwrap();
        stuck
            .enter(|| run("import _thread, time; _thread.start_new_thread(time.sleep, (1.5,))"))
            .unwrap()
            .unwrap();
        drop(stuck);
        assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
        let runtime = Runtime::get().unwrap();
        assert!(matches!(runtime.finalize(), Err(Error::Busy)));
        assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
        thread::sleep(Duration::from_secs(2));
        runtime.finalize().unwrap();
    })
    .limit(SHORT)
    .succeeds();
    assert_eq!(end.stdout, "the thread is done\natexit\ndropped\n");
}

#[test]
fn finalize_ends_what_is_left() {
    let end = in_child(|| {
        let interpreter = Interpreter::new().unwrap();
        let object: Object = interpreter
            .enter(|| exec("import atexit; atexit.register(print, 'ended'); []", ()))
            .unwrap()
            .unwrap();
        let runtime = Runtime::get().unwrap();
        interpreter
            .enter(|| assert!(matches!(runtime.finalize(), Err(Error::Busy))))
            .unwrap();
        runtime.finalize().unwrap();
        assert!(matches!(interpreter.enter(|| ()), Err(Error::Finalized)));
        assert!(matches!(Interpreter::new(), Err(Error::Finalized)));
        drop((object, interpreter));
    })
    .limit(SHORT)
    .succeeds();
    assert_eq!(end.stdout, "ended\n");
}

#[test]
fn finalize_waits_for_what_interpreters_do_at_their_end_and_for_nothing_else() {
    let end = in_child(|| {
        gopyre::Module::new("host")
            .function("tell", |what: String| exec::<()>("print(input)", what))
            .register()
            .unwrap();
        // What runs at the end takes longer than a turn at the GIL; the threads that it waits for have been in
        // Rust, and so have something to give back.
        let script = Script::new(
            "
            import atexit, host, threading, time
            def work():
                host.tell('a thread begins')
                time.sleep(0.3)
            def leave():
                time.sleep(0.1)
                host.tell('left')
            atexit.register(leave)
            threading.Thread(target=work).start()
            ",
        )
        .unwrap();
        let interpreters = [(); 2].map(|()| Interpreter::new().unwrap());
        for interpreter in &interpreters {
            interpreter
                .enter(|| script.exec::<()>(()))
                .unwrap()
                .unwrap();
        }
        Runtime::get().unwrap().finalize().unwrap();
        for interpreter in &interpreters {
            assert!(matches!(interpreter.enter(|| ()), Err(Error::Finalized)));
        }
    })
    .limit(SHORT)
    .succeeds();
    let mut lines: Vec<_> = end.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        ["a thread begins", "a thread begins", "left", "left"]
    );
}

#[test]
fn an_interpreter_of_pythons_own_may_call_us_and_end() {
    let end = in_child(|| {
        let script = Script::new(
            "
            import ctypes, sys
            try:
                import _interpreters
                create = lambda: _interpreters.create('legacy')
                execute, destroy = _interpreters.exec, _interpreters.destroy
            except ImportError:
                import _xxsubinterpreters
                create = lambda: _xxsubinterpreters.create(isolated=False)
                execute, destroy = _xxsubinterpreters.run_string, _xxsubinterpreters.destroy

            # The definition of a C function of ours, which its object points at first thing.
            write = sys.stdout.buffer.write
            definition = ctypes.c_void_p.from_address(id(write) + object.__basicsize__).value
            code = f'''if True:
                import ctypes, threading
                make = ctypes.pythonapi.PyCFunction_NewEx
                make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
                write = make({definition}, False, None)
                write(b'from there\\\\n')
                thread = threading.Thread(target=lambda: write(b'from a thread there\\\\n'))
                thread.start()
                thread.join()
            '''
            for round in range(3):
                number = create()
                for _ in range(2):
                    failed = execute(number, code)
                    assert failed is None, failed
                destroy(number)
                print('back')
            ",
        )
        .unwrap();
        for _ in 0..3 {
            script.exec::<()>(()).unwrap();
            let ours = Interpreter::new().unwrap();
            assert_eq!(ours.enter(|| exec::<i64>("1", ()).unwrap()).unwrap(), 1);
        }
        Runtime::get().unwrap().finalize().unwrap();
    })
    .limit(SHORT)
    .succeeds();
    let line = "from there\nfrom a thread there\n";
    assert_eq!(end.stdout, format!("{line}{line}back\n").repeat(9));
}

#[test]
fn the_end_says_nothing_where_a_thread_has_the_number_of_one_that_ended() {
    let end = in_child(|| {
        for _ in 0..4 {
            let interpreter = Interpreter::new().unwrap();
            thread::scope(|scope| {
                scope
                    .spawn(|| interpreter.enter(|| run("import threading")))
                    .join()
            })
            .unwrap()
            .unwrap()
            .unwrap();
            // The system gives the next thread the same stack, and so the same number.
            thread::spawn(move || drop(interpreter)).join().unwrap();
        }
    })
    .limit(SHORT)
    .succeeds();
    assert_eq!(end.stderr, "");
}
