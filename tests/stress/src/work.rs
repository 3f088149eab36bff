//! The pieces of work, each of which checks what comes of it.

use crate::random::Random;
use gopyre::{
    Buffer, Error, Interpreter, Interrupt, Object, Output, Pool, PoolKind, Script, attach, detach,
    exec, run,
};
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Interpreters that were made.
pub(crate) static INTERPRETERS: AtomicI64 = AtomicI64::new(0);

/// A piece of work, and how often it is chosen.
type Piece = (&'static str, usize, fn(&Work, &mut Random));

const PIECES: [Piece; 12] = [
    ("calls", 200, calls),
    ("objects", 100, objects),
    ("attachments", 50, attachments),
    ("exceptions", 50, exceptions),
    ("limits", 3, limits),
    ("buffers", 50, buffers),
    ("output", 20, output),
    ("threads", 5, threads),
    ("pools", 50, pools),
    ("entering", 100, entering),
    ("interpreters", 1, interpreters),
    ("workers", 1, workers),
];

/// What all threads share.
pub(crate) struct Work {
    pieces: Vec<Piece>,
    done: Vec<AtomicUsize>,
    scripts: [Script; 3],
    /// Objects that any thread may use, exchange and drop.
    shelf: Mutex<Vec<Object>>,
    interpreters: Vec<Interpreter>,
    pools: Vec<Pool>,
    /// Work that was counted here, to be compared with what Python has counted.
    counted: AtomicI64,
    spawned: AtomicI64,
    run: Arc<AtomicI64>,
    started: Instant,
}

impl Work {
    pub(crate) fn new(only: &str) -> Work {
        run("import itertools; _stress = itertools.count(1)").unwrap();
        let script = |code: &str| Script::new(code).unwrap();
        let pool = |kind| {
            Pool::builder()
                .workers(2)
                .kind(kind)
                .queue(8)
                .start()
                .unwrap()
        };
        let named = |piece: &&Piece| only.is_empty() || only.split(',').any(|name| name == piece.0);
        let pieces: Vec<Piece> = PIECES.iter().filter(named).copied().collect();
        assert!(!pieces.is_empty(), "no such work as `{only}`");
        Work {
            done: pieces.iter().map(|_| AtomicUsize::new(0)).collect(),
            pieces,
            scripts: [
                script("{'sum': a + b, 'list': list(range(a % 7)), 'text': str(a)}"),
                script("import json; json.loads(json.dumps(input))"),
                script("def f(n): return n if n < 2 else f(n - 1) + f(n - 2)\nf(input)"),
            ],
            shelf: Mutex::default(),
            interpreters: (0..3).map(|_| Interpreter::new().unwrap()).collect(),
            pools: vec![
                pool(PoolKind::Auto),
                pool(PoolKind::Interpreters),
                pool(PoolKind::Threads),
            ],
            counted: AtomicI64::new(0),
            spawned: AtomicI64::new(0),
            run: Arc::default(),
            started: Instant::now(),
        }
    }

    pub(crate) fn choose(&self, random: &mut Random) -> usize {
        let all = self.pieces.iter().map(|piece| piece.1).sum();
        let mut left = random.below(all);
        for (number, piece) in self.pieces.iter().enumerate() {
            match left.checked_sub(piece.1) {
                Some(rest) => left = rest,
                None => return number,
            }
        }
        0
    }

    pub(crate) fn perform(&self, number: usize, random: &mut Random) {
        (self.pieces[number].2)(self, random);
        self.done[number].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn name(&self, number: usize) -> &'static str {
        self.pieces[number].0
    }

    /// Lets go of what threads have left to each other, and checks that nothing was lost.
    pub(crate) fn settle(&self) {
        self.shelf
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        for pool in &self.pools {
            // Behind everything that was spawned without anybody waiting.
            pool.map(0..16, |_| thread::sleep(Duration::from_millis(1)))
                .unwrap();
        }
        for interpreter in &self.interpreters {
            interpreter
                .enter(|| run("import gc; gc.collect()"))
                .unwrap()
                .unwrap();
        }
        let counted: i64 = exec("import __main__; next(__main__._stress)", ()).unwrap();
        assert_eq!(
            counted - 1,
            self.counted.fetch_add(1, Ordering::SeqCst),
            "calls were lost"
        );
        let (spawned, run) = (
            self.spawned.load(Ordering::SeqCst),
            self.run.load(Ordering::SeqCst),
        );
        assert_eq!(spawned, run, "tasks were lost");
    }

    /// Whether so many interpreters more may come and go: CPython keeps some of each, and a long run must not
    /// fill the memory with that.
    fn may_make(&self, count: i64) -> bool {
        let room = 16 + self.started.elapsed().as_secs() as i64;
        INTERPRETERS.load(Ordering::Relaxed) + count <= room
    }

    /// Calls a script of every kind; works in any interpreter.
    fn call(&self, random: &mut Random) {
        #[derive(serde::Serialize)]
        struct Pair {
            a: i64,
            b: i64,
        }
        #[derive(serde::Deserialize)]
        struct Answer {
            sum: i64,
            list: Vec<i64>,
            text: String,
        }
        let (a, b) = (random.below(1000) as i64, random.below(1000) as i64);
        match random.below(3) {
            0 => {
                let answer: Answer = self.scripts[0].exec(Pair { a, b }).unwrap();
                assert_eq!((answer.sum, answer.text), (a + b, a.to_string()));
                assert_eq!(answer.list.len() as i64, a % 7);
            }
            1 => {
                let list: Vec<i64> = (0..b % 50).collect();
                assert_eq!(self.scripts[1].exec::<Vec<i64>>(&list).unwrap(), list);
            }
            _ => assert_eq!(self.scripts[2].exec::<i64>(10).unwrap(), 55),
        }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (piece, done) in self.pieces.iter().zip(&self.done) {
            write!(f, "{} {} ", done.load(Ordering::Relaxed), piece.0)?;
        }
        Ok(())
    }
}

fn calls(work: &Work, random: &mut Random) {
    work.call(random);
    exec::<i64>("import __main__; next(__main__._stress)", ()).unwrap();
    work.counted.fetch_add(1, Ordering::SeqCst);
}

fn objects(work: &Work, random: &mut Random) {
    let object: Object = exec("[input, [1, 2, 3]]", random.below(100)).unwrap();
    let other = object.clone();
    assert!(object.is(&other) && object.len().unwrap() == 2);
    let shelf = || work.shelf.lock().unwrap_or_else(PoisonError::into_inner);
    // The lock is taken detached, and what is dropped is dropped after it.
    let taken = detach(|| {
        let mut shelf = shelf();
        shelf.push(object);
        let number = random.below(shelf.len());
        (shelf.len() > 32 || random.below(2) == 0).then(|| shelf.swap_remove(number))
    });
    if let Some(taken) = taken {
        match random.below(3) {
            0 => drop(taken),
            1 => attach(|| drop(taken.clone())).unwrap(),
            _ => assert_eq!(
                taken.item(1).unwrap().extract::<Vec<i64>>().unwrap(),
                [1, 2, 3]
            ),
        }
    }
    drop(other);
}

fn attachments(work: &Work, random: &mut Random) {
    attach(|| {
        work.call(random);
        detach(|| {
            thread::yield_now();
            attach(|| work.call(random)).unwrap();
        });
        attach(|| work.call(random)).unwrap();
    })
    .unwrap();
}

fn exceptions(_: &Work, random: &mut Random) {
    let number = random.below(100);
    let error = exec::<()>(
        "
        def f(n):
            if n % 3: raise KeyError(n) from ValueError('inner')
            class Own(Exception): pass
            raise Own(n)
        f(input)
        ",
        number,
    )
    .unwrap_err();
    let check = move || {
        let exception = error.exception().unwrap();
        assert!(exception.is(if number.is_multiple_of(3) {
            "Own"
        } else {
            "KeyError"
        }));
        assert_eq!(exception.message(), number.to_string());
        assert!(exception.traceback().contains("in f"));
    };
    if number.is_multiple_of(10) {
        thread::spawn(check).join().unwrap();
    } else {
        check();
    }
}

fn limits(work: &Work, random: &mut Random) {
    let endless =
        Script::new("while True:\n    try:\n        input += 1\n    except Exception: pass")
            .unwrap();
    let run = || {
        let limit = Duration::from_millis(5);
        let result = endless.input(0).timeout(limit).exec::<()>();
        assert!(matches!(result, Err(Error::Timeout(_))), "{result:?}");
    };
    match random.below(3) {
        0 => run(),
        1 => work.interpreters[random.below(3)].enter(run).unwrap(),
        _ => {
            let stop = Interrupt::new();
            thread::scope(|scope| {
                let running = scope.spawn(|| endless.input(0).interrupt(&stop).exec::<()>());
                while !running.is_finished() {
                    thread::sleep(Duration::from_millis(2));
                    stop.interrupt();
                }
                let result = running.join().unwrap();
                assert!(matches!(result, Err(Error::Interrupted)), "{result:?}");
            });
        }
    }
    // Nothing of it reaches a later call.
    work.call(random);
}

fn buffers(_: &Work, random: &mut Random) {
    let size = 1 + random.below(500);
    let buffer = Buffer::from(vec![1.5f64; size]);
    let sum: f64 = exec("sum(input)", &buffer).unwrap();
    assert_eq!(sum, 1.5 * size as f64);
    let array: Object = exec("import array; array.array('q', range(input))", size).unwrap();
    let view = array.view::<i64>().unwrap();
    view.set(&[0], 7).unwrap();
    let total: i64 = view.to_vec().iter().sum();
    assert_eq!(total, (size * (size - 1) / 2) as i64 + 7);
    if random.below(4) == 0 {
        thread::spawn(move || drop((view, array, buffer)))
            .join()
            .unwrap();
    }
}

fn output(work: &Work, random: &mut Random) {
    let text = random.below(1000).to_string();
    let script = Script::new("import sys; print(input); print(input, file=sys.stderr)").unwrap();
    let check = || {
        let captured = script.input(&text).capture::<()>();
        captured.value.unwrap();
        assert_eq!(
            (captured.stdout.trim(), captured.stderr.trim()),
            (&*text, &*text)
        );
        let quiet = script
            .input(&text)
            .stdout(Output::Null)
            .stderr(Output::Null);
        quiet.exec::<()>().unwrap();
    };
    match random.below(2) {
        0 => check(),
        _ => work.interpreters[random.below(3)].enter(check).unwrap(),
    }
}

fn threads(work: &Work, random: &mut Random) {
    let script = Script::new(
        "
        import threading
        results = []
        work = lambda n: (results.append(n * n), print(n))
        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        sorted(results)
        ",
    )
    .unwrap();
    let check = || {
        let captured = script.input(()).capture::<Vec<i64>>();
        assert_eq!(captured.value.unwrap(), [0, 1, 4, 9]);
        assert_eq!(captured.stdout.lines().count(), 4);
    };
    match random.below(2) {
        0 => check(),
        _ => work.interpreters[random.below(3)].enter(check).unwrap(),
    }
}

fn pools(work: &Work, random: &mut Random) {
    let pool = &work.pools[random.below(3)];
    let number = random.below(100) as i64;
    match random.below(5) {
        0 => assert_eq!(
            pool.run(|| exec::<i64>("input + 1", number))
                .unwrap()
                .unwrap(),
            number + 1
        ),
        1 => {
            let items: Vec<i64> = (0..number % 20).collect();
            let doubled = pool
                .map(&items, |item| exec::<i64>("input * 2", item).unwrap())
                .unwrap();
            assert_eq!(
                doubled,
                items.iter().map(|item| item * 2).collect::<Vec<_>>()
            );
        }
        2 => {
            let error = pool
                .spawn(|| -> () { std::panic::resume_unwind(Box::new("no")) })
                .join();
            assert!(matches!(error, Err(Error::Panic(_))), "{error:?}");
            assert!(pool.run(|| exec::<()>("1 / 0", ())).unwrap().is_err());
        }
        3 => {
            let task = pool.spawn(|| exec::<i64>("41 + 1", ()));
            let cancelled = task.cancel();
            match task.join() {
                Ok(Ok(42)) => assert!(!cancelled),
                Err(Error::Cancelled) => assert!(cancelled),
                other => panic!("{other:?}"),
            }
        }
        _ => {
            let run = Arc::clone(&work.run);
            work.spawned.fetch_add(1, Ordering::SeqCst);
            // Nobody waits for it.
            drop(pool.spawn(move || {
                exec::<()>("None", ()).unwrap();
                run.fetch_add(1, Ordering::SeqCst);
            }));
        }
    }
}

fn entering(work: &Work, random: &mut Random) {
    let [a, b] = [0; 2].map(|_| &work.interpreters[random.below(3)]);
    let inside = |random: &mut Random| {
        work.call(random);
        b.enter(|| work.call(random)).unwrap();
        let object: Object = exec("[1]", ()).unwrap();
        assert_eq!(object.len().unwrap(), 1);
        object
    };
    let object = match random.below(2) {
        0 => a.enter(|| inside(random)).unwrap(),
        _ => attach(|| a.enter(|| inside(random)).unwrap()).unwrap(),
    };
    assert!(matches!(object.len(), Err(Error::WrongInterpreter)));
    work.call(random);
}

/// An interpreter that imports what programs import.
fn interpreter(f: impl FnOnce()) -> (Interpreter, Object) {
    let interpreter = Interpreter::new().unwrap();
    INTERPRETERS.fetch_add(1, Ordering::Relaxed);
    let object = interpreter.enter(|| {
        f();
        run("import asyncio, decimal, datetime, json, re, threading, uuid, zoneinfo").unwrap();
        exec("import sys; sys", ()).unwrap()
    });
    (interpreter, object.unwrap())
}

/// Makes an interpreter and ends it.
pub(crate) fn come_and_go(f: impl FnOnce()) {
    drop(interpreter(f));
}

fn interpreters(work: &Work, random: &mut Random) {
    if !work.may_make(1) {
        return;
    }
    let (interpreter, object) = interpreter(|| work.call(random));
    match random.below(4) {
        0 => drop(interpreter),
        1 => thread::spawn(move || drop(interpreter)).join().unwrap(),
        2 => attach(|| drop(interpreter)).unwrap(),
        _ => work.interpreters[random.below(3)]
            .enter(|| drop(interpreter))
            .unwrap(),
    }
    assert!(matches!(object.len(), Err(Error::WrongInterpreter)));
}

fn workers(work: &Work, random: &mut Random) {
    let kind = [PoolKind::Interpreters, PoolKind::Threads][random.below(2)];
    if kind == PoolKind::Interpreters && !work.may_make(2) {
        return;
    }
    let pool = Pool::builder()
        .workers(2)
        .kind(kind)
        .setup("import asyncio, json")
        .start()
        .unwrap();
    if kind == PoolKind::Interpreters {
        INTERPRETERS.fetch_add(2, Ordering::Relaxed);
    }
    for _ in 0..random.below(20) {
        let run = Arc::clone(&work.run);
        work.spawned.fetch_add(1, Ordering::SeqCst);
        drop(pool.spawn(move || {
            exec::<String>("import json; json.dumps([1])", ()).unwrap();
            run.fetch_add(1, Ordering::SeqCst);
        }));
    }
    drop(pool);
}
