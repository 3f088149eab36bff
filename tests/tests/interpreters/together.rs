//! Several at once, and the GIL that they have or share.

use super::SHORT;
use gopyre::{Error, Interpreter, Object, Script, detach, exec, run};
use gopyre_tests::in_child;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

#[test]
fn eight_are_used_in_any_order_and_by_many_threads() {
    in_child(|| {
        let all: Vec<Arc<Interpreter>> = (0..8)
            .map(|_| Arc::new(Interpreter::new().unwrap()))
            .collect();
        thread::scope(|scope| {
            for worker in 0..4 {
                let all = &all;
                scope.spawn(move || {
                    for round in 0..40 {
                        let interpreter = &all[(worker * 3 + round * 5) % 8];
                        let n: usize = interpreter
                            .enter(|| {
                                exec(
                                    "import threading; threading.current_thread(); input + 1",
                                    round,
                                )
                            })
                            .unwrap()
                            .unwrap();
                        assert_eq!(n, round + 1);
                    }
                });
            }
        });
        let (first, second) = all.split_at(4);
        for interpreter in first {
            interpreter
                .enter(|| run("import gc; gc.collect()"))
                .unwrap()
                .unwrap();
        }
        drop((first.to_vec(), second.to_vec()));
        let mut all = all;
        thread::spawn(move || all.drain(..5).count())
            .join()
            .unwrap();
        assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
    })
    .limit(SHORT)
    .succeeds();
}

/// Two interpreters that compute, and wait for each other in nothing but memory.
fn shake_hands(interval: &str) -> (i64, i64) {
    let folder = gopyre_tests::Folder::new();
    let file = folder.file("shared", &"\0".repeat(4096));
    let script = Script::new(
        "
        import mmap, sys
        sys.setswitchinterval(input['interval'])
        with open(input['file'], 'r+b') as file:
            shared = mmap.mmap(file.fileno(), 0)
        me, other = input['me'], 1 - input['me']
        rounds = 0
        while rounds < 100:
            shared[me] = rounds
            while shared[other] < rounds: pass
            rounds += 1
        shared[me] = rounds
        rounds
        ",
    )
    .unwrap();
    let shake = |me: i64| {
        let input = format!("{{'interval': {interval}, 'me': {me}, 'file': {:?}}}", file);
        let input: Object = exec(&input, ()).unwrap();
        script.exec::<i64>(input).unwrap()
    };
    let [a, b] = [0, 1].map(|_| Interpreter::new().unwrap());
    thread::scope(|scope| {
        let first = scope.spawn(|| a.enter(|| shake(0)).unwrap());
        let second = b.enter(|| shake(1)).unwrap();
        (first.join().unwrap(), second)
    })
}

#[test]
fn two_that_compute_both_progress() {
    in_child(|| assert_eq!(shake_hands("0.005"), (100, 100)))
        .limit(SHORT)
        .succeeds();
}

#[test]
fn a_gil_of_its_own_is_not_waited_for() {
    in_child(|| {
        // Nobody gives up a GIL for as long as a minute.
        if Interpreter::new().unwrap().has_own_gil() {
            assert_eq!(shake_hands("600"), (100, 100));
        }
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn the_main_interpreter_has_its_turn_beside_one_that_computes() {
    in_child(|| {
        let interpreter = Interpreter::new().unwrap();
        let script = Script::new("while True: pass").unwrap();
        let start = std::time::Instant::now();
        thread::scope(|scope| {
            let endless = scope.spawn(|| {
                interpreter.enter(|| {
                    script
                        .input(())
                        .timeout(Duration::from_secs(1))
                        .exec::<()>()
                })
            });
            for _ in 0..20 {
                assert_eq!(exec::<i64>("1", ()).unwrap(), 1);
            }
            assert!(
                start.elapsed() < Duration::from_millis(900),
                "{:?}",
                start.elapsed()
            );
            let outcome = endless.join().unwrap().unwrap();
            assert!(matches!(outcome, Err(Error::Timeout(_))), "{outcome:?}");
        });
    })
    .limit(SHORT)
    .succeeds();
}

#[test]
fn threads_in_interpreters_of_their_own_share_a_lock() {
    in_child(|| {
        let lines = Mutex::new(Vec::new());
        let interpreters: Vec<_> = (0..4).map(|_| Interpreter::new().unwrap()).collect();
        thread::scope(|scope| {
            for (n, interpreter) in (1..).zip(&interpreters) {
                let lines = &lines;
                scope.spawn(move || {
                    interpreter
                        .enter(|| {
                            let mut lines = detach(|| lines.lock()).unwrap();
                            for i in 0..20_i64 {
                                lines.push(exec::<i64>("input * 100", n * i).unwrap());
                            }
                        })
                        .unwrap();
                });
            }
        });
        // Nobody came between.
        let lines = lines.into_inner().unwrap();
        let mut seen: Vec<i64> = Vec::new();
        for run in lines.chunks(20) {
            let n = run[1] / 100;
            assert!(
                run.iter().zip(0..).all(|(line, i)| *line == n * i * 100),
                "{run:?}"
            );
            seen.push(n);
        }
        seen.sort_unstable();
        assert_eq!(seen, (1..=4).collect::<Vec<_>>());
    })
    .limit(SHORT)
    .succeeds();
}
