//! One run: rounds of work on many threads, with a quiet point after each.

use crate::growth::Growth;
use crate::ledger::{Ledger, MAIN, lock};
use crate::options::{Control, Options};
use crate::random::Random;
use crate::watchdog;
use crate::work::{self, KINDS, Kind};
use crate::world::World;
use gopyre::{Error, Object, Runtime, attach, exec};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

pub(crate) fn run(options: &Options) -> ExitCode {
    let ledger = Arc::new(Ledger::new(KINDS.iter().map(|kind| kind.name)));
    watchdog::start(Arc::clone(&ledger), options.patience);
    panic_quietly_on_purpose();
    match catch_unwind(AssertUnwindSafe(|| rounds(options, &ledger))) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => ledger.fail(format!("{error:?}")),
        Err(panic) => ledger.fail(work::message(&*panic)),
    }
    print!("{ledger}");
    let failures = ledger.failures();
    for failure in &failures {
        println!("FAILED: {failure}");
    }
    println!(
        "{} operations, {} failures; --seed {} --threads {}",
        ledger.finished(),
        failures.len(),
        options.seed,
        options.threads
    );
    ExitCode::from(u8::from(!failures.is_empty()))
}

fn rounds(options: &Options, ledger: &Ledger) -> gopyre::Result<()> {
    let runtime = Runtime::start()?;
    println!("{runtime}");
    let chosen = chosen(&options.only).map_err(Error::Argument)?;
    let mut growth = Growth::new(ledger)?;
    let (world, _) = ledger.noting(MAIN, "the start", World::new);
    let world = world?;
    let begin = Instant::now();
    let round = (options.time / 16).clamp(Duration::from_millis(250), Duration::from_secs(5));
    let mut seeds = Random::new(options.seed);
    while begin.elapsed() < options.time && !ledger.stopped() {
        let end = Instant::now() + round;
        thread::scope(|scope| {
            // Joined one by one: only then what belongs to a thread is gone, too.
            let threads: Vec<_> = (1..=options.threads)
                .map(|thread| {
                    let mut random = Random::new(seeds.next());
                    let (world, chosen) = (&world, &chosen);
                    scope.spawn(move || {
                        while Instant::now() < end && !ledger.stopped() {
                            one(ledger, thread, chosen, world, &mut random, options);
                        }
                    })
                })
                .collect();
            for thread in threads {
                let _ = thread.join();
            }
        });
        let (outcome, _) = ledger.noting(MAIN, "a quiet point", || {
            world.settle()?;
            growth.read(ledger.finished())
        });
        outcome?;
    }
    for found in growth.found(runtime.version()) {
        ledger.fail(found);
    }
    let (outcome, _) = ledger.noting(MAIN, "the end", || {
        drop(world);
        end(runtime)
    });
    outcome
}

/// Finalizes while threads attach in a loop; each must see its end.
fn end(runtime: Runtime) -> gopyre::Result<()> {
    thread::scope(|scope| {
        let attaching = || {
            loop {
                match attach(|| exec::<i64>("1 + 1", ())) {
                    Ok(Ok(2)) => {}
                    Ok(Err(Error::Finalized)) | Err(Error::Finalized) => return,
                    other => panic!("{other:?}"),
                }
            }
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(attaching)).collect();
        thread::sleep(Duration::from_millis(50));
        let outcome = runtime.finalize();
        threads.into_iter().for_each(work::join);
        outcome
    })
}

/// Does one operation, whatever comes of it.
fn one(
    ledger: &Ledger,
    thread: usize,
    chosen: &[usize],
    world: &World,
    random: &mut Random,
    options: &Options,
) {
    let kind = chosen[random.count(chosen.len())];
    let Kind { name, work, .. } = KINDS[kind];
    let outcome = ledger.during(thread, kind, || {
        catch_unwind(AssertUnwindSafe(|| match options.control {
            Some(control) if random.one_in(20) => mistake(control, world),
            _ => work(world, random),
        }))
    });
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(error)) => ledger.fail(format!("{name}: {error:?}")),
        Err(panic) => ledger.fail(format!("{name}: {}", work::message(&*panic))),
    }
}

/// The kinds of work that were asked for, each as often as its weight says.
fn chosen(only: &[String]) -> Result<Vec<usize>, String> {
    if let Some(name) = only
        .iter()
        .find(|name| KINDS.iter().all(|kind| kind.name != **name))
    {
        let names: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
        return Err(format!("there is no `{name}`, but {}", names.join(", ")));
    }
    let wanted = |kind: &Kind| only.is_empty() || only.iter().any(|name| name == kind.name);
    let kinds = KINDS.iter().enumerate().filter(|(_, kind)| wanted(kind));
    Ok(kinds
        .flat_map(|(at, kind)| std::iter::repeat_n(at, kind.weight))
        .collect())
}

/// What the controls do wrong.
fn mistake(control: Control, world: &World) -> gopyre::Result<()> {
    match control {
        // The lock is taken attached, and its owner waits for Python.
        Control::Deadlock => attach(|| {
            let _held = lock(&world.contended);
            let other = thread::spawn(|| exec::<i64>("1", ()));
            let _ = other.join();
            // Where there is no GIL that was none; then this is.
            loop {
                thread::park();
            }
        }),
        Control::Leak => {
            let object: Object = exec("[object() for _ in range(2_000)]", ())?;
            std::mem::forget(object);
            Ok(())
        }
        Control::Failure => {
            assert_eq!(exec::<i64>("6 * 7", ())?, 43, "the control");
            Ok(())
        }
    }
}

/// Panics that belong to the work are not told.
fn panic_quietly_on_purpose() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !work::message(panic.payload()).contains(work::ON_PURPOSE) {
            tell(panic);
        }
    }));
}
